package detect

import (
	"math"
	"net/netip"
	"time"

	"uncloak/parse"
)

// sim is a session table under other settings. Sessions come in the order in which they begin.
type sim struct {
	bit    uint64
	plan   plan
	from   int64
	total  int
	count  []int32 // by holder
	most   []int32
	due    dueHeap
	conns  map[*stint]*conn // with keep-alive: the server's open connections
	joined map[*stint]*conn // sessions that are still served on one
	idle   map[client][]*stint
	last   int64 // refusal
	first  int64
	refuse []uint64
	limits []uint64
	out    Outcome
	ended  bool // all that is asked of it is known
}

// conn is a connection that a server keeps open for the next page.
type conn struct {
	client client
	owner  *stint // whose entry it is
	fin    int64  // end of the talk so far
	keep   int64
	tail   int64 // that its entry lingers
}

// client is one address that talks to one server.
type client struct {
	from, to netip.Addr
	port     uint16
}

func newSim(bit uint64, p plan, from int64) *sim {
	m := &sim{bit: bit, plan: p, from: from, last: -1 << 62}
	if len(p.change.KeepAlive) > 0 {
		m.conns, m.joined, m.idle = map[*stint]*conn{}, map[*stint]*conn{}, map[client][]*stint{}
	}
	return m
}

func (m *sim) open(s *stint) {
	m.expire(s.start)
	c := m.plan.change
	switch {
	case s.ghost && (m.plan.level == noGhosts || m.plan.level == likelyGhosts && !s.likely):
		return
	case m.without(s):
		m.out.Removed++
		return
	case m.conns != nil && m.reuse(s):
		m.out.Reused++
		return
	}
	m.count, m.most = grow(m.count, s.host), grow(m.most, s.host)
	if n := c.limit(s.holder); n > 0 && float64(m.count[s.host]) >= math.Round(float64(n)*m.plan.scale) {
		m.limits = grow(m.limits, s.host)
		if s.start >= m.from {
			m.limits[s.host]++
		}
		return
	}
	if m.plan.table > 0 && m.total >= m.plan.table {
		m.full(s)
		return
	}
	m.admit(s)
}

func (m *sim) admit(s *stint) {
	s.in |= m.bit
	m.total++
	m.count[s.host]++
	if s.start >= m.from {
		m.out.Sessions++
		m.most[s.host] = max(m.most[s.host], m.count[s.host])
		if m.total > m.out.Peak {
			m.out.Peak, m.out.PeakAt = m.total, time.Unix(0, s.start).UTC()
		}
	}
	if s.over {
		m.settle(s)
	} else if d, ok := m.plan.change.timeouts[classEstablished]; ok {
		m.due.push(s.last+int64(d), s)
	}
}

// full counts a refusal.
func (m *sim) full(s *stint) {
	if s.start < m.from {
		return
	}
	m.refuse = grow(m.refuse, s.host)
	m.refuse[s.host]++
	if s.start-m.last > int64(spellGap) {
		m.endSpell()
		m.first = s.start
		m.out.Overflows++
	}
	m.last = s.start
	if m.plan.once {
		m.ended, m.due, m.conns, m.joined, m.idle = true, nil, nil, nil, nil
	}
}

func (m *sim) endSpell() {
	if m.out.Overflows == 0 {
		return
	}
	m.out.Full += time.Duration(m.last - m.first)
	if len(m.out.Spells) < maxSimSpells {
		m.out.Spells = append(m.out.Spells, Stretch{time.Unix(0, m.first).UTC(), time.Unix(0, m.last).UTC()})
	}
}

// outcome closes the simulation.
func (m *sim) outcome(hosts []netip.Addr) Outcome {
	m.endSpell()
	o := m.out
	o.Refused, o.Limited, o.most = byAddr(m.refuse, hosts), byAddr(m.limits, hosts), m.most
	return o
}

func byAddr(n []uint64, hosts []netip.Addr) map[netip.Addr]uint64 {
	out := map[netip.Addr]uint64{}
	for i, v := range n {
		if v > 0 {
			out[hosts[i]] += v
		}
	}
	return out
}

func grow[T any](s []T, i int32) []T {
	for len(s) <= int(i) {
		s = append(s, *new(T))
	}
	return s
}

// without reports whether the session is of a host that was taken away, or is the echo of one.
func (m *sim) without(s *stint) bool {
	for _, a := range m.plan.change.Without {
		if s.key.Src == a || s.key.Dst == a || s.holder == a || s.cause == a {
			return true
		}
	}
	return false
}

// closed sets the end of a session that was let in before its end was known.
func (m *sim) closed(s *stint) {
	if c := m.joined[s]; c != nil {
		delete(m.joined, s)
		c.fin = s.end
		if next := m.keeps(s); next != nil {
			c.fin = next.fin
		}
		m.due.push(c.end(), c.owner)
	} else if s.in&m.bit != 0 && s.out&m.bit == 0 {
		m.settle(s)
	}
}

// settle schedules the removal of an entry whose end is known.
func (m *sim) settle(s *stint) {
	if c := m.keeps(s); c != nil {
		m.conns[s] = c
		m.idle[c.client] = append(m.idle[c.client], s)
		m.due.push(c.end(), s)
		return
	}
	m.due.push(m.end(s), s)
}

// end gives the time at which the entry goes under the changed settings; it is not before the last line of the session.
func (m *sim) end(s *stint) int64 {
	c := m.plan.change
	if fin, tail, ok := m.served(s); ok {
		return fin + tail
	}
	return max(s.end+s.shift(c)-m.sooner(s), s.last)
}

// sooner gives by how much sooner the collector comes, besides, to an entry whose timeout is changed, where it came
// late to the recorded one.
func (m *sim) sooner(s *stint) int64 {
	shift := s.shift(m.plan.change)
	was := s.to.of(min(s.class, classTypicalTCP))
	late := s.end - s.last - int64(was)
	if shift == 0 || s.class >= classTypicalTCP || late <= 0 || late > int64(lateEnd) {
		return 0
	}
	is := was + time.Duration(shift)
	return int64(float64(late) * (1 - min(collectEvery(m.total, is)/collectEvery(m.total, was), 1)))
}

// served gives the end of the talk of a session with a server that is changed, and the time that its entry stays after
// it.
func (m *sim) served(s *stint) (fin, tail int64, ok bool) {
	if s.key.Proto != parse.TCP || s.class != classTimeWait && s.class != classTypicalTCP && s.class != classFixed {
		return 0, 0, false
	}
	fin = s.end
	if s.class != classFixed {
		tail = int64(float64(s.to.TimeWait) * s.scale)
		fin = max(s.end-s.wait-tail, s.last, s.start)
		tail += s.shift(m.plan.change) + s.wait
	}
	for i := range m.plan.change.Linger {
		if x := &m.plan.change.Linger[i]; x.serves(&s.key) && s.class != classFixed {
			tail, ok = int64(x.Time)+s.wait, true
		}
	}
	return fin, max(tail, 0), ok
}

// keeps gives the connection that the server keeps open after the session; nil when the change does not ask for
// keep-alive there.
func (m *sim) keeps(s *stint) *conn {
	for i := range m.plan.change.KeepAlive {
		x := &m.plan.change.KeepAlive[i]
		if !x.serves(&s.key) {
			continue
		}
		fin, tail, _ := m.served(s)
		if fin == 0 {
			return nil
		}
		return &conn{clientOf(s), s, fin, int64(x.Time), tail}
	}
	return nil
}

func (c *conn) end() int64 { return c.fin + c.keep + c.tail }

// reuse serves the session on a connection that is kept open for that client, if there is one.
func (m *sim) reuse(s *stint) bool {
	for _, o := range m.idle[clientOf(s)] {
		c := m.conns[o]
		if c.fin > s.start || s.start > c.fin+c.keep {
			continue
		}
		if next := m.keeps(s); next != nil && s.over {
			c.fin = next.fin // the heap finds that out when its old time comes
		} else if !s.over {
			c.fin = stillOpen
			m.joined[s] = c
		} else {
			continue // it never talked
		}
		return true
	}
	return false
}

// stillOpen stands for the end of a talk that is not known yet.
const stillOpen = 1 << 61

func clientOf(s *stint) client { return client{s.key.Src, s.key.Dst, s.key.DPort} }

// expire removes the entries whose time has come.
func (m *sim) expire(now int64) {
	for len(m.due) > 0 && m.due[0].at <= now {
		x := m.due.pop()
		if x.s.out&m.bit != 0 {
			continue
		}
		if end := m.wants(x.s); end > x.at {
			m.due.push(end, x.s)
			continue
		}
		x.s.out |= m.bit
		m.total--
		m.count[x.s.host]--
		if c := m.conns[x.s]; c != nil {
			m.forget(c, x.s)
		}
	}
}

// wants gives the time at which the kernel would drop the entry if no further line came.
func (m *sim) wants(s *stint) int64 {
	if c := m.conns[s]; c != nil {
		return c.end()
	}
	if !s.over { // only a changed timeout of established sessions is pushed before the end is known
		return s.last + int64(m.plan.change.timeouts[classEstablished])
	}
	return m.end(s)
}

func (m *sim) forget(c *conn, s *stint) {
	delete(m.conns, s)
	l := m.idle[c.client]
	for i := range l {
		if l[i] == s {
			l[i] = l[len(l)-1]
			l = l[:len(l)-1]
			break
		}
	}
	if m.idle[c.client] = l; len(l) == 0 {
		delete(m.idle, c.client)
	}
}

// dueHeap is a binary heap by time.
type dueHeap []due

type due struct {
	at int64
	s  *stint
}

func (h *dueHeap) push(at int64, s *stint) {
	*h = append(*h, due{at, s})
	x := *h
	for i := len(x) - 1; i > 0; {
		up := (i - 1) / 2
		if x[up].at <= x[i].at {
			return
		}
		x[up], x[i] = x[i], x[up]
		i = up
	}
}

func (h *dueHeap) pop() due {
	x := *h
	top, n := x[0], len(x)-1
	x[0], x[n] = x[n], due{}
	x = x[:n]
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && x[down+1].at < x[down].at {
			down++
		}
		if x[i].at <= x[down].at {
			break
		}
		x[i], x[down] = x[down], x[i]
		i = down
	}
	*h = x
	return top
}
