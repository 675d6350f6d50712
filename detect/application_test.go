package detect

import (
	"strings"
	"testing"
	"time"

	"uncloak/parse"
)

// shape is a day of one host, made by hand.
type shape struct {
	h *Host
	f Finding
}

func newShape(kind string) *shape {
	d := NewDay(DateOf(noon))
	s := &shape{h: d.host(lan(1)), f: Finding{Kind: kind, Host: lan(1).String()}}
	return s
}

// to adds n sessions to a port of that many peers, by day or by night.
func (s *shape) to(port Port, n, peers int, night bool) *shape {
	s.h.Sessions.slot(uint16(len(s.h.Sessions.Slots))).N += uint32(n)
	s.h.Ports[port] += uint64(n)
	s.h.Peers += uint64(peers)
	hour := 12
	if night {
		hour = 2
	}
	for i := range min(peers, 200) {
		t := s.h.Targets[Door{wan(i), port}]
		if t == nil {
			t = &Target{}
			s.h.Targets[Door{wan(i), port}] = t
		}
		t.N += uint64(n / peers)
		t.Active[hour*6/64] |= 1 << (hour * 6 % 64)
	}
	if n >= fanFloor && len(s.h.Fans) < maxFans {
		s.h.Fans[port] = &Fan{}
		for i := range peers {
			s.h.Fans[port].add(wan(i))
		}
	}
	return s
}

// high spreads sessions over so many high ports.
func (s *shape) high(proto uint8, ports int) *shape {
	for i := range ports {
		s.to(Port{proto, uint16(20000 + 97*i)}, 5, 5, false)
	}
	return s
}

func (s *shape) with(f func(*shape)) *shape { f(s); return s }

func burstOf(sessions, peers int) func(*shape) {
	return func(s *shape) { s.f.Sessions, s.f.Peers = sessions, peers }
}

func TestGuessApplication(t *testing.T) {
	web, webs := Port{parse.TCP, 443}, Port{parse.TCP, 80}
	cases := map[string]struct {
		s    *shape
		want string // "" = none
		why  string
	}{
		"BitTorrent by its ports": {newShape(PeriodicBurst).to(Port{parse.UDP, 6881}, 300, 200, false).
			to(Port{parse.TCP, 51413}, 200, 150, false).with(burstOf(500, 450)), AppBitTorrent,
			"udp/6881 and tcp/51413"},
		"BitTorrent with a tracker": {newShape(PeriodicBurst).to(Port{parse.TCP, 6969}, 20, 3, false).
			high(parse.UDP, 60).high(parse.TCP, 30).with(burstOf(400, 380)), AppBitTorrent, "trackers (tcp/6969)"},
		"rhythm of announcements": {newShape(PeriodicBurst).to(Port{parse.UDP, 6881}, 300, 200, false).
			with(burstOf(300, 290)).with(func(s *shape) { s.f.Minutes = []int{0, 30} }), AppBitTorrent, ":00 or :30"},
		"peer to peer": {newShape(BurstKind).high(parse.UDP, 60).high(parse.TCP, 60).with(burstOf(600, 500)),
			AppPeerToPeer, "hardly repeat"},
		"a browser": {newShape(BurstKind).to(web, 400, 90, false).
			to(Port{parse.UDP, 443}, 100, 60, false).to(Port{parse.UDP, 53}, 80, 1, false).with(burstOf(120, 60)), "",
			""},
		"a crawler of the web": {newShape(BurstKind).to(web, 4000, 3000, false).with(burstOf(2000, 1900)), "", ""},
		"one odd port, few peers": {newShape(BurstKind).to(Port{parse.TCP, 6881}, 400, 3, false).with(burstOf(400, 3)),
			"", ""},
		"nothing": {newShape(BurstKind), "", ""},
		"NTP herd": {newShape(PeriodicBurst).to(Port{parse.UDP, 123}, 900, 4, false).
			to(web, 50, 5, false).with(burstOf(100, 4)), AppNTP, "udp/123"},
		"resolver": {newShape(BurstKind).to(Port{parse.UDP, 53}, 900, 150, false).with(burstOf(300, 100)),
			AppResolver, "name servers"},
		"lookups": {newShape(BurstKind).to(Port{parse.UDP, 53}, 900, 1, false).with(burstOf(300, 1)),
			AppLookups, "port 53"},
		"telephony": {newShape(BurstKind).to(Port{parse.UDP, 5060}, 60, 1, false).
			to(Port{parse.UDP, 16500}, 100, 2, false).with(burstOf(60, 2)), AppVoIP, "SIP (udp/5060)"},
		"SIP alone": {newShape(BurstKind).to(Port{parse.UDP, 5060}, 10, 1, false).to(web, 300, 60, false).
			with(burstOf(60, 30)), "", ""},
		"game": {newShape(BurstKind).to(Port{parse.UDP, 27015}, 200, 60, false).
			to(Port{parse.UDP, 3478}, 40, 4, false).with(burstOf(100, 60)), AppGame, "udp/27015"},
		"backup": {newShape(PeriodicBurst).to(Port{parse.TCP, 22}, 60, 1, true).with(burstOf(30, 1)).
			with(func(s *shape) { s.h.Bytes, s.f.PeriodS = 40e9, 86400 }), AppBackup, "by night"},
		"a backup by day, small": {newShape(PeriodicBurst).to(Port{parse.TCP, 22}, 60, 1, false).with(burstOf(30, 1)).
			with(func(s *shape) { s.h.Bytes = 1e6 }), "", ""},
		"s3 sync that grows":  {newShape(GrowthKind).to(webs, 5000, 2, false), AppSync, "grows"},
		"growth to everybody": {newShape(GrowthKind).to(web, 5000, 200, false), "", ""},
		"update check": {newShape(PeriodicBurst).to(web, 40, 3, false).with(burstOf(40, 3)).
			with(func(s *shape) { s.f.PeriodS, s.f.Minutes = 21600, []int{17} }), AppUpdate, "few servers"},
		"scan": {newShape(ScanKind).to(Port{parse.TCP, 23}, 3000, 2900, false).
			with(func(s *shape) { s.f.Ports = []string{"tcp/23"} }), AppScanner, "tcp/23"},
		"scan in a burst": {newShape(BurstKind).to(Port{parse.TCP, 22}, 900, 890, false).with(burstOf(900, 890)),
			AppScanner, "tcp/22"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := NewDay(DateOf(noon))
			d.Hosts[lan(1)] = c.s.h
			fs := []Finding{c.s.f}
			guessApplications(fs, []*Day{d}, time.UTC)
			a := fs[0].Application
			switch {
			case a == nil && c.want == "":
			case a == nil:
				t.Errorf("nothing, want %q", c.want)
			case a.Guess != c.want || !strings.Contains(strings.Join(a.Reasons, "; "), c.why) ||
				a.Confidence < appSure || a.Confidence > 0.95:
				t.Errorf("%+v, want %q because of %q", a, c.want, c.why)
			}
		})
	}
}

// TestGuessOnlyWhereItFits: kinds that say what they are get none, nor does what is no host.
func TestGuessOnlyWhereItFits(t *testing.T) {
	fs := []Finding{{Kind: OOM, Host: lan(1).String()}, {Kind: BurstKind, Host: others},
		{Kind: PeriodicBurst, Host: lan(2).String()}}
	guessApplications(fs, []*Day{NewDay(1)}, time.UTC)
	for _, f := range fs {
		if f.Application != nil {
			t.Errorf("%s: %+v", f.Kind, f.Application)
		}
	}
}
