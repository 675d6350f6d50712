package wire

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/quic"
)

// published reads a packet that an RFC gives as an example.
func published(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// greetingsOf returns the lines about QUIC in a capture of datagrams of one client.
func greetingsOf(t *testing.T, datagrams ...[]byte) []string {
	t.Helper()
	var fs []at
	for i, b := range datagrams {
		fs = append(fs, at{time.Duration(i) * time.Millisecond, datagram(t, laptop, server, 40000, 443, b)})
	}
	all, _ := lines(t, pcapFile(linkEthernet, fs...))
	var got []string
	for _, l := range all {
		if strings.Contains(l, " quic udp ") {
			got = append(got, l)
		}
	}
	return got
}

// The examples of RFC 9001, A.2, and RFC 9369, A.2: keys, and the name in the packet.
func TestQUICPublished(t *testing.T) {
	for i, c := range []struct{ file, iv string }{
		{"quic-rfc9001-a2.hex", "fa044b2f42a3fd3b46fb255c"},
		{"quic-rfc9369-a2.hex", "91f73e2351d8fa91660e909f"},
	} {
		packet := published(t, c.file)
		k := quicVersions[i].keys([]byte{0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08})
		if got := hex.EncodeToString(k.iv); got != c.iv {
			t.Errorf("%s: iv %s, want %s", c.file, got, c.iv)
		}
		before := slices.Clone(packet)
		frames := k.open(packet, 18)
		if len(frames) != 1162 || !bytes.HasPrefix(frames, []byte{6, 0, 0x40, 0xf1, 1, 0, 0, 0xed, 3, 3, 0xeb, 0xf8}) {
			t.Errorf("%s: %d bytes of frames, %x", c.file, len(frames), frames[:min(len(frames), 12)])
		}
		if !bytes.Equal(packet, before) {
			t.Errorf("%s: the packet was changed", c.file)
		}
		got := greetingsOf(t, packet, packet)
		if len(got) != 1 || !strings.HasSuffix(got[0], "> 203.0.113.5:443 example.com") {
			t.Errorf("%s: %q", c.file, got)
		}
		// One bit changed, cut short, or too short for a client's: no name, and no harm.
		for _, at := range []int{0, 3, 5, 8, 20, 600, 1199} {
			bad := slices.Clone(packet)
			bad[at] ^= 0x10
			if got := greetingsOf(t, bad, packet[:at]); len(got) != 0 {
				t.Errorf("%s: byte %d: %q", c.file, at, got)
			}
		}
	}
}

// sealed is an Initial packet of version 1 with these frames; the identifier is a later one where from is another's.
func sealed(t testing.TB, from, id string, number byte, frames []byte) []byte {
	t.Helper()
	k := quicVersions[0].keys([]byte(from))
	frames = append(slices.Clone(frames), make([]byte, max(0, 1300-len(frames)))...)
	head := append([]byte{0xc0, 0, 0, 0, 1, byte(len(id))}, id...)
	length := 1 + len(frames) + 16
	head = append(head, 0, 0, 0x40|byte(length>>8), byte(length), number)
	nonce := slices.Clone(k.iv)
	nonce[11] ^= number
	p := k.aead.Seal(slices.Clone(head), nonce, frames, head)
	var mask [16]byte
	k.head.Encrypt(mask[:], p[len(head)+3:])
	p[0] ^= mask[0] & 0x0f
	p[len(head)-1] ^= mask[1]
	return p
}

// crypto is a CRYPTO frame with a part of a handshake.
func crypto(at int, part string) []byte {
	head := []byte{6, 0x40 | byte(at>>8), byte(at), 0x40 | byte(len(part)>>8), byte(len(part))}
	return append(head, part...)
}

// The parts of a greeting come in any order, between others, twice, in several packets and datagrams, and also under
// the identifier that the server or its Retry says.
func TestQUICParts(t *testing.T) {
	h := hello("example.net")[5:]
	ack := []byte{2, 9, 0, 1, 2, 0, 0}
	other := hello("other.example")[5:]
	for _, c := range []struct {
		name      string
		datagrams [][]byte
		want      string
	}{
		{"one", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, h))}, "example.net"},
		{"backwards", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0,
			slices.Concat([]byte{1, 0}, crypto(40, h[40:]), ack, crypto(20, h[20:50]), crypto(0, h[:20])))},
			"example.net"},
		{"acknowledged with counts of ECN", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0,
			slices.Concat([]byte{3, 9, 0, 1, 2, 0, 0, 7, 0x40, 0x80, 1}, crypto(0, h)))}, "example.net"},
		{"coalesced", [][]byte{slices.Concat(sealed(t, "abcdefgh", "abcdefgh", 1, crypto(30, h[30:])),
			sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, h[:30])))}, "example.net"},
		{"two datagrams", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 7, crypto(30, h[30:])),
			sealed(t, "abcdefgh", "abcdefgh", 7, crypto(30, h[30:])),
			sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, h[:30]))}, "example.net"},
		{"the server's identifier", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, h[:30])),
			sealed(t, "abcdefgh", "12345", 1, crypto(30, h[30:]))}, "example.net"},
		{"after a Retry", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, h[:30])),
			sealed(t, "retry", "retry", 1, crypto(0, other))}, "other.example"},
		{"hostile", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, hello("a\x1b[2J b\xff")[5:]))},
			`a\x1b[2J\x20b\xff`},
		{"a part missing", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(30, h[30:]))}, ""},
		{"no greeting", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, "\x02\x00\x00\x01x"))}, ""},
		{"too long", [][]byte{sealed(t, "abcdefgh", "abcdefgh", 0, crypto(0, "\x01\xff\xff\xff"+h))}, ""},
		{"keys of another", [][]byte{sealed(t, "abcdefgh", "12345678", 0, crypto(0, h))}, ""},
	} {
		got := strings.Join(greetingsOf(t, c.datagrams...), "\n")
		if _, name, _ := strings.Cut(got, ":443 "); name != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Of datagrams that never make a greeting whole no more than quicTries are looked at.
func TestQUICTries(t *testing.T) {
	r := &requests{found: func(*session, string, []byte, []byte) {}}
	s, part := &session{}, sealed(t, "abcdefgh", "abcdefgh", 0, crypto(30, "x"))
	for i := range quicTries {
		if r.quic(s, &IP{Payload: part, Length: len(part)}); len(r.greetings) != 1 {
			t.Fatalf("%d greetings after %d datagrams", len(r.greetings), i+1)
		}
	}
	if r.quic(s, &IP{Payload: part, Length: len(part)}); len(r.greetings) != 0 || s.quic != quicDone {
		t.Errorf("%d greetings, state %d", len(r.greetings), s.quic)
	}
}

// The first datagrams of a real client, whose greeting does not fit into one.
func TestQUICClient(t *testing.T) {
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	client, err := quic.Listen("udp4", "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	go client.Dial(t.Context(), "udp4", socket.LocalAddr().String(), &quic.Config{TLSConfig: &tls.Config{
		ServerName: "updates.example.org", NextProtos: []string{"h3", strings.Repeat("x", 200)},
		MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519}}})
	defer client.Close(t.Context())
	_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
	var datagrams [][]byte
	for buffer := make([]byte, 2048); len(datagrams) < quicTries; {
		n, err := socket.Read(buffer)
		if err != nil {
			t.Fatalf("after %d datagrams: %v", len(datagrams), err)
		}
		datagrams = append(datagrams, bytes.Clone(buffer[:n]))
		if got := greetingsOf(t, datagrams...); len(got) > 0 {
			if !strings.HasSuffix(got[0], " updates.example.org") {
				t.Errorf("%q", got)
			}
			if len(datagrams) < 2 {
				t.Errorf("the greeting came in one datagram")
			}
			return
		}
	}
	t.Error("no name")
}

func FuzzQUIC(f *testing.F) {
	h := hello("example.net")[5:]
	f.Add(slices.Concat(crypto(20, h[20:]), []byte{1, 2, 9, 0, 1, 2, 0, 0}, crypto(0, h[:20])), true)
	f.Add(published(f, "quic-rfc9001-a2.hex"), false)
	f.Fuzz(func(t *testing.T, b []byte, frames bool) {
		r := &requests{found: func(*session, string, []byte, []byte) {}}
		if frames && len(b) < 8000 {
			b = sealed(t, "abcdefgh", "abcdefgh", 0, b)
		}
		s := &session{}
		for range 2 {
			r.quic(s, &IP{Payload: b, Length: max(len(b), quicMin)})
		}
		for _, g := range r.greetings {
			if len(g.b) > headMax {
				t.Errorf("%d bytes kept", len(g.b))
			}
		}
	})
}

func BenchmarkQUICGreeting(b *testing.B) {
	packet := published(b, "quic-rfc9001-a2.hex")
	r := &requests{found: func(*session, string, []byte, []byte) {}}
	b.ReportAllocs()
	for b.Loop() {
		r.quic(&session{}, &IP{Payload: packet, Length: len(packet)})
	}
}
