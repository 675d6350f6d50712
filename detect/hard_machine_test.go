//go:build hard

package detect_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

const mac1, mac2, mac3 = "52:54:00:4a:80:0b", "52:54:00:4a:80:0c", "02:00:5e:10:00:07"

// oneCulprit fails unless exactly one rhythm of that period is found, which lists all the addresses.
func oneCulprit(t *testing.T, fs []detect.Finding, period float64, addrs ...netip.Addr) {
	t.Helper()
	var got []*detect.Finding
	for i := range fs {
		if fs[i].Kind == "periodic-burst" || fs[i].Kind == "burst" {
			got = append(got, &fs[i])
		}
	}
	if len(got) != 1 || off(got[0].PeriodS, period) > 1.01 {
		var words []string
		for _, f := range got {
			words = append(words, fmt.Sprintf("%s of %s, %.0f s, seen %d", f.Kind, f.Host, f.PeriodS, f.Seen))
		}
		t.Errorf("one machine with a rhythm of %.0f s is told as %q", period, words)
		return
	}
	var want []string
	for _, a := range addrs {
		want = append(want, a.String())
	}
	slices.Sort(want)
	if have := textOf(got[0], "addresses"); !slices.Equal(have, want) {
		t.Errorf("its addresses are %v, want %v", have, want)
	}
}

// TestHardLeases plays one machine that gets another address by DHCP every few hours.
func TestHardLeases(t *testing.T) {
	s := hardScene(*hardSeed+300, 24)
	s.household(4)
	addrs := []netip.Addr{s.host(), s.host(), s.host()}
	var leases []parse.Event
	for i, a := range addrs {
		after := time.Duration(i) * 8 * time.Hour
		at := s.from.Add(after)
		leases = append(leases, lease(at, a, mac1, "vmhost"), lease(at.Add(4*time.Hour), a, mac1, "vmhost"))
		s.pulses(a, 3600, 1, 150, after+10*time.Minute, 8*time.Hour-20*time.Minute)
	}
	oneCulprit(t, s.judge(s.run().with(leases...)), 3600, addrs...)
}

// TestHardPrivacyAddresses plays one machine with an IPv4 address and IPv6 privacy addresses, which lines about
// neighbours tie to it.
func TestHardPrivacyAddresses(t *testing.T) {
	s := hardScene(*hardSeed+301, 24)
	s.household(4)
	four := s.host()
	all := []netip.Addr{four}
	events := []parse.Event{lease(s.from, four, mac3, "laptop")}
	for i := range 4 {
		a := netip.MustParseAddr(fmt.Sprintf("fd00:1::%x:8c11:52f0:9ae%d", s.rng.IntN(1<<16), i))
		all = append(all, a)
		events = append(events, neighbour(s.from.Add(time.Duration(i)*6*time.Hour), a, mac3))
	}
	k := 0
	for x := 900.0; x < 24*3600-60; x += 1800 { // from the youngest address, now and then by IPv4
		from := all[1+int(x)/(6*3600)]
		if k++; k%5 == 0 {
			from = four
		}
		s.pulses(from, 60, 0, 150, seconds(x), time.Second)
	}
	oneCulprit(t, s.judge(s.run().with(events...)), 1800, all...)
}

// TestHardHardwareInAddress plays a machine whose IPv6 address holds its hardware address (EUI-64), which a lease
// names, too.
func TestHardHardwareInAddress(t *testing.T) {
	s := hardScene(*hardSeed+302, 24)
	s.household(4)
	four, six := s.host(), netip.MustParseAddr("fd00:1::5054:ff:fe4a:800b")
	for x, k := 900.0, 0; x < 24*3600-60; x, k = x+1800, k+1 {
		s.pulses([]netip.Addr{four, six}[k%2], 60, 0, 150, seconds(x), time.Second)
	}
	oneCulprit(t, s.judge(s.run().with(lease(s.from, four, mac1, "vmhost"))), 1800, four, six)
}

// TestHardChangedHands plays an address that belongs to one machine in the morning and to another one in the
// afternoon, each with a rhythm of its own.
func TestHardChangedHands(t *testing.T) {
	s := hardScene(*hardSeed+303, 24)
	s.household(4)
	a := s.host()
	noon := 12 * time.Hour
	s.pulses(a, 1800, 1, 150, 10*time.Minute, noon-20*time.Minute)
	s.pulses(a, 2700, 1, 220, noon+10*time.Minute, noon-20*time.Minute)
	fs := s.judge(s.run().with(lease(s.from, a, mac1, "alpha"), lease(s.from.Add(noon), a, mac2, "beta")))
	ids := map[string]bool{}
	names := map[string]bool{}
	for i := range fs {
		if f := &fs[i]; f.Kind == "periodic-burst" {
			ids[f.ID], names[f.Name] = true, true
			if f.Start.Before(s.from.Add(noon)) && f.End.After(s.from.Add(noon)) {
				t.Errorf("%s (%s) goes over the change of hands, from %v to %v", f.ID, f.Name, f.Start, f.End)
			}
		}
	}
	if len(ids) != 2 || !names["alpha"] || !names["beta"] {
		t.Errorf("two machines with one address after the other are told as %v, %v", ids, names)
	}
}

// TestHardRelayIsNoMachine plays a router behind the router: the log shows its hardware address for all the hosts
// behind it.
func TestHardRelayIsNoMachine(t *testing.T) {
	s := hardScene(*hardSeed+304, 12)
	s.household(12)
	h := s.host()
	s.pulses(h, 1800, 1, 150, 10*time.Minute, 11*time.Hour)
	l := s.run().with()
	for i := range l.events {
		setMAC(&l.events[i], mac2)
	}
	fs := s.judge(l)
	if !wholeRhythm(fs, h, 1800) {
		t.Errorf("the rhythm behind another router: told %v", told(fs, h))
	}
	others(t, fs, detect.Info, h)
}
