package detect_test

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// culprit holds a host, or group of hosts, that a perfect analyzer reports.
type culprit struct {
	host    netip.Addr
	kind    string
	period  float64 // s; 0 = none
	minutes []int   // of the local hour; nil for a free-running one
	groups  []int32 // its bursts
	least   int     // sessions in ten seconds from which on a burst can be seen in the log
	class   string
	follows *culprit
}

// rhythm holds the times at which a culprit has bursts.
type rhythm struct {
	minutes []int         // wall clock: minutes of the local hour
	hours   []int         // … of these local hours; nil = each
	period  time.Duration // free-running
	drift   float64       // … parts per million
	jitter  float64       // s, standard deviation
	missing float64       // share of its slots
	sizes   []int         // sessions, by phase in turn
	vary    float64       // sigma of the sizes' logarithm
}

func (s *scene) starts(r rhythm) []time.Time {
	all := s.allStarts(r)
	if len(all) < 12 || s.chance(0.6) {
		return all
	}
	if r.hours == nil && s.to.Sub(s.from) > 72*time.Hour { // office hours
		return slices.DeleteFunc(all, func(at time.Time) bool {
			l := at.In(s.loc)
			return l.Hour() < 8 || l.Hour() >= 18 || l.Weekday() == time.Sunday || l.Weekday() == time.Saturday
		})
	}
	n := 8 + s.rng.IntN(len(all)-8) // the machine runs for a part of the time
	first := s.rng.IntN(len(all) - n + 1)
	return all[first : first+n]
}

func (s *scene) allStarts(r rhythm) (out []time.Time) {
	fire := func(at time.Time) {
		if !s.chance(r.missing) {
			out = append(out, at.Add(seconds(s.rng.NormFloat64()*r.jitter)))
		}
	}
	if r.period > 0 {
		first := s.from.Add(seconds(s.rng.Float64() * min(r.period.Seconds(), 7200)))
		for at := first; at.Before(s.to); at = at.Add(time.Duration(float64(r.period) * (1 + r.drift*1e-6))) {
			fire(at)
		}
		return out
	}
	last := -1
	for at := s.from.Truncate(time.Minute); at.Before(s.to); at = at.Add(time.Minute) {
		l := at.In(s.loc)
		if !slices.Contains(r.minutes, l.Minute()) || r.hours != nil && !slices.Contains(r.hours, l.Hour()) {
			continue
		}
		// cron does not repeat the hour that comes twice
		if id := l.YearDay()*1440 + l.Hour()*60 + l.Minute(); r.hours == nil || id != last {
			fire(at)
			last = id
		}
	}
	return out
}

// burst opens n sessions to n strangers within length seconds, most at the beginning when front is above 1.
func (s *scene) burst(at time.Time, h netip.Addr, n int, length, front float64, port uint16) int32 {
	s.groups++
	for range n {
		v := visit{src: h, dst: s.stranger(), dport: port, proto: parse.UDP, talk: int64(s.between(0.1, 4) * 1e9),
			group: int32(s.groups)}
		if port == 0 {
			v.dport = uint16(1024 + s.rng.IntN(60000))
		}
		if s.chance(0.2) {
			v.proto, v.fate = parse.TCP, fate(s.rng.IntN(3))
		}
		s.visit(at.Add(seconds(length*math.Pow(s.rng.Float64(), front))), v)
	}
	return int32(s.groups)
}

// shape draws the size and length of bursts that can be told from chance: enough must fall within ten seconds. weakest
// is the size of the weakest phase, in percent.
func (s *scene) shape(times int, background bool, weakest int) (size int, length float64) {
	size, length = int(s.spread(30, 5000)), s.spread(1, 180)
	size = max(min(size, 30000/max(times, 1)), 30)
	least := 42 / (1 - s.log.lost)
	if background {
		least = 160 / (1 - s.log.lost)
	}
	if s.log.table > 0 {
		size = int(s.spread(0.4, 3) * float64(s.log.table))
	}
	size = max(size, int(least*1.1*100/float64(weakest)))
	length = min(length, 10*float64(size*weakest)/100/least)
	return size, length
}

// periodic adds a host that fires by a rhythm.
func (s *scene) periodic(h netip.Addr, r rhythm, period float64, background bool) *culprit {
	c := &culprit{host: h, kind: "periodic-burst", period: period, minutes: r.minutes, least: 30}
	starts := s.starts(r)
	front, port := s.between(1, 2), [...]uint16{0, 6881, 51413, 443}[s.rng.IntN(4)]
	sizes := r.sizes
	if sizes == nil {
		sizes = []int{100}
	}
	size, length := s.shape(len(starts), background, slices.Min(sizes))
	for i, at := range starts {
		n := int(float64(size) * float64(sizes[i%len(sizes)]) / 100 * math.Exp(s.rng.NormFloat64()*r.vary))
		c.groups = append(c.groups, s.burst(at, h, n, length, front, port))
	}
	if background {
		switch s.rng.IntN(3) {
		case 0:
			s.browse(h, s.between(2, 12))
		case 1:
			s.share(h, s.between(0.1, 0.6))
		default:
			s.poll(h, 300, 3, 10, parse.TCP, 80)
		}
	}
	s.culprits = append(s.culprits, c)
	return c
}

// wall draws a rhythm of the wall clock.
func (s *scene) wall() (rhythm, float64) {
	m := s.rng.IntN(60)
	switch s.rng.IntN(7) {
	case 0, 1:
		return s.noise(rhythm{minutes: []int{0, 30}}, 1800), 1800
	case 2:
		return s.noise(rhythm{minutes: []int{5, 20}, sizes: []int{100, 40 + s.rng.IntN(60)}}, 900), 3600
	case 3:
		return s.noise(rhythm{minutes: []int{15, 45}}, 1800), 1800
	case 4, 5:
		return s.noise(rhythm{minutes: []int{m}}, 3600), 3600
	default:
		return s.noise(rhythm{minutes: []int{m}, hours: everyHours(2, s.rng.IntN(2))}, 7200), 7200
	}
}

func everyHours(step, first int) (out []int) {
	for h := first; h < 24; h += step {
		out = append(out, h)
	}
	return out
}

// free draws a rhythm of its own, off the wall clock's periods by more than a hundredth.
func (s *scene) free(most float64) (rhythm, float64) {
	p := s.spread(420, most)
	for _, w := range []float64{600, 900, 1200, 1800, 3600, 7200, 10800} {
		if math.Abs(p/w-1) < 0.015 {
			p = w * 1.02
		}
	}
	p = math.Round(p)
	return s.noise(rhythm{period: seconds(p), drift: s.between(-60, 60)}, p), p
}

// noise adds jitter, missing slots and uneven sizes to a rhythm whose slots are gap seconds apart.
func (s *scene) noise(r rhythm, gap float64) rhythm {
	r.jitter = min(s.spread(0.3, 60), gap/15)
	if s.chance(0.5) {
		r.missing = s.between(0, 0.4)
	}
	r.vary = s.between(0, 0.25)
	return r
}

// echo adds a host that looks up the names of those that the cause's bursts go to.
func (s *scene) echo(c *culprit) {
	h := s.host()
	lag, share, follow := s.spread(0.2, 40), s.between(0.3, 1), s.between(0.85, 1)
	e := &culprit{host: h, kind: "ptr-storm", least: 22, follows: c}
	byGroup := map[int32]bool{}
	for _, g := range c.groups {
		byGroup[g] = s.chance(follow)
	}
	named := s.chance(0.25) // the house's resolver logs the queries, too
	of := map[int32]int32{}
	for i := 0; i < len(s.visits); i++ { // what is added has another group
		v := s.visits[i]
		if v.group == 0 || !byGroup[v.group] || !s.chance(share) {
			continue
		}
		if of[v.group] == 0 {
			s.groups++
			of[v.group] = int32(s.groups)
			e.groups = append(e.groups, int32(s.groups))
		}
		at := time.Unix(0, v.at).Add(seconds(lag * s.between(0.5, 1.5)))
		q := visit{src: h, dst: s.resolver(), dport: 53, proto: parse.UDP, talk: 1e7, group: of[v.group]}
		if named {
			q.names = v.dst
		}
		s.visit(at, q)
	}
	s.namesFor(h, 20)
	s.culprits = append(s.culprits, e)
	s.links = append(s.links, link{c.host, h})
	for _, kind := range []string{"periodic-burst", "burst"} {
		s.neutral[verdict{h.String(), kind}] = true
	}
}

// atRandom adds a host with bursts that follow nothing.
func (s *scene) atRandom(h netip.Addr, times int) *culprit {
	c := &culprit{host: h, kind: "burst", least: 40}
	size := int(s.spread(80, 2500))
	if times == 1 { // a smaller one may be a large page
		size = int(s.spread(400, 2500) / (1 - s.log.lost))
	}
	for range times {
		at := s.from.Add(time.Duration(s.rng.Int64N(int64(s.to.Sub(s.from) - time.Hour))))
		c.groups = append(c.groups, s.burst(at, h, int(float64(size)*math.Exp(s.rng.NormFloat64()*0.2)), s.spread(1, 8),
			1, 0))
	}
	s.culprits = append(s.culprits, c)
	return c
}

// knock adds a host that connects to a service over and over and is refused or ignored.
func (s *scene) knock(h netip.Addr, f fate) {
	c := &culprit{host: h, kind: "reset", class: map[fate]string{refused: "dead service", silent: "blocked"}[f]}
	rate := s.between(0.8, 5)
	if !s.log.outcomes() {
		rate = s.between(2.3, 5)
	}
	length := min(s.spread(1500, 8*3600), 12000/rate)
	from := s.from.Add(seconds(s.between(0, s.to.Sub(s.from).Seconds()-length)))
	server, port := s.popular(), [...]uint16{3389, 7211, 8080, 5432, 443}[s.rng.IntN(5)]
	if s.chance(0.2) {
		server = netip.AddrFrom4([4]byte{10, 99, 1, 7}) // a service of another segment
	}
	for at := from; at.Before(from.Add(seconds(length))); at = at.Add(seconds((0.5 + s.rng.ExpFloat64()/2) / rate)) {
		s.visit(at, visit{src: h, dst: server, dport: port, fate: f, talk: 1e6})
	}
	s.culprits = append(s.culprits, c)
}

// scan adds a host that tries one port of many hosts, or many ports of one.
func (s *scene) scan(h netip.Addr, class string, rate float64) {
	s.culprits = append(s.culprits, &culprit{host: h, kind: "scan", class: class})
	s.neutral[verdict{h.String(), "burst"}] = true // how it looks from above
	n := int(min(max(s.spread(500, 15000), rate*1200), rate*0.9*s.to.Sub(s.from).Seconds()))
	from := s.from.Add(seconds(s.rng.Float64() * max(0, s.to.Sub(s.from).Seconds()-float64(n)/rate)))
	port, victim, base := [...]uint16{22, 23, 445, 3389, 5900, 8080}[s.rng.IntN(6)], s.popular(), s.rng.IntN(1<<21)
	for i := range n {
		v := visit{src: h, dst: outside(base + i), dport: port, fate: silent, talk: 1e6}
		if class == "vertical" {
			v.dst, v.dport = victim, uint16(1+i*37%30000)
		}
		if s.chance(0.3) {
			v.fate = refused
		}
		s.visit(from.Add(seconds((float64(i)+s.rng.Float64())/rate)), v)
	}
	if s.chance(0.3) {
		s.browse(h, 2)
	}
}

// grow adds a host whose sessions become more from day to day.
func (s *scene) grow(h netip.Addr) {
	perDay, start, server := s.between(1.018, 1.05), s.spread(80, 400), s.popular()
	for d := 0; ; d++ {
		day := s.from.AddDate(0, 0, d)
		if !day.Before(s.to) {
			break
		}
		n := int(start * math.Pow(perDay, float64(d)) * math.Exp(s.rng.NormFloat64()*0.08))
		for range n {
			s.visit(day.Add(time.Duration(s.rng.Int64N(int64(24*time.Hour)))), visit{src: h, dst: server, dport: 80})
		}
	}
	s.culprits = append(s.culprits, &culprit{host: h, kind: "growth"})
}
