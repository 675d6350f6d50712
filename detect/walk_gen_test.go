package detect_test

import (
	"flag"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// This file makes hard networks: one fault beside ordinary hosts, where the fault is of a shape that a detector of
// bursts alone does not see, and networks in which nothing is wrong although much is regular.

var (
	hardSeed = flag.Uint64("hard-seed", 51000, "seed of the hard networks")
	hardAll  = flag.Bool("hard-all", false, "walk the whole grid of rates, lengths and periods instead of a sample")
)

// hardScene returns a network without faults in its log, in UTC, over the given hours from midnight on.
func hardScene(seed uint64, hours float64) *scene {
	s := newScene(seed, "hard", 3)
	s.loc = time.UTC
	s.from = time.Date(2025, 5, 1+int(seed%20), 0, 0, 0, 0, time.UTC)
	s.to = s.from.Add(seconds(3600 * hours))
	return s
}

// household adds hosts that are neither steady nor in step: browsers, phones, mail, clocks.
func (s *scene) household(n int) {
	for i := range n {
		h := s.host()
		switch i % 5 {
		case 0, 1:
			s.browse(h, s.spread(2, 10))
		case 2:
			s.phone(h)
		case 3:
			s.poll(h, 300, 2, 1+s.rng.IntN(4), parse.TCP, 993)
		case 4:
			s.poll(h, 64, 1, 1, parse.UDP, 123)
		}
	}
}

// steady opens sessions to random addresses and ports, perSecond in the mean, beginning so long after the scene does.
func (s *scene) steady(h netip.Addr, perSecond float64, after, length time.Duration) {
	end := s.from.Add(after + length)
	for at := s.from.Add(after); at.Before(end); at = at.Add(seconds(s.rng.ExpFloat64() / perSecond)) {
		s.visit(at, s.toStranger(h))
	}
}

// toStranger is one session of a peer-to-peer client: UDP to an address and port that nobody else goes to.
func (s *scene) toStranger(h netip.Addr) visit {
	return visit{src: h, dst: s.stranger(), dport: uint16(1024 + s.rng.IntN(60000)), proto: parse.UDP, talk: 1e9}
}

// pulses opens size sessions within two seconds, each period, from one moment of the scene on for a time.
func (s *scene) pulses(h netip.Addr, period, jitter float64, size int, after, length time.Duration) {
	for x := 0.0; x < length.Seconds(); x += period {
		at := s.from.Add(after + seconds(x+s.rng.NormFloat64()*jitter))
		for range size {
			s.visit(at.Add(seconds(2*s.rng.Float64())), s.toStranger(h))
		}
	}
}

// heartbeats adds devices that each open so many sessions to their maker at :00 of every minute.
func (s *scene) heartbeats(devices, sessions int) {
	for range devices {
		h, maker := s.host(), s.popular()
		late := s.rng.Float64()
		for at := s.from.Truncate(time.Minute); at.Before(s.to); at = at.Add(time.Minute) {
			for range sessions {
				s.visit(at.Add(seconds(late+0.3*s.rng.Float64())), visit{src: h, dst: maker, dport: 8883, talk: 1e9})
			}
		}
	}
}

// judge runs the log through the trackers and judges the whole scene.
func (s *scene) judge(l logged) []detect.Finding {
	return detect.Findings(l.days(s.config()), s.config(), detect.Window{From: s.from, To: s.to})
}

// of is the findings about one host.
func of(fs []detect.Finding, host netip.Addr) (out []detect.Finding) {
	for _, f := range fs {
		if f.Host == host.String() {
			out = append(out, f)
		}
	}
	return out
}

// tells are the kinds of finding that name a host for the sessions that it opens.
var tells = []string{"periodic-burst", "burst", "load", "scan", "ptr-storm", "reset", "dns-storm"}

// told lists the kinds by which a host is named for what it opens, and with a period where there is one.
func told(fs []detect.Finding, host netip.Addr) (out []string) {
	for _, f := range of(fs, host) {
		if slices.Contains(tells, f.Kind) {
			word := f.Kind
			if f.PeriodS > 0 {
				word = fmt.Sprintf("%s %.4gs", word, f.PeriodS)
			}
			out = append(out, word)
		}
	}
	return out
}

// others fails for each host but those given that a finding of at least that severity accuses.
func others(t *testing.T, fs []detect.Finding, least detect.Severity, but ...netip.Addr) {
	t.Helper()
	for _, f := range fs {
		if f.Host == "" || !slices.Contains(tells, f.Kind) || f.Severity.Rank() < least.Rank() {
			continue
		}
		if !slices.ContainsFunc(but, func(a netip.Addr) bool { return a.String() == f.Host }) {
			t.Errorf("%s of %s (%s) from %v to %v, who did nothing", f.Kind, f.Host, f.Severity, f.Start, f.End)
		}
	}
}

// rhythmOf returns the period of the host's rhythm that is nearest to the one asked for; 0 where none is found.
func rhythmOf(fs []detect.Finding, host netip.Addr, period float64) (best float64) {
	for _, f := range of(fs, host) {
		if f.Kind == "periodic-burst" && (best == 0 || off(f.PeriodS, period) < off(best, period)) {
			best = f.PeriodS
		}
	}
	return best
}

func off(a, b float64) float64 { return max(a/b, b/a) }

// wholeRhythm reports whether a rhythm of that period is found, within a hundredth.
func wholeRhythm(fs []detect.Finding, host netip.Addr, period float64) bool {
	got := rhythmOf(fs, host, period)
	return got > 0 && off(got, period) <= 1.01
}

// with adds the events to a log.
func (l logged) with(events ...parse.Event) logged {
	l.events = slices.Concat(l.events, events)
	name := parse.MakeName("gw")
	for i := range l.events {
		l.events[i].Router = name
	}
	l.sort()
	return l
}
