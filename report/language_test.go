package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// english lists the phrases of the program's files and pages: what is given to Say, the plurals of count with their
// number, and the heads of tables. All holds each string constant besides, and each with "%s " in front of it.
type english struct {
	phrases map[string]string // where it stands first
	all     map[string]bool
}

func phrasesOf(t *testing.T, dirs ...string) english {
	e := english{map[string]string{}, map[string]bool{}}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			e.read(f, path)
		}
	}
	return e
}

func (e *english) read(f *ast.File, path string) {
	add := func(s string) {
		if _, ok := e.phrases[s]; !ok {
			e.phrases[s] = path
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok {
			if s, ok := constantOf(x); ok {
				e.all[s], e.all["%s "+s] = true, true
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch name := calledName(call); {
		case name == "Say" && len(call.Args) > 0:
			if s, ok := constantOf(call.Args[0]); ok {
				add(s)
			}
		case name == "heads", name == "stamp":
			for _, a := range call.Args {
				if s, ok := constantOf(a); ok {
					add(s)
				}
			}
		case name == "count" && len(call.Args) == 4 && !isEnglish(call.Args[0]):
			for _, a := range call.Args[3:] {
				if s, ok := constantOf(a); ok {
					add("%s " + s)
				}
			}
		}
		return true
	})
}

func calledName(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		if isEnglish(f.X) {
			return ""
		}
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// isEnglish says whether an expression is the language of what is not translated.
func isEnglish(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "English"
}

// constantOf returns the value of a string literal, or of several that are put together.
func constantOf(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		return s, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, ok1 := constantOf(x.X)
		b, ok2 := constantOf(x.Y)
		return a + b, x.Op == token.ADD && ok1 && ok2
	}
	return "", false
}

var sayInPage = regexp.MustCompile(`\b[Ss]ay "([^"]+)"`)

// pages adds the phrases of templates.
func (e *english) pages(t *testing.T, globs ...string) {
	for _, g := range globs {
		files, err := filepath.Glob(g)
		if err != nil || len(files) == 0 {
			t.Fatal(g, err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range sayInPage.FindAllStringSubmatch(string(b), -1) {
				e.phrases[m[1]], e.all[m[1]] = path, true
			}
		}
	}
}

// verbs lists what a format takes, by the place of the argument: "1s 2d".
func verbs(format string) string {
	var out []string
	next := 1
	for _, m := range formatVerb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		out = append(out, strconv.Itoa(next)+m[2])
		next++
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

var formatVerb = regexp.MustCompile(`%[-+#0-9.]*(?:\[(\d+)\])?[-+#0-9.]*([a-zA-Z%])`)

func TestCatalogueIsWhole(t *testing.T) {
	e := phrasesOf(t, ".", "web", "mail", "api")
	e.pages(t, "*.html", "web/pages/*.html")
	for s := range phrasesOf(t, "../detect").all { // kinds and guesses, which are said by their names
		e.all[s] = true
	}
	for _, s := range slices.Sorted(maps.Keys(e.phrases)) {
		if _, ok := japanese()[s]; !ok {
			t.Errorf("%s: no Japanese for %q", e.phrases[s], s)
		}
	}
	for s, ja := range japanese() {
		if _, ok := e.phrases[s]; !ok && !e.all[s] {
			t.Errorf("nothing says %q", s)
		}
		if verbs(s) != verbs(ja) {
			t.Errorf("%q takes %s, %q takes %s", s, verbs(s), ja, verbs(ja))
		}
	}
}

func TestParseLanguage(t *testing.T) {
	for name, want := range map[string]Language{"ja": Japanese, "ja_JP.UTF-8": Japanese, "ja-JP": Japanese,
		"en":          English,
		"en_GB.UTF-8": English, "C": "", "xx": "", "tlh": "", "und": "", "": "", "fr_FR": ""} {
		if got, err := ParseLanguage(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
	}
	for header, want := range map[string]Language{"ja,en;q=0.5": Japanese, "fr, ja;q=0.8, en;q=0.2": Japanese,
		"en-US,en;q=0.9": English, "": Japanese, "\x00": Japanese, "de": Japanese} {
		if got := AcceptLanguage(header, Japanese); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}

func TestJapaneseForms(t *testing.T) {
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	c := clock{Language: Japanese, loc: time.FixedZone("JST", 9*3600)}
	for _, x := range [][2]string{
		{count(Japanese, 1, "session", "sessions"), "1セッション"},
		{count(Japanese, 2140, "session", "sessions"), "2,140セッション"},
		{count(Japanese, 261, "different host", "different hosts"), "異なるホスト261台"},
		{Japanese.times(1), "1回"}, {Japanese.times(47), "47回"},
		{Japanese.seconds(150), "2分30秒"}, {Japanese.seconds(7200), "2時間"}, {Japanese.seconds(200000), "2日7時間"},
		{Japanese.list([]string{"a", "b", "c"}), "a、b、c"},
		{Japanese.rhythm(&detect.Finding{Rhythm: detect.Rhythm{Minutes: []int{0, 30}}}), "毎時:00、:30"},
		{c.with(at), "2026年11月29日（日）14:00:00"},
		{c.span(at, at.Add(time.Hour)), "2026年11月29日（日）14:00:00から15:00:00まで"},
		{strings.Join(wrap("テーブルの上限は600エントリーです。次はvmhost 39 %です。", 20), "/"),
			"テーブルの上限は600/エントリーです。次は/vmhost 39 %です。"},
	} {
		if x[0] != x[1] {
			t.Errorf("%q, want %q", x[0], x[1])
		}
	}
}

// TestJapaneseTitles: the router stands in front, and what has no number is said in Japanese, too.
func TestJapaneseTitles(t *testing.T) {
	for want, f := range map[string]detect.Finding{
		"gwのルーター自身の異常: 3回": {Kind: detect.AlarmKind, Router: "gw", Lines: 3, Drops: 3},
		"oldsrvが一斉に名前を逆引き": {Kind: detect.PTRStorm, Host: "10.0.0.1", Name: "oldsrv", Score: 1},
		"nasが3回にわたりプローブの12 %に無応答": {Kind: detect.LagKind, Host: "10.0.0.2", Name: "nas", Score: 1, Seen: 3,
			Lag: detect.Lag{Unanswer: 0.12}},
	} {
		Describe(&f, Options{Language: Japanese, Location: time.UTC, Config: detect.DefaultConfig()})
		if f.Title != want {
			t.Errorf("%q, want %q", f.Title, want)
		}
	}
	h := detect.ListedFor{Entries: 2, States: map[string]int{"not told": 2}}
	if s := Japanese.oneState(&h); s != "" {
		t.Errorf("states that are not told: %q", s)
	}
}

// TestNoEnglishIsLeft looks for four English words in a row in what each kind of finding says.
func TestNoEnglishIsLeft(t *testing.T) {
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	for _, kind := range detect.Kinds() {
		for _, class := range []string{"", detect.Dead, detect.Blocked, detect.Horizontal, detect.Vertical, detect.Loop,
			detect.Unanswered, detect.OneName, detect.Steady, detect.Sudden, detect.FirstHop, detect.KernelSays,
			detect.LossSaid, detect.LossEnds, detect.LossRate, detect.LossNumbers, detect.LossOurs, detect.ClockZone,
			detect.ClockJumps, detect.ClockDrifts, detect.ClockUnset, detect.EndsTogether} {
			f := detect.Finding{Kind: kind, Class: class, Host: "10.0.0.1", Router: "gw", Peer: "192.0.2.1:80",
				Port:  80,
				Start: at, End: at.Add(time.Hour), Score: 0.6, Seen: 5, Sessions: 300, Ports: []string{"tcp/80"},
				Lines: 9, Drops: 99, Loss: 0.1}
			f.Listed = []detect.ListedFor{{Host: "10.0.0.1", Entries: 300, Share: 0.6}}
			Describe(&f, Options{Language: Japanese, Location: time.UTC, Config: detect.DefaultConfig()})
			for _, s := range append([]string{f.Title, f.Detail}, f.Advice...) {
				if m := fourWords.FindString(s); m != "" && !strings.Contains(s, "nft insert rule") {
					t.Errorf("%s %s: %q in %s", kind, class, m, s)
				}
				if strings.Contains(s, "%!") {
					t.Errorf("%s %s: %s", kind, class, s)
				}
			}
		}
	}
}

var fourWords = regexp.MustCompile(`\b[A-Za-z]{2,} [a-z]{1,} [a-z]{2,} [a-z]{2,}`)
