package storetest

import (
	"bytes"
	"cmp"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// model is the contract in its plainest form: everything in one slice.
type model struct {
	entries []store.Entry // in order of arrival
	batches map[string]bool
	sent    []store.Batch // those with an ID, to be sent again
	health  []store.Health
	days    map[detect.Date]*detect.Day
}

func newModel() *model {
	return &model{batches: map[string]bool{}, days: map[detect.Date]*detect.Day{}}
}

func (m *model) append(b store.Batch) (added int) {
	if b.ID != "" && m.batches[b.ID] {
		return 0
	}
	if b.ID != "" {
		m.batches[b.ID] = true
		m.sent = append(m.sent, b)
	}
	m.health = append(m.health, b.Health...)
	entries := slices.Clone(b.Entries)
	slices.SortStableFunc(entries, func(x, y store.Entry) int { return cmp.Compare(x.Time, y.Time) })
	if b.Dedupe {
		entries = m.fresh(entries)
	}
	m.entries = append(m.entries, entries...)
	return len(entries)
}

// fresh returns the sorted entries without those that are stored already; each stored entry stands for one.
func (m *model) fresh(entries []store.Entry) (out []store.Entry) {
	used := make([]bool, len(m.entries))
	for _, e := range entries {
		i := -1
		for j := range m.entries {
			s := &m.entries[j]
			if !used[j] && s.Identity == e.Identity && near(s, &e) {
				i = j
				break
			}
		}
		if i < 0 {
			out = append(out, e)
			continue
		}
		used[i] = true
	}
	return out
}

func near(a, b *store.Entry) bool {
	d := time.Duration(a.Time - b.Time).Abs()
	return d <= 2*time.Second+time.Duration(a.Spread)*time.Millisecond+time.Duration(b.Spread)*time.Millisecond
}

func (m *model) events(q store.Query) (out []store.Entry) {
	all := slices.Clone(m.entries)
	slices.SortStableFunc(all, func(x, y store.Entry) int { return cmp.Compare(x.Time, y.Time) })
	for i := range all {
		if wanted(&all[i], &q) && (q.Limit == 0 || len(out) < q.Limit) {
			out = append(out, all[i])
		}
	}
	return out
}

func wanted(e *store.Entry, q *store.Query) bool {
	t := time.Unix(0, e.Time)
	if !q.From.IsZero() && t.Before(q.From) || !q.To.IsZero() && !t.Before(q.To) {
		return false
	}
	if len(q.Kinds) > 0 && !slices.Contains(q.Kinds, e.Kind) || q.Router != "" && e.Router.String() != q.Router {
		return false
	}
	if q.Aside != "" && e.Aside.String() != q.Aside {
		return false
	}
	if q.Port != 0 && !slices.Contains([]uint16{e.SPort, e.DPort, e.NATSPort, e.NATDPort}, q.Port) {
		return false
	}
	if !bytes.Contains(e.Raw, []byte(q.Text)) {
		return false
	}
	opener, other := []netip.Addr{e.Src, e.NATSrc}, []netip.Addr{e.Dst, e.NATDst}
	return within(q.Host, opener) && within(q.Peer, other) || within(q.Host, other) && within(q.Peer, opener)
}

func within(p netip.Prefix, addrs []netip.Addr) bool {
	return !p.IsValid() || slices.ContainsFunc(addrs,
		func(a netip.Addr) bool { return p.Contains(a.Unmap().WithZone("")) })
}

func (m *model) daysOf() (out []store.DayInfo) {
	days := map[detect.Date]store.DayInfo{}
	for _, e := range m.entries {
		t := time.Unix(0, e.Time).UTC()
		d, ok := days[detect.DateOf(t)]
		if !ok {
			d = store.DayInfo{Date: detect.DateOf(t), First: t, Last: t}
		}
		d.Events++
		if t.Before(d.First) {
			d.First = t
		}
		if t.After(d.Last) {
			d.Last = t
		}
		days[d.Date] = d
	}
	for _, d := range slices.Sorted(maps.Keys(days)) {
		out = append(out, days[d])
	}
	return out
}

// healthOf sums the counters by sender and router. Date and SkewMS are left to the backend's own tests.
func (m *model) healthOf(w store.Window) map[[2]string]store.Health {
	out := map[[2]string]store.Health{}
	for _, h := range m.health {
		if !w.From.IsZero() && !h.Date.End().After(w.From) || !w.To.IsZero() && !h.Date.Start().Before(w.To) {
			continue
		}
		who := [2]string{h.Sender, h.Router}
		s := out[who]
		s.Add(&h)
		out[who] = s
	}
	return out
}

// origin returns the time at which the events of the suite begin: one hour before a midnight, so that batches touch two
// days.
func origin() time.Time { return time.Date(2026, 11, 20, 23, 0, 0, 0, time.UTC) }

// randomEntry returns an entry with fields of every form: missing ones, all families of addresses, stamps of whole and
// broken seconds.
func randomEntry(r *rand.Rand, n uint64, at time.Time) store.Entry {
	e := store.Entry{Identity: n}
	e.Time = at.UnixNano()
	if r.IntN(2) == 0 {
		e.Recv = e.Time + r.Int64N(1e9)
	}
	e.Router = parse.MakeName([]string{"", "gw", "attic"}[r.IntN(3)])
	e.Detail = parse.MakeName([]string{"", "httpd", "query.example.net", "ルーター"}[r.IntN(4)])
	if n%64 < 8 { // most blocks have none
		e.Aside = parse.MakeName([]string{"", "aa:bb:cc:dd:ee:ff", "/kube/pod1"}[r.IntN(3)])
	}
	e.Src, e.Dst, e.NATSrc, e.NATDst = randomAddr(r), randomAddr(r), randomAddr(r), randomAddr(r)
	e.SPort, e.DPort = uint16(r.Uint32()), []uint16{0, 53, 80, 443, 65535}[r.IntN(5)]
	e.NATSPort, e.NATDPort = uint16(r.Uint32N(3)*6881), uint16(r.Uint32N(2)*53)
	e.Kind = []parse.Kind{parse.Unknown, parse.SessionNew, parse.OOMKill, parse.System, 70, 255}[r.IntN(6)]
	e.Proto, e.State, e.Flags = uint8(r.Uint32()), parse.State(r.Uint32()), uint8(r.Uint32())
	e.Bytes, e.Packets, e.Count = r.Uint64()>>r.IntN(64), r.Uint32()>>r.IntN(32), r.Uint32()>>r.IntN(32)
	e.Raw = make([]byte, r.IntN(40))
	for i := range e.Raw {
		e.Raw[i] = "abc \xff\x00"[r.IntN(6)]
	}
	return e
}

func randomAddr(r *rand.Rand) netip.Addr {
	switch r.IntN(6) {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(r.IntN(4))})
	case 2:
		return netip.MustParseAddr([]string{"fe80::1%eth0", "fe80::1%wlan0", "::", "0.0.0.0"}[r.IntN(4)])
	case 3:
		return netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 168, 14: 128, 15: byte(r.IntN(8))})
	default:
		return netip.AddrFrom4([4]byte{192, 168, 128, byte(r.IntN(8))})
	}
}

func randomQuery(r *rand.Rand) store.Query {
	var q store.Query
	if r.IntN(2) == 0 {
		q.From = origin().Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
	}
	if r.IntN(2) == 0 {
		q.To = origin().Add(time.Duration(r.Int64N(int64(4 * time.Hour))))
	}
	prefixes := []string{"192.168.128.3/32", "192.168.128.0/30", "fe80::1/128", "2001:db8::/32", "198.51.100.1/32",
		"0.0.0.0/0"}
	if r.IntN(3) == 0 {
		q.Host = netip.MustParsePrefix(prefixes[r.IntN(len(prefixes))])
	}
	if r.IntN(4) == 0 {
		q.Peer = netip.MustParsePrefix(prefixes[r.IntN(len(prefixes))])
	}
	if r.IntN(4) == 0 {
		q.Router = []string{"gw", "attic", "nobody"}[r.IntN(3)]
	}
	if r.IntN(4) == 0 {
		q.Port = []uint16{53, 443, 6881}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		q.Kinds = [][]parse.Kind{{parse.SessionNew}, {parse.Unknown, 255}, {parse.Martian}}[r.IntN(3)]
	}
	if r.IntN(4) == 0 {
		q.Text = []string{"ab", "\xff", "zz"}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		q.Limit = 1 + r.IntN(50)
	}
	if r.IntN(6) == 0 {
		q.Aside = []string{"aa:bb:cc:dd:ee:ff", "nobody"}[r.IntN(2)]
	}
	q.NoRaw = r.IntN(3) == 0
	return q
}
