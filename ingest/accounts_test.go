package ingest

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// accountedSender is a sender of a test of accounts, with the number of lines that it has sent.
type accountedSender struct {
	addr, line string
	router     Router
	tcp        bool
	sent       uint64
}

// Each line of each sender is counted once: as stored, understood or not, or as dropped for one reason. Datagrams that
// the kernel lost are counted for the socket, as their sender is unknown: they are in the sum over all.
func TestEveryLineIsAccountedFor(t *testing.T) {
	cfg, st := testConfig(), &memory{hold: make(chan struct{})}
	cfg.UDP, cfg.TCP, cfg.ReadBuffer, cfg.MaxLine = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}, 4<<10, 1000
	cfg.Queue, cfg.BatchEvents = 200, 50
	cfg.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/29")}
	full := "<4>Nov 21 20:28:01 gw kernel: nf_conntrack: table full, dropping packet"
	senders := []accountedSender{
		{addr: "127.0.0.1", line: full},
		{addr: "127.0.0.2", line: "<13>Nov 21 20:28:01 gw frobd: frob nicates"},
		{addr: "127.0.0.3", line: full, router: Router{Rate: Rate{Lines: 1, Burst: 20}}},
		{addr: "127.0.0.4", line: "\r\n"},
		{addr: "127.0.0.5", line: full + strings.Repeat("x", 2000)},
		{addr: "127.0.0.6", line: full, tcp: true},
		{addr: "127.0.0.9", line: full}, // not allowed
	}
	cfg.Routers = map[netip.Addr]Router{}
	for i := range senders {
		x := &senders[i]
		if x.router.Name = x.addr; x.addr != "127.0.0.9" {
			cfg.Routers[netip.MustParseAddr(x.addr)] = x.router
		}
	}
	s := listening(t, cfg, st)
	total := uint64(0)
	send := func(n int) {
		for i := range senders {
			x := &senders[i]
			to, end := s.Addrs()[0], ""
			if x.tcp {
				to, end = s.Addrs()[1], "\n"
			}
			c := from(t, x.addr, to)
			for range n {
				fmt.Fprint(c, x.line+end)
			}
			x.sent += uint64(n)
			total += uint64(n)
		}
	}
	send(50) // no reader yet: the kernel's buffer takes some 10 datagrams
	stop := serving(t, s)
	for range 20 { // the store blocks: the queue fills
		send(20)
	}
	close(st.hold)
	all := func(x Stats) uint64 { return x.Received + x.NotAllowed + x.Kernel }
	waitFor(t, s, func(x Stats) bool { return x.Stored > 0 })
	last := from(t, "127.0.0.1", s.Addrs()[0])
	for range 300 { // the kernel tells what it lost with the next datagram that it takes
		fmt.Fprint(last, full)
		senders[0].sent++
		total++
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		err := s.stats.wait(ctx, func(x Stats) bool { return all(x) >= total })
		if cancel(); err == nil {
			break
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	x := s.Stats()
	if all(x) != total || x.Kernel == 0 || x.Dropped == 0 || x.Limited == 0 || x.NotAllowed == 0 || x.Oversize == 0 ||
		x.Malformed == 0 || x.Lost != 0 {
		t.Errorf("%d lines sent: %+v", total, x)
	}
	if missing := unaccounted(t, st, senders); missing != x.Kernel {
		t.Errorf("%d lines are accounted to nobody, and the kernel lost %d", missing, x.Kernel)
	}
}

// unaccounted compares the account of each sender with what the store has of it, and returns the number of lines sent
// that are in no account.
func unaccounted(t *testing.T, st *memory, senders []accountedSender) (missing uint64) {
	t.Helper()
	stored := map[[2]any]uint64{}
	for i := range st.events {
		stored[[2]any{st.events[i].Router.String(), st.events[i].Kind == parse.Unknown}]++
	}
	for _, w := range senders {
		h, parsed, unparsed := st.health[w.addr], stored[[2]any{w.addr, false}], stored[[2]any{w.addr, true}]
		if h.Parsed() != parsed || h.Unparsed != unparsed || h.Received != parsed+unparsed+h.Dropped+h.Limited+h.Blank {
			t.Errorf("%s: the store has %d and %d not understood: %+v", w.addr, parsed, unparsed, h)
		}
		if got := h.Received + h.NotAllowed; got > w.sent || w.tcp && (got != w.sent || parsed != w.sent) {
			t.Errorf("%s sent %d lines: %+v", w.addr, w.sent, h)
		} else {
			missing += w.sent - got
		}
	}
	return missing
}

// The counts of an account add up in whatever way they come about, and an account that says anything is not empty.
func TestHealthAddsUp(t *testing.T) {
	h := store.Health{Received: 100, Unparsed: 7, Dropped: 11, Limited: 13, Blank: 17, Oversize: 5, Malformed: 19,
		NotAllowed: 23, Kernel: 29}
	if h.Parsed() != 100-7-11-13-17 || (&store.Health{Received: 1, Unparsed: 2}).Parsed() != 0 {
		t.Errorf("%d are parsed", h.Parsed())
	}
	sum := h
	if sum.Add(&h); sum.Parsed() != 2*h.Parsed() {
		t.Errorf("%d are parsed of two such", sum.Parsed())
	}
	if (&store.Health{Repeated: 1}).Empty() || !(&store.Health{SkewMS: 1}).Empty() {
		t.Error("an account is not told, or one that says nothing is")
	}
}
