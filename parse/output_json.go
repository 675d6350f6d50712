package parse

import (
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"

	"uncloak/parse/scan"
)

// AppendJSON appends rec as one JSON object without a newline, in the finer words of `uncloak parse`: kind is
// rec.Word or "unknown", stamp the wall clock as written, time RFC 3339 where the line gives year and zone, uptime
// seconds since boot. Keys that the line says nothing about are left out. Text in EUC-JP, Shift_JIS or
// Latin-1 is decoded where it is recognised, other bytes that are no UTF-8 become U+FFFD: the output is always valid.
func AppendJSON(dst []byte, rec *Record) []byte {
	w := jsonWriter{append(dst, '{')}
	kind := rec.Word
	if kind == "" {
		kind = Unknown.String()
	}
	w.text("kind", kind)
	w.text("event", rec.Kind.String())
	w.text("dialect", rec.Dialect)
	w.text("action", rec.Action)
	w.stamp(&rec.Stamp)
	w.bytes("host", rec.Host)
	w.tuples(rec)
	w.counts(rec)
	w.interfaces(rec)
	w.bytes("rule", rec.Rule)
	w.bytes("qname", rec.QName)
	w.bytes("qtype", rec.QType)
	w.flag("assured", rec.Assured)
	w.flag("unreplied", rec.Unreplied)
	if rec.Pri >= 0 {
		w.number("pri", uint64(rec.Pri))
	}
	w.bytes("app", rec.App)
	w.bytes("procid", rec.PID)
	if rec.Kind == Unknown || rec.Word == "syslog" || rec.Detail == Chatter {
		w.bytes("msg", rec.Body)
	}
	w.tool(rec)
	w.port("port_low", rec.PortLow)
	w.port("port_high", rec.PortHigh)
	w.flag("unordered", rec.Unordered)
	w.bytes("relay", rec.Relay)
	if rec.RelayStamp.HasClock {
		w.key("relay_stamp")
		w.b = append(rec.RelayStamp.appendWall(append(w.b, '"')), '"')
	}
	return append(w.b, '}')
}

// jsonWriter appends members to an object; each method leaves out what is empty.
type jsonWriter struct{ b []byte }

func (w *jsonWriter) key(k string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), k...), '"', ':')
}

func (w *jsonWriter) text(k, v string) {
	if v != "" {
		w.key(k)
		if !utf8.ValidString(v) {
			w.b = appendQuoted(w.b, scan.Readable([]byte(v)))
			return
		}
		w.b = appendQuoted(w.b, v)
	}
}

func (w *jsonWriter) bytes(k string, v []byte) {
	if len(v) > 0 {
		w.key(k)
		w.b = appendQuoted(w.b, scan.Readable(v))
	}
}

func (w *jsonWriter) number(k string, v uint64) {
	w.key(k)
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *jsonWriter) flag(k string, v bool) {
	if v {
		w.key(k)
		w.b = append(w.b, "true"...)
	}
}

func (w *jsonWriter) addr(k string, a netip.Addr) {
	if a.IsValid() {
		w.key(k)
		w.b = append(a.AppendTo(append(w.b, '"')), '"')
	}
}

func (w *jsonWriter) port(k string, p uint16) {
	if p != 0 {
		w.number(k, uint64(p))
	}
}

// tuples writes addresses, ports, protocol, flags and state. A kernel message about a local port has the key port.
func (w *jsonWriter) tuples(rec *Record) {
	if rec.swapped { // as the line has it
		line := *rec
		line.swapped = false
		line.Src, line.SPort, line.Dst, line.DPort = rec.Dst, rec.DPort, rec.Src, rec.SPort
		line.NATSrc, line.NATSPort, line.NATDst, line.NATDPort = rec.NATDst, rec.NATDPort, rec.NATSrc, rec.NATSPort
		rec = &line
	}
	w.zoned("src", rec.Src, rec.Zone)
	w.port("sport", rec.SPort)
	w.addr("dst", rec.Dst)
	// the kernel's; a firewall's flood has a destination
	if rec.Word == "tcp-window-shrunk" || rec.Word == "syn-flood" {
		w.port("port", rec.DPort)
	} else {
		w.port("dport", rec.DPort)
	}
	if rec.ZeroPort && rec.DPort == 0 {
		w.number("dport", 0)
	}
	w.addr("nat_src", rec.NATSrc)
	w.port("nat_sport", rec.NATSPort)
	w.addr("nat_dst", rec.NATDst)
	w.port("nat_dport", rec.NATDPort)
	if rec.Proto != 0 {
		w.text("proto", protocolName(rec.Proto))
	}
	w.text("flags", flagNames(rec.Flags))
	switch rec.State {
	case NoState, Unreplied, Replied, LinkUp, LinkDown: // the kind says it
	default:
		w.text("state", rec.State.String())
	}
}

// interfaces writes the line's interfaces in the order of its addresses.
func (w *jsonWriter) interfaces(rec *Record) {
	in, out := rec.InIf, rec.OutIf
	if rec.swapped {
		in, out = out, in
	}
	w.bytes("in_if", in)
	w.bytes("out_if", out)
}

// counts writes what Count and Detail mean for the record's kind.
func (w *jsonWriter) counts(rec *Record) {
	if rec.Bytes != 0 {
		w.number("bytes", rec.Bytes)
	}
	if rec.Packets != 0 {
		w.number("packets", uint64(rec.Packets))
	}
	switch rec.Word {
	case "oom-kill", "oom-constraint", "oom-reaped", "oom-invoked":
		if rec.Count != 0 {
			w.number("pid", uint64(rec.Count))
		}
		w.text("proc", rec.Detail.String())
		w.text("group", rec.Aside.String())
		return
	}
	if rec.Kind != OOMKill && rec.Kind != OOMInvoked && rec.Aside.isMAC() {
		w.text("mac", rec.Aside.String())
	}
	if d, ok := rec.Lasted(); ok {
		w.number("lasted_ms", uint64(d.Milliseconds()))
	} else if d, ok := rec.Timeout(); ok {
		w.number("timeout_s", uint64(d.Seconds()))
	} else if rec.Count != 0 && rec.Kind != Latency || rec.Kind == Repeated || rec.Kind == Suppressed {
		w.number("count", uint64(rec.Count))
	}
	if rec.Kind == Alarm {
		w.text("alarm", rec.Aside.String())
	}
	if rec.Rule == nil && rec.QName == nil && rec.Kind != Unknown { // an unknown line's is its app
		w.text("detail", rec.Detail.String())
	}
}

func (w *jsonWriter) stamp(s *Stamp) {
	if s.HasClock {
		w.key("stamp")
		w.b = append(w.b, '"')
		w.b = s.appendWall(w.b)
		w.b = append(w.b, '"')
	}
	if s.HasUnix || s.HasClock && s.Year != 0 && s.HasZone {
		if t, ok := s.Resolve(time.Time{}, time.UTC); ok && t.Year() >= 0 && t.Year() <= 9999 {
			w.key("time")
			if s.HasZone && !s.HasUnix {
				t = t.In(time.FixedZone("", int(s.Offset)))
			}
			w.b = append(t.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
		}
	}
	if s.HasUptime {
		w.key("uptime")
		w.b = appendSeconds(w.b, s.Uptime)
	}
}

// appendWall appends the stamp as the line gives it: YYYY-MM-DDTHH:MM:SS.fff, without what is missing.
func (s *Stamp) appendWall(b []byte) []byte {
	if s.Year != 0 {
		b = append(appendPadded(b, uint64(s.Year), 4), '-')
	}
	if s.Month != 0 {
		b = append(appendPadded(b, uint64(s.Month), 2), '-')
		b = append(appendPadded(b, uint64(s.Day), 2), 'T')
	}
	b = append(appendPadded(b, uint64(s.Hour), 2), ':')
	b = append(appendPadded(b, uint64(s.Minute), 2), ':')
	b = appendPadded(b, uint64(s.Second), 2)
	if s.Nanos != 0 {
		b = appendPadded(append(b, '.'), uint64(s.Nanos), 9)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// appendSeconds appends nanoseconds as seconds with six digits of fraction, the kernel's own precision.
func appendSeconds(b []byte, ns int64) []byte {
	b = strconv.AppendInt(b, ns/1e9, 10)
	return appendPadded(append(b, '.'), uint64(ns%1e9/1e3), 6)
}

func appendPadded(b []byte, n uint64, digits int) []byte {
	for limit := uint64(10); digits > 1; digits-- {
		if n < limit {
			for range digits - 1 {
				b = append(b, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendUint(b, n, 10)
}

// appendQuoted appends s as a JSON string.
func appendQuoted[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ' && c < 0x7f:
			b = append(b, c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			r, n := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return append(b, '"')
}

// protocolName is the name that JSON and reports use, or the number.
func protocolName(n uint8) string {
	switch n {
	case ICMP:
		return "icmp"
	case 2:
		return "igmp"
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case 47:
		return "gre"
	case 50:
		return "esp"
	case 51:
		return "ah"
	case ICMPv6:
		return "icmpv6"
	case 132:
		return "sctp"
	}
	return strconv.Itoa(int(n))
}

// flagNames lists TCP flags by name, sorted.
func flagNames(f uint8) string {
	names := [...]struct {
		bit  uint8
		name string
	}{{ACK, "ACK"}, {CWR, "CWR"}, {ECE, "ECE"}, {FIN, "FIN"}, {PSH, "PSH"}, {RST, "RST"}, {SYN, "SYN"}, {URG, "URG"}}
	s := ""
	for _, n := range names {
		if f&n.bit != 0 {
			if s != "" {
				s += " "
			}
			s += n.name
		}
	}
	return s
}
