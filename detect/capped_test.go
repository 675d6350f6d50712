package detect

import (
	"math/rand/v2"
	"testing"
	"time"

	"uncloak/parse"
)

// bucket passes on what a limit lets through: a token bucket, as of iptables -m limit and nft limit rate.
type bucket struct {
	every time.Duration
	burst int
	have  float64
	last  time.Time
}

func (b *bucket) pass(at time.Time) bool {
	b.have = min(b.have+float64(at.Sub(b.last))/float64(b.every), float64(b.burst))
	b.last = at
	if b.have < 1 {
		return false
	}
	b.have--
	return true
}

// capScene plays sessions of hosts at a rate that goes up and down between slow and fast, a second.
func capScene(rng *rand.Rand, hosts int, slow, fast float64, length time.Duration, limit *bucket) *Day {
	s := newStream()
	at := t0
	for i := 0; at.Sub(t0) < length; i++ {
		rate := slow
		if int(at.Sub(t0).Minutes())/5%2 == 1 {
			rate = fast
		}
		at = at.Add(time.Duration(rng.ExpFloat64() / rate * float64(time.Second)))
		if limit == nil || limit.pass(at) {
			s.session(at, lan(1+rng.IntN(hosts)), wan(i%5000), parse.UDP, 53)
		}
	}
	return s.days(DefaultConfig())[0]
}

func TestLimitedLogIsRecognised(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name       string
		limit      *bucket
		slow, fast float64
		n, unit    uint32
	}{
		{"10 a second", &bucket{every: 100 * time.Millisecond, burst: 5}, 2, 40, 10, 1},
		{"25 a second", &bucket{every: 40 * time.Millisecond, burst: 25}, 5, 80, 25, 1},
		{"20 a minute", &bucket{every: 3 * time.Second, burst: 5}, 5, 5, 20, 60},
	} {
		d := capScene(rng, 8, c.slow, c.fast, 3*time.Hour, c.limit)
		got := d.Routers["gw"].Cap
		if got.UnitS != c.unit || got.N+1 < c.n || got.N > c.n+1 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// Random traffic, a single program that goes evenly, and several that do are no limit.
func TestUnlimitedLogIsNotCapped(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, rate := range []float64{0.3, 3, 5, 10, 40} {
		for range 3 {
			if c := capScene(rng, 8, rate, rate, 2*time.Hour, nil).Routers["gw"].Cap; c.N > 0 {
				t.Errorf("%v a second at random: %+v", rate, c)
			}
		}
	}
	s := newStream()
	for i := range 20000 { // one program, five a second, beside two that speak now and then
		at := t0.Add(time.Duration(i) * 200 * time.Millisecond)
		s.session(at, lan(1), wan(i%300), parse.UDP, 53)
		if rng.IntN(20) == 0 {
			s.session(at, lan(2+rng.IntN(2)), wan(i%300), parse.TCP, 443)
		}
	}
	if c := s.days(DefaultConfig())[0].Routers["gw"].Cap; c.N > 0 {
		t.Errorf("one program: %+v", c)
	}
}
