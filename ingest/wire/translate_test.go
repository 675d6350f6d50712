package wire

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// What tcpdump -i any recorded on a router of network namespaces that masquerades with random ports: of the machine
// behind it 5 sessions of TCP, 10 of UDP, all with the same payload, 3 that are refused and pings; 2 from outside to a
// forwarded port; and one of each protocol of the router's own.
func TestRouterCapture(t *testing.T) {
	const in, out = "192.168.1.20", "203.0.113.1"
	for _, name := range []string{"router-any-sll1.pcap", "router-any-sll2.pcap"} {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			got, stats := lines(t, file)
			kinds := map[string]int{}
			ports := regexp.MustCompile(`:\d{4,5}\b| by=.*`)
			for _, l := range got {
				if _, what, _ := strings.Cut(l, " "); !strings.HasPrefix(what, "neighbour") {
					what = strings.NewReplacer(":8080", ":forwarded", ":4444", ":refused").Replace(what)
					what, _, _ = strings.Cut(ports.ReplaceAllString(what, ""), " packets=")
					kinds[what]++
				}
			}
			want := map[string]int{
				"begin tcp " + in + " > 203.0.113.5:443 nat-src=" + out:                 5,
				"end tcp " + in + " > 203.0.113.5:443 closed":                           5,
				"begin udp " + in + " > 203.0.113.5:443 nat-src=" + out:                 10,
				"open udp " + in + " > 203.0.113.5:443":                                 10,
				"begin tcp " + in + " > 203.0.113.5:refused nat-src=" + out:             3,
				"end tcp " + in + " > 203.0.113.5:refused refused":                      3,
				"begin tcp 203.0.113.5 > " + out + ":forwarded nat-dst=192.168.1.20:80": 2,
				"end tcp 203.0.113.5 > " + out + ":forwarded closed":                    2,
				"begin tcp " + out + " > 203.0.113.5":                                   1,
				"end tcp " + out + " > 203.0.113.5 closed":                              1,
				"begin udp " + out + " > 203.0.113.5":                                   1,
				"open udp " + out + " > 203.0.113.5":                                    1,
				"begin icmp " + in + ":77 > 203.0.113.5:77 nat-src=" + out:              1,
				"open icmp " + in + ":77 > 203.0.113.5:77":                              1,
			}
			if fmt.Sprint(kinds) != fmt.Sprint(want) {
				t.Errorf("got\n%v\nwant\n%v\n%s", kinds, want, strings.Join(got, "\n"))
			}
			if stats.Sessions != 23 || stats.Copies == 0 {
				t.Errorf("%v", &stats)
			}
		})
	}
}

// hop is a datagram with a TTL.
func hop(t *testing.T, from, to netip.Addr, sport, ttl int, id uint16, payload string) []byte {
	t.Helper()
	ip := ipv4(from, to, layers.IPProtocolUDP)
	ip.TTL, ip.Id = uint8(ttl), id
	return packet(t, ether(layers.EthernetTypeIPv4), ip,
		&layers.UDP{SrcPort: layers.UDPPort(sport), DstPort: 9}, gopacket.Payload(payload))
}

// Two sessions are joined only where nothing else can be meant.
func TestTranslations(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.1")
	const s = "udp 192.168.1.20:1000 > 203.0.113.5:9"
	first := Frame{Data: hop(t, laptop, server, 1000, 64, 0, "same")}
	second := func(ttl int, id uint16, payload string, after time.Duration) Frame {
		return Frame{Data: hop(t, public, server, 5000, ttl, id, payload), Interface: 1, Time: int64(after)}
	}
	const ms = time.Millisecond
	same := Frame{Data: hop(t, laptop, server, 1001, 64, 0, "same"), Time: 1}
	for _, c := range []struct {
		name   string
		frames []Frame
		joined bool
	}{
		{"a hop less", []Frame{first, second(63, 0, "same", ms)}, true},
		{"read in another order", []Frame{second(63, 0, "same", ms), first}, true},
		{"as many hops", []Frame{first, second(64, 0, "same", ms)}, false},
		{"two hops less", []Frame{first, second(62, 0, "same", ms)}, false},
		{"another number", []Frame{first, second(63, 5, "same", ms)}, false},
		{"another payload", []Frame{first, second(63, 0, "else", ms)}, false},
		{"later", []Frame{first, second(63, 0, "same", time.Second)}, false},
		{"on the same interface", []Frame{first, {Data: second(63, 0, "same", 0).Data, Time: 1}}, false},
		{"one of two", []Frame{first, same, second(63, 0, "same", ms)}, false},
		{"both ends differ", []Frame{first, {Data: hop(t, public, phone, 5000, 63, 0, "same"), Interface: 1}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := NewLive([]Interface{{Name: "lan"}, {Name: "wan"}})
			got := taken(t, text, slices.Clone(c.frames))
			joined := slices.Contains(got, "begin "+s+" nat-src=198.51.100.1:5000")
			sessions := text.Stats().Sessions
			want := uint64(len(c.frames))
			if c.joined {
				want = 1
			}
			if joined != c.joined || sessions != want {
				t.Errorf("%d sessions:\n%s", sessions, strings.Join(got, "\n"))
			}
			if c.joined && !slices.Contains(got, "end "+s+
				" unanswered packets=1/0 bytes=4/0 lasted=0.000 nat-src=198.51.100.1:5000") {
				t.Errorf("got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// A flood of new sessions on several interfaces leaves no more of them waiting than there is room for.
func TestTranslationsAreBounded(t *testing.T) {
	text := NewLive([]Interface{{Name: "lan"}, {Name: "wan"}})
	for i := range 3 * passingMax {
		b := hop(t, laptop, server, 1024+i, 64, uint16(i), "x")
		text.Take(&Frame{Data: b, Link: linkEthernet, Length: len(b), HasTime: true})
	}
	if n := len(text.s.nat.queue); n != passingMax || len(text.s.nat.bySign) > passingMax {
		t.Errorf("%d wait, %d kinds", n, len(text.s.nat.bySign))
	}
	text.Quiet(int64(2 * time.Second))
	if n, m := len(text.s.nat.queue), len(text.s.nat.bySign); n+m > 0 || text.Stats().Sessions != 3*passingMax {
		t.Errorf("%d and %d wait, %d sessions", n, m, text.Stats().Sessions)
	}
}
