//go:build e2e && linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"uncloak/detect"
)

// These tests capture real packets in network namespaces of their own, which takes root, ip and tcpdump.

// namespace makes a network namespace with a loopback interface that is up.
func namespace(t *testing.T, name string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root makes network namespaces")
	}
	name = fmt.Sprintf("uncloak-%s-%s-%d", t.Name(), name, os.Getpid()) // tests run at the same time
	foreground(t, "", program(t, "ip"), "netns", "add", name)
	t.Cleanup(func() { foreground(t, "", program(t, "ip"), "netns", "del", name) })
	foreground(t, "", program(t, "ip"), "-n", name, "link", "set", "lo", "up")
	return name
}

// pair connects two namespaces by a pair of interfaces, va with 192.0.2.1 and vb with 192.0.2.2, which say nothing of
// their own.
func pair(t *testing.T, a, b string) {
	t.Helper()
	ip := program(t, "ip")
	foreground(t, "", ip, "-n", a, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", b)
	for _, side := range [][3]string{{a, "va", "192.0.2.1/24"}, {b, "vb", "192.0.2.2/24"}} {
		foreground(t, "", ip, "-n", side[0], "addr", "add", side[2], "dev", side[1])
		foreground(t, "", ip, "-n", side[0], "link", "set", side[1], "up")
	}
}

// capture is a running `uncloak capture`.
type capture struct {
	cmd *exec.Cmd
	log *watcher
	out bytes.Buffer
	end func() (code int)
}

// captureIn starts a capture in a namespace, and waits until it takes packets.
func captureIn(t *testing.T, namespace, data string, args ...string) *capture {
	t.Helper()
	c := &capture{}
	c.cmd = exec.Command(program(t, "ip"), append([]string{"netns", "exec", namespace, os.Args[0], "capture", "--data",
		data, "--timezone", "UTC", "--router", "gw"}, args...)...)
	c.cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr, c.cmd.Stdout = pw, &c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pw.Close()
	c.log = watch(pr)
	c.end = sync.OnceValue(func() int {
		_ = c.cmd.Process.Signal(syscall.SIGINT)
		_ = c.cmd.Wait()
		return c.cmd.ProcessState.ExitCode()
	})
	t.Cleanup(func() { c.end() })
	c.log.wait(t, "msg=capturing")
	return c
}

var summaryPattern = regexp.MustCompile(`(\d+) frames, .*?(?:(\d+) packets|none) dropped by kernel;`)

// done ends the capture and returns the numbers of frames and of drops in its summary.
func (c *capture) done(t *testing.T) (frames, dropped int) {
	t.Helper()
	if code := c.end(); code != 0 {
		t.Fatalf("the capture ends with %d: %s", code, c.out.String())
	}
	m := summaryPattern.FindStringSubmatch(c.out.String())
	if m == nil || strings.Contains(c.out.String(), "the kernel counts") {
		t.Fatalf("the summary is %q", c.out.String())
	}
	frames, _ = strconv.Atoi(m[1])
	dropped, _ = strconv.Atoi(m[2])
	return frames, dropped
}

// knock connects to closed ports of the namespace itself, each so often.
func knock(t *testing.T, namespace string, times int, every string, ports ...string) {
	t.Helper()
	foreground(t, "", program(t, "ip"), "netns", "exec", namespace, "bash", "-c",
		fmt.Sprintf("for i in $(seq %d); do for p in %s; do (: </dev/tcp/127.0.0.1/$p) 2>/dev/null; done; sleep %s; "+
			"done; true", times, strings.Join(ports, " "), every))
}

// TestRealCaptureClosedPort: something connects twice a second to a port of its own machine where nobody listens, as in
// docs/incidents.md, 4. A capture of some 40 s of it names the port, the rate and who resets.
func TestRealCaptureClosedPort(t *testing.T) {
	t.Parallel()
	in, data := namespace(t, "lo"), t.TempDir()
	c := captureIn(t, in, data, "-i", "lo")
	began := time.Now()
	knock(t, in, 80, "0.45", "7211")
	lasted := time.Since(began).Seconds()
	if frames, dropped := c.done(t); frames != 160 || dropped != 0 {
		t.Errorf("%d frames, %d dropped; want each SYN and each RST once: 160, 0", frames, dropped)
	}
	raw := ok(t, "", "query", "--data", data, "--format", "raw")
	begins := strings.Count(raw, ": begin tcp 127.0.0.1:")
	ends := strings.Count(raw, " > 127.0.0.1:7211 refused by=127.0.0.1 ")
	if begins != 80 || ends != 80 {
		t.Errorf("%d begins, %d ends; want 80 of each:\n%.2000s", begins, ends, raw)
	}
	fs := decoded(t, uncloak(t, "", "findings", "--data", data, "--timezone", "UTC", "--from", "-1h", "--format",
		"json"))
	if len(fs) != 1 || fs[0].Kind != detect.ResetKind || fs[0].Host != "127.0.0.1" ||
		!strings.Contains(fs[0].ID, "127.0.0.1:7211") || fs[0].RateS < 0.8*80/lasted || fs[0].RateS > 1.2*80/lasted {
		t.Errorf("the findings are not that port, %.2f times a second: %+v", 80/lasted, fs)
	}
}

func TestRealCaptureFilter(t *testing.T) {
	t.Parallel()
	in, data := namespace(t, "filter"), t.TempDir()
	c := captureIn(t, in, data, "-i", "any", "tcp", "dst", "port", "7212")
	knock(t, in, 3, "0.1", "7211", "7212", "7213")
	if frames, _ := c.done(t); frames != 3 {
		t.Errorf("%d frames; want the 3 SYN to port 7212", frames)
	}
	if raw := ok(t, "", "query", "--data", data, "--format", "raw"); strings.Count(raw, " > 127.0.0.1:7212") == 0 ||
		strings.Contains(raw, ":7211") || strings.Contains(raw, ":7213") {
		t.Errorf("the filter lets pass\n%s", raw)
	}
	r := exec.Command(program(t, "ip"), "netns", "exec", in, os.Args[0], "capture", "--data", data, "-i", "lo", "prot",
		"53")
	r.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
	out, err := r.CombinedOutput()
	if r.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "tcpdump refuses the filter: ") ||
		bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("a wrong filter: %v: %s", err, out)
	}
}

// TestRealCaptureCounts: what the sender has sent is what was captured, or was dropped and counted.
func TestRealCaptureCounts(t *testing.T) {
	t.Parallel()
	a, b, data := namespace(t, "a"), namespace(t, "b"), t.TempDir()
	pair(t, a, b)
	flood := func(n int) {
		cmd := exec.Command(program(t, "ip"), "netns", "exec", b, os.Args[0], "-test.run=^TestHelperFlood$")
		cmd.Env = append(os.Environ(), "UNCLOAK_FLOOD="+strconv.Itoa(n))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "va.pcapng")
	c := captureIn(t, a, data, "-i", "va", "--write", file, "udp port 9999")
	flood(20000)
	if frames, dropped := c.done(t); frames != 20000 || dropped != 0 {
		t.Errorf("%d frames, %d dropped, of 20000", frames, dropped)
	}
	if got := ok(t, "", "stat", "counts", "--format", "csv", file); !strings.Contains(got, "frames,20000\n") {
		t.Errorf("the file has %s", got)
	}
	if out, err := exec.Command(program(t, "tcpdump"), "-r", file, "--count").Output(); err != nil ||
		!strings.Contains(string(out), "20000 packets") {
		t.Errorf("tcpdump reads %s, %v", out, err)
	}

	stopped := captureIn(t, a, data, "-i", "va", "--buffer", "4", "udp port 9999")
	if err := stopped.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	flood(100000)
	if err := stopped.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	frames, dropped := stopped.done(t)
	if frames+dropped != 100000 || dropped == 0 {
		t.Errorf("%d frames and %d dropped are not 100000", frames, dropped)
	}
	if raw := ok(t, "", "query", "--data", data, "--format", "raw"); !strings.Contains(raw,
		fmt.Sprintf("capture: %d packets dropped by kernel", dropped)) {
		t.Error("the store does not say what was dropped")
	}
}

// TestRealCaptureBesideServe: events go into the running serve, and root's rights are gone.
func TestRealCaptureBesideServe(t *testing.T) {
	t.Parallel()
	in, data := namespace(t, "serve"), t.TempDir()
	d := serve(t, data)
	c := captureIn(t, in, data, "-i", "lo")
	knock(t, in, 2, "0.1", "7211")
	for range 100 {
		if count(t, data) >= 4 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := count(t, data); n != 4 {
		t.Errorf("serve has %d events while the capture runs, want 4", n)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("serve ends with %d", code)
	}
	knock(t, in, 2, "0.1", "7211")
	c.done(t)
	if n := count(t, data); n != 8 {
		t.Errorf("%d events are stored after serve has ended, want 8", n)
	}

	owned := t.TempDir()
	const nobody = 65534
	if err := os.Chmod(filepath.Dir(owned), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(owned, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	c = captureIn(t, in, owned, "-i", "lo")
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65534\t65534\t65534\t65534\n",
		"CapEff:\t0000000000000000\n"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the process has not %q:\n%s", want, status)
		}
	}
	knock(t, in, 1, "0.1", "7211")
	if frames, _ := c.done(t); frames != 2 {
		t.Errorf("%d frames, want 2", frames)
	}
	if n := count(t, owned); n != 2 {
		t.Errorf("%d events are stored by another user, want 2", n)
	}
}

// TestHelperFlood sends UNCLOAK_FLOOD datagrams of 18 bytes (frames of 60) to port 9999 of 192.0.2.1. It is run by
// other tests, as a process in a namespace.
func TestHelperFlood(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("UNCLOAK_FLOOD"))
	if err != nil {
		t.Skip("is run by other tests")
	}
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9999}
	batch := make([]ipv4.Message, 64)
	for i := range batch {
		batch[i] = ipv4.Message{Buffers: [][]byte{make([]byte, 18)}, Addr: to}
	}
	for p := ipv4.NewPacketConn(c); n > 0; {
		k, err := p.WriteBatch(batch[:min(n, len(batch))], 0)
		if err != nil {
			t.Fatal(err)
		}
		n -= k
	}
}
