package detect

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// This file says who held the table at one moment.

// Held counts the entries of one host in the table at one moment, by state.
type Held struct {
	Host   netip.Addr // invalid for the router itself and others
	N      int
	States map[string]int // "tcp TIME_WAIT" where the log tells states, else "tcp", "udp" …
}

// At lists the holders of the table at the end of the window, most entries first. From is the beginning of that UTC
// day. Events is read on to the end of that day where only the ends of sessions are logged.
func (r *Replay) At() ([]Held, error) {
	at := r.To.UnixNano()
	r.Ahead = dateOf(at - 1).End()
	in := newStints(r.Config, func(*stint) {}, func(*stint) {})
	hs := holders{r: r, router: parse.MakeName(r.Router)}
	in.spanned = func(s *stint) {
		if s.start < at && s.end >= at {
			hs.add(s)
		}
	}
	passed := false
	pass := func() {
		passed = true
		if in.tracker == nil {
			return
		}
		in.tracker.advance(at - 1)
		in.tracker.table.expire(at - 1)
		for _, s := range in.live {
			if s.start < at {
				hs.add(s)
			}
		}
	}
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		if e.Time >= at && !passed {
			if pass(); !r.endsLogged() {
				break
			}
		}
		if passed && e.Kind != parse.SessionEnd {
			continue
		}
		in.observe(e, r.Prev)
	}
	if !passed {
		pass()
	}
	return hs.list(), nil
}

// endsLogged reports whether an end of a session is in the log.
func (r *Replay) endsLogged() bool {
	return slices.ContainsFunc(r.Days, func(d *Day) bool {
		for name, x := range d.Routers {
			if x.Ends > 0 && (r.All || name == r.Router) {
				return true
			}
		}
		return false
	})
}

// Peak finds the fullest moment of the slot that begins at that time, and lists the holders of the table then: as many
// as the slot's Level counts. From is the beginning of that UTC day. Where only the ends of sessions are logged the
// list is empty.
func (r *Replay) Peak(slot time.Time) (at time.Time, held []Held, err error) {
	const first = -1
	end, router := slot.Add(SlotLen).UnixNano(), parse.MakeName(r.Router)
	best, most, before := first, 0, false
	read := func(upTo int, each func(n int, in *stints, e *parse.Event)) (*stints, error) {
		in := newStints(r.Config, func(*stint) {}, func(*stint) {})
		n := 0
		for e, err := range r.Events() {
			if err != nil {
				return nil, err
			}
			if e.Time >= end || upTo != first && n > upTo || upTo == n && before {
				break
			}
			in.observe(e, r.Prev)
			each(n, in, e)
			n++
		}
		return in, nil
	}
	_, err = read(first, func(n int, in *stints, e *parse.Event) {
		h := in.tracker.table.routers[router]
		if r.All {
			h = &in.tracker.table.all
		}
		if e.Time >= slot.UnixNano() && h != nil && h.peak > most {
			best, most, before, at = n, h.peak, h.total < h.peak, time.Unix(0, e.Time)
		}
	})
	if err != nil || best == first {
		return slot, nil, err
	}
	in, err := read(best, func(int, *stints, *parse.Event) {})
	if err != nil || in.tracker == nil {
		return slot, nil, err
	}
	if before { // it is what was left of the slot before
		at = slot
		in.tracker.advance(slot.UnixNano())
	}
	hs := holders{r: r, router: router}
	for _, s := range in.live {
		hs.add(s)
	}
	return at, hs.list(), nil
}

// holders gathers entries by host.
type holders struct {
	r      *Replay
	router parse.Name
	byHost map[netip.Addr]*Held
}

func (x *holders) add(s *stint) {
	if !x.r.All && s.router != x.router {
		return
	}
	if x.byHost == nil {
		x.byHost = map[netip.Addr]*Held{}
	}
	h := x.byHost[s.holder]
	if h == nil {
		h = &Held{Host: s.holder, States: map[string]int{}}
		x.byHost[s.holder] = h
	}
	h.N++
	h.States[stateName(s)]++
}

// list gives them, most entries first.
func (x *holders) list() []Held {
	var out []Held
	for _, h := range x.byHost {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Held) int { return cmp.Or(cmp.Compare(b.N, a.N), a.Host.Compare(b.Host)) })
	return out
}

// Moment is the number of entries at one moment.
type Moment struct {
	At          time.Time
	Entries     int
	Least, Most int // bounds of Entries, where ends are guessed
}

// MaxSteps bounds Steps.
const MaxSteps = 86_400

// Steps counts the entries of the table at the beginning of the window and after each step of it, at most MaxSteps
// times.
func (r *Replay) Steps(step time.Duration) ([]Moment, error) {
	from, n := r.From.UnixNano(), int64(0)
	if n = (r.To.UnixNano() - from + int64(step) - 1) / int64(step); n > MaxSteps {
		n = MaxSteps
	}
	change := make([][3]int, max(n, 0)+1)
	router := parse.MakeName(r.Router)
	place := func(ns int64) int64 { return min(max((ns-from+int64(step)-1)/int64(step), 0), n) }
	closed := func(s *stint) {
		if (r.All || s.router == router) && s.most > from {
			for i, end := range [3]int64{s.least, s.end, s.most} {
				change[place(s.start)][i]++
				change[place(end)][i]--
			}
		}
	}
	r.Ahead = dateOf(r.To.UnixNano() - 1).End()
	in := newStints(r.Config, func(*stint) {}, closed)
	in.spanned = closed
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		in.observe(e, r.Prev)
	}
	in.finish()
	var out []Moment
	var sum [3]int
	for i := range n {
		for k, x := range change[i] {
			sum[k] += x
		}
		out = append(out, Moment{At: time.Unix(0, from+i*int64(step)), Entries: sum[1], Least: sum[0], Most: sum[2]})
	}
	return out, nil
}

func stateName(s *stint) string {
	name := "other"
	switch s.key.Proto {
	case parse.TCP:
		name = "tcp"
	case parse.UDP:
		name = "udp"
	case parse.ICMP, parse.ICMPv6:
		name = "icmp"
	}
	if s.state == parse.NoState {
		return name
	}
	return name + " " + s.state.String()
}
