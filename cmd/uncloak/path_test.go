package main

import (
	"strings"
	"testing"
	"time"
)

// What uncloak path and the key probe take is bounded, and what is wrong is said in one line.
func TestPathArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"path"}, "accepts 1 arg"},
		{[]string{"path", "--interval", "100ms", "192.0.2.1"}, "--interval 100ms: want 1s to 1h0m0s"},
		{[]string{"path", "--duration", "0s", "192.0.2.1"}, "--duration 0s: want more than 0"},
	} {
		r := uncloak(t, "", append(c.args, "--data", t.TempDir())...)
		if r.code != 2 || !strings.Contains(r.errOut, c.says) {
			t.Errorf("%v: %d: %s", c.args, r.code, r.errOut)
		}
	}
	many := strings.Split(strings.TrimSuffix(strings.Repeat("192.0.2.1,", 17), ","), ",")
	for says, p := range map[string]probing{
		"at most 16":      {Targets: many},
		"is no address":   {Targets: []string{"a b"}},
		"no name":         {Targets: []string{"-f"}},
		"write a time":    {Targets: []string{"192.0.2.1"}, Interval: time.Millisecond},
		"from 1s to 1h0m": {Interval: 2 * time.Hour},
	} {
		if err := p.check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", p, err, says)
		}
	}
	good := probing{Targets: []string{"192.0.2.1", "2001:db8::1", "game.example.net"}, Interval: time.Second}
	if err := good.check(); err != nil {
		t.Error(err)
	}
}
