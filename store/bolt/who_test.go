package bolt

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

// TestNearest compares with a look at all events, over three days, overlapping blocks, and all forms of ends.
func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	public := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")}
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	var all []store.Entry
	for batch := range 60 {
		var b store.Batch
		from := noon().Add(time.Duration(batch) * time.Hour)
		for i := range 700 {
			e := store.Entry{Identity: uint64(batch*1000 + i), Raw: fmt.Appendf(nil, "line %d of %d", i, batch)}
			e.Time = from.Add(time.Duration(r.Int64N(int64(2 * time.Hour)))).UnixNano()
			e.Src, e.SPort = netip.AddrFrom4([4]byte{192, 168, 128, byte(r.IntN(20))}), uint16(1024+r.IntN(500))
			e.Dst, e.DPort = netip.AddrFrom4([4]byte{198, 51, 100, byte(r.IntN(200))}), 443
			switch r.IntN(5) {
			case 0: // nothing is said of translation
			case 1:
				e.Dst, e.DPort, e.NATDst = public[r.IntN(2)], uint16(1024+r.IntN(500)), e.Src
			case 2:
				e.NATSrc = public[r.IntN(2)] // a block of ports
			default:
				e.NATSrc, e.NATSPort = public[r.IntN(2)], uint16(1024+r.IntN(5000))
			}
			b.Entries = append(b.Entries, e)
		}
		mustAppend(t, db, b)
		all = append(all, b.Entries...)
	}
	for round := range 2 {
		for range 200 {
			q := store.Nearest{End: netip.AddrPortFrom(public[r.IntN(2)], uint16(1024+r.IntN(5000))), Limit: r.IntN(4)}
			q.At = noon().Add(time.Duration(r.Int64N(int64(62 * time.Hour))))
			if r.IntN(3) == 0 {
				q.From, q.To = q.At.Add(-time.Hour), q.At.Add(time.Hour)
			}
			if r.IntN(2) == 0 {
				q.Match = func(e *store.Entry) bool { return e.NATSPort != 0 && len(e.Raw) > 0 }
			}
			before, after, err := db.Nearest(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			wantBefore, wantAfter := nearestOf(all, q)
			for i, got := range [][]store.Entry{before, after} {
				if want := [][]int64{wantBefore, wantAfter}[i]; fmt.Sprint(timesOf(got)) != fmt.Sprint(want) {
					t.Fatalf("round %d: %+v: side %d: %v, want %v", round, q, i, timesOf(got), want)
				}
			}
			for _, e := range append(before, after...) {
				if len(e.Raw) == 0 {
					t.Error("no line")
				}
			}
		}
		if err := db.Tidy(t.Context(), detect.DateOf(noon())+9, round == 0); err != nil {
			t.Fatal(err)
		}
	}
}

// nearestOf are the times of what Nearest should find, by insertion.
func nearestOf(all []store.Entry, q store.Nearest) (before, after []int64) {
	w := nearest{limit: max(q.Limit, 1), addr: q.End.Addr(), port: q.End.Port()}
	for i := range all {
		e := &all[i]
		at := time.Unix(0, e.Time)
		if !w.has(e) || q.Match != nil && !q.Match(e) || !q.From.IsZero() && (at.Before(q.From) || !at.Before(q.To)) {
			continue
		}
		if at.After(q.At) {
			w.after = w.insert(w.after, e, func(a, b int64) bool { return a < b })
		} else {
			w.before = w.insert(w.before, e, func(a, b int64) bool { return a >= b })
		}
	}
	return timesOf(w.before), timesOf(w.after)
}

func timesOf(es []store.Entry) (out []int64) {
	for i := range es {
		out = append(out, es[i].Time)
	}
	return out
}
