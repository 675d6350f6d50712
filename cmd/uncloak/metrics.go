package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"uncloak/detect"
	"uncloak/ingest/metrics"
	"uncloak/report"
)

// both adds /metrics and /healthz, which shown answers, to the API or to the pages.
func both(rest, shown http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", rest)
	mux.Handle("/metrics", shown)
	mux.Handle("/healthz", shown)
	return mux
}

// Limits of the HTTP address. A client that has not sent its request, or not read the answer, within httpPatience is
// gone or hostile; the pages take more time to be made, and say so themselves. Connections beyond httpConns wait in the
// kernel.
const (
	httpPatience = 10 * time.Second
	httpConns    = 64
)

func publicServer(h http.Handler, log *slog.Logger, patience time.Duration) *http.Server {
	return &http.Server{Handler: h, ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// showAt serves the pages of h, and /metrics and /healthz of shown, at an address until stop is called; "" serves
// nothing.
func (a *app) showAt(address string, h *instance, shown http.Handler) (stop func() error, err error) {
	if address = strings.TrimSpace(address); address == "" {
		return func() error { return nil }, nil
	}
	secure, err := a.cfg.Web.tls()
	if err != nil {
		return nil, err
	}
	pages, leave, err := a.pages(address, h, shown)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--http: %w", err)
	}
	at := l.Addr().String()
	if p, err := netip.ParseAddrPort(at); err != nil || !p.Addr().IsLoopback() {
		a.log.Warn("anybody who reaches this address can read the metrics, which name your routers and what they send",
			"at", at)
	}
	scheme := "http://"
	l = netutil.LimitListener(l, httpConns)
	srv := publicServer(pages, a.log, httpPatience)
	srv.RegisterOnShutdown(leave)
	if secure != nil {
		scheme = "https://"
		secure.NextProtos = []string{"http/1.1"} // of HTTP/2 one connection could ask for everything at once
		l = tls.NewListener(l, secure)
	}
	a.log.Info("metrics", "at", scheme+at+"/metrics")
	if a.cfg.Web.shown(address) {
		a.log.Info("pages", "at", scheme+at+"/")
	} else {
		a.log.Info("no pages are shown at this address: set web.users or web.token", "at", at)
	}
	end := serveHTTP(l, srv)
	return func() error {
		if err := end(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}, nil
}

// count notes for /metrics what the last look for findings gave, without those that are known.
func (h *instance) count(fs []detect.Finding, days []*detect.Day, cfg detect.Config, now time.Time) {
	j := &metrics.Judged{}
	n := map[[2]string]int{}
	for i := range fs {
		n[[2]string{fs[i].Kind, string(fs[i].Severity)}]++
	}
	for _, kind := range detect.Kinds() { // also those of which there is none: an alert on a sum needs a 0
		for _, s := range []detect.Severity{detect.Info, detect.Warning, detect.Critical} {
			j.Findings = append(j.Findings, metrics.Finding{Kind: kind, Severity: string(s),
				N: n[[2]string{kind, string(s)}]})
		}
	}
	if len(days) > 0 {
		j.Routers = tablesOf(days[len(days)-1], &cfg, now)
	}
	if h.notifier != nil {
		for _, s := range h.notifier.Status() {
			j.Alerts = append(j.Alerts, metrics.Alerts{Channel: s.Name, Waiting: s.Waiting, Lost: s.Lost,
				Failures: s.Failures})
		}
	}
	h.judged.Store(j)
}

// staleTable is the age from which the last known state of a session table says nothing of now.
const staleTable = 10 * time.Minute

// tablesOf returns the latest state of the routers' session tables, those with most sessions first.
func tablesOf(d *detect.Day, cfg *detect.Config, now time.Time) (out []metrics.Router) {
	for name, r := range d.Routers {
		size := cfg.Tables[name]
		if size == 0 {
			size = cfg.Table
		}
		x := metrics.Router{Name: report.Clean(name), Size: size, Sessions: r.Sessions}
		if k := len(r.Occupancy); k > 0 {
			last := &r.Occupancy[k-1]
			if at := d.Date.Start().Add(time.Duration(last.I) * detect.SlotLen); now.Sub(at) < staleTable {
				x.Entries = last.Total
			}
		}
		if r.Sessions > 0 || x.Entries > 0 {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b metrics.Router) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), metrics.MaxRouters)]
}
