package detect

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// A question that is passed on to the host that asked it, over and over, is a loop; one that goes elsewhere, or much
// later, is none.
func TestLoop(t *testing.T) {
	router, other := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("198.51.100.53")
	for _, c := range []struct {
		name  string
		to    netip.Addr
		times int
		later time.Duration
		loop  bool
	}{
		{"itself", router, 300, 0, true},
		{"slow", router, loopLeast, 0, true},
		{"few", router, loopLeast - 1, 0, false},
		{"elsewhere", other, 300, 0, false},
		{"later", router, 300, time.Minute, false},
	} {
		var s stream
		step := 10*time.Millisecond + 2*c.later
		for i := range c.times {
			at := t0.Add(time.Hour + time.Duration(i)*step)
			s.add(at, parse.Event{Kind: parse.DNSQuery, Src: router, Detail: parse.MakeName("x.example.net")})
			s.add(at.Add(c.later), parse.Event{Kind: parse.DNSForward, Dst: c.to,
				Detail: parse.MakeName("x.example.net")})
		}
		var loops []Finding
		for _, f := range Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)}) {
			if f.Kind == DNSStorm && f.Class == Loop {
				loops = append(loops, f)
			} else if c.loop {
				t.Errorf("%s: also %s", c.name, f.ID)
			}
		}
		if !c.loop {
			if len(loops) > 0 {
				t.Errorf("%s: a loop: %+v", c.name, loops)
			}
			continue
		}
		if len(loops) != 1 || loops[0].Lookups != c.times || loops[0].Host != router.String() ||
			loops[0].Severity != Warning || loops[0].Names[0] != (Count{"x.example.net", uint64(c.times)}) {
			t.Errorf("%s: got %+v", c.name, loops)
		}
	}
}

// The names of a host that go round are bounded.
func TestLoopsAreBounded(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	a := netip.MustParseAddr("192.168.1.1")
	for i := range maxLoops + 3 {
		name := parse.MakeName(fmt.Sprint("n", i))
		for _, e := range []parse.Event{{Kind: parse.DNSQuery, Src: a, Detail: name},
			{Kind: parse.DNSForward, Dst: a, Detail: name}} {
			e.Time = t0.UnixNano()
			tr.Observe(&e)
		}
	}
	d := tr.Day()
	if n := len(d.Hosts[a].Loops); n != maxLoops || d.Dropped["loops"] != 3 {
		t.Errorf("%d names, %d dropped", n, d.Dropped["loops"])
	}
}
