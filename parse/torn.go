package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// A Piece is the part of a line that its sender cut in two. UniFi and RouterOS send what does not fit into one datagram
// of theirs as a second one, with a header of its own; a kernel whose buffer runs over loses the rest.
type Piece uint8

// The pieces.
const (
	Head Piece = iota + 1 // the line ends within its fields
	Tail                  // the line begins within them
)

// Join puts the two pieces of a line together: the line of the first, and the message of the second. blank says that
// the line was cut at a blank, which no header keeps.
func Join(head []byte, tail *Record, blank bool) []byte {
	whole := append(make([]byte, 0, len(head)+len(tail.Body)+1), scan.TrimEnd(head)...)
	if blank {
		whole = append(whole, ' ')
	}
	return append(whole, tail.Body...)
}

// tornHead marks a line of a packet as the first piece: it is no session, as its ports or its protocol are missing.
func (rec *Record) tornHead() {
	rec.Kind, rec.Word, rec.Action, rec.Piece = Torn, "torn", "", Head
}

// cutPacket reports whether the fields of a netfilter line, from SRC= on, end before the protocol or its ports.
// Fragments and packets that are too short (FRAG:, INCOMPLETE) have no ports.
func cutPacket(b []byte, rec *Record) bool {
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		i := scan.Index(b, "DST=")
		return i < 0 && scan.Blank(b) == len(b) || i > 0 && scan.Blank(b[i:]) == len(b)-i
	}
	if rec.Proto == 0 {
		return scan.Index(b, "PROTO=") < 0
	}
	if rec.Proto != TCP && rec.Proto != UDP || scan.Index(b, "DPT=") >= 0 {
		return false
	}
	return scan.Index(b, "FRAG:") < 0 && scan.Index(b, "INCOMPLETE") < 0
}

// netfilterHead reports whether b has the interfaces of a packet that netfilter logged, and ends before its addresses.
// What ebtables logs has interfaces and no addresses ("IN=eth0 OUT=eth1 MAC source = …";
// net/bridge/netfilter/ebt_log.c).
func netfilterHead(b []byte) bool {
	out := scan.Index(b, " OUT=")
	if out < 0 || scan.Within(b[out:], "SRC=") || scan.Within(b[out:], "MAC source = ") {
		return false
	}
	in := bytes.LastIndex(b[:out], []byte("IN="))
	return in == 0 || in > 0 && !scan.IsLetter(b[in-1])
}

// tornPiece marks a line that no dialect knows as a piece of a line: as the first, where a packet's addresses are
// missing behind its interfaces; as the second, where it is one of netfilter's or of RouterOS' firewall: it has two of
// netfilter's fields and no source, or ends as each line of RouterOS does and holds nothing but addresses.
func tornPiece(rec *Record) {
	if rec.Kind == Unknown && speaksKernel(rec) && netfilterHead(rec.Body) {
		rec.tornHead()
		rec.Dialect = "netfilter"
		return
	}
	if rec.Kind != Unknown || !netfilterTail(rec.Body) && !mikrotikTail(rec.Body) {
		return
	}
	rec.Kind, rec.Word, rec.Piece = Torn, "torn", Tail
	rec.Dialect = "netfilter"
	if mikrotikTail(rec.Body) {
		rec.Dialect = "mikrotik"
	}
}

// netfilterTail knows "0 TTL=126 ID=15317 DF PROTO=TCP SPT=59344 DPT=443 WINDOW=8212 RES=0x00 SYN URGP=0".
func netfilterTail(b []byte) bool {
	if scan.Index(b, "PROTO=") < 0 && scan.Index(b, "URGP=") < 0 {
		return false // few lines that nobody knows need be looked at word by word
	}
	fields := 0
	for range 24 {
		var w []byte
		if w, b = scan.Word(b); len(w) == 0 {
			break
		}
		key, _, ok := bytes.Cut(w, []byte("="))
		if !ok {
			continue
		}
		switch string(key) {
		case "SRC", "IN", "OUT":
			return false
		case "TOS", "PREC", "TTL", "PROTO", "SPT", "DPT", "WINDOW", "RES", "URGP":
			fields++
		}
	}
	return fields >= 2
}

// mikrotikTail knows ":443, len 52" and "10.0.0.1:443, NAT (10.0.0.1:5->203.0.113.5:5)->198.51.100.1:443, len 52".
func mikrotikTail(b []byte) bool {
	if n := len(b); n < 8 || n > 200 || !scan.IsDigit(b[n-1]) {
		return false
	}
	i := len(b)
	for i > 0 && scan.IsDigit(b[i-1]) {
		i--
	}
	front, ok := bytes.CutSuffix(b[:i], []byte(", len "))
	if !ok || len(front) == 0 {
		return false
	}
	for _, c := range front {
		if bytes.IndexByte([]byte("0123456789.:->(),[] NATabcdef"), c) < 0 {
			return false
		}
	}
	return true
}
