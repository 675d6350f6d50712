package web

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"

	"uncloak/report"
)

func TestNow(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	code, body, _ := get(t, h, "/")
	if code != 200 {
		t.Fatalf("%d: %s", code, body)
	}
	has(t, "now", body, "Up to Sat 2026-11-28 11:41:00 (UTC).", "Nothing was received for 19 min", "sessions today",
		"7,212", "of 512 entries in the table of gw", `<meter `, "session table full 12 times on gw",
		`href="/incident/`, `href="/day/2026-11-28"`, `<script src="/assets/live.js`, "<noscript>", `role="status"`)
	_, body, _ = get(t, worldOf(t, nil, Access{}), "/")
	has(t, "now without data", body, "Nothing was received today.", "Nothing.")
}

func TestDays(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	for path, want := range map[string][]string{
		"/day/": {"November 2026", `href="/day/2026-11-28">Sat 28`, `href="/day/2026-11-27">Fri 27`},
		"/day/2026-11-28": {"← 2026-11-27", "no later day", "filled the session table",
			"/host/192.168.128.12?day=2026-11-28", "The same as a table"},
		"/day/2026-11-27": {"no earlier day", "2026-11-28 →", "filled the session table"},
		"/day/2026-11-20": {"no earlier day", "2026-11-27 →", "nothing is stored of 2026-11-20"},
		"/day/today":      {"Report of 2026-11-28"},
	} {
		code, body, _ := get(t, h, path)
		if code != 200 {
			t.Errorf("%s: %d", path, code)
		}
		has(t, path, body, want...)
	}
	code, body, _ := get(t, h, "/day/28.11.2026")
	if code != 400 {
		t.Errorf("a bad date: %d", code)
	}
	has(t, "a bad date", body, `value="28.11.2026"`, "is no date: write it like 2026-11-28")
	if code, _, head := get(t, h, "/day/?day=2026-11-27"); code != 303 || head.Get("Location") != "/day/2026-11-27" {
		t.Errorf("the form of dates leads to %d %s", code, head.Get("Location"))
	}
}

// TestBytes: the first look at a report costs a phone less than 300 KB.
func TestBytes(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	sum := 0
	for _, path := range []string{"/day/2026-11-28", "/assets/style.css"} {
		_, body, head := get(t, h, path, "Accept-Encoding", "gzip")
		if strings.HasPrefix(path, "/day") && head.Get("Content-Encoding") != "gzip" {
			t.Error("the report is not compressed")
		}
		if head.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(z); err != nil || !strings.HasSuffix(string(text), "</html>\n") {
				t.Errorf("the compressed page is not whole: %v", err)
			}
		}
		sum += len(body)
	}
	if sum > 300_000 {
		t.Errorf("%d bytes", sum)
	}
	const keyed = "/incident/periodic-burst-192.168.128.12-1800s?day=2026-11-28"
	if code, _, head := get(t, h, keyed, "Accept-Encoding", "gzip"); code != 200 ||
		head.Get("Content-Encoding") != "" {
		t.Errorf("a page with the token of a form is compressed: its length would tell of it")
	}
	_, plain, _ := get(t, h, "/day/2026-11-28")
	if n := len(plain); n > 500_000 {
		t.Errorf("%d bytes where the browser takes no gzip", n)
	}
}

// TestSlowAnswers: when there is no place for a page in time, it says so.
func TestSlowAnswers(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{{context.DeadlineExceeded, 503}, {errors.New("disk \x1b on fire"), 500}} {
		status, text := describe(report.English, tc.err)
		if status != tc.want || strings.Contains(text, "\x1b") {
			t.Errorf("%v: %d %q", tc.err, status, text)
		}
	}
}

// TestSeats fills the live page, and looks at who is slow.
func TestSeats(t *testing.T) {
	made := make(chan struct{})
	n := 0
	h := newHub(func(context.Context) ([]byte, error) { // the goroutine of the hub alone calls it
		n++
		made <- struct{}{}
		return []byte{byte('0' + n)}, nil
	}, 3, time.Millisecond)
	var seats []chan []byte
	for range 3 {
		s, ok := h.enter()
		if !ok {
			t.Fatal("no seat")
		}
		seats = append(seats, s)
	}
	if _, ok := h.enter(); ok {
		t.Error("a fourth viewer has a seat")
	}
	<-made
	<-made
	<-made // two were told before the third was begun
	for _, s := range seats {
		if b := <-s; string(b) < "2" {
			t.Errorf("who is slow gets %q, an old one", b)
		}
	}
	h.leave(seats[0])
	if _, ok := h.enter(); !ok {
		t.Error("a free seat is not given")
	}
	h.close()
	for range seats[1] { // ends as the seat is closed
	}
	if _, ok := h.enter(); ok {
		t.Error("a closed hub gives seats")
	}
	if got := message([]byte("a\r\n\nb")); got != "event: now\ndata: a\ndata: \ndata: b\n\n" {
		t.Errorf("%q", got)
	}
}

func TestTooManyViewers(t *testing.T) {
	h := worldOf(t, nil, Access{})
	for range viewers {
		if _, ok := h.hubs[report.English].enter(); !ok {
			t.Fatal("no seat")
		}
	}
	if code, _, head := get(t, h, "/live"); code != http.StatusServiceUnavailable || head.Get("Retry-After") == "" {
		t.Errorf("%d", code)
	}
}

// TestLiveStream reads what a browser gets while it looks, until the pages end.
func TestLiveStream(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	h.hubs[report.English].every = time.Millisecond
	srv := httptest.NewServer(h)
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() && !strings.HasPrefix(in.Text(), "data: ") {
	}
	if !strings.Contains(in.Text(), "Up to Sat 2026-11-28") {
		t.Errorf("the first news are %q", in.Text())
	}
	h.Close()
	for in.Scan() { // to the end, which comes
	}
	if err := in.Err(); err != nil {
		t.Error(err)
	}
}

func TestMachine(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	for path, want := range map[string][]string{
		"/host/":                              {"Show the machine"},
		"/host/VMHOST?day=2026-11-28":         {"vmhost (192.168.128.12)", "02:00:5e:00:53:0c", "udp/6881", "7,200"},
		"/host/192.168.128.12":                {"session table full", "Phase map", "All sessions of this day"},
		"/host/192.168.128.21?day=2026-11-27": {"198.51.100.7 udp/6881", "sessions opened"},
	} {
		code, body, _ := get(t, h, path)
		if code != 200 {
			t.Errorf("%s: %d", path, code)
		}
		has(t, path, body, want...)
	}
	for path, tc := range map[string]struct {
		code int
		want string
	}{
		"/host/nobody":                    {404, "No machine is called nobody on 2026-11-28."},
		"/host/10.9.9.9":                  {404, "Nothing is known of 10.9.9.9"},
		"/host/192.168.128.12?day=friday": {400, "is no date"},
	} {
		code, body, _ := get(t, h, path)
		if code != tc.code {
			t.Errorf("%s: %d, want %d", path, code, tc.code)
		}
		has(t, path, body, tc.want, "Show the machine")
	}
	if code, _, head := get(t, h, "/host/?name=a/b&day=today"); code != 303 ||
		head.Get("Location") != "/host/a%2Fb?day=today" {
		t.Errorf("%d %s", code, head.Get("Location"))
	}
}

// TestAcknowledge goes the way of a browser: the page, its form, the page again.
func TestAcknowledge(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	const at = "/incident/periodic-burst-192.168.128.12-1800s?day=2026-11-28"
	code, body, head := get(t, h, at)
	if code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	has(t, at, body, "In this order", "vmhost bursts", "session table full", "Proof: lines as received",
		"[NEW] SRC=192.168.128.12", "You know of it?")
	cookie, _, _ := strings.Cut(head.Get("Set-Cookie"), ";")
	_, token, _ := strings.Cut(body, `name="form" value="`)
	token, _, _ = strings.Cut(token, `"`)
	send := func(v url.Values) (int, string, string) {
		v.Set("form", token)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+at,
			strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String(), w.Header().Get("Location")
	}
	day := "2026-11-28"
	code, body, _ = send(url.Values{"do": {"ack"}, "day": {day}, "note": {"<b>mine"}, "until": {"soon"}})
	if code != 400 {
		t.Errorf("a bad date: %d", code)
	}
	has(t, "a bad date", body, "Until:", "soon", `value="&lt;b&gt;mine"`, `value="soon"`)
	if code, _, _ = send(url.Values{"do": {"x"}, "day": {day}}); code != 400 {
		t.Errorf("nothing to do: %d", code)
	}
	code, _, to := send(url.Values{"do": {"ack"}, "day": {day}, "note": {"I know"}, "until": {"2026-12-31"}})
	if code != 303 || to != at+"&done=ack" {
		t.Fatalf("%d %q", code, to)
	}
	_, body, _ = get(t, h, to)
	has(t, "acknowledged", body, "Acknowledged: reports leave it out", "You know of it", "I know", "Report it again")
	_, body, _ = get(t, h, "/day/2026-11-28")
	has(t, "the report", body, "with known findings")
	if code, _, to = send(url.Values{"do": {"undo"}, "day": {day}}); code != 303 ||
		!strings.HasSuffix(to, "done=undo") {
		t.Errorf("%d %q", code, to)
	}
	if code, _, _ = send(url.Values{"do": {"undo"}, "day": {day}}); code != 400 {
		t.Errorf("taken back twice: %d", code)
	}
	for path, want := range map[string]int{"/incident/none?day=2026-11-28": 404, "/incident/x?day=x": 400,
		"/finding/periodic-burst-192.168.128.12-1800s?day=2026-11-28": 200} {
		if code, _, _ := get(t, h, path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}

// TestPaging follows the pages of events to the end: each event is on one of them, also those of one instant.
func TestPaging(t *testing.T) {
	entries := network("")
	at := noon.Add(-3*time.Hour - time.Minute).UnixNano()
	for i := range 450 { // of one instant
		e := entries[0]
		e.Time, e.SPort, e.Raw = at, uint16(1000+i), fmt.Appendf(nil, "instant %d.", i)
		entries = append(entries, e)
	}
	h := worldOf(t, entries, Access{})
	for query, want := range map[string]int{
		"day=2026-11-28&text=instant":                                           450,
		"day=today&text=instant":                                                450,
		"day=2026-11-28&host=192.168.128.12&port=6881":                          12 * 600,
		"from=2026-11-28T08:58:00Z&to=2026-11-28T08:59:30Z&host=192.168.128.12": 450 + 1,
	} {
		n, pages, next := 0, 0, "/query?"+query
		for next != "" && pages < 90 {
			code, body, _ := get(t, h, next)
			if code != 200 {
				t.Fatalf("%s: %d %s", next, code, body)
			}
			pages++
			n += strings.Count(body, "<tbody>")
			_, next, _ = strings.Cut(body, `<a rel="next" href="`)
			next, _, _ = strings.Cut(next, `"`)
			next = html.UnescapeString(next)
		}
		if n != want {
			t.Errorf("%s: %d events on %d pages, want %d", query, n, pages, want)
		}
	}
}

func TestQuestions(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	for path, want := range map[string][]string{
		"/query": {"Host or network"},
		"/query?day=2026-11-28&host=192.168.128.21": {"198.51.100.7:6881",
			"uncloak query --day 2026-11-28 --host"},
		"/query?day=2026-11-28&router=gx": {"no router is called", "There is no such event."},
		"/who":                            {"203.0.113.7:40312"},
		"/who?end=192.0.2.1:5&at=2026-11-28T11:00:00Z": {"Nobody is known"},
		"/who?end=192.168.128.12:20001&at=2026-11-28T11:00:00.1Z": {"its own address",
			"[NEW] SRC="},
		"/table":            {"Who holds the table of gw, of 512 entries", "vmhost (192.168.128.12)", "over time"},
		"/table?at=peak":    {"At Sat 2026-11-28"},
		"/table?limit=100":  {"uncloak table --day today --what-if limit=100", "limit"},
		"/unknown":          {"odd thing", "12"},
		"/health":           {"192.168.128.1", "not understood", "stored"},
		"/query?day=11.11.": {`value="11.11."`},
	} {
		code, body, _ := get(t, h, path)
		if code != 200 && !strings.Contains(path, "11.11.") {
			t.Errorf("%s: %d", path, code)
		}
		has(t, path, body, want...)
	}
	for path, want := range map[string]string{
		"/query?port=x":                       "Port &#34;x&#34; is not a port",
		"/query?host=nothing":                 "neither an address nor a network",
		"/query?kind=zebra":                   "Kind &#34;zebra&#34; is not known",
		"/query?day=2026-11-28&from=-2h":      "exclude each other",
		"/query?from=then":                    "is not understood",
		"/query?day=today&skip=-1":            "not one that uncloak makes",
		"/query?day=today&after=x":            "not one that uncloak makes",
		"/query?day=today&skip=99999999999":   "not one that uncloak makes",
		"/who?end=x&at=now":                   "Write the address with its port",
		"/who?end=192.0.2.1:5":                "At is missing",
		"/who?end=192.0.2.1:5&at=now&slack=x": "Slack &#34;x&#34; is not a duration",
		"/table?limit=many":                   "limit",
		"/table?at=peak&table=9":              "exclude each other",
		"/table?router=nobody":                "has no events in this window",
		"/unknown?day=x":                      "is not understood",
	} {
		code, body, _ := get(t, h, path)
		if code != 400 {
			t.Errorf("%s: %d, want 400", path, code)
		}
		has(t, path, body, want, `role="alert"`, `<form class="ask"`)
	}
}

// hostileWords are names as an attacker would choose them.
func hostileWords() []string {
	return []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "'-alert(1)-'", "{{.}}", "</style>",
		"\x1b[31m", "\u202evil", "\x00\x07", "\xff\xfe", "a\r\nb", "javascript:alert(1)", "/../../x?y#z%2f", "日本"}
}

// TestHostile pushes hostile words of the network, and of the address bar, through each page.
func TestHostile(t *testing.T) {
	for _, word := range hostileWords() {
		h := worldOf(t, networkOf(word, 60), Access{})
		esc := url.PathEscape(word)
		q := url.QueryEscape(word)
		id := "periodic-burst-192.168.128.12-1800s"
		for _, path := range []string{"/", "/day/", "/day/2026-11-28", "/day/" + esc, "/day/?day=" + q, "/host/" + esc,
			"/host/?name=" + q, "/host/vmhost" + esc, "/host/" + vmhost, "/host/" + vmhost + "?day=" + q,
			"/incident/" + id, "/incident/" + esc, "/incident/" + id + "?done=" + q, "/query?day=today",
			"/query?day=today&router=" + q, "/query?text=" + q, "/query?host=" + q + "&kind=" + q + "&port=" + q,
			"/who?end=" + vmhost + ":20001&at=2026-11-28T11:00:00Z", "/who?end=" + q + "&at=" + q + "&proto=" + q,
			"/table", "/table?at=peak", "/table?without=" + q, "/table?router=" + q, "/unknown", "/unknown?day=" + q,
			"/health", "/" + esc} {
			if strings.Contains(word, "\x00") && strings.Contains(path, "%00") && !strings.Contains(path, "?") {
				continue // no URL that a server takes
			}
			code, body, head := get(t, h, path)
			if code >= 500 || code != 200 && path == "/incident/"+id {
				t.Errorf("%s: %d", path, code)
			}
			if code/100 == 3 && !strings.HasPrefix(head.Get("Location"), "/") ||
				strings.HasPrefix(head.Get("Location"), "//") {
				t.Errorf("%s leads to %q", path, head.Get("Location"))
			}
			checkPage(t, path, body)
		}
	}
}

// checkPage looks for what no page may have: bytes that act, and elements or attributes that the templates have not.
func checkPage(t *testing.T, path, body string) {
	t.Helper()
	if !utf8.ValidString(body) {
		t.Errorf("%s is not UTF-8", path)
	}
	for _, r := range body {
		if r < ' ' && r != '\n' || r == 0x7f || r == 0x202e {
			t.Errorf("%s: raw %q", path, r)
			return
		}
	}
	z := nethtml.NewTokenizer(strings.NewReader(body))
	for z.Next() != nethtml.ErrorToken {
		tok := z.Token()
		for _, a := range tok.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" ||
				(a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") &&
					!strings.HasPrefix(a.Val, "#") {
				t.Errorf("%s: attribute %s=%q", path, a.Key, a.Val)
			}
		}
		switch tok.Data {
		case "img", "iframe", "object", "embed", "base":
			t.Errorf("%s: element %s", path, tok.Data)
		case "script":
			if tok.Type == nethtml.StartTagToken && (len(tok.Attr) == 0 || tok.Attr[0].Key != "src") {
				t.Errorf("%s: a script within the page", path)
			}
		}
	}
}

func TestReportIsInTheLanguageOfTheBrowser(t *testing.T) {
	h := worldOf(t, nil, Access{})
	for header, want := range map[string]string{"ja,en;q=0.5": "ja", "en-US": "en", "de": "en", "": "en"} {
		r := httptest.NewRequest(http.MethodGet, "/day/2026-11-29", nil)
		r.Header.Set("Accept-Language", header)
		if got := h.inLanguage(r, url.Values{}).Get("lang"); got != want {
			t.Errorf("%q asks for %q, want %q", header, got, want)
		}
	}
}

// TestJapanesePages: the frames of all pages are in the language that the browser asks for, and no format is wrong.
func TestJapanesePages(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	for l, words := range map[report.Language]map[string]string{
		report.Japanese: {"/": "今日の検出", "/day/": "レポートを表示", "/host/": "機器を表示", "/query": "行に含まれる文字列",
			"/who": "時刻の許容誤差", "/table": "条件を変えて試算", "/unknown": "解釈できなかった行", "/health": "送信元",
			"/nowhere": "このページは存在しません。", "/day/x": "日付ではありません", "/host/nobody": "という機器はありません"},
		report.English: {"/": "Found today", "/nowhere": "There is no such page."},
	} {
		for path, want := range words {
			_, body, _ := get(t, h, path, "Accept-Language", l.Code())
			if !strings.Contains(body, want) || strings.Contains(body, "%!") ||
				!strings.Contains(body, `<html lang="`+l.Code()+`">`) {
				t.Errorf("%s in %s lacks %q:\n%s", path, l, want, body)
			}
		}
	}
}
