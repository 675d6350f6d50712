package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

// hostiles are names as an attacker would choose them.
var hostiles = []string{
	"\x1b]0;owned\x07", "\x1b[2J\x1b[1;1H", "\u009b31m", "\u202evil\u202c", "\u2066x\u2069",
	"a\r\nVERDICT  all is well", "\xff\xfe\x80", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`,
	"</style><script>", "{{.}}", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "| a | b |", "`rm -rf`",
	"[x](javascript:alert(1))", "![x](http://evil.example/x.png)", "```\n# head",
	"http://evil.example", "www.evil.example", "*bold*", "# head", "1. list", "- item", "\u2028line", "\ufeff",
	"\U000e0041", "$(reboot)", "'; reboot; '", strings.Repeat("long", 300), "日本語のホスト", "",
}

// unsafeRune finds the first rune that would act on a terminal.
func unsafeRune(s string) string {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != '\n' && (hostile(r) || r == utf8.RuneError && n == 1) {
			return fmt.Sprintf("%q at %d in %q", r, i, s[max(0, i-30):min(len(s), i+30)])
		}
		i += n
	}
	return ""
}

// renderAll writes every format and checks that nothing raw comes through.
func renderAll(t *testing.T, m *Model) {
	t.Helper()
	var text, js, html, md, ft, fc bytes.Buffer
	for name, err := range map[string]error{
		"text": Text(&text, m, TextOptions{Width: 80}), "json": JSON(&js, m), "html": HTML(&html, m),
		"md":       Markdown(&md, m),
		"findings": FindingsOf(&ft, findingsOnly(clock{loc: time.UTC}, m.Findings)),
		"csv":      FindingsCSV(&fc, m.Findings, time.UTC),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for name, b := range map[string]*bytes.Buffer{"text": &text, "json": &js, "html": &html, "md": &md, "findings": &ft,
		"csv": &fc} {
		if x := unsafeRune(b.String()); x != "" {
			t.Errorf("%s: raw %s", name, x)
		}
	}
	if !json.Valid(js.Bytes()) {
		t.Error("not JSON")
	}
	if rest := strings.ReplaceAll(html.String(), "&lt;", ""); strings.Contains(rest, "<script") ||
		strings.Contains(rest, "<img") {
		t.Error("a tag came through into HTML")
	}
	for _, x := range []string{"](", "<script", "<img", "http://", "\n# head", "\n```"} {
		for _, l := range strings.SplitAfter(md.String(), "\n") {
			if !strings.HasPrefix(l, "    ") && strings.Contains("\n"+l, x) && !strings.Contains(l, `\](`) {
				t.Errorf("Markdown has %q: %s", x, l)
			}
		}
	}
	plain := *m
	plain.occupancy, plain.phases = occupancy{}, phaseMap{} // to draw takes its time
	l, err := NewLetter(&plain)
	if err != nil {
		t.Fatal(err)
	}
	x := unsafeRune(l.Subject) + unsafeRune(l.Text) + unsafeRune(l.HTML)
	if x != "" || strings.Contains(l.Subject, "\n") {
		t.Errorf("letter: raw %s, subject %q", x, l.Subject)
	}
	if x := regexp.MustCompile(`(?i)<script|<img src="[^c]|<[^>]*\son[a-z]+\s*=`).FindString(l.HTML); x != "" {
		t.Errorf("a tag came through into the letter: %s", x)
	}
	rows, err := csv.NewReader(&fc).ReadAll()
	if err != nil {
		t.Error(err)
	}
	for _, r := range rows {
		for _, c := range r {
			if c = strings.TrimLeft(c, " "); c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
				t.Errorf("formula in CSV: %q", c)
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range hostiles {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			days, fs, opt := home(t, 1, 1)
			fs = append(fs[:4:4], hangup(opt.From)...)
			for i := range fs {
				f := &fs[i]
				f.Router, f.Name, f.Proc = name, name, name
				f.Ports, f.PeerPorts, f.Resolver = []string{name}, []string{name, name}, name
				f.Interface = name
				f.Networks = []string{name}
				f.Touches = []string{name}
				f.Names = []detect.Count{{What: name, N: 3}}
				f.Suspects = []detect.Suspect{{What: name, Why: name, Confidence: 0.4}}
				f.ShrinkPeers = []detect.ShrinkPeer{{Peer: name}}
				f.Hosts = []detect.Share{{Host: name, Name: name}}
				f.Holders = append(f.Holders, detect.Share{Host: name, Name: name, Share: 0.9})
			}
			days[0].Hosts[vmhost].Name = name
			for _, d := range days {
				d.Routers[name] = d.Routers["gw"]
			}
			opt.Names = func(netip.Addr) string { return name }
			opt.Note, opt.Generated, opt.Data, opt.Version = name, name, name, name
			st := homeStore(&opt)
			st.raw, st.health[0].Sender, st.health[0].Router = strings.ReplaceAll(name, "%", "%%")+"%d", name, name
			st.odd = append(st.odd, name, "<4>Nov 17 12:00:00 gw "+name+": "+name, "<4>Nov 17 12:00:00 gw x: "+name)
			m, err := Build(t.Context(), st, days, fs, opt)
			if err != nil {
				t.Fatal(err)
			}
			renderAll(t, m)
		})
	}
}

// TestAnyFinding renders findings of random values, the ends of each range among them.
func TestAnyFinding(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return hostiles[r.IntN(len(hostiles))] }
	float := func() float64 {
		return []float64{0, -1, 1, 0.5, 1e-320, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(),
			r.NormFloat64() * 1000, r.Float64()}[r.IntN(11)]
	}
	whole := func() int { return []int{0, 1, -1, 7, 60, 2140, math.MaxInt, math.MinInt, r.IntN(1 << 40)}[r.IntN(9)] }
	when := func() time.Time {
		return []time.Time{{}, time.Unix(0, 0), time.Unix(0, math.MaxInt64), time.Unix(0, math.MinInt64),
			time.Unix(r.Int64N(4e9), 0)}[r.IntN(5)]
	}
	kinds := []string{detect.PeriodicBurst, detect.BurstKind, detect.PTRStorm, detect.TableFullKind, detect.OOM,
		detect.ShrinkKind, detect.ResetKind, detect.ScanKind, detect.GrowthKind, "new-kind", "",
		detect.SYNFloodKind, detect.DNSStorm, detect.LagKind, detect.LinkFlap, detect.LossKind, detect.ClockKind,
		detect.NewHost}
	for range 80 {
		var fs []detect.Finding
		for range 1 + r.IntN(5) {
			next := when()
			f := detect.Finding{ID: pick(), Group: pick(), Kind: kinds[r.IntN(len(kinds))],
				Severity: detect.Severity([]string{"critical", "info", "", pick()}[r.IntN(4)]), Router: pick(),
				Host: pick(), Name: pick(),
				Start: when(), End: when(), Score: float(), Rhythm: detect.Rhythm{PeriodS: float(),
					Minutes: []int{whole(), 30}, Hours: []int{whole()}, JitterS: float()}, Seen: whole(),
				Missed: whole(), PValue: float(), Next: &next,
				Sessions: whole(), Peers: whole(), LengthS: float(), Ports: []string{pick(), pick()},
				Bursts: []detect.Burst{{Start: when(), LengthS: float(), Sessions: whole(), Peers: whole()}},
				Echo: detect.Echo{Causes: pick(), LagS: float(), Lookups: whole(), Shared: float(),
					Resolver: pick()},
				TableFull: detect.TableFull{TableShare: float(),
					Holders: []detect.Share{{Host: pick(), Name: pick(), Share: float()},
						{Host: "10.0.0.1", Share: float()}}, Entries: whole(), Capacity: whole()},
				Lines: whole(), Drops: whole(), Collateral: detect.Collateral{Episodes: whole()},
				Memory: detect.Memory{Proc: pick(), Kills: whole(), PIDs: []uint32{r.Uint32()}}, Shrinks: whole(),
				Port: whole(), PeerPorts: []string{pick(), pick()}, SpreadS: float(), With: pick(),
				Class: []string{detect.Dead, detect.Blocked, detect.Horizontal, detect.Vertical, "bytes",
					pick()}[r.IntN(6)], Peer: pick(), RateS: float(), Failed: whole(),
				Growth: detect.Growth{GrowthDay: float(), PerDay: float(), DoublesDays: float()}}
			f.Class = []string{f.Class, detect.KernelSays, detect.HalfOpen, detect.Unanswered, detect.Sudden,
				detect.Steady, detect.ClockZone, detect.ClockJumps, detect.LossSaid, detect.FirstHop}[r.IntN(10)]
			f.Interface = pick()
			f.Networks = []string{pick()}
			f.Touches = []string{pick()}
			f.Names = []detect.Count{{What: pick(), N: r.Uint64()}}
			f.Suspects = []detect.Suspect{{What: pick(), Why: pick(), Confidence: float()}}
			f.ShrinkPeers = []detect.ShrinkPeer{{Peer: pick(), First: when(), Last: when()}}
			f.Hosts = []detect.Share{{Host: pick(), Name: pick(), Share: float()}}[:r.IntN(2)]
			f.Spells = []detect.Spell{{Start: when(), LengthS: float(), RTTS: float(), Sent: whole(), Lost: whole()}}
			f.Sources = whole()
			f.HalfOpen = float()
			f.SkewS = float()
			f.Jumps = whole()
			f.JumpS = float()
			f.Repaired = whole()
			f.Downs = whole()
			f.RTTS, f.UsualRTTS, f.Unanswer, f.DaysBefore, f.Loss = float(), float(), float(), whole(), float()
			f.Evidence.Ask = detect.Ask{From: when(), To: when(), Router: pick(),
				Kind: []string{"session-new", "", pick()}[r.IntN(3)]}
			if r.IntN(2) == 0 {
				f.Minutes, f.Hours, f.Next = nil, nil, nil
			}
			fs = append(fs, f)
			Describe(&f, Options{})
			if x := unsafeRune(f.Title + f.Detail + strings.Join(f.Advice, "")); x != "" ||
				strings.Contains(f.Detail, "\n") {
				t.Fatalf("Describe lets through %s", x)
			}
		}
		opt := Options{From: time.Unix(0, 0), To: time.Unix(86400, 0), Config: detect.DefaultConfig()}
		m, err := Build(t.Context(), &lines{raw: "x%d", n: 2}, nil, fs, opt)
		if err != nil {
			t.Fatal(err)
		}
		renderAll(t, m)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range hostiles {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, got := range map[string]string{"Clean": Clean(s), "mdEscape": mdEscape(s), "csvCell": csvCell(s),
			"label": label(s)} {
			if x := unsafeRune(got); x != "" || strings.Contains(got, "\n") {
				t.Errorf("%s(%q) = %q", name, s, got)
			}
		}
		if c := Clean(s); Clean(c) != c {
			t.Errorf("Clean is not done after one pass: %q", s)
		}
		b, _ := json.Marshal(s)
		var back, want string
		if err := json.Unmarshal(inertJSON(b), &back); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(b, &want)
		if back != want {
			t.Errorf("JSON turns %q into %q", want, back)
		}
	})
}
