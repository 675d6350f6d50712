package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// fortigateDialect describes the traffic, security and event log of Fortinet's FortiGate firewalls, as key=value pairs
// or CSV.
func fortigateDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "fortigate",
			Devices: "Fortinet FortiGate (FortiOS 4 to 7), key=value and CSV",
			Sample:  `<189>date=2019-05-10 time=11:37:47 devname="FG1" devid="FG1K" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="vdom1" eventtime=1557513467369913239 srcip=10.1.100.11 srcport=58012 srcintf="port12" srcintfrole="undefined" dstip=81.2.69.142 dstport=80 dstintf="port11" dstintfrole="undefined" sessionid=105048 proto=6 action="close" policyid=1 policytype="policy" service="HTTP" dstcountry="Canada" srccountry="Reserved" trandisp="snat" transip=172.16.200.2 transport=58012 duration=116 sentbyte=1188 rcvdbyte=1224 sentpkt=17 rcvdpkt=16 appcat="unscanned"`,
			Reads: "date= and its pairs: traffic by action (start, accept, close, timeout, resets, deny) with " +
				`translated endpoints, bytes and packets; DoS anomalies; DNS queries; leases; links; "NAT port ` +
				`is exhausted"; port blocks`,
			Enable: "config log syslogd setting / set status enable / set server ADDRESS / end; in each policy: " +
				"set logtraffic all, set logtraffic-start enable for lines at the start.",
			Source: "FortiOS Log Message Reference; Fortinet Community tip 190182",
		},
		console: OtherConsole,
		begins: []string{"date=", "devname=", "devid=", "logver=", "itime=", "eventtime=", "logid=", "log_id=",
			"timestamp=", "time="},
		read: fortigate,
	}
}

// fortigate reads the key=value and CSV lines of FortiOS 4 to 7: traffic, security profiles and events.
//
// A traffic line is written when a session ends, except action=start; deny is a refusal and logid …0020 the interim
// statistics of a long session. transip/transport is the translated source, tranip/tranport the real server behind a
// virtual IP.
func fortigate(b []byte, rec *Record) bool {
	var f fortiFields
	taken, isDate := bytes.CutPrefix(rec.App, []byte("date=")) // by a relay, for a tag
	if isDate {
		f.date = taken
	}
	w := scan.PairWalk{Rest: b, Sep: ' '}
	if bytes.IndexByte(b[:scan.Blank(b)], ',') >= 0 {
		w.Sep = ','
	}
	for {
		key, val, ok := w.Next()
		if !ok {
			break
		}
		f.set(key, val, rec)
	}
	if len(f.kind) == 0 && (len(f.logid) == 0 || scan.Index(b, "log_component=") >= 0) { // the latter is of Sophos
		return false
	}
	rec.Dialect = "fortigate"
	rec.Bytes, rec.Packets = f.sent+f.rcvd, scan.Saturate(f.sentPkt+f.rcvdPkt)
	tidyNAT(&rec.Event)
	switch string(f.kind) {
	case "traffic":
		fortiTraffic(&f, rec)
	case "event":
		fortiEvent(&f, rec)
	case "anomaly":
		fortiAnomaly(&f, rec)
	default:
		if string(f.subtype) == "anomaly" {
			fortiAnomaly(&f, rec)
		} else {
			fortiUTM(&f, rec)
		}
	}
	f.stamp(rec)
	if isDate {
		rec.App = nil
	}
	rec.device(f.host)
	return true
}

// fortiFields are the words of a line that say what it is about.
type fortiFields struct {
	kind, subtype, action, logid, msg, desc, attack, status, eventtype []byte
	date, clock, zone, eventtime, host, policy, policyName             []byte
	dhcp, ip, mac, hostname, pool, nat, iface, remote, tunnel, user    []byte
	sent, rcvd, sentPkt, rcvdPkt                                       uint64
}

// set takes one pair. Most keys of a line are told apart by their first letter, so each goes through one short switch.
func (f *fortiFields) set(key, val []byte, rec *Record) {
	if len(key) == 0 {
		return
	}
	switch key[0] {
	case 's', 'r':
		f.sender(key, val, rec)
	case 'd', 't':
		f.target(key, val, rec)
	default:
		f.rest(key, val, rec)
	}
}

// sender takes the keys in s and r: the source, and the counters.
func (f *fortiFields) sender(key, val []byte, rec *Record) {
	switch string(key) {
	case "subtype":
		f.subtype = val
	case "status":
		f.status = val
	case "srcip", "src", "saddr":
		rec.Src = scan.Addr(val)
	case "srcport", "src_port":
		rec.SPort = scan.Port(val)
	case "srcintf", "src_int":
		rec.InIf = val
	case "remip":
		f.remote = val
	case "sentbyte", "sent":
		f.sent, _ = scan.Number(val)
	case "rcvdbyte", "rcvd":
		f.rcvd, _ = scan.Number(val)
	case "sentpkt", "sent_pkt":
		f.sentPkt, _ = scan.Number(val)
	case "rcvdpkt", "rcvd_pkt":
		f.rcvdPkt, _ = scan.Number(val)
	}
}

// target takes the keys in d and t: the destination, the translation, and the stamp.
func (f *fortiFields) target(key, val []byte, rec *Record) {
	switch string(key) {
	case "date":
		f.date = val
	case "time":
		f.clock = val
	case "tz":
		f.zone = val
	case "devname":
		f.host = val
	case "type":
		f.kind = val
	case "dstip", "dst", "daddr":
		rec.Dst = scan.Addr(val)
	case "dstport", "dst_port":
		rec.DPort = scan.Port(val)
	case "dstintf", "dst_int":
		rec.OutIf = val
	case "transip":
		rec.NATSrc = scan.Addr(val)
	case "transport":
		rec.NATSPort = scan.Port(val)
	case "tranip", "tran_ip":
		rec.NATDst = scan.Addr(val)
	case "tranport", "tran_port":
		rec.NATDPort = scan.Port(val)
	case "duration":
		rec.lastedSeconds(val)
	case "dhcp_msg":
		f.dhcp = val
	case "tunnelip":
		f.tunnel = val
	}
}

// rest takes all other keys.
func (f *fortiFields) rest(key, val []byte, rec *Record) {
	switch string(key) {
	case "eventtime":
		f.eventtime = val
	case "logid", "log_id":
		f.logid = val
	case "proto":
		rec.Proto = protocol(val)
	case "action":
		f.action = val
	case "policyid":
		f.policy = val
	case "policyname":
		f.policyName = val
	case "msg":
		f.msg = val
	case "logdesc":
		f.desc = val
	case "attack", "attackname":
		f.attack = val
	case "eventtype":
		f.eventtype = val
	case "count":
		rec.Count = scan.Number32(val)
	case "qname":
		rec.QName = val
	case "qtype":
		rec.QType = val
	case "ip":
		f.ip = val
	case "mac":
		f.mac = val
	case "assignip":
		f.tunnel = val
	case "user":
		f.user = val
	case "hostname":
		f.hostname = val
	case "poolname":
		f.pool = val
	case "nat":
		f.nat = val
	case "interface":
		f.iface = val
	case "portbegin":
		rec.PortLow = scan.Port(val)
	case "portend":
		rec.PortHigh = scan.Port(val)
	}
}

// stamp sets the device's time. eventtime, which is UTC, tells the zone where tz is missing, and the fraction where it
// has one and shows the same second.
func (f *fortiFields) stamp(rec *Record) {
	if len(f.date) == 0 && len(f.clock) > 0 { // a relay took date= for a tag
		if e, ok := epochStamp(f.eventtime); ok {
			rec.Stamp = e
		}
		return
	}
	if len(f.date) != 10 || len(f.clock) < 8 {
		return
	}
	var buf [32]byte
	s := Stamp{}
	if _, ok := s.stampISO(append(append(append(buf[:0], f.date...), 'T'), f.clock[:8]...)); !ok {
		return
	}
	s.zoneOffset(f.zone)
	if e, ok := epochStamp(f.eventtime); ok {
		s.zoneByEpoch(e.Unix)
		if e.Unix/1e9%60 == int64(s.Second) {
			s.Nanos = int32(e.Unix % 1e9)
		}
	}
	ownStamp(rec, &s)
}

// rule names the policy: by its name where the line has one, else by its number.
func (f *fortiFields) rule(rec *Record) {
	rec.Rule = f.policyName
	if len(rec.Rule) == 0 {
		rec.Rule = f.policy
	}
	rec.detail = rec.Rule
}

func fortiTraffic(f *fortiFields, rec *Record) {
	if len(f.action) == 0 {
		f.action = f.status // FortiOS 4
	}
	rec.Word = "session"
	f.rule(rec)
	rec.Kind, rec.Action = verdict(f.action)
	switch string(f.action) {
	case "dns":
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case "client-rst", "server-rst":
		rec.Flags = RST
	case "ip-conn":
		rec.State = Unreplied
	}
	switch {
	case rec.Action == "allow" && bytes.HasSuffix(f.logid, []byte("000020")):
		rec.Kind, rec.Action = SessionUpdate, "session-update"
	case rec.Action == "allow":
		rec.Kind = SessionEnd
	}
	if rec.Kind == SessionEnd && rec.State == NoState {
		rec.State = unanswered(f.sentPkt, f.rcvdPkt)
	}
}

// fortiUTM reads what the security profiles say: a refusal, a DNS query, or nothing that a detector needs.
func fortiUTM(f *fortiFields, rec *Record) {
	f.rule(rec)
	kind, action := verdict(f.action)
	rec.Word, rec.Kind, rec.Action = "session", System, action
	switch {
	case len(rec.QName) > 0 && bytes.HasSuffix(f.eventtype, []byte("query")):
		rec.Word, rec.Kind, rec.detail = "dns-query", DNSQuery, rec.QName
	case len(rec.QName) > 0:
		rec.Word, rec.detail = "dns-reply", rec.QName
	case kind == SessionDenied && rec.Src.IsValid():
		rec.Kind = SessionDenied
	case !rec.Src.IsValid():
		rec.Word = "other"
	}
}

// fortiAnomaly reads the DoS policy: a SYN flood, a limit of sessions per host that was exceeded, or another attack.
func fortiAnomaly(f *fortiFields, rec *Record) {
	_, rec.Action = verdict(f.action)
	rec.Word, rec.Kind, rec.detail = "session", System, f.attack
	switch {
	case bytes.HasSuffix(f.attack, []byte("syn_flood")):
		rec.Kind = SYNFlood
	case bytes.HasSuffix(f.attack, []byte("_session")):
		rec.Kind, rec.Word = TableFull, "session-limit"
	case rec.Action == "deny":
		rec.Kind = SessionDenied
	}
}

// fortiEvent reads the system's own messages: exhausted ports, allocated port blocks, leases, links.
func fortiEvent(f *fortiFields, rec *Record) {
	rec.Word, rec.Kind, rec.Action = "other", System, ""
	if len(f.desc) == 0 {
		f.desc = f.msg
	}
	rec.detail = f.desc
	switch {
	case scan.ContainsLower(f.msg, "port is exhausted"), scan.ContainsLower(f.desc, "socket is exhausted"),
		scan.ContainsLower(f.desc, "exhaust"):
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
		rec.NATSrc = scan.Addr(f.nat)
		rec.detail = f.msg
	case scan.ContainsLower(f.desc, "session table full"), scan.ContainsLower(f.msg, "session table is full"):
		rec.Kind, rec.Word = TableFull, "session-limit"
	case scan.ContainsLower(f.desc, "conserve mode entered"), scan.ContainsLower(f.msg, "entered conserve mode"):
		rec.alarm("fortigate-conserve")
	case scan.ContainsLower(f.desc, "session clash"):
		rec.alarm("fortigate-session-clash")
	case rec.PortHigh != 0 || scan.ContainsLower(f.desc, "pba "):
		rec.Word, rec.Action = "nat-block", "nat-create"
		if scan.ContainsLower(f.desc, "free") || scan.ContainsLower(f.desc, "delete") ||
			scan.ContainsLower(f.desc, "remove") || scan.ContainsLower(f.desc, "dealloc") {
			rec.Action = "nat-delete"
		}
		rec.NATSrc, rec.detail = scan.Addr(f.nat), f.pool
	case len(f.dhcp) > 0:
		rec.Word = "dhcp"
		if scan.EqualLower(f.dhcp, "ack") {
			rec.Kind, rec.Src, rec.detail = DHCPLease, scan.Addr(f.ip), f.hostname
			rec.hardware(f.mac)
		}
	case scan.EqualLower(f.action, "interface-stat-change"):
		rec.Kind, rec.Word, rec.detail = Link, "link-down", f.iface
		if scan.EqualLower(f.status, "up") {
			rec.Word = "link-up"
		}
	case string(f.subtype) == "vpn":
		f.vpn(rec)
	}
}

// vpn reads who uses a tunnel: the address inside that was given to a user is a lease (tunnelip of SSL, assignip of
// IPsec), all else is System, of the peer outside.
func (f *fortiFields) vpn(rec *Record) {
	given := scan.Addr(f.tunnel)
	if given.IsValid() && !given.IsUnspecified() && scan.EqualLower(f.action, "tunnel-up") {
		rec.Kind, rec.Word, rec.Src, rec.detail = DHCPLease, "dhcp", given, f.user
		return
	}
	if !rec.Src.IsValid() {
		rec.Src = scan.Addr(f.remote)
	}
}
