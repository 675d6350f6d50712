package top

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/rivo/uniseg"

	"uncloak/report"
	"uncloak/report/api"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// world returns what the tests look at: a table that is nearly full, and n hosts besides the two that fill it.
func world(n int) *api.Live {
	l := &api.Live{Day: "2026-11-28", Judged: noon, Live: &report.Live{At: "12:00", Zone: "UTC", Rate: "12.5",
		Sessions: "4,000", Entries: 1000, Hour: make([]uint64, 60),
		Tables: []report.Gauge{{Router: "spare", Entries: "10", Peak: "12", Level: "quiet"},
			{Router: "gw", Entries: "990", Size: "1,000", Share: "99 %", Percent: 99, Level: "critical",
				Peak: "1,000"}},
		Rows: []report.LiveHost{{Host: "192.168.1.20", Name: "vmhost", Entries: 600, Minute: 60, Today: 900},
			{Host: "192.168.1.3", Entries: 390, Minute: 600, Today: 700}}},
		Findings: []report.Headline{{ID: "scan-1", Severity: "info", Title: "an old scan"},
			{ID: "table-full-gw", Severity: "critical", Title: "session table full on gw", When: "at 12:00",
				Now: true}}}
	l.Hour[59] = 600
	for i := range n {
		l.Rows = append(l.Rows, report.LiveHost{Host: fmt.Sprintf("10.0.%d.%d", i/250, i%250), Today: uint64(n - i)})
	}
	return l
}

// asked notes which host was asked for.
type asked struct{ hosts []string }

func started(l *api.Live) (model, *asked) {
	a := &asked{}
	m := newModel(context.Background(), func(_ context.Context, host string) (*api.Live, error) {
		a.hosts = append(a.hosts, host)
		return l, nil
	}, Options{Now: func() time.Time { return noon }})
	return does(m, news{live: l}), a
}

// does takes messages into the model. The question that one of them leads to is asked and answered.
func does(m model, msgs ...tea.Msg) model {
	for _, msg := range msgs {
		turn := m.turn
		next, cmd := m.Update(msg)
		if m = next.(model); cmd != nil && m.turn != turn {
			next, _ = m.Update(cmd())
			m = next.(model)
		}
	}
	return m
}

// keys are the messages of keys by name.
func pressing(names ...string) (out []tea.Msg) {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown,
		"pgdown": tea.KeyPgDown, "end": tea.KeyEnd, "home": tea.KeyHome, "backspace": tea.KeyBackspace}
	for _, n := range names {
		if code, ok := special[n]; ok {
			out = append(out, tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range n {
			out = append(out, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return out
}

func order(m model) (out []string) {
	for _, r := range m.rows() {
		out = append(out, r.Host)
	}
	return out
}

// has fails the test for each text that the screen lacks.
func has(t *testing.T, m model, want ...string) {
	t.Helper()
	s := m.content()
	for _, w := range want {
		if !strings.Contains(s, w) {
			t.Errorf("no %q on the screen:\n%s", w, s)
		}
	}
}

// TestScreen looks at the first screen of 80 columns and 24 lines.
func TestScreen(t *testing.T) {
	m, _ := started(world(40))
	lines := strings.Split(m.content(), "\n")
	want := []string{
		"uncloak top  12:00 UTC  12.5 sessions/s  4,000 today",
		"gw          █████████░ 990 of 1,000 (99 %), most today: 1,000",
		"spare       10 entries; size not known, most today: 12",
		"last hour   " + strings.Repeat(" ", 59) + "█ 10.0/s",
		"found today critical now: session table full on gw  at 12:00",
		"            info     an old scan",
		" host            name                      ↓entries   %  sessions/s       today",
		"›192.168.1.20    vmhost                        600  60%         1.0         900",
		" 192.168.1.3                                   390  39%        10.0         700",
		" 10.0.0.0                                                         0          40",
	}
	for i, w := range want {
		if got := strings.TrimRight(sgr.ReplaceAllString(lines[i], ""), " "); got != w {
			t.Errorf("line %d: %q, want %q", i, got, w)
		}
	}
	if len(lines) != 24 || !strings.Contains(lines[23], "q quit") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestAnySize draws every screen in many sizes: never more lines or columns than there are.
func TestAnySize(t *testing.T) {
	l := world(300)
	l.Rows[0].Name, l.Rows[2].Name = strings.Repeat("ビデオ", 20), "tv\x1b[2Jx\u202e"
	l.Machine = &report.Machine{Title: "vmhost", Known: true, Facts: [][2]string{{"addresses", "192.168.1.20"}},
		Hour: l.Hour, Grids: []report.Grid{{Title: "Ports", Rows: [][]string{{"tcp/443", "9"}}}}}
	for _, screen := range [][]tea.Msg{nil, pressing("enter"), pressing("f"), pressing("?"), pressing("/", "10."),
		pressing("end"), pressing("enter", "end")} {
		for _, w := range []int{0, 1, 5, 20, 37, 52, 64, 80, 109, 110, 200, 500} {
			for _, h := range []int{0, 1, 2, 3, 7, 8, 11, 14, 24, 60, 400} {
				m, _ := started(l)
				m = does(m, append(screen, tea.WindowSizeMsg{Width: w, Height: h}, again(m.turn))...)
				m = does(m, pressing("down", "down", "pgdown", "up")...)
				got := strings.Split(m.content(), "\n")
				if len(got) != max(h, 1) {
					t.Fatalf("%d×%d: %d lines", w, h, len(got))
				}
				for _, line := range got {
					if n := uniseg.StringWidth(sgr.ReplaceAllString(line, "")); n > w {
						t.Fatalf("%d×%d: %d columns: %q", w, h, n, line)
					}
				}
			}
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestTamed: text of the network cannot send the terminal a command.
func TestTamed(t *testing.T) {
	bad := "x\x1b]0;evil\a\x9b2J\u202e\r\n"
	l := world(0)
	l.Stale, l.At, l.Rows[0].Name, l.Rows[0].Host = bad, bad, bad, "::"+bad
	l.Findings[0].Title, l.Findings[0].ID = bad, bad
	l.Tables[0].Router = bad
	l.Machine = &report.Machine{Title: bad, Known: true, Facts: [][2]string{{bad, bad}}, Incidents: l.Findings,
		Grids: []report.Grid{{Title: bad, Rows: [][]string{{bad, bad}}}}}
	l.Recent = []api.Event{{Proto: bad, State: bad, Src: netip.MustParseAddr("fe80::1%" + "x\x1b[2J")}}
	for _, screen := range [][]tea.Msg{nil, pressing("enter"), pressing("f"), pressing("/", bad)} {
		m, _ := started(l)
		m.height, m.width = 60, 200
		s := sgr.ReplaceAllString(does(m, screen...).content(), "")
		if i := strings.IndexAny(s, "\x1b\a\r\u009b\u202e"); i >= 0 {
			t.Errorf("%q", s[max(i-20, 0):i+5])
		}
		if n := strings.Count(s, "\n"); n != 59 {
			t.Errorf("%d lines", n+1)
		}
	}
}

// TestNoColor: without colours a line is bold or turned around, and nothing else.
func TestNoColor(t *testing.T) {
	for color, want := range map[bool][]string{false: {"\x1b[1m", "\x1b[7m", "\x1b[m"}, true: {"\x1b[1;31m", "\x1b[1m",
		"\x1b[2m", "\x1b[32m", "\x1b[7m", "\x1b[m"}} {
		m, _ := started(world(3))
		m.Color = color
		got := sgr.FindAllString(m.content(), -1)
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("colour %v: %q", color, got)
		}
	}
}

// TestSortAndFilter sorts by each column, both ways, and by a click; the marked host stays marked.
func TestSortAndFilter(t *testing.T) {
	l := world(0)
	l.Rows = append(l.Rows, report.LiveHost{Host: "10.0.0.1", Name: "Alpha", Today: 5000},
		report.LiveHost{Host: "router and others", Entries: 10})
	m, _ := started(l)
	m = does(m, pressing("down")...)
	const a, b, c, d = "192.168.1.20", "192.168.1.3", "10.0.0.1", "router and others"
	for _, tc := range []struct {
		keys string
		want []string
	}{{"e", []string{a, b, d, c}}, {"r", []string{b, a, c, d}}, {"t", []string{c, a, b, d}},
		{"n", []string{c, a, b, d}}, {"a", []string{c, b, a, d}}, {"S", []string{d, a, b, c}},
		{"e", []string{a, b, d, c}}, {"s", []string{b, a, c, d}}} {
		m = does(m, pressing(tc.keys)...)
		if got := order(m); !slices.Equal(got, tc.want) || m.chosen != b {
			t.Errorf("%s: %q, %q is marked", tc.keys, got, m.chosen)
		}
	}
	head := len(m.head()) - 1
	m = does(m, tea.MouseClickMsg{X: 20, Y: head, Button: tea.MouseLeft})
	if m.sort != byName || m.turned {
		t.Errorf("a click at the head: %v", m.sort)
	}
	m = does(m, tea.MouseClickMsg{X: 20, Y: head, Button: tea.MouseLeft})
	if !m.turned {
		t.Error("a second click does not turn the order")
	}
	m = does(m, pressing("/", "ALPH")...)
	if got := order(m); !slices.Equal(got, []string{c}) {
		t.Errorf("filter: %q", got)
	}
	has(t, m, "filter: ALPH▏")
	m = does(m, pressing("backspace", "x", "enter")...)
	has(t, m, "No host: none is like the filter.", "filter: ALPx (esc drops it)")
	if m = does(m, pressing("esc")...); len(order(m)) != 4 {
		t.Errorf("without a filter: %q", order(m))
	}
	if m = does(m, append(pressing("/"), tea.PasteMsg{Content: strings.Repeat("é", 500)})...); len([]rune(m.filter)) !=
		maxTyped {
		t.Errorf("%d letters of a filter", len(m.filter))
	}
}

// TestOpen looks at one host and comes back: the answer that was under way for the list is not taken for it.
func TestOpen(t *testing.T) {
	l := world(5)
	l.Machine = &report.Machine{Title: "vmhost (192.168.1.20)", Known: true, Hour: l.Hour,
		Facts: [][2]string{{"peers", "12"}}, Incidents: l.Findings,
		Grids: []report.Grid{{Title: "Ports that it goes to", Rows: [][]string{{"udp/6881", "44"}}}}}
	l.Recent = []api.Event{{Time: noon.Add(-time.Second), Kind: "session-new", Proto: "udp",
		Src: netip.MustParseAddr("192.168.1.20"), SPort: 1, Dst: netip.MustParseAddr("2001:db8::1"), DPort: 6881},
		{Time: noon, Kind: "session-end", Proto: "tcp", Src: netip.MustParseAddr("192.168.1.20"),
			Dst: netip.MustParseAddr("203.0.113.9")}}
	m, a := started(l)
	m = does(m, pressing("enter")...)
	if !slices.Equal(a.hosts, []string{"192.168.1.20"}) || m.screen != machine {
		t.Fatalf("asked for %q", a.hosts)
	}
	has(t, m, "vmhost (192.168.1.20)", "critical now: session table full", "peers                  12",
		"12:00:00 end tcp    192.168.1.20 > 203.0.113.9\x20", "11:59:59 new udp    192.168.1.20:1 > [2001:db8::1]:6881",
		"        44  udp/6881")
	if s := m.content(); strings.Index(s, "12:00:00 end") > strings.Index(s, "11:59:59 new") {
		t.Error("the newest session is not first")
	}
	if next := does(m, news{turn: m.turn - 1, err: errors.New("late")}); next.err != nil {
		t.Error("a late answer is shown")
	}
	if _, cmd := m.Update(again(m.turn - 1)); cmd != nil {
		t.Error("a late wait asks a second time")
	}
	if m = does(m, pressing("?", "?", "esc")...); m.screen != hosts {
		t.Errorf("on screen %d", m.screen)
	}
	top := len(m.head())
	m = does(m, tea.MouseClickMsg{X: 5, Y: top + 1, Button: tea.MouseLeft})
	if m.chosen != "192.168.1.3" || m.screen != hosts {
		t.Errorf("a click marks %q", m.chosen)
	}
	next, _ := m.Update(tea.MouseClickMsg{X: 5, Y: top + 1, Button: tea.MouseLeft})
	has(t, next.(model), "Asking about 192.168.1.3 …") // not what was told of the other one
	m = does(m, tea.MouseClickMsg{X: 5, Y: top + 1, Button: tea.MouseLeft})
	if m.screen != machine || a.hosts[len(a.hosts)-1] != "192.168.1.3" {
		t.Errorf("a second click: screen %d, asked for %q", m.screen, a.hosts)
	}
	l.Machine.Known = false
	has(t, m, "Nothing is known of it today.")
}

// TestLost shows that no answer comes, keeps what was there, and goes on asking.
func TestLost(t *testing.T) {
	m, a := started(world(1))
	at := noon
	m.Now = func() time.Time { return at }
	next, cmd := m.Update(news{err: errors.New("nothing receives into d")})
	if m = next.(model); cmd == nil {
		t.Error("it does not try again")
	}
	at = noon.Add(7 * time.Second)
	m = does(m, news{err: errors.New("nothing receives into d")})
	has(t, m, "no answer for 7s, trying again: nothing receives into d", "vmhost")
	next, cmd = m.Update(again(m.turn))
	if m = next.(model); cmd == nil {
		t.Fatal("it does not ask")
	}
	m = does(m, cmd())
	if m.err != nil || !m.lost.IsZero() || len(a.hosts) != 1 {
		t.Errorf("after an answer: %v since %v", m.err, m.lost)
	}
	has(t, m, "4,000 today")
	first := newModel(t.Context(), m.ask, m.Options)
	has(t, first, "waiting for the first answer")
	has(t, does(first, news{live: &api.Live{}}), "trying again: the answer is empty")
	has(t, does(first, pressing("f", "?", "esc", "end", "enter", "down")...), "waiting for the first answer")
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); cmd == nil || cmd() != (tea.QuitMsg{}) {
		t.Error("q does not leave")
	}
	if _, cmd := does(m, pressing("/")...).Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); cmd == nil {
		t.Error("ctrl-c does not leave while a filter is typed")
	}
}
