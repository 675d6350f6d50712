package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// pfDialect describes the log of the packet filter pf: as pfSense and OPNsense send it to syslog (filterlog), and as
// tcpdump prints the pflog interface of OpenBSD and FreeBSD.
func pfDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "pf",
			Devices: "pfSense, OPNsense (filterlog); OpenBSD, FreeBSD, older pfSense (pflog through tcpdump)",
			Sample:  "<134>1 2022-09-06T18:37:34+02:00 opnsense filterlog 69805 - - 103,,,40b9591224d055de2beec8b74ea486b1,re0,match,pass,in,4,0x0,,116,11172,0,none,17,udp,48,68.41.165.77,10.0.0.200,64752,51918,28",
			Reads: "Verdict, direction and interface, addresses, ports, protocol, TCP flags; the tracker (or " +
				"the rule's number) as the rule. Reasons state-limit, src-limit and memory, and the kernel's " +
				`"PF states limit reached", are a full table.`,
			Enable: "pfSense: Status > System Logs > Settings, send firewall events to this host. OPNsense: " +
				`System > Settings > Logging > Remote, application filterlog. Rules log where "log" is ticked. ` +
				"OpenBSD: tcpdump -n -e -l -i pflog0 | logger -t pf.",
			Source: "Netgate, Raw Filter Log Format; pflog(4)",
		},
		known:   "tag filterlog and its comma separated fields, or pflog's rule N/(reason) action dir on interface",
		console: OtherConsole,
		tags:    []string{"filterlog", "pf", "pflog", "pflogd", "kernel", "klogd", "/bsd", "/kernel", "mach_kernel"},
		hosts:   []string{"rule"},
		begins:  []string{"filterlog: ", "rule ", "[zone: "},
		number:  ":,",
		looks:   looksPF,
		kind:    file,
		read:    pf,
		own:     ownPF,
	}
}

// filterlog reads the comma separated lines of pfSense and OPNsense:
//
//	rule,subrule,anchor,tracker,if,reason,action,dir,4,tos,ecn,ttl,id,offset,flags,protoid,proto,length,src,dst,…
//	rule,subrule,anchor,tracker,if,reason,action,dir,6,class,flowlabel,hlim,proto,protoid,length,src,dst,…
//
// then for TCP sport,dport,datalen,flags,seq,ack,window,urg,options; for UDP sport,dport,datalen; for ICMP its type.
// Rule and Detail are the tracker, which stays the same when rules move, or the rule's number where there is none.
// A packet that is refused because a limit on states is reached is TableFull; Detail is then the reason.
func filterlog(b []byte, rec *Record) bool {
	var f [24][]byte
	n := 0
	for ; n < len(f) && b != nil; n++ {
		f[n], b = scan.CutByte(b, ',')
	}
	if n < 17 {
		return false
	}
	rest := f[20:]
	switch string(f[8]) {
	case "4":
		rec.Proto, rec.Src, rec.Dst = protocol(f[15]), scan.Addr(f[18]), scan.Addr(f[19])
	case "6":
		rec.Proto, rec.Src, rec.Dst = protocol(f[13]), scan.Addr(f[15]), scan.Addr(f[16])
		rest = f[17:]
	}
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	icmpType := -1
	switch rec.Proto {
	case TCP, UDP, 132:
		rec.SPort, rec.DPort = scan.Port(rest[0]), scan.Port(rest[1])
		if rec.Proto == TCP {
			rec.Flags, _ = flagLetters(rest[3])
		}
	case ICMP:
		icmpType = pfICMP(rest[0])
	}
	rule := f[3]
	if len(rule) == 0 || string(rule) == "0" {
		rule = f[0]
	}
	pfPacket(rec, rule, f[5], f[6], f[7], f[4], icmpType)
	return true
}

// pfPacket fills in what pf says of any packet: rule, reason, action, direction and interface. An action that is not
// known, such as the "unkn(%u)" of pfSense's match rules, or one that only translates, is no verdict.
func pfPacket(rec *Record, rule, reason, action, dir, iface []byte, icmpType int) {
	switch string(action) {
	case "pass":
		rec.Action = "allow"
	case "block", "reject", "unkn(13)":
		rec.Action = "deny"
	}
	if string(dir) == "out" {
		rec.OutIf = iface
	} else {
		rec.InIf = iface
	}
	rec.Dialect, rec.Word, rec.Rule = "pf", "fw-packet", rule
	rec.detail, rec.Kind = rule, packetKind(rec, icmpType)
	if rec.Kind == SessionNew && (rec.Proto == ICMPv6 && icmpType < 0 || rec.Proto == 112 || rec.Proto == 0) {
		rec.Kind = System // neighbour discovery, CARP and options: pf does not say which ICMPv6 it was
	}
	if rec.Action == "" && rec.Kind == SessionNew {
		rec.Kind = System // translated or only counted: the verdict comes with another rule
	}
	switch string(reason) {
	case "state-limit", "src-limit", "memory":
		rec.Kind, rec.detail = TableFull, reason
	}
}

// pfICMP is the ICMP type that stands for pf's word: 8 opens a session, 3 stands for all errors and answers.
func pfICMP(w []byte) int {
	switch string(w) {
	case "request":
		return 8
	case "tstamp":
		return 13
	case "reply", "tstampreply", "maskreply", "unreach", "unreachproto", "unreachport", "needfrag", "timexceed",
		"timeexceed", "paramprob", "redirect", "other":
		return 3
	}
	return -1
}

// looksPF reports whether b is a line of filterlog, or one of pflog behind a clock.
func looksPF(b []byte, _ *Record) bool {
	if len(b) <= 20 {
		return false
	}
	if b[2] == ':' && b[5] == ':' {
		return scan.Within(b[:min(len(b), 24)], " rule ")
	}
	return bytes.IndexByte(b[:min(len(b), 10)], ',') > 0 && !looksWindowsDHCP(b, nil)
}

// pf reads what the packet filter of the BSDs logs, in all its forms.
func pf(b []byte, rec *Record) bool {
	switch {
	case string(rec.Host) == "rule":
		return pflogRule(b, rec)
	case b[0] == '[':
		return pfLimit(b, rec)
	case scan.Has(b, "filterlog: "):
		return filterlog(scan.TrimLeft(b[len("filterlog: "):]), rec)
	case string(rec.App) == "filterlog":
		return filterlog(b, rec)
	case scan.Has(rec.App, "pf") || scan.Has(b, "rule "):
		return pflog(b, rec)
	case len(rec.App) > 0: // a kernel's
		return false
	case len(b) > 6 && b[2] == ':' && b[5] == ':':
		return pflogClock(b, rec)
	}
	return filterlog(b, rec)
}

// ownPF reads a line of a sender that is known to run pf, as if it had the tag of filterlog or of pflog.
func ownPF(b []byte, rec *Record) bool {
	app := rec.App
	for _, tag := range [...]string{"filterlog", "pflog", ""} {
		if rec.App = []byte(tag); pf(b, rec) {
			rec.App = app
			return true
		}
		undo(rec)
	}
	rec.App = app
	return false
}
