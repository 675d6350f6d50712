package detect

import (
	"net/netip"
	"strings"
	"testing"
)

func TestChange(t *testing.T) {
	names := func(s string) (netip.Addr, bool) { return lan(12), s == "vmhost" }
	for in, want := range map[string]string{
		"limit=200":                                "limit=200",
		" table=4096 ,limit=5@10.0.0.12":           "table=4096,limit=5@10.0.0.12",
		"time_wait=30":                             "time_wait=30",
		"udp=10s,established=1h":                   "established=3600,udp=10",
		"without=vmhost":                           "without=" + lan(12).String(),
		"keepalive=60@vmhost:80":                   "keepalive=60@" + lan(12).String() + ":80",
		"linger=0@fd00::1":                         "linger=0@fd00::1",
		"linger=1.5@[fd00::1]:443":                 "linger=1.5@[fd00::1]:443",
		"udp=10,udp=5":                             "udp=5",
		"without=10.0.0.1,without=::ffff:10.0.0.2": "without=10.0.0.1,without=10.0.0.2",
	} {
		var c Change
		if err := c.Add(in, names); err != nil || c.String() != want {
			t.Errorf("%q: %q, %v; want %q", in, c.String(), err, want)
		}
		var again Change
		if err := again.Add(c.String(), nil); err != nil || again.String() != want {
			t.Errorf("%q does not come back: %q, %v", want, again.String(), err)
		}
	}
	for _, in := range []string{"", "limit", "limit=", "limit=0", "limit=-1", "limit=x", "table=0", "table=99999999999",
		"udp=0", "udp=-5", "udp=NaN", "udp=1e300", "color=red",
		"without=nobody", "keepalive=60", "keepalive=60@nobody:80", "linger=0@vmhost:99999", "limit=3@nobody",
		"linger=x@vmhost"} {
		var c Change
		if err := c.Add(in, names); err == nil {
			t.Errorf("%q: no error, %q", in, c.String())
		}
	}
	var many Change
	if err := many.Add(strings.Repeat("without=10.0.0.1,", 16)+"without=10.0.0.1", names); err == nil {
		t.Error("17 hosts taken away: no error")
	}
}

func FuzzChange(f *testing.F) {
	for _, s := range []string{"limit=200,udp=10", "keepalive=60@10.0.0.1:80", "linger=0@[fd00::1]:1", "limit=2@a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var c, again Change
		if c.Add(s, nil) != nil {
			return
		}
		if err := again.Add(c.String(), nil); err != nil || again.String() != c.String() {
			t.Errorf("%q: %q does not come back: %q, %v", s, c.String(), again.String(), err)
		}
	})
}
