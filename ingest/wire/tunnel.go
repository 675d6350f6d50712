package wire

// gre reads RFC 2784 and 2890, and the version 1 of PPTP (RFC 2637).
func (d *Decoder) gre(b []byte, wire int) {
	if len(b) < 4 || !d.enter() {
		return
	}
	flags, proto, n := be16(b), be16(b[2:]), 4
	if flags&0xc000 != 0 { // checksum, and with a route its offset
		n += 4
	}
	if flags&0x2000 != 0 {
		n += 4
	}
	sequence := flags&0x1000 != 0
	if sequence {
		n += 4
	}
	if flags&7 == 1 && flags&0x80 != 0 {
		n += 4
	}
	if flags&0x4000 != 0 { // routes (RFC 1701): entries up to one of length 0
		for len(b) >= n+4 {
			size := int(b[n+3])
			if n += 4; size == 0 {
				break
			}
			n += size
		}
	}
	if len(b) <= n {
		return
	}
	b, wire = b[n:], wire-n
	switch {
	case proto == 0x88be && !sequence: // ERSPAN type I
		d.ethernet(b, wire)
	case proto == 0x88be && len(b) > 8: // II
		d.ethernet(b[8:], wire-8)
	case proto == 0x22eb && len(b) > 12: // III, with eight more bytes where its last bit is set
		n := 12
		if b[11]&1 != 0 {
			n += 8
		}
		if len(b) > n {
			d.ethernet(b[n:], wire-n)
		}
	case proto >= 0x8200 && proto <= 0x83ff: // Aruba: the frame of 802.11 that an access point got
		d.wlan(b, wire)
	case proto == 0x88be, proto == 0x22eb:
	default:
		d.etherType(proto, b, wire)
	}
}

// vxlanGPE reads the generic form of VXLAN (draft-ietf-nvo3-vxlan-gpe).
func (d *Decoder) vxlanGPE(b []byte, wire int) {
	if len(b) > 8 {
		d.nextProtocol(b[3], b[8:], wire-8)
	}
}

// geneve reads RFC 8926.
func (d *Decoder) geneve(b []byte, wire int) {
	if len(b) < 8 || b[0]>>6 != 0 {
		return
	}
	if n := 8 + int(b[0]&63)*4; len(b) > n {
		d.etherType(be16(b[2:]), b[n:], wire-n)
	}
}

// gtp reads the user's packets in GTP version 1 (3GPP TS 29.281).
func (d *Decoder) gtp(b []byte, wire int) {
	if len(b) < 8 || b[0]>>5 != 1 || b[1] != 0xff {
		return
	}
	n := 8
	if b[0]&7 != 0 {
		n += 4
		if len(b) < n {
			return
		}
		for next := b[n-1]; b[0]&4 != 0 && next != 0; next = b[n-1] {
			if len(b) <= n || b[n] == 0 {
				return
			}
			n += int(b[n]) * 4
			if len(b) < n {
				return
			}
		}
	}
	if len(b) > n {
		d.nibble(b[n:], wire-n)
	}
}

// l2tp reads the data of version 2 (RFC 2661).
func (d *Decoder) l2tp(b []byte, wire int) {
	if len(b) < 6 || b[0]&0x80 != 0 || b[1]&15 != 2 {
		return
	}
	n := 6
	if b[0]&0x40 != 0 {
		n += 2
	}
	if b[0]&0x08 != 0 {
		n += 4
	}
	if b[0]&0x02 != 0 {
		if len(b) < n+2 {
			return
		}
		n += 2 + int(be16(b[n:]))
	}
	if len(b) > n {
		d.ppp(b[n:], wire-n)
	}
}

// teredo reads IPv6 over UDP with its two optional heads (RFC 4380, 5.1.1).
func (d *Decoder) teredo(b []byte, wire int) {
	if len(b) > 4 && be16(b) == 1 {
		n := 13 + int(b[2]) + int(b[3])
		if len(b) <= n {
			return
		}
		b, wire = b[n:], wire-n
	}
	if len(b) > 8 && be16(b) == 0 {
		b, wire = b[8:], wire-8
	}
	if len(b) > 0 && b[0]>>4 == 6 {
		d.ipv6(b, wire)
	}
}
