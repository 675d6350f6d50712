package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"uncloak/store/bolt"
)

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	text := `
data: /srv/network
timezone: Europe/Berlin
lan: [192.168.128.0/24, 10.1.0.0/16]
table: 2048
timeouts: {udp: 10s, time_wait: 2m, icmp: 30, generic: 1.5}
known:
  - {kind: burst, host: nas, until: 2026-12-31, note: nightly backup}
  - {host: 10.0.0.0/8, port: 443}
routers:
  - address: 192.168.128.1
    name: gw
    table: 4096
    timezone: Asia/Tokyo
    dialect: mikrotik
  - address: 192.168.128.2
    timeouts: {system: openwrt, time_wait: 60s}
listen:
  udp: [":5514"]
  tcp: []
log: {level: warn}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := func(args ...string) *pflag.FlagSet {
		f := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.Int("table", 0, "")
		f.String("data", "", "")
		f.StringSlice("udp", nil, "")
		if err := f.Parse(args); err != nil {
			t.Fatal(err)
		}
		return f
	}
	lan := []netip.Prefix{netip.MustParsePrefix("192.168.128.0/24"), netip.MustParsePrefix("10.1.0.0/16")}
	for _, c := range []struct {
		name  string
		file  string
		env   []string
		args  []string
		check func(config) (got, want any)
	}{
		{"default", "", nil, nil, func(c config) (any, any) { return c.Listen.UDP, []string{":514"} }},
		{"file", file, nil, nil, func(c config) (any, any) { return c.Data, "/srv/network" }},
		{"file: networks", file, nil, nil, func(c config) (any, any) { return c.LAN, lan }},
		{"file: zone", file, nil, nil, func(c config) (any, any) { return c.location.String(), "Europe/Berlin" }},
		{"file: duration", file, nil, nil, func(c config) (any, any) { return c.Timeouts.TimeWait, 2 * time.Minute }},
		{"number of seconds", "", []string{"UNCLOAK_TIMEOUTS_UDP=45"}, nil, func(c config) (any, any) {
			return c.Timeouts.UDP, 45 * time.Second
		}},
		{"file: number of seconds", file, nil, nil, func(c config) (any, any) {
			return []any{c.Timeouts.ICMP, c.Timeouts.Generic}, []any{30 * time.Second, 1500 * time.Millisecond}
		}},
		{"file: known", file, nil, nil, func(c config) (any, any) {
			berlin, _ := time.LoadLocation("Europe/Berlin")
			r := c.rules()
			return []any{len(r), r[0].Until.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, berlin)), r[1].Host, r[1].Port,
				r[0].By}, []any{2, true, "10.0.0.0/8", 443, "config"}
		}},
		{"file: list", file, nil, nil, func(c config) (any, any) { return c.Listen.UDP, []string{":5514"} }},
		{"file: empty list", file, nil, nil, func(c config) (any, any) { return len(c.Listen.TCP), 0 }},
		{"file: router", file, nil, nil, func(c config) (any, any) {
			return c.Routers[0], router{netip.MustParseAddr("192.168.128.1"), "gw", 4096, "Asia/Tokyo", timeouts{},
				rate{}, "mikrotik"}
		}},
		{"file: timeouts of one router", file, nil, nil, func(c config) (any, any) {
			held := c.detect().Held
			t := held["192.168.128.2"]
			return []any{len(held), t.Established, t.UDP, t.UDPStream, t.TimeWait, t.SynSent},
				[]any{1, 7440 * time.Second, 60 * time.Second, 180 * time.Second, 60 * time.Second, 120 * time.Second}
		}},
		{"file: to the detectors", file, nil, nil, func(c config) (any, any) {
			d := c.detect()
			return []any{d.Table, d.Tables["gw"], d.Timeouts.UDP, d.Timeouts.UDPStream, d.Location.String()},
				[]any{2048, 4096, 10 * time.Second, 120 * time.Second, "Europe/Berlin"}
		}},
		{"env before file", file, []string{"UNCLOAK_TABLE=7"}, nil, func(c config) (any, any) { return c.Table, 7 }},
		{"env: list", file, []string{"UNCLOAK_LAN=192.168.128.0/24,10.1.0.0/16"}, nil, func(c config) (any, any) {
			return c.LAN, lan
		}},
		{"env: below a key", "", []string{"UNCLOAK_LISTEN_UDP=:1,:2", "UNCLOAK_LOG_LEVEL=debug"}, nil,
			func(c config) (any, any) {
				return []any{c.Listen.UDP, c.Log.Level}, []any{[]string{":1", ":2"}, "debug"}
			}},
		{"env: underscore in a key", "", []string{"UNCLOAK_TIMEOUTS_TIME_WAIT=30s"}, nil, func(c config) (any, any) {
			return c.Timeouts.TimeWait, 30 * time.Second
		}},
		{"env: of others", "", []string{"UNCLOAK_PORT=tcp://10.0.0.1:80"}, nil, func(c config) (any, any) {
			return c.Table, 0
		}},
		{"keep_raw", "", []string{"UNCLOAK_KEEP_RAW=findings"}, nil, func(c config) (any, any) {
			return c.keepRaw, bolt.KeepFindings
		}},
		{"flag before env", file, []string{"UNCLOAK_TABLE=7"}, []string{"--table", "8"}, func(c config) (any, any) {
			return c.Table, 8
		}},
		{"flag: list", file, nil, []string{"--udp", ":1", "--udp", ":2"}, func(c config) (any, any) {
			return c.Listen.UDP, []string{":1", ":2"}
		}},
		{"flag: off", file, nil, []string{"--udp", ""}, func(c config) (any, any) {
			return len(present(c.Listen.UDP)), 0
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := loadConfig(c.file, c.env, flags(c.args...))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := c.check(cfg); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestDefaultData(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_STATE_HOME", "/home/me/state")
	state := "/home/me/state/uncloak"
	if os.Geteuid() == 0 {
		state = "/var/lib/uncloak"
	}
	if got := defaultData(); got != state {
		t.Errorf("nothing here: %s, want %s", got, state)
	}
	if err := os.Mkdir("uncloak-data", 0o755); err != nil {
		t.Fatal(err)
	}
	if got := defaultData(); got != "uncloak-data" {
		t.Errorf("with ./uncloak-data: %s", got)
	}
	t.Setenv("STATE_DIRECTORY", "/var/lib/private/uncloak:/other")
	if got := defaultData(); got != "/var/lib/private/uncloak" {
		t.Errorf("as a service: %s", got)
	}
}
