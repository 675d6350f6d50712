package detect

import (
	"errors"
	"iter"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// replayOf is the replay of a stream, over a day.
func replayOf(s *stream, cfg Config) *Replay {
	from := DateOf(time.Unix(0, s.sorted()[0].Time)).Start()
	return &Replay{Config: cfg, Router: "gw", From: from, To: from.Add(24 * time.Hour), Days: s.days(cfg),
		Prev: func(Date) *Day {
			return nil
		},
		Events: func() iter.Seq2[*parse.Event, error] {
			return func(yield func(*parse.Event, error) bool) {
				for i := range s.events {
					if !yield(&s.events[i], nil) {
						return
					}
				}
			}
		}}
}

func change(t *testing.T, s string) *Change {
	t.Helper()
	var c Change
	if s != "" {
		if err := c.Add(s, nil); err != nil {
			t.Fatal(err)
		}
	}
	return &c
}

// ten UDP sessions of host 1, one a second.
func ten() *stream {
	s := newStream()
	for i := range 10 {
		at := noon.Add(time.Duration(i) * time.Second)
		s.session(at, lan(1), wan(i), parse.UDP, 7000)
	}
	return s
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// visit is a TCP session to a server of ours, closed by it, as conntrack logs it.
func visit(s *stream, at time.Time, sport uint16, talk, wait time.Duration) {
	e := parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Src: wan(7), SPort: sport, Dst: lan(80), DPort: 80,
		State: parse.SynSent}
	s.add(at, e)
	for i, state := range []parse.State{parse.SynRecv, parse.Established} {
		e.Kind, e.State = parse.SessionUpdate, state
		s.add(at.Add(time.Duration(i+1)*time.Millisecond), e)
	}
	e.State = parse.TimeWait
	s.add(at.Add(talk), e)
	e.Kind, e.State = parse.SessionEnd, parse.NoState
	s.add(at.Add(talk+wait), e)
}

// TestReplay is reckoned by hand: see each case.
func TestReplay(t *testing.T) {
	visits := newStream()
	visit(visits, noon, 1001, 10*time.Second, 2*time.Minute)                     // gone at 2:10
	visit(visits, noon.Add(50*time.Second), 1002, 10*time.Second, 2*time.Minute) // gone at 3:00
	server := lan(80).String()
	cases := map[string]struct {
		s                                    *stream
		table                                int
		change                               string
		peak, overflows                      int
		full                                 time.Duration
		refused, limited, removed, reused, n uint64
	}{
		"as it was, large enough": {s: ten(), table: 10, peak: 10, n: 10},
		// 0..3 s get in, 4..9 s do not
		"as it was, too small": {s: ten(), table: 4, peak: 4, overflows: 1, full: 5 * time.Second, refused: 6,
			n: 4},
		"larger table": {s: ten(), table: 4, change: "table=8", peak: 8, overflows: 1, full: time.Second,
			refused: 2, n: 8},
		"size not known": {s: ten(), peak: 10, n: 10},
		// each makes room for the third after it
		"shorter timeout": {s: ten(), table: 4, change: "udp=3", peak: 3, n: 10},
		// 4 and 9 s find it full
		"shorter, not enough": {s: ten(), table: 4, change: "udp=5", peak: 4, overflows: 1, full: 5 * time.Second,
			refused: 2, n: 8},
		"another timeout": {s: ten(), table: 4, change: "udp_stream=3", peak: 4, overflows: 1,
			full: 5 * time.Second, refused: 6, n: 4},
		"longer timeout":        {s: ten(), table: 10, change: "udp=300", peak: 10, n: 10},
		"limit":                 {s: ten(), table: 4, change: "limit=2", peak: 2, limited: 8, n: 2},
		"limit of another host": {s: ten(), table: 10, change: "limit=2@" + lan(9).String(), peak: 10, n: 10},
		"limit of the host": {s: ten(), table: 10, change: "limit=3@" + lan(1).String(), peak: 3, limited: 7,
			n: 3},
		"without the host": {s: ten(), table: 4, change: "without=" + lan(1).String(), removed: 10},
		"without a peer": {s: ten(), table: 10, change: "without=" + wan(3).String(), peak: 9, removed: 1,
			n: 9},
		// 2, 5 and 8 s are over the limit
		"two changes":        {s: ten(), table: 4, change: "udp=3,limit=2", peak: 2, limited: 3, n: 7},
		"TIME_WAIT overlaps": {s: visits, table: 5, peak: 2, n: 2},
		// the first is gone at 0:40
		"shorter TIME_WAIT":         {s: visits, table: 5, change: "time_wait=30", peak: 1, n: 2},
		"TIME_WAIT as long as that": {s: visits, table: 5, change: "time_wait=41", peak: 2, n: 2}, // … at 0:51
		"no linger":                 {s: visits, table: 5, change: "linger=0@" + server + ":80", peak: 1, n: 2},
		"linger of another port":    {s: visits, table: 5, change: "linger=0@" + server + ":443", peak: 2, n: 2},
		// the talk ended at 0:10, the next begins at 0:50
		"keep-alive":           {s: visits, table: 5, change: "keepalive=60@" + server, peak: 1, reused: 1, n: 1},
		"keep-alive too short": {s: visits, table: 5, change: "keepalive=39@" + server, peak: 2, n: 2},
		// gone at 0:30
		"keep-alive, no linger": {s: visits, table: 5, change: "keepalive=20@" + server + ",linger=0@" + server,
			peak: 1, n: 2},
		"established, still open": {s: stayer(), table: 5, change: "established=3600", peak: 1, n: 2},
		"established, as it was":  {s: stayer(), table: 5, peak: 2, n: 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Table = c.table
			w, err := replayOf(c.s, cfg).WhatIf(change(t, c.change), false)
			if err != nil {
				t.Fatal(err)
			}
			o := w.Before.Likely
			if w.After != nil {
				o = w.After.Likely
			}
			var limited uint64
			for _, n := range o.Limited {
				limited += n
			}
			got := []any{o.Peak, o.Overflows, o.Full, o.refusedAll(), limited, o.Removed, o.Reused, o.Sessions}
			want := []any{c.peak, c.overflows, c.full, c.refused, c.limited, c.removed, c.reused, c.n}
			if !slices.Equal(got, want) {
				t.Errorf("peak, overflows, full, refused, limited, removed, reused, sessions\n got %v\nwant %v", got,
					want)
			}
		})
	}
}

// stayer is a session that stays in ESTABLISHED for good, in a log with ends, and one two hours later.
func stayer() *stream {
	s := newStream()
	visit(s, noon.Add(-time.Hour), 999, time.Second, 2*time.Minute) // the log tells ends
	s.events = s.events[:0]
	for i, at := range []time.Time{noon, noon.Add(2 * time.Hour)} {
		e := parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Src: lan(1), SPort: uint16(2000 + i), Dst: wan(1),
			DPort: 22, State: parse.SynSent}
		s.add(at, e)
		e.Kind, e.State = parse.SessionUpdate, parse.Established
		s.add(at.Add(time.Second), e)
	}
	return s
}

// TestReplayRefused: a table of 8 that was full for 20 s refuses 40 packets, of which the log tells nothing more.
func TestReplayRefused(t *testing.T) {
	s := newStream()
	for i := range 8 {
		s.session(noon.Add(time.Duration(i)*time.Second), lan(1+i%2), wan(i), parse.UDP, 7000)
	}
	for i := range 21 {
		s.full(noon.Add(time.Duration(8+i)*time.Second), 2)
	}
	cfg := DefaultConfig()
	cfg.Table = 8
	r := replayOf(s, cfg)
	w, err := r.WhatIf(change(t, "without="+lan(1).String()), true)
	if err != nil {
		t.Fatal(err)
	}
	if w.Recorded.Overflows != 1 || w.Recorded.Refused != 42 || w.Reproduced != 1 || w.Bare != 0 || w.Factor != 1 {
		t.Errorf("recorded %+v, reproduced %d, %d from the log alone, factor %v", w.Recorded, w.Reproduced, w.Bare,
			w.Factor)
	}
	b := w.Before
	// UDP does not repeat: each is likely
	if b.Low.Overflows != 0 || b.High.refusedAll() != 42 || b.Likely.refusedAll() != 42 {
		t.Errorf("before: low %+v\nlikely %+v\nhigh %+v", b.Low, b.Likely, b.High)
	}
	// Each of the 42 is the twin of one of the eight, which last 30 s: half of them are host 1's; none has gone by 20
	// s.
	if a := w.After.High; a.Removed < 22 || a.Removed > 28 || a.Sessions+a.refusedAll()+a.Removed != 50 {
		t.Errorf("after: %+v", a)
	}
	if len(w.Best) == 0 || w.Best[0].Change != "table=50" && w.Best[0].Factor > 6.25 {
		t.Errorf("best: %+v", w.Best)
	}
	for i, p := range w.Best { // each of them is enough, and the one before it in the search was not
		c := change(t, p.Change)
		again, err := r.WhatIf(c, false)
		if err != nil || p.Sure && again.After.High.Overflows != 0 || again.After.Likely.Overflows != 0 {
			t.Errorf("%d: %+v is not enough: %+v, %v", i, p, again.After, err)
		}
	}
}

// TestReplayTwins: TCP repeats a refused SYN after 1, 3, 7 … s, so that hardly a third of the refusals is a session.
func TestReplayTwins(t *testing.T) {
	tcp := []*stint{{key: Key{Proto: parse.TCP}}}
	if got := distinct(10*time.Second, tcp); got < 1/(1+0.9+0.7+0.3)-1e-9 || got > 1/(1+0.9+0.7+0.3)+1e-9 {
		t.Errorf("10 s of TCP: %v", got)
	}
	if got := distinct(10*time.Second, []*stint{{key: Key{Proto: parse.UDP}}}); got != 1 {
		t.Errorf("UDP: %v", got)
	}
	if got := distinct(0, tcp); got != 1 {
		t.Errorf("one moment: %v", got)
	}
}

func TestReplayBounds(t *testing.T) {
	s := ten()
	s.full(noon.Add(20*time.Second), 1_000_000) // a count in a log may be anything
	cfg := DefaultConfig()
	cfg.Table = 10
	r := replayOf(s, cfg)
	r.waiting = 3
	w, err := r.WhatIf(&Change{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.Accounting; a.Cut != 1_000_000-maxGhosts || a.Ghosts != maxGhosts || a.Early != 7 || a.Sessions != 10 {
		t.Errorf("%+v", a)
	}
	cfg.Limits.Sessions = 4
	if w, err = replayOf(ten(), cfg).WhatIf(&Change{}, false); err != nil || w.Accounting.Dropped != 6 ||
		w.Before.Low.Peak != 4 {
		t.Errorf("%+v, peak %d, %v", w.Accounting, w.Before.Low.Peak, err)
	}
	cfg.Limits.Sessions, cfg.Limits.Hosts = 1000, 1
	if w, err = replayOf(ten(), cfg).WhatIf(&Change{}, false); err != nil || w.Before.Low.Peak != 10 {
		t.Errorf("one host more than is numbered: peak %d, %v", w.Before.Low.Peak, err)
	}
}

func TestReplayError(t *testing.T) {
	r := replayOf(ten(), DefaultConfig())
	boom := errors.New("disk on fire")
	r.Events = func() iter.Seq2[*parse.Event, error] {
		return func(yield func(*parse.Event, error) bool) { yield(nil, boom) }
	}
	if _, err := r.WhatIf(&Change{}, true); !errors.Is(err, boom) {
		t.Error(err)
	}
	if _, err := r.At(); !errors.Is(err, boom) {
		t.Error(err)
	}
}

// TestReplayEcho: the lookups that a host sets off go with it, those of other times stay.
func TestReplayEcho(t *testing.T) {
	s := newStream()
	for i := range 20 {
		s.session(noon.Add(time.Duration(i)*50*time.Millisecond), lan(1), wan(i), parse.UDP, 6881)
		s.session(noon.Add(time.Duration(i)*50*time.Millisecond+time.Second), lan(2), wan(99), parse.UDP, 53)
		s.session(noon.Add(time.Duration(i)*time.Second+time.Hour), lan(2), wan(99), parse.UDP, 53)
	}
	r := replayOf(s, DefaultConfig())
	r.Echoes = []EchoOf{{Cause: lan(1), Effect: lan(2), Bursts: []Burst{{Start: noon, LengthS: 1}}}}
	w, err := r.WhatIf(&Change{Without: []netip.Addr{lan(1)}}, false)
	if err != nil || w.After.Likely.Removed != 40 || w.After.Likely.Sessions != 20 {
		t.Errorf("%+v, %v", w.After, err)
	}
}

// TestReplayNights: what is open at midnight goes on, with its beginning.
func TestReplayNights(t *testing.T) {
	s := newStream()
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for i := range 5 {
		// until 25 to 29 s after midnight
		s.session(midnight.Add(-time.Duration(5-i)*time.Second), lan(1), wan(i), parse.UDP, 7000)
	}
	s.session(midnight.Add(20*time.Second), lan(1), wan(9), parse.UDP, 7000)
	s.session(midnight.Add(27*time.Second+time.Second/2), lan(1), wan(10), parse.UDP, 7000)
	cfg := DefaultConfig()
	r := replayOf(s, cfg)
	r.From, r.To = midnight, midnight.Add(24*time.Hour) // read from the day before, or begun with what it left open
	whole, err := r.WhatIf(change(t, "udp=22"), false)
	// with 22 s only the last of the five is there at 0:20
	if err != nil || whole.Before.Low.Peak != 6 || whole.After.Low.Peak != 2 {
		t.Errorf("peaks %d and %d, %v", whole.Before.Low.Peak, whole.After.Low.Peak, err)
	}
	days := s.days(cfg)
	r.Prev = func(d Date) *Day {
		if d == days[0].Date {
			return days[0]
		}
		return nil
	}
	all := s.sorted()
	r.Events = func() iter.Seq2[*parse.Event, error] {
		return func(yield func(*parse.Event, error) bool) {
			for i := 5; i < len(all); i++ {
				if !yield(&all[i], nil) {
					return
				}
			}
		}
	}
	cut, err := r.WhatIf(&Change{}, false)
	if err != nil || cut.Before.Low.Peak != 6 {
		t.Errorf("begun with the open ones: peak %d, %v", cut.Before.Low.Peak, err)
	}
	r.From, r.To = midnight, midnight.Add(27*time.Second)
	held, err := r.At()
	// those of 3, 2 and 1 s before, to the second, and that of 0:20
	if err != nil || len(held) != 1 || held[0].N < 4 || held[0].N > 5 || held[0].States["udp"] != held[0].N {
		t.Errorf("%+v, %v", held, err)
	}
}

// refusedAll is the number of sessions that the full table refused.
func (o *Outcome) refusedAll() (n uint64) {
	for _, v := range o.Refused {
		n += v
	}
	return n
}

// Overflows that began before the window, or go on behind it, count with the part of their refusals that is inside.
func TestReplayOfAnOverflowAcrossTheEdge(t *testing.T) {
	s := ten()
	for i := range 61 {
		s.full(noon.Add(time.Duration(i)*time.Second), 0)
	}
	r := replayOf(s, DefaultConfig())
	for _, c := range []struct {
		name     string
		from, to time.Duration
		n        int
		full     time.Duration
		refused  uint64
	}{
		{"all of it", -time.Minute, 2 * time.Minute, 1, time.Minute, 61},
		{"the last third", 40 * time.Second, 2 * time.Minute, 1, 20 * time.Second, 20},
		{"the first half", -time.Minute, 30 * time.Second, 1, 30 * time.Second, 30},
		{"a part within", 10 * time.Second, 20 * time.Second, 1, 10 * time.Second, 10},
		{"behind it", 2 * time.Minute, 3 * time.Minute, 0, 0, 0},
	} {
		r.From, r.To = noon.Add(c.from), noon.Add(c.to)
		w, err := r.WhatIf(&Change{}, false)
		if err != nil {
			t.Fatal(err)
		}
		full := w.Recorded.Full.Round(time.Second)
		if w.Recorded.Overflows != c.n || full != c.full || w.Recorded.Refused != c.refused {
			t.Errorf("%s: %d overflows of %v, %d refused", c.name, w.Recorded.Overflows, full, w.Recorded.Refused)
		}
	}
}
