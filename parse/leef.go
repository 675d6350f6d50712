package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// leefDialect describes IBM QRadar's Log Event Extended Format, in which several vendors' devices send events to a log
// collector.
func leefDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "leef",
			Devices: "Any device that writes IBM LEEF 1.0 or 2.0",
			Sample:  "LEEF:1.0|Palo Alto Networks|PAN-OS|8.1.6|allow|cat=TRAFFIC\tReceiveTime=2020/01/01 10:00:00\tsrc=10.0.0.1\tdst=192.0.2.7\tsrcPort=5000\tdstPort=443\tproto=tcp\taction=allow\tsrcPostNAT=203.0.113.1\tsrcPostNATPort=6000\tsrcBytes=10\tdstBytes=20",
			Reads: "src, dst, srcPort, dstPort, proto, action, NAT and byte attributes, parted by tabs or by " +
				"the delimiter of version 2",
			Enable: "Choose LEEF (QRadar) as the format of the remote log server.",
			Source: "IBM QRadar LEEF, version 2",
		},
		begins: []string{"LEEF:"},
		read:   leef,
	}
}

// leef reads IBM's Log Event Extended Format 1.0 and 2.0: LEEF:1.0|Vendor|Product|Version|EventID| and the attributes,
// parted by tabs or by the delimiter that 2.0 names.
func leef(b []byte, rec *Record) bool {
	var h [5][]byte // version, vendor, product, device version, event
	rest, ok := pipeFields(b[len("LEEF:"):], h[:])
	if !ok {
		return false
	}
	delimiter := byte('\t')
	if h[0] = bytes.TrimSpace(h[0]); len(h[0]) > 0 && h[0][0] == '2' {
		if i := bytes.IndexByte(rest, '|'); i >= 0 && i <= 4 {
			if d := rest[:i]; len(d) == 1 {
				delimiter = d[0]
			} else if len(d) > 1 && (d[0] == 'x' || d[0] == '0') {
				delimiter = byte(hexPort(bytes.TrimLeft(d, "0x")))
			}
			rest = rest[i+1:]
		}
	}
	if bytes.IndexByte(rest, delimiter) < 0 && bytes.IndexByte(rest, '|') > bytes.IndexByte(rest, '=') {
		delimiter = '|' // PAN-OS' template for LEEF 1.0 has it, although the format says tab
	}
	var f extFields
	if bytes.IndexByte(rest, delimiter) < 0 {
		rest = rec.unescape(rest) // rsyslog writes #011 for a tab
	}
	if bytes.IndexByte(rest, delimiter) < 0 { // a relay has turned the tabs into blanks, or there is one attribute
		w := extWalk{rest: rest}
		for key, val, ok := w.next(); ok; key, val, ok = w.next() {
			f.set(key, val, rec)
		}
	} else {
		for len(rest) > 0 {
			end := bytes.IndexByte(rest, delimiter)
			if end < 0 {
				end = len(rest)
			}
			if i := bytes.IndexByte(rest[:end], '='); i > 0 {
				f.set(scan.TrimLeft(rest[:i]), rest[i+1:end], rec)
			}
			rest = rest[min(len(rest), end+1):]
		}
	}
	rec.Dialect, rec.Word = "leef", "session"
	f.outcome(h[1], h[4], h[4], rec)
	extFinish(&f, h[4], rec)
	return true
}
