package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// junosServicesDialect describes what the service cards of Juniper's MX routers send to syslog for stateful firewall
// and NAT sessions.
func junosServicesDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "junos-services",
			Devices: "Juniper MX with MS-DPC, MS-MIC or MS-MPC",
			Sample:  "Nov 10 01:07:27 testname1 (FPC Slot 8, PIC Slot 2) 2012-11-10 01:07:27 NAT444{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: proto 17 (UDP) application: any, ge-1/0/0.120:192.168.0.130:17700 -> 66.129.224.36:55261, deleting  forward or watch flow ; source address and port translate to 192.168.0.230:19700",
			Reads: "Flows and sessions with translated addresses, matched and discarding rules, port blocks, " +
				"pools out of ports or addresses.",
			Enable: "set services service-set S syslog host 192.0.2.5 services info; class session-logs, " +
				"nat-logs, stateful-firewall-logs.",
			Source: "Junos OS System Log Messages (ASP, JSERVICES)",
		},
		known:   "a message name of Junos (RT_…, APPTRACK_…, ASP_…, JSERVICES_…)",
		console: OtherConsole,
		tags:    []string{"JSERVICES*", "ASP_*"},
		looks:   looksServices,
		read:    servicesMessage,
	}
}

// junosServicesAt finds the name of a message of the MX service cards: "…{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: …",
// "JSERVICES_SESSION_OPEN: …". It is -1 where there is none.
func junosServicesAt(b []byte) int {
	head := b[:min(len(b), 200)]
	if i := bytes.Index(head, []byte("JSERVICES")); i >= 0 {
		return i
	}
	i := bytes.Index(head, []byte("ASP_"))
	if i == 0 || i > 0 && head[i-1] == ' ' {
		return i
	}
	return -1
}

// isServicesTag reports whether w is the name of a message of the service cards.
func isServicesTag(w []byte) bool {
	return len(w) > 8 &&
		(w[0] == 'J' && bytes.HasPrefix(w, []byte("JSERVICES")) || w[0] == 'A' && bytes.HasPrefix(w, []byte("ASP_")))
}

// junosServices reads flows, rule matches, port blocks and exhausted pools of the service cards (Junos System Log
// Messages: ASP_NAT_*, ASP_SFW_*, JSERVICES_*). b begins with the message's name.
func junosServices(b []byte, rec *Record) bool {
	name, text := scan.Word(b)
	name = bytes.TrimSuffix(name, []byte(":"))
	has := func(s string) bool { return bytes.Contains(name, []byte(s)) }
	switch {
	case has("SESSION_"), has("_FLOW"), has("_RULE_"):
		if !servicesFlow(text, rec) {
			return false
		}
		servicesVerdict(has, rec)
	case has("PORT_BLOCK"):
		if !servicesBlock(text, rec) {
			return false
		}
		rec.block(!has("RELEASE"))
	case has("OUTOF"), has("OUT_OF"), has("EXHAUST"):
		rec.full("nat-exhausted", poolName(text, name))
	default:
		rec.plain(name)
	}
	rec.Dialect = "junos-services"
	rec.Proto = icmpOf(rec.Proto, rec.Src)
	return true
}

// servicesVerdict goes by the message's name. A matched NAT rule is all that is logged of a flow where sessions are
// not.
func servicesVerdict(has func(string) bool, rec *Record) {
	rec.Word = "session"
	switch {
	case has("DISCARD"), has("REJECT"), has("DENY"):
		rec.Kind, rec.Action = SessionDenied, "deny"
	case has("CLOSE"), has("DELETE"):
		rec.Kind, rec.Action = SessionEnd, "session-delete"
	case has("NAT_RULE"):
		rec.translation(true)
	case has("RULE_ACCEPT"):
		rec.verdict(true)
	default:
		rec.Kind, rec.Action = SessionNew, "session-create"
	}
}

// servicesBlock reads "10.0.0.1 -> 33.33.33.1:1216-1279 0x525da76b".
func servicesBlock(b []byte, rec *Record) bool {
	w, r := scan.Word(b)
	rec.Src = scan.Addr(w)
	w, r = scan.Word(r)
	if string(w) != "->" {
		return false
	}
	w, _ = scan.Word(r)
	i := bytes.LastIndexByte(w, ':')
	if i < 0 {
		return false
	}
	rec.NATSrc = scan.Addr(w[:i])
	rec.PortLow, rec.PortHigh, _ = scan.PortRange(w[i+1:])
	return rec.Src.IsValid() && rec.NATSrc.IsValid()
}

// servicesFlow reads "proto 17 (UDP) application: any, ge-1/0/0.120:10.0.0.1:17000 -> 66.1.2.3:55261, deleting forward
// or watch flow ; source address and port translate to 192.0.2.7:19000" and "application:none, ae0.0 10.1.1.2:1024
// [192.0.2.1:1024] -> [198.51.100.2] 85.1.1.2:2020 (UDP)", in which brackets hold the translated address.
func servicesFlow(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte("->"))
	if i < 0 {
		return false
	}
	left, right := scan.TrimBody(b[:i]), scan.TrimLeft(b[i+2:])
	if w, _ := scan.Word(scan.After(left, "proto ")); len(w) > 0 {
		rec.Proto = protocol(w)
	}
	if n := len(left); n > 0 && left[n-1] == ']' {
		if j := bytes.LastIndexByte(left, '['); j >= 0 {
			rec.NATSrc, rec.NATSPort = scan.ColonPort(left[j+1 : n-1])
			left = scan.TrimBody(left[:j])
		}
	}
	w := scan.LastWord(left)
	rec.Src, rec.SPort = scan.ColonPort(w)
	if !rec.Src.IsValid() { // interface:address:port
		if j := bytes.IndexByte(w, ':'); j >= 0 {
			rec.Src, rec.SPort = scan.ColonPort(w[j+1:])
			rec.InIf = w[:j]
		}
	} else if intf := scan.LastWord(scan.TrimBody(left[:len(left)-len(w)])); bytes.IndexByte(intf, '/') > 0 {
		rec.InIf = intf
	}
	right = rec.bracketed(right)
	w, right = scan.Word(right)
	rec.Dst, rec.DPort = scan.ColonPort(w)
	right = rec.bracketed(scan.TrimLeft(right))
	if rec.Proto == 0 && len(right) > 1 && right[0] == '(' {
		rec.Proto = protocol(scan.Until(right[1:], " )"))
	}
	if t := scan.After(right, "port translate to "); t != nil {
		w, _ = scan.Word(t)
		rec.NATSrc, rec.NATSPort = scan.ColonPort(w)
	}
	rule, _ := scan.Word(scan.After(right, "rule: "))
	rec.detail = bytes.TrimRight(rule, ",")
	return rec.Src.IsValid() && rec.Dst.IsValid()
}

// bracketed takes a translated destination in brackets off the front.
func (rec *Record) bracketed(b []byte) []byte {
	if len(b) < 2 || b[0] != '[' {
		return b
	}
	in := scan.Until(b[1:], "]")
	rec.NATDst, rec.NATDPort = scan.ColonPort(in)
	return scan.TrimLeft(b[min(len(b), len(in)+2):])
}

// looksServices reports whether b may hold a message of the service cards behind braces or at its front.
func looksServices(b []byte, _ *Record) bool {
	return b[0] == 'J' || b[0] == 'A' || bytes.IndexByte(b[:min(len(b), 256)], '{') >= 0
}

// servicesMessage reads a message of the service cards, whose name may have been taken for a tag.
func servicesMessage(b []byte, rec *Record) bool {
	if rec.tagged != nil && isServicesTag(rec.App) {
		whole := scan.TrimBody(rec.tagged)
		if !junosServices(whole, rec) {
			return false
		}
		rec.App, rec.Body = nil, whole
		return true
	}
	i := junosServicesAt(b)
	return i >= 0 && junosServices(b[i:], rec)
}
