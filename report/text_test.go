package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

func TestGolden(t *testing.T) {
	m, few := homeModel(t, 1, 4), fewSpells(t)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"home.txt":  func(b *bytes.Buffer) error { return Text(b, m, TextOptions{}) },
		"home.json": func(b *bytes.Buffer) error { return JSON(b, few) },
		"home.md":   func(b *bytes.Buffer) error { return Markdown(b, m) },
		"findings.txt": func(b *bytes.Buffer) error {
			some := []detect.Finding{m.Findings[0], m.Findings[1], m.Findings[len(m.Findings)-1]}
			return FindingsOf(b, findingsOnly(clock{loc: m.clock.loc}, some))
		},
		"findings.csv": func(b *bytes.Buffer) error { return FindingsCSV(b, m.Findings[:3], m.clock.loc) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}

// fewSpells is the home with its pattern, echo and two of the spells: all keys of the JSON, and short.
func fewSpells(t *testing.T) *Model {
	days, fs, opt := home(t, 1, 1)
	fs = append(fs[:4:4], hangup(opt.From)...)
	fs[1].Bursts = fs[1].Bursts[:2]
	m, err := Build(t.Context(), homeStore(&opt), days, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTextWidth(t *testing.T) {
	m := homeModel(t, 1, 20)
	for _, width := range []int{0, 1, 60, 80, 100, 200} {
		var b bytes.Buffer
		if err := Text(&b, m, TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		want := width
		if want == 0 {
			want = 100
		}
		want = max(want, 60)
		for _, l := range strings.Split(b.String(), "\n") {
			if n := utf8.RuneCountInString(l); n > want && !strings.Contains(l, "uncloak query") &&
				len(strings.Fields(l)) > 2 {
				t.Errorf("width %d: %d columns: %s", width, n, l)
			}
		}
	}
}

func TestTextColor(t *testing.T) {
	m := homeModel(t, 1, 0)
	var plain, colored bytes.Buffer
	if err := Text(&plain, m, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&colored, m, TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(plain.String(), 0x1b) || !strings.Contains(colored.String(), "\x1b[1;31mVERDICT\x1b[0m") {
		t.Error("colour must come when asked for, and only then")
	}
	if n := len(m.Incidents); strings.Count(colored.String(), "\x1b[1;31mCRITICAL") != n {
		t.Errorf("want %d red severities", n)
	}
}

func TestVerdict(t *testing.T) {
	spell := detect.Finding{ID: "table-full-gw-1", Group: "table-full-gw", Kind: detect.TableFullKind,
		Severity: detect.Critical, Router: "gw", Score: 0.5,
		Start: time.Unix(0, 0).UTC(), End: time.Unix(9, 0).UTC(), Lines: 3}
	root := detect.Finding{ID: "periodic-burst-192.168.128.12-150s", Kind: detect.PeriodicBurst,
		Severity: detect.Critical, Host: "192.168.128.12", Name: "vmhost", Score: 0.99,
		Rhythm: detect.Rhythm{PeriodS: 150}, Sessions: 340, Seen: 6}
	root.Group = root.ID
	of := func(f detect.Finding, change func(*detect.Finding)) detect.Finding { change(&f); return f }
	for name, c := range map[string]struct {
		lines uint64
		fs    []detect.Finding
		want  []string
		not   string
	}{
		"nothing came": {0, nil, []string{"No line was received"}, "quiet"},
		"no sessions":  {9, nil, []string{"none of them tells when a session began"}, "quiet"},
		"unknown holder": {9, []detect.Finding{spell},
			[]string{"on gw was full once; the log does not show who held it"}, "filled"},
		"no times": {9, []detect.Finding{of(spell, func(f *detect.Finding) { f.SpreadS = 86400 })},
			[]string{"was full once; the lines bear no time", "Take the log with times"}, "log new sessions"},
		"too few": {9, []detect.Finding{of(spell,
			func(f *detect.Finding) { f.Host, f.TableShare, f.Score, f.Entries = "10.0.0.9", 1, 1, 80 })},
			[]string{"10.0.0.9 probably held 100 % of it"}, "filled"},
		"lag beyond a hop": {9, []detect.Finding{{ID: "lag-gw", Kind: detect.LagKind, Class: detect.FirstHop,
			Host: "10.0.0.1", Lag: detect.Lag{RTTS: 4, UsualRTTS: 0.01}, Score: 0.9},
			{ID: "lag-far", Kind: detect.LagKind, Class: detect.Further, Host: "203.0.113.9", With: "lag-gw",
				Lag: detect.Lag{RTTS: 4, UsualRTTS: 0.02}, Score: 0.9}}, []string{"10.0.0.1 answers late"}, "Also"},
		"close call": {9, []detect.Finding{of(spell,
			func(f *detect.Finding) { f.Host, f.TableShare, f.Score = "10.0.0.9", 0.3, 0.55 })},
			[]string{"10.0.0.9 probably held 30 % of it"}, "filled"},
		"own rhythm": {9, []detect.Finding{root},
			[]string{"vmhost (192.168.128.12) opens about 340 sessions, every 2 min 30 s."}, "probably"},
		"unsure": {9, []detect.Finding{of(root, func(f *detect.Finding) { f.Score = 0.6 })}, []string{"probably opens"},
			""},
		"echo holds more": {9, []detect.Finding{root, of(spell, func(f *detect.Finding) {
			f.Group = root.ID
			f.Host, f.TableShare = "10.0.0.11", 0.51
			f.Holders = []detect.Share{{Host: "10.0.0.11", Share: 0.51}, {Host: "192.168.128.12", Share: 0.4}}
		}), {ID: "ptr", Group: root.ID, Kind: detect.PTRStorm, Host: "10.0.0.11",
			Echo: detect.Echo{Causes: "192.168.128.12"}, Score: 0.9}},
			[]string{"vmhost (192.168.128.12) filled the session table on gw once, every 2 min 30 s: 40 % of it by " +
				"its own sessions, 51 % by the lookups that it sets off on 10.0.0.11.", "only its echo"},
			"10.0.0.11 filled"},
		"a future kind": {9, []detect.Finding{{ID: "x", Kind: "tarpit", Host: "10.0.0.4"}},
			[]string{"Tarpit: 10.0.0.4."}, ""},
		"bare periodicity": {9, []detect.Finding{{ID: "y", Kind: detect.PeriodicBurst, Host: "10.0.0.4",
			Rhythm: detect.Rhythm{Minutes: []int{0}, Hours: []int{3}}}}, []string{"at 03:00"}, "BitTorrent"},
	} {
		t.Run(name, func(t *testing.T) {
			day := detect.NewDay(0)
			day.Routers["gw"] = &detect.Router{Lines: c.lines}
			m, err := Build(t.Context(), nil, []*detect.Day{day}, c.fs,
				Options{From: time.Unix(0, 0), To: time.Unix(86400, 0)})
			if err != nil {
				t.Fatal(err)
			}
			got := m.Verdict.Text + " " + m.Verdict.Do
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("verdict %q lacks %q", got, w)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("verdict %q says %q", got, c.not)
			}
			for _, x := range []string{"Stop its BitTorrent-like"} {
				if strings.Contains(got, x) {
					t.Errorf("nothing here hints at BitTorrent: %q", got)
				}
			}
		})
	}
}

func TestQuietAndLossy(t *testing.T) {
	days, _, opt := home(t, 1, 3)
	opt.Config.Table, opt.Config.Tables = 0, nil // its bursts fill the table, and are left out of the findings here
	st := homeStore(&opt)
	m, err := Build(t.Context(), st, days, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Verdict.Quiet || !strings.HasPrefix(m.Verdict.Text, "A quiet time") ||
		strings.Contains(m.Verdict.Text, "lost") {
		t.Errorf("verdict %q", m.Verdict.Text)
	}
	st.health[0].Kernel = 400_000
	if m, err = Build(t.Context(), st, days, nil, opt); err != nil || !strings.Contains(m.Verdict.Text,
		"25 % of the lines were lost") {
		t.Errorf("verdict %q, %v", m.Verdict.Text, err)
	}
}

func TestPhrases(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{English.seconds(0.4), "0.4 s"}, {English.seconds(90), "90 s"}, {English.seconds(150), "2 min 30 " +
			"s"}, {English.seconds(1800), "30 min"},
		{English.seconds(3600), "1 h"}, {English.seconds(86400), "24 h"},
		{English.seconds(7 * 86400), "7 days"}, {English.seconds(200000), "2 days 7 h"}, {num(1204331), "1,204,331"},
		{num(-1234), "-1,234"}, {num(999), "999"},
		{percent(0.83), "83 %"}, {percent(0.0004), "< 0.1 %"}, {percent(0.034), "3.4 %"}, {percent(0.9999), "99.9 %"},
		{percent(1), "100 %"}, {percent(0), "0 %"},
		{pValue(3e-41), "p < 1e-40"}, {pValue(0), ""}, {pValue(0.02), "p = 0.02"},
		{English.list([]string{"a", "b", "c"}), "a, b and c"},
		{English.rhythm(&detect.Finding{Rhythm: detect.Rhythm{Minutes: []int{0, 30}}}), "at :00 and :30 of every hour"},
		{English.rhythm(&detect.Finding{Rhythm: detect.Rhythm{Minutes: []int{15}, Hours: []int{3, 15}}}), "at 03:15 " +
			"and 15:15"},
		{English.rhythm(&detect.Finding{Rhythm: detect.Rhythm{Minutes: []int{0, 30}, Hours: []int{9, 10}}}),
			"at :00 and :30 of the hours 09 and " +
				"10"}, {English.rhythm(&detect.Finding{Rhythm: detect.Rhythm{PeriodS: 7200}}),
			"every 2 h"},
		{English.rhythm(&detect.Finding{Rhythm: detect.Rhythm{PeriodS: 604800, Minutes: []int{15}, Hours: []int{3}}}),
			"every 7 days at 03:15"},
		{English.who("10.0.0.1", ""), "10.0.0.1"}, {English.who("", "x"), "x"}, {English.who("10.0.0.1", "a\x1bb"),
			`a\x1bb (10.0.0.1)`},
		{English.times(1), "once"}, {English.times(2), "twice"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestClockSaysTheDayThatIsNotTheWindows(t *testing.T) {
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	c := newClock(&Options{From: day, To: day.AddDate(0, 0, 1), Location: time.UTC})
	for _, x := range []struct {
		from, to time.Time
		want     string
	}{
		{day.Add(time.Hour), day.Add(2 * time.Hour), "from 01:00:00 to 02:00:00"},
		{day.AddDate(0, 0, -20), day.Add(2 * time.Hour), "from Thu 2026-11-05 00:00:00 to 02:00:00"},
		{day, day.AddDate(0, 0, 1), "from 00:00:00 to Thu 2026-11-26 00:00:00"},
		{day.AddDate(0, 0, -1), day.AddDate(0, 0, -1).Add(time.Hour), "from Tue 2026-11-24 00:00:00 to 01:00:00"},
	} {
		if got := c.span(x.from, x.to); got != x.want {
			t.Errorf("%s, want %s", got, x.want)
		}
	}
}
