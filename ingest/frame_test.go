package ingest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	syslog "gopkg.in/mcuadros/go-syslog.v2"
	"gopkg.in/mcuadros/go-syslog.v2/format"

	"uncloak/parse"
)

// cutAll cuts a stream that comes in pieces as the reader gives them.
func cutAll(s *splitter, r io.Reader, limit int) (lines []string, oversize uint64) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, limit+16), limit+16)
	sc.Split(s.split)
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	return lines, s.oversize
}

func TestSplitter(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, tc := range []struct {
		name, in string
		want     []string
		oversize uint64
	}{
		{"newline", "<13>a\n<13>b\n", []string{"<13>a", "<13>b"}, 0},
		{"no newline at the end", "<13>a\n<13>b", []string{"<13>a", "<13>b"}, 0},
		{"octet counted", "5 <13>a6 <13>bc", []string{"<13>a", "<13>bc"}, 0},
		{"newline within a counted frame", "7 <13>a\nb5 <13>c", []string{"<13>a\nb", "<13>c"}, 0},
		{"counted frame with its newline", "6 <13>a\n6 <13>b\n", []string{"<13>a", "<13>b"}, 0},
		{"newline behind a counted frame", "5 <13>a\n5 <13>b\n", []string{"<13>a", "<13>b"}, 0},
		{"by turns", "<13>a\n5 <13>b<13>c\n", []string{"<13>a", "<13>b", "<13>c"}, 0},
		{"nul", "<13>a\x00\n5 <13>b6 <13>c\x00", []string{"<13>a", "<13>b", "<13>c"}, 0},
		{"crlf and empty lines", "a\r\n\r\n\n\x00\nb\r\n", []string{"a", "b"}, 0},
		{"a number is no length", "2026-11-21 x\n12 monkeys\n007 <13>x\n1234567 <13>x\n1x y\n",
			[]string{"2026-11-21 x", "12 monkeys", "007 <13>x", "1234567 <13>x", "1x y"}, 0},
		{"exactly at the limit", long[:500] + "\r\nb\n500 <13>" + long[:496] + "b\n",
			[]string{long[:500], "b", "<13>" + long[:496], "b"}, 0},
		{"one over the limit", long[:501] + "\nb\n501 <13>" + long[:497] + "b\n",
			[]string{long[:500], "b", "<13>" + long[:496], "b"}, 2},
		{"far over the limit", strings.Repeat(long, 100) + "\nb\n600 <13>" + long[:596] + "5 <13>c",
			[]string{long[:500], "b", "<13>" + long[:496], "<13>c"}, 2},
		{"a frame that never ends", "999 <13>ab\n", []string{"<13>ab"}, 0},
		{"only a length", "12 ", []string{"12 "}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(tc.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tc.in))} {
				got, oversize := cutAll(newSplitter(500), r, 500)
				if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tc.want) || oversize != tc.oversize {
					t.Errorf("%s: %q, %d too long; want %q, %d", how, got, oversize, tc.want, tc.oversize)
				}
			}
		})
	}
}

func TestStreamSplitter(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, tc := range []struct {
		name, in string
		want     []string
		oversize uint64
	}{
		{"newline", "<13>a\n<13>b\n", []string{"<13>a", "<13>b"}, 0},
		{"nul", "<13>a\x00<13>b\x00c", []string{"<13>a", "<13>b", "c"}, 0},
		{"newline within a line that ends in nul", "<13>a\x00<13>b\nc\x00", []string{"<13>a", "<13>b\nc"}, 0},
		{"nul before the newline", "<13>a\x00\n<13>b\x00c\n", []string{"<13>a", "<13>b\x00c"}, 0},
		{"nul before crlf", "<13>a\x00\r\n<13>b\x00\r\n", []string{"<13>a", "<13>b"}, 0},
		{"nul within a later line", "<13>a\n<13>b\x00c\n", []string{"<13>a", "<13>b\x00c"}, 0},
		{"counted frames between", "5 <13>a<13>b\x005 <13>c<13>d\x00", []string{"<13>a", "<13>b", "<13>c", "<13>d"}, 0},
		{"too long", long + "\x00b\x00" + long + "\nx\x00c\x00", []string{long[:500], "b", long[:500], "c"}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(tc.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tc.in))} {
				got, oversize := cutAll(newStreamSplitter(500), r, 500)
				if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tc.want) || oversize != tc.oversize {
					t.Errorf("%s: %q, %d too long; want %q, %d", how, got, oversize, tc.want, tc.oversize)
				}
			}
		})
	}
}

// However a stream is cut into reads, the lines are the same, none is empty or too long, and nothing is made up.
func FuzzSplitter(f *testing.F) {
	for _, s := range []string{"<13>a\n5 <13>b", "999999 <13>", "1x y", "1 <", "0 <13>x", strings.Repeat("y", 600) +
		"\nz", "500 <1" + strings.Repeat("q", 600), "a\x00b\nc\x00", "a\x00\r\nb"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 480
		for _, made := range []func(int) *splitter{newSplitter, newStreamSplitter} {
			whole, over := cutAll(made(limit), bytes.NewReader(in), limit)
			pieces, over2 := cutAll(made(limit), iotest.HalfReader(bytes.NewReader(in)), limit)
			if fmt.Sprint(whole) != fmt.Sprint(pieces) || over != over2 {
				t.Fatalf("%q (%d) in pieces is %q (%d)", whole, over, pieces, over2)
			}
			for _, l := range whole {
				if len(l) == 0 || len(l) > limit || !bytes.Contains(in, []byte(l)) {
					t.Fatalf("line of %d bytes: %q", len(l), l)
				}
			}
		}
	})
}

type handed chan format.LogParts

func (h handed) Handle(p format.LogParts, _ int64, _ error) { h <- p }

// Format plugs into go-syslog's own Server: each datagram comes out whole as "raw", a header also in the library's
// fields.
func TestFormatInTheLibrary(t *testing.T) {
	got := make(handed, 10)
	s := syslog.NewServer()
	s.SetFormat(Format{})
	s.SetHandler(got)
	path := t.TempDir() + "/log"
	if err := s.ListenUnixgram(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Boot(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, l := range []string{"no header at all", "<13>Nov 21 10:00:01 gw app: ルーター", "<13>no time",
		"<4>Nov 21 10:00:01 gw kernel: nf_conntrack: table full, dropping packet"} {
		fmt.Fprint(c, l)
		if p := <-got; string(p["raw"].([]byte)) != l {
			t.Errorf("%q came as %q", l, p["raw"])
		} else if l[1] == '4' && (p["hostname"] != "gw" || p["priority"] != 4) {
			t.Errorf("%v", p)
		}
	}
	c.Close()
	if err := s.Kill(); err != nil { // nothing is on its way
		t.Error(err)
	}
	s.Wait()
}

// The library's RFC 5424 parser reads the same headers as parse does.
func TestHeadersAgreeWithTheLibrary(t *testing.T) {
	for _, l := range []string{
		"<30>1 2026-11-21T20:28:01.517355+00:00 router dnsmasq 6022 - - started",
		"<4>1 2026-11-21T20:28:21Z gw kernel - - - [ 5632.359712] x",
		"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" " +
			"eventSource=\"App\"] An application event",
		"<34>1 2003-10-11T22:14:15.003-07:00 192.0.2.1 su 12 ID47 - su root failed",
		"<191>1 2026-01-01T00:00:00+09:00 a b c d - e",
	} {
		lib := (&format.RFC5424{}).GetParser([]byte(l))
		if err := lib.Parse(); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		want := lib.Dump()
		var rec parse.Record
		parse.NewParser().Line([]byte(l), &rec)
		at, ok := rec.Stamp.Resolve(time.Now(), time.UTC)
		if !ok || !at.Equal(want["timestamp"].(time.Time)) || rec.Pri != want["priority"] ||
			string(rec.Host) != want["hostname"] ||
			string(rec.App) != want["app_name"] || nilValue(rec.PID) != want["proc_id"] {
			t.Errorf("%q\nours %v %v %q %q %q\nlibrary's %v", l, at, rec.Pri, rec.Host, rec.App, rec.PID, want)
		}
	}
}

func nilValue(b []byte) string {
	if len(b) == 0 {
		return "-"
	}
	return string(b)
}
