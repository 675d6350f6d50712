package detect

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// parts are events of all the smaller detectors, over midnight.
func parts(rng *rand.Rand, n int) *stream {
	s := newStream()
	states := []parse.State{parse.SynRecv, parse.Established, parse.TimeWait, parse.Unreplied}
	for i := range n {
		at := t0.Add(20*time.Hour + time.Duration(i)*900*time.Millisecond)
		switch rng.IntN(8) {
		case 0:
			s.visit(at, wan(rng.IntN(5000)), lan(rng.IntN(5)), uint16(1+rng.IntN(3)), states[:rng.IntN(4)]...)
		case 1:
			s.done(at, wan(rng.IntN(5000)), lan(rng.IntN(5)), uint16(1+rng.IntN(3)), uint32(rng.IntN(9)),
				states[rng.IntN(4)])
		case 2:
			s.link(at, fmt.Sprint("port", rng.IntN(4)), rng.IntN(2) == 0)
		case 3:
			s.ping(at, wan(rng.IntN(3)), time.Duration(rng.IntN(3))*20*time.Millisecond)
		case 4:
			s.add(at, parse.Event{Kind: parse.DNSQuery, Src: lan(rng.IntN(5)),
				Detail: parse.MakeName(fmt.Sprint("n", rng.IntN(20)))})
		case 5:
			s.add(at, parse.Event{Kind: parse.SYNFlood, DPort: uint16(rng.IntN(3))})
		case 6:
			s.add(at, parse.Event{Kind: parse.Suppressed, Count: uint32(rng.IntN(9)),
				Detail: parse.MakeName([]string{"net_ratelimit", "foo.service"}[rng.IntN(2)])})
		case 7:
			s.said(at, -time.Duration(rng.IntN(3000))*time.Millisecond)
		}
	}
	return s
}

func TestPartsLiveAreReplay(t *testing.T) {
	s := parts(rand.New(rand.NewPCG(2, 2)), 20000)
	cfg := DefaultConfig()
	live := s.days(cfg)
	if len(live) != 2 {
		t.Fatalf("%d days", len(live))
	}
	var prev *Day
	for _, want := range live {
		b, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		stored := &Day{}
		if err := stored.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		differ(t, "live and stored", encoded(t, want), encoded(t, stored))
		tr := NewTracker(cfg, prev, want.Date)
		for i, e := range s.events {
			tr.Observe(&e)
			if i%5000 == 0 {
				tr.Day() // a snapshot in between changes nothing
			}
		}
		differ(t, "live and replay", encoded(t, want), encoded(t, tr.Day()))
		prev = stored
	}
}

func TestPartsMerge(t *testing.T) {
	cfg := DefaultConfig()
	var shards []*Day
	for i := range 3 {
		shards = append(shards, parts(rand.New(rand.NewPCG(uint64(i), 7)), 3000).days(cfg)[0])
	}
	merge := func(order ...int) *Day {
		d := NewDay(shards[0].Date)
		for _, k := range order {
			if err := d.Merge(shards[k]); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	before := encoded(t, shards[0])
	all := merge(0, 1, 2)
	differ(t, "order of merging", encoded(t, all), encoded(t, merge(2, 1, 0)))
	differ(t, "a shard after merging", before, encoded(t, shards[0]))
	var lines, orphans, ups, probes, floods int
	for _, d := range append(shards, all) {
		sign := 1
		if d == all {
			sign = -1
		}
		r := d.Routers["gw"]
		for _, h := range r.Hours {
			lines, orphans = lines+sign*int(h.Lines), orphans+sign*int(h.Orphans)
		}
		for _, x := range r.Links {
			ups += sign * (int(x.Ups) + len(x.Downs))
		}
		for _, p := range r.Pings {
			for _, x := range p.Slots {
				probes += sign * int(x.N+x.Lost)
			}
		}
		floods += sign * len(r.Floods)
	}
	if lines != 0 || orphans != 0 || ups != 0 || probes != 0 || floods != 0 {
		t.Errorf("sums differ from the whole by %d lines, %d orphans, %d changes of links, %d probes, %d floods", lines,
			orphans, ups, probes, floods)
	}
}
