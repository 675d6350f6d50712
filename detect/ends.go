package detect

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// This file counts sessions of which the log tells only the end. Where the line says how long the session lasted, it is
// counted when it began, and its entry stood in the table in between. Where it does not, it is counted when it ended,
// and nothing may be read from the moment: Linux collects expired entries in batches, up to a minute apart (up to three
// before Linux 5.19), so that the ends of steady traffic come in heaps.

const (
	maxLate  = 1 << 17 // slots of hosts whose seconds are kept for sessions that are told of later
	maxSpans = 1 << 18 // entries of a router that are kept to be counted together
)

// endOnly counts a session of a host of which no beginning is logged.
func (t *Tracker) endOnly(e *parse.Event, hs *hostState, host, peer netip.Addr, rs *routerState) {
	rs.router.Sessions++
	lasted, told := e.Lasted()
	began := e.Time - int64(lasted)
	if told && t.more("entries that ended", 0, 1) {
		rs.ended.add(max(began-t.table.start, 0), e.Time-t.table.start, host)
		if t.spanned != nil {
			t.spanned(e, began, host)
		}
	}
	if !told || began < t.table.start { // or on the day before, whose summary may be closed
		hs.host.Ended++
		rs.router.EndsOnly++
		t.count(hs, e, host, peer)
		return
	}
	x := *e
	x.Time = began
	t.countLate(hs, &x, host, peer)
}

// countLate is count for a session that may be older than others that have been counted.
func (t *Tracker) countLate(hs *hostState, e *parse.Event, host, peer netip.Addr) {
	slot, sec := t.place(e.Time)
	if e.Src != host {
		hs = t.seated(hs, &hs.host.Inbound, slot)
		hs.inbound.addLate(&hs.host.Inbound, slot, sec, peer, t)
		hs.served(e, slot, peer, t.day)
		return
	}
	hs = t.seated(hs, &hs.host.Sessions, slot)
	hs.sessions.addLate(&hs.host.Sessions, slot, sec, peer, t)
	hash := hashAddr(peer)
	hs.peers.add(hash)
	hs.out.open(Door{peer, Port{e.Proto, e.DPort}}, hash, e.Time, slot/60)
	if e.DPort == 53 {
		hs.lookups.addLate(&hs.host.Lookups, slot, sec, peer, t)
		hs.resolver(peer)
	}
	t.remember(peer, host, hash, e.Time)
}

// lateSlot counts the events of a slot that were told of later.
type lateSlot struct {
	sec   [10]uint16
	peers [4]uint64 // linear counting over their hashes
}

// addLate counts an event in its own slot, in whatever order events come. Beyond maxLate slots the seconds are lost.
func (b *busy) addLate(s *Series, slot, sec int, peer netip.Addr, t *Tracker) {
	i := uint16(slot)
	s.slot(i).N++
	x := b.late[i]
	if x == nil {
		if !t.more("seconds of late sessions", t.lateSlots, maxLate) {
			return
		}
		t.lateSlots++
		if b.late == nil {
			b.late = map[uint16]*lateSlot{}
		}
		x = &lateSlot{}
		b.late[i] = x
	}
	x.sec[sec] = sat16(uint32(x.sec[sec]) + 1)
	h := hashAddr(peer)
	x.peers[h>>6&3] |= 1 << (h & 63)
}

// lateFine lists the late slots of which the seconds are kept, in order.
func (b *busy) lateFine() (out []Fine) {
	for i, x := range b.late {
		n := 0
		for _, k := range x.sec {
			n += int(k)
		}
		if n >= fineFloor {
			out = append(out, Fine{I: i, Sec: x.sec, Peers: uint16(min(int(linearEstimate(x.peers[:])+0.5), n))})
		}
	}
	slices.SortFunc(out, func(a, b Fine) int { return cmp.Compare(a.I, b.I) })
	return out
}

// spans holds a router's entries that are known only since they went.
type spans struct {
	list   []tableSpan
	hosts  []netip.Addr
	index  map[netip.Addr]int32
	levels []Level // of spans that have been counted already
}

// tableSpan is one entry: when it came and went, in ms of the day, and its place in spans.hosts.
type tableSpan struct{ from, to, host int32 }

// add notes an entry that was there between two times of the day, in ns.
func (p *spans) add(from, to int64, host netip.Addr) {
	if len(p.list) >= maxSpans {
		p.levels = mergeLevels(p.levels, p.count(nil))
		p.list, p.hosts, p.index = p.list[:0], nil, nil
		p.add(from, to, host)
		return
	}
	at, ok := p.index[host]
	if !ok {
		if p.index == nil {
			p.index = map[netip.Addr]int32{}
		}
		at = int32(len(p.hosts))
		p.index[host], p.hosts = at, append(p.hosts, host)
	}
	p.list = append(p.list, tableSpan{int32(from / 1e6), int32(to / 1e6), at})
}

// edge is the coming or the going of an entry, or an overflow (host < 0), in the order of their times.
type edge struct {
	at    int32
	delta int32
	host  int32
}

// count rebuilds the table from the spans: the fullest moment of each slot, and who held how much at the overflows that
// found no entry of which a beginning is logged.
func (p *spans) count(full []*Overflow) []Level {
	const slotMS, last = int32(SlotLen / 1e6), int32(slotsPerDay) - 1
	edges := make([]edge, 0, 2*len(p.list)+len(full))
	for _, s := range p.list {
		edges = append(edges, edge{s.from, 1, s.host}, edge{max(s.to, s.from+1), -1, s.host})
	}
	for i, o := range full {
		edges = append(edges, edge{int32((o.Start - dateOf(o.Start).Start().UnixNano()) / 1e6), 0, int32(-1 - i)})
	}
	slices.SortFunc(edges, func(a, b edge) int { // of one moment, what goes is gone before what comes
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta), cmp.Compare(a.host, b.host))
	})
	c := spanCount{now: make([]int32, len(p.hosts)), most: make([]int32, len(p.hosts)), hosts: p.hosts}
	var out []Level
	slot := int32(0)
	for _, x := range edges {
		for to := min(x.at/slotMS, last); slot < to; slot++ {
			if out = c.close(out, slot); c.total == 0 {
				slot = to - 1 // nothing until then
			}
		}
		switch {
		case x.host >= 0:
			c.add(x.host, x.delta)
		case full[-1-x.host].Total == 0:
			c.hold(full[-1-x.host])
		}
	}
	return c.close(out, slot)
}

// spanCount counts entries as a moment moves over the day.
type spanCount struct {
	now, most   []int32 // by place in hosts: entries, and most of them within the running slot
	total, peak int32
	seen        []int32 // places that have had an entry in the running slot
	hosts       []netip.Addr
}

func (c *spanCount) add(host, delta int32) {
	if c.most[host] == 0 {
		c.seen = append(c.seen, host)
	}
	c.now[host] += delta
	c.total += delta
	c.most[host], c.peak = max(c.most[host], c.now[host]), max(c.peak, c.total)
}

// close adds the level of the slot, and begins the next one.
func (c *spanCount) close(out []Level, slot int32) []Level {
	if c.peak > 0 {
		holders := make([]Holder, 0, len(c.seen))
		for _, at := range c.seen {
			holders = append(holders, Holder{Host: c.hosts[at], N: uint64(c.most[at])})
		}
		slices.SortFunc(holders, compareHolders)
		holders = slices.Clone(holders[:min(len(holders), maxHolders)])
		l := Level{I: uint16(slot), Total: uint32(c.peak), Holders: holders}
		if c.total > 0 {
			l.States = States{parse.NoState: uint32(c.total)}
		}
		out = append(out, l)
	}
	still := c.seen[:0]
	for _, at := range c.seen {
		if c.most[at] = c.now[at]; c.now[at] > 0 {
			still = append(still, at)
		}
	}
	c.seen, c.peak = still, c.total
	return out
}

// hold names the holders of the table in an overflow.
func (c *spanCount) hold(o *Overflow) {
	n := max(uint64(o.Lines), 1)
	for at, k := range c.now {
		if k > 0 {
			o.Holders = append(o.Holders, Holder{Host: c.hosts[at], N: n * uint64(k), All: n * uint64(k)})
		}
	}
	slices.SortFunc(o.Holders, compareHolders)
	o.Holders = slices.Clip(o.Holders[:min(len(o.Holders), maxHolders)])
	o.Total, o.All, o.Weight = uint32(c.total), uint32(c.total), n
	o.Held, o.HeldAll = n*uint64(c.total), n*uint64(c.total)
}

// fill adds what is known of them to a router's summary.
func (p *spans) fill(r *Router) {
	if len(p.list) == 0 && len(p.levels) == 0 {
		return
	}
	full := make([]*Overflow, 0, len(r.Overflows))
	for i := range r.Overflows {
		full = append(full, &r.Overflows[i])
	}
	r.Occupancy = mergeLevels(r.Occupancy, mergeLevels(p.levels, p.count(full)))
}

// EndsTogether is the class of BurstKind of which only ends are logged: when the sessions began is not known.
const EndsTogether = "ends"

const (
	heapShare  = 0.1 // of a host's sessions counted when they ended, from which on no moment of them is believed
	heapBin    = 3   // minutes: what a collector holds back at most
	heapFloor  = 300 // sessions that end within a bin, below which nothing is said
	heapPages  = 900 // … of a host that hardly opens others than to many web servers: 300 a minute, as for a load
	heapTimes  = 4.0 // … and times the hour's usual
	heapHour   = 20  // bins on both sides that are the hour
	heapSpread = heapBin * 60
	heapAround = 12   // of those that must have been seen
	heapUsual  = 0.95 // quantile of them that is usual
)

// countsHeaps reports whether the host's sessions are counted when they ended.
func countsHeaps(days []*Day, host netip.Addr) bool {
	var ended, all uint64
	for _, d := range days {
		if h := d.Hosts[host]; h != nil {
			ended, all = ended+h.Ended, all+h.Sessions.Total()
		}
	}
	return float64(ended) > heapShare*float64(all)
}

// bins sums the line's sessions in whole bins of the span.
func (l *line) bins() []float64 {
	out := make([]float64, max(l.n, 0)/(heapBin*slotsAMinute))
	for _, i := range l.hot {
		if k := i / (heapBin * slotsAMinute); k < len(out) {
			out[k] += float64(l.slots[i])
		}
	}
	return out
}

// outstanding reports whether bin k has several times what is usual in the hours before and after it; the bins beside
// it may have a part of the same.
func outstanding(bins []float64, k int, times float64) bool {
	var around []float64
	for i := max(k-heapHour, 0); i <= min(k+heapHour, len(bins)-1); i++ {
		if i < k-1 || i > k+1 {
			around = append(around, bins[i])
		}
	}
	if len(around) < heapAround {
		return false
	}
	slices.Sort(around)
	usual := max(around[int(heapUsual*float64(len(around)-1))], around[len(around)/2])
	return bins[k] >= times*usual
}

// heapFloor gives the ends of the host that are worth a word where n come together. Pages that a person reads end
// together, too.
func (a *activity) heapFloor(n float64) float64 {
	if 2*a.otherN < n && a.webN <= pageEach*a.peerN {
		return heapPages
	}
	return heapFloor
}

// heapFindings reports hosts many of whose sessions ended within a few minutes, where nothing tells when they began.
// Where those of the others end at the same time, a table was emptied.
func heapFindings(q *inquiry) (out []Finding) {
	if !slices.ContainsFunc(q.hosts, func(a *activity) bool { return a.heaped }) {
		return nil
	}
	var all []float64
	for _, a := range q.hosts {
		for k, n := range a.sessions.bins() {
			if k >= len(all) {
				all = append(all, 0)
			}
			all[k] += n
		}
	}
	for _, a := range q.hosts {
		if !a.heaped {
			continue
		}
		bins, rest := a.sessions.bins(), slices.Clone(all)
		for k, n := range bins {
			rest[k] -= n
		}
		var runs []run
		const binLen = heapBin * int64(time.Minute)
		for k, n := range bins {
			if n < a.heapFloor(n) || !outstanding(bins, k, heapTimes) ||
				rest[k] >= heapFloor && outstanding(rest, k, heapTimes) {
				continue
			}
			r := run{start: a.sessions.start + int64(k)*binLen, events: int(n)}
			r.end = r.start + binLen
			if len(runs) > 0 && runs[len(runs)-1].end == r.start {
				runs[len(runs)-1].end, runs[len(runs)-1].events = r.end, runs[len(runs)-1].events+r.events
				continue
			}
			runs = append(runs, r)
		}
		if len(runs) > 0 {
			f := burstFinding(a, runs)
			f.Class, f.SpreadS, f.Evidence.Ask.Kind = EndsTogether, heapSpread, "session-end"
			f.Ports = topPorts(q.days, a.host, 3)
			out = append(out, f)
		}
	}
	return out
}
