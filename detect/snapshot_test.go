package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// row is a row of a listing: host's n-th session to a port outside.
func row(host string, n int, state parse.State, sport, dport uint16) parse.Event {
	return parse.Event{Kind: parse.Entry, Proto: parse.UDP, State: state, Src: netip.MustParseAddr(host), SPort: sport,
		Dst: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}), DPort: dport}
}

func snapshotsOf(s *stream, cfg Config) (out []Finding) {
	for _, f := range Findings(s.days(cfg), cfg, Window{t0, t0.Add(24 * time.Hour)}) {
		if f.Kind == SnapshotKind {
			out = append(out, f)
		}
	}
	return out
}

func TestSnapshot(t *testing.T) {
	var s stream
	at := t0.Add(time.Hour)
	for i := range 100 {
		s.add(at.Add(time.Duration(i)*time.Millisecond), row("192.168.1.50", i%50, parse.Unreplied, 6881,
			uint16(2000+i)))
		// told twice
		s.add(at.Add(time.Duration(i)*time.Millisecond), row("192.168.1.50", i%50, parse.Unreplied, 6881,
			uint16(2000+i)))
	}
	for i := range 20 {
		s.add(at.Add(time.Second), row("192.168.1.20", i, parse.Established, uint16(4000+i), 443))
	}
	s.add(at.Add(20*time.Second), row("192.168.1.20", 1, parse.Established, 4000, 443)) // another listing
	cfg := DefaultConfig()
	fs := snapshotsOf(&s, cfg)
	if len(fs) != 1 {
		t.Fatalf("%d snapshots", len(fs))
	}
	f := &fs[0]
	want := []ListedFor{
		{Host: "192.168.1.50", Entries: 100, Share: 100. / 120, Unreplied: 100, Peers: 50, Own: "udp/6881",
			States: map[string]int{"UNREPLIED": 100}},
		{Host: "192.168.1.20", Entries: 20, Share: 20. / 120, Peers: 20, Port: "udp/443",
			States: map[string]int{"ESTABLISHED": 20}},
	}
	if f.Entries != 120 || f.Host != "192.168.1.50" || f.Severity != Warning || !f.Start.Equal(at) ||
		fmt.Sprint(f.Listed) != fmt.Sprint(want) {
		t.Errorf("got %+v", f)
	}
	for size, severity := range map[int]Severity{2048: Warning, 130: Warning, 126: Critical} {
		cfg.Table = size
		if fs = snapshotsOf(&s, cfg); len(fs) != 1 || fs[0].Severity != severity || fs[0].Capacity != size {
			t.Errorf("of %d: got %+v", size, fs)
		}
	}
	d := s.days(DefaultConfig())[0]
	if n := d.Routers[""].Sessions; n != 0 || len(d.Routers[""].Listings) != 2 {
		t.Errorf("%d sessions, %d listings", n, len(d.Routers[""].Listings))
	}
}

// Hosts and listings beyond their bounds are summed up and left out.
func TestListingsAreBounded(t *testing.T) {
	cfg := DefaultConfig()
	tr := NewTracker(cfg, nil, DateOf(t0))
	at := t0
	for i := range maxListings + 10 {
		at = at.Add(10 * time.Second)
		for k := range 1 + i%3 {
			e := row("192.168.1.9", k, parse.Replied, 1, 1)
			e.Time = at.UnixNano()
			tr.Observe(&e)
		}
	}
	at = at.Add(time.Minute)
	for i := range maxListHosts + 20 {
		e := row("192.168.1.9", 1, parse.Replied, 1, 1)
		e.Src, e.Time = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), at.UnixNano()
		tr.Observe(&e)
	}
	if n := len(tr.routers[parse.Name{}].listing.hosts); n != maxListHosts+1 {
		t.Errorf("%d hosts", n)
	}
	ls := tr.Day().Routers[""].Listings
	if len(ls) != maxListings {
		t.Fatalf("%d listings", len(ls))
	}
	last := ls[len(ls)-1]
	if last.Entries != maxListHosts+20 || len(last.Hosts) != topListHosts || last.Hosts[0].Host.IsValid() ||
		last.Hosts[0].N != 20 {
		t.Errorf("the last has %d entries of %+v", last.Entries, last.Hosts[:2])
	}
	if i := slices.IndexFunc(ls, func(l Listing) bool { return l.Entries == 3 }); i < 0 {
		t.Error("the fullest are gone")
	}
}

// Listings of one moment in two parts of a day are one.
func TestListingsMerge(t *testing.T) {
	a := &Router{Listings: []Listing{{First: 5e9, Last: 6e9, Entries: 3, States: States{3}, Hosts: []Listed{{N: 3}}}}}
	a.mergeListings(&Router{Listings: []Listing{{First: 1e9, Last: 2e9, Entries: 4, States: States{0, 4},
		Hosts: []Listed{{N: 4}}},
		{First: 60e9, Last: 60e9, Entries: 1}}})
	if len(a.Listings) != 2 || a.Listings[0].Entries != 7 || a.Listings[0].Last != 6e9 ||
		len(a.Listings[0].Hosts) != 2 || a.Listings[0].Hosts[0].N != 4 {
		t.Errorf("got %+v", a.Listings)
	}
}
