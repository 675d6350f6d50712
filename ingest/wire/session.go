package wire

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

const (
	sessionsMax = 1 << 19 // followed at once, of about 300 bytes each; packets of others are counted, and say nothing
	sweepEvery  = int64(10 * time.Second)
	sweepLive   = int64(time.Second)

	// How long nothing must be heard of a session until it is over, as Linux' connection tracking has it
	// (net/netfilter/nf_conntrack_proto_tcp.c, nf_conntrack_proto_udp.c, since 2.6.16).
	idleAsking   = int64(30 * time.Second)  // UDP without an answer, pings
	idleTalking  = int64(120 * time.Second) // UDP with answers, TCP that is not open
	idleOpen     = int64(time.Hour)         // TCP: a capture is shorter, as a rule, than the kernel's five days
	idleFinished = int64(10 * time.Second)  // late packets of a session that was told of already
)

// side counts the packets and holds the TCP state of one end of a session.
type side struct {
	Packets, Bytes uint64 // Bytes of payload
	Again          uint32 // packets whose bytes were sent before
	Zero           uint32 // packets that say that there is no room to receive

	next   uint32 // sequence number behind all that was sent
	edge   uint32 // highest number that the other side may send, by ack and window
	acked  uint32
	shift  uint8 // of the window (RFC 7323)
	scales bool  // its SYN had the option
	heard  bool
	fresh  bool // its last packet brought bytes that were not sent before
	edged  bool
	fin    bool
	on     uint64 // the interface on which it was first seen, from 1, where sessions.apart is set
}

// session holds the traffic between two ports. The client opened it; where its beginning was not captured, the client
// is the side with the higher port.
type session struct {
	client, server netip.AddrPort
	proto          uint8
	first, last    int64
	c, s           side
	answered       bool  // the server said something
	midway         bool  // the beginning was not captured
	told           bool  // its end was told
	quic           uint8 // datagrams in which the greeting of QUIC was looked for
	waits          bool  // its beginning is told once it is known whether it is translated
	key            flowKey
	nat            *translation // nil: none was seen
}

// end says how a session ended.
type end string

// The ways in which sessions end.
const (
	closed     end = "closed"     // by FIN of both sides, or of one and silence
	reset      end = "reset"      // by RST, once it was open
	refused    end = "refused"    // by RST in answer to the SYN, or by an ICMP error
	unanswered end = "unanswered" // nothing came back
	idle       end = "idle"       // nothing more was heard for as long as a router waits
	open       end = "open"       // it did not, but the capture
)

// sessions follows all sessions of a capture. Its memory is bounded by most.
type sessions struct {
	all   map[flowKey]*session
	most  int // sessions followed at once; one with both sides of a NAT stands in all under both
	swept int64
	every int64 // ns between two sweeps
	apart bool  // a packet may be seen on several interfaces: each side counts on one alone
	nat   translations

	on       uint64 // the interface of the packet, from 1, and its direction where that is known
	directed bool   // it is known whether the packet came in or goes out
	out      bool   // it goes out
	copied   bool   // the packet was seen on another interface
	copies   uint64 // such packets

	begin  func(s *session, now int64)
	finish func(s *session, how end, by netip.AddrPort, now int64)
	stray  func(ip *IP, now int64)             // a RST of no session
	shrunk func(s *session, by *IP, now int64) // a window was taken back
	Beyond uint64                              // packets of sessions that were not followed

	lastReset struct { // of no session
		key flowKey
		seq uint32
		at  int64
		on  uint64
	}
}

// packet takes a packet of TCP, UDP or a ping. It returns the session and whether its client sent the packet; nil
// where there is no room, or copied is set.
func (t *sessions) packet(ip *IP, now int64) (s *session, fromClient bool) {
	if now-t.swept > t.every {
		t.sweep(now, false)
	}
	if len(t.nat.queue) > 0 {
		t.expire(now, false)
	}
	k := keyOf(ip)
	s = t.all[k]
	if s != nil && s.nat != nil && s.key != k && s.stale(ip) {
		delete(t.all, k)
		s = nil
	}
	if t.copied = t.apart && s != nil && t.copyOf(s, ip, &k); t.copied {
		t.copies++
		return nil, false
	}
	if s != nil && (s.told && !lateOf(s, ip) || ip.Proto == TCP && s.renewed(ip)) {
		t.over(s, now)
		s = nil
	}
	if s == nil {
		if s = t.fresh(k, ip, now); s == nil {
			return nil, false
		}
	} else if s.waits {
		t.release(s)
	}
	fromClient = s.clientSent(ip)
	s.last = max(s.last, now)
	mine, other := &s.s, &s.c
	if fromClient {
		mine, other = other, mine
	}
	mine.on = t.on
	mine.Packets++
	mine.Bytes += uint64(max(ip.Length, 0))
	if ip.Proto == TCP && !s.told {
		t.tcp(s, ip, mine, other, fromClient, now)
	}
	return s, fromClient
}

// fresh begins the session of a packet, or returns nil where it begins none.
func (t *sessions) fresh(k flowKey, ip *IP, now int64) *session {
	switch {
	case ip.Proto == TCP && ip.Flags&RST != 0:
		t.reset(k, ip, now)
		return nil
	case t.apart && t.translated(ip, k):
		t.copied = true
		t.copies++
		return nil
	case len(t.all) >= t.most:
		t.Beyond++
		return nil
	}
	s := newSession(ip, now)
	s.key = k
	t.all[k] = s
	waits := t.apart && t.await(s, ip)
	if s.waits = waits && !s.midway; !waits && !s.midway {
		t.begin(s, now)
	}
	return s
}

// copyOf reports whether a packet of a session is seen again: with the addresses of its other side, or a side was first
// seen on another interface, and the packet begins no new session.
func (t *sessions) copyOf(s *session, ip *IP, k *flowKey) bool {
	if s.nat != nil && s.key != *k {
		return true
	}
	side := &s.s
	if s.clientSent(ip) {
		side = &s.c
	}
	return side.on != 0 && side.on != t.on && (ip.Proto != TCP || !s.renewed(ip))
}

// clientSent reports whether the client sent a packet of the session.
func (s *session) clientSent(ip *IP) bool {
	return s.client.Addr() == ip.Src && s.client.Port() == ip.SPort
}

// over tells the end of a session whose ports are used again.
func (t *sessions) over(s *session, now int64) {
	t.release(s)
	if !s.told {
		t.finish(s, s.silence(), netip.AddrPort{}, now)
	}
	t.forget(s)
}

// lateOf reports whether a packet may still belong to a session whose end was told.
func lateOf(s *session, ip *IP) bool { return ip.Proto == TCP && ip.Flags&(SYN|ACK) != SYN }

// renewed reports whether a packet opens a new connection between the ports of one that is held.
func (s *session) renewed(ip *IP) bool {
	if ip.Flags&(SYN|ACK) != SYN {
		return false
	}
	from := &s.s
	if s.clientSent(ip) {
		from = &s.c
	}
	return s.midway || !from.heard || ip.Seq+1 != from.next && s.answered || from.fin
}

func keyOf(ip *IP) flowKey {
	k := flowKey{a: ip.Src.As16(), b: ip.Final.As16(), ap: ip.SPort, bp: ip.DPort, kind: ip.Proto}
	if ip.Proto == ICMP || ip.Proto == ICMPv6 {
		k.bp = ip.SPort // both directions have the identifier
	}
	if compareKeys(&k) > 0 {
		k.a, k.b, k.ap, k.bp = k.b, k.a, k.bp, k.ap
	}
	return k
}

func newSession(ip *IP, now int64) *session {
	s := &session{proto: ip.Proto, first: now, last: now, client: netip.AddrPortFrom(ip.Src, ip.SPort),
		server: netip.AddrPortFrom(ip.Final, ip.DPort)}
	backwards := false
	switch ip.Proto {
	case TCP:
		s.midway = ip.Flags&(SYN|ACK) != SYN
		backwards = ip.Flags&(SYN|ACK) == SYN|ACK || s.midway && ip.SPort < ip.DPort
	case UDP:
		backwards = ip.SPort < 1024 && ip.DPort >= 1024
		s.midway = backwards // an answer comes first
	default:
		s.server = netip.AddrPortFrom(ip.Final, ip.SPort)
		backwards = ip.Type == 0 || ip.Type == 129
		s.midway = backwards
	}
	if backwards {
		s.client, s.server = s.server, s.client
	}
	return s
}

// tcp follows the state of a connection.
func (t *sessions) tcp(s *session, ip *IP, mine, other *side, fromClient bool, now int64) {
	from := netip.AddrPortFrom(ip.Src, ip.SPort)
	if ip.Flags&RST != 0 {
		how := reset
		if !fromClient && !s.answered && !s.midway && s.s.Bytes == 0 {
			how = refused
		}
		t.tell(s, how, from, now)
		return
	}
	mine.sent(ip)
	if !fromClient && ip.Flags&(SYN|ACK) != SYN {
		s.answered = true
	}
	switch {
	case ip.Flags&SYN != 0:
		mine.shift, mine.scales = ip.Scale, ip.Scales
		if ip.Flags&ACK != 0 && (!mine.scales || !other.scales) {
			mine.shift, other.shift = 0, 0
		}
		if ip.Flags&ACK != 0 { // the window of a SYN itself is not scaled
			mine.edged, mine.edge, mine.acked = true, ip.Ack+uint32(ip.Window), ip.Ack
		}
	case ip.Flags&ACK != 0 && !s.midway && s.answered && mine.room(ip, other):
		t.shrunk(s, ip, now)
	}
	if ip.Flags&FIN != 0 {
		mine.fin = true
		if other.fin {
			t.tell(s, closed, from, now)
		}
	}
}

// sent notes what a packet sends, and whether that was sent before.
func (d *side) sent(ip *IP) {
	length := uint32(max(ip.Length, 0))
	if ip.Flags&(SYN|FIN) != 0 {
		length++
	}
	behind := ip.Seq + length
	d.fresh = !d.heard || int32(behind-d.next) > 0
	switch {
	case !d.heard:
		d.heard, d.next = true, behind
	case length > 0 && int32(ip.Seq-d.next) < 0:
		d.Again++
		fallthrough
	default:
		if int32(behind-d.next) > 0 {
			d.next = behind
		}
	}
}

// room notes how much the sender of a packet is ready to receive, and reports whether that takes back what it promised
// before, of which the other side has made use already: then that side waits with data that nobody takes (RFC 9293,
// 3.8.6; the condition of the message in net/ipv4/tcp_timer.c, tcp_retransmit_timer).
func (d *side) room(ip *IP, other *side) bool {
	if ip.Window == 0 {
		d.Zero++
	}
	if d.edged && int32(ip.Ack-d.acked) < 0 { // an old packet, overtaken by a newer one
		return false
	}
	edge := ip.Ack + uint32(ip.Window)<<d.shift
	back := d.edged && int32(d.edge-edge) > 1<<d.shift && int32(other.next-edge) > 0
	d.edged, d.edge, d.acked = true, edge, ip.Ack
	return back
}

// tell tells the end of a session once; late packets are still taken for its own.
func (t *sessions) tell(s *session, how end, by netip.AddrPort, now int64) {
	if !s.told {
		s.told = true
		t.release(s)
		t.finish(s, how, by, now)
	}
}

// patience returns the silence after which a session is over.
func (s *session) patience() int64 {
	switch {
	case s.told:
		return idleFinished
	case s.proto == TCP && (s.answered || s.midway) && !s.c.fin && !s.s.fin:
		return idleOpen
	case s.proto == TCP, s.c.Packets > 0 && s.s.Packets > 0:
		return idleTalking
	}
	return idleAsking
}

// silence returns how a session ended that fell silent.
func (s *session) silence() end {
	switch {
	case s.c.Packets > 0 && s.s.Packets == 0 && !s.midway:
		return unanswered
	case s.proto == TCP && (s.c.fin || s.s.fin):
		return closed
	}
	return idle
}

// sweep forgets what is over by now; with all, at the end of the capture, everything. Ends are told in their order.
func (t *sessions) sweep(now int64, all bool) {
	t.swept = now
	t.expire(now, all)
	type over struct {
		s   *session
		at  int64
		how end
	}
	var gone []over
	for k, s := range t.all {
		if s.key != k { // its other side
			continue
		}
		at, how := s.last+s.patience(), s.silence()
		if at > now && !all {
			continue
		}
		t.forget(s)
		if at > now {
			at, how = s.last, open
		}
		if !s.told {
			gone = append(gone, over{s, at, how})
		}
	}
	slices.SortFunc(gone, func(a, b over) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.s.first, b.s.first), a.s.key.compare(&b.s.key))
	})
	for _, g := range gone {
		t.finish(g.s, g.how, netip.AddrPort{}, g.at)
	}
}
