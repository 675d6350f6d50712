package ingest

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/ip6defrag"
	"github.com/gopacket/gopacket/layers"
)

// carried is the payload of an IP packet, or of a datagram that was put together from fragments, with its addresses.
type carried struct {
	src, dst netip.Addr
	next     layers.IPProtocol
	data     []byte
	missing  int    // bytes that the capture did not keep
	packets  uint64 // number of packets in which it came
	whole    bool   // put together from fragments
}

// lazily makes gopacket decode a packet no further than is asked for, so that the text of a message never reaches
// decoders of other protocols. It turns a panic within a decoder into an error of that packet.
var lazily = gopacket.DecodeOptions{Lazy: true, NoCopy: true}

// decodedMax bounds the bytes of a packet that are decoded; it is the largest packet of libpcap. Decoding can take
// forty times a packet's size in memory (gopacket 1.7.7).
const decodedMax = 256 << 10

// lastLayers are the layers at which decoding of an IP packet's payload stops: those that are read, and tunnels.
var lastLayers = gopacket.NewLayerClass([]gopacket.LayerType{layers.LayerTypeUDP, layers.LayerTypeTCP,
	layers.LayerTypeIPv6Fragment,
	layers.LayerTypeIPv4, layers.LayerTypeIPv6, layers.LayerTypeGRE, layers.LayerTypeEtherIP, layers.LayerTypeMPLS})

// take decodes the head of a packet up to IP, and passes it on.
func (c *capture) take(link layers.LinkType, data []byte) {
	const rawBSD, rawOpenBSD = 12, 14
	switch link {
	case layers.LinkTypeNull, layers.LinkTypeEthernet, layers.LinkTypePPP, layers.LinkTypeRaw, layers.LinkTypeLoop,
		layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2:
	case rawBSD, rawOpenBSD, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		link = layers.LinkTypeRaw
	default:
		c.stats.Link++
		return
	}
	switch ip := gopacket.NewPacket(data[:min(len(data), decodedMax)], link, lazily).NetworkLayer().(type) {
	case *layers.IPv4:
		c.ipv4(ip)
	case *layers.IPv6:
		c.ipv6(ip)
	default:
		c.stats.Other++
	}
}

func carriedFrom(src, dst net.IP, next layers.IPProtocol, data []byte) (p carried) {
	p.src, _ = netip.AddrFromSlice(src)
	p.dst, _ = netip.AddrFromSlice(dst)
	p.next, p.data, p.packets = next, data, 1
	return p
}

func (c *capture) ipv4(ip *layers.IPv4) {
	p := carriedFrom(ip.SrcIP, ip.DstIP, ip.Protocol, ip.Payload)
	if !p.src.IsValid() { // the head is damaged
		c.stats.Other++
		return
	}
	p.missing = max(0, int(ip.Length)-len(ip.Contents)-len(ip.Payload))
	if more := ip.Flags & layers.IPv4MoreFragments; more != 0 || ip.FragOffset > 0 {
		k := fragmentKey{p.src, p.dst, uint32(ip.Id), ip.Protocol}
		d := c.frags.add(k, &p, ip.FragOffset == 0, c.at)
		if d == nil {
			return
		}
		part := &layers.IPv4{IHL: ip.IHL, Length: ip.Length, Flags: more, FragOffset: ip.FragOffset,
			BaseLayer: layers.BaseLayer{Payload: p.data}}
		// an error: those so far contradict each other, and are forgotten
		whole, _ := d.v4.DefragIPv4WithTimestamp(part, c.at)
		if whole == nil {
			return
		}
		c.frags.whole(k, &p, p.next, whole.Payload)
	}
	if p.next == layers.IPProtocolUDP || p.next == layers.IPProtocolTCP {
		c.transport(p)
		return
	}
	c.stats.Other += p.packets
}

func (c *capture) ipv6(ip *layers.IPv6) {
	p := carriedFrom(ip.SrcIP, ip.DstIP, ip.NextHeader, ip.Payload)
	have := len(ip.Payload)
	if ip.HopByHop != nil {
		p.next = ip.HopByHop.NextHeader
		have += ip.HopByHop.ActualLength
	}
	p.missing = max(0, int(ip.Length)-have)
	c.transport(p)
}

// transport finds the UDP, TCP or fragment head of an IP packet, behind any extension heads of IPv6.
func (c *capture) transport(p carried) {
	switch l := gopacket.NewPacket(p.data, p.next.LayerType(), lazily).LayerClass(lastLayers).(type) {
	case *layers.UDP:
		c.datagram(l, p)
	case *layers.TCP:
		c.segment(l, p)
	case *layers.IPv6Fragment:
		c.ipv6Fragment(l, p)
	default:
		c.stats.Other += p.packets
	}
}

func (c *capture) ipv6Fragment(f *layers.IPv6Fragment, p carried) {
	if p.whole { // a fragment of a fragment
		c.stats.Other += p.packets
		return
	}
	k := fragmentKey{p.src, p.dst, f.Identification, layers.IPProtocolIPv6Fragment}
	p.next, p.data = f.NextHeader, f.Payload
	d := c.frags.add(k, &p, f.FragmentOffset == 0, c.at)
	if d == nil {
		return
	}
	f.BaseLayer = layers.BaseLayer{Payload: p.data}
	if whole := d.v6.DefragIPv6(&layers.IPv6{}, f); whole != nil {
		c.frags.whole(k, &p, whole.NextHeader, whole.Payload)
		c.transport(p)
	}
}

// fragments holds the datagrams of which some fragments are missing. Each has a defragmenter of the library to itself:
// one for all could neither tell how many packets it holds or gives up, nor forget a single datagram. When there are
// too many, the older half is given up.
type fragments struct {
	open map[fragmentKey]*datagramParts
	seen uint64
	held int // fragments that wait, of all datagrams
	lost func(port uint16, packets uint64)
}

const (
	datagramsMax = 1024
	fragmentsMax = 16 << 10
	fragmentMax  = 64<<10 - 1       // bytes; the library holds no more of all of one datagram
	fragmentWait = 30 * time.Second // as in Linux: later ones with the same number belong to another datagram
)

type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    layers.IPProtocol
}

type datagramParts struct {
	v4      *ip4defrag.IPv4Defragmenter
	v6      *ip6defrag.IPv6Defragmenter
	port    uint16 // destination; 0: not known
	packets uint64
	seen    uint64
	at      time.Time // of the first packet
	held    int
}

// add counts a fragment, captured at a time, and returns the datagram that it belongs to, or nil where the fragment
// must be left out. p.data becomes a copy.
func (f *fragments) add(k fragmentKey, p *carried, first bool, at time.Time) *datagramParts {
	if f.open == nil {
		f.open = make(map[fragmentKey]*datagramParts)
	}
	if d := f.open[k]; d != nil && at.Sub(d.at) > fragmentWait {
		f.giveUp(k, d)
	}
	if len(f.open) >= datagramsMax && f.open[k] == nil || f.held >= fragmentsMax {
		middle := medianSeen(f.open, func(d *datagramParts) uint64 { return d.seen })
		for k, d := range f.open {
			if d.seen <= middle {
				f.giveUp(k, d)
			}
		}
	}
	d := f.open[k]
	if d == nil {
		d = &datagramParts{v4: ip4defrag.NewIPv4Defragmenter(), v6: ip6defrag.NewIPv6Defragmenter(), at: at}
		f.open[k] = d
	}
	f.seen++
	d.seen = f.seen
	d.packets++
	if first && len(p.data) >= 4 && (p.next == layers.IPProtocolUDP || p.next == layers.IPProtocolTCP) {
		d.port = binary.BigEndian.Uint16(p.data[2:])
	}
	if p.missing > 0 || len(p.data) > fragmentMax {
		return nil
	}
	d.held++
	f.held++
	p.data = bytes.Clone(p.data)
	return d
}

// whole makes p the datagram that was put together, and forgets its fragments.
func (f *fragments) whole(k fragmentKey, p *carried, next layers.IPProtocol, data []byte) {
	d := f.open[k]
	f.held -= d.held
	delete(f.open, k)
	p.next, p.data, p.packets, p.whole = next, data, d.packets, true
}

func (f *fragments) giveUp(k fragmentKey, d *datagramParts) {
	f.held -= d.held
	delete(f.open, k)
	f.lost(d.port, d.packets)
}

func (f *fragments) end() {
	for k, d := range f.open {
		f.giveUp(k, d)
	}
}

// medianSeen returns the median of what seen gives for the values of a map.
func medianSeen[K comparable, V any](of map[K]V, seen func(V) uint64) uint64 {
	all := make([]uint64, 0, len(of))
	for _, v := range of {
		all = append(all, seen(v))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
