package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// mayBeRow reports whether a line has neither a tag nor a host in front and is long enough for a row of a listing.
func mayBeRow(b []byte, rec *Record) bool {
	return len(rec.App) == 0 && len(rec.Host) == 0 && len(b) >= 20
}

// row fills in that the line is a row of a listing of the session table at one moment.
func (rec *Record) row(dialect string) bool {
	rec.Dialect = dialect
	return mark(rec, Entry, "entry")
}

// listedState returns the State that w names in the spelling of ss, netstat, RouterOS or pf; listens is true for those
// of a socket that has no other end. ok is false for any other word.
func listedState(w []byte) (s State, listens, ok bool) {
	var low [16]byte
	if len(w) < 4 || len(w) > len(low) {
		return NoState, false, false
	}
	for i, c := range w {
		switch {
		case scan.IsUpper(c):
			c |= 0x20
		case c == '-':
			c = '_'
		}
		low[i] = c
	}
	switch string(low[:len(w)]) {
	case "estab", "established":
		return Established, false, true
	case "syn_sent":
		return SynSent, false, true
	case "syn_recv", "syn_rcvd", "syn_received", "new_syn_recv":
		return SynRecv, false, true
	case "fin_wait", "fin_wait1", "fin_wait2", "fin_wait_1", "fin_wait_2", "closing":
		return FinWait, false, true
	case "close_wait":
		return CloseWait, false, true
	case "last_ack":
		return LastAck, false, true
	case "time_wait":
		return TimeWait, false, true
	case "close", "closed":
		return Close, false, true
	case "listen", "listening", "unconn":
		return NoState, true, true
	case "none", "bound":
		return NoState, false, true
	}
	return NoState, false, false
}

// unordered fills in the two ends of a session of which the line does not say who opened it. The one whose port is that
// of a service has answered; where neither is, or both are, the first has opened it.
func (rec *Record) unordered(first, second netip.AddrPort) {
	rec.Unordered = true
	a, b := first.Port(), second.Port()
	if a != 0 && (a < 1024 && b >= 1024 || a < ephemeral && b >= ephemeral) {
		first, second = second, first
		rec.swapped = true
	}
	rec.openedBy(first, second)
}

// openedBy fills in the ends of a session that the first has opened.
func (rec *Record) openedBy(first, second netip.AddrPort) {
	rec.Src, rec.SPort, rec.Dst, rec.DPort = first.Addr(), first.Port(), second.Addr(), second.Port()
	if rec.Proto == ICMP || rec.Proto == ICMPv6 {
		rec.DPort = 0
	}
}

// translated fills in what a NAT makes of the source and the destination, where that differs from them.
func (rec *Record) translated(src, dst netip.AddrPort) {
	if src.IsValid() && src != rec.SrcPort() {
		rec.NATSrc, rec.NATSPort = src.Addr(), src.Port()
	}
	if dst.IsValid() && dst.Addr() != rec.Dst || dst.IsValid() && rec.DPort != 0 && dst.Port() != rec.DPort {
		rec.NATDst, rec.NATDPort = dst.Addr(), dst.Port()
	}
}

// clockSeconds reads H:MM:SS at the front of b, whose hours may have any number of digits; it is 0 for anything else.
func clockSeconds(b []byte) uint32 {
	n, _, ok := clock(b)
	if !ok {
		return 0
	}
	return scan.Saturate(min(n[0], 1<<32)*3600 + min(n[1], 1<<32)*60 + min(n[2], 1<<32))
}

// unitSeconds reads times like 4w2d, 23h59m47s and 58s, and cuts fractions off (1s500ms); it is 0 for anything else.
func unitSeconds(b []byte) uint32 {
	total := uint64(0)
	for len(b) > 0 {
		n, rest, ok := scan.Leading(b)
		if !ok || len(rest) == 0 || n > 1<<32 {
			return 0
		}
		unit := uint64(0)
		switch {
		case scan.Has(rest, "ms"):
			return scan.Saturate(total)
		case rest[0] == 'w':
			unit = 7 * 86400
		case rest[0] == 'd', rest[0] == 'D':
			unit = 86400
		case rest[0] == 'h':
			unit = 3600
		case rest[0] == 'm':
			unit = 60
		case rest[0] == 's':
			unit = 1
		default:
			return 0
		}
		total, b = total+n*unit, rest[1:]
	}
	return scan.Saturate(total)
}

// endOf reads an address with its port behind sep, or the address alone.
func endOf(b []byte, sep byte) netip.AddrPort {
	b = scan.TrimRight(b, ",;)")
	a, port := scan.HostPort(b, sep)
	if !a.IsValid() {
		a, port = scan.Addr(scan.Unbracket(b)), 0
	}
	return netip.AddrPortFrom(a, port)
}
