package report

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// listed is a day with one listing: 180 entries of a host that speaks from one port, and 15 of another one.
func listed(at time.Time) *detect.Day {
	t := detect.NewTracker(detect.DefaultConfig(), nil, detect.DateOf(at))
	for i := range 195 {
		e := parse.Event{Time: at.Add(time.Duration(i)).UnixNano(), Router: parse.MakeName("gw"), Kind: parse.Entry,
			Proto: parse.UDP, State: parse.Unreplied, Src: netip.MustParseAddr("192.168.1.50"), SPort: 6881,
			Dst: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), DPort: uint16(1000 + i)}
		if i >= 180 {
			e.Proto, e.State, e.DPort = parse.TCP, parse.Established, 443
			e.Src, e.SPort = netip.MustParseAddr("192.168.1.20"), uint16(1000+i)
		}
		t.Observe(&e)
	}
	return t.Day()
}

func TestSnapshotWords(t *testing.T) {
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	day := listed(at)
	cfg := detect.DefaultConfig()
	cfg.Table = 2048
	w := detect.Window{From: at.Add(-time.Hour), To: at.Add(time.Hour)}
	fs := detect.Findings([]*detect.Day{day}, cfg, w)
	if len(fs) != 1 || fs[0].Kind != detect.SnapshotKind {
		t.Fatalf("got %+v", fs)
	}
	opt := Options{From: w.From, To: w.To, Config: cfg, Location: time.UTC}
	tips := words{clock: newClock(&opt)}.snapshot(&fs[0])
	for _, want := range []string{"At Mon 2026-01-05 12:00:00 the table on gw had 195 entries, 9.5 % of its 2,048.",
		"192.168.1.50 held 180 (92 %), none of them answered, nearly all from its port udp/6881, to 180 addresses.",
		"Next: 192.168.1.20 with 15, nearly all ESTABLISHED.", "BitTorrent"} {
		if !strings.Contains(fs[0].Detail, want) {
			t.Errorf("no %q in %q", want, fs[0].Detail)
		}
	}
	if fs[0].Title != "192.168.1.50 held 180 of 195 entries in the session table on gw" || len(tips) == 0 {
		t.Errorf("title %q, %d tips", fs[0].Title, len(tips))
	}

	var b strings.Builder
	v := Tables([]*detect.Day{day}, "", opt)
	if err := TableText(&b, v, TextOptions{Width: 120}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LISTED", "195 entries, 9.5 % of 2,048", "92 %", "udp/6881", "tcp/443"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "No session in this window") || strings.Contains(b.String(), "as rebuilt") {
		t.Error(b.String())
	}
}
