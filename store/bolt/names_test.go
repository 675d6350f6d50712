package bolt

import (
	"fmt"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// TestNamesAskedFor lets a block have a router, a detail and a second word of its own in each row, and asks for few of
// the rows in each way: the right ones come, with their names, and no others are interned.
func TestNamesAskedFor(t *testing.T) {
	db := mustOpen(t, t.TempDir(), Options{NoSync: true})
	defer mustClose(t, db)
	const n, want = 4000, 3000
	rows := entries(noon(), 1<<40, n)
	for i := range rows {
		e := &rows[i]
		e.Router, e.Detail = parse.MakeName(fmt.Sprint("r", i)), parse.MakeName(fmt.Sprint("d", i))
		e.Aside = parse.MakeName(fmt.Sprint("a", i))
		e.Kind = parse.Unknown
		if i == want {
			e.Kind = parse.OOMKill
		}
		e.Raw = fmt.Appendf(nil, "line %d says d%d", i, i)
	}
	mustAppend(t, db, store.Batch{Entries: rows})
	check := func(what string, got []store.Entry, dec *decoder) {
		t.Helper()
		if len(got) != 1 || got[0].Event != rows[want].Event || string(got[0].Raw) != string(rows[want].Raw) {
			t.Errorf("%s: %+v", what, got)
		}
		if len(dec.names) > 6 {
			t.Errorf("%s: %d names were interned", what, len(dec.names))
		}
	}
	for name, q := range map[string]store.Query{
		"kind":       {Kinds: []parse.Kind{parse.OOMKill}},
		"router":     {Router: fmt.Sprint("r", want)},
		"aside":      {Aside: fmt.Sprint("a", want)},
		"text":       {Text: fmt.Sprint("line ", want)},
		"first only": {Limit: 1, Window: store.Window{From: time.Unix(0, rows[want].Time)}},
	} {
		r := reader{db: db, ctx: t.Context(), filter: newFilter(&q), limit: q.Limit, dec: newDecoder(db.z)}
		var got []store.Entry
		r.yield = func(e store.Entry, err error) bool {
			if err != nil {
				t.Error(err)
			}
			e.Raw = append([]byte(nil), e.Raw...)
			got = append(got, e)
			return true
		}
		if _, err := r.day(dateOf(rows[0].Time)); err != nil {
			t.Fatal(err)
		}
		check("events by "+name, got, r.dec)
	}
	q := store.Query{Kinds: []parse.Kind{parse.OOMKill}, Limit: 5}
	w := firsts{db: db, ctx: t.Context(), dec: newDecoder(db.z), span: newFilter(&q),
		asked: []*asked{{filter: newFilter(&q), limit: 5}}}
	if err := w.day(dateOf(rows[0].Time)); err != nil {
		t.Fatal(err)
	}
	var got []store.Entry
	for _, f := range w.asked[0].found {
		got = append(got, f.Entry)
	}
	check("first", got, w.dec)
}
