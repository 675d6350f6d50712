package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/netutil"

	"uncloak/report/api"
)

func TestMetricsOverHTTPAndSocket(t *testing.T) {
	data := t.TempDir()
	d := serve(t, data, "--http", "127.0.0.1:0")
	send(t, d.udp, 0, 50)
	stored(t, data, 50)
	at := d.at(t, "metrics")
	socket, _, err := api.Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		c    *http.Client
		url  string
		code int
		want string
	}{
		{"metrics", http.DefaultClient, at, 200,
			`uncloak_lines_received_total{router="gw",sender="127.0.0.1"} 50`},
		{"health", http.DefaultClient, strings.Replace(at, "metrics", "healthz", 1), 200, "ok"},
		{"no API over the network", http.DefaultClient, strings.Replace(at, "metrics", "v1/report", 1), 404, ""},
		{"metrics of the socket", socket, "http://uncloak/metrics", 200, "uncloak_events_stored_total 50"},
		{"health of the socket", socket, "http://uncloak/healthz", 200, "ok"},
	} {
		code, text := get(t, tc.c, tc.url)
		for end := time.Now().Add(time.Minute); code == tc.code && !strings.Contains(text, tc.want) &&
			time.Now().Before(end); {
			code, text = get(t, tc.c, tc.url) // events are in the store a moment before they are counted
		}
		if code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("%s: %d, %.300s", tc.name, code, text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func get(t *testing.T, c *http.Client, url string) (code int, text string) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// TestPublicSlowReaders: clients that ask and do not read, or do not even ask, keep others waiting for no longer than
// their time.
func TestPublicSlowReaders(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	page := bytes.Repeat([]byte("x"), 16<<20) // more than the kernel takes of it
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { w.Write(page) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "short") })
	stop := serveHTTP(netutil.LimitListener(l, 4), publicServer(mux, slog.New(slog.DiscardHandler),
		100*time.Millisecond))
	var slow []net.Conn
	for i := range 12 { // three times as many as there are places
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			io.WriteString(c, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		slow = append(slow, c)
	}
	client := &http.Client{Timeout: 10 * time.Minute}
	for try := 1; ; try++ { // on a busy machine its own time may be over before it has asked, or read
		text := []byte(nil)
		r, err := client.Get("http://" + l.Addr().String() + "/short")
		if err == nil {
			text, err = io.ReadAll(r.Body)
			r.Body.Close()
		}
		if string(text) == "short" {
			break
		} else if try == 20 {
			t.Fatalf("%q, %v", text, err)
		}
	}
	for i, c := range slow {
		c.SetReadDeadline(time.Now().Add(10 * time.Minute))
		if n, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) || n >= int64(len(page)) {
			t.Errorf("client %d is served in full after its time: %d bytes, %v", i, n, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
