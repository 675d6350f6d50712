package report

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
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

func private(a netip.Addr) bool { return a.IsPrivate() }

func TestResolver(t *testing.T) {
	s := startNames(t, func(q string) (string, bool) {
		switch {
		case strings.HasPrefix(q, "12.128."):
			return "vmhost.home.arpa.", false
		case strings.HasPrefix(q, "13.128."):
			return "a-name-that-comes-by-tcp.home.arpa.", true
		}
		return "", false
	})
	r := &Resolver{Server: s.addr, Internal: private, Timeout: 5 * time.Second}
	r.Warm(t.Context(), []netip.Addr{vmhost, tv, pc1, vmhost, netip.MustParseAddr("203.0.113.7")})
	for a, want := range map[netip.Addr]string{vmhost: "vmhost.home.arpa", tv: "a-name-that-comes-by-tcp.home.arpa",
		pc1: "", netip.MustParseAddr("203.0.113.7"): ""} {
		if got := r.Name(a); got != want {
			t.Errorf("Name(%v) = %q, want %q", a, got, want)
		}
	}
	if u, c := s.udp.Load(), s.tcp.Load(); u != 3 || c != 1 {
		t.Errorf("asked %d times over UDP and %d over TCP, want 3 and 1: each address once, no outside ones", u, c)
	}
}

func TestResolverBounds(t *testing.T) {
	s := startNames(t, func(string) (string, bool) { return "x.home.arpa.", false })
	r := &Resolver{Server: s.addr, Internal: private, Timeout: 5 * time.Second, Parallel: 3, Max: 50}
	var all []netip.Addr
	for i := range 200 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	r.Warm(t.Context(), all)
	if n := s.udp.Load(); n != 50 {
		t.Errorf("asked %d times, want 50: the cache is bounded", n)
	}
	if n := s.top.Load(); n > 3 {
		t.Errorf("%d questions at once, want at most 3", n)
	}
}

func TestResolverSilence(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0") // takes questions, answers none
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	r := &Resolver{Server: pc.LocalAddr().String(), Internal: private, Timeout: time.Millisecond}
	if got := r.Name(vmhost); got != "" {
		t.Errorf("got %q from a silent server", got)
	}
	if got := (&Resolver{}).Name(vmhost); got != "" {
		t.Errorf("the zero resolver says %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Warm(ctx, []netip.Addr{tv})
	if _, ok := r.known[tv]; ok {
		t.Error("a question that was cut short must be asked again later")
	}
}
