package detect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// lossy is a day on which a host browses and asks (each session ends after its time) and holds ten sessions from
// morning to night; of the lines a share is lost.
func lossy(seed uint64, lost float64) (s *stream, alive func(ns int64) int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	s = newStream()
	type life struct{ from, to int64 }
	var lives []life
	say := func(at time.Time, e parse.Event) {
		if rng.Float64() >= lost {
			s.add(at, e)
		}
	}
	session := func(at time.Time, long time.Duration, e parse.Event) {
		e.Kind = parse.SessionNew
		say(at, e)
		e.Kind = parse.SessionEnd
		say(at.Add(long), e)
		lives = append(lives, life{at.UnixNano(), at.Add(long).UnixNano()})
	}
	for i := range 10 {
		session(t0.Add(3*time.Hour), 14*time.Hour, parse.Event{Src: lan(1), Dst: wan(i), Proto: parse.TCP,
			SPort: uint16(i + 1), DPort: 22})
	}
	for i := range 20000 {
		at := t0.Add(time.Duration(i) * 4 * time.Second)
		e := parse.Event{Src: lan(1), Dst: wan(i), Proto: parse.TCP, SPort: uint16(i), DPort: 443}
		long := time.Duration((120 + 20*rng.ExpFloat64()) * 1e9)
		if i%2 == 0 {
			e.Proto, e.DPort, long = parse.UDP, 53, 31*time.Second
		}
		session(at, long, e)
	}
	slices.SortStableFunc(s.events, func(a, b parse.Event) int { return int(a.Time - b.Time) })
	return s, func(ns int64) (n int) {
		for _, l := range lives {
			if l.from <= ns && ns < l.to {
				n++
			}
		}
		return n
	}
}

// Where a third of the lines is lost, sessions whose end is lost piled up: 100,000 s later two thousand of them held
// the table.
func TestLostEndsDoNotPileUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		lost  float64
		least float64 // of the true entries
		most  float64
	}{
		{"nothing is lost", 0, 1, 1.1},
		{"a tenth is lost", 0.1, 0.85, 1.1},
		{"three in ten are lost", 0.3, 0.65, 1.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, alive := lossy(3, c.lost)
			tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
			for _, e := range s.events {
				tr.Observe(&e)
			}
			d := tr.Day()
			got, want := 0.0, 0.0
			for _, l := range d.Routers["gw"].Occupancy {
				if hour := l.I / 360; hour >= 8 && hour <= 16 {
					got += float64(l.Total)
					want += float64(alive(t0.Add(time.Duration(l.I) * SlotLen).UnixNano()))
				}
			}
			if got < c.least*want || got > c.most*want {
				t.Errorf("%.2f of the true entries", got/want)
			}
			t.Logf("%.2f of the true entries", got/want)
		})
	}
}

// Some sessions last all day; where many lines are lost, they must not be cut to what the others do: theirs is another
// port.
func TestLongSessionsStay(t *testing.T) {
	s, _ := lossy(4, 0.2)
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	for _, e := range s.events {
		if e.Time < t0.Add(16*time.Hour).UnixNano() {
			tr.Observe(&e)
		}
	}
	begun := 0
	for _, e := range s.events {
		if e.Kind == parse.SessionNew && e.DPort == 22 {
			begun++
		}
	}
	open := 0
	for _, o := range tr.Day().Open {
		if o.Key.DPort == 22 {
			open++
		}
	}
	if open != begun {
		t.Errorf("%d sessions, want %d", open, begun)
	}
}

// Where more entries go quiet than lines are lost, they are sessions that last, and the patience with them grows.
func TestQuietOnesAreNotAllLost(t *testing.T) {
	l := Life{Ends: 1000, Orphans: 100}
	for i := range 900 {
		l.Spans[0].add(time.Duration(1+i%60) * time.Second)
	}
	short := l.patience(0)
	l.Spans[0].GivenUp = 100 // as many as were lost
	same := l.patience(0)
	l.Spans[0].GivenUp = 400
	if long := l.patience(0); short < 50*time.Second || short > 70*time.Second || same != short || long != 0 {
		t.Errorf("patience %v, then %v, then %v", short, same, long)
	}
}

func TestLivesAreBounded(t *testing.T) {
	var ls lives
	for i := range 1 << 16 {
		ls.of(parse.TCP, uint16(i)).ended(i%3 == 0)
	}
	if len(ls.all) > maxLives+1 {
		t.Errorf("%d kinds", len(ls.all))
	}
	l := ls.of(parse.UDP, 53)
	for i := range 10 * lifeTurn {
		l.ended(i%4 == 0)
		l.Spans[0].add(time.Duration(i) * time.Hour)
	}
	if l.Ends > lifeTurn || len(l.Spans[0].By) > lifeSteps || l.Spans[0].N > lifeTurn {
		t.Errorf("%d ends, %d steps, %d spans", l.Ends, len(l.Spans[0].By), l.Spans[0].N)
	}
	if p := l.lost(); p < 0.24 || p > 0.26 {
		t.Errorf("%.3f lost", p)
	}
}

func TestLivesLiveIsReplay(t *testing.T) {
	s, _ := lossy(5, 0.25)
	for i := range s.events { // over midnight
		s.events[i].Time += int64(9 * time.Hour)
	}
	cfg := DefaultConfig()
	live := s.days(cfg)
	if len(live) != 2 || len(live[0].Routers["gw"].Lives) == 0 {
		t.Fatalf("%d days", len(live))
	}
	b, err := live[0].MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	stored := &Day{}
	if err := stored.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	tr := NewTracker(cfg, stored, live[1].Date)
	for i, e := range s.events {
		tr.Observe(&e)
		if i%4999 == 0 {
			tr.Day()
		}
	}
	differ(t, "live and stored", encoded(t, live[1]), encoded(t, tr.Day()))
	if stored.OpenPrint() != live[0].OpenPrint() {
		t.Error("the stored day leaves something else")
	}
	var sum [2]Day
	for i, o := range [][2]int{{0, 1}, {1, 0}} {
		sum[i].Routers = map[string]*Router{"gw": {Lives: mergeLives(live[o[0]].Routers["gw"].Lives,
			live[o[1]].Routers["gw"].Lives)}}
	}
	differ(t, "merged either way", encoded(t, &sum[0]), encoded(t, &sum[1]))
}
