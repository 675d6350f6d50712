package detect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"uncloak/parse"
)

// This file makes networks up: hosts that go about their ordinary business (the decoys), drawn by a seed, as sessions
// that they try to open. scenario_culprits_test.go adds those that a detector must name, scenario_router_test.go what a
// router logs of all that.

// scene is one network for some days.
type scene struct {
	seed     uint64
	theme    string
	rng      *rand.Rand
	loc      *time.Location
	from, to time.Time
	visits   []visit
	culprits []*culprit
	links    []link
	neutral  map[verdict]bool // findings that are neither right nor wrong
	log      logging
	lan      [3]byte
	hosts    int    // internal addresses given out
	groups   int    // bursts numbered
	bursts   []seen // what came of them
}

// visit is a session that a host tries to open.
type visit struct {
	at       int64 // ns
	talk     int64 // ns between its first and last packet
	src, dst netip.Addr
	dport    uint16
	proto    uint8
	fate     fate
	group    int32 // number of the burst that it is part of; 0 = none
	names    netip.Addr
}

type fate uint8

const (
	served fate = iota
	refused
	silent
)

type verdict struct{ host, kind string }

type link struct{ cause, effect netip.Addr }

func (s *scene) String() string { return fmt.Sprintf("seed %d %s", s.seed, s.theme) }

var zones = [...]string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Australia/Lord_Howe",
	"America/St_Johns", "Australia/Adelaide", "Asia/Kathmandu", "America/Sao_Paulo"}

// seasons are days at which something happens to clocks: both changes of daylight saving time in the zones above, New
// Year, a leap day.
var seasons = [...]string{"2024-03-10", "2024-11-03", "2025-03-30", "2025-10-26", "2025-04-06", "2025-10-05",
	"2024-12-31", "2024-02-29"}

func newScene(seed uint64, theme string, days int) *scene {
	s := &scene{seed: seed, theme: theme, rng: rand.New(rand.NewPCG(seed, 0x5ce2e)), neutral: map[verdict]bool{}}
	s.loc = must(time.LoadLocation(zones[s.rng.IntN(len(zones))]))
	day := time.Date(2024, 1, 1+s.rng.IntN(700), 0, 0, 0, 0, s.loc)
	if s.rng.IntN(2) == 0 {
		season := must(time.ParseInLocation(time.DateOnly, seasons[s.rng.IntN(len(seasons))], s.loc))
		day = season.AddDate(0, 0, -s.rng.IntN(days))
	}
	s.from, s.to = day, day.AddDate(0, 0, days)
	if days < 3 { // logs do not begin at midnight
		s.from = s.from.Add(time.Duration(s.rng.IntN(12*3600)) * time.Second)
		s.to = s.from.Add(time.Duration(24*days-s.rng.IntN(6)) * time.Hour)
	}
	s.lan = [...][3]byte{{192, 168, 128}, {10, 0, 0}, {172, 16, 5}, {192, 168, 1}}[s.rng.IntN(4)]
	return s
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func (s *scene) host() netip.Addr {
	s.hosts++
	return netip.AddrFrom4([4]byte{s.lan[0], s.lan[1], s.lan[2], byte(s.hosts*7%250 + 2)})
}

// stranger is one of millions of outside hosts, popular one of a few thousand, the first ones far more often.
func (s *scene) stranger() netip.Addr { return outside(s.rng.IntN(1 << 22)) }

func (s *scene) popular() netip.Addr {
	return outside(1<<22 + int(3000*math.Pow(s.rng.Float64(), 3)))
}

func outside(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(20 + n>>16), byte(n >> 8), byte(n), 9})
}

func (s *scene) between(lo, hi float64) float64 { return lo + (hi-lo)*s.rng.Float64() }

// spread is log-uniform: as often between 1 and 2 as between 100 and 200.
func (s *scene) spread(lo, hi float64) float64 { return lo * math.Pow(hi/lo, s.rng.Float64()) }

func (s *scene) chance(p float64) bool { return s.rng.Float64() < p }

func seconds(x float64) time.Duration { return time.Duration(x * 1e9) }

// visit adds a session; when it lies outside the scene it does not happen.
func (s *scene) visit(at time.Time, v visit) {
	if at.Before(s.from) || !at.Before(s.to) {
		return
	}
	v.at = at.UnixNano()
	if v.talk == 0 {
		v.talk = int64(s.spread(0.2, 20) * 1e9)
	}
	if v.proto == 0 {
		v.proto = parse.TCP
	}
	s.visits = append(s.visits, v)
}

// each calls f at random times, perHour in the mean, waking hours only when human.
func (s *scene) each(perHour float64, human bool, f func(at time.Time)) {
	for at := s.from; at.Before(s.to); {
		at = at.Add(seconds(s.rng.ExpFloat64() * 3600 / perHour))
		h := at.In(s.loc).Hour()
		if human && (h < 7 || h < 16 && s.chance(0.6)) {
			continue
		}
		f(at)
	}
}

// every calls f each period with a little jitter.
func (s *scene) every(period, jitter float64, f func(at time.Time)) {
	for at := s.from.Add(seconds(s.rng.Float64() * period)); at.Before(s.to); at = at.Add(seconds(period)) {
		f(at.Add(seconds(s.rng.NormFloat64() * jitter)))
	}
}

func (s *scene) resolver() netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, 53}) }

// browse is a person with a browser: page loads with a heavy tail of sizes.
func (s *scene) browse(h netip.Addr, perHour float64) {
	alpha, most := s.between(1.1, 1.7), s.spread(80, 400)
	names := s.chance(0.5)
	s.each(perHour, true, func(at time.Time) {
		n := 3 * math.Pow(1-s.rng.Float64(), -1/alpha)
		for n > most {
			n = 3 * math.Pow(1-s.rng.Float64(), -1/alpha)
		}
		within := s.spread(0.5, 8)
		for range int(n) {
			t := at.Add(seconds(s.rng.Float64() * within))
			if names && s.chance(0.3) {
				s.visit(t, visit{src: h, dst: s.resolver(), dport: 53, proto: parse.UDP, talk: 1e7})
			}
			v := visit{src: h, dst: s.popular(), dport: 443}
			if s.chance(0.3) {
				v.proto = parse.UDP
			}
			s.visit(t, v)
		}
	})
}

// phone wakes up now and then, fetches a little, and keeps one session for push messages.
func (s *scene) phone(h netip.Addr) {
	push := s.popular()
	s.every(s.between(1500, 1800), 20, func(at time.Time) {
		s.visit(at, visit{src: h, dst: push, dport: 5228, talk: 60e9})
		for range s.rng.IntN(6) {
			s.visit(at.Add(seconds(s.rng.Float64()*4)), visit{src: h, dst: s.popular(), dport: 443})
		}
	})
	s.browse(h, 2)
}

// poll is a device that asks one server each period: a thermostat, an NTP client, a cron'd curl, a mail client with
// several folders.
func (s *scene) poll(h netip.Addr, period, jitter float64, sessions int, proto uint8, port uint16) {
	server := s.popular()
	s.every(period, jitter, func(at time.Time) {
		for i := range sessions {
			s.visit(at.Add(time.Duration(i)*60*time.Millisecond), visit{src: h, dst: server, dport: port, proto: proto,
				talk: int64(s.between(0.1, 3) * 1e9)})
		}
	})
}

// backup runs once a night, with some sessions at once for minutes.
func (s *scene) backup(h netip.Addr) {
	server, hour, minute := s.popular(), 1+s.rng.IntN(4), s.rng.IntN(60)
	for day := s.from; day.Before(s.to.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, s.loc)
		for i := range 20 + s.rng.IntN(60) {
			s.visit(at.Add(time.Duration(i)*time.Duration(s.between(3e9, 9e9))),
				visit{src: h, dst: server, dport: 22, talk: int64(s.between(1, 60) * 1e9)})
		}
	}
}

// updates look for new software each hour at the same minute: a handful of sessions.
func (s *scene) updates(h netip.Addr, minute int) {
	for at := s.from.Truncate(time.Hour); at.Before(s.to); at = at.Add(time.Hour) {
		t := at.Add(time.Duration(minute)*time.Minute + seconds(s.between(0, 20)))
		for range 5 + s.rng.IntN(12) {
			s.visit(t.Add(seconds(s.rng.Float64()*6)), visit{src: h, dst: s.popular(), dport: 443})
		}
	}
}

// play is a gamer's evening: some servers are asked for their ping, then one long session and voice.
func (s *scene) play(h netip.Addr) {
	s.each(0.4, true, func(at time.Time) {
		for range 8 + s.rng.IntN(10) {
			s.visit(at.Add(seconds(s.rng.Float64()*3)), visit{src: h, dst: s.popular(),
				dport: uint16(27015 + s.rng.IntN(20)), proto: parse.UDP, talk: 2e9})
		}
		s.visit(at.Add(5*time.Second), visit{src: h, dst: s.popular(), dport: 3074, proto: parse.UDP,
			talk: int64(s.between(300, 3000) * 1e9)})
	})
}

// watch streams a film: a few sessions each ten seconds for an hour.
func (s *scene) watch(h netip.Addr) {
	s.each(0.25, true, func(at time.Time) {
		cdn := s.popular()
		for t := at; t.Before(at.Add(seconds(s.between(1200, 6000)))); t = t.Add(seconds(s.between(6, 14))) {
			for range 1 + s.rng.IntN(3) {
				s.visit(t, visit{src: h, dst: cdn, dport: 443, talk: 8e9})
			}
		}
	})
}

// share is a P2P client that runs all the time, steadily.
func (s *scene) share(h netip.Addr, perSecond float64) {
	s.neutral[verdict{h.String(), "scan"}] = true
	s.each(perSecond*3600, false, func(at time.Time) {
		s.visit(at, visit{src: h, dst: s.stranger(), dport: uint16(1024 + s.rng.IntN(60000)), proto: parse.UDP,
			talk: 5e9})
	})
}

// namesFor is a resolver in the house: it asks outside for what the others' page loads need.
func (s *scene) namesFor(h netip.Addr, perHour float64) {
	s.each(perHour, true, func(at time.Time) {
		for range 1 + s.rng.IntN(8) {
			s.visit(at.Add(seconds(s.rng.Float64()*2)), visit{src: h, dst: s.resolver(), dport: 53, proto: parse.UDP,
				talk: 1e7})
		}
	})
}

// serve is a web server that outside hosts reach through a forwarded port.
func (s *scene) serve(h netip.Addr) {
	s.each(40, true, func(at time.Time) {
		client := s.stranger()
		for range 1 + s.rng.IntN(8) {
			s.visit(at.Add(seconds(s.rng.Float64()*3)), visit{src: client, dst: h, dport: 443})
		}
	})
}

// talks is a program that opens a session a second or two to one service and is served.
func (s *scene) talks(h netip.Addr, perSecond float64) {
	server := s.popular()
	from := s.from.Add(seconds(s.between(1, 12) * 3600))
	s.each(perSecond*3600, false, func(at time.Time) {
		if at.After(from) && at.Before(from.Add(4*time.Hour)) {
			s.visit(at, visit{src: h, dst: server, dport: 8443, talk: 1e9})
		}
	})
}

// decoys fills the network with ordinary hosts; busy is about how many sessions they make, 1 = about 15,000 a day.
func (s *scene) decoys(n int, busy float64) {
	for range n {
		h := s.host()
		switch k := s.rng.IntN(16); k {
		case 0, 1, 2, 3:
			s.browse(h, busy*s.spread(2, 12))
		case 4, 5:
			s.phone(h)
		case 6:
			s.poll(h, [...]float64{60, 64, 128, 300, 1024}[s.rng.IntN(5)], s.between(0, 2), 1, parse.UDP, 123)
		case 7:
			s.poll(h, 300, s.between(0, 5), 3+s.rng.IntN(8), parse.TCP, 993)
		case 8:
			s.poll(h, 300, s.between(0, 1), 1+s.rng.IntN(3), parse.TCP, 80)
		case 9:
			s.backup(h)
		case 10:
			s.updates(h, 17)
		case 11:
			s.play(h)
		case 12:
			s.watch(h)
		case 13:
			s.namesFor(h, 60*busy)
		case 14:
			s.serve(h)
		case 15:
			if busy >= 1 {
				s.share(h, s.between(0.02, 0.2))
			}
		}
	}
}
