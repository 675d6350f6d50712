package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/miekg/dns"
)

const (
	textAhead = 64 << 10 // bytes of lines that are made before they are read
	nameMax   = 255      // bytes shown of a name from the network
)

// Stats counts what a capture was made into.
type Stats struct {
	Frames    uint64
	Sessions  uint64 // beginnings told
	Untimed   uint64 // frames without a time: they get that of the frame before
	Unknown   uint64 // frames of a kind of link that is not known
	Other     uint64 // frames without a packet of IP
	Spread    uint64 // packets to all or to a group, which are no session
	Cut       uint64 // packets of which the header was not captured
	Beyond    uint64 // packets of sessions beyond the number that is followed at once
	Lost      uint64 // packets of which fragments are missing
	Copies    uint64 // packets that were seen before, on another interface
	Dropped   uint64 // frames that the capturing machine dropped, as the file says
	Damage    error  // why the capture ended before its end; nil: it did not
	Interface []Interface
}

// String says in words what the counts are.
func (s *Stats) String() string {
	b := fmt.Appendf(nil, "%d frames, %d sessions", s.Frames, s.Sessions)
	for _, c := range []struct {
		n    uint64
		what string
	}{{s.Other, "frames without IP"}, {s.Unknown, "frames of an unknown kind of link"},
		{s.Untimed, "frames without a time"}, {s.Spread, "packets to all or to a group"}, {s.Cut, "packets cut short"},
		{s.Lost, "packets with fragments missing"}, {s.Copies, "packets seen again on another interface"},
		{s.Beyond, "packets of too many sessions at once"}, {s.Dropped, "packets dropped by kernel"}} {
		if c.n > 0 {
			b = fmt.Appendf(b, ", %d %s", c.n, c.what)
		}
	}
	if s.Damage != nil {
		b = fmt.Appendf(b, "; %v", s.Damage)
	}
	return string(b)
}

// Text is a capture as lines of log, each a time of RFC 3339 in UTC and what was seen then:
//
//	2026-11-28T10:00:00.000501Z capture: begin tcp 192.168.1.20:40312 > 203.0.113.5:443
//	2026-11-28T10:00:01Z capture: begin tcp 192.168.1.20:40313 > 203.0.113.5:443 nat-src=198.51.100.1:1024
//	2026-11-28T10:00:04Z capture: end tcp 192.168.1.20:40312 > 203.0.113.5:443 closed packets=9/8 bytes=7/5 lasted=4.1
//	2026-11-28T10:00:05.000000Z capture: reset tcp 127.0.0.1:7211 > 127.0.0.1:56440
//	2026-11-28T10:00:06.000000Z capture: window tcp 192.168.1.20:40312 > 203.0.113.5:443 shrunk
//	2026-11-28T10:00:06.000000Z capture: dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR 5.113.0.203.in-addr.arpa
//	2026-11-28T10:00:07.000000Z capture: http tcp 192.168.1.20:40312 > 203.0.113.5:80 GET example.net/list
//	2026-11-28T10:00:07.000000Z capture: tls tcp 192.168.1.20:40312 > 203.0.113.5:443 example.net
//	2026-11-28T10:00:07.000000Z capture: quic udp 192.168.1.20:40312 > 203.0.113.5:443 example.net
//	2026-11-28T10:00:08Z capture: open tcp 192.168.1.20:40313 > 203.0.113.5:443 packets=9/8 bytes=70/52 lasted=4.099
//	2026-11-28T10:00:08.000000Z capture: lease 192.168.1.20 52:54:00:12:34:56 laptop
//	2026-11-28T10:00:08.000000Z capture: neighbour 192.168.1.20 52:54:00:12:34:56
//	2026-11-28T10:00:09.000000Z capture: 12 packets dropped by kernel
//
// An end that nobody said, but silence, has the time at which a router forgets the session; "open" is what was so far
// of a session that goes on behind the capture. Counts of packets and of bytes of payload are the client's and the
// server's. Of what is seen on several interfaces, each packet counts once; a session that a router translates has the
// address of the inside, and that of the outside as nat-src (nat-dst: the server that it was led to). Syslog
// messages (UDP to port 514) are lines as they were sent.
//
// It is an io.Reader; all memory is bounded.
type Text struct {
	r     *Reader     // nil for a live capture
	on    []Interface // of a live capture
	live  bool
	d     Decoder
	s     sessions
	names requests
	near  neighbours
	out   []byte
	used  int
	err   error
	now   int64 // time of the frame, or of the last one that has a time
	timed bool  // a frame had a time
	stats Stats
}

// NewText reads the head of a capture.
func NewText(in io.Reader) (*Text, error) {
	r, err := NewReader(in)
	if err != nil {
		return nil, err
	}
	t := &Text{r: r}
	t.begins(sessionsMax)
	return t, nil
}

// begins makes ready to follow so many sessions.
func (t *Text) begins(most int) {
	t.names.found, t.near.found = t.request, t.neighbour
	t.s = sessions{all: make(map[flowKey]*session), most: most, every: sweepEvery, begin: t.begin, finish: t.finish,
		stray: t.stray, shrunk: t.shrunk}
}

// Stats counts what was read so far.
func (t *Text) Stats() Stats {
	s := t.stats
	s.Unknown, s.Beyond, s.Lost, s.Interface = t.d.Unknown, t.s.Beyond, t.d.frags.lost, t.on
	s.Copies = t.s.copies
	if t.r != nil {
		s.Interface = t.r.Interfaces()
	}
	for _, i := range s.Interface {
		s.Dropped += i.Dropped
	}
	return s
}

// Read gives lines. After the last it returns io.EOF, also where the capture is damaged or cut short: the lines up to
// there are good, and Stats says what happened.
func (t *Text) Read(b []byte) (int, error) {
	for t.used == len(t.out) && t.err == nil {
		t.out, t.used = t.out[:0], 0
		t.more()
	}
	if t.used == len(t.out) {
		return 0, t.err
	}
	n := copy(b, t.out[t.used:])
	t.used += n
	return n, nil
}

// more makes lines until there are enough of them, or no frame is at hand without waiting.
func (t *Text) more() {
	var f Frame
	for len(t.out) < textAhead && (len(t.out) == 0 || t.r.ready()) {
		if err := t.r.Next(&f); err != nil {
			t.end(err)
			return
		}
		t.frame(&f)
	}
}

func (t *Text) end(err error) {
	if t.err = io.EOF; errors.Is(err, ErrCut) || errors.Is(err, ErrDamaged) {
		t.stats.Damage = err
	} else if !errors.Is(err, io.EOF) {
		t.err = err
	}
	t.s.sweep(t.now, true)
	if s := t.Stats(); s.Dropped > 0 {
		t.drops(s.Dropped)
	}
}

func (t *Text) frame(f *Frame) {
	t.stats.Frames++
	if f.HasTime {
		t.now, t.timed = f.Time, true
	} else {
		t.stats.Untimed++
	}
	p := t.d.Decode(f)
	t.s.on, t.s.directed, t.s.out = (uint64(f.Interface)<<32|uint64(p.On))<<1+1, p.Directed, p.Out
	if p.Out {
		t.s.on++
	}
	t.s.apart = t.s.apart || p.Directed || f.Interface > 0
	if len(p.IPs) == 0 {
		t.stats.Other++
	}
	if a := &p.ARP; a.HasHeaders {
		t.near.take(a.Sender, a.SenderMAC, t.now)
	}
	for i := range p.IPs {
		t.packet(&p.IPs[i])
	}
}

// packet takes one packet of IP to the session that it is of.
func (t *Text) packet(ip *IP) {
	switch {
	case ip.Piece:
		return
	case ip.Quoted:
		t.quoted(ip)
		return
	case !ip.Whole:
		t.stats.Cut++
		return
	case ip.Proto == UDP && t.datagram(ip):
		return
	}
	switch ip.Proto {
	case TCP, UDP:
	case ICMP, ICMPv6:
		if ip.Type != 0 && ip.Type != 8 && ip.Type != 128 && ip.Type != 129 {
			if ip.Proto == ICMPv6 {
				t.near.discovered(ip, t.now)
			}
			return
		}
	default:
		return
	}
	if toMany(ip.Final) {
		t.stats.Spread++
		return
	}
	s, fromClient := t.s.packet(ip, t.now)
	switch {
	case ip.Proto == TCP && s != nil && fromClient && s.c.fresh && len(ip.Payload) > 0:
		t.names.packet(s, ip)
	case ip.Proto == UDP && ip.DPort == 53 && !t.s.copied:
		t.question(ip)
	case ip.Proto == UDP && s != nil && fromClient:
		t.names.quic(s, ip)
	}
}

// toMany reports whether an address is that of a group or of all.
func toMany(a netip.Addr) bool {
	return a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// quoted ends the session that an ICMP error tells of: nothing listens there, or the way is barred.
func (t *Text) quoted(ip *IP) {
	error := &t.d.ips[max(len(t.d.p.IPs)-2, 0)]
	unreachable := error.Proto == ICMP && error.Type == 3 || error.Proto == ICMPv6 && error.Type == 1
	if s := t.s.all[keyOf(ip)]; s != nil && unreachable && !s.told && s.s.Packets == 0 {
		t.s.tell(s, refused, netip.AddrPortFrom(error.Src, 0), t.now)
	}
}

// datagram reads what UDP carries: questions to name servers, leases, syslog. It reports whether the datagram is no
// session but a message that was given as it is.
func (t *Text) datagram(ip *IP) bool {
	b := ip.Payload
	switch {
	case ip.DPort == 514 && !t.live && len(b) > 3 && b[0] == '<' && len(b) == ip.Length:
		t.out = append(t.out, bytes.ReplaceAll(bytes.TrimRight(b, "\x00\r\n"), []byte("\n"), []byte("#012"))...)
		t.out = append(t.out, '\n')
		return true
	case ip.SPort == 67 && ip.DPort == 68:
		t.lease(b)
	}
	return false
}

// line begins a line.
func (t *Text) line(now int64, what string) {
	if t.timed {
		t.out = time.Unix(0, now).UTC().AppendFormat(t.out, "2006-01-02T15:04:05.000000000Z07:00")
		t.out = append(t.out, ' ')
	}
	t.out = append(t.out, "capture: "...)
	t.out = append(t.out, what...)
}

// ends writes two endpoints.
func (t *Text) ends(proto uint8, from, to netip.AddrPort) {
	switch proto {
	case TCP:
		t.out = append(t.out, " tcp "...)
	case UDP:
		t.out = append(t.out, " udp "...)
	default:
		t.out = append(t.out, " icmp "...)
	}
	t.out = from.AppendTo(t.out)
	t.out = append(t.out, " > "...)
	t.out = to.AppendTo(t.out)
}

func (t *Text) begin(s *session, now int64) {
	t.stats.Sessions++
	t.line(now, "begin")
	t.ends(s.proto, s.client, s.server)
	t.translation(s)
	t.out = append(t.out, '\n')
}

// translation writes the outside address of a client, or the inside address of a server, where it was seen.
func (t *Text) translation(s *session) {
	if s.nat == nil {
		return
	}
	what := " nat-src="
	if s.nat.dst {
		what = " nat-dst="
	}
	t.out = append(t.out, what...)
	t.out = s.nat.to.AppendTo(t.out)
}

func (t *Text) finish(s *session, how end, by netip.AddrPort, now int64) {
	t.names.forget(s)
	what := "end"
	if how == open {
		what = "open"
	}
	t.line(now, what)
	t.ends(s.proto, s.client, s.server)
	if how != open {
		t.out = append(append(t.out, ' '), how...)
	}
	if by.IsValid() {
		t.out = append(t.out, " by="...)
		t.out = by.Addr().AppendTo(t.out)
	}
	t.pair(" packets=", s.c.Packets, s.s.Packets)
	t.pair(" bytes=", s.c.Bytes, s.s.Bytes)
	t.out = append(t.out, " lasted="...)
	t.out = strconv.AppendFloat(t.out, float64(max(s.last-s.first, 0))/1e9, 'f', 3, 64)
	if s.c.Again > 0 || s.s.Again > 0 {
		t.pair(" again=", uint64(s.c.Again), uint64(s.s.Again))
	}
	if s.c.Zero > 0 || s.s.Zero > 0 {
		t.pair(" zero-window=", uint64(s.c.Zero), uint64(s.s.Zero))
	}
	if s.midway {
		t.out = append(t.out, " begun=earlier"...)
	}
	t.translation(s)
	t.out = append(t.out, '\n')
}

func (t *Text) pair(what string, a, b uint64) {
	t.out = append(t.out, what...)
	t.out = strconv.AppendUint(t.out, a, 10)
	t.out = append(t.out, '/')
	t.out = strconv.AppendUint(t.out, b, 10)
}

func (t *Text) stray(ip *IP, now int64) {
	t.line(now, "reset")
	t.ends(TCP, netip.AddrPortFrom(ip.Src, ip.SPort), netip.AddrPortFrom(ip.Final, ip.DPort))
	if ip.Flags&ACK != 0 { // it answers a SYN, or something else without an acknowledgement (RFC 9293, 3.10.7.1)
		t.out = append(t.out, " ack"...)
	}
	t.out = append(t.out, '\n')
}

func (t *Text) shrunk(_ *session, ip *IP, now int64) {
	t.line(now, "window")
	t.ends(TCP, netip.AddrPortFrom(ip.Src, ip.SPort), netip.AddrPortFrom(ip.Final, ip.DPort))
	t.out = append(t.out, " shrunk\n"...)
}

// request writes what a client asked for.
func (t *Text) request(s *session, what string, method, name []byte) {
	t.line(t.now, what)
	t.ends(s.proto, s.client, s.server)
	t.out = append(append(t.out, ' '), method...)
	if len(method) > 0 {
		t.out = append(t.out, ' ')
	}
	t.word(name)
	t.out = append(t.out, '\n')
}

// word writes text from the network: without control characters and blanks, which stand as \x20, and not longer than
// nameMax.
func (t *Text) word(b []byte) {
	for _, c := range b[:min(len(b), nameMax)] {
		if c <= ' ' || c == '\\' || c >= 0x7f {
			t.out = fmt.Appendf(t.out, `\x%02x`, c)
			continue
		}
		t.out = append(t.out, c)
	}
}

// questionOf reads the first question of a DNS message: its name and type, "PTR" or "TYPE65280" (RFC 1035, 4.1).
func questionOf(b []byte) (name, kind string, ok bool) {
	if len(b) < 12 || b[2]&0x80 != 0 || be16(b[4:]) == 0 {
		return "", "", false
	}
	name, at, err := dns.UnpackDomainName(b, 12)
	if err != nil || at+2 > len(b) {
		return "", "", false
	}
	n := be16(b[at:])
	kind, known := dns.TypeToString[n]
	if !known {
		kind = "TYPE" + strconv.Itoa(int(n))
	}
	return name, kind, true
}

// question writes the question of a DNS message.
func (t *Text) question(ip *IP) {
	name, kind, ok := questionOf(ip.Payload)
	if !ok {
		return
	}
	t.line(t.now, "dns")
	t.ends(ip.Proto, netip.AddrPortFrom(ip.Src, ip.SPort), netip.AddrPortFrom(ip.Final, ip.DPort))
	t.out = append(append(append(t.out, ' '), kind...), ' ')
	t.word([]byte(name))
	t.out = append(t.out, '\n')
}

// lease writes the address that a DHCP server gives (RFC 2131: message 5, ACK), the client's hardware address, and its
// name (option 12).
func (t *Text) lease(b []byte) {
	const fixed = 240
	if len(b) < fixed || b[0] != 2 || b[2] != 6 || binary.BigEndian.Uint32(b[236:]) != 0x63825363 {
		return
	}
	kind, name := byte(0), []byte(nil)
	for o := b[fixed:]; len(o) >= 2 && o[0] != 255; {
		if o[0] == 0 {
			o = o[1:]
			continue
		}
		n := int(o[1])
		if n > len(o)-2 {
			break
		}
		switch {
		case o[0] == 53 && n == 1:
			kind = o[2]
		case o[0] == 12:
			name = o[2 : 2+n]
		}
		o = o[2+n:]
	}
	if address := netip.AddrFrom4([4]byte(b[16:20])); kind == 5 && !address.IsUnspecified() {
		t.line(t.now, "lease ")
		t.hardware(address, [6]byte(b[28:]))
		if len(name) > 0 {
			t.out = append(t.out, ' ')
			t.word(name)
		}
		t.out = append(t.out, '\n')
	}
}

// neighbour writes which machine has an address.
func (t *Text) neighbour(a netip.Addr, mac [6]byte) {
	t.line(t.now, "neighbour ")
	t.hardware(a, mac)
	t.out = append(t.out, '\n')
}

// hardware writes an address and that of its machine.
func (t *Text) hardware(a netip.Addr, mac [6]byte) {
	t.out = a.AppendTo(t.out)
	t.out = append(append(t.out, ' '), net.HardwareAddr(mac[:]).String()...)
}
