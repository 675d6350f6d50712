package ingest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/ingest/certtest"
	"uncloak/store"
)

// secured is a Config that listens for TLS, with files.
func secured(t *testing.T, files TLSFiles) Config {
	t.Helper()
	cfg := testConfig()
	cfg.TLS = []string{"127.0.0.1:0"}
	var err error
	if cfg.Secure, err = files.Load(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func serverFiles(t *testing.T, a *certtest.Authority) TLSFiles {
	t.Helper()
	cert, key := a.Files(t, "logs")
	return TLSFiles{Cert: cert, Key: key}
}

func TestTLSFrames(t *testing.T) {
	a := certtest.New(t, "ours")
	line := func(i int) string { return fmt.Sprintf("<13>Nov 21 20:28:01 gw app[1]: line %d", i) }
	for name, write := range map[string]func(w io.Writer, i int){
		"newline":       func(w io.Writer, i int) { fmt.Fprintf(w, "%s\n", line(i)) },
		"octet counted": func(w io.Writer, i int) { fmt.Fprintf(w, "%d %s", len(line(i)), line(i)) },
	} {
		t.Run(name, func(t *testing.T) {
			st := &memory{}
			s, stop := start(t, secured(t, serverFiles(t, a)), st)
			c := tls.Client(dial(t, s.Addrs()[0]), a.Client(t, nil, ""))
			w := bufio.NewWriterSize(c, 9000) // records that end within a line
			const n = 20000
			for i := range n {
				write(w, i)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, s, func(st Stats) bool { return st.Stored >= n })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := s.Stats(); got.Stored != n || got.Malformed+got.Oversize+got.Dropped+got.Handshakes != 0 {
				t.Errorf("stats %+v", got)
			}
			for i, l := range st.lines {
				if l != line(i) {
					t.Fatalf("line %d is %q", i, l)
				}
			}
		})
	}
}

// TestTLSAtPlainPort: a client that speaks TLS to a plain port has its connection closed, and none of its bytes
// become a line.
func TestTLSAtPlainPort(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.TCP = []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	c := tls.Client(dial(t, s.Addrs()[0]), certtest.New(t, "ours").Client(t, nil, ""))
	if err := c.Handshake(); err != io.EOF {
		t.Errorf("the client sees %v", err)
	}
	fmt.Fprint(dial(t, s.Addrs()[0]), "\x16\x03\x01 no hello\n") // odd, and no TLS
	waitFor(t, s, func(st Stats) bool { return st.Handshakes == 1 && st.Stored == 1 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Stored != 1 || got.Handshakes != 1 {
		t.Errorf("stats %+v, lines %q", got, st.lines)
	}
}

// TestTLSClients: clients without a valid certificate are refused, and do not delay the others.
func TestTLSClients(t *testing.T) {
	ours, theirs := certtest.New(t, "ours"), certtest.New(t, "theirs")
	files := serverFiles(t, ours)
	files.ClientCA, files.AllowedNames = ours.CA, []string{"gw.example.net", "*.lan"}
	old := ours.Client(t, ours, "gw.example.net")
	// the lowest that Go's client still speaks with a nod
	old.MinVersion, old.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
	for _, tc := range []struct {
		name   string
		client *tls.Config // nil: it says nothing in TLS
		says   string
		in     bool
	}{
		{"right name", ours.Client(t, ours, "gw.example.net"), "", true},
		{"any case", ours.Client(t, ours, "GW.Example.net"), "", true},
		{"wildcard", ours.Client(t, ours, "ap1.lan"), "", true},
		{"deeper than the wildcard", ours.Client(t, ours, "a.ap1.lan"), "", false},
		{"other name", ours.Client(t, ours, "evil.example.net"), "", false},
		{"other authority", ours.Client(t, theirs, "gw.example.net"), "", false},
		{"no certificate", ours.Client(t, nil, ""), "", false},
		{"TLS 1.1", old, "", false},
		{"plain text", nil, "<13>Nov 21 20:28:01 gw app: x\n", false},
		{"random bytes", nil, "\x16\x03\x01\xff\xff\x00\x01\x02" + strings.Repeat("\xa5", 300), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := &memory{}
			cfg := secured(t, files)
			cfg.Drain = 100 * time.Millisecond // a stop lets the silent one have so long
			s, stop := start(t, cfg, st)
			silent := dial(t, s.Addrs()[0]) // and stays so
			conn := dial(t, s.Addrs()[0])
			if tc.client == nil {
				fmt.Fprint(conn, tc.says)
			} else {
				c := tls.Client(conn, tc.client)
				if _, err := fmt.Fprint(c, "<13>Nov 21 20:28:01 gw app: x\n"); err == nil && tc.in {
					c.CloseWrite()
				}
			}
			want := Stats{Stored: 1}
			if !tc.in {
				want = Stats{Handshakes: 1}
				_, _ = io.Copy(io.Discard, conn) // closed, or reset
			}
			waitFor(t, s, func(st Stats) bool { return st.Stored == want.Stored && st.Handshakes == want.Handshakes })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if got := s.Stats(); got.Stored != want.Stored {
				t.Errorf("stats %+v", got)
			}
			silent.Close()
		})
	}
}

func TestSilentTLSClientIsClosed(t *testing.T) {
	cfg := secured(t, serverFiles(t, certtest.New(t, "ours")))
	cfg.Handshake = 10 * time.Millisecond
	s, _ := start(t, cfg, &memory{})
	if _, err := io.Copy(io.Discard, dial(t, s.Addrs()[0])); err != nil {
		t.Error(err)
	}
	waitFor(t, s, func(st Stats) bool { return st.Handshakes == 1 })
}

// TestTLSReload: a new certificate and other clients from the next connection on; the ones that are there stay.
func TestTLSReload(t *testing.T) {
	one, two := certtest.New(t, "one"), certtest.New(t, "two")
	files := serverFiles(t, one)
	files.ClientCA = one.CA
	s, _ := start(t, secured(t, files), &memory{})
	first := tls.Client(dial(t, s.Addrs()[0]), one.Client(t, one, "gw"))
	fmt.Fprint(first, "a\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 })

	files = serverFiles(t, two)
	files.ClientCA = two.CA
	secure, err := files.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.Set(Settings{Secure: secure})
	s.Set(Settings{}) // keeps it
	second := tls.Client(dial(t, s.Addrs()[0]), two.Client(t, two, "gw"))
	fmt.Fprint(second, "b\n")
	fmt.Fprint(first, "c\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 3 })
	third := tls.Client(dial(t, s.Addrs()[0]), two.Client(t, one, "gw"))
	fmt.Fprint(third, "d\n")
	waitFor(t, s, func(st Stats) bool { return st.Handshakes == 1 })
}

// tap keeps what is read from a connection.
type tap struct {
	net.Conn
	got bytes.Buffer
}

func (c *tap) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.got.Write(b[:n])
	return n, err
}

// TestTLSClose: a client that says that it closes, and one that stays open while the server stops, both get the
// server's closing alert.
func TestTLSClose(t *testing.T) {
	a := certtest.New(t, "ours")
	s, stop := start(t, secured(t, serverFiles(t, a)), &memory{})
	says := a.Client(t, nil, "")
	says.MaxVersion = tls.VersionTLS12 // in 1.3 an alert looks like any other record
	taps := []*tap{{Conn: dial(t, s.Addrs()[0])}, {Conn: dial(t, s.Addrs()[0])}}
	one, two := tls.Client(taps[0], says), tls.Client(taps[1], says)
	fmt.Fprint(one, "a\n")
	fmt.Fprint(two, "b\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 2 })
	if err := one.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, _ = one.Read(make([]byte, 1)) // to the end
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	_, _ = two.Read(make([]byte, 1))
	for i, c := range taps {
		var last byte
		for b := c.got.Bytes(); len(b) >= 5; b = b[min(len(b), 5+int(b[3])<<8+int(b[4])):] {
			last = b[0]
		}
		if last != 21 {
			t.Errorf("client %d: the last record is of type %d, no alert", i, last)
		}
	}
}

// TestStopDrainsTLS: what clients wrote before the stop is stored, whether it was read by then or not.
func TestStopDrainsTLS(t *testing.T) {
	a := certtest.New(t, "ours")
	st := &memory{hold: make(chan struct{})}
	cfg := secured(t, serverFiles(t, a))
	cfg.Queue, cfg.BatchEvents = 100, 10
	s, stop := start(t, cfg, st)
	c := tls.Client(dial(t, s.Addrs()[0]), a.Client(t, nil, ""))
	const n = 1000 // far more than the queue and the first buffer hold, less than the kernel does
	for i := range n {
		fmt.Fprintf(c, "<13>Nov 21 20:28:01 gw app: line %d\n", i)
	}
	done := make(chan error, 1)
	go func() { done <- stop() }()
	close(st.hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(st.lines) != n {
		t.Errorf("%d of %d lines were stored after a stop", len(st.lines), n)
	}
}

func TestTLSFiles(t *testing.T) {
	a, b := certtest.New(t, "a"), certtest.New(t, "b")
	cert, key := a.Files(t, "logs")
	_, other := b.Files(t, "other")
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := a.CA
	for _, tc := range []struct {
		name string
		f    TLSFiles
		says string // "" = fine
	}{
		{"fine", TLSFiles{Cert: cert, Key: key}, ""},
		{"with clients", TLSFiles{Cert: cert, Key: key, ClientCA: ca, AllowedNames: []string{"gw"}}, ""},
		{"nothing", TLSFiles{}, "needs a certificate and its key"},
		{"no key", TLSFiles{Cert: cert}, "needs a certificate and its key"},
		{"missing file", TLSFiles{Cert: cert + "x", Key: key}, "no such file"},
		{"other's key", TLSFiles{Cert: cert, Key: other}, "does not match"},
		{"junk", TLSFiles{Cert: junk, Key: key}, "junk.pem"},
		{"exchanged", TLSFiles{Cert: key, Key: cert}, "logs.key"},
		{"junk authority", TLSFiles{Cert: cert, Key: key, ClientCA: junk}, "has no certificate in PEM"},
		{"missing authority", TLSFiles{Cert: cert, Key: key, ClientCA: junk + "x"}, "no such file"},
		{"names without authority", TLSFiles{Cert: cert, Key: key, AllowedNames: []string{"gw"}}, "no authority"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.f.Load()
			if (err == nil) != (tc.says == "") || err != nil && (!strings.Contains(err.Error(), tc.says) ||
				strings.Contains(err.Error(), "\n")) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestTLSFullStore: a TLS client waits while the disk is full, and loses nothing.
func TestTLSFullStore(t *testing.T) {
	a := certtest.New(t, "ours")
	st := &memory{err: store.ErrFull, refused: make(chan struct{}, 1)}
	cfg := secured(t, serverFiles(t, a))
	cfg.Queue, cfg.BatchEvents = 100, 10
	s, stop := start(t, cfg, st)
	c := tls.Client(dial(t, s.Addrs()[0]), a.Client(t, nil, ""))
	const n = 20000
	sent := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(c)
		for i := range n {
			fmt.Fprintf(w, "<13>Nov 21 20:28:01 gw app: line %d\n", i)
		}
		sent <- w.Flush()
	}()
	<-st.refused
	st.setErr(nil)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, func(st Stats) bool { return st.Stored == n })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Dropped+got.Lost != 0 {
		t.Errorf("stats %+v", got)
	}
}
