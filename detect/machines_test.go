package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

const (
	macA = "52:54:00:4a:80:0b"
	macB = "52:54:00:4a:80:0c"
)

// machine adds a line that says which machine has an address.
func (s *stream) machine(at time.Time, kind parse.Kind, a netip.Addr, mac, name string) {
	s.add(at, parse.Event{Kind: kind, Src: a, Aside: parse.MakeName(mac), Detail: parse.MakeName(name)})
}

// rhythm adds a burst every half hour between two times, from whatever address the machine has then.
func (s *stream) rhythm(from, to time.Duration, address func(n int) netip.Addr) {
	for n, at := 0, from; at < to; n, at = n+1, at+30*time.Minute {
		s.burst(t0.Add(at), address(n), 150, 2*time.Second)
	}
}

// addressesOf returns the addresses of the only rhythm of half an hour.
func addressesOf(t *testing.T, s *stream) []string {
	t.Helper()
	f := only(t, s.findings(DefaultConfig()), PeriodicBurst)
	if f.PeriodS != 1800 {
		t.Errorf("%s has a rhythm of %.0f s", f.Host, f.PeriodS)
	}
	return f.Addresses
}

func TestOneMachineUnderSeveralAddresses(t *testing.T) {
	a, b, six := lan(11), lan(12), addr("fd00:1::5054:ff:fe4a:800b")
	private := addr("fd00:1::8c11:52f0:9ae1:7")
	for name, c := range map[string]struct {
		fill func(s *stream)
		want []string
	}{
		"leases": {func(s *stream) {
			s.machine(t0, parse.DHCPLease, a, macA, "box")
			s.machine(t0.Add(12*time.Hour), parse.DHCPLease, b, macA, "box")
			s.rhythm(0, 12*time.Hour, func(int) netip.Addr { return a })
			s.rhythm(12*time.Hour, 23*time.Hour, func(int) netip.Addr { return b })
		}, []string{a.String(), b.String()}},
		"leases by name": {func(s *stream) {
			s.machine(t0, parse.DHCPLease, a, "", "box")
			s.machine(t0.Add(12*time.Hour), parse.DHCPLease, b, "", "box")
			s.rhythm(0, 12*time.Hour, func(int) netip.Addr { return a })
			s.rhythm(12*time.Hour, 23*time.Hour, func(int) netip.Addr { return b })
		}, []string{a.String(), b.String()}},
		"neighbours": {func(s *stream) {
			s.machine(t0, parse.DHCPLease, a, macA, "box")
			s.machine(t0.Add(time.Hour), parse.Neighbour, private, macA, "")
			s.rhythm(0, 23*time.Hour, func(n int) netip.Addr { return []netip.Addr{a, private}[n%2] })
		}, []string{a.String(), private.String()}},
		"the MAC in the address": {func(s *stream) {
			s.machine(t0, parse.DHCPLease, a, macA, "box")
			s.rhythm(0, 23*time.Hour, func(n int) netip.Addr { return []netip.Addr{a, six}[n%2] })
		}, []string{a.String(), six.String()}},
		"firewall lines": {func(s *stream) {
			s.rhythm(0, 23*time.Hour, func(n int) netip.Addr { return []netip.Addr{a, private}[n%2] })
			for i := range s.events {
				s.events[i].Aside = parse.MakeName(macA)
			}
		}, []string{a.String(), private.String()}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream()
			c.fill(s)
			if got := addressesOf(t, s); !slices.Equal(got, c.want) {
				t.Errorf("its addresses are %v, want %v", got, c.want)
			}
		})
	}
}

// TestNoMachineIsMadeUp has lines that must not join addresses: each of the two hosts keeps its own rhythm.
func TestNoMachineIsMadeUp(t *testing.T) {
	for name, fill := range map[string]func(s *stream){
		"a router behind the router": func(s *stream) {
			for i := range s.events {
				s.events[i].Aside = parse.MakeName(macA)
			}
		},
		"names that many have": func(s *stream) {
			s.machine(t0, parse.DHCPLease, lan(1), "", "android-1")
			s.machine(t0, parse.DHCPLease, lan(2), "", "android-1")
		},
		"one name at the same time": func(s *stream) {
			for _, at := range []time.Duration{0, 8 * time.Hour, 16 * time.Hour} {
				s.machine(t0.Add(at), parse.DHCPLease, lan(1), "", "box")
				s.machine(t0.Add(at+time.Second), parse.DHCPLease, lan(2), "", "box")
			}
		},
		"no MAC": func(s *stream) {
			s.machine(t0, parse.Neighbour, lan(1), "00:00:00:00:00:00", "")
			s.machine(t0, parse.Neighbour, lan(2), "00:00:00:00:00:00", "")
		},
		"the address that routers share": func(s *stream) {
			s.machine(t0, parse.Neighbour, lan(1), "00:00:5e:00:01:07", "")
			s.machine(t0, parse.Neighbour, lan(2), "00:00:5e:00:01:07", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream()
			for n := range 40 {
				s.burst(t0.Add(time.Duration(n)*30*time.Minute), lan(1), 150, 2*time.Second)
				s.burst(t0.Add(7*time.Minute+time.Duration(n)*35*time.Minute), lan(2), 150, 2*time.Second)
			}
			fill(s)
			n := 0
			for _, f := range s.findings(DefaultConfig()) {
				if f.Kind == PeriodicBurst {
					n++
					if len(f.Addresses) > 0 {
						t.Errorf("%s is taken for %v", f.Host, f.Addresses)
					}
				}
			}
			if n != 2 {
				t.Errorf("%d rhythms", n)
			}
		})
	}
}

func TestAddressChangesHands(t *testing.T) {
	a := lan(11)
	for name, second := range map[string]func(s *stream){
		"by a lease": func(s *stream) { s.machine(t0.Add(12*time.Hour), parse.DHCPLease, a, macB, "beta") },
		"by neighbours": func(s *stream) {
			s.machine(t0.Add(12*time.Hour), parse.Neighbour, a, macB, "")
			s.machine(t0.Add(12*time.Hour+time.Second), parse.Neighbour, a, macB, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream()
			s.machine(t0, parse.DHCPLease, a, macA, "alpha")
			second(s)
			for n := range 23 {
				s.burst(t0.Add(10*time.Minute+time.Duration(n)*30*time.Minute), a, 150, 2*time.Second)
			}
			for n := range 15 {
				s.burst(t0.Add(12*time.Hour+10*time.Minute+time.Duration(n)*45*time.Minute), a, 220, 2*time.Second)
			}
			var got []string
			for _, f := range s.findings(DefaultConfig()) {
				if f.Kind == PeriodicBurst {
					got = append(got, fmt.Sprintf("%s %.0f s of %s %s", f.Host, f.PeriodS, f.MAC, f.ID))
				}
			}
			slices.Sort(got)
			want := []string{
				a.String() + " 1800 s of " + macA + " periodic-burst-" + a.String() + "-5254004a800b-1800s",
				a.String() + " 2700 s of " + macB + " periodic-burst-" + a.String() + "-5254004a800c-2700s",
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestMachinesMergeAndKeep holds what a summary keeps of machines to its bounds, and its merge to be of any order.
func TestMachinesMergeAndKeep(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, dateOf(t0.UnixNano()))
	name := parse.MakeName("gw")
	for i := range maxBindings + 100 {
		tr.Observe(&parse.Event{Kind: parse.DHCPLease, Router: name, Time: t0.UnixNano() + int64(i), Src: lan(i),
			Aside: parse.MakeName(fmt.Sprintf("52:54:00:00:%02x:%02x", i>>8, i&255))})
	}
	for i := range 3 * maxFormer {
		at := t0.UnixNano() + int64(i+1)*1e9
		tr.Observe(&parse.Event{Kind: parse.SessionNew, Router: name, Time: at, Src: lan(1), Dst: wan(i),
			Proto: parse.TCP, DPort: 443})
		tr.Observe(&parse.Event{Kind: parse.DHCPLease, Router: name, Time: at + 1, Src: lan(1),
			Aside: parse.MakeName(fmt.Sprintf("52:54:00:01:00:%02x", i))})
	}
	d := tr.Day()
	if len(d.Bindings) != maxBindings || len(d.Former[lan(1)]) != maxFormer ||
		d.Dropped["addresses of machines"] == 0 || d.Dropped["former machines of an address"] == 0 {
		t.Errorf("%d bindings, %d former machines, %v", len(d.Bindings), len(d.Former[lan(1)]), d.Dropped)
	}
	x, y := NewDay(d.Date), NewDay(d.Date)
	x.Bindings = []Binding{{macA, lan(1), 5, 9, ByLog}, {macB, lan(2), 1, 1, ByLease}}
	y.Bindings = []Binding{{macA, lan(1), 2, 7, ByLease}}
	if err := x.Merge(y); err != nil {
		t.Fatal(err)
	}
	if want := []Binding{{macA, lan(1), 2, 9, ByLease}, {macB, lan(2), 1, 1, ByLease}}; !slices.Equal(x.Bindings,
		want) {
		t.Errorf("merged: %v", x.Bindings)
	}
}
