package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ipfwDialect describes what the kernels of FreeBSD and macOS log for ipfw's rules and for packets to closed ports.
func ipfwDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "ipfw",
			Devices: "FreeBSD, macOS to 10.6, wipfw on Windows",
			Sample:  "Aug 27 14:33:01 Macinfish ipfw:  12190 Deny TCP 192.168.13.1:2060 192.168.13.104:5000 in via en1",
			Reads: "Rule, verdict, protocol, addresses and ports, interface; connections to closed ports " +
				`(log_in_vain, stealth mode); "Too many dynamic rules" as a full table.`,
			Enable: "Add the word log to a rule and set sysctl net.inet.ip.fw.verbose=1.",
			Source: "ipfw(8), section log",
		},
		known:   "ipfw: rule, verdict, protocol and two addresses, or the kernel's note about a connection in vain",
		console: OtherConsole,
		tags:    []string{"ipfw", "kernel", "klogd", "/bsd", "/kernel", "mach_kernel"},
		begins:  []string{"ipfw: ", "Connection attempt to ", "Stealth Mode "},
		number:  anything,
		looks:   looksWipfw,
		kind:    file,
		read:    ipfwForms,
	}
}

// ipfw reads the lines of ipfw on FreeBSD, macOS and (as wipfw) Windows, and the kernel's own notes about unwanted
// connections there:
//
//	ipfw: 65500 Deny TCP 10.0.0.1:4000 10.0.0.2:22 in via en0
//	ipfw: 100 Deny ICMPv6:135.0 [fe80::1] [ff02::1] in via em0
//	ipfw: 200 Forward to 10.0.0.9 UDP …
func ipfw(b []byte, rec *Record) bool {
	b = scan.TrimLeft(bytes.TrimPrefix(scan.TrimLeft(b), []byte("ipfw:")))
	if scan.Within(b, "oo many dynamic rules") {
		rec.detail, rec.Dialect = rec.keep("ipfw dynamic rules"), "ipfw"
		return mark(rec, TableFull, "fw-table-full")
	}
	if scan.Has(b, "limit ") && scan.Within(b, " reached on entry ") || scan.Has(b, "logging count reset") ||
		scan.Has(b, "Entry ") && scan.Within(b, "logging count reset") {
		rec.Dialect = "ipfw"
		return mark(rec, System, "other")
	}
	rule, rest := scan.Word(b)
	if _, ok := scan.Number(bytes.TrimPrefix(rule, []byte("-"))); !ok {
		return false
	}
	verb, rest := scan.Word(rest)
	switch string(verb) {
	case "Deny", "Reject", "Reset", "Reset6", "Unreach", "Refuse", "Abort", "Abort6":
		rec.Action = "deny"
	case "Accept", "Allow", "Pass":
		rec.Action = "allow"
	case "Count", "Divert", "Tee", "SkipTo", "Skipto", "Pipe", "Queue", "Forward", "Fwd", "Nat", "Netgraph", "Ngtee",
		"Setfib", "SetDscp", "Call", "Return", "Check-state":
	default:
		return false
	}
	icmpType := -1
	for range 4 { // an action's own words ("8668", "to 10.0.0.9") stand in front of the protocol
		var w []byte
		w, rest = scan.Word(rest)
		name, number := scan.CutByte(w, ':')
		if string(name) == "P" {
			rec.Proto = protocol(number)
		} else if len(name) > 0 && scan.IsUpper(name[0]) {
			rec.Proto = protocol(name)
			if t, _, ok := scan.Leading(number); ok && t < 256 {
				icmpType = int(t)
			}
		}
		if rec.Proto != 0 {
			break
		}
	}
	from, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	rec.Src, rec.SPort = scan.Endpoint(from)
	rec.Dst, rec.DPort = scan.Endpoint(to)
	if rec.Proto == 0 || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	dir, rest := scan.Word(rest)
	via, rest := scan.Word(rest)
	if string(via) == "via" {
		iface, _ := scan.Word(rest)
		if string(dir) == "out" {
			rec.OutIf = iface
		} else {
			rec.InIf = iface
		}
	}
	rec.Dialect, rec.Word, rec.Rule, rec.detail = "ipfw", "fw-packet", rule, rule
	rec.Kind = packetKind(rec, icmpType)
	if rec.Action == "" && rec.Kind == SessionNew {
		rec.Kind = System // counted, shaped or sent on: the verdict comes with another rule
	}
	return true
}

// inVain reads "Connection attempt to TCP 10.0.0.1:80 from 10.0.0.9:4000 flags:0x02" (net.inet.tcp.log_in_vain of
// FreeBSD and macOS) and the "Stealth Mode connection attempt …" of macOS: nobody listens there.
func inVain(b []byte, rec *Record) bool {
	b = bytes.TrimPrefix(b, []byte("Stealth Mode "))
	if len(b) < 24 || !scan.Has(b[1:], "onnection attempt to ") {
		return false
	}
	name, rest := scan.Word(b[len("Connection attempt to "):])
	to, rest := scan.Word(rest)
	from, rest := scan.Word(rest)
	who, _ := scan.Word(rest)
	rec.Proto = protocol(name)
	rec.Dst, rec.DPort = scan.Endpoint(to)
	rec.Src, rec.SPort = scan.Endpoint(who)
	if string(from) != "from" || !rec.Src.IsValid() || !rec.Dst.IsValid() {
		undo(rec)
		return false
	}
	rec.Dialect, rec.Action = "ipfw", "deny"
	return mark(rec, SessionDenied, "fw-packet")
}

// pfLimit reads the kernel's "[zone: pf states] PF states limit reached" of FreeBSD.
func pfLimit(b []byte, rec *Record) bool {
	if !scan.Has(b, "[zone: ") || !scan.Within(b, "limit reached") {
		return false
	}
	zone := scan.Until(b[len("[zone: "):], "]")
	if !scan.Has(zone, "pf ") && !scan.Has(zone, "pf_") {
		return false
	}
	rec.Dialect, rec.detail = "pf", zone
	return mark(rec, TableFull, "fw-table-full")
}

// wipfw reads "0000000061 2006.12.07 08:50:13.095  ipfw: 1000 Deny …".
func wipfw(b []byte, rec *Record) bool {
	_, rest := scan.Word(b)
	i := bytes.Index(b, []byte("ipfw: "))
	if !ipfw(b[i:], rec) {
		return false
	}
	date, rest := scan.Word(rest)
	var s Stamp
	y, r, ok := year(date)
	if !ok || len(r) != 6 || r[0] != '.' || r[3] != '.' || rec.Stamp.HasClock {
		return true
	}
	m, ok1 := two(r[1:])
	d, ok2 := two(r[4:])
	if _, ok3 := s.clock(rest); ok1 && ok2 && ok3 && m >= 1 && m <= 12 && d >= 1 && d <= 31 {
		s.Year, s.Month, s.Day = y, m, d
		rec.Stamp = s
	}
	return true
}

// looksWipfw reports whether b is a line of wipfw on Windows, which has a number and a stamp in front.
func looksWipfw(b []byte, _ *Record) bool {
	return len(b) > 20 && scan.Within(b[:min(len(b), 48)], "ipfw: ")
}

// ipfwForms reads the lines of ipfw and what the kernels of the BSDs say of connections in vain.
func ipfwForms(b []byte, rec *Record) bool {
	switch {
	case string(rec.App) == "ipfw" || scan.Has(b, "ipfw: "):
		return ipfw(b, rec)
	case b[0] == 'C' || b[0] == 'S':
		return inVain(b, rec)
	case len(rec.App) == 0 && scan.IsDigit(b[0]):
		return wipfw(b, rec)
	}
	return false
}

// kernelOfBSD reads what the kernels of the BSDs say of packets.
func kernelOfBSD(b []byte, rec *Record) bool {
	switch b[0] {
	case 'i':
		return scan.Has(b, "ipfw: ") && ipfw(b, rec)
	case 'C', 'S':
		return inVain(b, rec)
	case 'p':
		return bsdOutOfMemory(b, rec)
	}
	return false
}
