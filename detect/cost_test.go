package detect_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"runtime"
	"syscall"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// The tests here hold that what a tracker and its days cost is bounded, whatever the network does. They measure memory,
// never time.

var costDay = time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC)

// heapMB is the live heap in MiB.
func heapMB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

var wholeCost = flag.Bool("whole-cost", false,
	"run the tests of cost in full: ten million peers, a hundred thousand hosts")

// less returns the part of n that a costly test runs: a fifth unless -whole-cost is given, and less when time is short.
// The bounds are the same.
func less(n int) int {
	switch {
	case *wholeCost:
		return n
	case testing.Short() || raceEnabled:
		return n / 50
	}
	return n / 5
}

func fromTo(at time.Time, src, dst netip.Addr, sport, dport uint16) parse.Event {
	return parse.Event{Time: at.UnixNano(), Router: parse.MakeName("gw"), Kind: parse.SessionNew, Src: src, Dst: dst,
		SPort: sport, DPort: dport, Proto: parse.TCP}
}

func inside(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

func TestTenMillionPeers(t *testing.T) {
	n := less(10_000_000)
	before := heapMB()
	tr := detect.NewTracker(detect.DefaultConfig(), nil, detect.DateOf(costDay))
	grown := [2]float64{}
	for i := range n {
		at := costDay.Add(time.Duration(float64(i) * 86000e9 / float64(n)))
		e := fromTo(at, inside(i%20), netip.AddrFrom4([4]byte{byte(20 + i>>24), byte(i >> 16), byte(i >> 8), byte(i)}),
			uint16(i), uint16(i*7))
		tr.Observe(&e)
		if i == n/2 || i == n-1 {
			grown[i/(n-1)] = heapMB() - before
		}
	}
	d := tr.Day()
	if peers := d.Hosts[inside(3)].Peers; float64(peers) < 0.85*float64(n)/20 || float64(peers) > 1.15*float64(n)/20 {
		t.Errorf("%d peers of one host, want about %d", peers, n/20)
	}
	t.Logf("%d peers: %.1f MB after half of them, %.1f MB at the end; left out: %v", n, grown[0], grown[1], d.Dropped)
	if grown[1] > 64 || grown[1] > 1.5*grown[0]+4 {
		t.Errorf("%.1f MB after half of the peers, %.1f MB after all: not flat", grown[0], grown[1])
	}
}

func TestHundredThousandHosts(t *testing.T) {
	n := less(100_000)
	cfg := detect.DefaultConfig()
	cfg.Limits.Hosts = min(cfg.Limits.Hosts, n/4)
	before := heapMB()
	tr := detect.NewTracker(cfg, nil, detect.DateOf(costDay))
	for round := range 12 {
		for i := range n {
			at := costDay.Add(time.Duration(round) * time.Hour).Add(time.Duration(float64(i) * 3000e9 / float64(n)))
			e := fromTo(at, inside(i), outside(i*13+round), uint16(round), 443)
			tr.Observe(&e)
		}
	}
	grown := heapMB() - before
	d := tr.Day()
	t.Logf("%d hosts, %d with a record: %.1f MB; left out: %v", n, len(d.Hosts), grown, d.Dropped)
	if len(d.Hosts) > cfg.Limits.Hosts+1 || d.Dropped["hosts"] == 0 {
		t.Errorf("%d hosts have a record, the limit is %d; left out: %v", len(d.Hosts), cfg.Limits.Hosts, d.Dropped)
	}
	if grown > 256 {
		t.Errorf("%.0f MB", grown)
	}
	total := uint64(0)
	for _, h := range d.Hosts {
		total += h.Sessions.Total()
	}
	if total != uint64(12*n) {
		t.Errorf("%d sessions counted of %d: the bounds must not lose any", total, 12*n)
	}
}

// A burst of refused sessions, of ends without beginnings and of queries must not grow anything either.
func TestFloodOfEndsAndQueries(t *testing.T) {
	n := less(2_000_000)
	before := heapMB()
	tr := detect.NewTracker(detect.DefaultConfig(), nil, detect.DateOf(costDay))
	for i := range n {
		at := costDay.Add(time.Duration(float64(i) * 80000e9 / float64(n)))
		e := fromTo(at, inside(i%50), outside(i), uint16(i), uint16(i>>3))
		switch i % 4 {
		case 0:
			e.Kind = parse.SessionEnd
		case 1:
			e.Kind = parse.SessionDenied
		case 2:
			e.Kind, e.NATDst, e.Detail = parse.DNSQuery, outside(i+1), parse.MakeName("x")
		case 3:
			e.Src, e.Dst = e.Dst, e.Src
		}
		tr.Observe(&e)
	}
	grown := heapMB() - before
	d := tr.Day()
	t.Logf("%d lines: %.1f MB; left out: %v", n, grown, d.Dropped)
	if grown > 128 {
		t.Errorf("%.0f MB", grown)
	}
}

// A year that a daemon runs: each day is put away, and only the sessions that outlive it are carried on.
func TestYearOfDays(t *testing.T) {
	cfg := detect.DefaultConfig()
	var prev *detect.Day
	var first float64
	rng := rand.New(rand.NewPCG(1, 1))
	days := max(less(365), 60)
	for day := range days {
		start := costDay.AddDate(0, 0, day)
		tr := detect.NewTracker(cfg, prev, detect.DateOf(start))
		for i := range 2000 {
			e := fromTo(start.Add(time.Duration(i)*43*time.Second), inside(i%30), outside(rng.IntN(1<<22)), uint16(i),
				443)
			if i%50 == 0 { // ends never come, though for this host they are logged
				e.Src = inside(1)
			}
			tr.Observe(&e)
			if e.Src == inside(1) && i%3 == 0 {
				e.Kind = parse.SessionEnd
				tr.Observe(&e)
			}
		}
		prev = tr.Day()
		if day == 29 {
			first = heapMB()
		}
	}
	last := heapMB()
	t.Logf("%d days: %.1f MB after 30, %.1f MB at the end, %d sessions open", days, first, last, len(prev.Open))
	if last > first+8 || len(prev.Open) > cfg.Limits.Sessions {
		t.Errorf("%.1f MB after 30 days, %.1f MB after %d; %d sessions open", first, last, days, len(prev.Open))
	}
	runtime.KeepAlive(prev)
}

// busyDays are n days of a network: most hosts browse, some fire by the clock.
func busyDays(hosts, n int) (days []*detect.Day, cfg detect.Config) {
	cfg = detect.DefaultConfig()
	rng := rand.New(rand.NewPCG(5, 6))
	for day := range n {
		start := costDay.AddDate(0, 0, day)
		var l logged
		for h := range hosts {
			for range 40 {
				at := start.Add(time.Duration(rng.Int64N(int64(23 * time.Hour))))
				for j := range int(min(3/(1-rng.Float64()), 60)) {
					l.events = append(l.events, fromTo(at.Add(time.Duration(j)*100*time.Millisecond), inside(h),
						outside(rng.IntN(1<<20)), uint16(j+1000), 443))
				}
			}
			for slot := 0; h%10 == 0 && slot < 48; slot++ {
				at := start.Add(time.Duration(slot)*30*time.Minute + time.Duration(rng.NormFloat64()*4e9))
				for j := range 80 {
					l.events = append(l.events, fromTo(at.Add(time.Duration(j)*30*time.Millisecond), inside(h),
						outside(rng.IntN(1<<20)), uint16(j+2000), 6881))
				}
			}
		}
		tr := detect.NewTracker(cfg, nil, detect.DateOf(start))
		l.sort()
		for i := range l.events {
			tr.Observe(&l.events[i])
		}
		days = append(days, tr.Day())
	}
	return days, cfg
}

// Hosts are judged side by side, and yet the findings are the same on any number of processors.
func TestFindingsOnAnyProcessors(t *testing.T) {
	days, cfg := busyDays(25, 7)
	w := detect.Window{From: costDay, To: costDay.AddDate(0, 0, 7)}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := detect.Findings(days, cfg, w)
	if len(one) < 3 {
		t.Fatalf("%d findings", len(one))
	}
	runtime.GOMAXPROCS(8)
	if many := detect.Findings(days, cfg, w); !reflect.DeepEqual(one, many) {
		t.Errorf("one processor:\n%+v\neight:\n%+v", one, many)
	}
}

func BenchmarkFindingsOfAMonth(b *testing.B) {
	for _, hosts := range []int{50, 200} {
		days, cfg := busyDays(hosts, 28)
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				detect.Findings(days, cfg, detect.Window{From: costDay, To: costDay.AddDate(0, 0, 28)})
			}
			b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-s/op")
		})
	}
}

// BenchmarkObserveScenes is the tracker on what networks do, all themes in turn.
func BenchmarkObserveScenes(b *testing.B) {
	var logs []logged
	n := 0
	for seed := range uint64(len(themes)) {
		s := makeScene(seed + 1)
		l := s.run()
		logs = append(logs, l)
		n += len(l.events)
	}
	cfg := detect.DefaultConfig()
	b.ReportAllocs()
	done, before := 0, processorTime(b)
	for b.Loop() {
		for _, l := range logs {
			l.days(cfg)
		}
		done += n
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(done)/(processorTime(b)-before), "events/cpu-s")
}

// processorTime returns the processor time that the process has used, in seconds: benchmarks measure it where other
// jobs run beside them.
func processorTime(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}
