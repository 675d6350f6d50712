package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// huaweiDialect describes the syslog messages of Huawei's and H3C's firewalls, routers and switches: sessions,
// policies, NAT, links.
func huaweiDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "huawei",
			Devices: "Huawei USG, NE and switches; H3C SecPath and Comware",
			Sample:  "May 13 2026 07:04:08 WUH-B-DC-USG6712E-1 %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=10.251.67.69, source-port=51770, destination-ip=172.64.155.209, destination-port=443, time=May 13 2026 14:04:08, source-zone=WUH_Staff, destination-zone=untrust, application-name=QUIC, rule-name=To-Internet.",
			Reads: "Policy hits, sessions with translated addresses, packets, bytes and reason, NAT flows, port " +
				"blocks, used-up pools and limits, links. Any other message is kept by name.",
			Enable: "Huawei: info-center enable; info-center loghost 192.0.2.5; in the rule: policy logging, " +
				"session logging. H3C: info-center loghost 192.0.2.5; nat log enable; nat log flow-begin; nat " +
				"log flow-end.",
			Source: "Huawei USG Log Reference; H3C SecPath System Log Messages; HP MSR Layer 3 IP Services " +
				"Configuration Guide (NAT logging)",
		},
		known:   "%%, a version and MODULE/severity/NAME, or a NAT record of Huawei or H3C",
		console: OtherConsole,
		looks:   looksNAT444,
		read:    nat444,
		own:     ownHuawei,
	}
}

// huaweiHeader reads "%%01SECLOG/6/SESSION_TEARDOWN(l)[12]:text" of Huawei and "%%10FILTER/6/NAME: text" of H3C. brief
// is nil in "%%01SECLOG text", which is what a relay leaves that takes what stands before the slash for a program's
// name.
func huaweiHeader(b []byte) (module, brief, text []byte, ok bool) {
	if len(b) < 8 || b[0] != '%' || b[1] != '%' || !scan.IsDigit(b[2]) || !scan.IsDigit(b[3]) {
		return nil, nil, nil, false
	}
	r := b[4:]
	i := bytes.IndexByte(r[:min(len(r), 40)], '/')
	before := r
	if i >= 0 {
		before = r[:i]
	}
	if n := scan.Blank(before); n > 1 && n < len(before) {
		return r[:n], nil, scan.TrimLeft(r[n:]), true
	}
	if i < 1 || i+3 >= len(r) || !scan.IsDigit(r[i+1]) || r[i+2] != '/' {
		return nil, nil, nil, false
	}
	module, r = r[:i], r[i+3:]
	j := bytes.IndexByte(r[:min(len(r), 100)], ':')
	if k := bytes.Index(r[:min(len(r), 100)], []byte(") ")); k > 0 && (j < 0 || k < j) {
		j = k + 1 // rsyslog cuts a tag of more than 32 characters, and this colon with it
	}
	if j < 1 {
		return nil, nil, nil, false
	}
	return module, scan.Until(r[:j], "(["), scan.TrimLeft(r[j+1:]), true
}

// huawei reads Huawei's and H3C's firewalls and switches. b begins with "%%". Both write key=value pairs, but no two
// modules agree on the keys' spelling.
func huawei(b []byte, rec *Record) bool {
	module, brief, text, ok := huaweiHeader(b)
	if !ok {
		return false
	}
	rec.Dialect = "huawei"
	word := rec.Word
	if huaweiEvent(module, brief, text, rec) {
		rec.Proto = icmpOf(rec.Proto, rec.Src)
		return true
	}
	rec.Event, rec.Word, rec.Action, rec.InIf = Event{}, word, "", nil
	rec.PortLow, rec.PortHigh = 0, 0
	rec.plain(brief)
	return true
}

// huaweiEvent reads what the detectors need; brief is the name of the message. It is false where nothing of the kind is
// told.
func huaweiEvent(module, brief, text []byte, rec *Record) bool {
	var buf [48]byte
	low := buf[:copy(buf[:], brief)]
	for i, c := range low {
		if scan.IsUpper(c) {
			low[i] = c | 0x20
		}
	}
	in := func(s string) bool { return bytes.Contains(low, []byte(s)) }
	nat := scan.EqualLower(module, "nat") || scan.EqualLower(module, "cgn")
	if !in("teardown") && !in("policy") && !in("flow") {
		if done, ok := huaweiRare(brief, text, in, nat, rec); done {
			return ok
		}
	}
	f := huaweiFields{}
	f.read(text, huaweiSeparator(text), rec)
	if !rec.Src.IsValid() && !rec.Dst.IsValid() {
		return false
	}
	rec.detail = bytes.TrimRight(f.rule, ".")
	ok := true
	if len(brief) == 0 {
		f.nameless(rec)
	} else {
		ok = f.session(in, nat, rec)
	}
	if rec.Kind == SessionEnd {
		rec.State = f.state()
	}
	return ok
}

// nameless fills in what a message means whose name is lost: only the end of a session counts what went by.
func (f *huaweiFields) nameless(rec *Record) {
	rec.Kind, rec.Word, rec.Action = System, "session", ""
	if f.reason != nil || rec.Packets > 0 || rec.Bytes > 0 {
		rec.Kind, rec.Action, rec.detail = SessionEnd, "session-delete", bytes.TrimRight(f.reason, ".")
	}
}

// huaweiSeparator finds the byte that parts the pairs of a text: a comma, or a semicolon.
func huaweiSeparator(text []byte) byte {
	if bytes.IndexByte(text, ';') >= 0 && !scan.Within(text, ", ") && !scan.Within(text, ",Protocol=") {
		return ';'
	}
	return ','
}

// session says what a message means whose fields were read; in reports whether the message's name holds a word.
func (f *huaweiFields) session(in func(string) bool, nat bool, rec *Record) bool {
	ended := in("teardown")
	switch {
	case rec.PortLow != 0 && rec.NATSrc.IsValid():
		rec.block(!in("free") && !in("withdraw") && !in("release") && !in("delete"))
	case !ended && (in("permit") || in("policydeny")):
		rec.verdict(in("permit"))
	case !ended && in("filter"):
		// A content filter that alerts or warns has let the packet pass.
		rec.Word = "fw-packet"
		rec.Kind, rec.Action = verdict(f.event)
		return len(f.event) > 0
	case ended, in("aged"):
		rec.Kind, rec.Word, rec.Action = SessionEnd, "session", "session-delete"
		if f.reason != nil {
			rec.detail = bytes.TrimRight(f.reason, ".")
		}
	case in("setup"), in("session_create"):
		rec.Kind, rec.Word, rec.Action = SessionNew, "session", "session-create"
	case in("flow"):
		created := scan.ContainsLower(f.event, "created")
		rec.Kind, rec.Word, rec.Action = SessionEnd, "session", "session-delete"
		if created {
			rec.Kind, rec.Action = SessionNew, "session-create"
		}
		if nat {
			rec.translation(created)
		}
	default:
		return false
	}
	return true
}

// huaweiRare reads what is no session: links, pools that are used up, limits. done is false where it is neither.
func huaweiRare(brief, text []byte, in func(string) bool, nat bool, rec *Record) (done, ok bool) {
	switch {
	case in("updown"), in("if_state"), in("link_state"), in("linkdown"), in("linkup"), in("phy"):
		return true, huaweiLink(brief, text, rec)
	case nat && in("normal"):
		return true, false
	case nat && (exhausted(brief) || exhausted(text)):
		rec.full("nat-exhausted", brief)
		return true, true
	case in("overload"), in("session") && (in("limit") || in("full") || in("threshold") || in("exceed")):
		rec.full("session-limit", brief)
		return true, true
	}
	return false, false
}

// huaweiFields are the parts that are no part of an Event.
type huaweiFields struct {
	packetCounts
	rule, reason, event []byte
}

// read takes the pairs; a key's case, dashes and number in parentheses say nothing: SrcIPAddr(1003), source-ip,
// SourceIP.
func (f *huaweiFields) read(b []byte, sep byte, rec *Record) {
	var buf [24]byte
	for len(b) > 0 {
		key, v := plainKey(b, sep, &buf)
		if b = nil; len(v) == 0 {
			continue
		}
		if i := bytes.IndexByte(v, sep); i >= 0 {
			v, b = v[:i], v[i+1:]
		}
		v = scan.TrimRight(scan.TrimLeft(v), ".) ")
		switch string(key) {
		case "sourceip", "srcip", "srcipaddr", "sourceaddress", "userip", "useripaddr":
			rec.Src = scan.Addr(v)
		case "destinationip", "dstip", "dstipaddr", "destip", "destinationaddress":
			rec.Dst = scan.Addr(v)
		case "sourceport", "srcport":
			rec.SPort = scan.Port(v)
		case "destinationport", "dstport", "destport":
			rec.DPort = scan.Port(v)
		case "sourcenatip", "natsrcipaddr", "natsrcip", "srcnatip", "natip", "natipaddr", "publicip":
			rec.NATSrc = scan.Addr(v)
		case "sourcenatport", "natsrcport", "srcnatport":
			rec.NATSPort = scan.Port(v)
		case "destinationnatip", "natdstipaddr", "natdstip", "dstnatip":
			rec.NATDst = scan.Addr(v)
		case "destinationnatport", "natdstport", "dstnatport":
			rec.NATDPort = scan.Port(v)
		case "protocol", "proto":
			rec.Proto = protocol(v)
		case "sendbytes", "rcvbytes", "recvbytes", "initbytecount", "rplybytecount":
			n, _ := scan.Number(v)
			rec.Bytes += n
		case "sendpkts", "initpktcount", "matchcount":
			n, _ := scan.Number(v)
			f.client(n, rec)
		case "rcvpkts", "recvpkts", "rplypktcount":
			n, ok := scan.Number(v)
			f.server(n, ok, rec)
		case "rulename", "policyname", "policy", "securitypolicy", "objectpolicy":
			f.rule = v
		case "closereason":
			f.reason = v
		case "event", "action":
			f.event = v
		case "startport", "beginport", "portstart", "portrangestart":
			rec.PortLow = scan.Port(v)
		case "endport", "portend", "portrangeend":
			rec.PortHigh = scan.Port(v)
		}
	}
}

// plainKey reads up to the next "=" and returns the last word in front of it in lower case, without dashes and without
// what stands in parentheses; and what follows. A key that is too long for buf comes back empty: all that are read are
// shorter.
func plainKey(b []byte, sep byte, buf *[24]byte) (key, rest []byte) {
	n, skip := 0, false
	for i, c := range b {
		switch {
		case scan.IsLetter(c) && !skip:
			if n < len(buf) {
				buf[n] = c | 0x20
			}
			n++
		case c == '=':
			if n > len(buf) {
				n = 0
			}
			return buf[:n], b[i+1:]
		case c == sep || c == ' ':
			n, skip = 0, false
		case c == '(':
			skip = true
		case c == '-' || c == '_' || n == 0 || skip:
		default:
			if n < len(buf) {
				buf[n] = c | 0x20 // digits have that bit already, and no key holds anything else
			}
			n++
		}
	}
	return nil, nil
}

// huaweiLink reads "Interface Ethernet0/0/8 has turned into DOWN state.", "Line protocol state on the interface Vlan1
// changed to up." and "GigabitEthernet0/0/1: change status to up".
func huaweiLink(brief, b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte("nterface "))
	w, r := scan.Word(b)
	if i >= 0 {
		w, r = scan.Word(b[i+len("nterface "):])
	}
	w = scan.TrimRight(w, ":,.")
	up := scan.ContainsLower(brief, "linkup") || scan.ContainsLower512(r, " up state") ||
		scan.ContainsLower512(r, " to up")
	down := scan.ContainsLower(brief, "linkdown") || scan.ContainsLower512(r, " down state") ||
		scan.ContainsLower512(r, " to down")
	if up == down || !scan.HasLetter(w) {
		return false
	}
	rec.InIf, rec.detail = w, w
	rec.link(up)
	return true
}

// h3cUserLog reads the flow logs of Comware: "… USERLOG/7/NAT: ICMP; 192.168.1.6:768--->1.1.1.1:12288; 2.2.2.2:768;
// [2005/07/07 04:20:03-0000/00/00 00:00:00]; Operator 8: Data flow created".
func h3cUserLog(b []byte, rec *Record) bool {
	r := scan.After(b, "USERLOG/")
	r = scan.TrimLeft(scan.After(r, ":"))
	i := bytes.Index(r, []byte("--->"))
	semi := bytes.IndexByte(r, ';')
	if i < 0 || semi < 0 || semi > i {
		return false
	}
	rec.Proto = protocol(r[:semi])
	rec.Src, rec.SPort = scan.ColonPort(scan.TrimLeft(r[semi+1 : i]))
	r = r[i+4:]
	rec.NATSrc, rec.NATSPort = scan.ColonPort(scan.Until(r, ";"))
	r = scan.TrimLeft(scan.After(r, ";"))
	rec.Dst, rec.DPort = scan.ColonPort(scan.Until(r, ";"))
	rec.translation(bytes.Contains(r, []byte("created")))
	rec.Dialect = "huawei"
	return rec.Src.IsValid() && rec.NATSrc.IsValid()
}

// nat444 reads "<NAT444>:<SessionA> start|end|10.0.0.1|192.0.2.1|1052|198.51.100.9|443|6" of Huawei's NE routers.
func nat444(b []byte, rec *Record) bool {
	b = scan.After(b, "<NAT444>:<")
	event := scan.Until(b, ">")
	r := scan.TrimLeft(b[min(len(b), len(event)+1):])
	var f [8][]byte
	for i := range f {
		f[i] = scan.Until(r, "|")
		r = r[min(len(r), len(f[i])+1):]
	}
	rec.Src = scan.Addr(f[2])
	rec.NATSrc, rec.NATSPort = scan.ColonPort(f[3])
	rec.SPort = scan.Port(f[4])
	rec.Dst = scan.Addr(f[5])
	rec.DPort = scan.Port(f[6])
	rec.Proto = protocol(f[7])
	rec.translation(bytes.HasSuffix(event, []byte("A")))
	rec.Dialect = "huawei"
	return rec.Src.IsValid() && rec.NATSrc.IsValid()
}

// looksNAT444 reports whether b is a NAT record of Huawei's NE routers.
func looksNAT444(b []byte, _ *Record) bool { return scan.Within(b[:min(len(b), 24)], "<NAT444>:<") }

// ownHuawei reads a line of a sender that is known to be Huawei's or H3C's.
func ownHuawei(b []byte, rec *Record) bool {
	return withMnemonic(b, rec) || looksNAT444(b, rec) && nat444(b, rec) ||
		(b[0] == 'N' || b[0] == '[' || b[0] == '-') && looksCGN(b, rec) && cgnEvent(b, rec)
}
