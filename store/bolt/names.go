package bolt

import (
	"uncloak/parse"
	"uncloak/store"
)

// nameTexts is a table of the names of a block, as text. To intern a name costs ten times what decoding a row does, and
// a block may have as many names as rows, where somebody makes them up. So only the names of wanted rows are interned.
type nameTexts struct {
	text  [][]byte
	names []parse.Name // of those that were asked for
	have  []bool
	of    []uint64 // by row: place in text
}

func (t *nameTexts) read(s *streams, most int) {
	t.text = s.strings(most)
	t.names, t.have = sized(t.names, len(t.text)), sized(t.have, len(t.text))
	clear(t.have)
}

// name returns a name of the table.
func (t *nameTexts) name(d *decoder, at uint64) parse.Name {
	if !t.have[at] {
		t.names[at], t.have[at] = d.intern(t.text[at]), true
	}
	return t.names[at]
}

// name sets the names of row i of the block whose columns were decoded last.
func (d *decoder) name(i int, r *store.Entry) {
	r.Router = d.routers.name(d, d.routerOf[d.sortOf[i]])
	r.Detail = d.details.name(d, d.details.of[i])
	if len(d.asides.text) > 0 {
		r.Aside = d.asides.name(d, d.asides.of[i])
	}
}

// wants reports whether row i, whose names need not be set, is wanted as far as its columns tell.
func (d *decoder) wants(f *filter, i int, r *store.Entry) bool {
	return f.event(&r.Event) && d.named(f, i)
}

// named reports whether row i has the names that f asks for.
func (d *decoder) named(f *filter, i int) bool {
	if f.router != (parse.Name{}) && string(d.routers.text[d.routerOf[d.sortOf[i]]]) != f.router.String() {
		return false
	}
	return f.aside == (parse.Name{}) ||
		len(d.asides.text) > 0 && string(d.asides.text[d.asides.of[i]]) == f.aside.String()
}
