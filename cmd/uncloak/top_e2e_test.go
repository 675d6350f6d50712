//go:build e2e

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRealTop looks at uncloak top in tmux: the list of hosts, one of them, other sizes of the terminal, a serve that
// ends and comes back.
func TestRealTop(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	at := func() time.Time { return pagesNoon }
	d := serveAt(t, at, data, "--table", "512")
	conn, err := net.Dial("udp", d.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := append(pagesLines(), "<4>2026-11-28T11:59:30Z gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.128.30 "+
		"DST=198.51.100.9 LEN=60 PROTO=TCP SPT=5 DPT=443")
	for i, l := range lines {
		if _, err := conn.Write([]byte(l)); err != nil {
			t.Fatal(err)
		}
		if (i+1)%500 == 0 || i == len(lines)-1 {
			stored(t, data, i+1)
		}
	}
	socket := filepath.Join(t.TempDir(), "tmux")
	tmux := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program(t, "tmux"), append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
		cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	shows := func(what string, want ...string) (screen string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
			screen = tmux("capture-pane", "-p", "-t", "top")
			missing := ""
			for _, w := range want {
				if !strings.Contains(screen, w) {
					missing = w
				}
			}
			if missing == "" {
				return screen
			} else if time.Now().After(end) {
				t.Fatalf("%s: no %q on the screen:\n%s", what, missing, screen)
			}
		}
	}
	tmux("new-session", "-d", "-s", "top", "-x", "80", "-y", "24", os.Args[0], "top", "--data", data)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", socket, "kill-server").Run() })
	screen := shows("hosts", "9,613 today", "of 512 (", "192.168.128.12  vmhost", "4,800",
		"session table full 12 times on gw", "q quit")
	for _, l := range strings.Split(screen, "\n") {
		if strings.HasPrefix(l, "›") && !strings.Contains(l, "192.168.128.") {
			t.Errorf("the marked row: %q", l)
		}
	}
	tmux("send-keys", "-t", "top", "/", "vmh", "Enter")
	shows("filter", "filter: vmh (esc drops it)", "›192.168.128.12")
	tmux("send-keys", "-t", "top", "Enter")
	shows("machine", "vmhost (192.168.128.12)", "02:00:5e:00:53:0c", "Sessions, the newest first",
		"192.168.128.12:20399 > 203.0.113.149:6882")
	tmux("resize-window", "-t", "top", "-x", "132", "-y", "50")
	shows("machine, larger", "vmhost (192.168.128.12)", "Ports that it goes to", "udp/6881")
	tmux("resize-window", "-t", "top", "-x", "40", "-y", "10")
	shows("machine, smaller", "vmhost (192.168.128.12)", "last hour")
	tmux("send-keys", "-t", "top", "Escape")
	shows("hosts, smaller", "›192.168.128.12")
	if code := d.stop(); code != 0 {
		t.Errorf("serve ends with %d", code)
	}
	tmux("resize-window", "-t", "top", "-x", "100", "-y", "24")
	shows("without serve", "no answer for", "trying again", "›192.168.128.12")
	serveAt(t, at, data, "--table", "512")
	shows("with serve again", "9,613 today")
	tmux("send-keys", "-t", "top", "q")
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if exec.Command("tmux", "-S", socket, "has-session", "-t", "top").Run() != nil {
			break
		} else if time.Now().After(end) {
			t.Fatal("q does not end it")
		}
	}
}
