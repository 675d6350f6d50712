package metrics

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"uncloak/ingest"
	"uncloak/store"
)

type fixed struct {
	stats    ingest.Stats
	accounts []store.Health
	err      error
}

func (f *fixed) Stats() ingest.Stats      { return f.stats }
func (f *fixed) Accounts() []store.Health { return f.accounts }
func (f *fixed) Refusing() error          { return f.err }

func get(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

func TestMetrics(t *testing.T) {
	src := &fixed{stats: ingest.Stats{Stored: 90, Lost: 1, Handshakes: 2, ListenDrops: 3}, accounts: []store.Health{
		{Sender: "192.168.1.1", Router: "gw", Received: 100, Bytes: 5000, Unparsed: 3, Dropped: 7, Limited: 2,
			Suppressed: 5, Missing: 6, SkewMS: -1500},
		{Sender: "8.8.8.8", NotAllowed: 4},
		{Sender: "udp [::]:514", Kernel: 9},
		{Sender: "10.0.0.1", Router: "a\xff\"\n", Received: 1},
		{Sender: "10.0.0.1", Router: "a\xfe\"\n", Received: 2},
	}}
	var judged *Judged
	h := NewHandler(src, func() map[string]uint64 { return map[string]uint64{"gw": 17, "a\xff": 1, "a\xfe": 2} },
		func() *Judged { return judged }, "1.2")
	many := &Judged{}
	for i := range MaxRouters + 10 {
		many.Routers = append(many.Routers, Router{Name: fmt.Sprint("r", i)})
	}
	for _, j := range []*Judged{nil, many} {
		judged = j
		if code, text := get(h, "/metrics"); code != http.StatusOK || strings.Contains(text, "uncloak_table_size") ||
			j != nil && strings.Count(text, "\nuncloak_table_entries{") != MaxRouters {
			t.Errorf("%v: %d, %s", j, code, text)
		}
	}
	judged = &Judged{Findings: []Finding{{"burst", "critical", 2}, {"oom", "info", 0}},
		Routers: []Router{{"gw", 900, 1024, 7}, {"a\xff", 1, 0, 2}, {"a\xfe", 3, 0, 4}},
		Alerts:  []Alerts{{"ops", 3, 4, 5}}}
	code, text := get(h, "/metrics")
	if code != http.StatusOK {
		t.Fatal(code, text)
	}
	for _, want := range []string{
		`uncloak_lines_received_total{router="gw",sender="192.168.1.1"} 100`,
		`uncloak_lines_received_total{router="a?\"\n",sender="10.0.0.1"} 3`,
		`uncloak_lines_dropped_total{reason="queue",router="gw",sender="192.168.1.1"} 7`,
		`uncloak_lines_dropped_total{reason="rate",router="gw",sender="192.168.1.1"} 2`,
		`uncloak_lines_dropped_total{reason="not_allowed",router="",sender="8.8.8.8"} 4`,
		`uncloak_lines_dropped_total{reason="kernel",router="",sender="udp [::]:514"} 9`,
		`uncloak_lines_suppressed_total{router="gw",sender="192.168.1.1"} 5`,
		`uncloak_lines_missing_total{router="gw",sender="192.168.1.1"} 6`,
		`uncloak_sender_clock_skew_seconds{router="gw",sender="192.168.1.1"} -1.5`,
		`uncloak_lines_estimated_missing{router="gw"} 17`,
		`uncloak_lines_estimated_missing{router="a?"} 3`,
		`uncloak_events_stored_total 90`,
		`uncloak_findings{kind="burst",severity="critical"} 2`, `uncloak_findings{kind="oom",severity="info"} 0`,
		`uncloak_table_entries{router="gw"} 900`, `uncloak_table_size{router="gw"} 1024`,
		`uncloak_sessions_total{router="gw"} 7`, `uncloak_table_entries{router="a?"} 1`,
		`uncloak_alerts_waiting{channel="ops"} 3`, `uncloak_alerts_lost_total{channel="ops"} 4`,
		`uncloak_alerts_failures{channel="ops"} 5`,
		`uncloak_listen_drops_total 3`,
		`uncloak_build_info{version="1.2"} 1`,
		"# TYPE uncloak_lines_received_total counter",
		"process_resident_memory_bytes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if code, _ := get(h, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	src.err = errors.New("no space left on the disk")
	if code, text := get(h, "/healthz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "no space") {
		t.Errorf("healthz: %d %s", code, text)
	}
	if code, _ := get(h, "/v1/report"); code != http.StatusNotFound {
		t.Errorf("a report without asking who: %d", code)
	}
}
