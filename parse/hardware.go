package parse

import "uncloak/parse/scan"

// macLen is the length of a MAC address in text.
const macLen = len("aa:bb:cc:dd:ee:ff")

// hardware sets Aside to the MAC address of Src, as aa:bb:cc:dd:ee:ff; it reports false for any other text. Colons,
// hyphens (Windows) and capitals are read.
func (rec *Record) hardware(b []byte) bool {
	if len(b) != macLen || b[2] != ':' && b[2] != '-' {
		return false
	}
	text := [macLen]byte(b)
	m := &rec.mem.macs[(text[15]*31+text[16]*7+text[13]+text[12]*3)%64]
	if m.text != text {
		mac, ok := tidyMAC(text)
		if !ok {
			return false
		}
		*m = macName{text, rec.mem.name(mac[:])}
	}
	rec.Aside = m.name
	return true
}

// hardwareHex does so for the 12 hexadecimal digits of a MAC address without anything between them.
func (rec *Record) hardwareHex(b []byte) bool {
	if len(b) != 12 {
		return false
	}
	text := [macLen]byte{b[0], b[1], ':', b[2], b[3], ':', b[4], b[5], ':',
		b[6], b[7], ':', b[8], b[9], ':', b[10], b[11]}
	return rec.hardware(text[:])
}

// tidyMAC writes a MAC address with colons and small letters; ok is false for any other text.
func tidyMAC(mac [macLen]byte) (tidy [macLen]byte, ok bool) {
	for i, c := range mac {
		switch {
		case i%3 == 2 && (c == ':' || c == '-'):
			c = ':'
		case i%3 == 2 || scan.HexDigit(c) > 15:
			return tidy, false
		case scan.IsUpper(c):
			c |= 0x20
		}
		tidy[i] = c
	}
	return tidy, true
}

// macName holds the name of a MAC address, and the text in which a line gave it. A Parser remembers those of late: in a
// firewall's lines the same few come again and again.
type macName struct {
	text [macLen]byte
	name Name
}

// isMAC reports whether the name is a MAC address as hardware writes it.
func (n Name) isMAC() bool {
	s := n.String()
	return len(s) == macLen && s[2] == ':' && s[5] == ':' && s[8] == ':' && s[11] == ':' && s[14] == ':'
}
