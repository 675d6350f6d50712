package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// otherTable reads that a table of the kernel other than the session table is full; Detail says which.
// Linux: the route and dst caches (net/ipv4/route.c, net/core/dst.c), TIME-WAIT sockets (net/ipv4/tcp_minisocks.c),
// hashlimit, ipset, connlimit, open files; BSD: the zones of pf and the listen queue.
func otherTable(b []byte, rec *Record) bool {
	which := ""
	switch b[0] {
	case 'd', 'D':
		if scan.ContainsLower(b, "dst cache overflow") {
			which = "dst cache"
		}
	case 'R', 'I', 'i':
		which = routeCache(b)
	case 'T':
		if bytes.HasPrefix(b, []byte("TCP: time wait bucket table overflow")) {
			which = "time-wait buckets"
		} else if from, ok := bytes.CutPrefix(b, []byte("TCP: drop open request from ")); ok { // net/ipv4/tcp_input.c
			w, _ := scan.Word(from)
			rec.Src, rec.SPort = scan.HostPort(w, '/')
			rec.Proto, which = TCP, "syn queue"
		}
	case 'x', 'h':
		if bytes.Contains(b, []byte("hashlimit: max count of ")) {
			which = "hashlimit"
		}
	case 'S':
		if bytes.HasPrefix(b, []byte("Set ")) && bytes.Contains(b, []byte(" is full, maxelem ")) {
			which = "ipset"
		}
	case 'V':
		if bytes.HasPrefix(b, []byte("VFS: file-max limit ")) {
			which = "open files"
		}
	case '[':
		which = zoneLimit(b)
	case 'p', 'k':
		if bytes.HasPrefix(b, []byte("pf: state")) &&
			(scan.ContainsLower(b, "limit") || scan.ContainsLower(b, "full")) {
			which = "pf states"
		} else if bytes.HasPrefix(b, []byte("kern.maxfiles limit exceeded")) {
			which = "open files"
		}
	case 's':
		if bytes.HasPrefix(b, []byte("sonewconn: ")) && bytes.Contains(b, []byte("isten queue overflow")) {
			which = "listen queue"
		}
	}
	if which == "" {
		return false
	}
	rec.detail = rec.keep(which)
	return mark(rec, TableFull, "other")
}

// routeCache names the cache of routes that is full; "" is none.
func routeCache(b []byte) string {
	for _, prefix := range [...]string{"IPv6: ", "IPv4: ", "ipv6: ", "ipv4: "} {
		b = bytes.TrimPrefix(b, []byte(prefix))
	}
	switch {
	case scan.Has(b, "Route cache is full"), scan.Has(b, "Route hash chain too long"):
		return "route cache"
	case scan.Has(b, "dst cache overflow"):
		return "dst cache"
	}
	return ""
}

// zoneLimit reads FreeBSD's "[zone: pf states] PF states limit reached" (sys/vm/uma_core.c prints the warning that
// sys/netpfil/pf sets for its zones).
func zoneLimit(b []byte) string {
	if !bytes.HasPrefix(b, []byte("[zone: ")) || !bytes.Contains(b, []byte(" limit reached")) {
		return ""
	}
	switch string(scan.Until(b[7:], "]")) {
	case "pf states":
		return "pf states"
	case "pf source nodes", "pf src nodes":
		return "pf source nodes"
	case "pf frag entries", "pf frags":
		return "pf fragments"
	case "mbuf", "mbuf_cluster", "mbuf_jumbo_page":
		return "mbufs"
	}
	return "kernel zone"
}
