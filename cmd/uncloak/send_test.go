package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSend(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	file := filepath.Join(t.TempDir(), "router.log")
	if err := os.WriteFile(file, []byte("<13>one\n\n<13>two\r\n<13>three"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := c.LocalAddr().String()
	for _, tc := range []struct {
		name string
		args []string
		in   string
		code int
		out  string
	}{
		{"a file", []string{file, to}, "", 0, "sent 3 lines (0.0 MB)"},
		{"stdin, again and again", []string{"-", to, "--count", "5", "--rate", "1000"}, "<13>a\n<13>b\n", 0, "sent 5 lines"},
		{"nothing", []string{"-", to}, "\n", 1, ""},
		{"no such network", []string{file, to, "--net", "smoke"}, "", 2, ""},
		{"no port", []string{file, "gw"}, "", 2, ""},
		{"no such file", []string{file + "x", to}, "", 1, ""},
		{"TLS without its authority", []string{file, to, "--net", "tls", "--ca", file}, "", 2, ""},
	} {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"send"}, tc.args...), strings.NewReader(tc.in), &out, &errs)
		if code != tc.code || !strings.Contains(out.String(), tc.out) {
			t.Errorf("%s: exit code %d, %q, %q", tc.name, code, out.String(), errs.String())
		}
	}
	buf := make([]byte, 100)
	for _, want := range []string{"<13>one", "<13>two", "<13>three", "<13>a", "<13>b", "<13>a", "<13>b", "<13>a"} {
		if n, _, err := c.ReadFrom(buf); err != nil || string(buf[:n]) != want {
			t.Fatalf("%q, want %q", buf[:n], want)
		}
	}
}
