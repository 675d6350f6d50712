package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uncloak/report"
)

// checked runs check and decodes what it says.
func checked(t *testing.T, code int, args ...string) (c report.Check) {
	t.Helper()
	r := uncloak(t, "", append([]string{"check", "--format", "json"}, args...)...)
	if r.code != code {
		t.Fatalf("exit code %d, want %d: %s%s", r.code, code, r.out, r.errOut)
	}
	if err := json.Unmarshal([]byte(r.out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckFresh(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	c := checked(t, 0, "--data", data, "--udp", "127.0.0.1:0", "--tcp", "")
	if c.Data.Exists || !c.Data.Writable || c.Received != nil || len(c.Listen) != 1 || c.Listen[0].State != "free" ||
		c.Buffer == nil || c.Buffer.Granted == 0 {
		t.Errorf("%+v", c)
	}
	if _, err := os.Stat(filepath.Dir(data)); err == nil {
		t.Error("check made a directory")
	}
	text := ok(t, "", "check", "--data", data, "--udp", "127.0.0.1:0", "--tcp", "")
	for _, want := range []string{"CONFIG  no file", "--data", "not there yet: serve or import makes it",
		"FINE  nothing is wrong"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestCheckSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(file, []byte("timezone: Asia/Tokyo\nlog:\n  level: warn\nrouters:\n  - {address: "+
		"10.0.0.1, name: gw}\ntimeouts:\n  udp: 10s\nmmdb: [/gone/a.mmdb]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("UNCLOAK_LAN", "10.0.0.0/8,fd00::/8")
	t.Setenv("UNCLOAK_LOG_LEVEL", "error")
	t.Setenv("UNCLOAK_LANN", "x")
	c := checked(t, 0, "--config", file, "--data", dir, "--table", "4096", "--udp", "127.0.0.1:0", "--tcp", "")
	got := map[string]string{}
	for _, s := range c.Settings {
		got[s.Key] = s.Value + " from " + s.From
	}
	for key, want := range map[string]string{"timezone": "Asia/Tokyo from " + file + ":1",
		"log.level": "error from UNCLOAK_LOG_LEVEL", "lan": "10.0.0.0/8, fd00::/8 from UNCLOAK_LAN",
		"table":   "4096 from --table",
		"routers": "gw from " + file + ":4", "timeouts.udp": "10s from " + file + ":7",
		"log.format": "text from default", "listen.udp": "127.0.0.1:0 from --udp", "timeouts.icmp": " from default"} {
		if got[key] != want {
			t.Errorf("%s: got %q, want %q", key, got[key], want)
		}
	}
	if c.Config != file || len(c.Notes) == 0 || !strings.HasPrefix(c.Notes[0],
		"UNCLOAK_LANN in the environment is no setting") {
		t.Errorf("config %q, notes %q", c.Config, c.Notes)
	}
	if s := strings.Join(c.Notes, "\n"); !strings.Contains(s, "mmdb /gone/a.mmdb: no such file or directory: put ") {
		t.Errorf("no word of the file that is not there: %q", c.Notes)
	}
}

func TestCheckStored(t *testing.T) {
	var log strings.Builder
	for i := range 30 {
		fmt.Fprintf(&log, "Nov 20 12:00:%02d gw frobd[%d]: frob 10.0.0.%d has \x1b[2Jnicated \"x%d\"\n", i, i, i, i)
	}
	data := filepath.Join(t.TempDir(), "data")
	ok(t, history()+log.String()+"Nov 20 12:00:00 gw frobd: other\n", "import", "--data", data, "--timezone", "UTC",
		"--captured-at", "2026-11-20 16:00", "-")
	args := []string{"--data", data, "--timezone", "UTC", "--udp", "127.0.0.1:0", "--tcp", ""}
	c := checked(t, 0, args...)
	r := c.Received
	if r == nil || r.Days != 1 || r.Events != 1833 || len(r.Senders) != 1 || r.Senders[0].Received != 1833 ||
		r.Senders[0].Unparsed != 31 || r.Unparsed.Lines != 31 || len(r.Shapes) != 2 {
		t.Fatalf("%+v", r)
	}
	if s := r.Shapes[0]; s.Lines != 30 || s.Router != "gw" || s.Program != "frobd" ||
		s.Template != "frob <ip> has \x1b[<n>Jnicated <text>" {
		t.Errorf("%+v", s)
	}
	text := ok(t, "", append([]string{"check", "--shapes", "1"}, args...)...)
	for _, want := range []string{"1 day, 1,833 events", "unparsed: 31 lines in the window, of these shapes:",
		`      30  gw frobd: frob <ip> has \x1b[<n>Jnicated <text>`, `frob 10.0.0.0 has \x1b[2Jnicated "x0"`,
		"… and 1 line of 1 more shape", "please send us such a line",
		"31 lines are not understood"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("raw bytes come through")
	}
}

func TestCheckWhileServing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	d := serve(t, data)
	c := checked(t, 1, "--data", data)
	if !c.Data.Daemon || c.Data.PID != os.Getpid() || len(c.Listen) != 2 || c.Listen[0].State != "serve" ||
		c.Listen[0].Address != d.udp {
		t.Errorf("%+v", c)
	}
	if len(c.Problems) != 1 || !strings.HasPrefix(c.Problems[0], "serve runs and has received nothing") {
		t.Errorf("problems %q", c.Problems)
	}
	_, port, err := net.SplitHostPort(d.udp)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{d.udp, ":" + port} {
		if c := checked(t, 1, "--data", data, "--udp", address, "--tcp", ""); len(c.Listen) != 1 ||
			c.Listen[0].State != "serve" {
			t.Errorf("%s: %+v", address, c.Listen)
		}
	}
}

// TestCheckWrong: each problem is one line that says what to do.
func TestCheckWrong(t *testing.T) {
	busy, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port in use": {[]string{"--udp", busy.LocalAddr().String()},
			"is taken by another program: stop that one"},
		"not an address": {[]string{"--udp", "192.0.2.77:5514"},
			"udp 192.0.2.77:5514 cannot be listened at: is it an address of this machine?"},
		"nowhere":     {[]string{"--udp", ""}, "nothing is listened at: give --udp or --tcp an address"},
		"path in use": {[]string{"--udp", "", "--unix", file}, "unixgram " + file + " is taken"},
		"data is a file": {[]string{"--udp", "127.0.0.1:0", "--data", file}, file +
			" is not a directory: say where the data is with --data"},
		"data below a file": {[]string{"--udp", "127.0.0.1:0", "--data", filepath.Join(file, "x")},
			"say where the data is with --data"},
	} {
		t.Run(name, func(t *testing.T) {
			got := checked(t, 1, append([]string{"--data", dir, "--tcp", ""}, c.args...)...)
			if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], c.want) {
				t.Errorf("problems %q, want one with %q", got.Problems, c.want)
			}
		})
	}
	conf := filepath.Join(dir, "follow.yaml")
	if err := os.WriteFile(conf, []byte("follow: ["+file+"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := checked(t, 0, "--data", dir, "--config", conf, "--udp", "", "--tcp", ""); len(got.Problems) > 0 {
		t.Errorf("a file is followed, and no socket needed: %q", got.Problems)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port that is none": {[]string{"--udp", "70000"}, `listen address "70000": want host:port`},
		"unknown zone":      {[]string{"--timezone", "Mars/Olympus"}, `time zone "Mars/Olympus" is not known`},
		"no such file":      {[]string{"--config", filepath.Join(dir, "none.yaml")}, "read config: open"},
		"too many shapes":   {[]string{"--shapes", "201"}, "--shapes 201 is not a number from 0 to 200"},
		"unknown format":    {[]string{"--format", "csv"}, `--format "csv" is not known: text, json`},
	} {
		t.Run(name, func(t *testing.T) {
			r := uncloak(t, "", append([]string{"check", "--data", dir}, c.args...)...)
			if r.code != 2 || !strings.Contains(r.errOut, c.want) || strings.Count(r.errOut, "\n") != 1 || r.out != "" {
				t.Errorf("code %d, %q, %q", r.code, r.errOut, r.out)
			}
		})
	}
}

func TestCookies(t *testing.T) {
	for setting, notes := range map[string]int{"0\n": 1, "1\n": 0, "2\n": 0, "": 0} {
		if got := cookies(setting); len(got) != notes {
			t.Errorf("%q: %q", setting, got)
		}
	}
}
