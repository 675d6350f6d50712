package detect

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// collected turns the sessions into ends alone: each lasts 30 s, and a collector that comes each few seconds to a
// minute reports all that are over. Where told is set, each end says how long its session was there.
func (s *stream) collected(told bool) *stream {
	rng := rand.New(rand.NewPCG(71, 72))
	out := newStream()
	look := t0.UnixNano()
	for _, e := range s.sorted() {
		for e.Time+30e9 > look {
			look += int64(4e9 + rng.Float64()*56e9)
		}
		end := e
		end.Kind, end.Packets, end.Bytes = parse.SessionEnd, 2, 200
		if told {
			end.Count = uint32((look - e.Time) / 1e6)
		}
		look += 20_000
		out.add(time.Unix(0, look), end)
	}
	return out
}

// asking adds random lookups of one host to one resolver.
func (s *stream) asking(rng *rand.Rand, host netip.Addr, from, to time.Duration, perSecond float64) {
	for at := from; at < to; at += time.Duration(rng.ExpFloat64() / perSecond * 1e9) {
		s.session(t0.Add(at), host, addr("198.51.100.53"), parse.UDP, 53)
	}
}

func TestBatchesOfACollectorAreNoBursts(t *testing.T) {
	for _, length := range []time.Duration{4 * time.Minute, 9 * time.Minute, 5 * time.Hour} {
		for _, told := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(73, uint64(length)))
			s := newStream()
			s.asking(rng, lan(1), 0, length, 4.4)
			s.asking(rng, lan(2), 0, length, 0.6)
			for _, f := range s.collected(told).findings(DefaultConfig()) {
				t.Errorf("%v of log, durations %v: %s of %s, %d sessions", length, told, f.Kind, f.Host, f.Sessions)
			}
		}
	}
}

func TestSessionsBeginAtTheirEndsLessWhatTheyLasted(t *testing.T) {
	rng := rand.New(rand.NewPCG(74, 75))
	s := newStream()
	s.asking(rng, lan(2), 0, 5*time.Hour, 0.4)
	for at := 10 * time.Minute; at < 5*time.Hour; at += 15 * time.Minute {
		s.burst(t0.Add(at), lan(1), 200, 2*time.Second)
	}
	f := only(t, s.collected(true).findings(DefaultConfig()), PeriodicBurst)
	if f.Host != lan(1).String() || f.PeriodS != 900 || f.Seen != 20 {
		t.Errorf("%s, every %.0f s, %d times", f.Host, f.PeriodS, f.Seen)
	}
	for i, b := range f.Bursts {
		if d := b.Start.Sub(t0.Add(10*time.Minute + time.Duration(i)*15*time.Minute)); d < -2*time.Second ||
			d > 2*time.Second || b.Sessions < 190 || b.Peers < 150 {
			t.Errorf("burst %d: %v off, %d sessions to %d hosts", i, d, b.Sessions, b.Peers)
		}
	}
	most := Level{}
	for _, l := range s.collected(true).days(DefaultConfig())[0].Routers["gw"].Occupancy {
		if l.Total > most.Total {
			most = l
		}
	}
	if most.Total < 200 || most.Total > 280 || most.Holders[0].Host != lan(1) || most.Holders[0].N != 200 {
		t.Errorf("the fullest table: %+v", most)
	}
}

func TestSessionsThatEndTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(76, 77))
	s := newStream()
	s.asking(rng, lan(2), 0, 11*time.Hour, 0.3)
	for at := 30 * time.Minute; at < 11*time.Hour; at += 2 * time.Hour {
		s.burst(t0.Add(at), lan(1), 1500, time.Second)
	}
	f := only(t, s.collected(false).findings(DefaultConfig()), BurstKind)
	if f.Host != lan(1).String() || f.Class != EndsTogether || f.Seen != 6 || f.SpreadS != 180 || f.Sessions != 1500 {
		t.Errorf("%+v", f)
	}
	emptied := newStream() // all at once: somebody emptied the table
	for i := range 4000 {
		e := emptied.session(t0.Add(time.Duration(i)*9*time.Second), lan(1+i%8), wan(i), parse.TCP, 443)
		emptied.events = emptied.events[:len(emptied.events)-1]
		e.Kind = parse.SessionEnd
		emptied.add(t0.Add(time.Duration(i)*9*time.Second), e)
		e.SPort, e.DPort = e.SPort+20000, 8443
		emptied.add(t0.Add(5*time.Hour+time.Duration(i)*time.Microsecond), e)
	}
	for _, f := range emptied.findings(DefaultConfig()) {
		if f.Kind == BurstKind {
			t.Errorf("a table that was emptied: %s of %s", f.Kind, f.Host)
		}
	}
}

// TestPagesThatEndTogether has a person read pages for a minute or two, now and then, in a log of ends alone: 450 ends
// within three minutes are nothing to tell of. As many to one server are, and so are 1,200.
func TestPagesThatEndTogether(t *testing.T) {
	for _, c := range []struct{ n, each, want int }{{450, 5, 0}, {450, 450, 1}, {1200, 5, 1}} {
		r := rand.New(rand.NewPCG(78, 79))
		s := newStream()
		s.asking(r, lan(2), 0, 11*time.Hour, 0.3)
		for at := 30 * time.Minute; at < 11*time.Hour; at += 3 * time.Hour {
			s.page(r, t0.Add(at), 1, c.n, c.each, 40*time.Second)
		}
		n := 0
		for _, f := range s.collected(false).findings(DefaultConfig()) {
			if f.Host == lan(1).String() {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%d ends, %d of each server: %d findings, want %d", c.n, c.each, n, c.want)
		}
	}
}

// TestEndsNameTheHolderOfAFullTable has a full table in a log of ends that say how long their sessions lasted.
func TestEndsNameTheHolderOfAFullTable(t *testing.T) {
	s := newStream()
	for i := range 3000 {
		host := lan(1)
		if i%5 == 0 {
			host = lan(2)
		}
		e := s.session(t0, host, wan(i), parse.TCP, 443)
		s.events = s.events[:len(s.events)-1]
		e.Kind, e.Count = parse.SessionEnd, 3600_000
		s.add(t0.Add(4*time.Hour+time.Duration(i)*time.Millisecond), e)
	}
	s.full(t0.Add(3*time.Hour+30*time.Minute), 7)
	f := only(t, s.findings(DefaultConfig()), TableFullKind)
	if len(f.Holders) == 0 || f.Holders[0].Host != lan(1).String() || f.Holders[0].Share < 0.79 ||
		f.Holders[0].Share > 0.81 {
		t.Errorf("%+v", f.Holders)
	}
}

// TestSpansAreCountedInParts fills the record of ended entries.
func TestSpansAreCountedInParts(t *testing.T) {
	var p spans
	var want [slotsPerDay]uint32
	for i := range maxSpans + 5000 {
		from := int64(i/100) * 20e9 % int64(20*time.Hour)
		p.add(from, from+15e9, lan(i%3))
		want[from/int64(SlotLen)]++
		want[from/int64(SlotLen)+1]++
	}
	if len(p.list) > maxSpans {
		t.Errorf("%d spans are kept", len(p.list))
	}
	r := &Router{}
	p.fill(r)
	for _, l := range r.Occupancy {
		if l.Total != want[l.I] || len(l.Holders) == 0 {
			t.Fatalf("slot %d: %d entries, want %d; %v", l.I, l.Total, want[l.I], l.Holders)
		}
		want[l.I] = 0
	}
	if i := slices.IndexFunc(want[:], func(n uint32) bool { return n > 0 }); i >= 0 {
		t.Errorf("slot %d is missing", i)
	}
	if !slices.IsSortedFunc(r.Occupancy, func(a, b Level) int { return int(a.I) - int(b.I) }) {
		t.Error("the slots are out of order")
	}
}

// TestSecondsOfLateSessionsAreBounded fills the slots whose seconds are kept.
func TestSecondsOfLateSessionsAreBounded(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, dateOf(t0.UnixNano()))
	name := parse.MakeName("gw")
	end := dateOf(t0.UnixNano()).End().UnixNano() - 1
	n := 0
	for host := range maxLate/slotsPerDay + 2 {
		for slot := range slotsPerDay - 1 {
			at := dateOf(t0.UnixNano()).Start().UnixNano() + int64(slot)*int64(SlotLen)
			tr.Observe(&parse.Event{Kind: parse.SessionEnd, Router: name, Time: end, Src: lan(host), Dst: wan(1),
				Proto: parse.TCP, SPort: uint16(1024 + slot), DPort: 443, Count: uint32((end - at) / 1e6)})
			n++
		}
	}
	d := tr.Day()
	if tr.lateSlots != maxLate || d.Dropped["seconds of late sessions"] != uint64(n-maxLate) {
		t.Errorf("%d slots are kept, %d dropped of %d", tr.lateSlots, d.Dropped["seconds of late sessions"], n)
	}
	if got := d.Hosts[lan(0)].Sessions.Total(); got != uint64(slotsPerDay-1) {
		t.Errorf("%d sessions", got)
	}
}
