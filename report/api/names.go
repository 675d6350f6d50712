package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/time/rate"
)

// NamesFile is the file in the data directory that holds what a name server has answered.
const NamesFile = "names.json"

// Bounds of asking for names.
const (
	namesParallel = 8                      // questions at a time
	namesRate     = 20                     // questions a second, after the first
	namesFirst    = 100                    // questions at once
	namesMost     = 4096                   // addresses that are kept; further ones have no name
	namesBudget   = 3 * time.Second        // that one report waits for names; the rest are asked for with a later one
	namesTimeout  = 500 * time.Millisecond // of a question
	namesLeast    = 10 * time.Minute       // a name is kept, and at most a day, whatever its server says
	namesNobody   = time.Hour              // that there is no name is kept
	namesFailed   = 5 * time.Minute        // that a question failed is kept
	namesSilent   = 8                      // questions in a row without an answer: the server is left alone for
	namesQuiet    = time.Minute            // so long
	maxNamesFile  = 4 << 20                // bytes that are read
	maxDNSName    = 255                    // bytes (RFC 1035, section 2.3.4)
)

// Names asks one DNS server for the names of inside hosts (PTR, RFC 1035 section 3.5), and keeps the answers as long as
// the server says, over restarts too. It is no burden to the server, however many hosts there are: few questions at a
// time and a second, one an address, and none for a while when it does not answer.
type Names struct {
	server  string // as the settings name it
	address string // host:port of it
	path    string // of the file; "": nothing is kept
	now     func() time.Time
	timeout time.Duration
	budget  time.Duration
	most    int
	limit   *rate.Limiter

	mu     sync.Mutex
	known  map[netip.Addr]named
	asked  map[netip.Addr]bool // whose answers are waited for
	failed int                 // questions in a row
	quiet  time.Time           // until then no question is sent
	fresh  bool                // known has what the file has not
}

// named is an answer: a name, or "" for none.
type named struct {
	Name  string    `json:"name,omitempty"`
	Until time.Time `json:"until"`
}

// namesKept is the content of the file.
type namesKept struct {
	Server string               `json:"server"`
	Names  map[netip.Addr]named `json:"names"`
}

// NameServer returns the host:port of a DNS server that is named by its address or name, with a port or without (53);
// ok is false where that cannot be one.
func NameServer(s string) (address string, ok bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), "53"
	}
	number, err := strconv.ParseUint(port, 10, 16)
	ok = err == nil && number > 0 && host != ""
	if _, err := netip.ParseAddr(host); err != nil {
		ok = ok && !strings.ContainsAny(host, ": /")
	}
	return net.JoinHostPort(host, port), ok
}

// newNames returns the names that server knows, with those that the file has of it.
func newNames(server, path string, now func() time.Time) (*Names, error) {
	address, _ := NameServer(server) // the settings are checked
	n := &Names{server: server, address: address, path: path, now: now, timeout: namesTimeout, budget: namesBudget,
		most: namesMost, limit: rate.NewLimiter(namesRate, namesFirst), known: map[netip.Addr]named{},
		asked: map[netip.Addr]bool{}}
	if path == "" {
		return n, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err != nil {
		return n, fmt.Errorf("read names: %w", err)
	}
	defer f.Close()
	var kept namesKept
	if err := json.NewDecoder(io.LimitReader(f, maxNamesFile)).Decode(&kept); err != nil {
		return n, fmt.Errorf("read names: %s: %w", path, err)
	}
	for a, x := range kept.Names {
		if kept.Server == server && len(n.known) < n.most && len(x.Name) <= maxDNSName &&
			x.Until.Before(now().Add(48*time.Hour)) {
			n.known[a] = x
		}
	}
	return n, nil
}

// Warm asks for those of the addresses whose names are not known, as far as the bounds allow, and returns when the
// answers are there, the time for it is over or ctx ends.
func (n *Names) Warm(ctx context.Context, addrs []netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, n.budget)
	defer cancel()
	slots := make(chan struct{}, namesParallel)
	var wait sync.WaitGroup
	for _, a := range addrs {
		if ctx.Err() != nil {
			break
		}
		if !n.wanted(a) {
			continue
		}
		if n.limit.Wait(ctx) != nil { // too soon, or too late for this report
			n.mu.Lock()
			delete(n.asked, a)
			n.mu.Unlock()
			break
		}
		slots <- struct{}{} // at most one timeout
		wait.Go(func() {
			defer func() { <-slots }()
			answer, err := n.ask(ctx, a)
			n.keep(ctx, a, answer, err)
		})
	}
	wait.Wait()
	return n.save()
}

// wanted reserves a place for an address that is not known, so that it is asked for once.
func (n *Names) wanted(a netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	x, known := n.known[a]
	if n.asked[a] || known && x.Until.After(now) || n.quiet.After(now) {
		return false
	}
	if !known && len(n.known)+len(n.asked) >= n.most {
		for k, x := range n.known {
			if x.Until.Before(now) {
				delete(n.known, k)
			}
		}
		if len(n.known)+len(n.asked) >= n.most {
			return false
		}
	}
	n.asked[a] = true
	return true
}

// keep remembers an answer. A question that fails leaves what was known; one that ctx cut short leaves nothing.
func (n *Names) keep(ctx context.Context, a netip.Addr, answer named, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.asked, a)
	if err != nil && ctx.Err() != nil {
		return
	}
	n.fresh = true
	if err == nil {
		n.failed, n.known[a] = 0, answer
		return
	}
	n.known[a] = named{n.known[a].Name, n.now().Add(namesFailed)}
	if n.failed++; n.failed >= namesSilent {
		n.failed, n.quiet = 0, n.now().Add(namesQuiet)
	}
}

// save writes the file where there is something new.
func (n *Names) save() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.fresh || n.path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(namesKept{n.server, n.known}); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	n.fresh = false // also where it fails: the next answer brings it about again
	return replaceFile(n.path, b.Bytes(), "names")
}

// Name returns the server's name for a, or "". It sends no question: see Warm.
func (n *Names) Name(a netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[a].Name
}

// ask sends one question over UDP, and again over TCP when the answer did not fit.
func (n *Names) ask(ctx context.Context, a netip.Addr) (x named, err error) {
	reverse, err := dns.ReverseAddr(a.String())
	if err != nil {
		return x, fmt.Errorf("name of %v: %w", a, err)
	}
	q := new(dns.Msg).SetQuestion(reverse, dns.TypePTR)
	answer, _, err := (&dns.Client{Timeout: n.timeout}).ExchangeContext(ctx, q, n.address)
	if err == nil && answer.Truncated {
		answer, _, err = (&dns.Client{Net: "tcp", Timeout: n.timeout}).ExchangeContext(ctx, q, n.address)
	}
	if err == nil && answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		err = errors.New(dns.RcodeToString[answer.Rcode])
	}
	if err != nil {
		return x, fmt.Errorf("name of %v: %w", a, err)
	}
	for _, rr := range answer.Answer {
		if p, ok := rr.(*dns.PTR); ok && len(p.Ptr) <= maxDNSName {
			keep := min(max(time.Duration(p.Hdr.Ttl)*time.Second, namesLeast), 24*time.Hour)
			return named{strings.TrimSuffix(p.Ptr, "."), n.now().Add(keep)}, nil
		}
	}
	return named{"", n.now().Add(namesNobody)}, nil
}

// names returns the names of inside hosts that the configured server knows; nil where none is configured.
func (h *handler) names() *Names {
	server := h.Settings().Resolver
	h.namesMu.Lock()
	defer h.namesMu.Unlock()
	switch {
	case server == "":
		h.known = nil
	case h.known == nil || h.known.server != server:
		var err error
		if h.known, err = newNames(server, h.NamesPath, h.Now); err != nil {
			h.Log.Warn("names that were looked up before are not known any more", "error", err)
		}
	}
	return h.known
}

// warm asks for the names of the inside ones of the addresses.
func (h *handler) warm(ctx context.Context, n *Names, addrs []netip.Addr) {
	cfg := h.Settings().Detect
	var asked []netip.Addr
	for _, a := range addrs { // no outside address is disclosed to the server
		if cfg.Internal(a) {
			asked = append(asked, a)
		}
	}
	if err := n.Warm(ctx, asked); err != nil {
		h.Log.Debug("names are not kept", "error", err)
	}
}
