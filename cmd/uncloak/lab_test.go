//go:build e2e

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"uncloak/report"
)

// This file compares the rebuilt session table with that of a real kernel: a client, a router with NAT and a server,
// each in a network namespace; a plan of traffic that visits the transitions of docs/session-table.md; and the kernel's
// own nf_conntrack_count each 100 ms as the truth. It needs root, conntrack, nft and ulogd (.ci/peers installs them).

const (
	labClient = "192.168.10.2"
	labInside = "192.168.10.1"
	labRouter = "203.0.113.1"
	labServer = "203.0.113.2"
	labLength = 70 * time.Second
)

// labTimeouts are the router's: a minute squeezed into about ten seconds.
var labTimeouts = map[string]int{"udp_timeout": 6, "udp_timeout_stream": 15, "icmp_timeout": 5,
	"tcp_timeout_syn_sent": 12, "tcp_timeout_syn_recv": 10, "tcp_timeout_established": 300,
	"tcp_timeout_fin_wait": 12, "tcp_timeout_close_wait": 10, "tcp_timeout_last_ack": 5,
	"tcp_timeout_time_wait": 12, "tcp_timeout_close": 3}

// lab is the three namespaces.
type lab struct {
	t   *testing.T
	dir string
	id  string
}

func (l *lab) ns(name string) string { return l.id + name }

func (l *lab) run(name string, args ...string) {
	l.t.Helper()
	foreground(l.t, "", program(l.t, name), args...)
}

// in starts a program in a namespace, its output in a file, until the test ends.
func (l *lab) in(ns, output, name string, args ...string) {
	l.t.Helper()
	f, err := os.Create(filepath.Join(l.dir, output))
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command(program(l.t, "ip"), append([]string{"netns", "exec", l.ns(ns), program(l.t, name)}, args...)...)
	cmd.Stdout, cmd.Env = f, append(os.Environ(), "UNCLOAK_LAB=")
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { l.end(cmd) })
}

// end lets a program end by itself on SIGTERM, and makes it after ten seconds.
func (l *lab) end(cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	kill.Stop()
}

// side runs a part of this test in a namespace.
func (l *lab) side(ns, part string) *exec.Cmd {
	l.t.Helper()
	cmd := exec.Command(program(l.t, "ip"), "netns", "exec", l.ns(ns), os.Args[0], "-test.run=^TestRealTable$")
	cmd.Env = append(os.Environ(), "UNCLOAK_LAB="+part, "UNCLOAK_LAB_OUT="+filepath.Join(l.dir, part))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { l.end(cmd) })
	return cmd
}

// newLab makes the namespaces. clients are further addresses of the client; rules are further ones of the router's
// chain of what passes, in front of the one that logs.
func newLab(t *testing.T, timeouts map[string]int, rules string, clients ...string) *lab {
	if os.Getuid() != 0 {
		t.Fatal("not root: network namespaces are needed")
	}
	name := fmt.Sprintf("uncloak%x-%x-", os.Getpid(), hash(t.Name()))
	l := &lab{t: t, dir: t.TempDir(), id: name}
	for _, n := range []string{"client", "router", "server"} {
		l.run("ip", "netns", "add", l.ns(n))
		t.Cleanup(func() { _ = exec.Command(program(t, "ip"), "netns", "delete", l.ns(n)).Run() })
		l.run("ip", "-n", l.ns(n), "link", "set", "lo", "up")
	}
	for _, x := range [][3]string{{"client", labClient, labInside}, {"server", labServer, labRouter}} {
		l.run("ip", "link", "add", "eth0", "netns", l.ns(x[0]), "type", "veth", "peer", "name", x[0], "netns",
			l.ns("router"))
		l.run("ip", "-n", l.ns(x[0]), "addr", "add", x[1]+"/24", "dev", "eth0")
		l.run("ip", "-n", l.ns("router"), "addr", "add", x[2]+"/24", "dev", x[0])
		l.run("ip", "-n", l.ns(x[0]), "link", "set", "eth0", "up")
		l.run("ip", "-n", l.ns("router"), "link", "set", x[0], "up")
	}
	for _, a := range clients {
		l.run("ip", "-n", l.ns("client"), "addr", "add", a+"/24", "dev", "eth0")
	}
	l.run("ip", "-n", l.ns("client"), "route", "add", "default", "via", labInside)
	in := func(ns, name string, args ...string) {
		l.run("ip", append([]string{"netns", "exec", l.ns(ns), program(t, name)}, args...)...)
	}
	in("router", "nft", `table ip x {
 chain out { type nat hook postrouting priority 100; oifname "server" masquerade; }
 chain through { type filter hook forward priority 0; `+rules+` ct state new log prefix "NEW " group 7; }
}`)
	in("server", "nft", `table ip x {
 chain in { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 7000-7999 drop; }
}`)
	set := []string{"-qw", "net.ipv4.ip_forward=1"}
	for name, n := range timeouts {
		set = append(set, fmt.Sprintf("net.netfilter.nf_conntrack_%s=%d", name, n))
	}
	in("router", "sysctl", set...)
	l.machine("/proc/sys/net/core/rmem_default", "8388608")
	return l
}

// machine changes a setting of the machine until the test ends. conntrack 1.4.7 gives its -b to another socket than
// that of the events, which overruns when the kernel collects a thousand expired entries at once.
func (l *lab) machine(path, value string) {
	l.t.Helper()
	was, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(was)) == value { // another lab has changed it
		return
	}
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = os.WriteFile(path, was, 0) })
}

// TestRealTable rebuilds the table from what the router logs, and compares.
func TestRealTable(t *testing.T) {
	if part := os.Getenv("UNCLOAK_LAB"); part != "" {
		labPart(t, part, os.Getenv("UNCLOAK_LAB_OUT"))
		return
	}
	l := newLab(t, labTimeouts, "")
	l.log()
	l.side("server", "server")
	l.side("router", "truth")
	time.Sleep(2 * time.Second) // they listen
	began := time.Now()
	client := l.side("client", "client")
	if err := client.Wait(); err != nil {
		t.Fatalf("the client: %v", err)
	}
	truth := l.truth()
	// What is still in the table ends now. Else the ends of the last minute's sessions come when the kernel collects
	// them.
	l.run("ip", "netns", "exec", l.ns("router"), program(t, "conntrack"), "-F")
	if len(truth) < 100 {
		t.Fatalf("%d counts of the kernel", len(truth))
	}
	most := 0
	for _, x := range truth {
		most = max(most, x.n)
	}
	t.Logf("%d counts, at most %d entries", len(truth), most)
	if most < 200 {
		t.Errorf("the plan opens too little")
	}
	time.Sleep(2 * time.Second) // the loggers write
	held := heldBy(labTimeouts)
	for _, x := range []struct {
		file        string
		median, p95 float64 // of the error, as a share of the true number
	}{
		{"events", 0.01, 0.05},
		{"ends.json", 0.03, 0.10},
		// Expired entries wait for a collector whose moment is not in it: between two of its walks, every 15 to 20 s
		// here, their number goes from nothing to half of the table.
		{"new.log", 0.35, 3},
	} {
		errs, within := l.compare(x.file, "{system: linux, "+held+"typical_tcp: 13s}", began, truth)
		if len(errs) < 100 {
			t.Errorf("%s: %d moments", x.file, len(errs))
			continue
		}
		median, p95 := errs[len(errs)/2], errs[len(errs)*95/100]
		t.Logf("%-12s error: median %.1f %%, 95 %% below %.1f %%; within its bounds %.1f %%", x.file, 100*median,
			100*p95, 100*within)
		if x.file == "new.log" && within < 0.95 {
			t.Errorf("%s: the bounds hold at %.1f %% of the moments", x.file, 100*within)
		}
		if median > x.median || p95 > x.p95 {
			t.Errorf("%s: median %.3f, 95 %% below %.3f; want %.3f and %.3f", x.file, median, p95, x.median, x.p95)
		}
	}
}

// heldBy writes the timeouts as the config has them.
func heldBy(timeouts map[string]int) (held string) {
	for name, n := range timeouts {
		name = strings.Replace(strings.TrimPrefix(name, "tcp_timeout_"), "_timeout", "", 1)
		held += fmt.Sprintf("%s: %ds, ", name, n)
	}
	return held
}

// hash tells tests apart that run at the same time: names of network interfaces and namespaces must differ.
func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// log starts the loggers: conntrack -E into events, ulogd into ends.json and new.log.
func (l *lab) log() {
	l.t.Helper()
	l.in("router", "events", "conntrack", "-E", "-o", "timestamp", "-b", "8388608")
	conf := write(l.t, filepath.Join(l.dir, "ulogd.conf"), fmt.Sprintf(`[global]
logfile="%[1]s/ulogd.log"
stack=ct1:NFCT,ip2str1:IP2STR,json1:JSON
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str2:IP2STR,print1:PRINTPKT,emu1:LOGEMU
[ct1]
netlink_socket_buffer_size=4194304
[json1]
file="%[1]s/ends.json"
sync=1
[log1]
group=7
[emu1]
file="%[1]s/new.log"
sync=1
`, l.dir))
	l.in("router", "ulogd.out", "ulogd", "-c", conf)
}

type labCount struct {
	at time.Time
	n  int
}

func (l *lab) truth() (out []labCount) {
	text, err := os.ReadFile(filepath.Join(l.dir, "truth"))
	if err != nil {
		l.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var ns, n int64
		if k, _ := fmt.Sscan(line, &ns, &n); k == 2 {
			out = append(out, labCount{time.Unix(0, ns), int(n)})
		}
	}
	return out
}

// compare imports a log and gives the errors of the table that is rebuilt from it, the smallest first, and the share of
// moments at which the true number lies within the bounds.
func (l *lab) compare(file, held string, began time.Time, truth []labCount) (errs []float64, within float64) {
	l.t.Helper()
	data := filepath.Join(l.dir, file+".data")
	conf := write(l.t, filepath.Join(l.dir, file+".yaml"), "timeouts: "+held+"\n")
	call := func(args ...string) string {
		args = append(args, "--config", conf, "--data", data, "--timezone", "UTC")
		out, err := exec.Command(labBinary(l.t), args...).Output()
		if err != nil {
			l.t.Fatalf("%v: %v %s", args, err, out)
		}
		return string(out)
	}
	call("import", "--router", "gw", filepath.Join(l.dir, file))
	var v report.TableView
	day := began.UTC().Format(time.DateOnly)
	text := call("table", "--format", "json", "--step", "100ms", "--day", day)
	if err := json.Unmarshal([]byte(text), &v); err != nil || len(v.Routers) == 0 {
		l.t.Errorf("%s: no table (%v)", file, err)
		return nil, 0
	}
	rows := v.Routers[0].Rows
	if dir := os.Getenv("UNCLOAK_LAB_KEEP"); dir != "" {
		_ = os.CopyFS(dir, os.DirFS(l.dir))
	}
	for _, x := range truth {
		if x.at.Before(began.Add(5*time.Second)) || x.at.After(began.Add(labLength)) || x.n == 0 {
			continue
		}
		i, ok := slices.BinarySearchFunc(rows, x.at, func(r report.TableRow, at time.Time) int {
			return r.Start.Compare(at)
		})
		if !ok {
			i--
		}
		n := 0
		if i >= 0 && i < len(rows) {
			n = rows[i].Peak
			if low, high := cmp.Or(rows[i].Low, n), cmp.Or(rows[i].High, n); low <= x.n && x.n <= high {
				within++
			}
		}
		errs = append(errs, max(float64(n-x.n), float64(x.n-n))/float64(x.n))
	}
	slices.Sort(errs)
	return errs, within / float64(max(len(errs), 1))
}

var labBinary = func() func(t *testing.T) string {
	var mu sync.Mutex
	path := filepath.Join(os.TempDir(), fmt.Sprintf("uncloak-lab-%d", os.Getpid()))
	return func(t *testing.T) string {
		mu.Lock()
		defer mu.Unlock()
		if _, err := os.Stat(path); err == nil {
			return path
		}
		t.Cleanup(func() { os.Remove(path) }) // the next test builds it again
		if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return path
	}
}()

// labPart runs inside a namespace.
func labPart(t *testing.T, part, output string) {
	switch part {
	case "truth":
		f, err := os.Create(output)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		end := time.Now().Add(labLength + 10*time.Second)
		for ; time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			b, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_count")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(f, time.Now().UnixNano(), strings.TrimSpace(string(b)))
		}
	case "server":
		labServe(t)
	case "client":
		labPlay()
	case "hog":
		labHog(time.Now().Add(hogLength))
	case "list":
		labList(t, output)
	}
}

// labServe answers: UDP on port 53 and 5353, TCP on port 80 (closes first) and 443 (waits for the client).
func labServe(t *testing.T) {
	for _, port := range []string{"53", "5353"} {
		c, err := net.ListenPacket("udp4", ":"+port)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			b := make([]byte, 2048)
			for {
				n, from, err := c.ReadFrom(b)
				if err != nil {
					return
				}
				_, _ = c.WriteTo(b[:n], from)
			}
		}()
	}
	for _, port := range []string{"80", "443"} {
		in, err := net.Listen("tcp4", ":"+port)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := in.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					_, _ = bufio.NewReader(c).ReadString('\n')
					_, _ = c.Write([]byte("answer\n"))
					if port == "443" {
						_, _ = io.Copy(io.Discard, c)
					}
				}()
			}
		}()
	}
	time.Sleep(labLength + 20*time.Second)
}

// labPlay is the plan. Each line of it visits transitions of the table.
func labPlay() {
	server := netip.MustParseAddr(labServer)
	udp := func(from, to uint16, times int, pause time.Duration) {
		local := &net.UDPAddr{Port: int(from)}
		c, err := net.DialUDP("udp4", local, net.UDPAddrFromAddrPort(netip.AddrPortFrom(server, to)))
		if err != nil {
			return
		}
		defer c.Close()
		for range times {
			_, _ = c.Write([]byte("question"))
			time.Sleep(pause)
		}
	}
	tcp := func(from, to uint16, do func(c *net.TCPConn)) {
		d := net.Dialer{Timeout: 3 * time.Second, LocalAddr: &net.TCPAddr{Port: int(from)},
			Control: func(_, _ string, c syscall.RawConn) error {
				return c.Control(func(fd uintptr) {
					_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
				})
			}}
		c, err := d.Dial("tcp4", net.JoinHostPort(labServer, strconv.Itoa(int(to))))
		if err != nil {
			return
		}
		defer c.Close()
		do(c.(*net.TCPConn))
	}
	ask := func(c *net.TCPConn) {
		_, _ = c.Write([]byte("question\n"))
		_, _ = bufio.NewReader(c).ReadString('\n')
	}
	end := time.Now().Add(labLength)
	var all sync.WaitGroup
	each := repeatedly(&all, end)
	each(150*time.Millisecond, func(int) { udp(0, 53, 1, 100*time.Millisecond) }) // one question, one answer
	each(400*time.Millisecond, func(int) { udp(0, 7001, 1, 0) })                  // never answered
	each(5*time.Second, func(int) { udp(0, 5353, 12, 500*time.Millisecond) })     // a stream
	each(9*time.Second, func(int) { udp(40053, 53, 1, 0) })                       // one port, polled rarely
	each(250*time.Millisecond, func(int) { tcp(0, 443, ask) })                    // the client closes first
	each(300*time.Millisecond, func(int) { tcp(0, 80, func(c *net.TCPConn) { ask(c); _, _ = io.Copy(io.Discard, c) }) })
	each(250*time.Millisecond, func(int) { tcp(0, 9999, ask) })                                       // refused
	each(2*time.Second, func(int) { tcp(0, 7002, ask) })                                              // never answered
	each(time.Second, func(int) { tcp(0, 443, func(c *net.TCPConn) { ask(c); _ = c.SetLinger(0) }) }) // reset
	// the same ports again
	each(8*time.Second, func(i int) {
		for port := range uint16(20) {
			all.Go(func() { tcp(41000+port, 80, func(c *net.TCPConn) { ask(c); _, _ = io.Copy(io.Discard, c) }) })
		}
	})
	each(20*time.Second, func(int) { // a burst
		for range 150 {
			udp(0, 53, 1, 0)
		}
	})
	all.Go(func() { tcp(0, 443, func(c *net.TCPConn) { ask(c); time.Sleep(time.Until(end)) }) }) // open all the time
	all.Wait()
}

// repeatedly returns a function that starts do, and again after each pause, until end; all waits for what it started.
func repeatedly(all *sync.WaitGroup, end time.Time) (each func(pause time.Duration, do func(i int))) {
	return func(pause time.Duration, do func(i int)) {
		all.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				all.Go(func() { do(i) })
				time.Sleep(pause)
			}
		})
	}
}
