package parse

import "bytes"

// nftTrace reads `nft monitor trace`, which follows packets with "meta nftrace set 1" through the rules:
//
//	trace id a95ea7ef inet filter forward packet: iif "br0" oif "ppp0" ip saddr 10.0.0.5 ip daddr 198.51.100.9 ip protocol tcp tcp sport 50000 tcp dport 443
//	trace id a95ea7ef inet filter forward rule tcp dport 443 drop (verdict drop)
//
// The packet stands in one line and what became of it in others, once for each chain, so all of it is System: a packet
// is not counted as a session. Rule is table and chain; the verdict that ends a line is its Action.
func (p *Parser) nftTrace(b []byte, rec *Record) bool {
	rest, ok := bytes.CutPrefix(b, []byte("trace id "))
	if !ok {
		return false
	}
	_, rest = word(rest)   // id
	_, chain := word(rest) // family
	where := chain
	_, chain = word(chain) // table
	_, chain = word(chain)
	rec.Rule = trimBody(where[:len(where)-len(chain)])
	rec.Dialect = "nft-trace"
	what, r := word(chain)
	if string(what) != "packet:" {
		if has(what, "rule") || has(what, "verdict") || has(what, "policy") {
			switch w := bytes.TrimRight(lastWord(b), ")"); string(w) {
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
		if key, r = word(r); len(key) == 0 {
			break
		}
		switch string(key) {
		case "iif", "iifname":
			val, r = word(r)
			rec.InIf = bytes.Trim(val, `"`)
			continue
		case "oif", "oifname":
			val, r = word(r)
			rec.OutIf = bytes.Trim(val, `"`)
			continue
		case "ip", "ip6", "tcp", "udp", "sctp", "icmp", "icmpv6":
		default:
			continue
		}
		field, r = word(r)
		val, _ = word(r)
		switch string(field) {
		case "saddr":
			rec.Src = addr(val)
		case "daddr":
			rec.Dst = addr(val)
		case "protocol", "nexthdr":
			rec.Proto = protocol(val)
		case "sport":
			rec.SPort = port(val)
		case "dport":
			rec.DPort = port(val)
		}
	}
	rec.Detail = p.name(rec.Rule)
	return mark(rec, System, "fw-packet")
}
