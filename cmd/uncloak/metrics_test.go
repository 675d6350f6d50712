package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"uncloak/report/web"
)

func TestMetricsOverHTTPAndSocket(t *testing.T) {
	data := t.TempDir()
	d := serve(t, data, "--http", "127.0.0.1:0")
	send(t, d.udp, 0, 50)
	stored(t, data, 50)
	var said struct{ At string }
	if err := json.Unmarshal([]byte(d.log.wait(t, `"msg":"metrics"`)), &said); err != nil {
		t.Fatal(err)
	}
	socket, _, err := web.Dial(t.Context(), data)
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
		{"metrics", http.DefaultClient, said.At, 200, `uncloak_lines_received_total{router="gw",sender="127.0.0.1"} 50`},
		{"health", http.DefaultClient, strings.Replace(said.At, "metrics", "healthz", 1), 200, "ok"},
		{"no API over the network", http.DefaultClient, strings.Replace(said.At, "metrics", "v1/report", 1), 404, ""},
		{"metrics of the socket", socket, "http://uncloak/metrics", 200, "uncloak_events_stored_total 50"},
		{"health of the socket", socket, "http://uncloak/healthz", 200, "ok"},
	} {
		code, text := get(t, tc.c, tc.url)
		for end := time.Now().Add(time.Minute); code == tc.code && !strings.Contains(text, tc.want) && time.Now().Before(end); {
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
