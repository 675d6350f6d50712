package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Judged holds what the last look for findings gave, once a minute. Its label sets are bounded by whoever makes it:
// kinds and severities are few, routers at most MaxRouters, channels those of the config.
type Judged struct {
	Findings []Finding
	Routers  []Router
	Alerts   []Alerts
}

// MaxRouters bounds the routers of a Judged.
const MaxRouters = 64

// Finding counts the findings of the last 24 hours of one kind and severity that are not known.
type Finding struct {
	Kind, Severity string
	N              int
}

// Router holds the state of a router's session table.
type Router struct {
	Name     string
	Entries  uint32 // in the latest slot of 10 s, as rebuilt from the log
	Size     int    // entries that the table takes; 0 = not known
	Sessions uint64 // that were opened since midnight UTC
}

// Alerts says how a channel of alerts fares.
type Alerts struct {
	Channel                 string
	Waiting, Lost, Failures int
}

func (j *Judged) collect(out chan<- prometheus.Metric) {
	send := func(kind prometheus.ValueType, name, help string, n float64, labels []string, values ...string) {
		for i := range values {
			values[i] = strings.ToValidUTF8(values[i], "?")
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, labels, nil), kind, n, values...)
	}
	for _, f := range j.Findings {
		send(prometheus.GaugeValue, "uncloak_findings",
			"Findings of the last 24 hours that are not known, each minute.",
			float64(f.N), []string{"kind", "severity"}, f.Kind, f.Severity)
	}
	seen := map[string]bool{}
	for _, r := range j.Routers[:min(len(j.Routers), MaxRouters)] {
		name, label := strings.ToValidUTF8(r.Name, "?"), []string{"router"}
		if seen[name] {
			continue
		}
		seen[name] = true
		send(prometheus.GaugeValue, "uncloak_table_entries", "Entries of the session table, as rebuilt from the log.",
			float64(r.Entries), label, name)
		send(prometheus.CounterValue, "uncloak_sessions_total", "Sessions that were opened since midnight UTC.",
			float64(r.Sessions), label, name)
		if r.Size > 0 {
			send(prometheus.GaugeValue, "uncloak_table_size", "Entries that the session table takes.", float64(r.Size),
				label, name)
		}
	}
	for _, a := range j.Alerts {
		label := []string{"channel"}
		send(prometheus.GaugeValue, "uncloak_alerts_waiting", "Alerts that a channel has not taken yet.",
			float64(a.Waiting), label, a.Channel)
		send(prometheus.CounterValue, "uncloak_alerts_lost_total",
			"Alerts that were given up, for want of room or time.", float64(a.Lost), label, a.Channel)
		send(prometheus.GaugeValue, "uncloak_alerts_failures", "Attempts that failed since a channel took an alert.",
			float64(a.Failures), label, a.Channel)
	}
}
