package api

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/time/rate"

	"uncloak/detect"
)

// nameServer answers PTR questions on one port of 127.0.0.1 over UDP and TCP.
type nameServer struct {
	addr     string
	udp, tcp atomic.Int64
	now, top atomic.Int64 // questions being answered
}

func startNames(t *testing.T, answer func(q string) (name string, truncated bool)) *nameServer {
	t.Helper()
	s := &nameServer{}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.addr = pc.LocalAddr().String()
	handle := func(w dns.ResponseWriter, r *dns.Msg) {
		s.top.Store(max(s.top.Load(), s.now.Add(1)))
		_, overTCP := w.RemoteAddr().(*net.TCPAddr)
		if overTCP {
			s.tcp.Add(1)
		} else {
			s.udp.Add(1)
		}
		m := new(dns.Msg).SetReply(r)
		name, truncated := answer(r.Question[0].Name)
		switch {
		case truncated && !overTCP:
			m.Truncated = true
		case name == "":
			m.Rcode = dns.RcodeNameError
		default:
			m.Answer = []dns.RR{&dns.PTR{Hdr: dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypePTR,
				Class: dns.ClassINET, Ttl: 60}, Ptr: name}}
		}
		s.now.Add(-1) // before the answer: the client may ask again at once
		_ = w.WriteMsg(m)
	}
	var up sync.WaitGroup
	for _, srv := range []*dns.Server{{PacketConn: pc}, {Listener: l}} {
		up.Add(1)
		srv.Handler, srv.NotifyStartedFunc = dns.HandlerFunc(handle), up.Done
		go srv.ActivateAndServe()
		t.Cleanup(func() { _ = srv.Shutdown() })
	}
	up.Wait()
	return s
}

// vmhost, tv and pc are inside hosts.
var (
	vmhost = netip.MustParseAddr("192.168.128.12")
	tv     = netip.MustParseAddr("192.168.128.13")
	pc     = netip.MustParseAddr("192.168.128.14")
)

// namesAt returns names of a server, without the bounds that take time, and the clock that they go by.
func namesAt(t *testing.T, server, path string) (n *Names, clock *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	n, err := newNames(server, path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	n.timeout, n.budget = 5*time.Second, time.Minute
	n.limit.SetLimit(rate.Inf)
	return n, &now
}

// TestNames asks for names that come by UDP and by TCP, and for one that is not there: each once, until it is old, also
// over a restart.
func TestNames(t *testing.T) {
	s := startNames(t, func(q string) (string, bool) {
		switch {
		case strings.HasPrefix(q, "12.128."):
			return "vmhost.home.arpa.", false
		case strings.HasPrefix(q, "13.128."):
			return "a-name-that-comes-by-tcp.home.arpa.", true
		}
		return "", false
	})
	path := filepath.Join(t.TempDir(), NamesFile)
	n, clock := namesAt(t, s.addr, path)
	warm := func() {
		t.Helper()
		if err := n.Warm(t.Context(), []netip.Addr{vmhost, tv, pc, vmhost}); err != nil {
			t.Fatal(err)
		}
		for a, want := range map[netip.Addr]string{vmhost: "vmhost.home.arpa",
			tv: "a-name-that-comes-by-tcp.home.arpa", pc: ""} {
			if got := n.Name(a); got != want {
				t.Errorf("Name(%v) = %q, want %q", a, got, want)
			}
		}
	}
	for _, tc := range []struct {
		after    time.Duration
		restart  bool
		udp, tcp int64
	}{{0, false, 3, 1}, {9 * time.Minute, false, 3, 1}, {0, true, 3, 1}, {2 * time.Minute, true, 5, 2},
		{time.Hour, false, 8, 3}} {
		*clock = clock.Add(tc.after)
		if tc.restart {
			at := *clock
			n, clock = namesAt(t, s.addr, path)
			*clock = at
		}
		warm()
		if u, c := s.udp.Load(), s.tcp.Load(); u != tc.udp || c != tc.tcp {
			t.Errorf("after %v: asked %d times over UDP and %d over TCP, want %d and %d", tc.after, u, c, tc.udp,
				tc.tcp)
		}
	}
	other, _ := namesAt(t, "192.0.2.53", path)
	if got := other.Name(vmhost); got != "" {
		t.Errorf("another server knows %q", got)
	}
	if err := os.WriteFile(path, []byte("{bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := newNames(s.addr, path, time.Now); err == nil || n == nil {
		t.Errorf("a damaged file: %v", err)
	}
}

// TestNamesBounds fills the table of names, and asks faster than is allowed.
func TestNamesBounds(t *testing.T) {
	s := startNames(t, func(string) (string, bool) { return "x.home.arpa.", false })
	var all []netip.Addr
	for i := range 200 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	n, clock := namesAt(t, s.addr, "")
	n.most = 50
	for range 2 {
		if err := n.Warm(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.udp.Load(); got != 50 {
		t.Errorf("asked %d times, want 50", got)
	}
	if got := s.top.Load(); got > namesParallel {
		t.Errorf("%d questions at once, want at most %d", got, namesParallel)
	}
	*clock = clock.Add(time.Hour)
	if err := n.Warm(t.Context(), all[100:]); err != nil || len(n.known) > 50 || n.Name(all[149]) == "" {
		t.Errorf("old names keep their places: %d, %v", len(n.known), err)
	}
	slow, _ := namesAt(t, s.addr, "")
	slow.limit = rate.NewLimiter(rate.Every(time.Hour), 7)
	before := s.udp.Load()
	for range 3 {
		if err := slow.Warm(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.udp.Load() - before; got != 7 {
		t.Errorf("asked %d times, want the 7 that are allowed at once", got)
	}
	if len(slow.asked) != 0 {
		t.Errorf("%d addresses are waited for", len(slow.asked))
	}
}

// TestNamesSilence: a server that does not answer is left alone for a while, and what was known of it holds.
func TestNamesSilence(t *testing.T) {
	pc4, err := net.ListenPacket("udp", "127.0.0.1:0") // takes questions, answers none
	if err != nil {
		t.Fatal(err)
	}
	defer pc4.Close()
	n, clock := namesAt(t, pc4.LocalAddr().String(), "")
	n.timeout = time.Millisecond
	n.known[vmhost] = named{"vmhost", *clock}
	var all []netip.Addr
	for i := range 200 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	if err := n.Warm(t.Context(), append([]netip.Addr{vmhost}, all...)); err != nil {
		t.Fatal(err)
	}
	if len(n.known) > 1+2*namesSilent {
		t.Errorf("%d questions to a silent server", len(n.known))
	}
	if n.Name(vmhost) != "vmhost" {
		t.Error("a name is lost as its server is silent")
	}
	if n.wanted(tv) {
		t.Error("it is asked again at once")
	}
	*clock = clock.Add(2 * namesQuiet)
	if !n.wanted(tv) {
		t.Error("it is never asked again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, _ := namesAt(t, pc4.LocalAddr().String(), "")
	if err := m.Warm(ctx, []netip.Addr{pc}); err != nil || len(m.known)+len(m.asked) != 0 {
		t.Errorf("a question that was cut short must be asked again later: %v", err)
	}
}

// TestNamesOfInsideHosts: a report and the live view have the names, the server is asked for inside addresses alone,
// and the next report asks nothing.
func TestNamesOfInsideHosts(t *testing.T) {
	s := startNames(t, func(q string) (string, bool) { return "pc.home.arpa.", false })
	d := detect.NewDay(20785)
	now := d.Date.Start().Add(5 * time.Hour)
	d.First, d.Last = d.Date.Start().UnixNano(), now.UnixNano()
	for _, a := range []string{"192.168.1.9", "203.0.113.9"} {
		d.Hosts[netip.MustParseAddr(a)] = &detect.Host{Sessions: detect.Series{Slots: []detect.Slot{{I: 1799, N: 30}}}}
	}
	cfg := detect.DefaultConfig()
	cfg.Location = time.UTC
	path := filepath.Join(t.TempDir(), NamesFile)
	h := NewHandler(Config{Store: &fake{}, Days: oneDay{Day: d}, Now: func() time.Time { return now }, NamesPath: path,
		Log: slog.New(slog.DiscardHandler), Settings: func() Settings {
			return Settings{Detect: cfg, Resolver: s.addr}
		}})
	for range 2 {
		l, err := h.Live(t.Context(), "")
		if err != nil || len(l.Rows) != 2 || l.Rows[0].Name != "pc.home.arpa" || l.Rows[1].Name != "" {
			t.Fatalf("%+v %v", l, err)
		}
		if _, err := h.Report(t.Context(), url.Values{"day": {"2026-11-28"}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.udp.Load(); got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
