package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"uncloak/ingest/wire"
)

func TestParseProgram(t *testing.T) {
	got, err := ParseProgram("3\n40 0 0 12\n21 0 1 34525\n6 0 0 262144\n")
	want := Program{{Code: 40, K: 12}, {Code: 21, Jf: 1, K: 34525}, {Code: 6, K: 262144}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", "0\n", "2\n6 0 0 1\n", "1\n6 0 0 1\n6 0 0 1\n", "1\n6 0 0\n", "1\n6 0 0 x\n",
		"1\n70000 0 0 1\n", "1\n6 256 0 1\n", "1\n6 0 0 4294967296\n", "1\n-6 0 0 1\n", "a b\n6 0 0 1\n",
		"4097\n" + strings.Repeat("6 0 0 1\n", 4097)} {
		if p, err := ParseProgram(bad); err == nil {
			t.Errorf("%.40q is taken for %v", bad, p)
		}
	}
}

func TestCompile(t *testing.T) {
	if f := Compile(t.Context(), []string{"", " "}, SnapMax); f != nil {
		t.Error("no expression is a filter")
	}
	if _, err := findTcpdump(); err != nil {
		t.Skip(err)
	}
	for _, link := range []int{linkEthernet, linkRaw} {
		p, err := Compile(t.Context(), []string{"tcp", "and", "port 53"}, 96)(link)
		takes := func(i Instruction) bool { return i.Code == give && i.K == 96 }
		if err != nil || len(p) < 5 || !slices.ContainsFunc(p, takes) {
			t.Errorf("link %d: %v, %v", link, p, err)
		}
	}
	var refused RefusedError
	for _, bad := range []string{"prot 53", "-w /dev/null", "port"} {
		if _, err := Compile(t.Context(), []string{bad}, 96)(linkEthernet); !errors.As(err, &refused) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// framesIn counts the frames of a file, and what it says of drops.
func framesIn(t *testing.T, path string) (n int, dropped uint64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var f wire.Frame
	for ; ; n++ {
		if err := r.Next(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if f.Interface != n%2 || f.Length != 120 || len(f.Data) != 100 || f.Time%1e9 != 123456789 {
			t.Fatalf("%s: frame %d is %+v", path, n, f)
		}
	}
	for _, i := range r.Interfaces() {
		dropped += i.Dropped
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode() != 0o600 {
		t.Errorf("%s: %v, %v", path, fi.Mode(), err)
	}
	return n, dropped
}

func TestSaver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lan.pcapng")
	on := []wire.Interface{{Name: "eth0", Link: linkEthernet}, {Name: "wg0", Link: linkRaw}}
	for run := range 2 { // the second keeps the file of the first
		s, err := NewSaver(path, 2000, 3, on)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 * (1 - run) {
			if err := s.Save(&wire.Frame{Time: int64(i)*1e9 + 123456789, HasTime: true, Link: on[i%2].Link,
				Interface: i % 2, Length: 120, Data: make([]byte, 100)}); err != nil {
				t.Fatal(err)
			}
			if err := s.Save(&wire.Frame{Link: wire.NoLink}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close([]Counts{{Packets: 20, Dropped: 3}, {Packets: 20, Dropped: 4}}); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			n, dropped := framesIn(t, filepath.Join(dir, e.Name()))
			got = append(got, fmt.Sprintf("%s %d/%d", e.Name(), n, dropped))
		}
		want := []string{"lan.1.pcapng 14/0", "lan.2.pcapng 14/0", "lan.pcapng 12/7"}
		if run == 1 {
			want = []string{"lan.1.pcapng 12/7", "lan.2.pcapng 14/0", "lan.pcapng 0/7"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("run %d: files are %q, want %q", run, got, want)
		}
	}
	if _, err := NewSaver(dir, 2000, 3, on); err == nil {
		t.Error("a directory is written to")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, names := range [][]string{nil, make([]string, InterfacesMax+1), {"no such interface"}} {
		if s, err := Open(Options{Interfaces: names}); err == nil {
			s.Close()
			t.Errorf("%d interfaces %.20q are opened", len(names), names)
		}
	}
}
