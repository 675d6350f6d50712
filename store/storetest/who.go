package storetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// nearest is the Finder of the model: it looks at all events.
func (m *model) nearest(_ context.Context, q store.Nearest) (before, after []store.Entry, err error) {
	for _, e := range m.events(store.Query{Window: q.Window}) {
		switch {
		case !q.Match(&e):
		case e.Time <= q.At.UnixNano():
			before = append(before, e)
		default:
			after = append(after, e)
		}
	}
	slices.SortStableFunc(before, func(a, b store.Entry) int { return cmp.Compare(b.Time, a.Time) })
	return before[:min(len(before), q.Limit)], after[:min(len(after), q.Limit)], nil
}

// testWho compares the backend's answers with those of the model, over days, late batches and a reopening.
func testWho(t *testing.T, open opener) {
	r := rand.New(rand.NewPCG(21, 14))
	dir, m := t.TempDir(), newModel()
	s := open(t, dir)
	for n := range 60 {
		var b store.Batch
		start := origin().Add(time.Duration(r.IntN(70)-10) * time.Hour)
		for i := range 40 {
			b.Entries = append(b.Entries, natEntry(r, uint64(n*40+i),
				start.Add(time.Duration(r.IntN(7200_000))*time.Millisecond)))
		}
		b.Health = []store.Health{{Date: detect.DateOf(start), Sender: "gw", SkewMS: -1500}}
		mustAppend(t, s, b)
		m.append(b)
	}
	for round := range 2 {
		held := 0
		for range 150 {
			q := store.Who{End: netip.AddrPortFrom(publicAddr(r), uint16(6880+r.IntN(4))),
				Slack: time.Duration(r.IntN(30)) * time.Second}
			q.At = origin().Add(time.Duration(r.Int64N(int64(62 * time.Hour))))
			q.Proto = []uint8{0, parse.TCP, parse.UDP}[r.IntN(3)]
			q.Back = []time.Duration{0, time.Hour}[r.IntN(2)]
			got, err := s.Who(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			skew := func(router string) time.Duration {
				date := detect.DateOf(q.At)
				if router == "gw" && slices.ContainsFunc(m.health,
					func(h store.Health) bool { return h.Date == date }) {
					return 1500 * time.Millisecond
				}
				return 0
			}
			want, err := store.Holders(t.Context(), q, m.nearest, skew)
			if err != nil || fmt.Sprint(holders(got)) != fmt.Sprint(holders(want)) {
				t.Fatalf("round %d: %+v, %v:\n got %v\nwant %v", round, q, err, holders(got), holders(want))
			}
			held += len(got)
		}
		if held < 1000 {
			t.Errorf("%d holders in all: the test tests little", held)
		}
		mustClose(t, s)
		s = open(t, dir)
	}
	mustClose(t, s)
}

// holders formats the parts of holders that are compared, sorted, as equal confidences at equal distances may stand in
// any order.
func holders(hs []store.Holder) (out []string) {
	for _, h := range hs {
		out = append(out, fmt.Sprintf("%.6f %v %v %v %v..%v ±%v %s %d %v %v %q %q", h.Confidence, h.Host, h.How,
			h.Standing, h.From.UnixNano(), h.To.UnixNano(),
			h.Error, h.Router, h.Proto, h.Peer, h.Ports, h.First.Raw, h.Last.Raw))
	}
	slices.Sort(out)
	return out
}

func publicAddr(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{203, 0, 113, byte(7 + r.IntN(2))})
}

// natEntry returns a session in any of its roles, or a block of ports that is given or taken back.
func natEntry(r *rand.Rand, n uint64, at time.Time) store.Entry {
	e := store.Entry{Identity: n}
	e.Time, e.Spread = at.UnixNano(), uint32(r.IntN(3)*700)
	e.Router = parse.MakeName([]string{"gw", "attic"}[r.IntN(2)])
	e.Kind = []parse.Kind{parse.SessionNew, parse.SessionEnd, parse.SessionUpdate, parse.SessionDenied,
		parse.System}[r.IntN(5)]
	e.Proto = []uint8{parse.TCP, parse.UDP}[r.IntN(2)]
	e.Src, e.SPort = netip.AddrFrom4([4]byte{192, 168, 128, byte(r.IntN(4))}), uint16(6880+r.IntN(4))
	e.Dst, e.DPort = netip.AddrFrom4([4]byte{198, 51, 100, byte(r.IntN(2))}), 443
	public, port := publicAddr(r), uint16(6880+r.IntN(4))
	e.Raw = fmt.Appendf(nil, "line %d", n)
	switch r.IntN(6) {
	case 0: // nothing is said of translation
	case 1:
		e.Src = public
	case 2:
		e.NATDst, e.NATDPort, e.Dst, e.DPort = e.Src, e.SPort, public, port
		e.Src = netip.AddrFrom4([4]byte{198, 51, 100, 9})
	case 3:
		low := 6880 + r.IntN(3)
		e.Kind, e.NATSrc, e.Dst, e.SPort, e.DPort = parse.System, public, netip.Addr{}, 0, 0
		e.Raw = fmt.Appendf(nil, "A VRF 0 INT %v EXT %v:%d-%d", e.Src, public, low, low+r.IntN(3))
		if r.IntN(2) == 0 {
			e.Raw[0] = 'D'
		}
	default:
		e.NATSrc, e.NATSPort = public, port
	}
	return e
}
