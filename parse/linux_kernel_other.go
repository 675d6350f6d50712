package parse

import (
	"bytes"
	"strings"

	"uncloak/parse/scan"
)

// kernelNote describes a kernel message that no detector needs: how it begins, and what else it holds. Such messages
// are understood all the same, because a list of lines that were not read shall not be full of them.
type kernelNote struct {
	begins string
	digit  bool   // and then there is a digit
	within string // "" for none
	ends   string // "" for none
}

// kernelNotes finds the notes that a message may be by its first byte.
var kernelNotes = notesByByte(
	"__alloc_pages: ", "8021q: ", "BUG: ", "Buffer I/O error on ", "Bluetooth: ", "CPU: ", "Call Trace:", "Call trace:",
	"CPU#|temperature", "CPU#|throttled", "DMA|free:", "DMA: ", "EXT2-fs", "EXT3-fs", "EXT4-fs", "EDAC ", "FAT-fs ",
	"HTB: ", "INFO: task ", "INFO: rcu_", "ICMP: ", "ICMPv6: ", "IN6: ", "IPVS: ", "IPv6: ", "IPv4: ",
	"In memory cgroup ",
	"Kernel panic - not syncing", "Linux version ", "Limiting ||packets/sec", "Mem-Info:", "Memory cgroup stats for ",
	"Modules linked in:", "MCE: ", "Memory cgroup out of memory: OOM victim", "NETDEV WATCHDOG: ", "Node ",
	"Normal|free:",
	"NET: ", "NMI ", "Oops", "Out of memory and no killable", "Out of memory: OOM victim", "RPC: ", "RIP: ",
	"SLUB: Unable to allocate", "Swap cache stats", "Sending cookies", "TCP: ", "TCPv6: ", "Tasks state ", "Tasks in ",
	"Unable to handle kernel ", "Under-voltage detected", "UBIFS", "UDP: ", "UDPv6: ", "UDPLite", "VFS: ",
	"Voltage normalised", "WARNING: CPU", "WARNING: at ", "XFS (", "ata#", "active_anon:", "audit: ",
	"blk_update_request: ", "bonding: ", "brcmfmac: ", "cfg80211: ", "critical | error, dev ", "clocksource: ",
	"device ||promiscuous mode", "device ||promiscuous mode.", "end_request: ", "hrtimer: interrupt took", "htb: ",
	"ip_conntrack version ", "ip_tables: ", "ip6_tables: ", "ip_conntrack: ", "icmpv6: ", "ip_rt_bug: ",
	"lowmemorykiller: ", "mce: ", "mmc|error", "memory: usage ", "memory+swap: usage ", "nvme nvme", "nf_conntrack",
	"nf_ct_", "nf_nat", "nfsd: ", "net eth", "oom_reaper: ", "perf: interrupt took too long", "ppp_generic",
	"page allocation failure", "qdisc ", "rcu: ", "request_sock_", "sd ", "sending NMI",
	"sched: RT throttling activated",
	"traps: ", "thermal ", "tun: ", "unregister_netdevice: waiting for ", "usb ", "watchdog: ", "wireguard: ", "xt_",
	"[Hardware Error]",
)

// notesByByte makes the table of notes, which are written as "begins", "begins|within" or "begins|within|ends"; a #
// behind the beginning stands for a digit.
func notesByByte(notes ...string) (table [256][]kernelNote) {
	for _, s := range notes {
		begins, rest, _ := strings.Cut(s, "|")
		within, ends, _ := strings.Cut(rest, "|")
		begins, digit := strings.CutSuffix(begins, "#")
		table[s[0]] = append(table[s[0]], kernelNote{begins, digit, within, ends})
	}
	return table
}

// is reports whether b is such a message.
func (n *kernelNote) is(b []byte) bool {
	if !scan.Has(b, n.begins) || n.digit && (len(b) == len(n.begins) || !scan.IsDigit(b[len(n.begins)])) {
		return false
	}
	return (n.within == "" || scan.Within(b, n.within)) && bytes.HasSuffix(b, []byte(n.ends))
}

// isKernelNote reports whether b is a kernel message that no detector needs.
func isKernelNote(b []byte) bool {
	notes := kernelNotes[b[0]]
	for i := range notes {
		if notes[i].is(b) {
			return true
		}
	}
	return false
}

// infixes lists words by which a kernel message is known that begins with the name of a process, a device or a driver,
// and the ID of the alarm that it is, or "".
var infixes = [...]struct{ text, id string }{
	{"segfault at ", "segfault"}, {" general protection", "general-protection"},
	{"trap divide error", "general-protection"}, {"rejecting I/O to ", "io-error"}, {" I/O error", "io-error"},
	{" FAILED Result: ", "io-error"}, {": page allocation failure", "page-allocation-failure"},
	{": page allocation stalls", "page-allocation-failure"}, {"NETDEV WATCHDOG: ", "netdev-watchdog"},
	{"ransmit timed out", "netdev-watchdog"}, {"ransmit queue ", ""}, {" Unit Hang", "tx-hang"},
	{"Reset adapter", "tx-hang"}, {"Hardware Error", "mce"}, {"AER: Uncorrected", "pcie-error"},
	{"PCIe Bus Error: ", "pcie-error"}, {" with own address as source", "bridge-own-address"},
	{"received packet on ", ""},
	{"topology change", ""}, {"stuck for ", "soft-lockup"}, {"ritical temperature reached", "thermal-critical"},
	{"temperature above threshold", "thermal-throttle"}, {"temperature", ""}, {"ndervoltage detected", "under-voltage"},
	{"firmware crash", "firmware-crash"}, {"Microcode SW error", "firmware-crash"},
	{"irmware has halted", "firmware-crash"}, {"without any active interface", "bond-no-link"},
	{"duplicate address ", "duplicate-address"}, {" is using my IP address ", "duplicate-address"},
	{" entered promiscuous mode", ""}, {" left promiscuous mode", ""}, {"renamed from ", ""},
	{" sent an invalid ICMP ", ""}, {" ignores redirects for ", ""}, {"link is not ready", ""},
	{"entered allmulticast mode", ""}, {"left allmulticast mode", ""},
}

// infixWords holds, by its first byte, a word of each infix. Looking at a message's words once is several times faster
// than looking for each infix, and most messages have none.
var infixWords = func() (t [256][]string) {
	for _, w := range [...]string{"segfault", "protection", "divide", "I/O", "allocation", "promiscuous",
		"allmulticast", "timed", "queue", "Unit", "Error", "packet", "topology", "stuck", "temperature", "renamed",
		"ICMP", "redirects", "Result", "ready", "rejecting", "WATCHDOG", "adapter", "AER", "PCIe", "Undervoltage",
		"undervoltage", "firmware", "Microcode", "Firmware", "active", "duplicate", "using"} {
		t[w[0]] = append(t[w[0]], w)
	}
	return t
}()

// infixWord reports whether w is a word of one of the infixes.
func infixWord(w []byte) bool {
	if len(w) == 0 || infixWords[w[0]] == nil {
		return false
	}
	w = scan.TrimRight(w, ":,.]")
	for _, is := range infixWords[w[0]] {
		if string(w) == is {
			return true
		}
	}
	return false
}

// infix finds the infix in a message and returns what stands in front of it, and the ID of the alarm that it is.
func infix(b []byte) (name []byte, id string, ok bool) {
	b = b[:min(len(b), 256)]
	for from := 0; from < len(b); {
		w := b[from : from+scan.Blank(b[from:])]
		if from += len(w) + 1; !infixWord(w) {
			continue
		}
		for i := range infixes {
			if at := scan.Index(b, infixes[i].text); at > 0 {
				return b[:at], infixes[i].id, true
			}
		}
		return nil, "", false
	}
	return nil, "", false
}

// state reads what the kernel says of itself and its hardware: hung tasks, crashes, I/O errors, heat, bridges. Detail
// is the device or the process.
func state(b []byte, rec *Record) bool {
	if r, ok := bytes.CutPrefix(b, []byte("NETDEV WATCHDOG: ")); ok {
		rec.detail = scan.Until(r, " :(")
		return mark(rec, System, "other")
	}
	if r, ok := bytes.CutPrefix(b, []byte("INFO: task ")); ok {
		if i := bytes.Index(r, []byte(" blocked for more than ")); i > 0 {
			rec.detail = scan.Until(r[:i], ":")
		}
		return mark(rec, System, "other")
	}
	if tableSize(b, rec) {
		return true
	}
	if isKernelNote(b) || bridgePort(b) || dumped(b, rec) {
		return mark(rec, System, "other")
	}
	if r, ok := bytes.CutPrefix(b, []byte("** ")); ok { // "** 123 printk messages dropped **"
		if n, r, ok := scan.Leading(r); ok && bytes.HasPrefix(r, []byte(" printk messages dropped")) {
			rec.Count, rec.detail = scan.Saturate(n), rec.keep("printk")
			return mark(rec, Suppressed, "suppressed")
		}
	}
	if rec.App != nil && string(rec.App) != "kernel" && string(rec.App) != "klogd" {
		return false // smartd speaks of temperature too
	}
	if name, id, ok := infix(b); ok {
		rec.detail = bytes.TrimRight(scan.Until(name, " [:("), ",")
		mark(rec, System, "other")
		rec.alarm(id)
		return true
	}
	return false
}

// tableSize reads what the connection tracker says when it is loaded, "nf_conntrack version 0.5.0 (16384 buckets, 65536
// max)"; Count is the size of the session table.
func tableSize(b []byte, rec *Record) bool {
	if !bytes.HasPrefix(b, []byte("nf_conntrack version ")) && !bytes.HasPrefix(b, []byte("ip_conntrack version ")) {
		return false
	}
	if r := scan.After(b, " buckets, "); r != nil {
		if n, r, ok := scan.Leading(r); ok && bytes.HasPrefix(r, []byte(" max")) {
			rec.Count, rec.detail = scan.Saturate(n), rec.keep("session table size")
		}
	}
	return mark(rec, System, "other")
}

// bridgePort reports whether b is "br0: port 2(eth1) entered forwarding state" (net/bridge/br_stp.c) and the older
// "br0: port 2(eth1) entering learning state".
func bridgePort(b []byte) bool {
	i := scan.Index(b, ": port ")
	return i > 0 && i < 32 && bytes.Contains(b[i:], []byte(") enter")) && bytes.HasSuffix(b, []byte(" state")) ||
		i > 0 && i < 32 && bytes.Contains(b[i:], []byte(" topology change"))
}
