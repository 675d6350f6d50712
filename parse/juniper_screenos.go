package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// netscreenDialect describes the syslog messages of Juniper's older NetScreen and SSG firewalls (ScreenOS).
func netscreenDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "netscreen",
			Devices: "Juniper NetScreen, SSG, ISG (ScreenOS)",
			Sample:  `Jun  2 14:53:31 sample-host isg1000-A2: NetScreen device_id=0000011001000011 [Root]system-notification-00257(traffic): start_time="2015-11-11 10:02:10" duration=0 policy_id=244 service=https proto=6 src zone=Untrust dst zone=Trust action=Permit sent=0 rcvd=0 src=74.168.138.252 dst=72.72.72.72 src_port=1732 dst_port=443 src-xlated ip=1.255.20.1 port=22041 dst-xlated ip=1.244.136.50 port=443 session_id=488451 reason=Creation`,
			Reads:   "Traffic of a policy with translated addresses, bytes, policy or reason; session limits.",
			Enable: "set policy id 244 log session-init; set syslog config 192.0.2.5; set syslog config " +
				"192.0.2.5 log traffic; set syslog enable.",
			Source: "ScreenOS Message Log Reference Guide (notification 00257)",
		},
		known:   "NetScreen device_id=",
		console: OtherConsole,
		looks:   looksNetscreen,
		read:    netscreen,
	}
}

// netscreen reads ScreenOS: "NetScreen device_id=ns204 [Root]system-notification-00257(traffic): start_time="…"
// duration=0 policy_id=2 service=Endpoint Mapper(tcp) proto=6 src zone=Null dst zone=self action=Deny sent=0 rcvd=16384
// src=… dst=… src_port=… dst_port=… src-xlated ip=… port=… dst-xlated ip=… port=… reason=Close - TCP FIN". Keys and
// values may hold blanks, so each key is looked for behind the one before it.
func netscreen(b []byte, rec *Record) bool {
	rec.Dialect = "netscreen"
	r := scan.After(b, "action=")
	i := bytes.Index(r, []byte(" src="))
	if i < 0 {
		return netscreenOther(b, rec)
	}
	head := b[:len(b)-len(r)]
	proto, _ := scan.Word(scan.After(head, " proto="))
	rec.Proto = protocol(proto)
	policy, _ := scan.Word(scan.After(head, "policy_id="))
	action, _ := scan.Word(r)
	sent, _ := scan.Word(scan.After(r[:i], "sent="))
	got, _ := scan.Word(scan.After(r[:i], "rcvd="))
	n1, _ := scan.Number(sent)
	n2, _ := scan.Number(got)
	rec.Bytes = n1 + n2
	if !netscreenTuple(r[i+1:], rec) {
		return false
	}
	rec.Kind, rec.Word, rec.Action, rec.detail = SessionDenied, "session", "deny", policy
	if scan.EqualLower(action, "permit") || scan.EqualLower(action, "tunnel") {
		reason := scan.After(r, "reason=")
		duration, _ := scan.Word(scan.After(head, "duration="))
		rec.Kind, rec.Action = SessionEnd, "allow"
		rec.lastedSeconds(duration)
		if bytes.HasPrefix(reason, []byte("Creation")) || reason == nil && rec.Bytes == 0 && string(duration) == "0" {
			rec.Kind = SessionNew
		} else if reason != nil {
			rec.detail = reason
		}
	}
	if !rec.Stamp.HasClock { // start_time="2009-03-18 16:07:06"
		var s Stamp
		if _, ok := s.stampISO(scan.Until(scan.After(head, `start_time="`), `"`)); ok {
			rec.Stamp = s
		}
	}
	return true
}

// netscreenTuple reads the addresses from "src=" on.
func netscreenTuple(b []byte, rec *Record) bool {
	translated := 0
	for w, r := scan.Word(b); len(w) > 0; w, r = scan.Word(r) {
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
			rec.Src = scan.Addr(v)
		case "dst":
			rec.Dst = scan.Addr(v)
		case "src_port":
			rec.SPort = scan.Port(v)
		case "dst_port":
			rec.DPort = scan.Port(v)
		case "ip":
			if translated == 1 {
				rec.NATSrc = scan.Addr(v)
			} else if translated == 2 {
				rec.NATDst = scan.Addr(v)
			}
		case "port":
			if translated == 1 {
				rec.NATSPort = scan.Port(v)
			} else if translated == 2 {
				rec.NATDPort = scan.Port(v)
			}
		case "reason":
			return rec.Src.IsValid() && rec.Dst.IsValid()
		}
	}
	return rec.Src.IsValid() && rec.Dst.IsValid()
}

// netscreenOther reads the messages that are no traffic: limits that are reached, attacks, and the rest.
func netscreenOther(b []byte, rec *Record) bool {
	text := scan.After(b, ": ")
	if text == nil {
		return false
	}
	from, _ := scan.Word(scan.After(text, "From "))
	to, _ := scan.Word(scan.After(text, " to "))
	rec.Src, rec.SPort = scan.ColonPort(from)
	rec.Dst, rec.DPort = scan.ColonPort(scan.TrimRight(to, ","))
	switch {
	case scan.ContainsLower512(text, "session limit"), scan.ContainsLower512(text, "session table"),
		scan.ContainsLower512(text, "out of session"):
		rec.full("session-limit", scan.Until(text, "!.("))
	case scan.ContainsLower512(text, "dip") && exhausted(text):
		rec.full("nat-exhausted", scan.Until(text, "!.("))
	case scan.Within(text, "! From "):
		netscreenAttack(text, rec)
	default:
		rec.plain(nil)
	}
	return true
}

// netscreenAttack reads an attack that a screen reports: "SYN flood! From 198.51.100.7:3204 to 192.0.2.10:80, proto TCP
// (zone Untrust, int ethernet3). Occurred 1 times." It does not say whether the packet was dropped.
func netscreenAttack(text []byte, rec *Record) {
	proto, rest := scan.Word(scan.After(text, ", proto "))
	rec.Proto = protocol(proto)
	rec.InIf = scan.Until(scan.TrimLeft(scan.After(rest, "int ")), ")")
	rec.Kind, rec.Word, rec.detail = System, "fw-packet", scan.Until(text, "!")
}

// looksNetscreen reports whether b begins like a line of ScreenOS, perhaps behind the device's name. ScreenOS writes no
// header that could break the grammar of RFC 5424.
func looksNetscreen(b []byte, rec *Record) bool {
	return rec.Word != "malformed" && scan.Within(b[:min(len(b), 64)], "NetScreen device_id=")
}
