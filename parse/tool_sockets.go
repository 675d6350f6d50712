package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// socketsDialect describes the listings of a machine's own connections: ss and netstat.
func socketsDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "sockets",
			Devices: "ss on Linux; netstat on Linux, BSD, macOS and Windows (with -n)",
			Sample:  `ESTAB  0      0          192.168.1.20:42106     203.0.113.80:443   users:(("firefox",pid=1590,fd=8))`,
			Reads: "Both ends, TCP's state, the program. A row is an entry of the table at one moment; sockets " +
				"without another end (LISTEN, UNCONN) are system. Who opened the session is a guess by the ports: " +
				"it is marked as unordered.",
			Enable: "ss -tunap; netstat -nat",
			Source: "ss(8), iproute2 6.1; netstat(8), net-tools 2.10; netstat(1) of FreeBSD; Microsoft, netstat",
		},
		known: "a row as ss or netstat print it",
		begins: []string{"State ", "Netid ", "Proto ", "Active Internet connections", "Active Connections",
			"Active LOCAL (UNIX)", "Active UNIX domain sockets", "unix  "},
		first: lower + upper,
		looks: looksSocket,
		kind:  tool,
		read:  sockets,
	}
}

// looksSocket reports whether b begins with a protocol or a state as ss and netstat spell them.
func looksSocket(b []byte, rec *Record) bool {
	if !mayBeRow(b, rec) {
		return false
	}
	w, _ := scan.Word(b)
	_, _, state := listedState(w)
	return state || socketProtocol(w) != 0 || isOtherSocket(w)
}

// socketProtocol reads tcp, tcp4, tcp6, tcp46 and the same of udp, in either case.
func socketProtocol(w []byte) uint8 {
	if len(w) < 3 || len(w) > 5 {
		return 0
	}
	if n := w[3:]; len(n) > 0 && string(n) != "4" && string(n) != "6" && string(n) != "46" {
		return 0
	}
	if n := protocol(w[:3]); n == TCP || n == UDP {
		return n
	}
	return 0
}

// isOtherSocket knows the names that ss has for sockets that are no session of the network.
func isOtherSocket(w []byte) bool {
	switch string(w) {
	case "u_str", "u_dgr", "u_seq", "nl", "p_raw", "p_dgr", "v_str", "v_dgr", "raw", "icmp6", "ti_st", "mptcp":
		return true
	}
	return false
}

// sockets reads
//
//	ESTAB  0      0          192.0.2.2:42106 203.0.113.80:443        users:(("go",pid=1590,fd=8))
//	tcp    ESTAB  0      0   192.0.2.2:42106 203.0.113.80:443
//	tcp        0      0 192.0.2.2:42106         203.0.113.80:443        ESTABLISHED 1590/go
//	tcp4       0      0  192.0.0.2.51079        52.123.128.14.443      ESTABLISHED
//	TCP    192.0.2.5:50000      203.0.113.5:443       ESTABLISHED     1234
func sockets(b []byte, rec *Record) bool {
	rec.Dialect = "sockets"
	if scan.Within(b, "Local ") && scan.Within(b, "ddress") || scan.Has(b, "Active ") || scan.Has(b, "unix  ") {
		return mark(rec, System, "other")
	}
	w, rest := scan.Word(b)
	if rec.Proto = socketProtocol(w); rec.Proto != 0 || isOtherSocket(w) {
		w, rest = scan.Word(rest)
	}
	state, listens, isState := listedState(w) // ss has it here, netstat behind the ends
	windows := !isState && !scan.AllDigits(w)
	if windows && (rec.Proto == 0 || !scan.IsUpper(b[0])) {
		return false
	}
	if !windows {
		if isState {
			w, rest = scan.Word(rest)
		}
		other, r := scan.Word(rest)
		if !scan.AllDigits(w) || !scan.AllDigits(other) {
			return false
		}
		w, rest = scan.Word(r)
	}
	switch {
	case rec.Proto == 0 && !isState:
		return false
	case rec.Proto == 0 && isOtherSocket(scan.Until(b, " \t")):
		return mark(rec, System, "other")
	case rec.Proto == 0:
		rec.Proto = TCP // ss -t names no protocol
	}
	peer, rest := scan.Word(rest)
	if !isState {
		s, after := scan.Word(rest)
		if state, listens, isState = listedState(s); isState {
			rest = after
		} else if windows && (len(s) == 0 || bytes.IndexByte(s, '.') >= 0) {
			return false
		}
	}
	rec.State, rec.detail = state, programOf(rest)
	return rec.socket(w, peer, listens)
}

// socket fills in the ends of a socket: the machine's own and the other.
func (rec *Record) socket(own, peer []byte, listens bool) bool {
	here, wild, ok := socketEnd(own)
	there, none, ok2 := socketEnd(peer)
	switch {
	case !ok || !ok2:
		return false
	case listens || wild || none:
		rec.Src, rec.SPort, rec.State = here.Addr(), here.Port(), NoState
		return mark(rec, System, "other")
	case rec.State == SynSent:
		rec.openedBy(here, there)
	case rec.State == SynRecv:
		rec.openedBy(there, here)
	default:
		rec.unordered(here, there)
	}
	return rec.row("sockets")
}

// socketEnd reads one end of a socket: 192.0.2.2:42106, 192.0.2.2.42106, [2001:db8::1]:443, 2001:db8::1:443, with the
// interface behind a percent sign. wild is true where that is no address of its own: *:22, 0.0.0.0:*, :::80.
func socketEnd(b []byte) (end netip.AddrPort, wild, ok bool) {
	if len(b) < 3 {
		return end, false, false
	}
	if b[0] == '*' {
		return end, true, b[1] == ':' || b[1] == '.'
	}
	host, port := b, []byte(nil)
	if i := bytes.IndexByte(b, '%'); i > 0 {
		host, port = b[:i], b[bytes.LastIndexAny(b, ":.")+1:]
	} else if i := bytes.LastIndexByte(b, ':'); i > 0 && scan.Addr(scan.Unbracket(b[:i])).IsValid() {
		host, port = b[:i], b[i+1:]
	} else if i := bytes.LastIndexByte(b, '.'); i > 0 && scan.Addr(b[:i]).IsValid() {
		host, port = b[:i], b[i+1:]
	}
	a := scan.Addr(scan.Unbracket(host)).Unmap()
	if !a.IsValid() || len(port) == 0 {
		return end, false, false
	}
	n := scan.NamedPort(port)
	return netip.AddrPortFrom(a, n), a.IsUnspecified() || port[0] == '*', n != 0 || port[0] == '*' || port[0] == '0'
}

// programOf finds the program in what stands behind the addresses: users:(("go",pid=1590,fd=8)) or 1590/go.
func programOf(b []byte) []byte {
	if u := scan.After(b, `users:(("`); u != nil {
		return scan.Until(u, `"`)
	}
	w, _ := scan.Word(b)
	if pid, name := scan.CutByte(w, '/'); scan.AllDigits(pid) {
		return scan.TrimRight(name, ":")
	}
	return nil
}
