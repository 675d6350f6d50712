package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// fortigateTableDialect describes the sessions of diagnose sys session list.
func fortigateTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "fortigate-table",
			Devices: "Fortinet FortiGate: diagnose sys session list, diagnose sys session6 list",
			Sample:  "session info: proto=6 proto_state=01 duration=11 expire=3599 timeout=3600 flags=00000000 use=5 state=may_dirty statistic(bytes/packets/allow_err): org=868/15/1 reply=752/10/1 tuples=2 hook=post dir=org act=snat 10.1.100.11:58241->198.51.100.55:21(203.0.113.1:58241) hook=pre dir=reply act=dnat 198.51.100.55:21->203.0.113.1:58241(10.1.100.11:58241) misc=0 policy_id=1",
			Reads: "Both ends with their translation (hook= lines), the state (proto_state), packets, bytes, and " +
				"when it goes. An import puts its lines together.",
			Enable: "diagnose sys session list",
			Source: "FortiOS Handbook, Troubleshooting (session table); Fortinet Community, FortiGate session table " +
				"information",
		},
		known:   "session info: and its hooks",
		console: OtherConsole,
		begins:  []string{"session info: proto=", "session6 info: proto=", "total session "},
		kind:    tool,
		read:    fortigateRow,
	}
}

// fortigateRow reads one session whose lines stand in one.
func fortigateRow(b []byte, rec *Record) bool {
	rec.Dialect = "fortigate-table"
	if scan.Has(b, "total session ") {
		return mark(rec, System, "other")
	}
	n := scan.Number32(scan.Until(scan.After(b, "proto="), " "))
	if n == 0 || n > 255 {
		return false
	}
	rec.Proto = uint8(n)
	if !fortigateHooks(b, rec) {
		return false
	}
	rec.State = fortigateState(rec.Proto, scan.Until(scan.After(b, "proto_state="), " "))
	rec.Unreplied = rec.State == Unreplied
	rec.Count = scan.Number32(scan.Until(scan.After(b, " expire="), " "))
	if s := scan.After(b, "statistic("); s != nil {
		for _, way := range [...]string{" org=", " reply="} {
			size, rest := scan.CutByte(scan.Until(scan.After(s, way), " "), '/')
			packets, _ := scan.CutByte(rest, '/')
			k, _ := scan.Number(size)
			rec.Bytes += k
			rec.Packets = scan.Saturate(uint64(rec.Packets) + uint64(scan.Number32(packets)))
		}
	}
	return rec.row("fortigate-table")
}

// fortigateHooks reads the lines of the way there: "hook=post dir=org act=snat A->B(C)". C is what the source or the
// destination becomes; where both are translated, there is a line for each.
func fortigateHooks(b []byte, rec *Record) bool {
	rest, seen := b, false
	for {
		if rest = scan.After(rest, "dir=org act="); rest == nil {
			return seen
		}
		act, r := scan.Word(rest)
		pair, _ := scan.Word(r)
		i := scan.Index(pair, "->")
		if i < 0 {
			return false
		}
		to, becomes := scan.CutByte(pair[i+2:], '(')
		from, dst := endOf(pair[:i], ':'), endOf(to, ':')
		if !from.Addr().IsValid() || !dst.Addr().IsValid() || becomes == nil {
			return false
		}
		if !seen {
			rec.openedBy(from, dst)
		}
		switch seen = true; string(act) {
		case "snat":
			rec.translated(endOf(becomes, ':'), netip.AddrPort{})
		case "dnat":
			rec.translated(netip.AddrPort{}, endOf(becomes, ':'))
		}
	}
}

// fortigateState reads proto_state. Its last digit is the state of the way to the server, and of UDP whether an answer
// was seen.
func fortigateState(proto uint8, w []byte) State {
	if len(w) == 0 {
		return NoState
	}
	c := w[len(w)-1]
	switch {
	case proto == UDP && c == '0':
		return Unreplied
	case proto == UDP && c == '1':
		return Replied
	case proto != TCP:
		return NoState
	}
	switch c {
	case '1':
		return Established
	case '2':
		return SynSent
	case '3':
		return SynRecv
	case '4':
		return FinWait
	case '5':
		return TimeWait
	case '6':
		return Close
	case '7':
		return CloseWait
	case '8':
		return LastAck
	}
	return NoState
}
