package detect

import (
	"net/netip"
	"testing"
	"time"

	"uncloak/parse"
)

// Sessions with a name in the place of an address are counted by the side that is not known, and only those without any
// inside address belong to no host.
func TestSessionsWithoutAnAddress(t *testing.T) {
	in, out := lan(3), addr("198.51.100.9")
	for _, c := range []struct {
		name                       string
		kind                       parse.Kind
		src, dst                   netip.Addr
		named, peers, outside, all uint64
	}{
		{"both sides", parse.SessionNew, in, out, 0, 0, 0, 1},
		{"a named host opens", parse.SessionNew, netip.Addr{}, out, 1, 0, 0, 0},
		{"to a named server inside", parse.SessionNew, out, netip.Addr{}, 1, 0, 0, 0},
		{"no address at all", parse.SessionNew, netip.Addr{}, netip.Addr{}, 1, 0, 0, 0},
		{"to a named server outside", parse.SessionNew, in, netip.Addr{}, 0, 1, 0, 0},
		{"from a named machine outside", parse.SessionNew, netip.Addr{}, in, 0, 1, 0, 0},
		{"nobody inside", parse.SessionNew, addr("203.0.113.9"), out, 0, 0, 1, 1},
		{"only the end, of a named host", parse.SessionEnd, netip.Addr{}, out, 1, 0, 0, 0},
		{"only the end, nobody inside", parse.SessionEnd, addr("203.0.113.9"), out, 0, 0, 1, 0},
		{"only the end, of a host", parse.SessionEnd, in, netip.Addr{}, 0, 0, 0, 1},
	} {
		s := newStream()
		s.add(t0.Add(time.Hour), parse.Event{Kind: c.kind, Src: c.src, Dst: c.dst, Proto: parse.TCP, SPort: 4000,
			DPort: 443})
		r := s.days(DefaultConfig())[0].Routers["gw"]
		if r.Named() != c.named || r.NamedPeers() != c.peers || r.Outsiders() != c.outside || r.Sessions != c.all {
			t.Errorf("%s: %d of no host, %d to no peer, %d outside, %d sessions", c.name, r.Named(), r.NamedPeers(),
				r.Outsiders(), r.Sessions)
		}
	}
}
