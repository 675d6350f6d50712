package web

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
		`href="/day/2026-11-28"`, `<script src="/assets/live.js`, "<noscript>", `role="status"`)
	_, body, _ = get(t, worldOf(t, nil, Access{}), "/")
	has(t, "now without data", body, "Nothing was received today.", "Nothing.")
}

func TestDays(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	for path, want := range map[string][]string{
		"/day/":           {"November 2026", `href="/day/2026-11-28">Sat 28`, `href="/day/2026-11-27">Fri 27`},
		"/day/2026-11-28": {"← 2026-11-27", "no later day", "filled the session table", "The same as a table"},
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
		sum += len(body)
	}
	if sum > 300_000 {
		t.Errorf("%d bytes", sum)
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
		status, text := describe(tc.err)
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
		if _, ok := h.hub.enter(); !ok {
			t.Fatal("no seat")
		}
	}
	if code, _, head := get(t, h, "/live"); code != http.StatusServiceUnavailable || head.Get("Retry-After") == "" {
		t.Errorf("%d", code)
	}
}

// TestJudgedOnce: who looks within the same minute shares the findings.
func TestJudgedOnce(t *testing.T) {
	j := judged{mu: make(chan struct{}, 1)}
	n := 0
	f := func(context.Context) ([]report.Headline, error) { n++; return nil, nil }
	for _, d := range []time.Duration{0, time.Second, 59 * time.Second, time.Minute, 61 * time.Second, 24 * time.Hour} {
		if _, _, err := j.today(t.Context(), noon.Add(d), f); err != nil {
			t.Fatal(err)
		}
	}
	if n != 3 {
		t.Errorf("judged %d times, want 3", n)
	}
}

// TestLiveStream reads what a browser gets while it looks, until the pages end.
func TestLiveStream(t *testing.T) {
	h := worldOf(t, network(""), Access{})
	h.hub.every = time.Millisecond
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
