package parse

import "uncloak/parse/scan"

// junosTableDialect describes the rows of show security flow session and show services sessions.
func junosTableDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "junos-table",
			Devices: "Juniper SRX and vSRX (show security flow session), MX (show services sessions); extensive or not",
			Sample:  "Session ID: 2122, Policy name: nat/4, Timeout: 298, Session State: Valid In: 172.17.42.2/47612 --> 198.51.100.2/80;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 7, Bytes: 1188, Out: 198.51.100.2/80 --> 203.0.113.1/22745;tcp, Conn Tag: 0x0, If: ge-0/0/0.0, Pkts: 6, Bytes: 3881,",
			Reads: "Both tuples (the translation is what the way out differs in), packets, bytes and timeout. A " +
				"session of which nothing came back is not answered; TCP's state is not told. An import puts its " +
				"lines together.",
			Enable: "show security flow session",
			Source: "Junos CLI Reference (show security flow session); output of SRX and MX that owners published",
		},
		known:   "a session with its way In and its way Out",
		console: OtherConsole,
		begins:  []string{"Session ID: ", "Total sessions: ", "Valid sessions: ", "Flow Sessions on "},
		kind:    tool,
		read:    junosRow,
	}
}

// junosRow reads one session whose lines stand in one.
func junosRow(b []byte, rec *Record) bool {
	rec.Dialect = "junos-table"
	if !scan.Has(b, "Session ID: ") {
		return mark(rec, System, "other")
	}
	in := scan.After(b, " In: ")
	out := scan.After(in, " Out: ")
	if out == nil {
		return false
	}
	var t [2]tuple
	if !junosWay(in[:len(in)-len(out)], &t[0], rec) || !junosWay(out, &t[1], rec) {
		return false
	}
	if rec.Proto == ICMP || rec.Proto == ICMPv6 { // one of the two is the number of the echo, as the peer sees it, too
		t[0].id = t[0].sport
		t[1].dport = t[0].sport
	}
	fillTuples(&t, &rec.Event)
	switch rec.Unreplied = t[0].packets > 0 && t[1].packets == 0; {
	case rec.Unreplied && rec.Proto == TCP:
		rec.State = SynSent
	case rec.Unreplied:
		rec.State = Unreplied
	case rec.Proto != TCP && t[1].packets > 0:
		rec.State = Replied
	}
	if timeout := scan.After(b[:len(b)-len(in)], "Timeout: "); timeout != nil {
		rec.Count = scan.Number32(scan.Until(timeout, ", "))
	} else if timeout = scan.After(b, "Current timeout: "); timeout != nil {
		rec.Count = scan.Number32(scan.Until(timeout, ", "))
	}
	return rec.row("junos-table")
}

// junosWay reads "172.17.42.2/47612 --> 10.0.0.2/80;tcp, Conn Tag: 0x0, If: ge-0/0/1.0, Pkts: 7, Bytes: 1188, ".
func junosWay(b []byte, t *tuple, rec *Record) bool {
	from, rest := scan.Word(b)
	arrow, rest := scan.Word(rest)
	to, _ := scan.Word(rest)
	to, name := scan.CutByte(to, ';')
	rec.Proto = junosProtocol(scan.TrimRight(name, ","))
	src, dst := endOf(from, '/'), endOf(to, '/')
	t.src, t.sport, t.dst, t.dport = src.Addr(), src.Port(), dst.Addr(), dst.Port()
	t.packets, _ = scan.Number(scan.Until(scan.After(b, "Pkts: "), ", "))
	t.bytes, _ = scan.Number(scan.Until(scan.After(b, "Bytes: "), ", "))
	return string(arrow) == "-->" && t.src.IsValid() && t.dst.IsValid() && rec.Proto != 0
}

// junosProtocol reads the name of a protocol, or its number.
func junosProtocol(w []byte) uint8 {
	if n := protocol(w); n != 0 {
		return n
	}
	if n := scan.Number32(w); n < 256 {
		return uint8(n)
	}
	return 0
}
