package ingest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// zipped compresses a message as rsyslog's omfwd does with ziplevel.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	b := bytes.NewBufferString("z")
	w := zlib.NewWriter(b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestZipped sends messages that rsyslog has compressed: as datagrams, one by one in a stream, and as a stream.
func TestZipped(t *testing.T) {
	st := &memory{}
	cfg := testConfig()
	cfg.UDP, cfg.TCP = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	var want []string
	next := func(how string) string {
		text := fmt.Sprintf("<4>Nov 28 12:00:00 gw1 kernel: %s %s", how, strings.Repeat("again and ", 20))
		want = append(want, strings.TrimSpace(text))
		return text
	}
	udp := dial(t, s.Addrs()[0])
	for range 3 {
		if _, err := udp.Write(zipped(t, next("datagram"))); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, s, func(st Stats) bool { return st.Received == 3 })
	tcp := dial(t, s.Addrs()[1])
	for range 3 {
		b := zipped(t, next("frame"))
		fmt.Fprintf(tcp, "%d %s", len(b), b)
		fmt.Fprintf(tcp, "%s\n", next("plain"))
	}
	waitFor(t, s, func(st Stats) bool { return st.Received == 9 })
	all := dial(t, s.Addrs()[1])
	w := zlib.NewWriter(all)
	for range 3 {
		fmt.Fprintf(w, "%s\n", next("stream"))
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, s, func(st Stats) bool { return st.Received == 12 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		found := false
		for _, l := range st.lines {
			found = found || strings.TrimSpace(l) == w
		}
		if !found {
			t.Errorf("%q was not stored", w)
		}
	}
}

// A compressed message is cut at the limit of a line, and what is damaged is left as it is.
func TestUnzip(t *testing.T) {
	var u unzipper
	b := zipped(t, strings.Repeat("x", 100_000))
	if plain, more, ok := u.message(b, 1000); !ok || !more || len(plain) != 1000 {
		t.Errorf("beyond the limit: %d bytes, more %v, ok %v", len(plain), more, ok)
	}
	b = zipped(t, "hello, hello, hello")
	if plain, more, ok := u.message(b, 19); !ok || more || string(plain) != "hello, hello, hello" {
		t.Errorf("at the limit: %q %v %v", plain, more, ok)
	}
	for _, text := range []string{"zx is a word", "z\x78\x9c\xff\xff\xff\xff\xff\xff\xff", "zebra", "z"} {
		if b := []byte(text); isZipped(b) {
			if plain, _, ok := u.message(b, 100); ok {
				t.Errorf("%q became %q", text, plain)
			}
		}
	}
}
