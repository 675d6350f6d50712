package bolt

import (
	"fmt"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"uncloak/store"
)

// unslot is the column of a token while a block is read.
type unslot struct {
	kind, width byte
	codes       []byte // nil: all are code
	code        byte
	vals        numbers
	ctx         []uint32 // by row, where the numbers depend on it
	predict     predictor
	tokens      int // in the rows
	place       int // of the next token
	value       int // of the next number
	fixed       []byte
}

// op is a piece of a line: text, then what a slot says, or the Detail; slot is nil at the end of the line.
type op struct {
	text   []byte
	slot   *unslot
	detail bool
}

// unliner reads the raw lines of a block. Its buffers are reused.
type unliner struct {
	table   slotTable
	members []int32
	used    [][2]int32
	slots   []unslot
	ids     []uint64
	ops     []op
	start   []int32 // of each template's ops
	fixed   []byte
	codes   []byte
	refs    refs
	bufs    [][]uint64
}

// raws decodes the raw lines of block b, whose columns are decoded, into buf, and sets Raw of the wanted rows, and
// completes their identities where that is asked for. wanted is nil for all.
func (d *decoder) raws(
	b []byte, h *header, rows []store.Entry, wanted []bool, identity bool, buf []byte,
) ([]byte, error) {
	buf = buf[:0]
	if len(b) != h.columnsEnd()+int(h.raw) {
		return buf, errDamaged
	}
	packed := b[h.columnsEnd():]
	if xxhash.Sum64(packed) != h.rawSum {
		return buf, fmt.Errorf("%w: checksum of lines", errDamaged)
	}
	d.touch.line(lineCount(rows, wanted))
	d.s = streams{b: packed, z: d.z, plane: d.s.plane}
	if cap(buf) < int(h.rawPlain) && wanted == nil {
		buf = make([]byte, 0, int(h.rawPlain))
	}
	buf, ok := d.lines.read(d, &d.s, rows, wanted, buf, int(h.rawPlain))
	if !ok {
		return buf, fmt.Errorf("%w: lines", errDamaged)
	}
	for i := 0; identity && i < len(rows); i++ {
		d.identity(i, &rows[i])
	}
	return buf, nil
}

// lineCount returns how many of the lines are wanted; nil means all.
func lineCount(rows []store.Entry, wanted []bool) (n int) {
	if wanted == nil {
		return len(rows)
	}
	for _, yes := range wanted {
		if yes {
			n++
		}
	}
	return n
}

func (u *unliner) read(d *decoder, s *streams, rows []store.Entry, wanted []bool, buf []byte, most int) ([]byte, bool) {
	templates := s.strings(len(rows))
	u.table.reset()
	u.members, u.used = u.members[:0], u.used[:0]
	for _, t := range templates {
		from, ok := int32(len(u.members)), true
		if u.members, ok = u.table.assign(t, u.members); !ok {
			return buf, false
		}
		u.used = append(u.used, [2]int32{from, int32(len(u.members))})
	}
	u.ids = s.within(len(rows), sized(u.ids, len(rows)), d.sortOf).all()
	if s.err != nil || !u.count(len(templates)) {
		return buf, false
	}
	words := s.strings(len(rows) * maxTokens)
	u.readSlots(d, s, words)
	if s.err != nil || len(s.b) != 0 {
		return buf, false
	}
	u.compile(templates, words)
	return u.render(d, rows, wanted, words, buf, most)
}

// count counts the tokens of each slot; false where a row has no such template.
func (u *unliner) count(templates int) bool {
	rows := make([]int, templates+1)
	for _, id := range u.ids {
		if id > uint64(templates) {
			return false
		}
		rows[id]++
	}
	u.slots = sized(u.slots, len(u.table.kinds))
	for i, k := range u.table.kinds {
		u.slots[i] = unslot{kind: k.kind, width: k.width}
	}
	for t, n := range rows[1:] {
		for _, id := range u.members[u.used[t][0]:u.used[t][1]] {
			if id >= 0 {
				u.slots[id].tokens += n
			}
		}
	}
	return true
}

// maxCode is the largest code of a kind of token.
func maxCode(kind byte) byte {
	switch kind {
	case tokNumber:
		return numRefs - 1
	case tokIP:
		return numAddrRefs - 1
	case tokDecimal, tokFixed:
		return refTime
	case tokString:
		return numTextRefs - 1
	}
	return 0
}

func (u *unliner) readSlots(d *decoder, s *streams, words [][]byte) {
	for len(u.bufs) < len(u.slots) {
		u.bufs = append(u.bufs, nil)
	}
	u.codes = u.codes[:0]
	for i := range u.slots {
		l := &u.slots[i]
		codes := s.bytes(l.tokens, &s.plane)
		if s.err != nil {
			return
		}
		stored, same := 0, true
		for _, c := range codes {
			if c > maxCode(l.kind) {
				s.fail()
				return
			}
			if c == 0 {
				stored++
			}
			same = same && c == codes[0]
		}
		if same && len(codes) > 0 {
			l.code = codes[0]
		} else {
			from := len(u.codes)
			u.codes = append(u.codes, codes...) // an older array stays as it is where this one grows
			l.codes = u.codes[from:len(u.codes):len(u.codes)]
		}
		l.vals = s.read(stored, u.bufs[i], 2)
		if l.vals.vals != nil {
			u.bufs[i] = l.vals.vals
		}
		switch l.vals.mode {
		case streamContext:
			l.ctx = d.srcOf
		case streamContext + 1:
			l.ctx = d.flowOf
		}
		if l.ctx != nil {
			l.predict = newPredictor(l.ctx)
		}
		if l.kind == tokString && l.ctx == nil {
			for _, v := range l.vals.vals {
				if v >= uint64(len(words)) {
					s.fail()
					return
				}
			}
			if l.vals.vals == nil && stored > 0 && l.vals.same >= uint64(len(words)) {
				s.fail()
				return
			}
		}
	}
}

// compile makes the ops of all templates. Slots that always say the same become text.
func (u *unliner) compile(templates [][]byte, words [][]byte) {
	u.ops, u.start, u.fixed = u.ops[:0], u.start[:0], u.fixed[:0]
	for i := range u.slots {
		l := &u.slots[i]
		if l.codes == nil && l.code == 0 && l.vals.vals == nil && l.kind != tokClock && l.tokens > 0 {
			l.fixed = appendToken(nil, l.kind, l.width, l.vals.same, words)
		}
	}
	for t, b := range templates {
		u.start = append(u.start, int32(len(u.ops)))
		from := len(u.fixed)
		for j := int(u.used[t][0]); ; j++ {
			text, kind, _, rest := nextToken(b)
			u.fixed = appendText(u.fixed, text)
			b = rest
			o := op{}
			switch {
			case kind == tokEnd:
			case kind == tokDetail:
				o.detail = true
			default:
				l := &u.slots[u.members[j]]
				if l.fixed != nil {
					u.fixed = append(u.fixed, l.fixed...)
					continue
				}
				o.slot = l
			}
			o.text = u.fixed[from:len(u.fixed):len(u.fixed)]
			u.ops = append(u.ops, o)
			from = len(u.fixed)
			if kind == tokEnd {
				break
			}
		}
	}
}

// appendText appends the text of a template.
func appendText(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if dst = append(dst, text[i]); text[i] == placeholder {
			i++
		}
	}
	return dst
}

// render writes the wanted lines one behind the other. Of the others the slots are moved on.
func (u *unliner) render(
	d *decoder, rows []store.Entry, wanted []bool, words [][]byte, buf []byte, most int,
) ([]byte, bool) {
	total := 0
	if buf == nil {
		buf = []byte{} // an empty line is not one that was not kept
	}
	if wanted != nil {
		rows = rows[:lastMark(wanted)+1]
	}
	for i := range rows {
		id := u.ids[i]
		if id == 0 {
			continue
		}
		r, skip := &rows[i], wanted != nil && !wanted[i]
		at := len(buf)
		if !skip {
			u.refs.load(r)
		}
		for ops := u.ops[u.start[id-1]:]; ; ops = ops[1:] {
			o := &ops[0]
			if !skip {
				buf = append(buf, o.text...)
			}
			if o.slot == nil && !o.detail {
				break
			}
			if o.detail {
				if !skip {
					buf = append(buf, d.details.text[d.details.of[i]]...)
				}
				continue
			}
			var ok bool
			if buf, ok = u.token(o.slot, i, skip, words, buf); !ok {
				return buf, false
			}
		}
		if total += len(buf) - at; total > most {
			return buf, false
		}
		if !skip {
			r.Raw = buf[at:len(buf):len(buf)]
		}
	}
	return buf, wanted != nil || total == most
}

func lastMark(marks []bool) int {
	i := len(marks) - 1
	for i >= 0 && !marks[i] {
		i--
	}
	return i
}

// token writes the next token of a slot, that of row i.
func (u *unliner) token(l *unslot, i int, skip bool, words [][]byte, buf []byte) ([]byte, bool) {
	code := l.code
	if l.codes != nil {
		code = l.codes[l.place]
		l.place++
	}
	var v uint64
	if code == 0 {
		v = l.vals.same
		if l.vals.vals != nil {
			v = l.vals.vals[l.value]
			l.value++
		}
		if l.ctx != nil {
			v = l.predict.next(v, l.ctx[i])
			if l.kind == tokString && v >= uint64(len(words)) {
				return buf, false
			}
		}
	}
	if skip {
		return buf, true
	}
	if code == 0 {
		if l.kind == tokClock {
			v = (v%86400 + u.refs.daySeconds()) % 86400
		}
		return appendToken(buf, l.kind, l.width, v, words), true
	}
	switch l.kind {
	case tokNumber:
		return strconv.AppendUint(buf, u.refs.num[code], 10), true
	case tokIP:
		return appendIPv4(buf, u.refs.addr[code]), u.refs.is4[code]
	case tokDecimal:
		return appendToken(buf, l.kind, l.width, u.refs.unit(l.width), words), true
	case tokFixed:
		return appendToken(buf, l.kind, l.width, u.refs.fraction(l.width), words), true
	}
	return u.refs.text(buf, code), true
}

// appendToken writes a value in its kind's one form.
func appendToken(b []byte, kind, width byte, v uint64, words [][]byte) []byte {
	switch kind {
	case tokNumber:
		return strconv.AppendUint(b, v, 10)
	case tokFixed:
		return appendDigits(b, v, int(width))
	case tokDecimal:
		p := uint64(1)
		for range width {
			p *= 10
		}
		b = strconv.AppendUint(b, v/p, 10)
		return appendDigits(append(b, '.'), v%p, int(width))
	case tokIP:
		return appendIPv4(b, uint32(v))
	case tokClock:
		b = appendDigits(b, v/3600, 2)
		b = appendDigits(append(b, ':'), v/60%60, 2)
		return appendDigits(append(b, ':'), v%60, 2)
	case tokHex:
		for shift := 4 * (int(width) - 1); shift >= 0; shift -= 4 {
			b = append(b, "0123456789abcdef"[v>>shift&15])
		}
		return b
	case tokString:
		if v < uint64(len(words)) {
			return append(b, words[v]...)
		}
	}
	return b
}

// appendDigits writes the last n decimal digits of v.
func appendDigits(b []byte, v uint64, n int) []byte {
	at := len(b)
	for range n {
		b = append(b, '0')
	}
	for i := len(b) - 1; i >= at && v > 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}

func appendIPv4(b []byte, v uint32) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(v>>shift&255), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return b
}
