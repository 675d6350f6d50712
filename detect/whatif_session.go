package detect

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// stint is one recorded session as the replay needs it: its entry in the table, and the reason for which that went.
type stint struct {
	key     Key
	holder  netip.Addr
	router  parse.Name
	start   int64 // ns
	last    int64 // last line about it
	end     int64 // when its entry went; meaningful when over
	least   int64 // … at the earliest, where that is guessed; else end
	most    int64 // … at the latest
	wait    int64 // ns before end for which it waited for the collector, where end is guessed
	state   parse.State
	class   class     // timeout that ended it
	to      *Timeouts // of its router
	scale   float64   // by which its hold time was multiplied (see Gauge)
	over    bool
	updated bool       // a line has told of a change of its entry
	stream  bool       // of UDP: both sides went on talking
	host    int32      // index of the holder
	cause   netip.Addr // of a lookup that another host set off
	ghost   bool       // refused: not in the log
	likely  bool       // of a ghost: not a repetition of another one
	in, out uint64     // by simulation: it was let in; it has gone
}

// stints follows the sessions of a stream of events with the same table that a Tracker rebuilds.
type stints struct {
	cfg     Config
	tracker *Tracker
	live    map[*entry]*stint
	event   *parse.Event // that is being observed
	opened  func(*stint)
	closed  func(*stint)
	spanned func(*stint) // of each session of which only the end is logged, and how long it lasted; may be nil
	dropped uint64       // sessions beyond the bound of the table
}

func newStints(cfg Config, opened, closed func(*stint)) *stints {
	return &stints{cfg: cfg, live: map[*entry]*stint{}, opened: opened, closed: closed}
}

// observe takes one event in; events come in order of time. prev is asked for the day before the first one.
func (x *stints) observe(e *parse.Event, prev func(Date) *Day) {
	date := dateOf(e.Time)
	if x.tracker == nil {
		x.begin(date, prev(date-1))
	} else if date > x.tracker.Date() {
		x.nextDay(date)
	}
	x.event = e
	x.tracker.Observe(e)
	if e.Kind != parse.SessionNew && e.Kind != parse.SessionUpdate {
		return
	}
	if en := x.tracker.table.find(x.tracker.table.spot(x.tracker.keyOf(e))); en != nil {
		if s := x.live[en]; s != nil {
			s.last = max(s.last, e.Time)
			if e.State != parse.NoState {
				s.state = e.State
			}
			s.updated, s.stream = s.updated || e.Kind == parse.SessionUpdate, en.stream
		}
	}
}

func (x *stints) begin(date Date, prev *Day) {
	x.tracker = NewTracker(x.cfg, prev, date)
	x.tracker.table.watch, x.tracker.spanned = x.watch, x.span
	for _, en := range x.tracker.table.list() {
		x.open(en, date.Start().UnixNano())
	}
}

// nextDay goes on with the sessions that are open.
func (x *stints) nextDay(date Date) {
	old := x.tracker
	old.advance(date.Start().UnixNano() - 1)
	x.dropped += old.day.Dropped["sessions"]
	day := old.Day()
	var next *Tracker
	if date == old.Date()+1 {
		next = NewTracker(x.cfg, day, date)
	} else { // a day without events
		next = NewTracker(x.cfg, nil, date)
	}
	byKey := map[Key]*stint{}
	for _, s := range x.live {
		byKey[s.key] = s
	}
	live := map[*entry]*stint{}
	for _, en := range next.table.list() {
		if s := byKey[en.key]; s != nil {
			live[en] = s
			delete(byKey, en.key)
		}
	}
	for _, en := range x.inOrder() {
		if s := x.live[en]; byKey[s.key] == s {
			x.close(s, en, en.expires, false)
		}
	}
	x.live, x.tracker = live, next
	next.table.watch, next.spanned = x.watch, x.span
}

// span takes in a session of which only the end is logged.
func (x *stints) span(e *parse.Event, began int64, holder netip.Addr) {
	if x.spanned == nil {
		return
	}
	k := x.tracker.keyOf(e)
	s := &stint{key: k, holder: holder, router: e.Router, start: began, last: began, end: e.Time,
		least: e.Time, most: e.Time, state: e.State, over: true, to: x.tracker.router(e.Router).held, scale: 1}
	s.class = endClass(s, e, s.to)
	x.spanned(s)
}

// finish closes the sessions that are still open, at the times at which they would expire.
func (x *stints) finish() {
	if x.tracker != nil {
		x.dropped += x.tracker.day.Dropped["sessions"]
	}
	for _, en := range x.inOrder() {
		x.close(x.live[en], en, en.expires, false)
	}
	clear(x.live)
}

// inOrder gives the live entries in order of their keys.
func (x *stints) inOrder() []*entry {
	return slices.SortedFunc(maps.Keys(x.live), func(a, b *entry) int { return a.key.compare(b.key) })
}

func (x *stints) watch(en *entry, gone bool) {
	if !gone {
		x.open(en, x.event.Time)
		return
	}
	s := x.live[en]
	if s == nil {
		return
	}
	delete(x.live, en)
	k := x.tracker.keyOf(x.event)
	logged := x.event.Kind == parse.SessionEnd && (k == en.key ||
		Key{k.Dst, k.Src, k.DPort, k.SPort, k.Proto} == en.key)
	at := en.expires
	if logged {
		at = x.event.Time
	}
	x.close(s, en, at, logged)
}

func (x *stints) open(en *entry, at int64) {
	s := &stint{key: en.key, holder: en.own.host, router: en.in.router, start: at, last: at, scale: 1}
	s.to = x.tracker.router(en.in.router).held
	if rs := x.tracker.routers[en.in.router]; rs != nil {
		s.scale = rs.router.Gauge.scale()
	}
	if x.event != nil {
		s.state = x.event.State
	}
	x.live[en] = s
	x.opened(s)
}

func (x *stints) close(s *stint, en *entry, at int64, logged bool) {
	s.end, s.over = max(at, s.start), true
	s.least, s.most, s.wait = s.end, s.end, 0
	if !logged && en.most != 0 {
		s.least, s.most, s.wait = min(max(en.least, s.start), s.end), max(en.most, s.end), int64(en.wait)
	}
	if logged {
		s.class, s.scale = endClass(s, x.event, s.to), 1
	} else {
		s.class = holdClass(s, s.to)
	}
	x.closed(s)
}

// tcpClass gives the timeout that holds an entry in the state.
func tcpClass(s parse.State) (class, bool) {
	switch s {
	case parse.SynSent, parse.Unreplied:
		return classSynSent, true
	case parse.SynRecv:
		return classSynRecv, true
	case parse.Established:
		return classEstablished, true
	case parse.FinWait:
		return classFinWait, true
	case parse.CloseWait:
		return classCloseWait, true
	case parse.LastAck:
		return classLastAck, true
	case parse.TimeWait:
		return classTimeWait, true
	case parse.Close:
		return classClose, true
	}
	return classFixed, false
}

// endClass gives the timeout that a logged end came from. Linux logs the end when the timeout has run out; a firewall
// that names a reason of its own logs it when the session closes.
func endClass(s *stint, e *parse.Event, to *Timeouts) class {
	life := time.Duration(s.end - s.start)
	if e.Detail != (parse.Name{}) {
		return classFixed
	}
	switch s.key.Proto {
	case parse.UDP:
		if e.State == parse.Unreplied || !s.stream && (s.updated || life < to.UDPStream) {
			return classUDP
		}
		return classUDPStream
	case parse.ICMP, parse.ICMPv6:
		return classICMP
	case parse.TCP:
	default:
		return classGeneric
	}
	for _, state := range []parse.State{e.State, s.state} {
		k, ok := tcpClass(state)
		if !ok || k == classEstablished || k == classSynSent && state != parse.Unreplied && e.Packets > 2 {
			continue // it had come further than the lines say
		}
		return k
	}
	switch outcomeOf(e) {
	case silent:
		return classSynSent
	case refused:
		return classClose
	case done:
		return classTimeWait
	}
	if life < to.TimeWait {
		return classClose
	}
	return classTimeWait
}

// holdClass gives the timeout of an entry without a logged end.
func holdClass(s *stint, to *Timeouts) class {
	hold := time.Duration(math.Round(float64(s.end-s.last-s.wait) / s.scale))
	switch s.key.Proto {
	case parse.TCP:
		if k, ok := tcpClass(s.state); ok && hold == to.of(k) {
			return k
		}
		if hold == to.Close {
			return classClose
		}
		if hold >= to.Established {
			return classEstablished
		}
		return classTypicalTCP
	case parse.UDP:
		switch {
		case hold >= to.Generic && to.Generic > to.UDPStream:
			return classGeneric
		case s.stream || hold >= to.UDPStream:
			return classUDPStream
		}
		return classUDP
	case parse.ICMP, parse.ICMPv6:
		return classICMP
	}
	return classGeneric
}

// shift gives how many ns later the entry goes with the change.
func (s *stint) shift(c *Change) int64 { return int64(float64(c.shift(s.class, s.to)) * s.scale) }
