package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// checkpointDialect describes the traffic log of Check Point gateways, as Log Exporter sends it to a syslog server and
// as `fw log` prints it.
func checkpointDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "checkpoint",
			Devices: "Check Point gateways and Log Exporter",
			Sample:  `<134>1 2020-03-30T07:20:35Z gw-da58d3 CheckPoint 1930 - [action:"Accept"; flags:"411908"; ifdir:"inbound"; ifname:"eth0"; logid:"0"; loguid:"{0x5e819dc3,0x0,0x353707c7,0xee78a1dc}"; origin:"192.168.1.100"; time:"1585552835"; version:"5"; dst:"192.168.1.153"; inzone:"External"; nat_rulenum:"0"; proto:"6"; rule_name:"Network"; s_port:"58618"; service:"443"; service_id:"https"; src:"192.168.1.100"; xlatesrc:"203.0.113.9"; xlatesport:"10001"; xlatedst:"0.0.0.0"; xlatedport:"0"]`,
			Reads: `action, src, dst, s_port, service, proto, xlate fields and rule in the forms [key:"value"; ` +
				"…], key=value|…, `fw log` and R81's [Fields@…]; optimized drops with their number; what " +
				"fw ctl zdebug drop prints",
			Enable: "cp_log_export add name uncloak target-server ADDRESS target-port 514 protocol udp format " +
				"syslog; then cp_log_export restart.",
			Source: "Check Point sk122323 (Log Exporter)",
		},
		console: OtherConsole,
		tags:    []string{"CheckPoint", "checkpoint", "Checkpoint", "CHECKPOINT"},
		begins: []string{";[cpu_", ";[vs_", ";[fw4_", ";[fw6_", "@;", "[cpu_", "[vs_", "[fw4_", "[fw6_",
			"[action:", "[flags:",
			"[Fields@1.3.6.1.4.1.2620", `Action="`, "Checkpoint: ", "|hostname="},
		first:  "thpal",
		number: " JFMASOND",
		looks:  looksCheckpoint,
		read:   checkpointForms,
	}
}

// checkpoint reads the log exporter's lines of Check Point, whose fields are written in three ways:
//
//	[action:"Accept"; ifdir:"inbound"; …; dst:"10.0.0.1"; proto:"6"; service:"443"; src:"10.0.0.2"; s_port:"49986"]
//	time=1543270652|hostname=gw|product=VPN-1 & FireWall-1|action=Accept|…|src=…|s_port=…
//	3Sep2007 15:10:28 accept 192.168.99.1 >eth2 rule: 9; …; src: 200.14.120.9; dst: …; proto: udp; service: 53;
//
// and the older [Fields@1.3.6.1.4.1.2620 src="…" …] and Action="accept" UUid="…" rule="4" src="…" …. CEF and LEEF are
// read in cef.go.
func checkpoint(b []byte, rec *Record) bool {
	f := checkFields{}
	switch {
	case len(b) == 0:
		return false
	case b[0] == 'A', b[0] == '[' && bytes.HasPrefix(b, []byte("[Fields@")):
		w := scan.PairWalk{Rest: b, Sep: ' '}
		for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
			f.set(key, val, rec)
		}
	case b[0] == '[':
		f.colons(b[1:], rec)
	case scan.IsDigit(b[0]) && !f.head(b, rec):
		return false
	case !scan.IsDigit(b[0]):
		f.pipes(b, rec)
	}
	if f.n < 3 {
		return false
	}
	rec.Dialect, rec.Word = "checkpoint", "session"
	rec.Kind, rec.Action = verdict(f.action)
	if len(f.action) == 0 && f.fields { // the syslog of R81 has no action but a rule that matched
		rec.Kind = SessionNew
	}
	if len(f.list) > 0 && !rec.Src.IsValid() {
		f.first(rec)
	}
	if !rec.Src.IsValid() && !rec.Dst.IsValid() {
		rec.Kind, rec.Word = System, "other"
	}
	rec.ownDevice(f.host)
	tidyNAT(&rec.Event)
	if len(f.reason) > 0 {
		rec.detail = f.reason
	} else {
		rec.detail = rec.Rule
	}
	if s, ok := epochStamp(f.time); ok && rec.Stamp == (Stamp{}) {
		rec.Stamp = s
	}
	if noPortLeft(f.reason) {
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
	}
	ownStamp(rec, &f.stamp)
	return true
}

// noPortLeft reports whether a session was refused because the address translation has no port for it.
func noPortLeft(reason []byte) bool {
	return scan.ContainsLower(reason, "nat") &&
		(scan.ContainsLower(reason, "port") || scan.ContainsLower(reason, "pool")) &&
		(scan.ContainsLower(reason, "exhaust") || scan.ContainsLower(reason, "fail"))
}

type checkFields struct {
	action, reason, time, host, list []byte
	n                                int
	fields                           bool // the older form without an action
	stamp                            Stamp
}

func (f *checkFields) set(key, val []byte, rec *Record) {
	f.n++
	switch string(key) {
	case "action", "Action":
		f.action = val
	case "src":
		rec.Src = scan.Addr(val)
	case "dst":
		rec.Dst = scan.Addr(val)
	case "proto":
		rec.Proto = protocol(val)
	case "s_port", "sport_svc":
		rec.SPort = scan.Port(val)
	case "service", "svc":
		rec.DPort = scan.Port(val)
	case "xlatesrc":
		rec.NATSrc = scan.Addr(val)
		f.fields = true
	case "xlatesport", "xlatesport_svc":
		rec.NATSPort = scan.Port(val)
	case "xlatedst":
		rec.NATDst = scan.Addr(val)
	case "xlatedport", "xlatedport_svc":
		rec.NATDPort = scan.Port(val)
	case "rule_name":
		if len(val) > 0 {
			rec.Rule = val
		}
	case "rule":
		if len(rec.Rule) == 0 {
			rec.Rule = val
		}
	case "ifname", "inzone":
		if len(rec.InIf) == 0 {
			rec.InIf = val
		}
	case "drop_reason", "reject_reason", "message_info":
		f.reason = val
	case "bytes":
		rec.Bytes, _ = scan.Number(val)
	case "packets":
		if rec.Packets = scan.Number32(val); rec.Packets == 0 {
			f.list = val
		}
	case "packet_amount":
		rec.Count = scan.Number32(val)
	case "hostname":
		f.host = val
	case "time":
		f.time = val
	}
}

// first reads the first of the packets that optimized drops list, " <81.2.69.142,59912,81.2.69.144,1990,6;eth0> <…>";
// Count says how many there are.
func (f *checkFields) first(rec *Record) {
	var c [5][]byte
	in := scan.Until(scan.After(f.list, "<"), ">;")
	if csvColumns(in, c[:]) < 5 {
		return
	}
	rec.Src, rec.SPort, rec.Dst, rec.DPort, rec.Proto = scan.Addr(c[0]), scan.Port(c[1]), scan.Addr(c[2]),
		scan.Port(c[3]),
		protocol(c[4])
}

// colons reads `key:"value"; ` and `key: value; `.
func (f *checkFields) colons(b []byte, rec *Record) {
	for {
		b = scan.TrimLeft(b)
		i := bytes.IndexByte(b, ':')
		if i < 0 {
			return
		}
		key := b[:i]
		if b = scan.TrimLeft(b[i+1:]); len(b) == 0 {
			return
		}
		var val []byte
		if b[0] == '"' {
			val, b = scan.QuotedValue(b)
		} else {
			end := bytes.IndexByte(b, ';')
			if end < 0 {
				end = len(b)
			}
			val, b = b[:end], b[end:]
		}
		f.set(key, val, rec)
		if len(b) > 0 && b[0] == ';' {
			b = b[1:]
			continue
		}
		if i = bytes.IndexByte(b, ';'); i < 0 {
			return
		}
		b = b[i+1:]
	}
}

// pipes reads "key=value|key=value".
func (f *checkFields) pipes(b []byte, rec *Record) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '|')
		if end < 0 {
			end = len(b)
		}
		if i := bytes.IndexByte(b[:end], '='); i > 0 {
			f.set(b[:i], bytes.Trim(b[i+1:end], `"`), rec)
		}
		b = b[min(len(b), end+1):]
	}
}

// head reads the "3Sep2007 15:10:28 accept 192.168.99.1 >eth2 " of `fw log`, then the fields.
func (f *checkFields) head(b []byte, rec *Record) bool {
	w, rest := scan.Word(b)
	clock, rest := scan.Word(rest)
	if !f.stamp.dayMonthYear(w) {
		return false
	}
	if _, ok := f.stamp.clock(clock); !ok {
		return false
	}
	f.action, rest = scan.Word(rest)
	_, rest = scan.Word(rest)
	if w, r := scan.Word(rest); len(w) > 1 && (w[0] == '>' || w[0] == '<') {
		if w[0] == '>' {
			rec.InIf = w[1:]
		} else {
			rec.OutIf = w[1:]
		}
		rest = r
	}
	f.colons(rest, rec)
	return true
}

// dayMonthYear reads "3Sep2007".
func (s *Stamp) dayMonthYear(b []byte) bool {
	d, rest, ok := scan.Leading(b)
	if !ok || d < 1 || d > 31 || len(rest) < 7 {
		return false
	}
	m := month(rest)
	y, rest, ok := year(rest[3:])
	if m == 0 || !ok || len(rest) > 0 {
		return false
	}
	s.Day, s.Month, s.Year = uint8(d), m, y
	return true
}

// looksCheckpoint reports whether b is a row of key=value parted by |, a row of `fw log`, or structured data behind a
// header that breaks the grammar of RFC 5424.
func looksCheckpoint(b []byte, _ *Record) bool {
	if scan.IsDigit(b[0]) {
		var s Stamp
		return b[0] == '1' && b[1] == ' ' && bytes.IndexByte(b, '[') > 0 ||
			b[1] != ' ' && b[2] != ' ' && s.dayMonthYear(scan.Until(b[:min(len(b), 12)], " "))
	}
	eq := bytes.IndexByte(b[:min(len(b), 16)], '=')
	switch string(b[:max(eq, 0)]) {
	case "time", "hostname", "product", "action", "loguid":
		return bytes.IndexByte(b[:min(len(b), 200)], '|') > 0
	}
	return false
}

// checkpointForms reads Check Point's lines with what may stand in front of them.
func checkpointForms(b []byte, rec *Record) bool {
	switch {
	case b[0] == ';', b[0] == '@', scan.Has(b, "[cpu_"), scan.Has(b, "[vs_"), scan.Has(b, "[fw"):
		return checkpointDrop(b, rec)
	case scan.Has(b, "1 "):
		return checkpointBroken(b, rec)
	case scan.Has(b, "Checkpoint: "):
		b = scan.TrimLeft(b[len("Checkpoint: "):])
	}
	return checkpoint(b, rec)
}

// checkpointDrop reads what "fw ctl zdebug drop" prints of a packet, behind the processor, the system and the instance:
//
//	;[cpu_3];[fw4_0];fw_log_drop_ex: Packet proto=6 192.0.2.1:36700 -> 198.51.100.9:80 dropped by NAME Reason: TEXT;
func checkpointDrop(b []byte, rec *Record) bool {
	proto, rest := scan.Word(scan.After(b[:min(len(b), 400)], "Packet proto="))
	from, rest := scan.Word(rest)
	arrow, rest := scan.Word(rest)
	to, rest := scan.Word(rest)
	rec.Src, rec.SPort = scan.HostPort(from, ':')
	rec.Dst, rec.DPort = scan.HostPort(to, ':')
	if string(arrow) != "->" || !rec.Src.IsValid() || !rec.Dst.IsValid() ||
		!scan.Has(scan.TrimLeft(rest), "dropped by ") {
		return false
	}
	rec.verdict(false)
	rec.Dialect, rec.Proto = "checkpoint", protocol(proto)
	rec.detail = scan.TrimRight(scan.TrimLeft(scan.After(rest, "Reason: ")), "; ")
	return true
}

// checkpointBroken reads structured data whose header breaks the grammar of RFC 5424.
func checkpointBroken(b []byte, rec *Record) bool {
	h, ok := readLooseHeader(b)
	if !ok || !scan.EqualLower(h.app, "checkpoint") && !scan.EqualLower(h.app, "cp-gw") &&
		!scan.Within(b, "[Fields@1.3.6.1.4.1.2620") {
		return false
	}
	i := bytes.IndexByte(b, '[')
	if i <= 0 || !checkpoint(b[i:], rec) {
		return false
	}
	h.fill(rec)
	return true
}
