package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// both answers what metrics shows beside the API.
func both(api, shown http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("/metrics", shown)
	mux.Handle("/healthz", shown)
	return mux
}

// showAt serves h at an address, and says how to end that. "" is nowhere.
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
		a.log.Warn("metrics can be read by all who reach this address: they name your routers and what they send", "at", at)
	}
	a.log.Info("metrics", "at", "http://"+at+"/metrics")
	end := serveAPI(l, h, a.log)
	return func() error {
		if err := end(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}, nil
}
