package detect

import (
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// acrossMidnight makes two days with one spell of each sort around 22:00 of the first day to 2:00 of the second: they
// cross midnight, so that each day has a part of them.
func acrossMidnight() []*Day {
	s := newStream()
	s.steady(lan(50), 3, 0, 48*time.Hour)
	midnight := t0.Add(24 * time.Hour)
	for at := -2 * time.Hour; at < 2*time.Hour; at += 500 * time.Millisecond { // a load
		s.session(midnight.Add(at), lan(60), wan(int(at/(500*time.Millisecond))&255), parse.TCP, 443)
	}
	for at := -2 * time.Hour; at <= 2*time.Hour; at += 30 * time.Second {
		s.add(midnight.Add(at), parse.Event{Kind: parse.TableFull, Count: 1})
		s.add(midnight.Add(at), parse.Event{Kind: parse.OOMKill, Count: 7, Detail: parse.MakeName("dnsmasq")})
		s.add(midnight.Add(at), parse.Event{Kind: parse.WindowShrink, Src: wan(9), SPort: 99, DPort: 80, Count: 1})
		s.add(midnight.Add(at), parse.Event{Kind: parse.SYNFlood, Dst: lan(80), DPort: 80, Count: 1})
		s.add(midnight.Add(at), parse.Event{Kind: parse.NeighbourOverflow, Count: 1})
	}
	for at := -22 * time.Hour; at <= 22*time.Hour; at += 5 * time.Second {
		e := parse.Event{Kind: parse.Latency, Src: wan(8), Count: 10_000, Bytes: 64}
		if at > -2*time.Hour && at < 2*time.Hour {
			e.Count = 900_000
		}
		s.add(midnight.Add(at), e)
	}
	slices.SortStableFunc(s.events, func(a, b parse.Event) int { return int(a.Time - b.Time) })
	return s.days(DefaultConfig())
}

// TestWindowShowsSpellsWhole asks for the day before a midnight that spells cross, the day behind it, and minutes
// within: each has all of them, from 22:00 to 2:00.
func TestWindowShowsSpellsWhole(t *testing.T) {
	days := acrossMidnight()
	midnight := t0.Add(24 * time.Hour)
	for _, c := range []struct {
		name     string
		from, to time.Duration
	}{
		{"the day before", -24 * time.Hour, 0},
		{"the day behind", 0, 24 * time.Hour},
		{"an hour within", -90 * time.Minute, -30 * time.Minute},
		{"a minute within, behind midnight", 90*time.Minute + 10*time.Second, 91 * time.Minute},
		{"from within on", time.Hour, 24 * time.Hour},
		{"both days", -24 * time.Hour, 24 * time.Hour},
	} {
		fs := Findings(days, DefaultConfig(), Window{midnight.Add(c.from), midnight.Add(c.to)})
		for _, kind := range []string{LoadKind, TableFullKind, OOM, ShrinkKind, SYNFloodKind, AlarmKind, LagKind} {
			i := slices.IndexFunc(fs, func(f Finding) bool { return f.Kind == kind })
			if i < 0 {
				t.Errorf("%s: no %s", c.name, kind)
				continue
			}
			f := &fs[i]
			if d := f.Start.Sub(midnight) + 2*time.Hour; d < -time.Minute || d > time.Minute {
				t.Errorf("%s: %s begins at %v", c.name, kind, f.Start)
			}
			if d := f.End.Sub(midnight) - 2*time.Hour; d < -time.Minute || d > time.Minute {
				t.Errorf("%s: %s ends at %v", c.name, kind, f.End)
			}
		}
	}
	for _, w := range []Window{{midnight.Add(3 * time.Hour), midnight.Add(4 * time.Hour)},
		{midnight.Add(-12 * time.Hour), midnight.Add(-3 * time.Hour)}} {
		if fs := Findings(days, DefaultConfig(), w); len(fs) > 0 {
			t.Errorf("%v: %s from %v to %v", w, fs[0].Kind, fs[0].Start, fs[0].End)
		}
	}
}

// TestWindowWithinARhythm tells the rhythm in a window between two of its bursts, and not in one behind the last.
func TestWindowWithinARhythm(t *testing.T) {
	s := newStream()
	s.steady(lan(50), 3, 0, 24*time.Hour)
	for at := time.Duration(0); at < 12*time.Hour; at += 30 * time.Minute {
		s.burst(t0.Add(at), lan(11), 300, 10*time.Second)
	}
	days := s.days(DefaultConfig())
	for at, want := range map[time.Duration]int{3*time.Hour + 5*time.Minute: 1, 3 * time.Hour: 1, 20 * time.Hour: 0} {
		n := 0
		for _, f := range Findings(days, DefaultConfig(), Window{t0.Add(at), t0.Add(at + 10*time.Minute)}) {
			if f.Kind == PeriodicBurst && f.Seen >= 24 {
				n++
			}
		}
		if n != want {
			t.Errorf("at %v: %d rhythms, want %d", at, n, want)
		}
	}
}

// TestReach widens a part of a day to the days that it touches, by the local calendar, and nothing else.
func TestReach(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	cfg := Config{Location: berlin}
	for _, c := range [][4]string{
		{"2026-11-21 10:00", "2026-11-21 11:00", "2026-11-21 00:00", "2026-11-22 00:00"},
		{"2026-11-21 23:00", "2026-11-22 01:00", "2026-11-21 00:00", "2026-11-23 00:00"},
		{"2026-11-21 10:00", "2026-11-22 00:00", "2026-11-21 00:00", "2026-11-22 00:00"},
		{"2026-03-29 00:00", "2026-03-30 00:00", "2026-03-29 00:00", "2026-03-30 00:00"}, // 23 hours
		{"2026-11-21 10:00", "2026-11-22 10:00", "2026-11-21 10:00", "2026-11-22 10:00"},
		{"2026-11-21 10:00", "2026-11-21 10:00", "2026-11-21 10:00", "2026-11-21 10:00"},
	} {
		w := cfg.Reach(Window{at(c[0]), at(c[1])})
		if !w.From.Equal(at(c[2])) || !w.To.Equal(at(c[3])) {
			t.Errorf("%s to %s: %v to %v", c[0], c[1], w.From, w.To)
		}
	}
}

// TestBurstAcrossMidnight asks for the days on either side of a midnight that a burst crosses: each tells all of it,
// also where neither half would be a burst. What lies wholly beyond the edge is not told.
func TestBurstAcrossMidnight(t *testing.T) {
	midnight := t0.Add(24 * time.Hour)
	for _, c := range []struct {
		name   string
		at     time.Duration // from midnight
		n      int
		length time.Duration
		before int // sessions that the day before tells
		behind int
	}{
		{"half and half", -10 * time.Second, 400, 20 * time.Second, 400, 400},
		{"halves that are none", -2 * time.Second, 2 * burstFloor * 9 / 10, 4 * time.Second, 45, 45},
		{"a little before", -time.Second, 400, 40 * time.Second, 400, 400},
		{"a pause at midnight", -50 * time.Second, 0, 0, 600, 600},
		{"wholly before", -3 * time.Minute, 400, 20 * time.Second, 400, 0},
		{"wholly behind", 3 * time.Minute, 400, 20 * time.Second, 0, 400},
	} {
		s := newStream()
		s.steady(lan(50), 3, 0, 48*time.Hour)
		if c.n > 0 {
			s.burst(midnight.Add(c.at), lan(60), c.n, c.length)
		} else {
			s.burst(midnight.Add(-50*time.Second), lan(60), 300, 20*time.Second)
			s.burst(midnight.Add(20*time.Second), lan(60), 300, 20*time.Second)
		}
		days := s.days(DefaultConfig())
		for from, want := range map[time.Duration]int{-24 * time.Hour: c.before, 0: c.behind} {
			got := 0
			for _, f := range Findings(days, DefaultConfig(), Window{midnight.Add(from),
				midnight.Add(from + 24*time.Hour)}) {
				if f.Host == lan(60).String() && f.Kind == BurstKind {
					got += f.Sessions
					if d := f.Start.Sub(midnight.Add(c.at)); d < -time.Second || d > time.Second {
						t.Errorf("%s, from %v: it begins at %v", c.name, from, f.Start)
					}
				}
			}
			if got != want {
				t.Errorf("%s, from %v: %d sessions, want %d", c.name, from, got, want)
			}
		}
	}
}

// A burst counts the peers of each ten seconds apart: one server that it goes to for half a minute is still one.
func TestBurstToOneServerHasOnePeer(t *testing.T) {
	s := newStream()
	for at := 10 * time.Minute; at < 6*time.Hour; at += 30 * time.Minute {
		for i := range 300 {
			s.session(t0.Add(at+time.Duration(i)*100*time.Millisecond), lan(1), wan(7), parse.TCP, 80)
		}
	}
	fs := s.findings(DefaultConfig())
	if len(fs) != 1 || fs[0].Kind != PeriodicBurst || fs[0].Peers != 1 || fs[0].Bursts[0].Peers != 1 {
		t.Errorf("%+v", fs)
	}
}
