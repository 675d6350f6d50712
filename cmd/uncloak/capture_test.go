package main

import (
	"net"
	"slices"
	"strings"
	"testing"
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
		{Index: 4, Name: "wlan0", Flags: net.FlagUp}, {Index: 3, Name: "eth1", Flags: net.FlagUp}, {Index: 2, Name: "eth0"}}
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
