package parse

import "bytes"

// netscreen reads ScreenOS: "NetScreen device_id=ns204 [Root]system-notification-00257(traffic): start_time="…"
// duration=0 policy_id=2 service=Endpoint Mapper(tcp) proto=6 src zone=Null dst zone=self action=Deny sent=0 rcvd=16384
// src=… dst=… src_port=… dst_port=… src-xlated ip=… port=… dst-xlated ip=… port=… reason=Close - TCP FIN". Keys and values may hold blanks, so
// each key is looked for behind the one before it.
func (p *Parser) netscreen(b []byte, rec *Record) bool {
	rec.Dialect = "netscreen"
	r := after(b, "action=")
	i := bytes.Index(r, []byte(" src="))
	if i < 0 {
		return p.netscreenOther(b, rec)
	}
	head := b[:len(b)-len(r)]
	proto, _ := word(after(head, " proto="))
	rec.Proto = protocol(proto)
	policy, _ := word(after(head, "policy_id="))
	action, _ := word(r)
	sent, _ := word(after(r[:i], "sent="))
	got, _ := word(after(r[:i], "rcvd="))
	n1, _ := number(sent)
	n2, _ := number(got)
	rec.Bytes = n1 + n2
	if !netscreenTuple(r[i+1:], rec) {
		return false
	}
	rec.Kind, rec.Word, rec.Action, rec.Detail = SessionDenied, "session", "deny", p.name(policy)
	if lower(action, "permit") || lower(action, "tunnel") {
		reason := after(r, "reason=")
		duration, _ := word(after(head, "duration="))
		rec.Kind, rec.Action = SessionEnd, "allow"
		if bytes.HasPrefix(reason, []byte("Creation")) || reason == nil && rec.Bytes == 0 && string(duration) == "0" {
			rec.Kind = SessionNew
		} else if reason != nil {
			rec.Detail = p.name(reason)
		}
	}
	if !rec.Stamp.HasClock { // start_time="2009-03-18 16:07:06"
		var s Stamp
		if _, ok := s.stampISO(until(after(head, `start_time="`), `"`)); ok {
			rec.Stamp = s
		}
	}
	return true
}

// netscreenTuple reads the addresses from "src=" on.
func netscreenTuple(b []byte, rec *Record) bool {
	translated := 0
	for w, r := word(b); len(w) > 0; w, r = word(r) {
		k := bytes.IndexByte(w, '=')
		if k < 0 {
			switch string(w) {
			case "src-xlated":
				translated = 1
			case "dst-xlated":
				translated = 2
			}
			continue
		}
		v := w[k+1:]
		switch string(w[:k]) {
		case "src":
			rec.Src = addr(v)
		case "dst":
			rec.Dst = addr(v)
		case "src_port":
			rec.SPort = port(v)
		case "dst_port":
			rec.DPort = port(v)
		case "ip":
			if translated == 1 {
				rec.NATSrc = addr(v)
			} else if translated == 2 {
				rec.NATDst = addr(v)
			}
		case "port":
			if translated == 1 {
				rec.NATSPort = port(v)
			} else if translated == 2 {
				rec.NATDPort = port(v)
			}
		case "reason":
			return rec.Src.IsValid() && rec.Dst.IsValid()
		}
	}
	return rec.Src.IsValid() && rec.Dst.IsValid()
}

// netscreenOther reads the messages that are no traffic: limits that are reached, attacks, and the rest.
func (p *Parser) netscreenOther(b []byte, rec *Record) bool {
	text := after(b, ": ")
	if text == nil {
		return false
	}
	from, _ := word(after(text, "From "))
	to, _ := word(after(text, " to "))
	rec.Src, rec.SPort = colonPort(from)
	rec.Dst, rec.DPort = colonPort(to)
	switch {
	case says512(text, "session limit"), says512(text, "session table"), says512(text, "out of session"):
		rec.full("session-limit", p.name(until(text, "!.(")))
	case says512(text, "dip") && exhausted(text):
		rec.full("nat-exhausted", p.name(until(text, "!.(")))
	default:
		rec.plain(Name{})
	}
	return true
}
