package report

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		s    string
		want int
	}{
		{"", 0}, {"nas", 3}, {"テレビ", 6}, {"居間の箱", 8}, {"ﾃﾚﾋﾞ", 4}, {"cafe\u0301", 4}, {"テレビ"[:6] + "ヒ\u3099", 6},
		{"서버", 4}, {"46×", 3}, {"…", 1}, {"█▒", 2},
	} {
		if got := width(c.s); got != c.want {
			t.Errorf("%q takes %d columns, want %d", c.s, got, c.want)
		}
		for _, filled := range []string{pad(c.s, 12), padLeft(c.s, 12)} {
			if width(filled) != 12 || strings.Trim(filled, " ") != c.s {
				t.Errorf("%q filled up to 12 columns: %q", c.s, filled)
			}
		}
	}
}

func TestClip(t *testing.T) {
	marks := strings.Repeat("\u0301", 5000)
	for _, c := range []struct {
		s           string
		n           int
		front, back string
	}{
		{"nas", 3, "nas", "nas"},
		{"storage", 5, "stor…", "…rage"},
		{"居間の箱", 8, "居間の箱", "居間の箱"},
		{"居間の箱", 7, "居間の…", "…間の箱"},
		{"居間の箱", 6, "居間…", "…の箱"}, // an odd column stays free
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…", "…e\u0301"},
		{"e" + marks, 4, "e" + marks[:30] + "…", "e" + marks},
		{"ab" + marks + "cdef", 4, "ab" + marks[:28] + "…", "…def"},
	} {
		if got := clip(c.s, c.n); got != c.front || width(got) > c.n {
			t.Errorf("%.40q clipped to %d columns: %q, want %q", c.s, c.n, got, c.front)
		}
		if got := clipFront(c.s, c.n); got != c.back || width(got) > c.n {
			t.Errorf("%.40q clipped in front to %d columns: %.40q, want %.40q", c.s, c.n, got, c.back)
		}
	}
}

func TestWrapWide(t *testing.T) {
	for _, l := range wrap("テレビ opens 12 sessions to 居間の箱 at 20:28:33 and 居間の箱 answers", 20) {
		if width(l) > 20 {
			t.Errorf("%q takes %d columns", l, width(l))
		}
	}
}

// columnOf returns the column at which what begins in line.
func columnOf(t *testing.T, line, what string) int {
	t.Helper()
	i := strings.Index(line, what)
	if i < 0 {
		t.Fatalf("no %q in %q", what, line)
	}
	return width(line[:i])
}

// Names of any script leave the columns behind them aligned, and no line is wider than the page.
func TestTablesAlignWideNames(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	day := detect.NewDay(detect.DateOf(at))
	names := map[netip.Addr]string{}
	for i, name := range []string{"nas", "テレビ", "居間の箱", "cafe\u0301", "寝室の古いノートパソコンとプリンター"} {
		a := netip.AddrFrom4([4]byte{192, 168, 128, byte(10 + i)})
		names[a] = name
		h := &detect.Host{Ports: map[detect.Port]uint64{{Proto: 6, Port: 443}: 5}}
		h.Sessions.Slots = []detect.Slot{{I: uint16(20 * 360), N: uint32(100 * (i + 1))}}
		day.Hosts[a] = h
	}
	m, err := Build(t.Context(), nil, []*detect.Day{day}, nil,
		Options{From: at.Truncate(24 * time.Hour), To: at.Add(4 * time.Hour),
			Names: func(a netip.Addr) string { return names[a] }})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Text(&b, m, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	hosts, rows := 0, strings.Split(b.String(), "\n")
	for _, line := range rows {
		if width(line) > 100 {
			t.Errorf("%d columns: %q", width(line), line)
		}
		if !strings.HasPrefix(strings.TrimSpace(line), "192.168.128.") {
			continue
		}
		if hosts++; columnOf(t, line, "tcp/443") != columnOf(t, b.String()[strings.Index(b.String(), "   host"):],
			"ports") {
			t.Errorf("not aligned:\n%s", b.String())
		}
	}
	if hosts != len(names) {
		t.Errorf("%d hosts, want %d:\n%s", hosts, len(names), b.String())
	}
}

// The bars of the table over time end at the same column whatever the host is called.
func TestTimeChartAlignsWideNames(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	v := &TableView{From: at, To: at.Add(time.Hour), Zone: "UTC", StepS: 60, step: time.Minute,
		clock: clock{loc: time.UTC}}
	r := TableRouter{Table: Table{Router: "gw", Capacity: 1000, Peak: 1000}}
	for i, name := range []string{"nas", "テレビ", "居間の箱", "寝室の古いノートパソコン"} {
		r.Rows = append(r.Rows, TableRow{Start: at.Add(time.Duration(i) * time.Minute), Peak: 100 * (i + 1), Held: 50,
			Host: "192.168.128.1", Name: name, Spells: 1, Refused: 9})
	}
	v.Routers = []TableRouter{r}
	var b bytes.Buffer
	if err := TableText(&b, v, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	columns := map[int]bool{}
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "! 1×") {
			columns[columnOf(t, line, "! 1×")] = true
		}
		if !utf8.ValidString(line) || width(strings.TrimRight(line, "\n")) > 100 {
			t.Errorf("%d columns: %q", width(line), line)
		}
	}
	if len(columns) != 1 {
		t.Errorf("the marks stand in %d columns:\n%s", len(columns), b.String())
	}
}
