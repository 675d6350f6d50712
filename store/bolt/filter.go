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

// filter is a query made ready for comparison.
type filter struct {
	from, to   int64 // half-open, ns
	open       bool  // to is unbounded
	router     parse.Name
	host, peer netip.Prefix // zero = any
	port       uint16
	kinds      uint64
	odd        []parse.Kind // those that share bit 63
	text       []byte
}

func newFilter(q *store.Query) filter {
	f := filter{from: math.MinInt64, open: true, router: parse.MakeName(q.Router), port: q.Port, text: []byte(q.Text)}
	if !q.From.IsZero() {
		f.from = nanos(q.From)
	}
	if !q.To.IsZero() {
		f.to, f.open = nanos(q.To), false
	}
	f.host, f.peer = plainPrefix(q.Host), plainPrefix(q.Peer)
	for _, k := range q.Kinds {
		f.kinds |= kindBit(k)
		if k >= 63 {
			f.odd = append(f.odd, k)
		}
	}
	return f
}

// nanos is the time in ns, at the end of what int64 holds (1677 or 2262) where it lies beyond.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// plainPrefix takes ::ffff:192.0.2.0/120 for 192.0.2.0/24, as plainAddr does for addresses.
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

// block says whether a block may have events of interest; it needs only the header.
func (f *filter) block(h *header, filters []byte) bool {
	if h.max < f.from || !f.open && h.min >= f.to {
		return false
	}
	if f.kinds != 0 && h.kinds&f.kinds == 0 {
		return false
	}
	for _, p := range []netip.Prefix{f.host, f.peer} {
		if p.IsSingleIP() && !inBloom(filters[:h.bloom], hashAddr(p.Addr())) {
			return false
		}
	}
	return true
}

// event says whether the event is wanted, as far as its columns tell.
func (f *filter) event(e *parse.Event) bool {
	if e.Time < f.from || !f.open && e.Time >= f.to {
		return false
	}
	if f.kinds != 0 && !f.kind(e.Kind) {
		return false
	}
	if f.router != (parse.Name{}) && e.Router != f.router {
		return false
	}
	if f.port != 0 && e.SPort != f.port && e.DPort != f.port && e.NATSPort != f.port && e.NATDPort != f.port {
		return false
	}
	return f.sides(e)
}

func (f *filter) kind(k parse.Kind) bool {
	if k >= 63 {
		return slices.Contains(f.odd, k)
	}
	return f.kinds&kindBit(k) != 0
}

// sides: the opener's side has Src and its translation, the other one Dst and its. With both Host and Peer asked for,
// they must be found on different sides.
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

// line says whether the raw line is wanted.
func (f *filter) line(raw []byte) bool { return len(f.text) == 0 || bytes.Contains(raw, f.text) }

// dates is the span of days that the query touches.
func (f *filter) window() store.Window {
	w := store.Window{From: time.Unix(0, f.from)}
	if !f.open {
		w.To = time.Unix(0, f.to)
	}
	return w
}
