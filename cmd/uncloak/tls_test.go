package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"uncloak/ingest/certtest"
)

// TestServeTLS: certificates from the config, new ones after HUP, and what was connected before goes on.
func TestServeTLS(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "uncloak.yaml")
	configure := func(a *certtest.Authority, zone string) {
		cert, key := a.Files(t, "logs")
		text := fmt.Sprintf("timezone: %s\nlisten: {tls: '127.0.0.1:0'}\n"+
			"tls: {cert: %s, key: %s, client_ca: %s, allowed_names: [gw]}\n", zone, cert, key, a.CA)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one, two := certtest.New(t, "one"), certtest.New(t, "two")
	configure(one, "UTC")
	d := serve(t, data, "--config", file)
	connect := func(a *certtest.Authority, name string) (*tls.Conn, error) {
		return tls.Dial("tcp", d.tls, a.Client(t, a, name))
	}
	first, err := connect(one, "gw")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(first, line(1))
	stored(t, data, 1)

	configure(two, "UTC")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	d.log.wait(t, "config reread")
	second, err := connect(two, "gw")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(second, line(2))
	fmt.Fprintln(first, line(3))
	stored(t, data, 3)
	if c, err := connect(two, "evil"); err == nil { // in TLS 1.3 the client learns of the refusal when it reads
		fmt.Fprintln(c, line(4))
	}
	if l := d.log.wait(t, "no TLS with this client"); !strings.Contains(l,
		"its certificate is for evil, 127.0.0.1: none of these is an allowed name") {
		t.Error(l)
	}
	if err := os.WriteFile(file, []byte("listen: {tls: '127.0.0.1:0'}\ntls: {cert: /none.crt, key: /none.key}\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if l := d.log.wait(t, "the old one stays in force"); !strings.Contains(l, "/none.crt") {
		t.Error(l)
	}
	fmt.Fprintln(first, line(5))
	stored(t, data, 4)
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestServeBadTLS(t *testing.T) {
	for name, args := range map[string][]string{
		"no certificate":  {"--tls", "127.0.0.1:0"},
		"no such file":    {"--tls-cert", "/none.crt", "--tls-key", "/none.key"},
		"no port":         {"--tls", "127.0.0.1", "--tls-cert", "/none.crt", "--tls-key", "/none.key"},
		"names alone":     {"--udp", "127.0.0.1:0", "--tls-allow", "gw.example.net"},
		"authority alone": {"--udp", "127.0.0.1:0", "--tls-client-ca", "/none.crt"},
		"key alone":       {"--udp", "127.0.0.1:0", "--tls-key", "/none.key"},
	} {
		r := uncloak(t, "", append([]string{"serve", "--data", t.TempDir(), "--udp", "", "--tcp", ""}, args...)...)
		if r.code != 2 || strings.Count(r.errOut, "\n") != 1 || !strings.Contains(r.errOut, "TLS") {
			t.Errorf("%s: exit %d: %s", name, r.code, r.errOut)
		}
	}
}
