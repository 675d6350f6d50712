package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// nftTraceDialect describes what `nft monitor trace` prints while it follows packets through the rules of nftables.
func nftTraceDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "nft-trace",
			Devices: "Linux nftables",
			Sample:  `trace id a95ea7ef inet filter forward packet: iif "br0" oif "ppp0" ip saddr 192.0.2.5 ip daddr 198.51.100.9 ip protocol tcp ip length 60 tcp sport 50000 tcp dport 443`,
			Reads: "The packet with addresses, ports and interfaces; table and chain; what each rule did with " +
				"it. It is not counted as a session: every chain tells of it again.",
			Enable: "nft add rule inet filter forward ip saddr 192.0.2.5 meta nftrace set 1; nft monitor trace " +
				"| uncloak parse.",
			Source: "nft(8), monitor; wiki.nftables.org, Ruleset debug/tracing",
		},
		known:  "trace id, then packet, rule, verdict or policy",
		begins: []string{"trace id "},
		kind:   file,
		read:   nftTrace,
	}
}

// nftTrace reads `nft monitor trace`, which follows packets with "meta nftrace set 1" through the rules:
//
//	trace id a95ea7ef inet filter forward packet: iif "br0" oif "ppp0" ip saddr 10.0.0.5 ip daddr 198.51.100.9 ip protocol tcp tcp sport 50000 tcp dport 443
//	trace id a95ea7ef inet filter forward rule tcp dport 443 drop (verdict drop)
//
// The packet stands in one line and what became of it in others, once for each chain, so all of it is System: a packet
// is not counted as a session. Rule is table and chain; the verdict that ends a line is its Action.
func nftTrace(b []byte, rec *Record) bool {
	rest, ok := bytes.CutPrefix(b, []byte("trace id "))
	if !ok {
		return false
	}
	_, rest = scan.Word(rest)   // id
	_, chain := scan.Word(rest) // family
	where := chain
	_, chain = scan.Word(chain) // table
	_, chain = scan.Word(chain)
	rec.Rule = scan.TrimBody(where[:len(where)-len(chain)])
	rec.Dialect = "nft-trace"
	what, r := scan.Word(chain)
	if string(what) != "packet:" {
		if scan.Has(what, "rule") || scan.Has(what, "verdict") || scan.Has(what, "policy") {
			switch w := bytes.TrimRight(scan.LastWord(b), ")"); string(w) {
			case "accept":
				rec.Action = "allow"
			case "drop", "reject":
				rec.Action = "deny"
			}
			return mark(rec, System, "other")
		}
		return false
	}
	for range 64 {
		var key, field, val []byte
		if key, r = scan.Word(r); len(key) == 0 {
			break
		}
		switch string(key) {
		case "iif", "iifname":
			val, r = scan.Word(r)
			rec.InIf = bytes.Trim(val, `"`)
			continue
		case "oif", "oifname":
			val, r = scan.Word(r)
			rec.OutIf = bytes.Trim(val, `"`)
			continue
		case "ip", "ip6", "tcp", "udp", "sctp", "icmp", "icmpv6":
		default:
			continue
		}
		field, r = scan.Word(r)
		val, _ = scan.Word(r)
		switch string(field) {
		case "saddr":
			rec.Src = scan.Addr(val)
		case "daddr":
			rec.Dst = scan.Addr(val)
		case "protocol", "nexthdr":
			rec.Proto = protocol(val)
		case "sport":
			rec.SPort = scan.Port(val)
		case "dport":
			rec.DPort = scan.Port(val)
		}
	}
	rec.detail = rec.Rule
	return mark(rec, System, "fw-packet")
}
