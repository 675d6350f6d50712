//go:build hard

package detect_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// witness makes the events by which a log tells of one attempt to connect.
type witness func(at time.Time, sport uint16) []parse.Event

// attempts plays one client that connects to one service at exact intervals, as its witness sees it.
func (s *scene) attempts(every time.Duration, n int, see witness) (out []parse.Event) {
	at := s.from.Add(time.Hour)
	for i := range n {
		out = append(out, see(at.Add(time.Duration(i)*every), uint16(32768+i%28000))...)
	}
	return out
}

// TestHardDeadService plays a dead service that is polled twice a second at exact intervals, and its living twin,
// before each kind of witness.
func TestHardDeadService(t *testing.T) {
	client, server := netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("192.168.1.30")
	const port = 7211
	syn := func(at time.Time, sport uint16) parse.Event {
		e := begun(at, client, server, sport, port, parse.TCP)
		e.Flags, e.Packets = parse.SYN, 1
		return e
	}
	back := func(at time.Time, sport uint16, kind parse.Kind, flags uint8, bytes uint64) parse.Event {
		e := begun(at.Add(100*time.Microsecond), server, client, port, sport, parse.TCP)
		e.Kind, e.Flags, e.Packets, e.Bytes = kind, flags, 1, bytes
		return e
	}
	ended := func(at time.Time, sport uint16, packets uint32, flags uint8, state parse.State) parse.Event {
		e := begun(at, client, server, sport, port, parse.TCP)
		e.Kind, e.Packets, e.Flags, e.State = parse.SessionEnd, packets, flags, state
		return e
	}
	for _, c := range []struct {
		name, class string
		score       float64
		see         witness
	}{
		{"log of beginnings", "", 0.5, func(at time.Time, p uint16) []parse.Event { return []parse.Event{syn(at, p)} }},
		{"capture with resets", detect.Dead, 0.9, func(at time.Time, p uint16) []parse.Event {
			return []parse.Event{syn(at, p), back(at, p, parse.Reset, parse.RST|parse.ACK, 0)}
		}},
		{"capture of resets alone", detect.Dead, 0.5, func(at time.Time, p uint16) []parse.Event {
			return []parse.Event{back(at, p, parse.Reset, parse.RST|parse.ACK, 0)}
		}},
		{"conntrack, no answer", detect.Blocked, 0.9, func(at time.Time, p uint16) []parse.Event {
			return []parse.Event{syn(at, p), ended(at.Add(120*time.Second), p, 3, 0, parse.SynSent)}
		}},
		{"firewall, refused", detect.Dead, 0.9, func(at time.Time, p uint16) []parse.Event {
			return []parse.Event{syn(at, p), ended(at.Add(time.Millisecond), p, 2, parse.RST, parse.NoState)}
		}},
		{"capture of what succeeds", "none", 0, func(at time.Time, p uint16) []parse.Event {
			data := begun(at.Add(200*time.Microsecond), client, server, p, port, parse.TCP)
			data.Kind, data.Flags, data.Bytes, data.Packets = parse.Traffic, parse.PSH|parse.ACK, 79, 1
			return []parse.Event{syn(at, p), back(at, p, parse.Traffic, parse.SYN|parse.ACK, 0), data,
				back(at.Add(time.Millisecond), p, parse.Traffic, parse.PSH|parse.ACK, 499)}
		}},
	} {
		for _, ms := range []time.Duration{500, 501, 497, 600} {
			every := ms * time.Millisecond
			t.Run(fmt.Sprint(c.name, " ", every), func(t *testing.T) {
				s := hardScene(*hardSeed+200, 3)
				s.household(3)
				l := s.run().with(s.attempts(every, 1500, c.see)...)
				var got *detect.Finding
				fs := s.judge(l)
				for i := range fs {
					if fs[i].Kind == "reset" && fs[i].Host == client.String() {
						got = &fs[i]
					}
				}
				switch {
				case c.class == "none" && got != nil:
					t.Errorf("each got its answer, and it is accused: class %q, score %.2f", got.Class, got.Score)
				case c.class == "none":
				case got == nil:
					t.Errorf("not found; told %v", told(fs, client))
				case got.Class != c.class || got.Score < c.score:
					t.Errorf("class %q, score %.2f; want %q, %.2f", got.Class, got.Score, c.class, c.score)
				}
				others(t, fs, detect.Info, client)
			})
		}
	}
}

// TestHardLoopback plays a program that asks a dead service of its own machine.
func TestHardLoopback(t *testing.T) {
	lo, own := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.5")
	for _, a := range []netip.Addr{lo, own} {
		s := hardScene(*hardSeed+210, 3)
		var events []parse.Event
		for i := range 1500 {
			at, p := s.from.Add(time.Hour+time.Duration(i)*500*time.Millisecond), uint16(32768+i)
			syn := begun(at, a, a, p, 7211, parse.TCP)
			rst := begun(at.Add(20*time.Microsecond), a, a, 7211, p, parse.TCP)
			rst.Kind, rst.Flags = parse.Reset, parse.RST|parse.ACK
			events = append(events, syn, rst)
		}
		fs := s.judge(logged{}.with(events...))
		if len(of(fs, a)) == 0 {
			t.Errorf("%v asks itself twice a second and is refused: not told", a)
		}
	}
}

// TestHardLostProbes plays a target that does not answer for five minutes behind a gateway that is well all the time.
func TestHardLostProbes(t *testing.T) {
	gateway, target := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("198.51.100.9")
	s := hardScene(*hardSeed+220, 2)
	probe := func(at time.Time, a netip.Addr, ms float64, lost bool) parse.Event {
		e := parse.Event{Time: at.UnixNano(), Kind: parse.Latency, Src: a}
		if !lost {
			e.Count, e.Packets, e.Bytes = uint32(ms*1000), 1, 64
		}
		return e
	}
	var events []parse.Event
	for at := s.from; at.Before(s.to); at = at.Add(10 * time.Second) {
		gone := at.Sub(s.from) >= 20*time.Minute && at.Sub(s.from) < 25*time.Minute
		events = append(events, probe(at, gateway, s.between(0.3, 0.6), false))
		events = append(events, probe(at.Add(100*time.Millisecond), target, s.between(13, 16), gone))
	}
	fs := s.judge(logged{}.with(events...))
	if len(of(fs, gateway)) > 0 {
		t.Error("the gateway is accused, though each of its answers came in half a millisecond")
	}
	if len(of(fs, target)) != 1 {
		t.Error("the target did not answer for five minutes: not told")
	}
}
