package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func htmlOf(t testing.TB, m *Model) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// outside finds what would make a browser load or run something.
var outside = regexp.MustCompile(
	`(?i)<script|<iframe|<object|<embed|<link|<img|<image|<base|<form|<use|url\(|@import|<[^>]*\b(src|href|xlink|` +
		`on[a-z]+)\s*=|javascript:|https?://`)

func TestHTMLStructure(t *testing.T) {
	s := htmlOf(t, homeModel(t, 1, 4))
	if x := outside.FindString(s); x != "" {
		t.Errorf("the page reaches outside by %q", x)
	}
	for _, want := range []string{"<!DOCTYPE html>", `<html lang="en">`, `name="viewport"`,
		"prefers-color-scheme: dark", "@media print", "default-src &#39;none&#39;",
		"vmhost (192.168.128.12) filled the session table",
		"size of the table 4,096", "The stripes at :00 and :30", "marked at the upper edge",
		`<th class="r" scope="col">sessions</th>`} {
		if !strings.Contains(s, want) && !strings.Contains(s, strings.ReplaceAll(want, "&#39;", "'")) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for tag, n := range map[string]int{"<figure>": 2, "<figcaption>": 2, `<svg class="wide"`: 2,
		`<svg class="narrow"`: 2, "<article": 2, `role="img" aria-label="`: 4, "<h1>": 1} {
		if got := strings.Count(s, tag); got != n {
			t.Errorf("%d %s, want %d", got, tag, n)
		}
	}
	wellFormed(t, s)
}

// wellFormed reads the page as XML, which it is save for the void elements.
func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict, d.AutoClose, d.Entity = true, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}

func TestHTMLStaysSmall(t *testing.T) {
	for name, m := range map[string]*Model{"month": homeModel(t, 28, 100), "two days": homeModel(t, 2, 4)} {
		if n := len(htmlOf(t, m)); n > 500_000 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// A noisy table is the worst case for the size: each column differs from its neighbour in each layer.
func TestHTMLNoisyStaysSmall(t *testing.T) {
	d := detect.NewDay(20000)
	r := &detect.Router{Lines: 1}
	h := &detect.Host{}
	for i := range 8640 {
		l := detect.Level{I: uint16(i)}
		for k := range 8 {
			n := uint64(100 + (i*7919+k*104729)%997)
			l.Holders = append(l.Holders, detect.Holder{Host: netip.AddrFrom4([4]byte{10, 0, 0, byte(k)}), N: n})
			l.Total += uint32(n)
		}
		r.Occupancy = append(r.Occupancy, l)
		h.Sessions.Slots = append(h.Sessions.Slots, detect.Slot{I: uint16(i), N: uint32(i*7919) % 997})
		if i%3 == 0 {
			at := d.Date.Start().Add(time.Duration(i) * detect.SlotLen).UnixNano()
			r.Overflows = append(r.Overflows, detect.Overflow{Start: at, End: at + 1})
		}
	}
	d.Routers["gw"], d.Hosts[netip.AddrFrom4([4]byte{10, 0, 0, 1})] = r, h
	m, err := Build(t.Context(), nil, []*detect.Day{d}, nil, Options{From: d.Date.Start(), To: d.Date.End()})
	if err != nil {
		t.Fatal(err)
	}
	s := htmlOf(t, m)
	if len(s) > 500_000 {
		t.Errorf("%d bytes", len(s))
	}
	wellFormed(t, s)
}

func TestPhaseMap(t *testing.T) {
	days, fs, opt := home(t, 1, 2)
	m, err := Build(t.Context(), nil, days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	p := m.phases
	if len(p.rows) != 24 || p.rows[0] != "Mon 16" || p.rows[9] != "09:00" || len(p.hosts) != 1 || len(p.minutes) != 2 {
		t.Fatalf("rows %q, hosts %v, minutes %v", p.rows, p.hosts, p.minutes)
	}
	for h := range p.cells {
		for m := range p.cells[h] {
			burst := m == 0 || m == 30 && h != 8 // 08:30 is missed
			if got := p.level(p.cells[h][m]); burst != (got == heatLevels) || !burst && got > 1 {
				t.Errorf("%02d:%02d has level %d (%v sessions)", h, m, got, p.cells[h][m])
			}
		}
	}
	days, fs, opt = home(t, 28, 0)
	if m, err = Build(t.Context(), nil, days, fs, opt); err != nil {
		t.Fatal(err)
	}
	if p = m.phases; len(p.rows) != 24 || p.folded != 28 || p.level(p.cells[23][30]) != heatLevels ||
		p.level(p.cells[23][31]) != 1 {
		t.Errorf("28 days fold to %d rows, %d days, 23:30 %v", len(p.rows), p.folded, p.cells[23][30])
	}
}

func TestOccupancyKeepsPeaks(t *testing.T) {
	days, fs, opt := home(t, 2, 0)
	m, err := Build(t.Context(), nil, days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	o := m.occupancy
	if len(o.full) > maxBins || o.peak != 4096 || o.capacity != 4096 || o.hosts[0].Name != "vmhost" || o.spells != 94 {
		t.Errorf("%d bins, peak %v, capacity %d, %d spells, first %q", len(o.full), o.peak, o.capacity, o.spells,
			o.hosts[0].Name)
	}
	opt.Config.Table = 0
	if m, err = Build(t.Context(), nil, days, fs, opt); err != nil || m.occupancy.capacity != 0 {
		t.Error("a size that nobody told must not be drawn")
	}
}

func TestTimeTicks(t *testing.T) {
	loc := mustZone(t, "Europe/Berlin")
	for name, c := range map[string]struct {
		from time.Time
		bin  time.Duration
		bins int
		want string
	}{
		"15 minutes": {time.Date(2026, 11, 21, 20, 28, 0, 0, loc), 10 * time.Second, 90, "20:30 20:35 20:40"},
		"DST ends": {time.Date(2026, 10, 25, 0, 0, 0, 0, loc), 5 * time.Minute, 300,
			"Sun 25 06:00 12:00 18:00 Mon 26"},
		"DST begins": {time.Date(2026, 3, 29, 0, 0, 0, 0, loc), 5 * time.Minute, 276,
			"Sun 29 06:00 12:00 18:00 Mon 30"},
		"four weeks": {time.Date(2026, 11, 1, 0, 0, 0, 0, loc), 2 * time.Hour, 336,
			"Sun 1 Sun 8 Sun 15 Sun 22 Sun 29"},
		"ten seconds": {time.Date(2026, 11, 1, 0, 0, 0, 0, loc), 10 * time.Second, 1, "Sun 1"},
	} {
		o := &occupancy{from: c.from, bin: c.bin}
		var got []string
		for _, x := range (timeTicks{o, 4, loc}).Ticks(0, float64(c.bins)) {
			got = append(got, x.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

func BenchmarkMonth(b *testing.B) {
	days, fs, opt := home(b, 28, 100)
	b.ReportAllocs()
	for b.Loop() {
		m, err := Build(b.Context(), nil, days, fs, opt)
		if err != nil {
			b.Fatal(err)
		}
		if err := HTML(io.Discard, m); err != nil {
			b.Fatal(err)
		}
	}
}
