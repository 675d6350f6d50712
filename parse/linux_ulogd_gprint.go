package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ulogdGprintDialect describes the lines of pairs that the Linux daemon ulogd writes for packets and sessions.
func ulogdGprintDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "ulogd-gprint",
			Devices: "ulogd 2 (GPRINT output)",
			Sample:  "orig.ip.saddr=10.9.0.2,orig.ip.daddr=203.0.113.5,orig.ip.protocol=6,orig.l4.sport=41039,orig.l4.dport=80,orig.raw.pktlen=321,orig.raw.pktcount=6,reply.ip.saddr=203.0.113.5,reply.ip.daddr=198.51.100.1,reply.ip.protocol=6,reply.l4.sport=80,reply.l4.dport=41039,reply.raw.pktlen=217,reply.raw.pktcount=4,ct.event=4,flow.start.sec=1795292892,flow.start.usec=670772,flow.end.sec=1795292901,flow.end.usec=195360",
			Reads: "What ulogd-json reads: packets, and flows with both tuples, counters, event and the kernel's " +
				"times.",
			Enable: "In ulogd.conf: stack=ct1:NFCT,ip2str1:IP2STR,gp1:GPRINT.",
			Source: "ulogd 2 output/ulogd_output_GPRINT.c",
		},
		known:  "ulogd's keys, parted by commas",
		tags:   []string{"ulogd"},
		begins: []string{"orig.ip.saddr", "ip.saddr", "oob.", "raw.mac", "timestamp="},
		kind:   file,
		read:   ulogdGprint,
	}
}

// ulogdGprint reads a line of pairs that commas part; the prefix of a packet may hold commas of its own.
func ulogdGprint(b []byte, rec *Record) bool {
	if !scan.Within(b, "ip.saddr") {
		return false
	}
	var f flowFields
	var when []byte
	for len(b) > 0 {
		var pair []byte
		pair, b = scan.CutByte(b, ',')
		key, value := scan.CutByte(pair, '=')
		if string(key) == "timestamp" {
			when = value
			continue
		}
		f.set(key, bytes.Trim(value, `"`))
	}
	if !flowJSON(&f, rec) {
		return false
	}
	rec.Dialect = "ulogd-gprint"
	var s Stamp
	if rest, ok := s.stampAny(when); ok && len(rest) == 0 && !rec.Stamp.HasClock && !rec.Stamp.HasUnix {
		rec.Stamp = s
	}
	return true
}
