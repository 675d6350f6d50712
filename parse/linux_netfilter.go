package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// netfilterDialect describes packets that the Linux firewall logs for a rule (iptables LOG, nftables log), with the
// rule's prefix in front.
func netfilterDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "netfilter",
			Devices: "Linux iptables and nftables, OpenWrt, ufw, UniFi, ASUS, DD-WRT, Tomato, Shorewall, Vuurmuur",
			Sample:  "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] [NEW] IN=br-lan OUT=wan0 MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:01:08:00 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0",
			Reads: "Addresses, ports, protocol, TCP flags, interfaces, and the rule's prefix, which alone says " +
				"whether the packet passed. An ICMP error's quoted packet is not taken for the packet.",
			Enable: `nft add rule inet fw4 forward ct state new log prefix "[NEW] ", or iptables -I FORWARD -m ` +
				"conntrack --ctstate NEW -j LOG --log-prefix '[NEW] '.",
			Source: "Linux net/netfilter/nf_log_syslog.c",
		},
		known:  "IN=/OUT= followed by fields, SRC= and DST= are addresses",
		number: " ",
		looks:  looksPVE,
		read:   pveFirewall,
		own:    ownNetfilter,
	}
}

// rule holds what a log prefix says: its name and whether it lets the packet pass.
type rule struct {
	name   Name
	action string
}

// netfilter reads the LOG target's lines of iptables and nft, and those of ulogd's LOGEMU, which are alike:
//
//	[NEW] IN=br-lan OUT=wan0 MAC=… SRC=192.168.128.10 DST=198.18.62.16 LEN=60 … PROTO=TCP SPT=56256 DPT=443 … SYN URGP=0
//
// src: the place of "SRC=". What precedes IN= is the rule's prefix, of any shape and often without a blank behind it.
//
// A line is a new session unless its prefix denies (drop, deny, reject, block), or its packet cannot open one: a TCP
// packet with flags other than a bare SYN, an ICMP error or answer, a packet that connection tracking finds invalid.
// Those are System, a TCP reset is Reset; its Src is the side that refuses.
func netfilter(b []byte, src int, rec *Record) bool {
	start := fieldsAt(b, src)
	if start < 0 {
		return false
	}
	interfaces(b[start:src], rec)
	icmpType := netfilterFields(b[src:], rec)
	torn := (rec.Proto == 0 || rec.DPort == 0) && !scan.Within(b[start:src], "ARP ") && cutPacket(b[src:], rec)
	if !torn && (!rec.Src.IsValid() || !rec.Dst.IsValid()) {
		return false
	}
	rec.Dialect, rec.Word = "netfilter", "fw-packet"
	prefix := trimPrefix(b[:start])
	r := rec.mem.rule(prefix)
	rec.Rule, rec.Detail, rec.Action = prefix, r.name, r.action
	if torn {
		rec.tornHead()
		return true
	}
	rec.Kind = packetKind(rec, icmpType)
	if isInvalid(prefix) {
		rec.Kind = System
	}
	return true
}

// fieldsAt finds where the fields begin: at the IN= (or OUT=) that another field follows, so that a rule named "IN=" or
// "DOMAIN=" does not count. It is -1 for none.
func fieldsAt(b []byte, src int) int {
	for from := 0; from < src; {
		i := scan.Index(b[from:src], "IN=")
		if i < 0 {
			break
		}
		i += from
		if _, next := scan.Word(b[i:min(len(b), i+maxField)]); isField(next) {
			return i
		}
		from = i + 3
	}
	if i := scan.Index(b[:src], "OUT="); i >= 0 {
		return i
	}
	return -1
}

// maxField bounds how far the field behind IN= is looked for: names of interfaces have at most 15 bytes.
const maxField = 64

// isField reports whether b is one of the fields that may follow IN=.
func isField(b []byte) bool {
	switch string(b[:max(0, bytes.IndexByte(b, '='))]) {
	case "OUT", "PHYSIN", "PHYSOUT", "MAC", "MACSRC", "SRC":
		return true
	}
	return false
}

// interfaces reads IN= and OUT=, and the MAC addresses that stand behind them: of Ethernet, the receiver's, the
// sender's and the type of what is inside.
func interfaces(b []byte, rec *Record) {
	whole := b
	if scan.Has(b, "IN=") {
		rec.InIf, b = scan.CutByte(b[len("IN="):], ' ')
	}
	if scan.Has(b, "OUT=") {
		rec.OutIf, b = scan.CutByte(b[len("OUT="):], ' ')
	}
	const pair = len("aa:bb:cc:dd:ee:ff:")
	if !scan.Has(b, "MAC=") {
		i := scan.Index(whole[:min(len(whole), 2*maxField)], " MAC=")
		if i < 0 {
			return
		}
		b = whole[i+1:]
	}
	if len(b) >= len("MAC=")+2*pair+len("08:00") {
		rec.hardware(b[len("MAC=")+pair : len("MAC=")+2*pair-1])
	}
}

// netfilterFields reads the fields from SRC= on; the first of a name counts, because ICMP errors quote an inner packet
// in brackets and TCP options may follow. It returns the ICMP type, or -1.
func netfilterFields(b []byte, rec *Record) (icmpType int) {
	icmpType = -1
	var flags uint8
	for len(b) > 0 {
		end := bytes.IndexByte(b, ' ')
		f := b
		if end < 0 {
			b = nil
		} else {
			f, b = b[:end], b[end+1:]
		}
		if len(f) <= 3 {
			flags |= tcpFlag(f)
			continue
		}
		switch f[0] {
		case 'S':
			if string(f[1:4]) == "RC=" && !rec.Src.IsValid() {
				rec.Src = scan.Addr(f[4:])
			} else if string(f[1:4]) == "PT=" && rec.SPort == 0 {
				rec.SPort = scan.Port(f[4:])
			}
		case 'D':
			if string(f[1:4]) == "ST=" && !rec.Dst.IsValid() {
				rec.Dst = scan.Addr(f[4:])
				b = atProto(b)
			} else if string(f[1:4]) == "PT=" && rec.DPort == 0 {
				rec.DPort = scan.Port(f[4:])
			}
		case 'P':
			if len(f) > 6 && string(f[:6]) == "PROTO=" && rec.Proto == 0 {
				rec.Proto = protocol(f[6:])
			}
		case 'T':
			if len(f) > 5 && string(f[:5]) == "TYPE=" && icmpType < 0 {
				icmpType = octet(f[5:])
			}
		case '[':
			if rec.Proto != 0 {
				b = nil
			}
		}
	}
	if rec.Proto == TCP {
		rec.Flags = flags
	}
	return icmpType
}

// octet is the number 0 to 255 that b holds, or -1.
func octet(b []byte) int {
	if n, ok := scan.Number(b); ok && n < 256 {
		return int(n)
	}
	return -1
}

// atProto skips the fields of the IP header, LEN= to ID= and the fragment flags, of which none is kept: six fewer to
// look at.
func atProto(b []byte) []byte {
	if i := scan.Index(b, "PROTO="); i > 0 {
		return b[i:]
	}
	return b
}

// tcpFlag is the bit of a TCP flag's name, or 0.
func tcpFlag(f []byte) uint8 {
	switch string(f) {
	case "FIN":
		return FIN
	case "SYN":
		return SYN
	case "RST":
		return RST
	case "PSH":
		return PSH
	case "ACK":
		return ACK
	case "URG":
		return URG
	case "ECE":
		return ECE
	case "CWR":
		return CWR
	}
	return 0
}

// packetKind says what a logged packet means, given its rule's action; see netfilter.
func packetKind(rec *Record, icmpType int) Kind {
	switch {
	case rec.Action == "deny":
		return SessionDenied
	case rec.Proto == TCP && rec.Flags&RST != 0:
		return Reset
	case rec.Proto == TCP && rec.Flags != 0 && rec.Flags&(SYN|ACK) != SYN:
		return System
	case rec.Proto == ICMP && icmpType >= 0 && icmpType != 8 && icmpType != 13 && icmpType != 15 && icmpType != 17:
		return System
	case rec.Proto == ICMPv6 && icmpType >= 0 && icmpType != 128:
		return System
	}
	return SessionNew
}

// isInvalid reports whether a prefix is one that connection tracking itself logs, for packets that belong to no session
// ("nf_ct_proto_6: packet (index 0) in dir 0 ignored", "ip_ct_tcp: invalid SYN"): they open no session.
func isInvalid(prefix []byte) bool {
	return bytes.HasPrefix(prefix, []byte("nf_ct_")) || bytes.HasPrefix(prefix, []byte("ip_ct_"))
}

// trimPrefix takes blanks and the closing colon off a rule's prefix.
func trimPrefix(b []byte) []byte {
	b = scan.TrimLeft(b)
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == ':') {
		b = b[:len(b)-1]
	}
	return b
}

// rule interns a prefix together with what it says.
func (m *memory) rule(prefix []byte) rule {
	if r, ok := m.rules[string(prefix)]; ok {
		return r
	}
	if len(m.rules) >= maxRules {
		clear(m.rules)
	}
	r := rule{name: m.name(prefix), action: prefixAction(prefix)}
	if len(prefix) <= maxNameLen {
		m.rules[string(prefix)] = r
	}
	return r
}

// prefixAction reads allow or deny from a rule's prefix. EdgeOS and UniFi end theirs in -A, -D or -R.
func prefixAction(prefix []byte) string {
	prefix = prefix[:min(len(prefix), maxNameLen)]
	for _, w := range [...]string{"drop", "deny", "denied", "reject", "block", "-d]", "-r]", "-d-", "-r-"} {
		if scan.ContainsLower(prefix, w) {
			return "deny"
		}
	}
	for _, w := range [...]string{"accept", "allow", "permit", "-a]"} {
		if scan.ContainsLower(prefix, w) {
			return "allow"
		}
	}
	return ""
}

// ownNetfilter reads a line of a sender that is known to run netfilter.
func ownNetfilter(b []byte, rec *Record) bool {
	i := scan.Index(b, "SRC=")
	return i >= 0 && netfilter(b, i, rec) || arpLog(b, rec)
}
