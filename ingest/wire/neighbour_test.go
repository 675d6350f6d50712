package wire

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// arpOf is a question or an answer of a machine that says that it has an address.
func arpOf(t *testing.T, op uint16, last byte, from netip.Addr) []byte {
	t.Helper()
	return packet(t, ether(layers.EthernetTypeARP), &layers.ARP{AddrType: layers.LinkTypeEthernet,
		Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: op,
		SourceHwAddress: []byte{2, 0, 0, 0, 0, last}, SourceProtAddress: from.AsSlice(),
		DstHwAddress: make([]byte, 6), DstProtAddress: from.AsSlice()})
}

// discovery is a message of RFC 4861 with a hop limit.
func discovery(t *testing.T, hops uint8, message ...byte) []byte {
	t.Helper()
	ip := ipv6("2001:db8::20", "2001:db8::1", layers.IPProtocolICMPv6)
	ip.HopLimit = hops
	return packet(t, ether(layers.EthernetTypeIPv6), ip, gopacket.Payload(message))
}

// Who says by ARP or neighbour discovery that it has an address, has it: told once, once more to confirm, and again
// after ten minutes.
func TestNeighbours(t *testing.T) {
	const s = time.Second
	target := netip.MustParseAddr("2001:db8::30").As16()
	zeros := func(n int) []byte { return make([]byte, n) }
	option := func(kind, last byte) []byte { return []byte{kind, 1, 2, 0, 0, 0, 0, last} }
	other := []byte{5, 1, 0, 0, 0, 0, 5, 0xdc} // the MTU
	cat := slices.Concat[[]byte]
	got, _ := lines(t, pcapFile(linkEthernet,
		at{0, arpOf(t, 1, 1, laptop)},
		at{0, arpOf(t, 1, 1, netip.IPv4Unspecified())}, // asks whether somebody has an address
		at{s / 2, arpOf(t, 2, 1, laptop)},
		at{2 * s, arpOf(t, 2, 1, laptop)},
		at{3 * s, arpOf(t, 2, 1, laptop)},
		at{4 * s, arpOf(t, 2, 2, laptop)}, // another machine has it now
		at{5 * s, discovery(t, 255, cat([]byte{135, 0, 0, 0}, zeros(4), target[:], other, option(1, 3))...)},
		at{6 * s, discovery(t, 255, cat([]byte{136, 0, 0, 0}, zeros(4), target[:], option(2, 4))...)},
		at{7 * s, discovery(t, 64, cat([]byte{136, 0, 0, 0}, zeros(4), target[:], option(2, 5))...)},
		at{8 * s, discovery(t, 255, cat([]byte{136, 0, 0, 0}, zeros(4), target[:], []byte{2, 0})...)},
		at{9 * s, discovery(t, 255, cat([]byte{134, 0, 0, 0}, zeros(12), option(1, 6))...)},
		at{700 * s, arpOf(t, 2, 2, laptop)}, at{701 * s, arpOf(t, 2, 2, laptop)}, at{1400 * s, arpOf(t, 2, 2, laptop)}))
	want := []string{
		"10:00:00.000Z neighbour 192.168.1.20 02:00:00:00:00:01",
		"10:00:02.000Z neighbour 192.168.1.20 02:00:00:00:00:01",
		"10:00:04.000Z neighbour 192.168.1.20 02:00:00:00:00:02",
		"10:00:05.000Z neighbour 2001:db8::20 02:00:00:00:00:03",
		"10:00:06.000Z neighbour 2001:db8::30 02:00:00:00:00:04",
		"10:00:09.000Z neighbour 2001:db8::20 02:00:00:00:00:06",
		"10:11:40.000Z neighbour 192.168.1.20 02:00:00:00:00:02",
		"10:23:20.000Z neighbour 192.168.1.20 02:00:00:00:00:02",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A flood of addresses fills the table, and no more is told until those in it are old.
func TestNeighboursAreBounded(t *testing.T) {
	told := 0
	n := neighbours{found: func(netip.Addr, [6]byte) { told++ }}
	take := func(i uint32, now int64) {
		n.take(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 10<<24+i))), [6]byte{2}, now)
	}
	for i := range uint32(3 * neighboursMax) {
		take(i, int64(i))
	}
	if told != neighboursMax || len(n.known) != neighboursMax {
		t.Errorf("told %d, known %d", told, len(n.known))
	}
	take(5*neighboursMax, 2*neighbourAgain)
	if told != neighboursMax+1 || len(n.known) != 1 {
		t.Errorf("after ten minutes: told %d, known %d", told, len(n.known))
	}
}
