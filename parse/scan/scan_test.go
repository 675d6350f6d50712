package scan

import (
	"net/netip"
	"testing"
)

func FuzzAddr(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3", "::", "::1", "1::", "1::2", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
		"1:2:3:4:5:6:7:8:9", ":1", "1:", "1:::2", "12345::", "fe80::1%eth0", "1:2:3:4:5:6:1.2.3.4", "1::2::3", "0.0.0.0", "::1.2.3.4.5", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		if err != nil {
			want = netip.Addr{}
		}
		if got := Addr([]byte(s)); err == nil && got != want.WithZone("").Unmap() {
			t.Errorf("%q: got %v, netip says %v", s, got, want)
		} else if err != nil && got.IsValid() && !zoned(s) {
			t.Errorf("%q: got %v, netip refuses it", s, got)
		}
	})
}

// zoned says whether s has a % sign: netip refuses an empty zone and a zone on a mapped address, we drop any zone.
func zoned(s string) bool {
	for i := range len(s) {
		if s[i] == '%' {
			return true
		}
	}
	return false
}

func TestPort(t *testing.T) {
	for s, want := range map[string]uint16{"0": 0, "1": 1, "65535": 65535, "65536": 0, "99999": 0, "100000": 0, "-1": 0, "": 0, "8O": 0, "00080": 80} {
		if got := Port([]byte(s)); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]uint64{"0": 0, "9223372036854775807": 1<<63 - 1} {
		if got, ok := Number([]byte(s)); !ok || got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	for _, s := range []string{"", "9223372036854775808", "18446744073709551616", "99999999999999999999", "1a", "-1"} {
		if n, ok := Number([]byte(s)); ok {
			t.Errorf("%q is read as %d", s, n)
		}
	}
	if Number32([]byte("4294967296")) != 0 || Number32([]byte("4294967295")) != 1<<32-1 {
		t.Error("number32 wraps")
	}
}
