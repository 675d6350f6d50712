package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// sophosDialect describes the packet filter log of Sophos UTM, and the firewall log of the later Sophos Firewall (XG).
func sophosDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "sophos",
			Devices: "Sophos UTM (Astaro) and Sophos Firewall (XG, SFOS, Cyberoam)",
			Sample:  `Nov 16 00:25:00 sophos device_name="SFW" timestamp="2021-11-15T18:25:00-0600" device_model="SFVH" log_id="010101600001" log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" log_version=1 severity="Information" fw_rule_id="12" in_interface="Port1" out_interface="Port2" src_ip="192.168.2.111" src_country="R1" dst_ip="89.160.20.156" dst_country="USA" protocol="TCP" src_port=50875 dst_port=443 src_trans_ip="192.168.1.2" con_event="Start" con_id="3153941760"`,
			Reads: `UTM: ulogd id="20…" packet filter lines with action and flags; XG: log_type, log_subtype, ` +
				"con_event (Start, Stop, Interim) with translated endpoints, bytes, leases",
			Enable: "UTM: Logging & Reporting > Log Settings > Remote Syslog Server. XG: System services > Log " +
				"settings: add a syslog server and tick Firewall.",
			Source: "Sophos UTM and Sophos Firewall log file guides",
		},
		console: OtherConsole,
		begins:  []string{`id="`, "device=", "device_name=", "date=", "timestamp="},
		number:  ":",
		looks:   looksSophos,
		read:    sophos,
	}
}

// sophosUTM reads the packet filter of Sophos UTM (Astaro):
//
//	2023:04:28-11:08:04 gw ulogd[12511]: id="2001" severity="info" sys="SecureNet" sub="packetfilter"
//	name="Packet dropped" action="drop" fwrule="60001" initf="eth6" srcip="…" dstip="…" proto="17" srcport="5319" dstport="5060"
//
// b begins with id=; the header's own stamp is read by the family.
func sophosUTM(b []byte, rec *Record) bool {
	var sub, action, name []byte
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		switch string(key) {
		case "sub":
			sub = val
		case "action":
			action = val
		case "name":
			name = val
		case "initf":
			rec.InIf = val
		case "outitf":
			rec.OutIf = val
		case "srcip":
			rec.Src = scan.Addr(val)
		case "dstip":
			rec.Dst = scan.Addr(val)
		case "proto":
			rec.Proto = protocol(val)
		case "srcport":
			rec.SPort = scan.Port(val)
		case "dstport":
			rec.DPort = scan.Port(val)
		case "fwrule":
			rec.Rule = val
		case "tcpflags":
			rec.Flags = flagWords(val)
		}
	}
	if len(sub) == 0 {
		return false
	}
	rec.Dialect, rec.Word, rec.detail = "sophos", "other", name
	rec.Kind = System
	if string(sub) == "packetfilter" || string(sub) == "ips" {
		rec.Word = "fw-packet"
		kind, action := verdict(action)
		rec.Action = action
		switch kind {
		case SessionDenied:
			rec.Kind = SessionDenied
		case SessionNew:
			rec.Kind = packetKind(rec, -1)
		}
	}
	tidyNAT(&rec.Event)
	return true
}

// flagWords reads "ACK PSH".
func flagWords(b []byte) (flags uint8) {
	for w, rest := scan.Word(b); len(w) > 0; w, rest = scan.Word(rest) {
		flags |= tcpFlag(w)
	}
	return flags
}

// sophosXG reads the device="SFW" lines of Sophos Firewall (XG, SFOS, Cyberoam), old and new names of the fields.
func sophosXG(b []byte, rec *Record) bool {
	var x xgFields
	w := scan.PairWalk{Rest: b, Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		x.set(key, val, rec)
	}
	if len(x.logType) == 0 {
		return false
	}
	rec.Dialect, rec.Word = "sophos", "session"
	rec.Kind, rec.Action = verdict(x.subtype)
	if rec.Kind == System {
		rec.Kind, rec.Action = verdict(x.status)
	}
	if rec.Action == "allow" {
		switch string(x.event) {
		case "Start":
			rec.Action = "session-create"
		case "Stop":
			rec.Kind, rec.Action = SessionEnd, "session-delete"
			rec.State = unanswered(x.sentPkts, x.rcvdPkts)
		case "Interim":
			rec.Kind, rec.Action = SessionUpdate, "session-update"
		default:
			if string(x.logType) != "Firewall" {
				rec.Kind = System
			}
		}
	}
	rec.detail = rec.Rule
	if !rec.Src.IsValid() || string(x.logType) == "Event" {
		xgEvent(&x, rec)
	}
	rec.Bytes, rec.Packets = x.sent+x.rcvd, scan.Saturate(x.sentPkts+x.rcvdPkts)
	tidyNAT(&rec.Event)
	x.stamp(rec)
	if string(x.host) != "SFW" {
		rec.ownDevice(x.host)
	}
	return true
}

// xgFields are the fields of a line that are not fields of an Event.
type xgFields struct {
	logType, component, subtype, status, event []byte
	date, clock, zone, iso                     []byte
	host, message, client                      []byte
	sent, rcvd, sentPkts, rcvdPkts             uint64
}

// set takes one pair, by the field's old name or its new one. Most keys of a line are told apart by their first letter,
// so each goes through one short switch.
func (x *xgFields) set(key, val []byte, rec *Record) {
	if len(key) == 0 {
		return
	}
	switch key[0] {
	case 's', 'd', 't':
		x.endpoint(key, val, rec)
	default:
		x.rest(key, val, rec)
	}
}

// endpoint takes the keys in s, d and t: source, destination, translation, stamp.
func (x *xgFields) endpoint(key, val []byte, rec *Record) {
	switch string(key) {
	case "src_ip":
		rec.Src = scan.Addr(val)
	case "dst_ip":
		rec.Dst = scan.Addr(val)
	case "src_port":
		rec.SPort = scan.Port(val)
	case "dst_port":
		rec.DPort = scan.Port(val)
	case "tran_src_ip", "src_trans_ip":
		rec.NATSrc = scan.Addr(val)
	case "tran_src_port", "src_trans_port":
		rec.NATSPort = scan.Port(val)
	case "tran_dst_ip", "dst_trans_ip":
		rec.NATDst = scan.Addr(val)
	case "tran_dst_port", "dst_trans_port":
		rec.NATDPort = scan.Port(val)
	case "sent_bytes":
		x.sent, _ = scan.Number(val)
	case "sent_pkts":
		x.sentPkts, _ = scan.Number(val)
	case "status":
		x.status = val
	case "date":
		x.date = val
	case "time":
		x.clock = val
	case "timestamp":
		x.iso = val
	case "timezone":
		x.zone = val
	case "device_name":
		x.host = val
	}
}

// rest takes all other keys.
func (x *xgFields) rest(key, val []byte, rec *Record) {
	switch string(key) {
	case "log_type":
		x.logType = val
	case "log_component":
		x.component = val
	case "log_subtype":
		x.subtype = val
	case "con_event", "connevent":
		x.event = val
	case "message":
		x.message = val
	case "client_host_name":
		x.client = val
	case "ipaddress":
		rec.Src = scan.Addr(val)
	case "protocol":
		rec.Proto = protocol(val)
	case "bytes_sent":
		x.sent, _ = scan.Number(val)
	case "duration":
		rec.lastedSeconds(val)
	case "recv_bytes", "bytes_received":
		x.rcvd, _ = scan.Number(val)
	case "packets_sent":
		x.sentPkts, _ = scan.Number(val)
	case "recv_pkts", "packets_received":
		x.rcvdPkts, _ = scan.Number(val)
	case "in_interface":
		rec.InIf = val
	case "out_interface":
		rec.OutIf = val
	case "fw_rule_name":
		if len(val) > 0 {
			rec.Rule = val
		}
	case "fw_rule_id":
		if len(rec.Rule) == 0 {
			rec.Rule = val
		}
	}
}

// xgEvent reads the lines that are about no packet: leases, and everything else.
func xgEvent(x *xgFields, rec *Record) {
	rec.Kind, rec.Word, rec.Action = System, "other", ""
	if string(x.component) == "DHCP Server" {
		rec.Word = "dhcp"
		if rec.Src.IsValid() && !scan.EqualLower(x.status, "release") && !scan.EqualLower(x.status, "expire") {
			rec.Kind, rec.detail = DHCPLease, x.client
			return
		}
	}
	if len(x.message) > 0 {
		rec.detail = x.message
	}
}

// stamp is timestamp="2021-11-15T18:25:00-0600", or date, time and the abbreviation of a zone, of which only UTC and
// GMT are sure.
func (x *xgFields) stamp(rec *Record) {
	if s, ok := wallStamp(x.iso); ok {
		ownStamp(rec, &s)
		return
	}
	if len(x.date) != 10 || len(x.clock) < 8 {
		return
	}
	var buf [32]byte
	s := Stamp{}
	if _, ok := s.stampISO(append(append(append(buf[:0], x.date...), 'T'), x.clock[:8]...)); ok {
		if bytes.Equal(x.zone, []byte("UTC")) || bytes.Equal(x.zone, []byte("GMT")) {
			s.HasZone = true
		}
		ownStamp(rec, &s)
	}
}

// utmHeader reads the header of Sophos UTM, "2023:04:28-00:50:54 host ulogd[12511]: ", and its line.
func utmHeader(b []byte, rec *Record) bool {
	var buf [19]byte
	copy(buf[:], b)
	buf[4], buf[7], buf[10] = '-', '-', 'T'
	s, ok := wallStamp(buf[:])
	if !ok {
		return false
	}
	host, rest := scan.Word(b[19:])
	tag, rest := scan.Word(rest)
	if len(tag) < 2 || tag[len(tag)-1] != ':' {
		return false
	}
	if bytes.HasPrefix(rest, []byte(`id="`)) {
		if !sophosUTM(rest, rec) {
			return false
		}
	} else {
		rec.Dialect, rec.Kind, rec.Word = "sophos", System, "other"
	}
	name := tag[:len(tag)-1]
	if i := bytes.IndexByte(name, '['); i > 0 {
		rec.PID, name = bytes.TrimRight(name[i+1:], "]"), name[:i]
	}
	rec.Host, rec.App, rec.Stamp = host, name, s
	return true
}

// looksSophos reports whether b has the header of Sophos UTM: "2023:04:28-00:50:54 ".
func looksSophos(b []byte, _ *Record) bool {
	return len(b) > 24 && leadingDigits(b) == 4 && b[4] == ':' && b[7] == ':' && b[10] == '-'
}

// sophos reads the lines of Sophos UTM and of Sophos Firewall (XG).
func sophos(b []byte, rec *Record) bool {
	switch b[0] {
	case 'd', 't':
		return sophosXG(b, rec)
	case 'i':
		return sophosUTM(b, rec)
	}
	return utmHeader(b, rec)
}
