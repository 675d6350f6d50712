package ingest

import (
	"fmt"
	"strings"
	"testing"

	"uncloak/parse"
	"uncloak/store"
)

const (
	tornFirst  = "May  5 20:46:45 gw kernel: [LAN]IN=br0 OUT=eth8 SRC=192.168.1.%d DST=198.51.100.7 LEN=52 PREC=0x0\n"
	tornSecond = "May  5 20:46:45 gw kernel: 0 TTL=126 ID=15317 DF PROTO=TCP SPT=59344 DPT=443 WINDOW=8212 RES=0x00 " +
		"SYN URGP=0\n"
)

// TestTornLines joins the two pieces of a line, and leaves those apart that do not belong together.
func TestTornLines(t *testing.T) {
	other := strings.Repeat("May  5 20:46:45 gw kernel: eth8: link up\n", 3)
	for name, c := range map[string]struct {
		log  string
		want []parse.Kind
	}{
		"both": {fmt.Sprintf(tornFirst, 20) + tornSecond, []parse.Kind{parse.SessionNew}},
		"others between": {fmt.Sprintf(tornFirst, 20) + other + tornSecond, []parse.Kind{parse.SessionNew, parse.Link,
			parse.Link, parse.Link}},
		"the first alone":  {fmt.Sprintf(tornFirst, 20), []parse.Kind{parse.Torn}},
		"the second alone": {tornSecond, []parse.Kind{parse.Torn}},
		"of another router": {fmt.Sprintf(tornFirst, 20) + strings.ReplaceAll(tornSecond, " gw ", " gw2 "),
			[]parse.Kind{parse.Torn, parse.Torn}},
		"two firsts": {fmt.Sprintf(tornFirst, 20) + fmt.Sprintf(tornFirst, 21) + tornSecond,
			[]parse.Kind{parse.Torn, parse.SessionNew}},
	} {
		db := openStore(t)
		importText(t, db, Options{CapturedAt: importNow}, c.log)
		var got []parse.Kind
		for _, e := range all(t, db, store.Query{}) {
			if e.Kind == parse.SessionNew && (e.SPort != 59344 || e.DPort != 443 || e.Proto != parse.TCP) {
				t.Errorf("%s: %v", name, e.Event)
			}
			got = append(got, e.Kind)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if sum := importText(t, db, Options{CapturedAt: importNow}, c.log); sum.Events != 0 {
			t.Errorf("%s, again: %+v", name, sum)
		}
	}
}

// TestTornLinesAreBounded fills the table of first pieces from more routers than it holds.
func TestTornLinesAreBounded(t *testing.T) {
	var torn tornLines
	p, rec := parse.NewParser(), parse.Record{Piece: parse.Head}
	for i := range 3 * maxTornHeads {
		torn.take(p, nil, &rec, newRouterName(fmt.Sprint(i)), nil)
		if len(torn.heads) > maxTornHeads {
			t.Fatalf("%d first pieces are kept", len(torn.heads))
		}
	}
}
