package detect

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// steady opens perMinute sessions in each minute from one time to another, evenly, to ever new peers.
func (s *stream) steady(src netip.Addr, perMinute int, from, to time.Duration) {
	peer := 0
	for at := from; at < to; at += time.Minute / time.Duration(perMinute) {
		peer++
		dst := netip.AddrFrom4([4]byte{198, byte(18 + peer>>16&1), byte(peer >> 8), byte(peer)})
		s.session(t0.Add(at), src, dst, parse.UDP, uint16(20000+peer%5000))
	}
}

func TestLoad(t *testing.T) {
	box, pc, tv := addr("192.168.1.9"), addr("192.168.1.20"), addr("192.168.1.30")
	ordinary := func(s *stream) {
		s.steady(pc, 3, 0, 6*time.Hour)
		s.steady(tv, 2, 0, 6*time.Hour)
	}
	for _, c := range []struct {
		name      string
		fill      func(s *stream)
		severity  Severity // "" = no load
		perMinute float64
		share     float64
	}{
		{"one a second beside others", func(s *stream) { s.steady(box, 60, time.Hour, 3*time.Hour) }, Info, 60,
			60. / 65},
		{"ten a second", func(s *stream) { s.steady(box, 600, time.Hour, 90*time.Minute) }, Warning, 600, 600. / 605},
		{"one in three seconds, most of all", func(s *stream) {
			s.steady(box, 20, time.Hour, 5*time.Hour)
		}, Info, 20, 20. / 25},
		{"one in three seconds beside another such host", func(s *stream) {
			s.steady(box, 20, time.Hour, 5*time.Hour)
			s.steady(addr("192.168.1.40"), 18, time.Hour, 5*time.Hour)
		}, "", 0, 0},
		{"nine minutes are a burst or nothing", func(s *stream) {
			s.steady(box, 60, time.Hour, time.Hour+9*time.Minute)
		}, "", 0, 0},
		{"two a second, a quarter of all", func(s *stream) {
			s.steady(box, 100, time.Hour, 2*time.Hour)
			for i := range 4 {
				s.steady(addr("192.168.1.5"+string(rune('0'+i))), 80, time.Hour, 2*time.Hour)
			}
		}, "", 0, 0},
		{"ordinary hosts alone", func(*stream) {}, "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s stream
			ordinary(&s)
			c.fill(&s)
			var loads []Finding
			fs := s.findings(DefaultConfig())
			checkKinds(t, fs)
			for _, f := range fs {
				if f.Kind == LoadKind {
					loads = append(loads, f)
				}
			}
			if c.severity == "" {
				if len(loads) > 0 {
					t.Errorf("want no load, got %v at %.2f/s", loads[0].Host, loads[0].RateS)
				}
				return
			}
			if len(loads) != 1 || loads[0].Host != box.String() {
				t.Fatalf("want one load of %v, got %d", box, len(loads))
			}
			f := loads[0]
			if f.Severity != c.severity || f.RateS*60 < 0.95*c.perMinute || f.RateS*60 > 1.05*c.perMinute {
				t.Errorf("%s at %.1f a minute, want %s at %.1f", f.Severity, f.RateS*60, c.severity, c.perMinute)
			}
			if f.Share < c.share-0.02 || f.Share > c.share+0.02 {
				t.Errorf("share %.3f, want %.3f", f.Share, c.share)
			}
			if d := f.Start.Sub(t0.Add(time.Hour)); d < -time.Minute || d > time.Minute {
				t.Errorf("begins at %v, want %v", f.Start, t0.Add(time.Hour))
			}
		})
	}
}

// What a scan or a rhythm tells of is not told again as a load.
func TestLoadIsToldOnce(t *testing.T) {
	for _, period := range []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute} {
		var s stream
		for at := time.Duration(0); at < 300*period; at += period {
			s.burst(t0.Add(at), addr("192.168.1.9"), 400, 4*time.Second)
		}
		kinds := map[string]int{}
		for _, f := range s.findings(DefaultConfig()) {
			if kinds[f.Kind]++; f.Kind == PeriodicBurst && f.PeriodS != period.Seconds() {
				t.Errorf("%v: told as %v s", period, f.PeriodS)
			}
		}
		if kinds[PeriodicBurst] != 1 || kinds[LoadKind] != 0 {
			t.Errorf("%v: want the rhythm alone, got %v", period, kinds)
		}
	}
}

// A gap of minutes does not end a stretch, a longer one does, and neither does what lies below the rate count for
// nothing.
func TestLoadSpells(t *testing.T) {
	var ms []minute
	for at := 0; at < 40; at++ {
		if at < 15 || at > 20 && at < 26 {
			ms = append(ms, minute{at, 100})
		}
	}
	for at := 60; at < 66; at++ {
		ms = append(ms, minute{at, 100})
	}
	got := loadSpells(ms, 60)
	if len(got) != 2 || got[0] != (loadSpell{0, 26, 2000}) || got[0].long() == got[1].long() {
		t.Errorf("got %v, want one stretch of 26 minutes with 2,000 sessions and a short one", got)
	}
	if n := got[0].within(ms); n != 2000 {
		t.Errorf("within says %v", n)
	}
}

// A short spell at the rate of a load is a burst, whatever else the host does.
func TestHeavySpells(t *testing.T) {
	box := addr("192.168.1.9")
	for _, c := range []struct {
		name string
		fill func(s *stream)
		want string
		seen int
	}{
		{"four bursts of 300 in two minutes", func(s *stream) {
			for _, at := range []int{0, 31, 74, 113} {
				s.burst(t0.Add(time.Hour+time.Duration(at)*time.Second), box, 300, 3*time.Second)
			}
		}, BurstKind, 1},
		{"two a second for nine minutes", func(s *stream) {
			s.steady(box, 120, time.Hour, time.Hour+9*time.Minute)
		}, BurstKind, 1},
		{"two a second for eleven", func(s *stream) { s.steady(box, 120, time.Hour, time.Hour+11*time.Minute) },
			LoadKind, 1},
		{"two such spells", func(s *stream) {
			s.steady(box, 300, time.Hour, time.Hour+3*time.Minute)
			s.steady(box, 300, 3*time.Hour, 3*time.Hour+4*time.Minute)
		}, BurstKind, 2},
		{"one spell of a host with a rhythm", func(s *stream) {
			for at := time.Duration(0); at < 6*time.Hour; at += 10 * time.Minute {
				s.burst(t0.Add(at), box, 100, 2*time.Second)
			}
			s.steady(box, 600, 3*time.Hour+3*time.Minute, 3*time.Hour+7*time.Minute)
		}, BurstKind, 1},
		{"a load of a host with a rhythm", func(s *stream) {
			for at := time.Duration(0); at < 6*time.Hour; at += 10 * time.Minute {
				s.burst(t0.Add(at), box, 100, 2*time.Second)
			}
			s.steady(box, 120, 3*time.Hour, 4*time.Hour)
		}, LoadKind, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s stream
			rng := rand.New(rand.NewPCG(1, 10))
			for at := 0.0; at < 6*3600; at += 400 * rng.Float64() { // somebody works at it
				for range 3 + rng.IntN(20) {
					s.session(t0.Add(time.Duration((at+2*rng.Float64())*1e9)), box, wan(rng.IntN(50)), parse.TCP, 443)
				}
			}
			s.steady(addr("192.168.1.20"), 10, 0, 6*time.Hour)
			c.fill(&s)
			var got []Finding
			for _, f := range s.findings(DefaultConfig()) {
				if f.Kind == BurstKind || f.Kind == LoadKind {
					got = append(got, f)
				}
			}
			if len(got) != 1 || got[0].Kind != c.want || got[0].Seen != c.seen || got[0].Host != box.String() {
				t.Errorf("want one %s seen %d times, got %v", c.want, c.seen, kinds(got))
			}
		})
	}
}

// A resolver's lookups are no heavy spell, however many they are: they are light, and dns-storm judges them.
func TestLookupsAreNoHeavySpell(t *testing.T) {
	for port, want := range map[uint16]int{53: 0, 5353: 1} {
		var s stream
		for i := range 1200 {
			s.session(t0.Add(time.Duration(i)*time.Second/2), addr("192.168.1.2"), wan(1), parse.UDP, port)
		}
		for i := range 690 {
			at := t0.Add(time.Minute + time.Duration(i)*80*time.Second/690)
			s.session(at, addr("192.168.1.2"), wan(2), parse.UDP, port)
		}
		cfg := DefaultConfig()
		w := Window{From: t0, To: t0.Add(time.Hour)}
		q := newInquiry(s.days(cfg), &cfg, w, w)
		if n := len(q.hosts[0].heavy); n != want {
			t.Errorf("port %d: %d heavy spells, want %d", port, n, want)
		}
	}
}

// Two loads at the same time are two: neither hides the other.
func TestLoadBesideAnother(t *testing.T) {
	var s stream
	a, b := addr("192.168.1.9"), addr("192.168.1.10")
	s.steady(addr("192.168.1.20"), 3, 0, 3*time.Hour)
	s.steady(a, 600, time.Hour, 2*time.Hour)
	s.steady(b, 100, time.Hour, 2*time.Hour)
	hosts := map[string]bool{}
	for _, f := range s.findings(DefaultConfig()) {
		if f.Kind == LoadKind {
			hosts[f.Host] = true
		}
	}
	if len(hosts) != 2 || !hosts[a.String()] || !hosts[b.String()] {
		t.Errorf("loads of %v", hosts)
	}
}

// A load says since when, what it looks like, and what part of the table it holds.
func TestLoadLooks(t *testing.T) {
	box := addr("192.168.1.9")
	ports := []uint16{443, 443, 443, 53, 123, 993, 5228, 3478, 22}
	for _, c := range []struct {
		name   string
		visit  func(s *stream, i int, at time.Time)
		from   time.Duration
		before bool
		look   string
	}{
		{"DHT", func(s *stream, i int, at time.Time) {
			s.session(at, box, wan(i), parse.UDP, uint16(2000+i*7%60000))
		}, time.Hour, false, AppDHT},
		{"proxy", func(s *stream, i int, at time.Time) {
			s.session(at, box, wan(i%700), parse.TCP, 443)
		}, 0, true, AppProxy},
		{"NAT behind NAT", func(s *stream, i int, at time.Time) {
			port, proto := ports[i%len(ports)], uint8(parse.TCP)
			if port == 53 || port == 123 || port == 3478 {
				proto = parse.UDP
			}
			s.session(at, box, wan(i%90), proto, port)
		}, 0, true, AppRouter},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s stream
			s.steady(addr("192.168.1.20"), 3, 0, 3*time.Hour)
			i := 0
			for at := c.from; at < 3*time.Hour; at += 500 * time.Millisecond {
				c.visit(&s, i, t0.Add(at))
				i++
			}
			cfg := DefaultConfig()
			cfg.Table = 256
			f := only(t, s.findings(cfg), LoadKind)
			if f.Before != c.before || f.Application == nil || f.Application.Guess != c.look {
				t.Errorf("before the log: %v, looks like %+v", f.Before, f.Application)
			}
			if f.TableShare < 0.7 || f.TableShare > 1 || f.Entries < 30 || f.Capacity != 256 {
				t.Errorf("holds %.2f of a table of up to %d entries that takes %d", f.TableShare, f.Entries, f.Capacity)
			}
			if full := float64(f.Entries) >= holdsFull*float64(f.Capacity); full != (f.Severity == Warning) {
				t.Errorf("%s with %d of %d entries", f.Severity, f.Entries, f.Capacity)
			}
		})
	}
}

// A host that passes the questions of others on to several servers is no trouble: below five a second nothing is said,
// and a busy one is information that says what it looks like. One that asks where the others ask for themselves, or
// that is not answered, is told.
func TestLoadOfAResolver(t *testing.T) {
	box := addr("192.168.1.2")
	servers := []netip.Addr{addr("9.9.9.9"), addr("1.1.1.1"), addr("8.8.8.8")}
	asks := func(s *stream, src netip.Addr, every time.Duration, silent bool) {
		rng := rand.New(rand.NewPCG(1, 2))
		for at := time.Duration(0); at < 4*time.Hour; at += every {
			dst := servers[rng.IntN(len(servers))]
			x := s.session(t0.Add(at), src, dst, parse.UDP, 53)
			if x.Kind, x.State = parse.SessionEnd, parse.Unreplied; silent {
				s.add(t0.Add(at+30*time.Second), x)
			}
		}
	}
	for name, c := range map[string]struct {
		every  time.Duration
		others bool // ask for themselves
		silent bool
		want   Severity
	}{
		"two a second":                     {500 * time.Millisecond, false, false, ""},
		"ten a second":                     {100 * time.Millisecond, false, false, Info},
		"others ask for themselves":        {500 * time.Millisecond, true, false, Info},
		"nobody answers, which is a storm": {500 * time.Millisecond, false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var s stream
			for i, h := range []string{"192.168.1.20", "192.168.1.21", "192.168.1.22", "192.168.1.23"} {
				s.steady(addr(h), 2+i, 0, 4*time.Hour)
				if c.others {
					asks(&s, addr(h), 5*time.Second, false)
				}
			}
			asks(&s, box, c.every, c.silent)
			var load, storm *Finding
			for _, f := range s.findings(DefaultConfig()) {
				switch f.Kind {
				case LoadKind:
					load = &f
				case DNSStorm:
					storm = &f
				default:
					t.Errorf("%s of %s", f.Kind, f.Host)
				}
			}
			switch {
			case c.silent != (storm != nil):
				t.Errorf("storm %v", storm)
			case c.want == "" && !c.silent && load != nil, c.want != "" && load == nil:
				t.Errorf("load %v", load)
			case c.want != "" && (load.Host != box.String() || load.Severity != c.want || load.Application == nil ||
				load.Application.Guess != AppResolver):
				t.Errorf("%s, %s: %+v", load.Host, load.Severity, load.Application)
			}
		})
	}
}
