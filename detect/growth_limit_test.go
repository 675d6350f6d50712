package detect

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// growing is 28 days in which a host opens 3 % more sessions to one door each day, between nine and ten, which are held
// for 150 s. The days before cut are only half covered.
func growing(cut int) []*Day {
	rng := rand.New(rand.NewPCG(21, 22))
	s := newStream()
	for day := range 28 {
		midnight := t0.Add(time.Duration(day) * 24 * time.Hour)
		for d := time.Duration(0); d < 24*time.Hour; d += 10 * time.Minute {
			if day < cut && d > 16*time.Hour {
				break
			}
			s.session(midnight.Add(d), lan(9), wan(rng.IntN(999)), parse.TCP, 80)
		}
		n := int(1500 * math.Pow(1.03, float64(day)) * (1 + 0.01*rng.NormFloat64()))
		for i := range n {
			s.session(midnight.Add(9*time.Hour+time.Duration(i)*time.Hour/time.Duration(n)), lan(11), wan(7), parse.TCP,
				443)
		}
	}
	return s.days(DefaultConfig())
}

func TestGrowthMeetsTheLimit(t *testing.T) {
	days := growing(0)
	w := Window{days[0].Date.Start(), days[27].Date.End()}
	held := 1500 * math.Pow(1.03, 24) * 150 / 3600 // on the median of the last seven days: 127 entries
	for _, c := range []struct {
		name  string
		table int
		date  bool
		open  bool
	}{
		{"no size", 0, false, false},
		{"soon", 400, true, false},
		{"in years", 1 << 30, false, false},
		{"too large to matter", 20000, false, false},
		{"full already", 100, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Table = c.table
			f := only(t, Findings(days, cfg, w), GrowthKind)
			if f.Peer != wan(7).String()+":443" || f.PeerShare < 0.9 || len(f.Ports) != 1 || f.Ports[0] != "tcp/443" {
				t.Errorf("to %s, %g of it, ports %v", f.Peer, f.PeerShare, f.Ports)
			}
			if f.GrowthDay < 0.028 || f.GrowthDay > 0.032 || f.GrowthLow > f.GrowthDay || f.GrowthHigh < f.GrowthDay ||
				f.GrowthHigh-f.GrowthLow > 0.01 {
				t.Errorf("%g a day, %g to %g", f.GrowthDay, f.GrowthLow, f.GrowthHigh)
			}
			if (f.LimitDate != nil) != c.date {
				t.Fatalf("limit %v of %v %s", f.LimitDate, f.Limit, f.LimitOf)
			}
			if !c.date {
				return
			}
			want := f.End.Add(time.Duration(max(math.Log(float64(c.table)/held)/math.Log(1.03),
				0) * 24 * float64(time.Hour)))
			if d := f.LimitDate.Sub(want).Hours() / 24; math.Abs(d) > 3 || f.LimitFrom.After(*f.LimitDate) ||
				f.LimitTo.Before(*f.LimitDate) {
				t.Errorf("on %v (%v to %v), want %v", f.LimitDate, f.LimitFrom, f.LimitTo, want)
			}
			if f.LimitOf != "table" || f.LimitHow != "config" || f.Router != "gw" {
				t.Errorf("%s of %s, from %s", f.LimitOf, f.Router, f.LimitHow)
			}
		})
	}
}

func TestGrowthLimitOfAnOverflow(t *testing.T) {
	days := growing(0)
	days[20].Routers["gw"].Overflows = []Overflow{{Start: days[20].First, End: days[20].First, Lines: 1, Total: 300}}
	f := only(t, Findings(days, DefaultConfig(), Window{days[0].Date.Start(), days[27].Date.End()}), GrowthKind)
	if f.Limit != 300 || f.LimitHow != "overflow" || f.LimitDate == nil {
		t.Errorf("limit %g from %q, %v", f.Limit, f.LimitHow, f.LimitDate)
	}
}

func TestGrowthOfBytesCountsHalfDaysAsWhole(t *testing.T) {
	days := growing(10)
	for i, d := range days {
		h := d.Hosts[lan(11)]
		h.Sessions.Slots = []Slot{{I: 3600, N: 360}} // as many each day, all between ten and eleven
		h.Sessions.Fine = nil
		h.Bytes = uint64(2e9 * math.Pow(1.02, float64(i)) * float64(d.Last-d.First) / float64(24*time.Hour))
	}
	cfg := DefaultConfig()
	cfg.Link = 20e6
	f := only(t, Findings(days, cfg, Window{days[0].Date.Start(), days[27].Date.End()}), GrowthKind)
	if f.Class != "bytes" || f.GrowthDay < 0.018 || f.GrowthDay > 0.022 {
		t.Errorf("%s grow by %g", f.Class, f.GrowthDay)
	}
	now := 2e9 * math.Pow(1.02, 24) * 8 / 3600 // bit/s in that hour
	want := f.End.Add(time.Duration(math.Log(20e6/now) / math.Log(1.02) * 24 * float64(time.Hour)))
	if f.LimitOf != "link" || f.LimitDate == nil || math.Abs(f.LimitDate.Sub(want).Hours()) > 72 {
		t.Errorf("link full on %v, want %v", f.LimitDate, want)
	}
}

// TestGrownToIsOneAnswer has doors that grow by the same and ports whose fractions add up otherwise in another order.
func TestGrownToIsOneAnswer(t *testing.T) {
	var days []*Day
	for k := range 6 {
		d := NewDay(DateOf(t0) + Date(k))
		d.First = d.Date.Start().UnixNano()
		d.Last = d.Date.Start().Add(23*time.Hour + time.Duration(k)*7*time.Minute).UnixNano()
		h := d.host(lan(1))
		for p := range 40 {
			h.Ports[Port{parse.TCP, uint16(1000 + p)}] = uint64(k * (p + 1))
		}
		h.Ports[Port{parse.TCP, 80}], h.Ports[Port{parse.TCP, 443}] = uint64(2000*k), uint64(2000*k)
		for _, port := range []uint16{80, 443} {
			h.Targets[Door{wan(1), Port{parse.TCP, port}}] = &Target{N: uint64(3000 * k)}
		}
		days = append(days, d)
	}
	var want Finding
	want.grownTo(days, lan(1))
	if want.Port != 80 || want.PeerShare <= 0.5 {
		t.Errorf("to port %d, share %v", want.Port, want.PeerShare)
	}
	for range 50 {
		var got Finding
		if got.grownTo(days, lan(1)); got.Peer != want.Peer || got.PeerShare != want.PeerShare {
			t.Fatalf("%s with %v, then %s with %v", want.Peer, want.PeerShare, got.Peer, got.PeerShare)
		}
	}
}

// A listing that grows is asked for as often as ever: only its bytes tell where the growth goes, and not the door to
// which more sessions go.
func TestBytesGrowWhereTheBytesGo(t *testing.T) {
	s := newStream()
	for day := range 21 {
		midnight := t0.Add(time.Duration(day) * 24 * time.Hour)
		fetch := func(at time.Time, peer int, bytes float64) {
			e := s.session(at, lan(12), wan(peer), parse.TCP, uint16(80+363*min(peer-1, 1)))
			e.Kind, e.Packets, e.Bytes = parse.SessionEnd, 40, uint64(bytes)
			s.add(at.Add(time.Second), e)
		}
		for hour := range 24 {
			at := midnight.Add(time.Duration(hour) * time.Hour)
			fetch(at, 1, 60000*math.Pow(1.06, float64(day))) // the listing, at port 80
			for i := range 4 {                               // small pages at 443, more and more from one server
				peer := 2
				if i > day/6 {
					peer = 3
				}
				fetch(at.Add(time.Duration(5+i)*time.Minute), peer, 100)
			}
		}
	}
	days := s.days(DefaultConfig())
	w := Window{days[0].Date.Start(), days[20].Date.End()}
	for _, f := range Findings(days, DefaultConfig(), w) {
		if f.Kind == GrowthKind && f.Class == "bytes" {
			if f.Peer != wan(1).String()+":80" || f.PeerShare < 0.9 || f.GrowthDay < 0.05 || f.GrowthDay > 0.07 {
				t.Errorf("to %s, %g of it, %g a day", f.Peer, f.PeerShare, f.GrowthDay)
			}
			if f.Evidence.Ask.Port != 80 || f.Evidence.Ask.Kind != "" {
				t.Errorf("asks for %+v", f.Evidence.Ask)
			}
			return
		}
	}
	t.Error("no growth of bytes")
}
