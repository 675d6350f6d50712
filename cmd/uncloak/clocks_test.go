package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Senders whose clock is of 1970, of another zone, hours off, or runs too fast send to a running serve for an hour.
// Once serve knows of the wrong clock, their lines get the time of their receipt, and report and check say so.
func TestWrongClocks(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "c.yaml")
	text := "routers:\n"
	for i, name := range []string{"right", "unset", "tokyo", "honolulu", "late", "fast", "told"} {
		text += fmt.Sprintf("  - {address: 127.0.0.%d, name: %s}\n", i+1, name)
	}
	text = strings.Replace(text, "name: told", "name: told, timezone: Asia/Tokyo", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)
	var clock atomic.Int64
	clock.Store(noon.UnixNano())
	d := serveAt(t, func() time.Time { return time.Unix(0, clock.Load()) }, data, "--config", file)
	packet := " x kernel: IN=br0 OUT=eth0 SRC=192.168.1.5 DST=198.18.0.1 LEN=60 TTL=63 ID=%d DF PROTO=TCP SPT=2000 " +
		"DPT=443 SYN"
	port := netip.MustParseAddrPort(d.udp).Port()
	const steps = 180
	for i := range steps {
		at := time.Unix(0, clock.Add(int64(20*time.Second))).UTC()
		for address, off := range map[string]time.Duration{"127.0.0.1": 0, "127.0.0.3": 9 * time.Hour,
			"127.0.0.4": -10 * time.Hour, "127.0.0.5": -(2*time.Hour + 7*time.Minute),
			"127.0.0.6": time.Duration(i) * time.Second / 2, "127.0.0.7": 9 * time.Hour} {
			sendAs(t, address, d.udp, fmt.Sprintf("<4>"+at.Add(off).Format("Jan _2 15:04:05")+packet, i))
		}
		sendAs(t, "127.0.0.2", d.udp,
			fmt.Sprintf("<4>1 1970-01-01T00:%02d:%02dZ x kernel - - -"+strings.TrimPrefix(packet, " x kernel:"), i/60,
				i%60, i))
		// so that they are received before the clock goes on; a late one or two do no harm
		for wait := true; wait; wait = unread(port) {
			time.Sleep(15 * time.Millisecond)
		}
	}
	stored(t, data, 7*steps)

	args := []string{"--data", data, "--config", file, "--timezone", "UTC"}
	check := words(uncloak(t, "", append([]string{"check"}, args...)...).out)
	report := words(ok(t, "", append([]string{"report", "--day", noon.Format(time.DateOnly)}, args...)...))
	for _, c := range []struct{ in, want string }{
		{check, "unset (127.0.0.2): its clock is "},
		{check, " behind: set up NTP on it; until then its lines have the time of their receipt"},
		{check, "tokyo (127.0.0.3): its clock is 9 h ahead: set up NTP on it, or say its zone (routers: timezone); " +
			"until then its lines have the time of their receipt"},
		{check, "late (127.0.0.5): its clock is 2 h 7 min behind: set up NTP on it"},
		{report, fmt.Sprintf("unset sent %d lines with a time that cannot be", steps)},
		{report, "behind: it was never set"},
		{report, "the clock of tokyo is 9 h ahead: it looks like another time zone"},
		{report, "the clock of honolulu is 10 h behind: it looks like another time zone"},
		{report, "the clock of late is 2 h 7 min behind"},
		{report, "the clock of fast gains "},
	} {
		if !strings.Contains(c.in, c.want) {
			t.Errorf("no %q in\n%s", c.want, c.in)
		}
	}
	for _, fine := range []string{"right (127.0.0.1)", "told (127.0.0.7)", "clock of right", "clock of told"} {
		if strings.Contains(check, fine) || strings.Contains(report, fine) {
			t.Errorf("a clock that is right is reported: %s in\n%s", fine, report)
		}
	}
	// Their times are the times of receipt: all of them, or all but those of the first minutes, which may be a backlog.
	hour := []string{"--from", noon.Format(time.RFC3339), "--to", noon.Add(61 * time.Minute).Format(time.RFC3339)}
	for name, least := range map[string]int{"right": steps, "unset": steps, "tokyo": steps, "honolulu": steps / 2,
		"late": steps / 2, "told": steps} {
		if n := count(t, data, append([]string{"--router", name}, hour...)...); n < least {
			t.Errorf("%s: %d of %d lines have the time of their receipt", name, n, steps)
		}
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// unread reports whether datagrams wait in the kernel for a UDP port of 127.0.0.1. Other systems than Linux do not say
// so: there none do.
func unread(port uint16) bool {
	b, _ := os.ReadFile("/proc/net/udp")
	waiting := regexp.MustCompile(fmt.Sprintf(`(?m)^ *\d+: 0100007F:%04X \S+ \S+ [0-9A-F]{8}:([0-9A-F]{8}) `, port))
	m := waiting.FindSubmatch(b)
	return m != nil && string(m[1]) != "00000000"
}
