package report

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Resolver asks one DNS server for the names of internal hosts (PTR). It serves a report of some hundred hosts: few
// questions at a time, short waits, one question an address. The zero value sends no question.
type Resolver struct {
	Server string // host:port of the server; without a port 53
	// selects the addresses that may be asked for, so that no outside address is disclosed to the server; nil: no
	// address
	Internal func(netip.Addr) bool
	Timeout  time.Duration // timeout of one question; 0 = 500 ms
	Parallel int           // questions at a time; 0 = 8
	Max      int           // addresses kept; 0 = 4096. Further ones have no name.

	mu    sync.Mutex
	known map[netip.Addr]string
}

// Warm asks for all addresses that are not known yet, Parallel at a time, and returns when it has tried them or ctx
// ends. The report calls it with the hosts of a window; an address whose question fails has no name, and the report
// goes on.
func (r *Resolver) Warm(ctx context.Context, addrs []netip.Addr) {
	parallel := r.Parallel
	if parallel <= 0 {
		parallel = 8
	}
	slots := make(chan struct{}, parallel)
	var wait sync.WaitGroup
	defer wait.Wait()
	for _, a := range addrs {
		if ctx.Err() != nil {
			return
		}
		if !r.wanted(a) {
			continue
		}
		slots <- struct{}{} // at most one timeout
		wait.Go(func() {
			defer func() { <-slots }()
			name, err := r.ask(ctx, a)
			r.keep(ctx, a, name, err)
		})
	}
}

// wanted reserves a place for an address that is not known yet, so that it is asked for once.
func (r *Resolver) wanted(a netip.Addr) bool {
	if r.Server == "" || r.Internal == nil || !r.Internal(a) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.Max
	if limit <= 0 {
		limit = 4096
	}
	if _, ok := r.known[a]; ok || len(r.known) >= limit {
		return false
	}
	if r.known == nil {
		r.known = map[netip.Addr]string{}
	}
	r.known[a] = ""
	return true
}

// keep remembers the answer. A failed question is kept as "no name", unless ctx cut it short.
func (r *Resolver) keep(ctx context.Context, a netip.Addr, name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		delete(r.known, a)
		return
	}
	if err == nil {
		r.known[a] = name
	}
}

// Name returns the server's name for a, or "". It asks the server where Warm has not yet done so. It can serve as
// Options.Names.
func (r *Resolver) Name(a netip.Addr) string {
	r.mu.Lock()
	name, ok := r.known[a]
	r.mu.Unlock()
	if !ok {
		r.Warm(context.Background(), []netip.Addr{a})
		r.mu.Lock()
		name = r.known[a]
		r.mu.Unlock()
	}
	return name
}

// ask sends one question over UDP, and again over TCP when the answer did not fit.
func (r *Resolver) ask(ctx context.Context, a netip.Addr) (string, error) {
	reverse, err := dns.ReverseAddr(a.String())
	if err != nil {
		return "", fmt.Errorf("name of %v: %w", a, err)
	}
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = 500 * time.Millisecond
	}
	server := r.Server
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(strings.Trim(server, "[]"), "53")
	}
	q := new(dns.Msg).SetQuestion(reverse, dns.TypePTR)
	answer, _, err := (&dns.Client{Timeout: timeout}).ExchangeContext(ctx, q, server)
	if err == nil && answer.Truncated {
		answer, _, err = (&dns.Client{Net: "tcp", Timeout: timeout}).ExchangeContext(ctx, q, server)
	}
	if err != nil {
		return "", fmt.Errorf("name of %v: %w", a, err)
	}
	for _, rr := range answer.Answer {
		if p, ok := rr.(*dns.PTR); ok {
			return strings.TrimSuffix(p.Ptr, "."), nil
		}
	}
	return "", nil
}
