//go:build e2e && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// chainOf makes a chain of namespaces, host - own router - provider's router - target, and returns them. Each end of a
// link is named above (towards the target) or below.
func chainOf(t *testing.T) []string {
	t.Helper()
	ip := program(t, "ip")
	var all []string
	for i, name := range []string{"host", "gw", "isp", "target"} {
		all = append(all, namespace(t, "path-"+name))
		foreground(t, "", ip, "netns", "exec", all[i], "sh", "-c",
			"echo 1 > /proc/sys/net/ipv4/ip_forward; echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range; "+
				"echo 0 > /proc/sys/net/ipv4/icmp_ratelimit")
	}
	nets := []string{"192.168.128", "203.0.113", "198.51.100"}
	for i, net := range nets {
		foreground(t, "", ip, "-n", all[i], "link", "add", "above", "type", "veth", "peer", "name", "below", "netns",
			all[i+1])
		foreground(t, "", ip, "-n", all[i], "addr", "add", net+".2/24", "dev", "above")
		foreground(t, "", ip, "-n", all[i+1], "addr", "add", net+".1/24", "dev", "below")
		foreground(t, "", ip, "-n", all[i], "link", "set", "above", "up")
		foreground(t, "", ip, "-n", all[i+1], "link", "set", "below", "up")
	}
	for i := range nets {
		foreground(t, "", ip, "-n", all[i], "route", "add", "default", "via", nets[i]+".1")
		for k := range i {
			foreground(t, "", ip, "-n", all[i+1], "route", "add", nets[k]+".0/24", "via", nets[i]+".2")
		}
	}
	return all
}

// walk measures the way in a namespace for so long, and returns the lines that it stored.
func walk(t *testing.T, namespace, data, long string, user ...string) (out, raw string) {
	t.Helper()
	args := append([]string{"netns", "exec", namespace}, user...)
	args = append(args, os.Args[0], "path", "198.51.100.1", "--data", data, "--timezone", "UTC", "--router", "pc",
		"--duration", long)
	cmd := exec.Command(program(t, "ip"), args...)
	cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return string(b), ok(t, "", "query", "--data", data, "--format", "raw")
}

// stretched repeats a part of a measurement so that it fills the time from one moment to another, 10 s each time.
func stretched(t *testing.T, raw string, from time.Time, times int) string {
	t.Helper()
	var b strings.Builder
	var first time.Time
	for n := range times {
		for l := range strings.Lines(raw) {
			stamp, rest, _ := strings.Cut(strings.TrimPrefix(l, "["), "]")
			var sec, us int64
			if _, err := fmt.Sscanf(stamp, "%d.%d", &sec, &us); err != nil {
				t.Fatalf("%v in %q", err, l)
			}
			at := time.Unix(sec, us*1000)
			if first.IsZero() {
				first = at
			}
			past := at.Sub(first)
			if past > 10*time.Second {
				continue
			}
			at = from.Add(past + time.Duration(n)*10*time.Second)
			fmt.Fprintf(&b, "[%d.%06d]%s", at.Unix(), at.Nanosecond()/1000, rest)
		}
	}
	return b.String()
}

// TestRealPath: a real way of three hops, well, then late from the provider's router on, then late from the own router
// on, then with a firewall on the provider's router that drops. Only hops whose own answers are late or lost are
// accused. A line that hardly takes the probes makes them late: its queue, that is, as in the field.
func TestRealPath(t *testing.T) {
	t.Parallel()
	ns := chainOf(t)
	tc, nft := program(t, "tc"), program(t, "nft")
	well, raw := walk(t, ns[0], t.TempDir(), "17s")
	for hop, addr := range []string{"192.168.128.1", "203.0.113.1", "198.51.100.1"} {
		if !strings.Contains(well, addr) || strings.Count(raw, fmt.Sprintf(" (hop %d to ", hop+1)) < 10 ||
			!strings.Contains(raw, addr+" : [") || strings.Contains(raw, "timed out") {
			t.Fatalf("hop %d is not measured well:\n%s%.3000s", hop+1, well, raw)
		}
	}
	in := func(namespace string, args ...string) {
		foreground(t, "", program(t, "ip"), append([]string{"netns", "exec", namespace}, args...)...)
	}
	begin := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		spoil, mend func()
		accused     map[string]string // class of the finding by target
	}{
		"late on the line": {
			func() {
				in(ns[1], tc, "qdisc", "add", "dev", "above", "root", "tbf",
					"rate", "1700bit", "burst", "130", "latency", "3s")
			},
			func() { in(ns[1], tc, "qdisc", "del", "dev", "above", "root") },
			map[string]string{"203.0.113.1": "further", "198.51.100.1": "further"}},
		"late at the own router": {
			func() {
				in(ns[1], tc, "qdisc", "add", "dev", "below", "root", "tbf",
					"rate", "3kbit", "burst", "130", "latency", "3s")
			},
			func() { in(ns[1], tc, "qdisc", "del", "dev", "below", "root") },
			map[string]string{"192.168.128.1": "first hop", "203.0.113.1": "further", "198.51.100.1": "further"}},
		"a firewall drops beyond the provider's router": {
			func() {
				in(ns[2], nft, "add table ip t; add chain ip t f { type filter hook forward priority 0; }; "+
					"add rule ip t f drop")
			},
			func() { in(ns[2], nft, "delete table ip t") },
			map[string]string{"198.51.100.1": "further"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.spoil()
			defer c.mend()
			bad := t.TempDir()
			_, spoilt := walk(t, ns[0], bad, "20s")
			log := stretched(t, raw, begin, 60) + stretched(t, spoilt, begin.Add(10*time.Minute), 4) +
				stretched(t, raw, begin.Add(10*time.Minute+40*time.Second), 60)
			later := t.TempDir()
			ok(t, log, "import", "--data", later, "--timezone", "UTC", "--router", "pc", "-")
			got := map[string]string{}
			for _, f := range decoded(t, uncloak(t, "", "findings", "--data", later, "--timezone", "UTC", "--day",
				"2026-11-20", "--format", "json")) {
				got[f.Host] = f.Class
				if f.Class == "further" && (f.With != "") != (c.accused["192.168.128.1"] != "") {
					t.Errorf("%s goes with %q", f.Host, f.With)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.accused) {
				t.Errorf("accused: %v, want %v", got, c.accused)
			}
		})
	}
}

// TestRealPathRights: an ordinary user measures where ping sockets are allowed; else it is said what to type.
func TestRealPathRights(t *testing.T) {
	t.Parallel()
	ns := chainOf(t)
	data := t.TempDir()
	if err := os.Chmod(data, 0o777); err != nil {
		t.Fatal(err)
	}
	_, raw := walk(t, ns[0], data, "5s")
	if strings.Count(raw, "\n") < 3 {
		t.Errorf("root has %s", raw)
	}
	foreground(t, "", program(t, "ip"), "netns", "exec", ns[0], "sh", "-c",
		"echo '1 0' > /proc/sys/net/ipv4/ping_group_range")
	cmd := exec.Command(program(t, "ip"), "netns", "exec", ns[0], os.Args[0], "path", "198.51.100.1", "--data", data)
	cmd.Env = append(os.Environ(), "UNCLOAK_TEST_MAIN=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "sysctl -w net.ipv4.ping_group_range") {
		t.Errorf("without the right: %v: %s", err, out)
	}
}
