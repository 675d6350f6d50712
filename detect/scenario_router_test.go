package detect_test

import (
	"cmp"
	"container/heap"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// This file is the router of a scene: a session table that refuses when it is full, and a log with the faults that logs
// have.

// logging holds the form of the log that a router writes, and the faults of its way: lost and repeated lines, a wrong
// clock.
type logging struct {
	form  form
	table int     // entries; 0 = enough
	lost  float64 // share of lines
	twice float64 // share of lines that come twice
	skew  time.Duration
	drift float64 // parts per million
	quiet bool    // syslogd says "last message repeated" for table-full lines
}

type form uint8

const (
	begins    form = iota // a LOG rule for new sessions
	conntrack             // new and destroyed entries
	asa                   // built and torn down: no TIME_WAIT
)

// outcomes says whether the log tells how sessions end.
func (l logging) outcomes() bool { return l.form != begins }

func (s *scene) faults() {
	l := &s.log
	l.form = form(s.rng.IntN(3))
	if s.chance(0.4) {
		l.lost = s.between(0.05, 0.3)
	}
	if s.chance(0.3) {
		l.twice = 0.02
	}
	if s.chance(0.4) {
		l.skew = seconds(s.between(-20, 20))
		l.drift = s.between(-50, 50)
	}
	l.quiet = s.chance(0.3)
}

// full is a spell in which the table refused sessions.
type full struct {
	start, end int64
	drops      int
	held       map[netip.Addr]int
	top        netip.Addr
	said       bool // in the log
	share      float64
}

// seen holds the times of the sessions of a burst that are in the log.
type seen struct {
	times []int64
}

// peak is the most sessions in ten seconds.
func (b *seen) peak() (most int) {
	slices.Sort(b.times)
	lo := 0
	for hi := range b.times {
		for b.times[hi]-b.times[lo] > 10e9 {
			lo++
		}
		most = max(most, hi-lo+1)
	}
	return most
}

// logged is the log of a scene, and what only its maker knows.
type logged struct {
	events []parse.Event
	fulls  []full
	bursts []seen // by group
}

func (l *logged) sort() {
	slices.SortStableFunc(l.events, func(a, b parse.Event) int { return cmp.Compare(a.Time, b.Time) })
}

type later struct {
	at    int64
	visit int // to be tried again
	tries int
	host  netip.Addr // whose entry ends
}

type agenda []later

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at < a[j].at }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(later)) }
func (a *agenda) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}

// router is the state of the simulation.
type router struct {
	*scene
	out     logged
	agenda  agenda
	held    map[netip.Addr]int
	total   int
	port    uint16
	window  int64 // start of the kernel's five seconds
	printed int
	hidden  uint32
}

// run plays all visits and returns the log.
func (s *scene) run() logged {
	r := &router{scene: s, held: map[netip.Addr]int{}, port: 20000, window: -1 << 62}
	r.out.bursts = make([]seen, s.groups+1)
	slices.SortStableFunc(s.visits, func(a, b visit) int { return cmp.Compare(a.at, b.at) })
	for i := range s.visits {
		r.until(s.visits[i].at)
		r.open(i, s.visits[i].at, 0)
	}
	r.out.sort()
	r.spoil()
	for i := range r.out.fulls {
		f := &r.out.fulls[i]
		for h, n := range f.held {
			if f.top == (netip.Addr{}) || n > f.held[f.top] || n == f.held[f.top] && h.Less(f.top) {
				f.top = h
			}
		}
		f.share = float64(f.held[f.top]) / float64(f.drops) / float64(s.log.table)
	}
	r.out.fulls = slices.DeleteFunc(r.out.fulls, func(f full) bool { return !f.said })
	return r.out
}

func (r *router) until(at int64) {
	for len(r.agenda) > 0 && r.agenda[0].at <= at {
		x := heap.Pop(&r.agenda).(later)
		if x.tries > 0 {
			r.open(x.visit, x.at, x.tries)
			continue
		}
		r.total--
		r.held[x.host]--
	}
}

func (r *router) inside(a netip.Addr) bool { return a.IsPrivate() }

// open tries to make an entry for the visit.
func (r *router) open(i int, at int64, tries int) {
	v := &r.visits[i]
	if v.names.IsValid() {
		r.out.events = append(r.out.events, parse.Event{Time: at, Kind: parse.DNSQuery, Src: v.src, NATDst: v.names,
			Detail: parse.MakeName("x")})
	}
	holder := v.src
	if !r.inside(holder) {
		holder = v.dst
	}
	if r.log.table > 0 && r.total >= r.log.table {
		r.refuse(at)
		if v.proto == parse.TCP && tries < 2 { // SYN again after 1 s and 3 s
			heap.Push(&r.agenda, later{at: at + int64(1+tries)*1e9, visit: i, tries: tries + 1})
		}
		return
	}
	if r.port++; r.port < 20000 {
		r.port = 20000
	}
	e := parse.Event{Time: at, Kind: parse.SessionNew, Src: v.src, Dst: v.dst, SPort: r.port, DPort: v.dport,
		Proto: v.proto}
	end := at + r.hold(v)
	r.total++
	r.held[holder]++
	heap.Push(&r.agenda, later{at: end, host: holder})
	r.say(e, v)
	if r.log.form == begins && v.fate == silent && v.proto == parse.TCP {
		for _, again := range [...]int64{1, 3, 7} {
			e.Time = at + again*1e9
			r.say(e, nil)
		}
	}
	if r.log.outcomes() {
		e.Kind, e.Time = parse.SessionEnd, end
		switch {
		case v.proto != parse.TCP:
			e.Packets, e.Bytes = 2, 200
		case v.fate == served:
			e.Packets, e.Bytes = 12, 4000
		case v.fate == refused:
			e.Packets, e.Flags = 2, parse.RST
		default:
			e.Packets, e.State = 1, parse.Unreplied
		}
		r.say(e, nil)
	}
}

// hold returns the time that an entry lives: with Linux's timeouts, or on an ASA, which deletes it with the last
// packet.
func (r *router) hold(v *visit) int64 {
	switch {
	case v.proto == parse.UDP:
		return v.talk + 30e9
	case v.fate == refused:
		return 10e9
	case v.fate == silent && r.log.form == asa:
		return 30e9
	case v.fate == silent:
		return 120e9
	case r.log.form == asa:
		return v.talk
	}
	return v.talk + 120e9
}

func (r *router) say(e parse.Event, v *visit) {
	if r.chance(r.log.lost) || e.Time >= r.to.UnixNano() {
		return
	}
	if e.Kind == parse.TableFull {
		r.out.fulls[len(r.out.fulls)-1].said = true
	}
	r.out.events = append(r.out.events, e)
	if v != nil && v.group > 0 {
		b := &r.out.bursts[v.group]
		b.times = append(b.times, e.Time)
	}
	if r.chance(r.log.twice) {
		r.out.events = append(r.out.events, e)
	}
}

// refuse counts a refused session, and says so as the kernel does: ten lines in five seconds, the rest as a number.
func (r *router) refuse(at int64) {
	f := &r.out.fulls
	if n := len(*f); n == 0 || at-(*f)[n-1].end > 30e9 {
		*f = append(*f, full{start: at, held: map[netip.Addr]int{}})
	}
	x := &(*f)[len(*f)-1]
	x.end = at
	x.drops++
	for h, n := range r.held {
		x.held[h] += n
	}
	if at-r.window > 5e9 {
		if r.hidden > 0 {
			r.say(parse.Event{Time: at, Kind: parse.Suppressed, Count: r.hidden,
				Detail: parse.MakeName("net_ratelimit")}, nil)
		}
		r.window, r.printed, r.hidden = at, 0, 0
	}
	if r.printed++; r.printed > 10 {
		r.hidden++
		return
	}
	if r.log.quiet && r.printed > 1 {
		if r.printed == 10 {
			r.say(parse.Event{Time: at, Kind: parse.Repeated, Count: 9}, nil)
		}
		return
	}
	r.say(parse.Event{Time: at, Kind: parse.TableFull, Detail: parse.MakeName("conntrack")}, nil)
}

// spoil puts the router's clock wrong.
func (r *router) spoil() {
	from := r.from.UnixNano()
	name := parse.MakeName("gw")
	for i := range r.out.events {
		e := &r.out.events[i]
		e.Router = name
		e.Time += int64(r.log.skew) + int64(float64(e.Time-from)*r.log.drift*1e-6)
	}
}
