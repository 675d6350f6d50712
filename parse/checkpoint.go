package parse

import "bytes"

// checkpoint reads the log exporter's lines of Check Point, whose fields are written in three ways:
//
//	[action:"Accept"; ifdir:"inbound"; …; dst:"10.0.0.1"; proto:"6"; service:"443"; src:"10.0.0.2"; s_port:"49986"]
//	time=1543270652|hostname=gw|product=VPN-1 & FireWall-1|action=Accept|…|src=…|s_port=…
//	3Sep2007 15:10:28 accept 192.168.99.1 >eth2 rule: 9; …; src: 200.14.120.9; dst: …; proto: udp; service: 53;
//
// and the older [Fields@1.3.6.1.4.1.2620 src="…" …] and Action="accept" UUid="…" rule="4" src="…" …. CEF and LEEF are read in cef.go.
func (p *Parser) checkpoint(b []byte, rec *Record) bool {
	f := checkFields{}
	switch {
	case len(b) == 0:
		return false
	case b[0] == 'A', b[0] == '[' && bytes.HasPrefix(b, []byte("[Fields@")):
		w := pairWalk{rest: b, sep: ' '}
		for key, val, ok := w.next(); ok; key, val, ok = w.next() {
			f.set(key, val, rec)
		}
	case b[0] == '[':
		f.colons(b[1:], rec)
	case isDigit(b[0]) && !f.head(b, rec):
		return false
	case !isDigit(b[0]):
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
	if len(rec.Host) == 0 {
		rec.Host = f.host
	}
	tidyNAT(&rec.Event)
	if len(f.reason) > 0 {
		rec.Detail = p.name(f.reason)
	} else {
		rec.Detail = p.name(rec.Rule)
	}
	if s, ok := epochStamp(f.time); ok && rec.Stamp == (Stamp{}) {
		rec.Stamp = s
	}
	if containsLower(f.reason, "nat") && (containsLower(f.reason, "port") || containsLower(f.reason, "pool")) && (containsLower(f.reason, "exhaust") || containsLower(f.reason, "fail")) {
		rec.Kind, rec.Word = TableFull, "nat-exhausted"
	}
	ownStamp(rec, &f.stamp)
	return true
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
		rec.Src = addr(val)
	case "dst":
		rec.Dst = addr(val)
	case "proto":
		rec.Proto = protocol(val)
	case "s_port", "sport_svc":
		rec.SPort = port(val)
	case "service", "svc":
		rec.DPort = port(val)
	case "xlatesrc":
		rec.NATSrc = addr(val)
		f.fields = true
	case "xlatesport", "xlatesport_svc":
		rec.NATSPort = port(val)
	case "xlatedst":
		rec.NATDst = addr(val)
	case "xlatedport", "xlatedport_svc":
		rec.NATDPort = port(val)
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
		rec.Bytes, _ = number(val)
	case "packets":
		if rec.Packets = number32(val); rec.Packets == 0 {
			f.list = val
		}
	case "packet_amount":
		rec.Count = number32(val)
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
	in := until(after(f.list, "<"), ">;")
	if csvColumns(in, c[:]) < 5 {
		return
	}
	rec.Src, rec.SPort, rec.Dst, rec.DPort, rec.Proto = addr(c[0]), port(c[1]), addr(c[2]), port(c[3]), protocol(c[4])
}

// colons reads `key:"value"; ` and `key: value; `.
func (f *checkFields) colons(b []byte, rec *Record) {
	for {
		b = trimLeft(b)
		i := bytes.IndexByte(b, ':')
		if i < 0 {
			return
		}
		key := b[:i]
		if b = trimLeft(b[i+1:]); len(b) == 0 {
			return
		}
		var val []byte
		if b[0] == '"' {
			val, b = quotedValue(b)
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
	w, rest := word(b)
	clock, rest := word(rest)
	if !f.stamp.dayMonthYear(w) {
		return false
	}
	if _, ok := f.stamp.clock(clock); !ok {
		return false
	}
	f.action, rest = word(rest)
	_, rest = word(rest)
	if w, r := word(rest); len(w) > 1 && (w[0] == '>' || w[0] == '<') {
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
	d, rest, ok := leading(b)
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
