package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// prefixes are the beginnings of kernel messages that no detector needs, by their first byte. They are understood: who
// reads "unparsed" shall not find them there.
func understood(b []byte) bool {
	has := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch b[0] {
	case '_':
		return has("__alloc_pages: ")
	case '8':
		return has("8021q: ")
	case 'B':
		return has("BUG: ") || has("Buffer I/O error on ") || has("Bluetooth: ")
	case 'C':
		return has("CPU: ") || has("Call Trace:") || has("Call trace:") || has("CPU") && scan.IsDigit(b[3]) && (bytes.Contains(b, []byte("temperature")) || bytes.Contains(b, []byte("throttled")))
	case 'D':
		return has("DMA") && bytes.Contains(b, []byte("free:")) || has("DMA: ")
	case 'E':
		return has("EXT2-fs") || has("EXT3-fs") || has("EXT4-fs") || has("EDAC ")
	case 'F':
		return has("FAT-fs ")
	case 'H':
		return has("HTB: ")
	case 'I':
		return has("INFO: task ") || has("INFO: rcu_") || has("ICMP: ") || has("IPv4: ICMP: ") || has("IPv4: host ") || has("ICMPv6: ") ||
			has("IN6: ") || has("IPVS: ") || has("IPv6: ") || has("IPv4: ") || has("In memory cgroup ")
	case 'K':
		return has("Kernel panic - not syncing")
	case 'L':
		return has("Linux version ") || has("Limiting ") && bytes.HasSuffix(b, []byte("packets/sec"))
	case 'M':
		return has("Mem-Info:") || has("Memory cgroup stats for ") || has("Modules linked in:") || has("MCE: ") || has("Memory cgroup out of memory: OOM victim")
	case 'N':
		return has("NETDEV WATCHDOG: ") || has("Node ") || has("Normal") && bytes.Contains(b, []byte("free:")) || has("NET: ") || has("NMI ")
	case 'O':
		return has("Oops") || has("Out of memory and no killable") || has("Out of memory: OOM victim")
	case 'R':
		return has("RPC: ") || has("RIP: ")
	case 'S':
		return has("SLUB: Unable to allocate") || has("Swap cache stats") || has("Sending cookies")
	case 'T':
		return has("TCP: ") || has("TCPv6: ") || has("Tasks state ") || has("Tasks in ")
	case 'U':
		return has("Unable to handle kernel ") || has("Under-voltage detected") || has("UBIFS") || has("UDP: ") || has("UDPv6: ") || has("UDPLite")
	case 'V':
		return has("VFS: ") || has("Voltage normalised")
	case 'W':
		return has("WARNING: CPU") || has("WARNING: at ")
	case 'X':
		return has("XFS (")
	case 'a':
		return has("ata") && scan.IsDigit(b[3]) || has("active_anon:") || has("audit: ")
	case 'b':
		return has("blk_update_request: ") || has("bonding: ") || has("brcmfmac: ")
	case 'c':
		return has("cfg80211: ") || has("critical ") && bytes.Contains(b, []byte(" error, dev ")) || has("clocksource: ")
	case 'd':
		return has("device ") && (bytes.HasSuffix(b, []byte("promiscuous mode")) || bytes.HasSuffix(b, []byte("promiscuous mode.")))
	case 'e':
		return has("end_request: ")
	case 'h':
		return has("hrtimer: interrupt took") || has("htb: ")
	case 'i':
		return has("ip_conntrack version ") || has("ip_tables: ") || has("ip6_tables: ") || has("ip_conntrack: ") || has("icmpv6: ") || has("ip_rt_bug: ")
	case 'l':
		return has("lowmemorykiller: ")
	case 'm':
		return has("mce: ") || has("mmc") && bytes.Contains(b, []byte("error")) || has("memory: usage ") || has("memory+swap: usage ")
	case 'n':
		return has("nvme nvme") || has("nf_conntrack") || has("nf_ct_") || has("nf_nat") || has("nfsd: ") || has("net eth")
	case 'o':
		return has("oom_reaper: ")
	case 'p':
		return has("perf: interrupt took too long") || has("ppp_generic") || has("page allocation failure")
	case 'q':
		return has("qdisc ")
	case 'r':
		return has("rcu: ") || has("request_sock_")
	case 's':
		return has("sd ") || has("sending NMI") || has("sched: RT throttling activated")
	case 't':
		return has("traps: ") || has("thermal ") || has("tun: ")
	case 'u':
		return has("unregister_netdevice: waiting for ") || has("usb ")
	case 'w':
		return has("watchdog: ")
	case 'x':
		return has("xt_")
	case '[':
		return has("[Hardware Error]")
	}
	return false
}

// infixes are what gives a kernel message away that begins with a name of its own: a process, a device, a driver.
var infixes = [...]string{
	"segfault at ", " general protection", "trap divide error", " I/O error", ": page allocation failure",
	" entered promiscuous mode", " left promiscuous mode", "ransmit timed out", "ransmit queue ", " Unit Hang", "Hardware Error",
	"received packet on ", "topology change", "stuck for ", "temperature", "renamed from ",
	" sent an invalid ICMP ", " ignores redirects for ", " FAILED Result: ",
	"link is not ready", "entered allmulticast mode", "left allmulticast mode",
}

// infixWord knows a word that each of the infixes has. Looking at the words once is four times faster than looking for
// each infix, and most lines have none.
func infixWord(w []byte) bool {
	switch string(bytes.TrimRight(w, ":,.]")) {
	case "segfault", "protection", "divide", "I/O", "allocation", "promiscuous", "allmulticast", "timed", "queue", "Unit", "Error",
		"packet", "topology", "stuck", "temperature", "renamed", "ICMP", "redirects", "Result", "ready":
		return true
	}
	return false
}

// infix finds the infix in a message and returns what stands in front of it.
func infix(b []byte) (name []byte, ok bool) {
	b = b[:min(len(b), 256)]
	for rest := b; len(rest) > 0; {
		var w []byte
		if w, rest = scan.Word(rest); !infixWord(w) {
			continue
		}
		for i := range infixes {
			if at := scan.Index(b, infixes[i]); at > 0 {
				return b[:at], true
			}
		}
		return nil, false
	}
	return nil, false
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
	if understood(b) || bridgePort(b) || dumped(b, rec) {
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
	if name, ok := infix(b); ok {
		rec.detail = bytes.TrimRight(scan.Until(name, " [:("), ",")
		return mark(rec, System, "other")
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

// bridgePort knows "br0: port 2(eth1) entered forwarding state" (net/bridge/br_stp.c) and the older "br0: port 2(eth1)
// entering learning state".
func bridgePort(b []byte) bool {
	i := scan.Index(b, ": port ")
	return i > 0 && i < 32 && bytes.Contains(b[i:], []byte(") enter")) && bytes.HasSuffix(b, []byte(" state")) ||
		i > 0 && i < 32 && bytes.Contains(b[i:], []byte(" topology change"))
}
