// Package metrics serves the counts of a receiver in the form that Prometheus reads. The label sets are bounded: a
// receiver names a limited number of senders (ingest.Server.Accounts), and names from the network are made valid text.
// It never asks the store.
package metrics

import (
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"uncloak/ingest"
	"uncloak/store"
)

// Source is the part of an ingest.Server that is served.
type Source interface {
	Stats() ingest.Stats
	Accounts() []store.Health
	Refusing() error // why the store refuses events; nil: it takes them
}

var _ Source = (*ingest.Server)(nil)

// NewHandler answers GET /metrics and GET /healthz. estimated returns, by router, the number of lines that must be
// missing; judged returns what the last look for findings gave. Where they are nil that is not known. /healthz answers
// 200 while what is received is stored, and 503 with the reason while not.
func NewHandler(src Source, estimated func() map[string]uint64, judged func() *Judged,
	version string) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{src, estimated, judged, version})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := src.Refusing(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n") // the asker has gone
	})
	return mux
}

type collector struct {
	src       Source
	estimated func() map[string]uint64
	judged    func() *Judged
	version   string
}

// accountLabels returns the labels of an account.
func accountLabels() []string { return []string{"sender", "router"} }

// ofSender returns the counters of an account.
func ofSender() []struct {
	name, help string
	get        func(*store.Health) uint64
} {
	return []struct {
		name, help string
		get        func(*store.Health) uint64
	}{
		{"uncloak_lines_received_total", "Lines received, with those that were dropped and without those not allowed.",
			func(h *store.Health) uint64 { return h.Received }},
		{"uncloak_received_bytes_total", "Bytes of the lines that were taken.",
			func(h *store.Health) uint64 { return h.Bytes }},
		{"uncloak_lines_parsed_total", "Lines stored and understood.", (*store.Health).Parsed},
		{"uncloak_lines_unparsed_total", "Lines stored and not understood.",
			func(h *store.Health) uint64 { return h.Unparsed }},
		{"uncloak_lines_cut_total", "Lines longer than the limit.", func(h *store.Health) uint64 { return h.Oversize }},
		{"uncloak_lines_malformed_total", "Lines that were empty or binary.",
			func(h *store.Health) uint64 { return h.Malformed }},
		{"uncloak_lines_repaired_total", "Lines whose stamp was not believed, and that have the time of receipt.",
			func(h *store.Health) uint64 { return h.Repaired }},
		{"uncloak_lines_suppressed_total", "Lines that the sender says it left out.",
			func(h *store.Health) uint64 { return h.Suppressed }},
		{"uncloak_lines_repeated_total",
			"Lines that the sender did not send, as it says, because they were like the one before.",
			func(h *store.Health) uint64 { return h.Repeated }},
		{"uncloak_lines_missing_total", "Lines lost on the way, by the sender's sequence numbers.",
			func(h *store.Health) uint64 { return h.Missing }},
		{"uncloak_connections_refused_total", "Connections beyond the limits.",
			func(h *store.Health) uint64 { return h.Refused }},
	}
}

// reasons returns the reasons for which lines are not stored, with their counters.
func reasons() []struct {
	name string
	get  func(*store.Health) uint64
} {
	return []struct {
		name string
		get  func(*store.Health) uint64
	}{
		{"kernel", func(h *store.Health) uint64 { return h.Kernel }},
		{"queue", func(h *store.Health) uint64 { return h.Dropped }},
		{"rate", func(h *store.Health) uint64 { return h.Limited }},
		{"empty", func(h *store.Health) uint64 { return h.Blank }},
		{"not_allowed", func(h *store.Health) uint64 { return h.NotAllowed }},
	}
}

// Describe sends nothing: which metrics there are depends on the senders.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of this moment.
func (c collector) Collect(out chan<- prometheus.Metric) {
	counter := func(name, help string, n uint64, labels []string, values ...string) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue,
			float64(n), values...)
	}
	s := c.src.Stats()
	counter("uncloak_events_stored_total", "Lines that are stored.", s.Stored, nil)
	counter("uncloak_events_lost_total", "Lines given up because the store refused them.", s.Lost, nil)
	counter("uncloak_events_aside_total", "Of the lines given up, those in a file that import reads.", s.Aside, nil)
	counter("uncloak_store_errors_total", "Batches that the store refused, each try.", s.StoreErrors, nil)
	counter("uncloak_accept_failures_total",
		"Connections that could not be accepted: out of file descriptors, for instance.", s.AcceptFails, nil)
	counter("uncloak_listen_drops_total",
		"Connections that the kernel dropped before they were accepted: "+
			"more at once than net.core.somaxconn, or a flood of half-open ones.", s.ListenDrops, nil)
	counter("uncloak_tls_handshake_failures_total", "TLS connections that failed.", s.Handshakes, nil)
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc("uncloak_build_info", "The version that runs.",
		[]string{"version"}, nil), prometheus.GaugeValue, 1, c.version)
	accounts := readable(c.src.Accounts())
	for _, m := range ofSender() {
		for i := range accounts {
			counter(m.name, m.help, m.get(&accounts[i]), accountLabels(), accounts[i].Sender, accounts[i].Router)
		}
	}
	for _, r := range reasons() {
		for i := range accounts {
			h := &accounts[i]
			counter("uncloak_lines_dropped_total",
				"Lines that are not stored, by reason. Reason kernel: of a socket, whose senders are not known.",
				r.get(h), append(accountLabels(), "reason"), h.Sender, h.Router, r.name)
		}
	}
	if c.estimated != nil {
		desc := prometheus.NewDesc("uncloak_lines_estimated_missing",
			"Lines of the last day's log that must be missing, as sessions end that never began.", accountLabels()[1:],
			nil)
		sum := map[string]uint64{}
		for router, n := range c.estimated() {
			sum[strings.ToValidUTF8(router, "?")] += n
		}
		for router, n := range sum {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n), router)
		}
	}
	if c.judged != nil {
		if j := c.judged(); j != nil {
			j.collect(out)
		}
	}
	skew := prometheus.NewDesc("uncloak_sender_clock_skew_seconds", "The sender's clock minus this machine's.",
		accountLabels(), nil)
	for i := range accounts {
		if h := &accounts[i]; h.Received > 0 {
			out <- prometheus.MustNewConstMetric(skew, prometheus.GaugeValue, float64(h.SkewMS)/1000, h.Sender,
				h.Router)
		}
	}
}

// readable returns the accounts with valid UTF-8 as names. Accounts whose names become the same are added up.
func readable(hs []store.Health) (out []store.Health) {
	at := map[[2]string]int{}
	for _, h := range hs {
		h.Sender, h.Router = strings.ToValidUTF8(h.Sender, "?"), strings.ToValidUTF8(h.Router, "?")
		k := [2]string{h.Sender, h.Router}
		if i, ok := at[k]; ok {
			out[i].Add(&h)
			continue
		}
		at[k] = len(out)
		out = append(out, h)
	}
	return out
}
