package store

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// slice is a finder over some entries.
type slice []Entry

func (s slice) nearest(_ context.Context, q Nearest) (before, after []Entry, err error) {
	for _, e := range s {
		at := time.Unix(0, e.Time)
		switch {
		case !q.From.IsZero() && at.Before(q.From) || !q.To.IsZero() && !at.Before(q.To) || !q.Match(&e):
		case !at.After(q.At):
			before = append(before, e)
		default:
			after = append(after, e)
		}
	}
	slices.SortStableFunc(before, func(a, b Entry) int { return cmp.Compare(b.Time, a.Time) })
	slices.SortStableFunc(after, func(a, b Entry) int { return cmp.Compare(a.Time, b.Time) })
	return before[:min(len(before), q.Limit)], after[:min(len(after), q.Limit)], nil
}

func nine() time.Time { return time.Date(2026, 11, 17, 21, 14, 3, 250e6, time.UTC) }

// session is a line of 192.168.1.N behind 203.0.113.7:40312, seconds after nine.
func session(n byte, kind parse.Kind, seconds float64) Entry {
	e := Entry{Raw: fmt.Appendf(nil, "%v of host %d", kind, n)}
	e.Time, e.Kind, e.Proto = nine().Add(time.Duration(seconds*1e9)).UnixNano(), kind, parse.TCP
	e.Src, e.SPort = netip.AddrFrom4([4]byte{192, 168, 1, n}), 5000
	e.Dst, e.DPort = netip.MustParseAddr("198.51.100.1"), 443
	e.NATSrc, e.NATSPort = netip.MustParseAddr("203.0.113.7"), 40312
	return e
}

func block(n byte, verb string, seconds float64, ports string) Entry {
	e := session(n, parse.System, seconds)
	e.SPort, e.NATSPort, e.Dst, e.DPort, e.Proto = 0, 0, netip.Addr{}, 0, 0
	e.Raw = fmt.Appendf(nil, "%s VRF 0 INT %v EXT 203.0.113.7%s", verb, e.Src, ports)
	return e
}

func with(e Entry, f func(*Entry)) Entry {
	f(&e)
	return e
}

func TestHolders(t *testing.T) {
	const begin, end, update = parse.SessionNew, parse.SessionEnd, parse.SessionUpdate
	tests := map[string]struct {
		lines []Entry
		want  string // the first two: host, how, standing, percent
	}{
		"nobody":              {nil, ""},
		"held":                {[]Entry{session(2, begin, -60), session(2, end, 60)}, "2 translated held 99"},
		"held, to the letter": {[]Entry{session(2, begin, -2), session(2, end, 60)}, "2 translated held 89"},
		"within the slack":    {[]Entry{session(2, begin, 4), session(2, end, 60)}, "2 translated held 50"},
		"the clock is off by 9 s": {[]Entry{with(session(2, begin, 12),
			func(e *Entry) { e.Router = parse.MakeName("off") })}, "2 translated open 45"},
		"the time is uncertain": {[]Entry{with(session(2, begin, 12), func(e *Entry) { e.Spread = 9000 })},
			"2 translated open 45"},
		"later":                   {[]Entry{session(2, begin, 12)}, "2 translated later 4"},
		"ended":                   {[]Entry{session(2, begin, -60), session(2, end, -30)}, "2 translated ended 2"},
		"open":                    {[]Entry{session(2, begin, -60)}, "2 translated open 95"},
		"open for four lifetimes": {[]Entry{session(2, begin, -4*124*60)}, "2 translated open 22"},
		"open, UDP": {[]Entry{with(session(2, begin, -3000), func(e *Entry) { e.Proto = parse.UDP })},
			"2 translated open 9"},
		"only the end":    {[]Entry{session(2, end, 60)}, "2 translated unsure 79"},
		"only in between": {[]Entry{session(2, update, -60), session(2, update, 60)}, "2 translated unsure 79"},
		"denied":          {[]Entry{session(2, parse.SessionDenied, -1)}, ""},
		"other port":      {[]Entry{with(session(2, begin, -1), func(e *Entry) { e.NATSPort++ })}, ""},
		"other address": {[]Entry{with(session(2, begin, -1), func(e *Entry) { e.NATSrc = e.NATSrc.Next() })},
			""},
		"ten minutes are not enough": {[]Entry{session(2, begin, -8000), session(3, begin, -3000),
			session(3, end, -2000)},
			"2 translated open 83, 3 translated ended 0"},
		"a day and more before": {[]Entry{session(2, begin, -25*3600)}, ""},
		"one after the other": {[]Entry{session(2, begin, -60), session(2, end, -30), session(3, begin, -20),
			session(3, end, 30)},
			"3 translated held 98, 2 translated ended 2"},
		"two at once": {[]Entry{session(2, begin, -60), session(2, end, 60), session(3, begin, -60),
			session(3, end, 60)},
			"2 translated held 50, 3 translated held 50"},
		"two sessions of one machine": {[]Entry{session(2, begin, -60),
			with(session(2, begin, -50), func(e *Entry) { e.DPort = 80 })},
			"2 translated open 95, 2 translated open 95"},
		"retransmitted": {[]Entry{session(2, begin, -60), session(2, begin, -57), session(2, end, 9)},
			"2 translated held 99"},
		"begun again after a lifetime": {[]Entry{session(2, begin, -20000), session(2, begin, -60)},
			"2 translated open 95"},
		"its own address": {[]Entry{with(session(2, begin, -60), func(e *Entry) {
			e.Src, e.SPort, e.NATSrc,
				e.NATSPort = e.NATSrc, e.NATSPort, netip.Addr{}, 0
		})},
			"7 own open 95"},
		"port kept": {[]Entry{with(session(2, begin, -60), func(e *Entry) {
			e.SPort, e.NATSrc, e.NATSPort = e.NATSPort,
				netip.Addr{}, 0
		})}, "2 kept-port open 45"},
		"port kept, but not to outside": {[]Entry{with(session(2, begin, -60),
			func(e *Entry) { e.SPort, e.NATSrc, e.NATSPort, e.Dst = e.NATSPort, netip.Addr{}, 0, e.Src })},
			""},
		"forwarded": {[]Entry{with(session(2, begin, -60), func(e *Entry) {
			e.NATDst, e.Src, e.Dst, e.DPort = e.Src, e.Dst, e.NATSrc, e.NATSPort
			e.NATSrc, e.NATSPort = netip.Addr{}, 0
		})}, "2 forwarded open 95"},
		"block": {[]Entry{block(2, "A", -90000*30, ":40000-40999")}, "2 port-block open 97"},
		"block, taken back": {[]Entry{block(2, "A", -90000*30, ":40000-40999"), block(2, "D", -90000, ":40000-40999")},
			"2 port-block ended 0"},
		"block, taken back later": {[]Entry{block(2, "A", -90000*30, ":40000-40999"),
			block(2, "D", 900, ":40000-40999")},
			"2 port-block held 97"},
		"block of others": {[]Entry{block(2, "A", -90, ":41000-41999")}, ""},
		"block given to another": {[]Entry{block(2, "A", -900, ":40000-40999"), block(3, "A", -90, ":40000-40999")},
			"3 port-block open 91, 2 port-block ended 9"},
		"block, line not kept": {[]Entry{with(block(2, "A", -90, ":41000-41999"), func(e *Entry) { e.Raw = nil })},
			"2 address open 90"},
		"whole address": {[]Entry{block(2, "A", -90, "")}, "2 address open 90"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := Who{End: netip.MustParseAddrPort("203.0.113.7:40312"), At: nine(), Slack: 5 * time.Second}
			hs, err := Holders(t.Context(), q, slice(tt.lines).nearest, func(router string) time.Duration {
				if router == "off" {
					return -9 * time.Second
				}
				return 0
			})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, h := range hs {
				if i > 0 {
					got += ", "
				}
				got += fmt.Sprintf("%d %s %s %.0f", h.Host.Addr().As4()[3], h.How, h.Standing, 100*h.Confidence)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestHoldersBehindOthers: a machine whose one line lies behind thousands of another one is found, and the answer is
// bounded.
func TestHoldersBehindOthers(t *testing.T) {
	lines := slice{session(9, parse.SessionNew, -4000)}
	for i := range 2000 {
		e := session(2, parse.SessionNew, -float64(i))
		e.DPort = uint16(i)
		lines = append(lines, e)
	}
	hs, err := Holders(t.Context(), Who{End: netip.MustParseAddrPort("203.0.113.7:40312"), At: nine(),
		Back: 24 * time.Hour}, lines.nearest, nil)
	if err != nil || len(hs) != maxOfHost+1 {
		t.Fatalf("%d holders, %v", len(hs), err)
	}
	if !slices.ContainsFunc(hs, func(h Holder) bool { return h.Host.Addr().As4()[3] == 9 }) {
		t.Error("the machine behind the others is missing")
	}
}

func TestHoldersRefuses(t *testing.T) {
	for _, end := range []netip.AddrPort{{}, netip.MustParseAddrPort("203.0.113.7:0")} {
		if _, err := Holders(t.Context(), Who{End: end}, slice(nil).nearest, nil); err == nil {
			t.Errorf("%v is taken", end)
		}
	}
}
