package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// page opens n sessions within d to n/each web servers.
func (s *stream) page(r *rand.Rand, at time.Time, host, n, each int, d time.Duration) {
	first := r.IntN(1 << 16)
	for range n {
		to := wan(first + r.IntN(max(n/each, 1)))
		s.session(at.Add(time.Duration(r.Float64()*float64(d))), lan(host), to, parse.TCP, 443)
	}
}

// TestPagesAreNoBurst plays people who read pages, and what is as large and is none: the same host opens it evenly, all
// to one server, to other ports, or more of it than a page is.
func TestPagesAreNoBurst(t *testing.T) {
	for _, c := range []struct {
		name string
		kind string // "" = nothing is told
		fill func(*stream, *rand.Rand)
	}{
		{"one page of a host that does nothing else", "", func(s *stream, r *rand.Rand) {
			s.page(r, t0.Add(9*time.Hour), 60, 80, 6, 4*time.Second)
		}},
		{"a page now and then", "", func(s *stream, r *rand.Rand) {
			for range 9 {
				s.page(r, t0.Add(time.Duration(r.IntN(86000))*time.Second), 60, 40+r.IntN(40), 5, 4*time.Second)
			}
		}},
		{"pages in a row", "", func(s *stream, r *rand.Rand) {
			for i := range 8 {
				s.page(r, t0.Add(9*time.Hour+time.Duration(i)*25*time.Second), 60, 40+r.IntN(50), 6, 4*time.Second)
			}
		}},
		{"pages for half an hour", "", func(s *stream, r *rand.Rand) {
			for i := range 50 {
				s.page(r, t0.Add(9*time.Hour+time.Duration(i*35+r.IntN(30))*time.Second), 60, 20+r.IntN(50), 6,
					4*time.Second)
			}
		}},
		{"pages in haste", "", func(s *stream, r *rand.Rand) {
			for i := range 5 {
				s.page(r, t0.Add(9*time.Hour+time.Duration(i)*11*time.Second), 60, 70, 6, 6*time.Second)
			}
		}},
		{"pages for an hour in a network that does nothing else", "", func(s *stream, r *rand.Rand) {
			at := t0.Add(9 * time.Hour)
			for range 90 {
				at = at.Add(time.Duration(5+r.IntN(70)) * time.Second)
				s.page(r, at, 60, 5+r.IntN(30), 5, 4*time.Second)
			}
		}},
		{"as many as those in a row, evenly", BurstKind, func(s *stream, r *rand.Rand) {
			s.page(r, t0.Add(9*time.Hour), 60, 500, 3, 150*time.Second)
		}},
		{"as many as those of half an hour, evenly", LoadKind, func(s *stream, r *rand.Rand) {
			s.page(r, t0.Add(9*time.Hour), 60, 2200, 3, 30*time.Minute)
		}},
		{"80 at once, to one server", BurstKind, func(s *stream, r *rand.Rand) {
			s.page(r, t0.Add(9*time.Hour), 60, 80, 80, 4*time.Second)
		}},
		{"80 at once, to other ports", BurstKind, func(s *stream, _ *rand.Rand) {
			s.burst(t0.Add(9*time.Hour), lan(60), 80, 4*time.Second)
		}},
		{"400 at once", BurstKind, func(s *stream, r *rand.Rand) {
			s.page(r, t0.Add(9*time.Hour), 60, 400, 6, 4*time.Second)
		}},
	} {
		s, r := newStream(), rand.New(rand.NewPCG(1, 2))
		s.steady(lan(50), 1, 0, 24*time.Hour)
		c.fill(s, r)
		kinds := []string{}
		for _, f := range s.findings(DefaultConfig()) {
			if f.Host != lan(50).String() {
				kinds = append(kinds, f.Kind)
			}
		}
		if c.kind == "" && len(kinds) > 0 || c.kind != "" && (len(kinds) == 0 || kinds[0] != c.kind) {
			t.Errorf("%s: told as %v, want %q", c.name, kinds, c.kind)
		}
	}
}

// TestRoundsAreNoLoad plays a monitor that opens most of all sessions of a small network: at few web servers it is
// nothing to tell of, at ever other ones it is.
func TestRoundsAreNoLoad(t *testing.T) {
	for servers, want := range map[int]int{8: 0, 4000: 1} {
		s := newStream()
		s.steady(lan(50), 1, 0, 12*time.Hour)
		for i := range 12 * 60 {
			for k := range 8 {
				s.session(t0.Add(time.Duration(i)*time.Minute+time.Duration(k)*700*time.Millisecond), lan(60),
					wan((i*8+k)%servers), parse.TCP, 443)
			}
		}
		n := 0
		for _, f := range s.findings(DefaultConfig()) {
			if f.Host == lan(60).String() {
				n++
			}
		}
		if n != want {
			t.Errorf("%d servers: %d findings, want %d", servers, n, want)
		}
	}
}

// TestLoadFromBeginToEnd plays a load that goes on for all of the log, to ever other peers: it is told whether or not
// the log says how sessions end, and so is one to a single door of which no outcome is known.
func TestLoadFromBeginToEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		peers int
		port  uint16
		ends  bool
	}{
		{"a client of a distributed table", 1 << 15, 1025, false},
		{"with known ends", 1 << 15, 1025, true},
		{"one door", 1, 6881, false},
	} {
		s, r := newStream(), rand.New(rand.NewPCG(3, 4))
		end := t0.Add(3 * time.Hour)
		s.steady(lan(50), 10, 0, 3*time.Hour)
		for at := t0; at.Before(end); at = at.Add(time.Duration(r.ExpFloat64() * 7e8)) {
			e := s.session(at, lan(60), wan(r.IntN(c.peers)), parse.UDP, c.port+uint16(r.IntN(c.peers)))
			if c.ends {
				e.Kind, e.Packets = parse.SessionEnd, 6
				s.add(at.Add(30*time.Second), e)
			}
		}
		told := []string{}
		for _, f := range Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, end}) {
			if f.Host == lan(60).String() {
				told = append(told, f.Kind)
			}
		}
		if len(told) != 1 || told[0] != LoadKind {
			t.Errorf("%s: 1.4 sessions a second all the time are told as %v", c.name, told)
		}
	}
}

// TestLoadOfAShortLog plays half an hour of a log in which a host opens less than half of all sessions, evenly and to
// ever other peers, beside people who read pages: it is told, and they are not.
func TestLoadOfAShortLog(t *testing.T) {
	for seed := range uint64(3) {
		s, r := newStream(), rand.New(rand.NewPCG(seed, 7))
		end := t0.Add(30 * time.Minute)
		for at := t0; at.Before(end); at = at.Add(time.Duration(r.ExpFloat64() * 5e8)) {
			s.session(at, lan(60), wan(r.IntN(1<<15)), parse.UDP, 1025+uint16(r.IntN(60000)))
		}
		for n, host := 0, 1; n < 4500; host++ {
			for at := t0.Add(time.Duration(r.IntN(300)) * time.Second); at.Before(end); {
				k := 2 + r.IntN(50)
				s.page(r, at, host, k, 5, 4*time.Second)
				n, at = n+k, at.Add(8*time.Second+time.Duration(r.ExpFloat64()*50e9))
			}
		}
		fs := Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, end})
		if len(fs) != 1 || fs[0].Kind != LoadKind || fs[0].Host != lan(60).String() || fs[0].Share >= loadShare {
			t.Errorf("seed %d: two sessions a second, less than half of all, are told as %+v", seed, fs)
		}
	}
}

// TestServedLoadOfAShortLog has a host open sessions to one server, which answers, throughout a log of half an hour,
// beside people who open more than it does: two a second are a client that is served, eight are told whatever answers.
func TestServedLoadOfAShortLog(t *testing.T) {
	for rate, want := range map[int]int{2: 0, 8: 1} {
		s, r := newStream(), rand.New(rand.NewPCG(5, 7))
		end := t0.Add(30 * time.Minute)
		for at := t0; at.Before(end); at = at.Add(time.Second / time.Duration(rate)) {
			s.done(at, lan(60), wan(1), 443, 9, parse.NoState)
		}
		for at := t0; at.Before(end); at = at.Add(3 * time.Second) {
			s.page(r, at, 1+r.IntN(40), 40, 5, 4*time.Second)
		}
		fs := Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, end})
		if len(fs) != want {
			t.Errorf("%d a second: %+v, want %d findings", rate, fs, want)
		}
	}
}
