package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"uncloak/detect"
)

// receiver answers as it is told, in turn, and keeps what it took.
type receiver struct {
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	got     []string // "state id" of what it took
	asked   int
}

func (r *receiver) send(_ context.Context, _ *Channel, a Alert) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	r.got = append(r.got, a.State+" "+a.ID)
	return nil
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var a Alert
	err := json.NewDecoder(q.Body).Decode(&a)
	r.mu.Lock()
	n := r.asked
	r.asked++
	r.mu.Unlock()
	if n < len(r.answers) {
		r.answers[n](w)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, a.State+" "+a.ID)
}

var quietLog = slog.New(slog.DiscardHandler)

func firing(id string, s detect.Severity) Alert {
	return Alert{ID: id, Kind: "burst", Severity: s, Title: id + " happens", Start: noon, End: noon}
}

// lasting returns incidents that go on for an hour.
func lasting(ids ...string) map[string]Active {
	out := map[string]Active{}
	for _, id := range ids {
		out[id] = Active{End: time.Now(), Until: time.Now().Add(time.Hour)}
	}
	return out
}

// running runs a notifier in a bubble of made-up time until the test's function returns.
func running(t *testing.T, dir string, channels []Channel, f func(n *Notifier, r *receiver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		n := New(dir, channels, time.Now, quietLog)
		n.send = r.send
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- n.Run(ctx) }()
		f(n, r)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func settle() { time.Sleep(3 * time.Second); synctest.Wait() }

// TestToldOnceAndClosed: a finding is told once, told again when it is worse, and closed once when it is over.
func TestToldOnceAndClosed(t *testing.T) {
	all := Channel{Name: "all", Type: "json", URL: "http://x", Severity: detect.Info}
	running(t, t.TempDir(), []Channel{all}, func(n *Notifier, r *receiver) {
		n.Update([]Alert{firing("a", detect.Info), firing("b", detect.Warning)}, lasting("a", "b"))
		settle()
		for range 3 {
			n.Update(nil, lasting("a", "b"))
			settle()
		}
		n.Update([]Alert{firing("a", detect.Critical)}, lasting("a", "b"))
		settle()
		n.Update(nil, lasting("a")) // b is not found any more
		settle()
		time.Sleep(2 * time.Hour)
		n.Update(nil, map[string]Active{"a": {End: noon, Until: time.Now().Add(-time.Second)}})
		n.Update(nil, nil)
		settle()
		want := []string{"firing a", "firing b", "firing a", "resolved b", "resolved a"}
		if got := r.taken(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

func TestSeverityOfChannels(t *testing.T) {
	chs := []Channel{{Name: "usual", Type: "json", URL: "http://x"},
		{Name: "grave", Type: "json", URL: "http://x", Severity: detect.Critical}}
	for s, want := range map[detect.Severity]int{detect.Info: 0, detect.Warning: 1, detect.Critical: 2} {
		running(t, t.TempDir(), chs, func(n *Notifier, r *receiver) {
			n.Update([]Alert{firing("a", s)}, lasting("a"))
			settle()
			n.Update(nil, nil)
			settle()
			if got := len(r.taken()); got != 2*want {
				t.Errorf("%s: %d messages, want %d and as many that close", s, got, want)
			}
		})
	}
}

// TestQuietTime: what is not critical waits for the morning; what is over by then is told once.
func TestQuietTime(t *testing.T) {
	// a bubble's time begins at midnight UTC
	night := Channel{Name: "night", Type: "json", URL: "http://x", Quiet: "22:00-07:00"}
	running(t, t.TempDir(), []Channel{night}, func(n *Notifier, r *receiver) {
		n.Update([]Alert{firing("a", detect.Warning), firing("b", detect.Warning), firing("c", detect.Critical)},
			lasting("a", "b", "c"))
		settle()
		if got := r.taken(); !slices.Equal(got, []string{"firing c"}) {
			t.Errorf("at night: %q", got)
		}
		n.Update(nil, lasting("b", "c"))
		time.Sleep(7*time.Hour + time.Minute)
		settle()
		if got := r.taken(); !slices.Equal(got, []string{"firing c", "firing b", "resolved a"}) {
			t.Errorf("in the morning: %q", got)
		}
	})
}

// TestRate: after ten at once, as many an hour as the channel takes.
func TestRate(t *testing.T) {
	running(t, t.TempDir(), []Channel{{Name: "slow", Type: "json", URL: "http://x", PerHour: 6}},
		func(n *Notifier, r *receiver) {
			var many []Alert
			var ids []string
			for i := range 30 {
				many, ids = append(many, firing(fmt.Sprint(i), detect.Warning)), append(ids, fmt.Sprint(i))
			}
			n.Update(many, lasting(ids...))
			time.Sleep(time.Minute)
			settle()
			first := len(r.taken())
			time.Sleep(time.Hour)
			settle()
			if second := len(r.taken()); first != 10 || second != 16 {
				t.Errorf("%d at once and %d after an hour, want 10 and 16", first, second)
			}
		})
}

// TestSpoolIsBounded: beyond its room the oldest messages are lost, counted, and told of.
func TestSpoolIsBounded(t *testing.T) {
	dir := t.TempDir()
	n := New(dir, []Channel{{Name: "a", Type: "json", URL: "http://x", PerHour: 10000}},
		func() time.Time { return noon }, quietLog)
	var many []Alert
	active := map[string]Active{}
	for i := range maxWaiting + 20 {
		id := fmt.Sprint(i)
		many, active[id] = append(many, firing(id, detect.Critical)), Active{Until: noon.Add(time.Hour)}
	}
	n.Update(many, active)
	s, err := ReadStatus(dir)
	if err != nil || len(s) != 1 || s[0].Waiting != maxWaiting || s[0].Lost != 20 {
		t.Fatalf("%+v, %v", s, err)
	}
	d := n.due()
	if len(d) != 1 || d[0].alert.LeftOut != s[0].Lost || !strings.Contains(strings.Join(d[0].alert.rest(time.UTC), " "),
		"messages before this one were lost") {
		t.Errorf("the next message says %+v", d)
	}
	if info, err := os.Stat(filepath.Join(dir, SpoolName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestSpoolSurvives: what waits, and what is open, is there after a restart; a damaged spool is begun anew.
func TestSpoolSurvives(t *testing.T) {
	dir := t.TempDir()
	chs := []Channel{{Name: "a", Type: "json", URL: "http://x"}, {Name: "b", Type: "json", URL: "http://x"}}
	n := New(dir, chs, func() time.Time { return noon }, quietLog)
	n.Update([]Alert{firing("x", detect.Critical)}, map[string]Active{"x": {Until: noon.Add(time.Hour)}})
	d := n.due()
	n.sent(t.Context(), d[0], nil)
	n.sent(t.Context(), d[1], errors.New("refused"))
	n = New(dir, chs[:2], func() time.Time { return noon.Add(time.Minute) }, quietLog)
	if d := n.due(); len(d) != 1 || d[0].channel.Name != "b" || d[0].alert.ID != "x" || d[0].alert.State != Firing {
		t.Errorf("after the restart: %+v", d)
	}
	n = New(dir, chs[:1], func() time.Time { return noon.Add(time.Minute) }, quietLog) // b is gone
	n.Update(nil, nil)
	if d := n.due(); len(d) != 1 || d[0].alert.State != Resolved || d[0].alert.Title != "x happens" {
		t.Errorf("it is over: %+v", d)
	}
	for _, text := range []string{"{", `{"open":{"x":null},"queues":{"a":null}}`, `{"open":[]}`} {
		if err := os.WriteFile(filepath.Join(dir, SpoolName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n = New(dir, chs, func() time.Time { return noon }, quietLog)
		n.Update([]Alert{firing("y", detect.Critical)}, nil)
		if len(n.due()) != 2 {
			t.Errorf("after the spool %s nothing is sent", text)
		}
	}
}

// TestRetries: a receiver that refuses, is slow, or is not there is asked again after growing pauses, and after the
// pause that it asks for; nothing is lost and nothing told twice.
func TestRetries(t *testing.T) {
	say := func(status int, retry string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			if retry != "" {
				w.Header().Set("Retry-After", retry)
			}
			http.Error(w, "not now", status)
		}
	}
	release := make(chan struct{})
	r := &receiver{answers: []func(http.ResponseWriter){say(500, ""), say(429, "120"), say(503, ""),
		func(http.ResponseWriter) { <-release }, say(404, "")}}
	srv := httptest.NewServer(r)
	defer srv.Close()
	defer close(release)
	c := Channel{Name: "hook", Type: "json", URL: srv.URL}
	now := noon
	n := New(t.TempDir(), []Channel{c}, func() time.Time { return now }, quietLog)
	n.Update([]Alert{firing("a", detect.Warning)}, map[string]Active{"a": {Until: noon.Add(100 * time.Hour)}})
	for i, want := range []struct {
		pause time.Duration
		says  string
	}{{10 * time.Second, "500 Internal Server Error: not now"}, {120 * time.Second, "429"}, {40 * time.Second, "503"},
		{80 * time.Second, "deadline"}, {160 * time.Second, "404"}} {
		d := n.due()
		if len(d) != 1 {
			t.Fatalf("attempt %d: nothing is due", i+1)
		}
		patience := time.Minute
		if want.says == "deadline" { // this one never answers
			patience = 50 * time.Millisecond
		}
		n.sent(t.Context(), d[0], d[0].channel.send(t.Context(), &d[0].alert, patience))
		q := n.spool.Queues["hook"]
		if pause := q.Next.Sub(now); pause != want.pause || !strings.Contains(q.Error, want.says) ||
			strings.Contains(q.Error, srv.URL) || q.Failures != i+1 || len(q.Waiting) != 1 {
			t.Errorf("attempt %d: a pause of %v, %q; want %v, %s", i+1, pause, q.Error, want.pause, want.says)
		}
		if len(n.due()) != 0 {
			t.Errorf("attempt %d: asked again at once", i+1)
		}
		now = q.Next
	}
	d := n.due()
	n.sent(t.Context(), d[0], Send(t.Context(), &d[0].channel, d[0].alert))
	q := n.spool.Queues["hook"]
	if got := r.taken(); !slices.Equal(got, []string{"firing a"}) || len(q.Waiting)+q.Failures+q.Lost != 0 {
		t.Errorf("taken %q, then %+v", got, q)
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.URL = "http://" + nobody.Addr().String() + "/secret"
	nobody.Close()
	err = Send(t.Context(), &c, firing("a", detect.Warning))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
	now = noon
	n.Update([]Alert{firing("old", detect.Warning)}, map[string]Active{"old": {Until: noon.Add(100 * time.Hour)}})
	d = n.due()
	now = noon.Add(giveUp + time.Minute)
	n.sent(t.Context(), d[0], errors.New("never"))
	if q := n.spool.Queues["hook"]; len(q.Waiting) != 1 || q.Waiting[0].ID != "a" || q.Lost != 1 {
		t.Errorf("two days old: %+v", q)
	}
}

// TestRedirectsAreNotFollowed: the message with its secrets goes nowhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	r := &receiver{answers: []func(http.ResponseWriter){func(w http.ResponseWriter) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}}}
	srv := httptest.NewServer(r)
	defer srv.Close()
	c := Channel{Name: "hook", Type: "json", URL: srv.URL, Token: "x"}
	if err := Send(t.Context(), &c, firing("a", detect.Warning)); err == nil || r.asked != 1 {
		t.Errorf("%v, asked %d times", err, r.asked)
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "page")
	text := strings.ReplaceAll("#!/bin/sh\necho \"$1\" > DIR/arg; cat > DIR/in\n"+
		"[ -e DIR/fail ] && echo 'no line' >&2 && exit 3\nexit 0\n", "DIR", dir)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	c := Channel{Name: "page", Type: "command", Command: []string{script, "$(reboot)"}}
	if err := Send(t.Context(), &c, firing("`id`", detect.Warning)); err != nil {
		t.Fatal(err)
	}
	in, _ := os.ReadFile(filepath.Join(dir, "in"))
	arg, _ := os.ReadFile(filepath.Join(dir, "arg"))
	var a Alert
	if err := json.Unmarshal(in, &a); err != nil || a.ID != "`id`" || string(arg) != "$(reboot)\n" {
		t.Errorf("%s, %s, %v", in, arg, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fail"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Send(t.Context(), &c, a); err == nil || !strings.Contains(err.Error(), "exit status 3: no line") {
		t.Errorf("it fails: %v", err)
	}
	c.Command = []string{"/bin/sleep", "60"}
	if err := c.send(t.Context(), &a, 50*time.Millisecond); err == nil {
		t.Error("a command that does not end: no error")
	}
}

func TestSyslogIsSent(t *testing.T) {
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	a := firing("a", detect.Warning)
	if err := Send(t.Context(), &Channel{Type: "syslog", URL: "udp://" + udp.LocalAddr().String()}, a); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	k, _, err := udp.ReadFrom(b)
	if err != nil || !strings.HasPrefix(string(b[:k]), "<28>1 ") {
		t.Errorf("%q, %v", b[:k], err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := tcp.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		got <- string(text)
	}()
	if err := Send(t.Context(), &Channel{Type: "syslog", URL: "tcp://" + tcp.Addr().String()}, a); err != nil {
		t.Fatal(err)
	}
	size, line, _ := strings.Cut(<-got, " ")
	if size != fmt.Sprint(len(line)) || !strings.HasPrefix(line, "<28>1 ") {
		t.Errorf("%s of %q", size, line)
	}
}
