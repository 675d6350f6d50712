package ingest

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxStrangers is how many senders that are not allowed are named in the accounts of a day: their addresses may be made up.
const maxStrangers = 64

// Rate bounds what one sender may send. Beyond it datagrams are dropped and counted; streams are read more slowly, which
// holds their sender back and loses nothing.
type Rate struct {
	Lines float64 // a second; 0: no bound
	Burst int     // lines at once; 0: as many as Lines in two seconds
}

func (r Rate) burst() int {
	if r.Burst > 0 {
		return r.Burst
	}
	return max(int(2*r.Lines), 1)
}

// PrivateNetworks are those that may send where the configuration says nothing: loopback, private and link-local addresses
// (RFC 1918, 3927, 4193, 4291) and those of a provider's own NAT (RFC 6598).
func PrivateNetworks() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{"192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "fe80::/10", "fc00::/7", "::1/128"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// gate says who may send, and how much. The socket readers ask it before a line takes up any memory.
type gate struct {
	rules atomic.Pointer[gateRules]

	mu       sync.Mutex
	limiters map[source]*rate.Limiter
	max      int
	swept    time.Time
}

type gateRules struct {
	allow  []netip.Prefix
	rate   Rate
	byAddr map[netip.Addr]Router
	rates  bool // anybody has a rate
}

func newGate(senders int) *gate {
	g := &gate{limiters: make(map[source]*rate.Limiter), max: senders}
	g.rules.Store(&gateRules{})
	return g
}

// set takes new rules. Routers that the configuration names may send from wherever they are.
func (g *gate) set(allow []netip.Prefix, all Rate, routers map[netip.Addr]Router) {
	r := &gateRules{allow: slices.Clone(allow), rate: all, byAddr: routers, rates: all.Lines > 0}
	for _, x := range routers {
		r.rates = r.rates || x.Rate.Lines > 0
	}
	g.rules.Store(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.limiters)
}

// allows says whether lines of a source are taken. Local sockets have no address, and file permissions of their own.
func (g *gate) allows(from source) bool {
	r := g.rules.Load()
	if r.allow == nil || !from.addr.IsValid() {
		return true
	}
	for _, p := range r.allow {
		if p.Contains(from.addr) {
			return true
		}
	}
	_, ok := r.byAddr[from.addr]
	return ok
}

// others says whether the config names routers, and this is none of them. Local sockets have no address.
func (g *gate) others(from source) bool {
	r := g.rules.Load()
	_, ok := r.byAddr[from.addr]
	return len(r.byAddr) > 0 && from.addr.IsValid() && !ok
}

// take says whether a datagram that came at that time is within its sender's rate.
func (g *gate) take(from source, at int64) bool {
	if !g.rules.Load().rates {
		return true
	}
	l := g.limiter(from, time.Unix(0, at))
	return l == nil || l.AllowN(time.Unix(0, at), 1)
}

// wait holds the reader of a stream back until its sender may send n lines more, or ctx ends.
func (g *gate) wait(ctx context.Context, from source, n int) {
	if !g.rules.Load().rates {
		return
	}
	l := g.limiter(from, time.Now())
	for l != nil && n > 0 && ctx.Err() == nil {
		some := min(n, l.Burst())
		_ = l.WaitN(ctx, some) // fails only when ctx ends
		n -= some
	}
}

// limiter is the one of a source, nil where it has no bound. There are as many as there are senders; when made-up addresses
// fill the table, those that have not sent for long enough to have their whole burst again go, and if there are none, all
// further sources share one.
func (g *gate) limiter(from source, now time.Time) *rate.Limiter {
	r := g.rules.Load()
	of := r.rate
	x, known := r.byAddr[from.addr]
	if known && x.Rate.Lines > 0 {
		of = x.Rate
	}
	if of.Lines == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, ok := g.limiters[from]; ok {
		return l
	}
	if len(g.limiters) >= g.max && !known {
		if now.Sub(g.swept) >= time.Second {
			g.swept = now
			for id, l := range g.limiters {
				if l.TokensAt(now) >= float64(l.Burst()) {
					delete(g.limiters, id)
				}
			}
		}
		if len(g.limiters) >= g.max {
			if from = others; g.limiters[from] != nil {
				return g.limiters[from]
			}
		}
	}
	l := rate.NewLimiter(rate.Limit(of.Lines), of.burst())
	g.limiters[from] = l
	return l
}
