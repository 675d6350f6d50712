package ingest

import (
	"fmt"
	"strings"
	"testing"

	"uncloak/parse"
	"uncloak/store"
)

// TestCopies imports what tcpdump -i any shows of a router: each packet on each interface, translated on one side.
func TestCopies(t *testing.T) {
	var b strings.Builder
	for i := range 3 {
		what := fmt.Sprintf("Flags [S], seq %d, win 64240, length 0", 1000+i)
		at := fmt.Sprintf("2026-11-21 20:00:%02d.4603", 10+i)
		fmt.Fprintf(&b, "%s50 v1    In  IP 192.168.50.10.%d > 198.51.100.10.443: %s\n", at, 44000+i, what)
		fmt.Fprintf(&b, "%s65 br0   In  IP 192.168.50.10.%d > 198.51.100.10.443: %s\n", at, 44000+i, what)
		fmt.Fprintf(&b, "%s99 eth0  Out IP 198.51.100.1.%d > 198.51.100.10.443: %s\n", at, 50000+i, what)
	}
	fmt.Fprint(&b, "2026-11-21 20:00:20.100000 eth0  In  IP 198.51.100.10.443 > 198.51.100.1.50001: Flags [R.], seq "+
		"0, ack 1002, win 0, length 0\n",
		"2026-11-21 20:00:20.100020 br0   Out IP 198.51.100.10.443 > 192.168.50.10.44001: Flags [R.], seq 0, ack "+
			"1002, win 0, length 0\n",
		"2026-11-21 20:00:30.000000 br0   In  IP 192.168.50.11.5000 > 192.168.50.1.53: 7+ A? a.example. (27)\n",
		"2026-11-21 20:00:30.000100 br0   In  IP 192.168.50.12.5001 > 192.168.50.1.53: 7+ A? a.example. (27)\n",
		"2026-11-21 20:00:31.500000 br0   In  IP 192.168.50.11.5000 > 192.168.50.1.53: 7+ A? a.example. (27)\n")
	db := openStore(t)
	importText(t, db, Options{Router: "gw"}, b.String())
	var got []string
	for _, e := range all(t, db, store.Query{}) {
		if e.Kind != parse.System {
			got = append(got, fmt.Sprint(e.Kind, " ", e.SrcPort(), " ", e.DstPort(), " ", e.NATSrc, " ", e.NATDst))
		}
	}
	want := `session-new 192.168.50.10:44000 198.51.100.10:443 198.51.100.1 invalid IP
session-new 192.168.50.10:44001 198.51.100.10:443 198.51.100.1 invalid IP
session-new 192.168.50.10:44002 198.51.100.10:443 198.51.100.1 invalid IP
reset 198.51.100.10:443 192.168.50.10:44001 invalid IP 198.51.100.1
dns-query 192.168.50.11:5000 192.168.50.1:53 invalid IP invalid IP
dns-query 192.168.50.12:5001 192.168.50.1:53 invalid IP invalid IP
dns-query 192.168.50.11:5000 192.168.50.1:53 invalid IP invalid IP`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

// What is remembered of packets is bounded.
func TestCopiesAreBounded(t *testing.T) {
	var c copies
	es, facts := make([]store.Entry, 1), make([]fact, 1)
	for i := range 3 * copiesMax {
		facts[0].copy = parse.Copy{To: uint64(2*i + 1), From: uint64(2*i + 2), Link: 1}
		c.mark(es, facts)
	}
	if len(c.seen) > copiesMax+2 {
		t.Errorf("%d packets are remembered", len(c.seen))
	}
}
