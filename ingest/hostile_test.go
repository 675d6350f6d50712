package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"uncloak/ingest/certtest"
	"uncloak/store"
)

// TestHealthyBesideHostile: whatever a hostile sender (127.0.0.2) does, the healthy ones beside it (127.0.0.1, by UDP
// and TCP) lose nothing, and are stored while it goes on.
func TestHealthyBesideHostile(t *testing.T) {
	a := certtest.New(t, "ours")
	for _, tc := range []struct {
		name   string
		change func(*Config)
		attack func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr, inPlace func())
	}{
		{"lines of 200 KB", nil, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr, inPlace func()) {
			long := append(bytes.Repeat([]byte("x"), 200<<10), '\n')
			inPlace()
			repeat(stop, from(t, "127.0.0.2", tcp), long)
		}},
		{"random bytes", nil, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr, inPlace func()) {
			r := rand.NewChaCha8([32]byte{1})
			junk := make([]byte, 60_000)
			r.Read(junk)
			c, d := from(t, "127.0.0.2", tcp), from(t, "127.0.0.2", udp)
			inPlace()
			for stop.Err() == nil {
				c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
				c.Write(junk)
				d.Write(junk[:900])
			}
		}},
		{"slowloris on all its connections", nil, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr,
			inPlace func()) {
			var cs []net.Conn
			for range 60 {
				cs = append(cs, from(t, "127.0.0.2", tcp))
			}
			inPlace()
			for i := 0; stop.Err() == nil; i++ {
				cs[i%len(cs)].Write([]byte("x"))
				pauseBriefly(stop)
			}
		}},
		{"halves of the longest lines", nil, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr,
			inPlace func()) {
			half := bytes.Repeat([]byte("x"), 8100)
			for i := range 60 {
				if c := from(t, "127.0.0.2", []net.Addr{tcp, secure}[i%2]); i%2 == 0 {
					c.Write(half)
				} else if _, err := tls.Client(c, a.Client(t, nil, "")).Write(half); err != nil {
					t.Error(err)
				}
			}
			inPlace()
			<-stop.Done()
		}},
		{"silent TLS clients, and others that stop in their hello", nil, func(t *testing.T, stop context.Context, udp,
			tcp, secure net.Addr, inPlace func()) {
			for i := range 60 {
				c := from(t, "127.0.0.2", secure)
				c.Write([]byte("\x16\x03\x01\x02\x00\x01\x00")[:i%8])
			}
			inPlace()
			<-stop.Done()
		}},
		{"all the places, from many addresses", func(c *Config) {
			c.MaxConns, c.Routers = 400, map[netip.Addr]Router{netip.MustParseAddr("127.0.0.1"): {}}
		}, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr, inPlace func()) {
			for i := range 500 {
				from(t, fmt.Sprintf("127.0.1.%d", 1+i/50), tcp)
			}
			inPlace()
			<-stop.Done()
		}},
		{"more connections than it may have", func(c *Config) { c.MaxConnsPerSender = 5 },
			func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr, inPlace func()) {
				for range 300 {
					from(t, "127.0.0.2", tcp)
				}
				inPlace()
				<-stop.Done()
			}},
		{"connections that open and close", nil, func(t *testing.T, stop context.Context, udp, tcp, secure net.Addr,
			inPlace func()) {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
			inPlace()
			for stop.Err() == nil {
				if c, err := d.DialContext(stop, "tcp", tcp.String()); err == nil {
					c.(*net.TCPConn).SetLinger(0)
					c.Close()
				}
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, st := secured(t, serverFiles(t, a)), &memory{}
			cfg.Drain = 100 * time.Millisecond // silent TLS clients are waited for
			cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
			if tc.change != nil {
				tc.change(&cfg)
			}
			s, _ := start(t, cfg, st)
			on, off := context.WithCancel(t.Context())
			var attack sync.WaitGroup
			placed := make(chan struct{})
			attack.Go(func() {
				inPlace := sync.OnceFunc(func() { close(placed) })
				defer inPlace()
				tc.attack(t, on, s.Addrs()[0], s.Addrs()[1], s.Addrs()[2], inPlace)
			})
			<-placed
			healthy(t, s, st, 300)
			off()
			attack.Wait()
		})
	}
}

// repeat writes b again and again; a peer that does not read is no reason to hang.
func repeat(stop context.Context, c net.Conn, b []byte) {
	for stop.Err() == nil {
		c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := c.Write(b); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

func pauseBriefly(ctx context.Context) { sleep(ctx, time.Millisecond) }

// healthy sends n lines by each of UDP and TCP from 127.0.0.1 and waits until the store has them.
func healthy(t *testing.T, s *Server, st *memory, n int) {
	t.Helper()
	udp, tcp := dial(t, s.Addrs()[0]), dial(t, s.Addrs()[1])
	for i := range n {
		fmt.Fprintf(udp, "<13>Nov 21 20:28:01 gw app: good %d", i)
		fmt.Fprintf(tcp, "<13>Nov 21 20:28:01 gw app: good %d\n", i)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	got := func() (n int) {
		st.mu.Lock()
		defer st.mu.Unlock()
		for _, l := range st.lines {
			if strings.Contains(l, "gw app: good ") {
				n++
			}
		}
		return n
	}
	err := s.Wait(ctx, func(Stats) bool { return got() >= 2*n })
	if err != nil || got() != 2*n {
		t.Errorf("%d of %d healthy lines are stored: %v; %+v", got(), 2*n, err, s.Stats())
	}
	for _, h := range s.Accounts() {
		if h.Sender == "127.0.0.1" && h.Dropped+h.Limited+h.Refused+h.NotAllowed > 0 {
			t.Errorf("%+v", h)
		}
	}
}

// TestIdleConnections: many connections that say nothing cost little memory and take no place from a healthy sender.
func TestIdleConnections(t *testing.T) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		t.Fatal(err)
	}
	n := min(10_000, int(lim.Cur)/2-200) // both ends are ours
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	cfg.MaxConns, cfg.MaxConnsPerSender, cfg.ConnBytes = n+10, n, 1<<30
	s, _ := start(t, cfg, st)
	before := inUse()
	conns := make([]net.Conn, 0, n)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range n {
		// from ten addresses, so that no other test or run lacks ports beside it
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(10+i%10))}}
		c, err := d.Dial("tcp", s.Addrs()[1].String())
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("h"))
		conns = append(conns, c)
	}
	healthy(t, s, st, 200)
	if each := (inUse() - before) / int64(n); each > 24<<10 {
		t.Errorf("each of %d idle connections takes %d bytes", n, each)
	}
}

// inUse is the memory of heap and stacks that is in use.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestMemoryIsBounded: with a store that takes nothing, floods of datagrams, and of streams of long lines or of the
// shortest ones, with TLS and without, fill the half of what Bound allows that is for lines, and no more.
func TestMemoryIsBounded(t *testing.T) {
	const bound = 48 << 20
	a := certtest.New(t, "ours")
	long := append([]byte("<13>"), bytes.Repeat([]byte("x"), 8000)...)
	for _, tc := range []struct {
		name    string
		network string
		text    []byte
	}{
		{"long lines", "tcp", append(long, '\n')},
		{"lines of 200 KB", "tcp", append(bytes.Repeat([]byte("x"), 200<<10), '\n')},
		{"lines of one byte", "tcp", bytes.Repeat([]byte("x\n"), 30_000)},
		{"lines of one byte with TLS", "tls", bytes.Repeat([]byte("x\n"), 30_000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := testConfig()
			cfg.UDP, cfg.MaxConnsPerSender = []string{"127.0.0.1:0"}, 1000
			if tc.network == "tls" {
				x := secured(t, serverFiles(t, a))
				cfg.TLS, cfg.Secure = x.TLS, x.Secure
			} else {
				cfg.TCP = []string{"127.0.0.1:0"}
			}
			cfg.Bound(bound)
			st := &stuck{hold: make(chan struct{})}
			s, stop := start(t, cfg, st)
			before := inUse()
			udp := dial(t, s.Addrs()[0])
			var all sync.WaitGroup
			for range 300 {
				var c net.Conn = dial(t, s.Addrs()[1])
				c.SetDeadline(time.Now().Add(3 * time.Second))
				if tc.network == "tls" {
					c = tls.Client(c, a.Client(t, nil, ""))
				}
				all.Go(func() {
					for range 64 {
						if _, err := c.Write(tc.text); err != nil {
							return // held back, or refused
						}
					}
				})
			}
			for range 10_000 {
				udp.Write(long)
			}
			all.Wait()
			if got := inUse() - before; got > bound/2 {
				t.Errorf("%d KB are in use, %d are allowed", got>>10, bound>>11)
			}
			close(st.hold)
			if err := stop(); err != nil {
				t.Error(err)
			}
			if x := s.Stats(); x.Dropped == 0 || x.Received == 0 || x.Refused == 0 {
				t.Errorf("nothing was dropped or refused: the test tests nothing: %+v", x)
			}
		})
	}
}

// stuck is a store that takes nothing until hold is closed, and keeps nothing.
type stuck struct{ hold chan struct{} }

func (s *stuck) Append(_ context.Context, b store.Batch) (store.Appended, error) {
	<-s.hold
	return store.Appended{Added: len(b.Entries)}, nil
}

// TestOutOfFiles runs a receiver that has no file descriptors left: it does not spin, its datagrams and its open
// streams go on, and new streams are accepted when there are descriptors again.
func TestOutOfFiles(t *testing.T) {
	if os.Getenv("UNCLOAK_TEST_FILES") == "" {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestOutOfFiles$", "-test.v")
		cmd.Env = append(os.Environ(), "UNCLOAK_TEST_FILES=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS: TestOutOfFiles")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	cfg, st := testConfig(), &memory{}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	s, _ := start(t, cfg, st)
	udp, open := dial(t, s.Addrs()[0]), dial(t, s.Addrs()[1])
	fmt.Fprint(open, "first\n")
	waitFor(t, s, func(x Stats) bool { return x.Stored == 1 })
	late, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var taken []*os.File
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open("/dev/null")
		if err != nil {
			break
		}
		taken = append(taken, f)
	}
	if len(taken) == 0 {
		t.Fatal("there were no descriptors to take")
	}
	port := s.Addrs()[1].(*net.TCPAddr).Port
	if err := unix.Connect(late, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	unix.Write(late, []byte("late\n"))
	waitFor(t, s, func(x Stats) bool { return x.AcceptFails >= 3 })
	for i := range 100 {
		fmt.Fprintf(udp, "datagram %d", i)
		fmt.Fprintf(open, "stream %d\n", i)
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored == 201 })
	for _, f := range taken {
		f.Close()
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored == 202 })
	if n := s.Stats().AcceptFails; n > 50 {
		t.Errorf("%d attempts to accept: it spins", n)
	}
}
