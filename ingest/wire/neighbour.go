package wire

import (
	"maps"
	"net/netip"
	"time"
)

const (
	neighboursMax  = 4096 // addresses followed at once
	neighbourSoon  = int64(time.Second)
	neighbourAgain = int64(10 * time.Minute)
)

// neighbours notes which machine has which address, as ARP (RFC 826) and neighbour discovery (RFC 4861) tell. What
// was told is told again after ten minutes; of a machine that is new at its address a second time, too, as whoever
// counts takes a single line for an old entry.
type neighbours struct {
	found func(a netip.Addr, mac [6]byte)
	known map[netip.Addr]*neighbour

	cleared int64 // when old ones were last looked for
}

type neighbour struct {
	mac   [6]byte
	at    int64 // when it was told
	twice bool
}

// take notes that a machine has an address.
func (n *neighbours) take(a netip.Addr, mac [6]byte, now int64) {
	if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || mac[0]&1 != 0 || mac == [6]byte{} {
		return
	}
	k := n.known[a]
	switch {
	case k == nil:
		if !n.room(now) {
			return
		}
		k = &neighbour{mac: mac}
		n.known[a] = k
	case k.mac != mac:
		if now-k.at < neighbourSoon { // two machines that claim the address at once
			return
		}
		k.mac, k.twice = mac, false
	case now-k.at < neighbourSoon, k.twice && now-k.at < neighbourAgain:
		return
	default:
		k.twice = true
	}
	k.at = now
	n.found(a, mac)
}

// room makes room for an address: of those told long ago. It is false where there is none.
func (n *neighbours) room(now int64) bool {
	if n.known == nil {
		n.known = make(map[netip.Addr]*neighbour)
	}
	if len(n.known) < neighboursMax {
		return true
	}
	if now-n.cleared >= neighbourAgain/10 { // not for each packet of a flood
		n.cleared = now
		maps.DeleteFunc(n.known, func(_ netip.Addr, k *neighbour) bool { return now-k.at >= neighbourAgain })
	}
	return len(n.known) < neighboursMax
}

// discovered takes a message of neighbour discovery: of a solicitation, the source's address; of an advertisement, the
// address that it is for; of routers' messages, the source's. What came through a router is none (RFC 4861, 6.1, 7.1).
func (n *neighbours) discovered(ip *IP, now int64) {
	const source, target = 1, 2 // options (RFC 4861, 4.6.1)
	if ip.TTL != 255 || ip.Code != 0 {
		return
	}
	at, option, of := 4, byte(source), ip.Src
	switch ip.Type {
	case 133:
	case 134:
		at = 12
	case 135, 136:
		if len(ip.Payload) < 20 {
			return
		}
		if at = 20; ip.Type == 136 {
			option, of = target, netip.AddrFrom16([16]byte(ip.Payload[4:20]))
		}
	default:
		return
	}
	for at+8 <= len(ip.Payload) {
		o := ip.Payload[at:]
		if o[0] == option && o[1] == 1 {
			n.take(of, [6]byte(o[2:]), now)
			return
		}
		if o[1] == 0 {
			return
		}
		at += 8 * int(o[1])
	}
}
