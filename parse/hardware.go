package parse

import "uncloak/parse/scan"

// macLen is the length of a MAC address in text.
const macLen = len("aa:bb:cc:dd:ee:ff")

// hardware sets Aside to the MAC address of Src, as aa:bb:cc:dd:ee:ff; it reports false for any other text. Colons,
// hyphens (Windows) and capitals are read.
func (rec *Record) hardware(b []byte) bool {
	if len(b) != macLen {
		return false
	}
	var mac [macLen]byte
	for i, c := range b {
		switch {
		case i%3 == 2 && (c == ':' || c == '-'):
			c = ':'
		case i%3 == 2 || scan.HexDigit(c) > 15:
			return false
		case scan.IsUpper(c):
			c |= 0x20
		}
		mac[i] = c
	}
	rec.Aside = rec.mem.mac(mac)
	return true
}

// macs remembers the names of the MAC addresses of late: in a firewall's lines the same few come again and again.
type macs struct {
	text  [64][macLen]byte
	names [64]Name
}

func (m *memory) mac(text [macLen]byte) Name {
	at := (text[15]*31 + text[16]*7 + text[13] + text[12]*3) % 64
	if m.macs.text[at] == text {
		return m.macs.names[at]
	}
	n := m.name(text[:])
	m.macs.text[at], m.macs.names[at] = text, n
	return n
}

// isMAC reports whether the name is a MAC address as hardware writes it.
func (n Name) isMAC() bool {
	s := n.String()
	return len(s) == macLen && s[2] == ':' && s[5] == ':' && s[8] == ':' && s[11] == ':' && s[14] == ':'
}
