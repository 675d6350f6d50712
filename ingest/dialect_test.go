package ingest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"uncloak/parse"
)

// A line that two dialects could claim is read as the one of its sender, live and from a file, and as its looks say for
// others; new settings hold for senders that are known already.
func TestDialectOfSender(t *testing.T) {
	const text = "LAN2 link down"
	cfg, st := testConfig(), &memory{}
	cfg.UDP = []string{"127.0.0.1:0"}
	mikrotik := netip.MustParseAddr("127.0.0.2")
	cfg.Routers = map[netip.Addr]Router{mikrotik: {Name: "mt", Dialect: parse.DialectNamed("mikrotik")},
		netip.MustParseAddr("127.0.0.3"): {Name: "rtx"}}
	s, _ := start(t, cfg, st)
	one, other := from(t, "127.0.0.2", s.Addrs()[0]), from(t, "127.0.0.3", s.Addrs()[0])
	for i := range 3 {
		fmt.Fprintf(one, "<134>Nov 21 10:00:00 gw %s", text)
		fmt.Fprintf(other, "<134>Nov 21 10:00:00 gw %s", text)
		fmt.Fprintf(one, "<134>Nov 21 10:00:00 gw DHCP-Guest assigned 192.168.88.1%d for AA:BB:CC:DD:EE:FF laptop", i)
	}
	waitFor(t, s, func(x Stats) bool { return x.Stored == 9 })
	for _, h := range s.Accounts() {
		if h.Unparsed != 0 {
			t.Errorf("%s: %d lines are not understood", h.Router, h.Unparsed)
		}
	}
	set := cfg.Settings
	set.Routers = map[netip.Addr]Router{mikrotik: {Name: "mt"}}
	s.Set(set)
	fmt.Fprint(one, "<134>Nov 21 10:00:00 gw DHCP-Guest assigned 192.168.88.19 for AA:BB:CC:DD:EE:FF laptop")
	waitFor(t, s, func(x Stats) bool { return x.Stored == 10 && x.Unparsed == 1 })

	file := "<134>Nov 21 10:00:00 gw DHCP-Guest assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop\n"
	for d, want := range map[string]uint64{"mikrotik": 0, "yamaha": 1, "": 1} {
		sum, err := ImportReader(t.Context(), openStore(t), Options{Dialect: parse.DialectNamed(d)}, "x.log",
			strings.NewReader(file), time.Time{})
		if err != nil || sum.Unparsed != want {
			t.Errorf("as %q: %d not understood, %v", d, sum.Unparsed, err)
		}
	}
}
