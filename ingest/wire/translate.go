package wire

import (
	"hash/maphash"
	"net/netip"
	"slices"
)

const (
	passingMax  = 4096 // sessions that may yet be seen translated
	passingSame = 8    // of them, with first packets alike
	passing     = int64(500e6)
)

// sign holds what a router that translates an address leaves as it is in a packet, and the TTL: by it the packet is
// recognized where it is seen a second time.
type sign struct {
	proto, ttl uint8
	id         uint16
	seq        uint32
	rest       uint64
}

var signSeed = maphash.MakeSeed()

// signOf returns the sign of a packet; ok is false where too little is known of it to be sure.
func signOf(ip *IP) (sg sign, ok bool) {
	sg = sign{proto: ip.Proto, ttl: ip.TTL, id: ip.ID}
	switch ip.Proto {
	case TCP:
		sg.seq, sg.rest = ip.Seq, uint64(ip.Ack)<<16|uint64(ip.Flags)
		return sg, true
	case UDP:
		sg.rest = maphash.Bytes(signSeed, ip.Payload)
	default: // the identifier of an echo may be translated as ports are
		if len(ip.Payload) < 4 {
			return sg, false
		}
		sg.rest = maphash.Bytes(signSeed, ip.Payload[2:])
	}
	return sg, ip.Length > 0
}

// translation is the other side of a session that a router translates: as it was seen on another interface.
type translation struct {
	key flowKey
	to  netip.AddrPort // what the client's address is on the outside, or the server's on the inside
	dst bool           // it is the server that is translated
}

// passed is a session whose first packet may come again on another interface, translated.
type passed struct {
	s   *session
	as  sign
	on  uint64
	out bool
}

// translations finds both sides of a session among what is seen on several interfaces. Two packets are the same one if
// they agree in all that a router leaves as it is (RFC 3022, 4.1: sequence numbers, payload, the packet's number), one
// of their ends is the same, the second has a hop less left, came at once and on another interface; where the capture
// tells the direction, the first came in and the second went out. Where it does not, the second may be read first.
type translations struct {
	bySign map[sign][]*passed
	queue  []*passed // in order of time
}

// await keeps a new session until its translation is seen. It is false where there is no room, or where the packet has
// no sign.
func (t *sessions) await(s *session, ip *IP) bool {
	sg, ok := signOf(ip)
	n := &t.nat
	if !ok || t.directed && t.out || len(n.queue) >= passingMax || len(n.bySign[sg]) >= passingSame {
		return false
	}
	if n.bySign == nil {
		n.bySign = make(map[sign][]*passed)
	}
	p := &passed{s: s, as: sg, on: t.on, out: t.out}
	n.bySign[sg] = append(n.bySign[sg], p)
	n.queue = append(n.queue, p)
	return true
}

// expire tells the beginnings of sessions that are not translated.
func (t *sessions) expire(now int64, all bool) {
	n := &t.nat
	for len(n.queue) > 0 && (all || now-n.queue[0].s.first > passing || now < n.queue[0].s.first-passing) {
		p := n.queue[0]
		n.queue = n.queue[1:]
		same := slices.DeleteFunc(n.bySign[p.as], func(o *passed) bool { return o == p })
		if n.bySign[p.as] = same; len(same) == 0 {
			delete(n.bySign, p.as)
		}
		t.release(p.s)
	}
}

// release tells the beginning of a session, where that was held back.
func (t *sessions) release(s *session) {
	if s.waits {
		s.waits = false
		t.begin(s, s.first)
	}
}

// translated reports whether a packet of no session is the first packet of one, translated, and joins them.
func (t *sessions) translated(ip *IP, k flowKey) bool {
	if len(t.nat.queue) == 0 || t.directed && !t.out {
		return false
	}
	sg, ok := signOf(ip)
	if !ok {
		return false
	}
	sg.ttl++
	s := t.untranslated(ip, sg)
	before := s == nil && !t.directed
	if before {
		sg.ttl -= 2
		s = t.untranslated(ip, sg)
	}
	if s != nil {
		t.join(s, ip, k, before)
	}
	return s != nil
}

// untranslated returns the session whose first packet has a sign and could be this one, or nil.
func (t *sessions) untranslated(ip *IP, sg sign) (found *session) {
	many := false
	for _, p := range t.nat.bySign[sg] {
		s := p.s
		if s.nat != nil || p.on == t.on || s.c.Packets+s.s.Packets != 1 || !s.keeps(ip) {
			continue
		}
		if many = many || found != nil; found == nil {
			found = s
		}
	}
	if many && sg.proto != TCP && sg.id == 0 { // alike, and without a number: either could be meant
		return nil
	}
	return found
}

// endsOf returns the ends of a packet.
func endsOf(ip *IP) (from, to netip.AddrPort) {
	return netip.AddrPortFrom(ip.Src, ip.SPort), netip.AddrPortFrom(ip.Final, ip.DPort)
}

// keeps reports whether one of the ends of a packet is as in the session, with its role, and the other is not.
func (s *session) keeps(ip *IP) bool {
	from, to := endsOf(ip)
	was, will := s.client, s.server
	if s.c.Packets == 0 {
		was, will = will, was
	}
	if ip.Proto != TCP && ip.Proto != UDP { // an echo has an identifier, no ports
		return (from.Addr() == was.Addr()) != (to.Addr() == will.Addr())
	}
	return (from == was) != (to == will)
}

// join makes a packet's addresses the other side of a session. The client is that of the inside, and the server that
// of the outside; before says that the packet is the one before the translation, though it is seen behind it.
func (t *sessions) join(s *session, ip *IP, k flowKey, before bool) {
	client, server := endsOf(ip)
	byServer := s.c.Packets == 0
	if byServer {
		client, server = server, client
	}
	n := &translation{key: k, dst: client.Addr() == s.client.Addr()}
	if n.to = client; n.dst {
		n.to = server
	}
	s.nat = n
	t.all[k] = s
	if before != byServer { // what was seen first is the side behind the translation
		n.key, s.key = s.key, k
		if n.dst {
			n.to, s.server = s.server, server
		} else {
			n.to, s.client = s.client, client
		}
		s.c.on, s.s.on = 0, 0
		if byServer {
			s.s.on = t.on
		} else {
			s.c.on = t.on
		}
	}
	t.release(s)
}

// stale reports whether a packet with the translated addresses of a session is of another one.
func (s *session) stale(ip *IP) bool {
	return s.told && !lateOf(s, ip) || ip.Proto == TCP && ip.Flags&(SYN|ACK) == SYN && ip.Seq+1 != s.c.next
}

// forget removes a session.
func (t *sessions) forget(s *session) {
	delete(t.all, s.key)
	if s.nat != nil && t.all[s.nat.key] == s {
		delete(t.all, s.nat.key)
	}
}

// reset takes a RST of no session; one that a router passes on is told once.
func (t *sessions) reset(k flowKey, ip *IP, now int64) {
	last := &t.lastReset
	if again := t.apart && last.on != t.on && last.key == k && last.seq == ip.Seq && now-last.at <= passing; again {
		t.copied = true
		t.copies++
		return
	}
	last.key, last.seq, last.at, last.on = k, ip.Seq, now, t.on
	t.stray(ip, now)
}
