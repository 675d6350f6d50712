package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"uncloak/ingest/certtest"
)

// inNetworkOfItsOwn runs the test in a child with a network namespace whose loopback is up; there it returns true. What
// is not root becomes it in a user namespace.
func inNetworkOfItsOwn(t *testing.T) bool {
	const mark = "UNCLOAK_TEST_NETWORK"
	if os.Getenv(mark) == t.Name() {
		upLoopback(t)
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

func upLoopback(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatal(err)
	}
}

// nowhereRoute routes 198.18.0.0/15 to the loopback, where no interface has these addresses: the packets are dropped
// without an answer.
func nowhereRoute(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	n := binary.NativeEndian
	b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofRtMsg)
	n.PutUint16(b[4:], unix.RTM_NEWROUTE)
	n.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_CREATE|unix.NLM_F_ACK)
	copy(b[unix.SizeofNlMsghdr:], []byte{unix.AF_INET, 15, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT,
		unix.RT_SCOPE_LINK, unix.RTN_UNICAST})
	attr := func(kind uint16, v []byte) {
		b = n.AppendUint16(b, uint16(4+len(v)))
		b = append(n.AppendUint16(b, kind), v...)
	}
	attr(unix.RTA_DST, []byte{198, 18, 0, 0})
	attr(unix.RTA_OIF, n.AppendUint32(nil, uint32(lo.Index)))
	n.PutUint32(b, uint32(len(b)))
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 256)
	if k, err := unix.Read(fd, answer); err != nil || k < 20 || n.Uint32(answer[16:]) != 0 {
		t.Fatalf("no route: %v, % x", err, answer[:k])
	}
}

// syn returns a packet that opens a connection to 127.0.0.1; who and port are the address and port of its sender.
func syn(who uint32, port uint16) []byte {
	b := make([]byte, 40)
	be := binary.BigEndian
	b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_TCP // the kernel fills in length, number and checksum
	be.PutUint16(b[2:], 40)
	be.PutUint32(b[12:], 198<<24|18<<16|who>>8&0x1ffff)
	copy(b[16:], []byte{127, 0, 0, 1})
	h := b[20:]
	be.PutUint16(h, 1024+uint16(who&0xff))
	be.PutUint16(h[2:], port)
	be.PutUint32(h[4:], who*2654435761)
	h[12], h[13] = 5<<4, 2 // length, SYN
	be.PutUint16(h[14:], 64240)
	sum := uint32(unix.IPPROTO_TCP + 20)
	for i := 12; i < 40; i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum>>16 > 0 {
		sum = sum&0xffff + sum>>16
	}
	be.PutUint16(h[16:], ^uint16(sum))
	return b
}

// halfOpen returns how many connections wait for the last segment of their handshake.
func halfOpen(t *testing.T) (n int) {
	text, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if f := strings.Fields(l); len(f) > 3 && f[3] == "03" {
			n++
		}
	}
	return n
}

// TestHealthyBesideHalfOpen: a flood of connections that are begun, from made-up addresses, and never finished fills
// what the kernel keeps of such; healthy senders connect and send as if it were not there, over TCP and TLS.
func TestHealthyBesideHalfOpen(t *testing.T) {
	if !inNetworkOfItsOwn(t) {
		return
	}
	nowhereRoute(t)
	a := certtest.New(t, "ours")
	cfg, st := secured(t, serverFiles(t, a)), &memory{}
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	plain, secure := s.Addrs()[1], s.Addrs()[2]
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var sent atomic.Uint32
	on, off := context.WithCancel(t.Context())
	var attack sync.WaitGroup
	enough := make(chan struct{})
	attack.Go(func() {
		for on.Err() == nil {
			i := sent.Add(1)
			port := plain.(*net.TCPAddr).Port
			if i%2 == 0 {
				port = secure.(*net.TCPAddr).Port
			}
			_ = unix.Sendto(fd, syn(i, uint16(port)), 0, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
			if i == 20_000 {
				close(enough)
			}
		}
	})
	<-enough
	if n := halfOpen(t); n < 100 {
		t.Errorf("%d connections are half open: the test tests nothing", n)
	}
	healthy(t, s, st, 300)
	const n = 300
	for i := range n { // each a connection of its own
		c := tls.Client(dial(t, secure), a.Client(t, nil, ""))
		if _, err := fmt.Fprintf(c, "<13>Nov 21 20:28:01 gw app: secure %d\n", i); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored >= 600+n })
	off()
	attack.Wait()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if x := s.Stats(); x.Stored != 600+n || x.Refused+x.AcceptFails+x.Dropped+x.Handshakes > 0 {
		t.Errorf("stats %+v", x)
	}
}

// TestListenDropsAreCounted opens more connections than the kernel's backlog holds: the dropped ones are counted.
func TestListenDropsAreCounted(t *testing.T) {
	if !inNetworkOfItsOwn(t) {
		return
	}
	const backlog = 8
	if err := os.WriteFile("/proc/sys/net/core/somaxconn", []byte(strconv.Itoa(backlog)), 0); err != nil {
		t.Fatal(err)
	}
	cfg, st := testConfig(), &memory{}
	cfg.TCP = []string{"127.0.0.1:0"}
	s := listening(t, cfg, st)
	for range 4 * backlog { // without a call of accept
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		_ = unix.Connect(fd, &unix.SockaddrInet4{Port: s.Addrs()[0].(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}})
	}
	before := s.Stats().ListenDrops
	if before < backlog {
		t.Errorf("%d dropped", before)
	}
	stop := serving(t, s)
	waitFor(t, s, func(Stats) bool { return s.Listening() != nil })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := s.Stats().ListenDrops; got < before {
		t.Errorf("%d dropped, %d before the stop", got, before)
	}
}
