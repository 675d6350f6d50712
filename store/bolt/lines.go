package bolt

import (
	"bytes"

	"uncloak/store"
)

// slot is the column of a token while a block is written.
type slot struct {
	code     byte // the last one
	codes    []byte
	vals     []uint64 // of those with code 0
	rows     []uint32 // which rows they are of
	lastText []byte
	lastID   uint64
}

// liner encodes the raw lines of a block. Template 0 marks a row whose line is not kept.
type liner struct {
	scan      scanner
	refs      refs
	templates map[string]uint32
	list      stringList
	used      [][2]int32 // of each template: where its slots are in members
	members   []int32
	table     slotTable
	slots     []slot
	words     map[string]uint64
	wordList  stringList
	ids       []uint64
	ctx       [2][]uint32
}

func newLiner() *liner {
	return &liner{scan: scanner{class: newClasses()}, templates: map[string]uint32{}, words: map[string]uint64{}}
}

func (s *stringList) reset() { s.lens, s.text = s.lens[:0], s.text[:0] }

// writeWhole writes the lines section with each line as a template of its own, without tokens: for a fifth of the
// time and four times the size. A placeholder that stands in a line is doubled.
func (l *liner) writeWhole(p *packer, e *encoder, rows []*store.Entry) (plain int) {
	l.list.reset()
	l.wordList.reset()
	l.ids = sized(l.ids, len(rows))
	for i, r := range rows {
		l.ids[i] = 0
		if r.Raw == nil {
			continue
		}
		plain += len(r.Raw)
		before := len(l.list.text)
		for rest := r.Raw; ; {
			k := bytes.IndexByte(rest, placeholder) + 1
			if k == 0 {
				l.list.text = append(l.list.text, rest...)
				break
			}
			l.list.text = append(append(l.list.text, rest[:k]...), placeholder)
			rest = rest[k:]
		}
		l.list.lens = append(l.list.lens, uint64(len(l.list.text)-before))
		l.ids[i] = uint64(len(l.list.lens))
	}
	l.list.write(p)
	p.numbers(l.ids)
	l.wordList.write(p)
	return plain
}

// write writes the lines section of rows to p; the columns of e are those of the same rows.
func (l *liner) write(p *packer, e *encoder, rows []*store.Entry) (plain int) {
	clear(l.templates)
	clear(l.words)
	l.list.reset()
	l.wordList.reset()
	l.table.reset()
	l.used, l.members = l.used[:0], l.members[:0]
	for i := range l.slots {
		s := &l.slots[i]
		s.code, s.codes, s.vals, s.rows, s.lastText, s.lastID = 0, s.codes[:0], s.vals[:0], s.rows[:0], nil, 0
	}
	l.ids = sized(l.ids, len(rows))
	for i, r := range rows {
		plain += len(r.Raw)
		if r.Raw == nil {
			l.ids[i] = 0
			continue
		}
		l.scan.scan(r.Raw, r.Detail.String())
		l.ids[i] = uint64(l.template()) + 1
		l.refs.load(r)
		u := l.used[l.ids[i]-1]
		for j, id := range l.members[u[0]:u[1]] {
			if id >= 0 {
				l.add(&l.slots[id], &l.scan.tokens[j], uint32(i))
			}
		}
	}
	l.list.write(p)
	p.numbers(l.ids, e.sortOf)
	l.wordList.write(p)
	for i := range l.table.kinds {
		s := &l.slots[i]
		p.bytes(s.codes)
		src, flows := sized(l.ctx[0], len(s.rows)), sized(l.ctx[1], len(s.rows))
		for j, r := range s.rows {
			src[j], flows[j] = e.srcOf[r], e.flowOf[r]
		}
		l.ctx = [2][]uint32{src, flows}
		p.numbers(s.vals, src, flows)
	}
	return plain
}

// template returns the number of the template that was scanned last.
func (l *liner) template() uint32 {
	id, ok := l.templates[string(l.scan.template)]
	if ok {
		return id
	}
	id = uint32(len(l.used))
	l.templates[string(l.scan.template)] = id
	l.list.add(string(l.scan.template))
	from := int32(len(l.members))
	l.members, _ = l.table.assign(l.scan.template, l.members) // cannot fail: scan made the template
	l.used = append(l.used, [2]int32{from, int32(len(l.members))})
	for len(l.slots) < len(l.table.kinds) {
		l.slots = append(l.slots, slot{})
	}
	return id
}

// add puts the token of a row into its slot.
func (l *liner) add(s *slot, t *token, row uint32) {
	v := t.value
	var code byte
	switch t.kind {
	case tokNumber:
		code = l.refs.number(v, s.code)
	case tokIP:
		code = l.refs.ip(uint32(v), s.code)
	case tokClock:
		v = (v + 86400 - l.refs.daySeconds()) % 86400
	case tokDecimal:
		if v != 0 && v == l.refs.unit(t.width) {
			code = refTime
		}
	case tokFixed:
		if v != 0 && t.width <= 9 && v == l.refs.fraction(t.width) {
			code = refTime
		}
	case tokString:
		if t.colons {
			code = l.refs.word(t.text)
		}
		if code == 0 {
			v = l.word(s, t.text)
		}
	}
	s.codes = append(s.codes, code)
	if code == 0 {
		s.vals = append(s.vals, v)
		s.rows = append(s.rows, row)
	} else {
		s.code = code
	}
}

// number returns the code of the field that has the value v, if possible the slot's last code; 0 where no field has it.
func (r *refs) number(v uint64, last byte) byte {
	if v == 0 {
		return 0
	}
	if last != 0 && r.num[last] == v {
		return last
	}
	for c := 1; c < len(r.num); c++ {
		if r.num[c] == v {
			return byte(c)
		}
	}
	return 0
}

func (r *refs) ip(v uint32, last byte) byte {
	if last != 0 && r.is4[last] && r.addr[last] == v {
		return last
	}
	for c := 1; c < len(r.addr); c++ {
		if r.is4[c] && r.addr[c] == v {
			return byte(c)
		}
	}
	return 0
}

// word returns the code of the address that is written as w, an IPv6 address; 0 where the event has no such address.
func (r *refs) word(w []byte) byte {
	if len(w) > 45 || bytes.Count(w, []byte(":")) < 2 {
		return 0
	}
	var buf [64]byte
	for c := byte(1); c < numTextRefs; c++ {
		if a := addrOf(r.row, int(c-1)%4); a.Is6() && bytes.Equal(r.text(buf[:0], c), w) {
			return c
		}
	}
	return 0
}

// word returns the number of w in the block's list of words: mostly the slot's last one.
func (l *liner) word(s *slot, w []byte) uint64 {
	if s.lastText != nil && bytes.Equal(s.lastText, w) {
		return s.lastID
	}
	id, ok := l.words[string(w)]
	if !ok {
		id = uint64(len(l.wordList.lens))
		l.words[string(w)] = id
		l.wordList.add(string(w))
	}
	s.lastText, s.lastID = w, id
	return id
}
