package detect

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

func TestNewHost(t *testing.T) {
	day := 24 * time.Hour
	always := func(s *stream, days int) {
		for i := range days {
			for h := range 4 {
				for k := range 30 {
					s.session(t0.Add(time.Duration(i)*day+time.Duration(k)*40*time.Minute), lan(h), wan(k), parse.TCP,
						443)
				}
			}
		}
	}
	comes := func(s *stream, host int, at time.Duration, n int) {
		for k := range n {
			s.session(t0.Add(at+time.Duration(k)*20*time.Second), lan(host), wan(k), parse.TCP, 443)
		}
	}
	for _, tc := range []struct {
		name string
		n    int // findings
		fill func(*stream)
	}{
		{"on the fifth day", 1, func(s *stream) { always(s, 6); comes(s, 50, 4*day+9*time.Hour, 60) }},
		{"before midnight, and goes on", 1, func(s *stream) { always(s, 6); comes(s, 50, 5*day-10*time.Minute, 60) }},
		{"on the third day: too early to say", 0,
			func(s *stream) { always(s, 4); comes(s, 50, 2*day+9*time.Hour, 60) }},
		{"comes back", 0, func(s *stream) { always(s, 6); comes(s, 50, day, 60); comes(s, 50, 4*day, 60) }},
		{"an address cut short", 0, func(s *stream) { always(s, 6); comes(s, 50, 4*day, 2) }},
		{"a known machine with another address", 0, func(s *stream) {
			always(s, 6)
			lease := func(at time.Duration, host int) {
				s.add(t0.Add(at), parse.Event{Kind: parse.DHCPLease, Src: lan(host), Detail: parse.MakeName("phone")})
			}
			lease(day, 40)
			comes(s, 40, day, 30)
			lease(4*day, 50)
			comes(s, 50, 4*day, 60)
		}},
		{"a temporary IPv6 address", 0, func(s *stream) {
			always(s, 6)
			for k := range 60 {
				s.session(t0.Add(4*day+time.Duration(k)*time.Minute), addr("fd00::1:2:3"), addr("2001:db8::1"),
					parse.TCP, 443)
			}
		}},
		{"a party", 1, func(s *stream) {
			always(s, 6)
			for h := range 30 {
				comes(s, 50+h, 4*day+time.Duration(h)*time.Minute, 60)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			var found []Finding
			for _, f := range s.findings(DefaultConfig()) {
				if f.Kind == NewHost {
					found = append(found, f)
				}
			}
			if len(found) != tc.n {
				t.Fatalf("%d findings: %+v", len(found), found)
			}
			if tc.n > 0 && tc.name == "a party" && (found[0].Seen != 30 || len(found[0].Hosts) != newShown ||
				found[0].ID != "new-hosts-"+found[0].Hosts[0].Host) {
				t.Errorf("%+v", found[0])
			}
		})
	}
}

func TestNewHostOfTheDayIsJudgedByTheDaysBefore(t *testing.T) {
	s := newStream()
	for i := range 5 {
		for k := range 100 {
			s.session(t0.Add(time.Duration(i)*24*time.Hour+time.Duration(k)*10*time.Minute), lan(1), wan(k), parse.TCP,
				443)
		}
	}
	for k := range 30 {
		s.session(t0.Add(4*24*time.Hour+time.Duration(k)*time.Minute), lan(9), wan(k), parse.TCP, 443)
	}
	days := s.days(DefaultConfig())
	w := Window{t0.Add(4 * 24 * time.Hour), t0.Add(5 * 24 * time.Hour)}
	none(t, Findings(days[4:], DefaultConfig(), w), NewHost)
	fs, _, _ := Judge(days[:4], days[4:], DefaultConfig(), w)
	if f := only(t, fs, NewHost); f.Host != lan(9).String() || f.DaysBefore != 4 {
		t.Errorf("%+v", f)
	}
}

// TestNewHostsOfALargeNetwork has all addresses and names anew each day: each must not be looked for among all of the
// days before.
func TestNewHostsOfALargeNetwork(t *testing.T) {
	const n = 10_000
	var days []*Day
	var hosts []*activity
	for k := range 6 {
		d := NewDay(DateOf(t0) + Date(k))
		for i := range n {
			a := netip.AddrFrom4([4]byte{10, byte(k), byte(i >> 8), byte(i)})
			d.Hosts[a] = &Host{Name: fmt.Sprintf("h%d-%d", k, i), Sessions: Series{Slots: []Slot{{I: 7, N: 20}}}}
			hosts = append(hosts, &activity{host: a})
		}
		days = append(days, d)
	}
	q := &inquiry{all: days, w: Window{t0, t0.Add(6 * 24 * time.Hour)}, hosts: hosts}
	fs := newHostFindings(q)
	if len(fs) != 3 || fs[0].Seen != n {
		t.Errorf("%d findings", len(fs))
	}
	days[4].Dropped["hosts"] = 1 // who comes on the sixth day may have been there on the fifth
	if fs = newHostFindings(q); len(fs) != 2 {
		t.Errorf("%d findings where not all hosts are known", len(fs))
	}
}
