package parse

import "uncloak/parse/scan"

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
	return pfPacket(rec, rule, f[5], f[6], f[7], f[4], icmpType)
}

// pfPacket fills in what pf says of any packet: rule, reason, action, direction and interface.
func pfPacket(rec *Record, rule, reason, action, dir, iface []byte, icmpType int) bool {
	switch string(action) {
	case "pass":
		rec.Action = "allow"
	case "block", "reject", "unkn(13)":
		rec.Action = "deny"
	case "match", "scrub", "nat", "rdr", "binat", "nonat", "nordr", "nobinat", "synproxy drop":
	default:
		return false
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
	return true
}

// pfICMP is the ICMP type that stands for pf's word: 8 opens a session, 3 stands for all errors and answers.
func pfICMP(w []byte) int {
	switch string(w) {
	case "request":
		return 8
	case "tstamp":
		return 13
	case "reply", "tstampreply", "maskreply", "unreach", "unreachproto", "unreachport", "needfrag", "timexceed", "timeexceed", "paramprob", "redirect", "other":
		return 3
	}
	return -1
}
