package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// kernelDialect describes the Linux kernel's own messages: memory that ran out, full tables, links, floods, and
// everything else.
func kernelDialect() dialect {
	return dialect{
		Format: Format{
			Name: "kernel",
			Devices: "Linux 2.2 to 6.x, FreeBSD; any way in which their messages come: syslog, dmesg in all its " +
				"forms, /dev/kmsg, the journal, logwatch",
			Sample: "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] nf_conntrack: nf_conntrack: table full in netns 4026532177, dropping packet",
			Reads: "Full tables (Detail says which; none is the session table), swallowed messages with their " +
				"number, every line of an OOM kill (counted once), window shrinks, SYN floods, orphans, TCP " +
				"memory, neighbours, martians (the first address is the destination), bad UDP packets, links, " +
				"bridges, hung tasks, crashes, I/O errors, heat. What else it says below the severity err, without " +
				"a word of trouble and without an address, is chatter (Detail chatter): system.",
			Enable: "Nothing to switch on. Send kern.* to uncloak, or run uncloak serve --kmsg on the router itself.",
			Source: "Linux and FreeBSD sources; uncloak explain names file and function of each message",
		},
		known:  "a known kernel message ({word})",
		begins: []string{"segfault at ", "general protection", "trap "},
		read:   segfault,
		own:    ownKernel,
	}
}

// kernel reads the messages of the Linux kernel: full tables, swallowed messages, OOM kills, TCP complaints, links,
// crashes.
func kernel(b []byte, rec *Record) bool {
	if len(b) < 8 { // no message is as short, but "<TASK>" and "anon 0" between them are
		if !dumped(b, rec) {
			return false
		}
		mark(rec, System, "other")
	} else if kernelMessage(b, rec) {
		if rec.Kind == System && !kernelAlarm(b, rec) && rec.Word == "other" && !bytes.HasSuffix(b, []byte(" state")) {
			_, id, _ := infix(b) // no port of a bridge that enters a state, which is the most frequent of these
			rec.alarm(id)
		}
	} else if kernelAlarm(b, rec) {
		rec.Word = "other"
	} else {
		return false
	}
	rec.Dialect = "kernel"
	return true
}

func kernelMessage(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i', 'n', 'I', 'N':
		if scan.Has(b, "nat session is full") { // SEIL
			rec.full("nat-exhausted", rec.keep("nat sessions"))
			return true
		}
		if tableFull(b, rec) || neighbours(b, rec) {
			return true
		}
	case 'a': // "arp_cache: neighbor table overflow!" of 4.x
		if neighbours(b, rec) {
			return true
		}
	case 'T':
		if shrink(b, rec) || synFlood(b, rec) || tcpLimits(b, rec) || oom(b, rec) {
			return true
		}
	case 'p', 'P', 'W':
		if synFlood(b, rec) || bsdOutOfMemory(b, rec) {
			return true
		}
	case 'O', 'M', 'K', 'o', 'V', 's':
		if oom(b, rec) || tcpLimits(b, rec) {
			return true
		}
	case 'U':
		if udpError(b, rec) {
			return true
		}
	case 'l':
		if bytes.HasPrefix(b, []byte("ll header:")) {
			return mark(rec, System, "ll-header")
		}
		if oom(b, rec) {
			return true
		}
	}
	return martian(b, rec) || anyKernelMessage(b, rec)
}

// anyKernelMessage reads the messages that begin with the name of an interface, a program or a part of the kernel.
func anyKernelMessage(b []byte, rec *Record) bool {
	return suppressed(b, rec) || invoked(b, rec) || otherTable(b, rec) || link(b, rec) || state(b, rec)
}

// tableFull reads that the session table is full, in all wordings since Linux 2.4, with and without the doubled prefix,
// the point and the netns of 6.x. Of the session table Detail is empty; of the table of expected sessions it is
// "expectations".
func tableFull(b []byte, rec *Record) bool {
	rest, ok := bytes.CutPrefix(b, []byte("ip_conntrack: "))
	if !ok {
		rest, ok = bytes.CutPrefix(b, []byte("nf_conntrack: "))
	}
	if !ok {
		return false
	}
	rest = bytes.TrimPrefix(rest, []byte("nf_conntrack: "))
	switch {
	case bytes.HasPrefix(rest, []byte("table full")), bytes.HasPrefix(rest, []byte("maximum limit of")):
		return mark(rec, TableFull, "conntrack-full")
	case bytes.HasPrefix(rest, []byte("expectation table full")),
		bytes.HasPrefix(rest, []byte("nf_ct_expect: expectation table full")):
		rec.detail = rec.keep("expectations")
		return mark(rec, TableFull, "expect-full")
	}
	return false
}

// neighbours reads "neighbour: arp_cache: neighbor table overflow!" and the older "Neighbour table overflow."
func neighbours(b []byte, rec *Record) bool {
	if scan.ContainsLower(b, " table overflow") &&
		(scan.ContainsLower(b, "neighbour table overflow") || scan.ContainsLower(b, "neighbor table overflow")) {
		return mark(rec, NeighbourOverflow, "neigh-overflow")
	}
	return false
}

// shrink reads "TCP: Treason uncloaked! Peer 1.2.3.4:39660/80 shrinks window 1:2. Repaired." (to 2.6) and "TCP: Peer
// 1.2.3.4:39660/80 unexpectedly shrunk window 1:2 (repaired)". The peer may be masked: then only its port is known.
func shrink(b []byte, rec *Record) bool {
	if !bytes.HasPrefix(b, []byte("TCP: ")) {
		return false
	}
	r := scan.After(b, "Peer ")
	if r == nil || !bytes.Contains(r, []byte("shr")) {
		return false
	}
	peer, _ := scan.Word(r)
	slash := bytes.LastIndexByte(peer, '/')
	if slash < 0 {
		return false
	}
	rec.Src, rec.SPort = scan.HostPort(peer[:slash], ':')
	rec.DPort, rec.Proto = scan.Port(peer[slash+1:]), TCP
	return mark(rec, WindowShrink, "tcp-window-shrunk")
}

// synFlood reads "TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies." and the older spelling;
// newer kernels print address and port ("on port [::]:80"), those of 2.0 and 2.2 also the last peer ("Warning: possible
// SYN flood from 192.0.2.1 on 198.51.100.2:80. Sending cookies.").
func synFlood(b []byte, rec *Record) bool {
	i := scan.Index(b, "ossible SYN flood")
	if i < 0 {
		return false
	}
	r := scan.TrimLeft(bytes.TrimPrefix(b[i+len("ossible SYN flood"):], []byte("ing")))
	if from, ok := bytes.CutPrefix(r, []byte("from ")); ok {
		var w []byte
		w, r = scan.Word(from)
		if rec.Src, rec.SPort = scan.HostPort(w, ':'); !rec.Src.IsValid() {
			rec.Src = scan.Addr(w)
		}
	}
	r, ok := bytes.CutPrefix(r, []byte("on "))
	if !ok {
		return false
	}
	r = bytes.TrimPrefix(r, []byte("port "))
	w := bytes.TrimRight(scan.Until(r, " "), ".")
	if i := bytes.LastIndexByte(w, ':'); i >= 0 {
		if rec.Dst, rec.DPort = scan.HostPort(w, ':'); rec.Dst.IsUnspecified() {
			rec.Dst = netip.Addr{}
		}
	} else {
		rec.DPort = scan.Port(w)
	}
	rec.Proto = TCP
	return mark(rec, SYNFlood, "syn-flood")
}

func tcpLimits(b []byte, rec *Record) bool {
	switch {
	case bytes.Contains(b, []byte("too many orphaned sockets")),
		bytes.HasPrefix(b, []byte("TCP: too many of orphaned")):
		return mark(rec, Orphans, "tcp-orphans")
	case bytes.HasPrefix(b, []byte("TCP: out of memory")), bytes.HasPrefix(b, []byte("Out of socket memory")):
		return mark(rec, System, "tcp-mem")
	}
	return false
}

// udpError reads "UDP: bad checksum. From 1.2.3.4:19 to 5.6.7.8:21143 ulen 2474" and "UDP: short packet: From
// 1.2.3.4:53 1500/33 to 5.6.7.8:1024", also of UDPv6 and UDP-Lite.
func udpError(b []byte, rec *Record) bool {
	i := bytes.IndexByte(b, ':')
	if i < 3 || i > 9 || !bytes.HasPrefix(b, []byte("UDP")) {
		return false
	}
	w := ""
	switch r := b[i+1:]; {
	case bytes.HasPrefix(r, []byte(" bad checksum. From ")):
		w = "udp-badcsum"
	case bytes.HasPrefix(r, []byte(" short packet: From ")):
		w = "udp-short"
	default:
		return false
	}
	from, _ := scan.Word(scan.After(b, "From "))
	to, _ := scan.Word(scan.After(b, " to "))
	rec.Src, rec.SPort = scan.HostPort(from, ':')
	rec.Dst, rec.DPort = scan.HostPort(to, ':')
	if rec.Proto = UDP; scan.ContainsLower(b[:i], "lite") {
		rec.Proto = 136
	}
	return mark(rec, System, w)
}

// martian reads "IPv4: martian source 192.168.1.83 from 192.168.1.254, on dev eth0": the first address is the
// destination.
func martian(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("IPv4: "))
	if !bytes.HasPrefix(b, []byte("martian ")) {
		return false
	}
	_, r := scan.Word(b)
	_, r = scan.Word(r)
	w, r := scan.Word(r)
	rec.Dst = scan.Addr(w)
	if w, r = scan.Word(r); string(w) == "from" {
		w, r = scan.Word(r)
		rec.Src = scan.Addr(bytes.TrimRight(w, ","))
	}
	if d := scan.After(r, "dev "); d != nil {
		rec.InIf, _ = scan.Word(d)
		rec.InIf = bytes.TrimRight(rec.InIf, ",")
	}
	return mark(rec, Martian, "martian")
}

// suppressed reads "net_ratelimit: 9 callbacks suppressed", "printk: 5 messages suppressed." and the like; Detail is
// the function whose messages are missing.
func suppressed(b []byte, rec *Record) bool {
	if scan.Index(b, " suppressed") < 1 {
		return false
	}
	b = bytes.TrimRight(b, ".")
	i := bytes.LastIndex(b, []byte(": "))
	if i < 1 {
		return false
	}
	n, rest := scan.Word(b[i+2:])
	if c := string(rest); c != "callbacks suppressed" && c != "messages suppressed" &&
		c != "output lines suppressed due to ratelimiting" {
		return false
	}
	count, ok := scan.Number(n)
	if !ok {
		return false
	}
	rec.Count, rec.detail = scan.Saturate(count), b[:i]
	return mark(rec, Suppressed, "suppressed")
}

// link reads that an interface came up or went down, in the wordings of most drivers; Detail is the interface or its
// driver.
func link(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte(": "))
	if i < 1 || len(b) > 200 || !bytes.Contains(b[i:], []byte("ink")) && !bytes.Contains(b[i:], []byte("INK")) {
		return false
	}
	w := ""
	switch {
	case scan.ContainsLower(b[i:], "link is up"), scan.ContainsLower(b[i:], "link up"),
		scan.ContainsLower(b[i:], "link becomes ready"),
		scan.ContainsLower(b[i:], "link status definitely up"), scan.ContainsLower(b[i:], "link status up"):
		w = "link-up"
	case scan.ContainsLower(b[i:], "link is down"), scan.ContainsLower(b[i:], "link down"),
		scan.ContainsLower(b[i:], "link status definitely down"),
		scan.ContainsLower(b[i:], "link status down"):
		w = "link-down"
	default:
		return false
	}
	colon := linkColon(b, i)
	name := scan.LastWord(b[:colon])
	if w, r := scan.Word(b[colon+1:]); bytes.HasPrefix(r, []byte("NIC ")) {
		name = w // "e1000: eth0 NIC Link is Up": the driver stands in front
	}
	if slave := scan.After(b, "(slave "); slave != nil {
		name = scan.Until(slave, ")") // "bond0: (slave eth1): link status definitely down"
	} else if of := scan.After(b, " for interface "); of != nil {
		name = scan.Until(of, ", ")
	}
	rec.detail = name
	return mark(rec, Link, w)
}

// linkColon finds the colon behind the interface: the last one before the word link.
func linkColon(b []byte, first int) int {
	for i := len(b) - 2; i > first; i-- {
		if b[i] == ':' && b[i+1] == ' ' && scan.ContainsLower(b[i:], "link") {
			return i
		}
	}
	return first
}

// ownKernel reads a line of a sender that is known to forward its kernel's.
func ownKernel(b []byte, rec *Record) bool { return speaksKernel(rec) && kernel(b, rec) }

// speaksKernel reports whether the message may be the kernel's: a daemon, which has a pid, cannot speak for it.
func speaksKernel(rec *Record) bool {
	return len(rec.PID) == 0 || string(rec.App) == "kernel" || string(rec.App) == "klogd"
}

// segfault reads what the kernel logs of a process that crashed, where the name of the process stands as the tag:
// "httpd[870]: segfault at …".
func segfault(b []byte, rec *Record) bool {
	if len(rec.App) < 3 {
		return false
	}
	rec.detail, rec.Dialect, rec.Word = rec.App, "kernel", "other"
	if scan.Has(b, "segfault") {
		return rec.alarm("segfault")
	}
	return rec.alarm("general-protection")
}
