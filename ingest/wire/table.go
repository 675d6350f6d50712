package wire

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"time"
)

const (
	rowsMax      = 1 << 20 // conversations, endpoints or intervals of one table; what is beyond goes into its Others
	intervalsMax = 1 << 20
)

// Amount is a number of frames and of their bytes on the wire.
type Amount struct{ Frames, Bytes uint64 }

func (a *Amount) add(n int) {
	a.Frames++
	a.Bytes += uint64(n)
}

// Conversation counts the traffic between two endpoints. A sent first. The ports of a conversation by addresses are 0.
type Conversation struct {
	A, B        netip.AddrPort
	AB, BA      Amount
	First, Last int64 // ns since 1970 UTC of its first and last frame

	base     [2]uint32 // first sequence number of A's and B's SYN
	hasBase  [2]bool
	finished bool // a FIN or RST was seen
}

// Endpoint counts the traffic of one address, sent and received.
type Endpoint struct {
	Addr        netip.Addr
	Sent, Got   Amount
	First, Last int64
}

// Interval counts the frames of a stretch of time: those with TCP and with UDP in them, quoted or not, and all frames.
type Interval struct {
	From          time.Duration // since the first frame
	All, TCP, UDP Amount
}

// Counts are numbers of frames by what they hold.
type Counts struct {
	Frames, Bytes, Captured, Truncated, Untimed      uint64
	TCP, UDP, IPv4, IPv6, ARP, ICMP                  uint64
	SYN                                              uint64 // without ACK
	RST                                              uint64
	ICMPErrors, ICMPv6Errors                         uint64
	DNSQuestions, DNSAnswers                         uint64
	HTTPRequests, HTTPResponses                      uint64
	First, Last                                      int64 // earliest and latest time, ns since 1970 UTC
	FirstFrame, LastFrame                            int64 // time of the first and of the last frame in the file
	OtherConversations, OtherEndpoints, OtherPeriods Amount
}

type flowKey struct {
	a, b   [16]byte
	ap, bp uint16
	kind   uint8
}

// Tables counts the frames of a capture as `tshark -z conv`, `-z endpoints` and `-z io,stat` do.
type Tables struct {
	Counts    Counts
	most      int // rows of a kind
	interval  int64
	flows     map[flowKey]*Conversation
	order     [4][]*Conversation
	ends      map[netip.Addr]*Endpoint
	endOrder  []*Endpoint
	intervals []Interval
	asked     *asked
}

// Kinds of conversations.
const (
	ByTCP = iota
	ByUDP
	ByIPv4
	ByIPv6
)

// NewTables counts by an interval, which is at least a millisecond.
func NewTables(interval time.Duration) *Tables {
	return &Tables{most: rowsMax, interval: int64(max(interval, time.Millisecond)),
		flows: make(map[flowKey]*Conversation),
		ends:  make(map[netip.Addr]*Endpoint), asked: newAsked()}
}

// Conversations returns the rows of a kind in the order of their first frames.
func (t *Tables) Conversations(kind int) []*Conversation { return t.order[kind] }

// Endpoints returns the addresses of IPv4, or of IPv6, in the order of their first frames.
func (t *Tables) Endpoints(v6 bool) []*Endpoint {
	var out []*Endpoint
	for _, e := range t.endOrder {
		if e.Addr.Is6() == v6 {
			out = append(out, e)
		}
	}
	return out
}

// Intervals returns the stretches of time that have frames, in order.
func (t *Tables) Intervals() []Interval {
	return slices.DeleteFunc(slices.Clone(t.intervals), func(i Interval) bool { return i.All.Frames == 0 })
}

// asTshark cuts off what tshark 4.0.17 does not read: UDP over IPv4 that tells the length 0, as datagrams beyond 64 KiB
// do, and what it carries. (Text makes sessions of it.)
func asTshark(ips []IP) []IP {
	for i := range ips {
		if ips[i].unsized {
			ips[i].Whole = false
			return ips[:i+1]
		}
	}
	return ips
}

// Add counts a frame. It may change p.
func (t *Tables) Add(f *Frame, p *Packet) {
	p.IPs = asTshark(p.IPs)
	c := &t.Counts
	now := f.Time
	if c.Frames == 0 {
		c.First, c.Last, c.FirstFrame = now, now, now
	}
	c.Frames++
	c.Bytes += uint64(f.Length)
	c.Captured += uint64(len(f.Data))
	if len(f.Data) < f.Length {
		c.Truncated++
	}
	if f.HasTime {
		c.First, c.Last = min(c.First, now), max(c.Last, now)
	} else {
		c.Untimed++
	}
	c.LastFrame = now
	if p.ARPs > 0 {
		c.ARP++
	}
	has := t.frame(p)
	t.period(now, f.Length, has)
	for i := range p.IPs {
		if ip := &p.IPs[i]; !ip.Quoted && ip.Proto != mobility { // tshark counts no conversation
			t.packet(ip, f.Length, now)
		}
	}
	t.asked.frame(p, now, c)
}

// holds says what a frame has in it, quoted packets included.
type holds struct{ tcp, udp, v4, v6, icmp, syn, rst, error4, error6 bool }

// frame counts what a frame holds, each kind once.
func (t *Tables) frame(p *Packet) holds {
	h := holds{v4: p.Begun4, v6: p.Begun6}
	for i := range p.IPs {
		ip := &p.IPs[i]
		if !ip.Begun || ip.Piece {
			continue
		}
		switch ip.Proto {
		case TCP:
			h.tcp = true
			h.syn = h.syn || ip.Flags&(SYN|ACK) == SYN
			h.rst = h.rst || ip.Flags&RST != 0
		case UDP:
			h.udp = true
		case ICMP:
			h.icmp = true
			h.error4 = h.error4 || icmpError(ip.Type)
		case ICMPv6:
			h.icmp = true
			h.error6 = h.error6 || ip.Whole && ip.Type >= 1 && ip.Type <= 4
		}
	}
	c := &t.Counts
	for _, n := range [...]struct {
		yes   bool
		count *uint64
	}{{h.tcp, &c.TCP}, {h.udp, &c.UDP}, {h.v4, &c.IPv4}, {h.v6, &c.IPv6}, {h.icmp, &c.ICMP}, {h.syn, &c.SYN},
		{h.rst, &c.RST}, {h.error4, &c.ICMPErrors}, {h.error6, &c.ICMPv6Errors}} {
		if n.yes {
			*n.count++
		}
	}
	return h
}

// period counts a frame in its stretch of time. A frame older than the first counts in the first.
func (t *Tables) period(now int64, length int, h holds) {
	i := max(now-t.Counts.FirstFrame, 0) / t.interval
	if i >= intervalsMax {
		t.Counts.OtherPeriods.add(length)
		return
	}
	for int64(len(t.intervals)) <= i {
		t.intervals = append(t.intervals, Interval{From: time.Duration(int64(len(t.intervals)) * t.interval)})
	}
	at := &t.intervals[i]
	at.All.add(length)
	if h.tcp {
		at.TCP.add(length)
	}
	if h.udp {
		at.UDP.add(length)
	}
}

// packet counts one IP packet of a frame.
func (t *Tables) packet(ip *IP, length int, now int64) {
	kind := ByIPv4
	if ip.Src.Is6() {
		kind = ByIPv6
	}
	t.end(ip.Src, length, now, true)
	t.end(ip.Dst, length, now, false)
	if c, back := t.flow(kind, ip, 0, 0, now); c != nil {
		c.count(length, now, back)
	}
	if !ip.Whole || ip.Proto != TCP && ip.Proto != UDP {
		return
	}
	kind = ByUDP
	if ip.Proto == TCP {
		kind = ByTCP
	}
	if c, back := t.flow(kind, ip, ip.SPort, ip.DPort, now); c != nil {
		c.count(length, now, back)
	}
}

func (c *Conversation) count(length int, now int64, back bool) {
	c.First, c.Last = min(c.First, now), max(c.Last, now)
	if back {
		c.BA.add(length)
		return
	}
	c.AB.add(length)
}

func (t *Tables) end(a netip.Addr, length int, now int64, sent bool) {
	e := t.ends[a]
	if e == nil {
		if len(t.ends) >= t.most {
			t.Counts.OtherEndpoints.add(length)
			return
		}
		e = &Endpoint{Addr: a, First: now, Last: now}
		t.ends[a] = e
		t.endOrder = append(t.endOrder, e)
	}
	e.First, e.Last = min(e.First, now), max(e.Last, now)
	if sent {
		e.Sent.add(length)
		return
	}
	e.Got.add(length)
}

// flow finds the conversation of a packet, or begins it; back says that B sent it. It is nil where there are too many.
func (t *Tables) flow(kind int, ip *IP, sport, dport uint16, now int64) (c *Conversation, back bool) {
	to := ip.Dst
	if kind == ByTCP || kind == ByUDP {
		to = ip.Final
	}
	k := flowKey{a: ip.Src.As16(), b: to.As16(), ap: sport, bp: dport, kind: uint8(kind)}
	if compareKeys(&k) > 0 {
		k.a, k.b, k.ap, k.bp = k.b, k.a, k.bp, k.ap
	}
	c = t.flows[k]
	back = c != nil && (c.A.Addr() != ip.Src || c.A.Port() != sport)
	if c == nil || kind == ByTCP && c.reused(ip, back) {
		if len(t.order[kind]) >= t.most {
			t.Counts.OtherConversations.Frames++
			return nil, false
		}
		c = &Conversation{A: netip.AddrPortFrom(ip.Src, sport), B: netip.AddrPortFrom(to, dport),
			First: now, Last: now}
		t.flows[k] = c
		t.order[kind] = append(t.order[kind], c)
		back = false
	}
	if kind == ByTCP {
		c.note(ip, back)
	}
	return c, back
}

// compare orders keys.
func (k *flowKey) compare(o *flowKey) int {
	return cmp.Or(bytes.Compare(k.a[:], o.a[:]), bytes.Compare(k.b[:], o.b[:]), cmp.Compare(k.ap, o.ap),
		cmp.Compare(k.bp, o.bp), cmp.Compare(k.kind, o.kind))
}

// compareKeys orders the two ends of a key.
func compareKeys(k *flowKey) int {
	return cmp.Or(bytes.Compare(k.a[:], k.b[:]), cmp.Compare(k.ap, k.bp))
}

// reused reports whether a packet opens a new connection between the ports of an old one: a SYN with another first
// sequence number, or one behind the end of the old.
func (c *Conversation) reused(ip *IP, back bool) bool {
	side := 0
	if back {
		side = 1
	}
	return ip.Flags&(SYN|ACK) == SYN && c.hasBase[side] && (ip.Seq != c.base[side] || c.finished)
}

// note keeps the first sequence number of each side, as tshark does: of a side that was not heard before, the SYN's, or
// the one before its first byte, or before the one that the other side waits for.
func (c *Conversation) note(ip *IP, back bool) {
	side, other := 0, 1
	if back {
		side, other = 1, 0
	}
	if !c.hasBase[side] {
		c.hasBase[side], c.base[side] = true, ip.Seq
		if ip.Flags&SYN == 0 {
			c.base[side]--
		}
	}
	if !c.hasBase[other] && ip.Flags&ACK != 0 {
		c.hasBase[other], c.base[other] = true, ip.Ack-1
	}
	c.finished = c.finished || ip.Flags&(FIN|RST) != 0
}
