package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/netutil"
)

// both adds /metrics and /healthz, which shown answers, to the API.
func both(api, shown http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("/metrics", shown)
	mux.Handle("/healthz", shown)
	return mux
}

// Limits of the HTTP address. Its answers are small: a client that has not sent its request, or not read the answer,
// within httpPatience is gone or hostile. Connections beyond httpConns wait in the kernel.
const (
	httpPatience = 10 * time.Second
	httpConns    = 64
)

func publicServer(h http.Handler, log *slog.Logger, patience time.Duration) *http.Server {
	return &http.Server{Handler: h, ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// showAt serves h at an address until stop is called; "" serves nothing.
func (a *app) showAt(address string, h http.Handler) (stop func() error, err error) {
	if address = strings.TrimSpace(address); address == "" {
		return func() error { return nil }, nil
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
	a.log.Info("metrics", "at", "http://"+at+"/metrics")
	end := serveHTTP(netutil.LimitListener(l, httpConns), publicServer(h, a.log, httpPatience))
	return func() error {
		if err := end(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}, nil
}
