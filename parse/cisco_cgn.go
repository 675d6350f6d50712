package parse

import "bytes"

// cgnEvent reads the CGN records of IOS-XR and of others who took over their words: "… NAT44 - [UserbasedA - 10.1.32.45
// inside - 100.1.1.28 - 12544 12671 - -]". The fields are event, protocol, source, VRF, IPv6 source, translated source,
// source port, first and last translated port, destination and its port; "-" stands for none.
func (p *Parser) cgnEvent(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte("NAT4"))
	if i < 0 {
		if i = bytes.Index(b, []byte("DSLite")); i < 0 {
			return false
		}
	}
	b = b[i:]
	open := bytes.IndexByte(b, '[')
	if open < 0 {
		return false
	}
	event, r := word(b[open+1:])
	huawei := len(event) > 0 && (isDigit(event[0]) || event[0] == '-')
	if huawei { // NAT444:SessionbasedA [17 source - destination port port -]
		event, r = lastWord(trimBody(b[:open])), b[open+1:]
	}
	r = until(r, "]")
	var f [10][]byte
	for i := range f {
		f[i], r = word(r)
	}
	switch {
	case bytes.Contains(event, []byte("runout")):
		rec.Src = addr(f[1])
		rec.full("nat-exhausted", p.name(event))
	case huawei:
		rec.Proto, rec.Src, rec.SPort = protocol(f[0]), addr(f[1]), port(f[4])
		rec.Dst, rec.DPort = addr(f[3]), port(f[5])
		if bytes.Contains(event, []byte("ser")) && !bytes.Contains(event, []byte("ession")) {
			rec.Dst, rec.DPort, rec.SPort = rec.NATSrc, 0, 0
			rec.NATSrc, rec.PortLow, rec.PortHigh = addr(f[3]), port(f[5]), port(f[6])
		}
	default:
		rec.Proto, rec.Src = protocol(f[0]), addr(f[1])
		if !rec.Src.IsValid() {
			rec.Src = addr(f[3])
		}
		rec.NATSrc, rec.SPort = addr(f[4]), port(f[5])
		rec.PortLow, rec.PortHigh = port(f[6]), port(f[7])
		rec.Dst, rec.DPort = addr(f[8]), port(f[9])
	}
	rec.Dialect = "cisco-cgn"
	if rec.Kind == TableFull {
		return true
	}
	given := bytes.Contains(event, []byte("basedA"))
	if bytes.Contains(event, []byte("serbased")) {
		rec.block(given)
		return rec.Src.IsValid() && rec.NATSrc.IsValid()
	}
	rec.NATSPort, rec.PortLow, rec.PortHigh = rec.PortLow, 0, 0
	rec.translation(given)
	return rec.Src.IsValid() && bytes.Contains(event, []byte("essionbased"))
}
