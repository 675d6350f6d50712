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

// maxStrangers bounds the number of refused senders that a day's accounts name: their addresses may be forged.
const maxStrangers = 64

// Rate bounds what one sender may send. Beyond it datagrams are dropped and counted; streams are read more slowly,
// which holds their sender back and loses nothing.
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

// PrivateNetworks returns the networks that may send where the configuration names none: loopback, private and
// link-local addresses (RFC 1918, 3927, 4193, 4291) and those of a provider's own NAT (RFC 6598).
func PrivateNetworks() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{"192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "127.0.0.0/8", "100.64.0.0/10",
		"169.254.0.0/16", "fe80::/10", "fc00::/7", "::1/128"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// gate decides which senders are received, and at what rate. The socket readers ask it before a line takes up any
// memory.
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
	rates  bool // some sender has a rate limit
}

func newGate(senders int) *gate {
	g := &gate{limiters: make(map[source]*rate.Limiter), max: senders}
	g.rules.Store(&gateRules{})
	return g
}

// set replaces the rules. Routers that the configuration names are allowed whatever network they are in.
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

// allows reports whether lines from a source are accepted. Those of local sockets are: file permissions guard these.
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

// others reports whether the configuration names routers and the source, which is not a local socket, is not one of
// them.
func (g *gate) others(from source) bool {
	r := g.rules.Load()
	_, ok := r.byAddr[from.addr]
	return len(r.byAddr) > 0 && from.addr.IsValid() && !ok
}

// take reports whether a datagram that was received at a time (ns) is within its sender's rate.
func (g *gate) take(from source, at int64) bool {
	if !g.rules.Load().rates {
		return true
	}
	l := g.limiter(from, time.Unix(0, at))
	return l == nil || l.AllowN(time.Unix(0, at), 1)
}

// wait blocks the reader of a stream until its sender may send n more lines, or ctx ends.
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

// limiter returns the rate limiter of a source, or nil where no limit is set. The table holds at most max of them, as
// addresses may be forged. When it is full, limiters of senders that have been silent long enough to have their whole
// burst again are removed; if there are none, further sources share one limiter.
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
