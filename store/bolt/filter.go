package bolt

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// filter is a query in a form that is fast to compare with events.
type filter struct {
	from, to   int64 // half-open, ns
	open       bool  // to is unbounded
	router     parse.Name
	aside      parse.Name
	host, peer netip.Prefix // zero = any
	port       uint16
	kinds      uint64
	odd        []parse.Kind // those that share bit 63
	text       []byte
}

func newFilter(q *store.Query) filter {
	f := filter{from: math.MinInt64, open: true, router: parse.MakeName(q.Router), port: q.Port,
		aside: parse.MakeName(q.Aside), text: []byte(q.Text)}
	if !q.From.IsZero() {
		f.from = nanos(q.From)
	}
	if !q.To.IsZero() {
		f.to, f.open = nanos(q.To), false
	}
	f.host, f.peer = plainPrefix(q.Host), plainPrefix(q.Peer)
	for _, k := range q.Kinds {
		f.kinds |= kindBit(k)
		if k >= oddKinds {
			f.odd = append(f.odd, k)
		}
	}
	return f
}

// nanos returns t in ns; times that int64 cannot hold (before 1677, after 2262) become the least or the largest one.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// plainPrefix turns ::ffff:192.0.2.0/120 into 192.0.2.0/24, as plainAddr does for addresses.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func plainAddr(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	return a.Unmap().WithZone("")
}

// block reports whether a block may hold wanted events, as far as its header and filters tell.
func (f *filter) block(h *header, filters []byte) bool {
	if h.max < f.from || !f.open && h.min >= f.to {
		return false
	}
	if f.kinds != 0 && h.kinds&f.kinds == 0 {
		return false
	}
	if f.aside != (parse.Name{}) && h.kinds&asidesIn == 0 {
		return false
	}
	if f.router != (parse.Name{}) && h.kinds&routersIn != 0 && !inBloom(filters[:h.bloom], hashRouter(f.router)) {
		return false
	}
	for _, p := range []netip.Prefix{f.host, f.peer} {
		if p.IsSingleIP() && !inBloom(filters[:h.bloom], hashAddr(p.Addr())) {
			return false
		}
	}
	return true
}

// event reports whether the event is wanted, as far as its columns tell, and whatever names it has: see decoder.wants.
func (f *filter) event(e *parse.Event) bool {
	if e.Time < f.from || !f.open && e.Time >= f.to {
		return false
	}
	if f.kinds != 0 && !f.kind(e.Kind) {
		return false
	}
	if f.port != 0 && e.SPort != f.port && e.DPort != f.port && e.NATSPort != f.port && e.NATDPort != f.port {
		return false
	}
	return f.sides(e)
}

func (f *filter) kind(k parse.Kind) bool {
	if k >= oddKinds {
		return slices.Contains(f.odd, k)
	}
	return f.kinds&kindBit(k) != 0
}

// sides reports whether host and peer match the two sides of the event: Src with its translation, and Dst with its
// own. A host and a peer must match different sides.
func (f *filter) sides(e *parse.Event) bool {
	if !f.host.IsValid() && !f.peer.IsValid() {
		return true
	}
	on := func(p netip.Prefix, a, b netip.Addr) bool {
		return !p.IsValid() || a.IsValid() && p.Contains(plainAddr(a)) || b.IsValid() && p.Contains(plainAddr(b))
	}
	return on(f.host, e.Src, e.NATSrc) && on(f.peer, e.Dst, e.NATDst) ||
		on(f.host, e.Dst, e.NATDst) && on(f.peer, e.Src, e.NATSrc)
}

// line reports whether the raw line contains the wanted text.
func (f *filter) line(raw []byte) bool { return len(f.text) == 0 || bytes.Contains(raw, f.text) }

// window is the time span of the query.
func (f *filter) window() store.Window {
	w := store.Window{From: time.Unix(0, f.from)}
	if !f.open {
		w.To = time.Unix(0, f.to)
	}
	return w
}
