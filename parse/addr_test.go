package parse

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"uncloak/parse/scan"
)

// scan.Addr4 reads the texts that netip.ParseAddr reads as IPv4, and no others.
func TestAddr4IsNetip(t *testing.T) {
	texts := []string{"", "1.2.3", "1.2.3.", "1.2.3.4", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "255.255.255.255", "256.1.1.1", "1.256.1.1", "1.1.1.256",
		"01.2.3.4", "1.02.3.4", "1.2.3.04", "0.0.0.0", "00.0.0.0", "1.2.3.444", "1234.2.3.4", "1.2.3.4567", "1.2.3.4a", "1.2.3:4", "1/2.3.4.5", "1.2.3.\xff",
		"\xb1.2.3.4", "1.2.3.4\x00", "100.200.30.4", "10.20.3.4", "1.20.30.4", "192.168.128.10", "192.168.1281.1", "...1234", "12......", "1.1.1.1.1.1.1"}
	const bytes = "0123456789....1290:a/ "
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		b := make([]byte, 7+rng.IntN(9))
		for i := range b {
			b[i] = bytes[rng.IntN(len(bytes)-rng.IntN(8))]
		}
		texts = append(texts, string(b))
	}
	for range 50_000 {
		a := netip.AddrFrom4([4]byte{byte(rng.Uint32()), byte(rng.Uint32() >> rng.IntN(8)),
			byte(rng.Uint32()), byte(rng.Uint32() >> rng.IntN(8))})
		b := []byte(a.String())
		texts = append(texts, string(b))
		b[rng.IntN(len(b))] = bytes[rng.IntN(len(bytes))]
		texts = append(texts, string(b))
	}
	for _, s := range texts {
		want, err := netip.ParseAddr(s)
		got, ok := scan.Addr4([]byte(s))
		if is4 := err == nil && want.Is4(); ok != is4 || is4 && netip.AddrFrom4(got) != want {
			t.Fatalf("%q: %v %v, netip says %v", s, got, ok, want)
		}
	}
}

// scan.Index finds what strings.Index finds, and scan.Blank the end of the first word.
func TestIndexAndBlank(t *testing.T) {
	const letters = "SRC=  \tab"
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		b := make([]byte, rng.IntN(40))
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		s := string(b)
		for _, want := range []string{"SRC=", "a", " b", "ab ab"} {
			if got := scan.Index(b, want); got != strings.Index(s, want) {
				t.Fatalf("%q in %q: %d", want, s, got)
			}
		}
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		if got := scan.Blank(b); got != end {
			t.Fatalf("%q: the first word ends at %d", s, got)
		}
	}
}
