package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// conntrackXMLDialect describes entries of Linux's connection tracking as `conntrack -o xml` prints them.
func conntrackXMLDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "conntrack-xml",
			Devices: "conntrack-tools, ulogd (XML)",
			Sample:  `<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>51518</sport><dport>53</dport></layer4></meta><meta direction="reply">…</meta></flow>`,
			Reads: "What conntrack says: both tuples and NAT, state, assured, unreplied, counters, the stamp of " +
				"-o timestamp.",
			Enable: "conntrack -E -o xml,timestamp, one flow a line.",
			Source: "conntrack(8); libnetfilter_conntrack",
		},
		known:  "a <flow> element with two tuples",
		tags:   []string{"conntrack", "ulogd"},
		begins: []string{"<"},
		kind:   file,
		read:   conntrackXML,
	}
}

// conntrackXML reads one <flow> of `conntrack -E -o xml`, `conntrack -L -o xml` and ulogd's XML output, a flow a line:
//
//	<flow type="new"><meta direction="original"><layer3 …><src>…</src><dst>…</dst></layer3><layer4 …>…
//
// with the stamp of -o timestamp in <when> if there is one. A flow without a type is a row of the table at one
// moment and Entry, as for conntrack; but ulogd's flows have a <when> and no timeout, and have ended. Elements that are
// not listed here are skipped.
func conntrackXML(b []byte, rec *Record) bool {
	if scan.Has(b, "<?xml ") || scan.Has(b, "<conntrack>") || scan.Has(b, "</conntrack>") {
		rec.Dialect = "conntrack-xml"
		return mark(rec, System, "other")
	}
	if !scan.Has(b, "<flow") {
		return false
	}
	flow := xmlFlow{cur: -1, kind: Entry}
	stamp := rec.Stamp
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 || i+1 == len(b) {
			break
		}
		if b = b[i+1:]; b[0] == '/' {
			continue
		}
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			break // cut short: what is there counts
		}
		name, attr := scan.CutByte(b[:end], ' ')
		b = b[end+1:]
		value, _ := scan.CutByte(b, '<')
		flow.element(name, attr, value, rec)
	}
	t, when := &flow.t, &flow.when
	if !t[0].src.IsValid() || !t[0].dst.IsValid() {
		return false
	}
	if when.HasClock && !stamp.HasClock && !stamp.HasUnix {
		rec.Stamp = *when
	}
	if flow.kind == Entry && when.HasClock && !flow.waits { // ulogd writes a flow when it has ended, without its kind
		flow.kind, flow.action = SessionEnd, "session-delete"
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "conntrack-xml", "conntrack", flow.kind, flow.action
	fillTuples(t, &rec.Event)
	rec.State = sessionState(rec, t[1].src.IsValid())
	return true
}

// xmlFlow holds what a <flow> says of its session.
type xmlFlow struct {
	t      [2]tuple
	cur    int // which of t the elements speak of, -1: of neither
	kind   Kind
	action string
	waits  bool // it has a timeout
	when   Stamp
}

// element takes one element.
func (f *xmlFlow) element(name, attr, value []byte, rec *Record) {
	switch string(name) {
	case "flow":
		f.kind, f.action = xmlKind(attr)
	case "meta":
		f.cur = xmlTuple(attr)
	case "layer4":
		if n := octet(quoted(attr, `protonum="`)); n >= 0 {
			rec.Proto = uint8(n)
		}
	case "src", "dst", "sport", "dport", "packets", "bytes":
		if f.cur >= 0 {
			f.t[f.cur].set(name, value)
		}
	case "timeout":
		f.waits = true
	case "state":
		rec.State = stateOf(value)
	case "deltatime":
		rec.lastedSeconds(value)
	case "assured/":
		rec.Assured = true
	case "unreplied/":
		rec.Unreplied = true
	case "year", "month", "day", "hour", "min", "sec":
		f.when.element(name, value)
	}
}

// xmlTuple tells which of a flow's two tuples follows an element with these attributes: 0 for the original direction, 1
// for the reply, -1 for neither.
func xmlTuple(attr []byte) int {
	switch {
	case scan.Within(attr, "original"):
		return 0
	case scan.Within(attr, "reply"):
		return 1
	}
	return -1
}

// xmlKind reads type="new".
func xmlKind(attr []byte) (Kind, string) {
	switch string(quoted(attr, `type="`)) {
	case "new":
		return SessionNew, "session-create"
	case "update":
		return SessionUpdate, "session-update"
	case "destroy":
		return SessionEnd, "session-delete"
	}
	return Entry, ""
}

// quoted is the value of an attribute; key ends in its opening quote.
func quoted(attr []byte, key string) []byte {
	v, _ := scan.CutByte(scan.After(attr, key), '"')
	return v
}

// element sets one part of the stamp from <when>, whose months count from 1; what is out of range sets nothing.
func (s *Stamp) element(name, value []byte) {
	n, ok := scan.Number(value)
	if !ok {
		return
	}
	switch string(name) {
	case "year":
		if n >= 1970 && n < 2200 {
			s.Year = int16(n)
		}
	case "month":
		if n >= 1 && n <= 12 {
			s.Month = uint8(n)
		}
	case "day":
		if n >= 1 && n <= 31 {
			s.Day = uint8(n)
		}
	case "hour":
		if n < 24 {
			s.Hour, s.HasClock = uint8(n), true
		}
	case "min":
		if n < 60 {
			s.Minute = uint8(n)
		}
	case "sec":
		if n <= 60 {
			s.Second = uint8(n)
		}
	}
}
