package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// initial runs uncloak init until it waits, and returns what it says. ended gives the exit code.
func initial(ctx context.Context, t *testing.T, args ...string) (said *watcher, ended <-chan int) {
	t.Helper()
	pr, pw := io.Pipe()
	code := make(chan int, 1)
	go func() {
		a := newApp(strings.NewReader(""), pw, pw)
		code <- a.run(ctx, append([]string{"init", "--udp", "127.0.0.1:0", "--tcp", ""}, args...))
		pw.Close()
	}()
	return watch(pr), code
}

// says sends a line to where init says that it waits.
func says(t *testing.T, waiting, text string) {
	t.Helper()
	_, at, _ := strings.Cut(waiting, "at udp ")
	at, _, _ = strings.Cut(at, ". ")
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// TestInit sets up for a router that sends: what it says is told to be understood or not, and the config holds.
func TestInit(t *testing.T) {
	for _, tc := range []struct {
		make_, router, line string
		want                []string
	}{
		{"mikrotik", "127.0.0.1", "<134>firewall,info new forward: in:bridge out:ether1, src-mac 02:00:5e:00:53:01, " +
			"proto TCP (SYN), 192.168.88.5:51001->198.51.100.7:443, len 52",
			[]string{"remote=127.0.0.1 remote-port=0", "127.0.0.1: lines that came today: 1, understood: 1",
				"dialect mikrotik", "It is understood, and new sessions are among it."}},
		{"linux", "127.0.0.1", "<4>gw kernel: nf_conntrack: table full, dropping packet",
			[]string{"nft add table inet uncloak", "no new session is among it yet"}},
		{"yamaha", "192.0.2.1", "<14>gw thing: odd \x1b[2J words",
			[]string{"syslog host ", "That is not 192.0.2.1", "None of it is understood", `odd \x1b[2J words`}},
	} {
		dir := t.TempDir()
		data, file := filepath.Join(dir, "data"), filepath.Join(dir, "uncloak.yaml")
		said, ended := initial(t.Context(), t, "--make", tc.make_, "--router", tc.router, "--yes", "--data", data,
			"--config", file)
		says(t, said.wait(t, "Waiting up to 5m0s"), tc.line)
		for _, w := range append(tc.want, "Go on with: uncloak serve --config "+file+" --data "+data) {
			said.wait(t, w)
		}
		if code := <-ended; code != 0 {
			t.Errorf("%s: exit code %d", tc.make_, code)
		}
		if got := ok(t, "", "config", "--config", file); !strings.Contains(got, tc.router) {
			t.Errorf("%s: the config does not have the router: %s", tc.make_, got)
		}
		if n := count(t, data); n != 1 {
			t.Errorf("%s: %d lines are kept", tc.make_, n)
		}
	}
}

// TestInitAsks types answers: what is none is asked for again.
func TestInitAsks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	args := []string{"init", "--config", file, "--wait", "0", "--udp", ":5514"}
	r := uncloak(t, "mikrotk\n\nOPENWRT\ngw\n203.0.113.5\n", args...)
	for _, w := range []string{"did you mean mikrotik", "Write a make", "log_ip=", "is not the address of a router"} {
		if !strings.Contains(r.out, w) {
			t.Errorf("no %q in %s", w, r.out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || r.code != 0 || !strings.Contains(string(text), `allow: ["private","203.0.113.5"]`) ||
		!strings.Contains(string(text), `"udp":[":5514"]`) || !strings.Contains(string(text), "#retain:") {
		t.Fatalf("%+v %v %s", r, err, text)
	}
	ok(t, "", "config", "--config", file)
	for _, bad := range []struct {
		stdin, want string
		args        []string
	}{
		{"", "is there already: --force writes over it", args},
		{"", `--lang: language "xx" is not known`, append(args, "--force", "--lang", "xx")},
		{"", "--wait is -1s", append(args, "--force", "--wait", "-1s")},
		{"", "--yes needs --make and --router", append(args, "--force", "--yes")},
		{"", "nothing was typed", append(args, "--force")},
		{"", "--make: no device is known by", append(args, "--force", "--make", "toaster 9000")},
		{"", "--router: \"gw\" is not", append(args, "--force", "--make", "linux", "--router", "gw")},
	} {
		if r := uncloak(t, bad.stdin, bad.args...); r.code != 2 || !strings.Contains(r.errOut, bad.want) {
			t.Errorf("%q: %+v", bad.args, r)
		}
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(text) {
		t.Errorf("the config has changed: %v", err)
	}
	ok(t, "", append(args, "--force", "--make", "linux", "--router", "192.0.2.9", "--yes")...)
	if again, err := os.ReadFile(file); err != nil || !strings.Contains(string(again), "192.0.2.9") {
		t.Errorf("--force writes nothing: %v", err)
	}
	ok(t, "", "init", "--config", file, "--wait", "0", "--force", "--make", "linux", "--router", "192.0.2.9", "--yes")
	if again, err := os.ReadFile(file); err != nil || strings.Contains(string(again), "\nlisten:") {
		t.Errorf("without --udp and --tcp, serve shall listen where it does by default: %v %s", err, again)
	}
}

// TestInitConfig: the config has what the flags say. Without flags, serve listens where it does without a config.
func TestInitConfig(t *testing.T) {
	for _, tc := range []struct{ flags, want []string }{
		{nil, []string{"listen.udp :514 default", "listen.tcp :514 default", "allow private, 192.0.2.1 c.yaml"}},
		{[]string{"--udp", "5515", "--tcp", "", "--timezone", "Asia/Tokyo", "--table", "4096", "--lan", "10.0.0.0/8",
			"--allow", "10.1.0.0/16,2001:db8::/32", "--http", "127.0.0.1:8514", "--resolver", "10.0.0.1"},
			[]string{"listen.udp :5515 c.yaml", "listen.tcp - c.yaml", "timezone Asia/Tokyo c.yaml",
				"table 4096 c.yaml", "lan 10.0.0.0/8 c.yaml", "listen.http 127.0.0.1:8514 c.yaml",
				"allow 10.1.0.0/16, 2001:db8::/32, 192.0.2.1 c.yaml", "names.resolver 10.0.0.1 c.yaml"}},
	} {
		t.Chdir(t.TempDir())
		ok(t, "", append([]string{"init", "--make", "yamaha", "--router", "192.0.2.1", "--yes", "--wait", "0",
			"--config", "c.yaml"}, tc.flags...)...)
		got := strings.Join(strings.Fields(ok(t, "", "config", "--config", "c.yaml")), " ")
		for _, w := range tc.want {
			if !strings.Contains(got, w) {
				t.Errorf("%q: no %q in %s", tc.flags, w, got)
			}
		}
	}
}

// TestInitStops: who does not wait for the line, or gets none, has the config all the same.
func TestInitStops(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	args := []string{"--make", "fortigate", "--router", "192.0.2.1", "--yes", "--data", filepath.Join(dir, "d"),
		"--config", file}
	said, ended := initial(ctx, t, args...)
	said.wait(t, "Waiting up to")
	stop()
	said.wait(t, "Go on with: uncloak serve")
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	ok(t, "", "config", "--config", file)
	said, ended = initial(t.Context(), t, append(args, "--force", "--wait", "1ms")...)
	said.wait(t, "Nothing came in 1ms")
	if code := <-ended; code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// TestInitBesideServe: where serve runs already, that one receives, and its lines are looked at.
func TestInitBesideServe(t *testing.T) {
	data := t.TempDir()
	d := serve(t, data)
	said, ended := initial(t.Context(), t, "--make", "linux", "--router", "127.0.0.1", "--yes", "--data", data,
		"--config", filepath.Join(t.TempDir(), "c.yaml"))
	if w := said.wait(t, "Waiting up to"); !strings.Contains(w, d.udp) {
		t.Errorf("%q, want %s", w, d.udp)
	}
	send(t, d.udp, 0, 5)
	said.wait(t, "lines that came today: 5, understood: 5")
	said.wait(t, "new sessions are among it")
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestSetups finds devices by make; those of docs/receiving.md come with its words.
func TestSetups(t *testing.T) {
	for word, want := range map[string]string{"Linux": "Linux", "openwrt": "OpenWrt", "routeros": "MikroTik",
		"MikroTik": "MikroTik", "cisco asa": "Cisco ASA", "cisco": "Cisco ASA", "yamaha rtx": "Yamaha RTX, NVR, FWX"} {
		got, err := setupsOf(word)
		if err != nil || got[0].what != want || len(got) > initMakes || len(strings.TrimSpace(got[0].text)) < 20 {
			t.Errorf("%s: %q %v", word, got, err)
		}
	}
}

// TestPutConfig: a config is whole or not there, and one that is replaced keeps its mode and its link.
func TestPutConfig(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	holds := func(want string) {
		t.Helper()
		b, err := os.ReadFile(file)
		info, err2 := os.Stat(file)
		if err != nil || err2 != nil || string(b) != want || info.Mode() != 0o640 {
			t.Errorf("%q, %v, %v, %v", b, info.Mode(), err, err2)
		}
	}
	if err := putConfig(link, []byte("new"), false); err == nil {
		t.Error("a file was replaced")
	}
	holds("old")
	if err := putConfig(link, []byte("new"), true); err != nil {
		t.Error(err)
	}
	holds("new")
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Error(to, err)
	}
	other := filepath.Join(dir, "b.yaml")
	if err := putConfig(other, []byte("first"), false); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 3 {
		t.Error(files, err)
	}
	if err := putConfig(filepath.Join(dir, "none", "c.yaml"), nil, true); err == nil {
		t.Error("no directory, no error")
	}
}

// TestInitConfigNamesNoOtherDevice: where the make has several devices, none of them is said to be the one.
func TestInitConfigNamesNoOtherDevice(t *testing.T) {
	setups, err := setupsOf("cisco")
	if err != nil || len(setups) < 2 {
		t.Fatal(setups, err)
	}
	if b := initConfig(netip.MustParseAddr("192.0.2.1"), setups, &config{}, pflag.NewFlagSet("", 0)); strings.Contains(
		string(b[:strings.Index(string(b), "routers:")]), "ASA") {
		t.Errorf("%.80s", b)
	}
}

// TestArguments: too many arguments are told with how the command is written.
func TestArguments(t *testing.T) {
	var b strings.Builder
	if code := newApp(strings.NewReader(""), &b, &b).run(t.Context(), []string{"schema", "a", "b"}); code != 2 ||
		!strings.Contains(b.String(), "write it like: uncloak schema [NAME]") {
		t.Errorf("%d, %s", code, b.String())
	}
}
