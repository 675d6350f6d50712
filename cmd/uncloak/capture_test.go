package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestCaptureRefuses(t *testing.T) {
	data := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-i", "nix0"}, `there is no interface "nix0": there are `},
		{[]string{"--duration", "-1s"}, "--duration -1s: want more than 0"},
		{[]string{"--duration", "0s"}, "--duration 0s: want more than 0"},
		{[]string{"--duration", "long"}, "--duration"},
		{[]string{"--snaplen", "1"}, "--snaplen 1: want 64 to 262144"},
		{[]string{"--buffer", "9999"}, "--buffer 9999: want 4 to 1024"},
		{[]string{"--write", "x", "--rotate-size", "0"}, "--rotate-size 0: want 1 to"},
		{[]string{"--write", "x", "--rotate-files", "0"}, "--rotate-files 0: want 1 to"},
		{[]string{"--rotate-files", "3"}, "are for --write"},
		{[]string{"--user", "no such user"}, "--user"},
		{[]string{"--promiscuous"}, "unknown flag"},
	} {
		r := uncloak(t, "", append([]string{"capture", "--data", data}, c.args...)...)
		if r.code != 2 || !strings.Contains(r.errOut, c.want) || strings.Count(r.errOut, "\n") != 1 {
			t.Errorf("%q: exit %d, %q; want 2, %q", c.args, r.code, r.errOut, c.want)
		}
	}
}

func TestCaptureOn(t *testing.T) {
	all := []net.Interface{{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback},
		{Index: 4, Name: "wlan0", Flags: net.FlagUp}, {Index: 3, Name: "eth1", Flags: net.FlagUp},
		{Index: 2, Name: "eth0"}}
	for _, c := range []struct {
		names string
		from  []net.Interface
		want  string
		bad   string
	}{
		{"", all, "eth1", ""},
		{"", all[:1], "lo", ""},
		{"", all[3:], "", "no interface of this machine is up"},
		{"any", all, "eth1 wlan0 lo", ""},
		{"lo any lo", all, "lo eth1 wlan0", ""},
		{"eth0", all, "", "the interface eth0 is down: ip link set dev eth0 up"},
		{"eth1 nix", all, "", `there is no interface "nix"`},
	} {
		got, err := captureOn(strings.Fields(c.names), slices.Clone(c.from))
		if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) ||
			strings.Join(got, " ") != c.want {
			t.Errorf("-i %q: %q, %v; want %q, %q", c.names, got, err, c.want, c.bad)
		}
	}
	var many []net.Interface
	for i := range 65 {
		many = append(many, net.Interface{Index: i + 1, Name: "veth" + string(rune('A'+i)), Flags: net.FlagUp})
	}
	if got, err := captureOn([]string{"any"}, many); err == nil {
		t.Errorf("%d interfaces at once", len(got))
	}
}

// feedTo makes what stores the lines of a capture in a data directory.
func feedTo(t *testing.T, data string) *captureFeed {
	t.Helper()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.String("data", data, "")
	if err := flags.Parse([]string{"--data", data}); err != nil {
		t.Fatal(err)
	}
	var err error
	if a.cfg, err = loadConfig("", nil, flags); err != nil {
		t.Fatal(err)
	}
	return newCaptureFeed(a, "eth0,lo", "gw")
}

// begins returns lines of a capture: beginnings of sessions from port 1000 + from on.
func begins(from, to int) []byte {
	var b []byte
	for i := from; i < to; i++ {
		b = fmt.Appendf(b, "%s capture: begin tcp 192.168.1.20:%d > 203.0.113.5:443\n",
			time.Now().UTC().Format(time.RFC3339Nano), 1000+i)
	}
	return b
}

// TestCaptureFeed stores lines of a capture before serve runs, while it runs, and after it has ended, and lines that
// were stored already.
func TestCaptureFeed(t *testing.T) {
	data := t.TempDir()
	f := feedTo(t, data)
	ctx, cancel := context.WithCancel(t.Context())
	go f.run(ctx)
	f.in <- begins(0, 10)
	f.in <- begins(10, 20)
	f.in <- nil // the lines before are stored now
	if n := count(t, data); n != 20 || f.every() != 5*time.Second {
		t.Fatalf("%d events are stored, want 20; every %v", n, f.every())
	}
	d := serve(t, data)
	last := begins(20, 30)
	f.in <- last
	f.in <- nil
	if n := count(t, data); n != 30 || f.every() != time.Second {
		t.Fatalf("%d events are stored, want 30; every %v", n, f.every())
	}
	if err := f.upload(ctx, last, true); err != nil { // as after an answer that got lost
		t.Fatal(err)
	}
	if n := count(t, data); n != 30 {
		t.Errorf("after the same lines again %d events are stored, want 30", n)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("serve ends with %d", code)
	}
	cancel()
	big := begins(30, 60030) // several requests
	if len(big) <= capturePiece {
		t.Fatalf("%d bytes are one request", len(big))
	}
	if err := f.end(big); err != nil {
		t.Fatal(err)
	}
	if f.sum.Events != 60030 {
		t.Errorf("%d events are counted, want 60030", f.sum.Events)
	}
}

// TestCaptureFeedSaysWhy: lines that cannot be stored are an error at the end, and do not stop the capture before.
func TestCaptureFeedSaysWhy(t *testing.T) {
	f := feedTo(t, "/dev/null/no-directory")
	ctx, cancel := context.WithCancel(t.Context())
	go f.run(ctx)
	f.in <- begins(0, 1)
	if f.failed.Load() {
		t.Error("it gave up at once")
	}
	cancel()
	if err := f.end(begins(1, 2)); err == nil || f.sum.Events != 0 {
		t.Errorf("no error, and %d events", f.sum.Events)
	}
}
