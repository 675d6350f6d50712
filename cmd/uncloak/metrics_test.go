package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

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
		r, err := tc.c.Get(tc.url)
		if err != nil {
			t.Fatal(tc.name, err)
		}
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != tc.code || !strings.Contains(string(text), tc.want) {
			t.Errorf("%s: %d, %.300s", tc.name, r.StatusCode, text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
