package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"uncloak/report"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAllConfigErrorsAtOnce: each wrong setting is one line with its place.
func TestAllConfigErrorsAtOnce(t *testing.T) {
	t.Setenv("UNCLOAK_TIMEOUTS_UDP", "soon")
	file := writeConfig(t, `
timezone: Mars/Olympus
tabel: 16384
table: many
lan: [192.168.1.0, 10.0.0.0/8]
timeouts: {icmp: 5ms}
listen: {udq: [":514"]}
routers:
  - {address: 10.0.0.1, nmae: gw}
  - {name: ap}
known: [{kind: brust}]
log: {level: loud, format: jsn}
memory: 64
`)
	r := uncloak(t, "", "report", "--config", file, "--link", "-1")
	if r.code != 2 || !strings.Contains(r.errOut, "unknown flag: --link") {
		t.Errorf("a flag that is none: %d %s", r.code, r.errOut)
	}
	r = uncloak(t, "", "report", "--config", file)
	for _, want := range []string{
		`yaml:2: time zone "Mars/Olympus" is not known`,
		`yaml:3: unknown key "tabel"; did you mean table`,
		`yaml:4: table: it is a number \(it is many\); write it like table: 16384`,
		`yaml:5: lan: .*192.168.1.0.*write it like lan: \[192.168.0.0/16, fd00::/8\]`,
		`yaml:6: timeouts.icmp is 5ms: write it in seconds`,
		`UNCLOAK_TIMEOUTS_UDP: timeouts.udp: .*soon.*write it like timeouts.udp: 30s`,
		`yaml:7: unknown key "listen.udq"; did you mean listen.udp`,
		`yaml:9: unknown key "nmae" of a router; did you mean name\?`,
		`yaml:11: known: number 1: kind "brust" is not known.*did you mean burst`,
		`yaml:12: log level "loud" is none of`,
		`yaml:13: memory is 64: it is the MB that serve may take, from 128 to 65536`,
		`yaml:12: log format "jsn" is none of text, json \(did you mean json\?\)`,
	} {
		if !regexp.MustCompile(`(?m)^uncloak: .*` + want).MatchString(r.errOut) {
			t.Errorf("no line with %s in\n%s", want, r.errOut)
		}
	}
	if n := strings.Count(r.errOut, "\n"); r.code != 2 || n != 12 || r.out != "" {
		t.Errorf("code %d, %d lines, want 2 and 12:\n%s%s", r.code, n, r.errOut, r.out)
	}
}

func TestConfigCommand(t *testing.T) {
	t.Setenv("UNCLOAK_LINK", "100")
	file := writeConfig(t, "timezone: Europe/Berlin\n\nlisten:\n  udp: [5514]\n")
	out := ok(t, "", "config", "--config", file, "--table", "4096", "--tcp", "514")
	for _, want := range []string{
		`timezone +Europe/Berlin +.*uncloak.yaml:1`, `listen.udp +:5514 +.*uncloak.yaml:4`, `link +100 +UNCLOAK_LINK`,
		`table +4096 +--table`, `listen.tcp +:514 +--tcp`, `memory +512 +default`, `names.resolver +- +default`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(out) {
			t.Errorf("no line %s in\n%s", want, out)
		}
	}
	var settings []report.Setting
	if err := json.Unmarshal([]byte(ok(t, "", "config", "--format", "JSON")), &settings); err != nil {
		t.Fatal(err)
	}
	if want := len(configKeys(reflect.TypeFor[config](), "")); len(settings) != want {
		t.Errorf("%d settings, want %d", len(settings), want)
	}
}

// TestKeysAreDescribed: each key of the config has a description, no other has, and each example is a valid value.
func TestKeysAreDescribed(t *testing.T) {
	keys, described := configKeys(reflect.TypeFor[config](), ""), map[string]bool{}
	for _, d := range keyDocs() {
		if described[d.key] || d.says == "" || d.example == "" {
			t.Errorf("%s is described twice, or not in full", d.key)
		}
		described[d.key] = true
		head, rest, below := strings.Cut(d.key, ".")
		text := head + ": " + d.example + "\n"
		if below {
			text = head + ":\n  " + rest + ": " + d.example + "\n"
		}
		text += map[string]string{ // what a key needs beside it
			"rate.burst": "  lines: 100\n", "web.cert": "  key: k.pem\n", "web.key": "  cert: c.pem\n",
			"report.at": "mail: {to: [me@example.net]}\n",
		}[d.key]
		none := pflag.NewFlagSet("test", pflag.ContinueOnError)
		if _, err := loadConfig(writeConfig(t, text), nil, none); err != nil {
			t.Errorf("the example of %s: %v", d.key, err)
		}
	}
	for _, key := range keys {
		if !described[key] {
			t.Errorf("%s has no description in keyDocs", key)
		}
		delete(described, key)
	}
	for key := range described {
		t.Errorf("%s is described, and no key", key)
	}
}

// TestConfigDefaults: the printed file loads as it is, and with every key set.
func TestConfigDefaults(t *testing.T) {
	text := ok(t, "", "config", "--defaults")
	load := func(text string) config {
		cfg, err := loadConfig(writeConfig(t, text), nil, pflag.NewFlagSet("test", pflag.ContinueOnError))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return cfg
	}
	cfg := load(text)
	for _, key := range configKeys(reflect.TypeFor[config](), "") {
		if cfg.set(key) {
			t.Errorf("%s is set", key)
		}
	}
	cfg = load(regexp.MustCompile(`(?m)^#(  )?([a-z_]+:)`).ReplaceAllString(text, "$1$2"))
	for _, key := range configKeys(reflect.TypeFor[config](), "") {
		if !cfg.set(key) {
			t.Errorf("%s is not in the file", key)
		}
	}
	if cfg.Memory != 512 || cfg.Listen.UDP[0] != ":514" || cfg.Log.Level != "info" {
		t.Errorf("the defaults are %d, %v, %s", cfg.Memory, cfg.Listen.UDP, cfg.Log.Level)
	}
}

func TestVersion(t *testing.T) {
	want := regexp.MustCompile(`^uncloak \S+.* \(store format \d+, API \d+, go\S+ \w+/\w+\)\n$`)
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if out := ok(t, "", args...); !want.MatchString(out) {
			t.Errorf("%v: %q", args, out)
		}
	}
}
