package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"uncloak/ingest"
	"uncloak/ingest/certtest"
)

// syslogCapture holds 30 packets that tcpdump -i any wrote: ten messages of three senders by UDP and TCP, and one
// datagram to another port.
const syslogCapture = "../../ingest/testdata/syslog.pcap.gz"

const captureEnd = "0 errors; capture: 30 packets, 1 not syslog\n"

func captureTexts(t *testing.T) (texts []string) {
	t.Helper()
	f, err := os.Open(syslogCapture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := ingest.NewMessages(f, 514)
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.All(1 << 20)
	if err != nil || len(all) != 10 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	for _, one := range all {
		texts = append(texts, string(one.Text))
	}
	return texts
}

// TestSendCapture: the messages of a capture arrive byte for byte, whichever way it is read.
func TestSendCapture(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	file, err := os.ReadFile(syslogCapture)
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(pipe, file, 0)
	want, buf := captureTexts(t), make([]byte, 1<<16)
	for name, args := range map[string][]string{
		"a file":         {syslogCapture},
		"stdin":          {"-"},
		"a pipe":         {pipe},
		"stdin, counted": {"-", "--count", "10"},
		"recorded":       {syslogCapture, "--pace", "recorded", "--speed", "10"},
		"three sockets":  {"-", "--senders", "3", "--rate", "10000"},
	} {
		var out, errs strings.Builder
		args = append([]string{"send", args[0], c.LocalAddr().String()}, args[1:]...)
		if code := run(t.Context(), args, bytes.NewReader(file), &out, &errs); code != 0 ||
			!strings.HasPrefix(out.String(), "sent 10 lines (0.0 MB) in ") ||
			!strings.HasSuffix(out.String(), captureEnd) {
			t.Fatalf("%s: exit code %d, %q, %q", name, code, out.String(), errs.String())
		}
		from := map[string]bool{}
		for _, text := range want {
			n, a, err := c.ReadFrom(buf)
			if err != nil || string(buf[:n]) != text && name != "three sockets" { // which may overtake each other
				t.Fatalf("%s: %q, want %q", name, buf[:n], text)
			}
			from[a.(*net.UDPAddr).IP.String()] = true
		}
		if len(from) != 1 && (name != "three sockets" || len(from) != 3) {
			t.Errorf("%s: from %v", name, from)
		}
	}
}

// TestSendCaptureTLS sends over TLS with a client certificate, each message in a frame of its length, and checks the
// errors where either side rejects the certificate of the other.
func TestSendCaptureTLS(t *testing.T) {
	ours, theirs := certtest.New(t, "ours"), certtest.New(t, "theirs")
	pair, err := tls.LoadX509KeyPair(theirs.Files(t, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.Client(t, nil, "").RootCAs})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, err := io.ReadAll(c)
			c.Close()
			if err == nil {
				got <- string(text)
			}
		}
	}()
	cert, key := ours.Files(t, "router")
	base := []string{"send", syslogCapture, l.Addr().String(), "--net", "tls"}
	for _, tc := range []struct {
		name      string
		args      []string
		code      int
		out, errs string
	}{
		{"ours", []string{"--ca", theirs.CA, "--cert", cert, "--key", key}, 0, captureEnd, ""},
		{"by another name", []string{"--ca", theirs.CA, "--cert", cert, "--key", key, "--name", "logs"}, 0, captureEnd,
			""},
		{"no certificate", []string{"--ca", theirs.CA}, 1, "10 errors; capture: 30 packets", "--cert and --key"},
		{"a certificate without a key", []string{"--ca", theirs.CA, "--cert", cert}, 2, "", "--cert and --key"},
		{"an authority that we do not know", []string{"--ca", ours.CA, "--cert", cert, "--key", key}, 1, "",
			"--ca FILE"},
		{"not the name", []string{"--ca", theirs.CA, "--cert", cert, "--key", key, "--name", "gw"}, 1, "",
			"--name says"},
	} {
		var out, errs strings.Builder
		code := run(t.Context(), append(base[:len(base):len(base)], tc.args...), nil, &out, &errs)
		if code != tc.code || !strings.Contains(out.String(), tc.out) || tc.out == "" && out.Len() > 0 ||
			!strings.Contains(errs.String(), tc.errs) || tc.errs == "" && errs.Len() > 0 {
			t.Errorf("%s: exit code %d, %q, %q", tc.name, code, out.String(), errs.String())
		}
		if tc.code != 0 {
			continue
		}
		rest := <-got
		for _, text := range captureTexts(t) {
			var ok bool
			if rest, ok = strings.CutPrefix(rest, octets(text)); !ok {
				t.Fatalf("%s: %.80q, want %q", tc.name, rest, text)
			}
		}
	}
	var out, errs strings.Builder
	l.Close()
	if code := run(t.Context(), append(base, "--ca", theirs.CA), nil, &out, &errs); code != 1 ||
		!strings.Contains(errs.String(), "connection refused: nothing listens there") {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

func octets(text string) string { return strconv.Itoa(len(text)) + " " + text }

// TestSendLive sends the lines of stdin as they come, until a signal ends it; the count is then printed.
func TestSendLive(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs strings.Builder
	code := make(chan int)
	go func() { code <- run(ctx, []string{"send", "-", c.LocalAddr().String()}, r, &out, &errs) }()
	buf := make([]byte, 100)
	for range 3 {
		io.WriteString(w, "<13>a line as it is written somewhere\n")
		if n, _, err := c.ReadFrom(buf); err != nil || string(buf[:n]) != "<13>a line as it is written somewhere" {
			t.Fatalf("%q, %v", buf[:n], err)
		}
	}
	cancel()
	if got := <-code; got != 0 || !strings.HasPrefix(out.String(), "sent 3 lines") ||
		!strings.HasSuffix(out.String(), "0 errors; stopped\n") {
		t.Errorf("exit code %d, %q, %q", got, out.String(), errs.String())
	}
	// a terminal without input
	out.Reset()
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if got := run(ctx, []string{"send", "-", c.LocalAddr().String(), "--count", "5"}, r, &out, &errs); got != 1 ||
		out.Len() > 0 || !strings.Contains(errs.String(), "nothing was sent") {
		t.Errorf("exit code %d, %q, %q", got, out.String(), errs.String())
	}
}

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
		{"stdin, again and again", []string{"-", to, "--count", "5", "--rate", "1000"}, "<13>a\n<13>b\n", 0,
			"sent 5 lines"},
		{"nothing", []string{"-", to}, "\n", 1, ""},
		{"no such network", []string{file, to, "--net", "smoke"}, "", 2, ""},
		{"no port", []string{file, "gw"}, "", 2, ""},
		{"a path without its network", []string{file, "/run/uncloak.sock"}, "", 2, ""},
		{"no such file", []string{file + "x", to}, "", 1, ""},
		{"TLS without its authority", []string{file, to, "--net", "tls", "--ca", file}, "", 2, ""},
		{"an authority without TLS", []string{file, to, "--ca", file}, "", 2, ""},
		{"frames without a stream", []string{file, to, "--framing", "octet"}, "", 2, ""},
		{"a speed without a pace", []string{file, to, "--speed", "3"}, "", 2, ""},
		{"no such port", []string{file, to, "--ports", "65536"}, "", 2, ""},
		{"a capture without syslog", []string{syslogCapture, to, "--ports", "99"}, "", 1, ""},
	} {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"send"}, tc.args...), strings.NewReader(tc.in), &out, &errs)
		if code != tc.code || !strings.Contains(out.String(), tc.out) || strings.HasPrefix(tc.name, "a path") &&
			!strings.Contains(errs.String(), "--net unix") {
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
