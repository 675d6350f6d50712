package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// pingsOf returns what endless pings with stamps (ping -D) say of a day until noon: to the own router and to each hop
// up to the game's server. In the minute after each half hour the hops from the one of that number on are late.
func pingsOf(from int) string {
	hops := []string{"192.168.128.1", "203.0.113.1", "203.0.113.9", "198.51.100.7"}
	begin := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for i := range 12 * 360 {
		at := begin.Add(time.Duration(i) * 10 * time.Second)
		for hop, addr := range hops {
			ms := 1 + 4*hop
			if at.Minute()%30 == 0 && hop >= from {
				ms += 900 + 600*(i%6)
			}
			fmt.Fprintf(&b, "[%d.%06d] 64 bytes from %s: icmp_seq=%d ttl=%d time=%d.%d ms\n", at.Unix(), 1000*hop,
				addr, i+1, 64-hop, ms, i%10)
		}
	}
	return b.String()
}

// The first of docs/incidents.md, by the pings to each hop: the game lags in the minute after each half hour, and
// the lag begins at the own router, in the minutes of the bursts.
func TestLagBeginsAtOwnRouter(t *testing.T) {
	for name, c := range map[string]struct {
		from int
		own  bool
	}{"own router": {0, true}, "the provider's": {1, false}} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			ok(t, incidentLog(nil), "import", "--data", data, "--timezone", "UTC", "--captured-at", "2026-11-20 13:00",
				"-")
			ok(t, pingsOf(c.from), "import", "--data", data, "--timezone", "UTC", "--router", "gw", "-")
			read := func(args ...string) string {
				return ok(t, "", append(args, "--data", data, "--timezone", "UTC", "--day", "2026-11-20")...)
			}
			var root detect.Finding
			lags := map[string]detect.Finding{}
			for _, f := range decoded(t, result{out: read("findings", "--format", "json")}) {
				switch f.Kind {
				case detect.PeriodicBurst:
					root = f
				case detect.LagKind:
					lags[f.Host] = f
				}
			}
			own, isLate := lags["192.168.128.1"]
			if isLate != c.own || len(lags) != 4-c.from {
				t.Fatalf("lags: %+v", lags)
			}
			for host, f := range lags {
				if f.Seen != 24 || f.Class == detect.Further && f.With != own.ID {
					t.Errorf("%s: %d spells, class %s, with %q", host, f.Seen, f.Class, f.With)
				}
				for _, s := range f.Spells {
					if s.Start.Minute()%30 != 0 || s.LengthS > 70 {
						t.Errorf("%s: a spell at %v of %v s", host, s.Start, s.LengthS)
					}
				}
			}
			if !c.own {
				return
			}
			if own.Class != detect.FirstHop || own.Group != root.Group {
				t.Errorf("the own router: class %s, group %q of %q", own.Class, own.Group, root.Group)
			}
			i := slices.IndexFunc(root.Chain, func(s detect.Step) bool { return s.ID == own.ID })
			if i < 0 || root.Chain[i].PValue > 1e-6 || root.Chain[i].Seen != 24 {
				t.Fatalf("chain %+v", root.Chain)
			}
			text := strings.Join(strings.Fields(read("report")), " ")
			for _, want := range []string{"192.168.128.12 bursts (24 times) →",
				"lag of 192.168.128.1 (all 24 times, 3 s after, p < 1e-"} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %.3000s", want, text)
				}
			}
		})
	}
}
