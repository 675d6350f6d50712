package detect

import (
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// replay plays the stream; Events ends where a store would.
func (s *stream) replay(from, to time.Time) *Replay {
	r := &Replay{Config: DefaultConfig(), Router: "gw", From: from, To: to, Days: s.days(DefaultConfig()),
		Prev: func(Date) *Day { return nil }}
	r.Events = func() iter.Seq2[*parse.Event, error] {
		return func(yield func(*parse.Event, error) bool) {
			until := r.To
			if r.Ahead.After(until) {
				until = r.Ahead
			}
			for _, e := range s.sorted() {
				if e.Time < until.UnixNano() && !yield(&e, nil) {
					return
				}
			}
		}
	}
	return r
}

func allOf(held []Held) (n int) {
	for _, h := range held {
		n += h.N
	}
	return n
}

// TestPeakIsOneNumber: who held the table at its fullest moment are as many as the summary of the day counts.
func TestPeakIsOneNumber(t *testing.T) {
	s := newStream()
	rng := rand.New(rand.NewPCG(91, 92))
	for i := range 40 {
		at := t0.Add(time.Duration(i) * 17 * time.Second)
		for range 40 + rng.IntN(200) {
			begin := at.Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
			e := s.session(begin, lan(rng.IntN(3)), wan(rng.IntN(99)), parse.UDP, 53)
			if rng.IntN(3) > 0 {
				e.Kind = parse.SessionEnd
				s.add(at.Add(time.Duration(4+rng.IntN(20))*time.Second), e)
			}
		}
	}
	occ := s.days(DefaultConfig())[0].Routers["gw"].Occupancy
	for _, l := range occ {
		slot := t0.Truncate(24 * time.Hour).Add(time.Duration(l.I) * SlotLen)
		at, held, err := s.replay(slot.Truncate(24*time.Hour), slot.Add(SlotLen)).Peak(slot)
		if err != nil {
			t.Fatal(err)
		}
		if len(held) == 0 { // no line in that slot
			continue
		}
		if n := allOf(held); n != int(l.Total) || at.Before(slot) || at.After(slot.Add(SlotLen)) {
			t.Errorf("%v: %d entries at %v, want %d", slot, n, at, l.Total)
		}
	}
}

// TestOnlyEndsAtAMoment: sessions of which only the end is logged, and how long they lasted, are in the table in
// between, at a moment, step by step, and in a replay.
func TestOnlyEndsAtAMoment(t *testing.T) {
	s := newStream()
	for i := range 300 {
		at := t0.Add(time.Duration(i) * 200 * time.Millisecond)
		s.add(at.Add(40*time.Second), parse.Event{Kind: parse.SessionEnd, Src: lan(1), Dst: wan(1), Proto: parse.UDP,
			SPort: uint16(2000 + i), DPort: 53, Count: 40_000})
	}
	day := t0.Truncate(24 * time.Hour)
	for _, x := range []struct {
		at time.Duration
		n  int
	}{{10 * time.Second, 51}, {39 * time.Second, 196}, {50 * time.Second, 200}, {90 * time.Second, 50}} {
		held, err := s.replay(day, t0.Add(x.at+1)).At()
		if n := allOf(held); err != nil || n < x.n-2 || n > x.n+2 {
			t.Errorf("%v: %d entries, want %d (%v)", x.at, n, x.n, err)
		}
	}
	steps, err := s.replay(t0, t0.Add(100*time.Second)).Steps(time.Second)
	if err != nil || len(steps) != 100 || steps[10].Entries != 51 || steps[50].Entries != 200 || steps[99].Entries > 6 {
		t.Errorf("%v %v", steps, err)
	}
	var c Change
	if err := c.Add("udp=10", nil); err != nil {
		t.Fatal(err)
	}
	w, err := s.replay(t0, t0.Add(200*time.Second)).WhatIf(&c, false)
	if err != nil || w.Before.Likely.Peak < 199 || w.Before.Likely.Peak > 201 || w.After.Likely.Peak > 110 {
		t.Errorf("%v before, %v after (%v)", w.Before.Likely, w.After, err)
	}
}
