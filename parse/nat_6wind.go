package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// sixwindDialect describes what 6WIND's carrier-grade NAT (fp-cgnat) logs for each connection and block of ports.
func sixwindDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "6wind",
			Devices: "6WIND CG-NAT (fp-cgnat)",
			Sample:  "Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752",
			Reads: "NEW CONN and DESTROY CONN with both directions, USER … NEW BLOCK and DESTROY BLOCK with " +
				"pool, outside address and ports",
			Enable: "vrf main cg-nat logging enabled true; commit.",
			Source: "doc.6wind.com, CG-NAT deployment guide, Logging",
		},
		console: OtherConsole,
		tags:    []string{"fp-cgnat*"},
		begins:  []string{"NEW CONN: ", "DESTROY CONN: "},
		first:   "U",
		looks:   looks6WIND,
		read:    sixwind,
	}
}

// sixwind reads 6WIND's fp-cgnat:
//
//	NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752
//	USER 100.64.0.1 (matching rule 1): NEW BLOCK (pool "mypool", ip public 192.0.2.33, proto 6, port 1 - 512)
func sixwind(b []byte, rec *Record) bool {
	if bytes.IndexByte(rec.App, '[') >= 0 {
		return false // a tag that is cut
	}
	rec.Dialect = "6wind"
	if user, ok := bytes.CutPrefix(b, []byte("USER ")); ok {
		w, rest := scan.Word(user)
		rec.Src = scan.Addr(w)
		what := scan.After(rest, "): ")
		created := bytes.HasPrefix(what, []byte("NEW BLOCK"))
		if !created && !bytes.HasPrefix(what, []byte("DESTROY BLOCK")) {
			rec.Kind, rec.Word, rec.detail = System, "other", what
			if scan.ContainsLower(what, "fail") || scan.ContainsLower(what, "full") ||
				scan.ContainsLower(what, "limit") ||
				scan.ContainsLower(what, "no block") || scan.ContainsLower(what, "exhaust") {
				rec.Kind, rec.Word = TableFull, "nat-exhausted"
			}
			return true
		}
		rec.NATSrc = scan.Addr(scan.Until(scan.After(what, "ip public "), ",) "))
		rec.Proto = protocol(scan.Until(scan.After(what, "proto "), ",) "))
		rec.PortLow, rec.PortHigh, _ = scan.PortRange(scan.After(what, "port "))
		rec.detail = scan.Until(scan.After(what, `pool "`), `"`)
		natMark(rec, created)
		return true
	}
	created := bytes.HasPrefix(b, []byte("NEW CONN: "))
	if !created && !bytes.HasPrefix(b, []byte("DESTROY CONN: ")) {
		rec.Kind, rec.Word = System, "other"
		if scan.ContainsLower(b, "full") || scan.ContainsLower(b, "exhaust") || scan.ContainsLower(b, "no more") {
			rec.Kind, rec.Word, rec.detail = TableFull, "nat-exhausted", b
		}
		return true
	}
	fwd, back := scan.After(b, "fwd proto "), scan.After(b, "back proto ")
	proto, r := scan.Word(fwd)
	from, r := scan.Word(r)
	_, r = scan.Word(r)
	to, _ := scan.Word(r)
	rec.Proto = protocol(proto)
	rec.Src, rec.SPort = scan.Endpoint(from)
	rec.Dst, rec.DPort = scan.Endpoint(to)
	_, r = scan.Word(back)
	peer, r := scan.Word(r)
	_, r = scan.Word(r)
	outside, _ := scan.Word(r)
	rec.NATDst, rec.NATDPort = scan.Endpoint(peer)
	rec.NATSrc, rec.NATSPort = scan.Endpoint(outside)
	if !rec.Src.IsValid() || !rec.Dst.IsValid() {
		return false
	}
	tidyNAT(&rec.Event)
	natMark(rec, created)
	return true
}

// looks6WIND reports whether b tells of a subscriber's block of ports.
func looks6WIND(b []byte, _ *Record) bool { return scan.Has(b, "USER ") && scan.Within(b, " BLOCK (") }
