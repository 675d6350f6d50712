package bolt

import (
	"net/netip"

	"uncloak/store"
)

// A slot is the column of a token: of all placeholders of one kind that stand behind the same text, in whatever
// template. So "SPT=" of TCP and of UDP lines are one column, and a rare template costs its text alone. What a token
// says is first looked for in the event's own fields; only what is not there is stored.

// slotText is the number of bytes before a placeholder that identify its slot.
const slotText = 12

// slotKind is the kind and width of the tokens of a slot, which the templates tell writer and reader.
type slotKind struct{ kind, width byte }

// slotTable numbers slots in the order in which the templates name them.
type slotTable struct {
	ids   map[string]int32
	kinds []slotKind
	key   []byte
}

func (t *slotTable) reset() {
	if t.ids == nil {
		t.ids = map[string]int32{}
	}
	clear(t.ids)
	t.kinds = t.kinds[:0]
}

// assign appends the slots of a template to dst; -1 for the Detail, which has no slot. ok is false where the bytes
// are no valid template.
func (t *slotTable) assign(template []byte, dst []int32) (slots []int32, ok bool) {
	from := len(dst)
	for {
		text, kind, width, rest := nextToken(template)
		if kind == tokEnd {
			return dst, len(dst)-from <= maxTokens
		}
		if kind == 0 || kind > tokDetail || width > 18 || len(dst)-from >= maxTokens {
			return dst, false
		}
		template = rest
		if kind == tokDetail {
			dst = append(dst, -1)
			continue
		}
		t.key = append(append(t.key[:0], text[max(0, len(text)-slotText):]...), placeholder, kind, width)
		dst = append(dst, t.slot(slotKind{kind, width}, dst[from:]))
	}
}

// slot returns the slot of t.key. Where the line has used that slot already, the key gets one more mark, until it is
// a slot of its own.
func (t *slotTable) slot(k slotKind, before []int32) int32 {
	for {
		id, ok := t.ids[string(t.key)]
		if !ok {
			id = int32(len(t.kinds))
			t.ids[string(t.key)] = id
			t.kinds = append(t.kinds, k)
			return id
		}
		twice := false
		for _, b := range before {
			twice = twice || b == id
		}
		if !twice {
			return id
		}
		t.key = append(t.key, placeholder)
	}
}

// nextToken cuts a template behind its first placeholder. kind is tokEnd where there is no placeholder, and 0 where
// the bytes are no valid template.
func nextToken(b []byte) (text []byte, kind, width byte, rest []byte) {
	for i := 0; i < len(b); i++ {
		if b[i] != placeholder {
			continue
		}
		if i+1 < len(b) && b[i+1] == placeholder {
			i++
			continue
		}
		if i+2 >= len(b) {
			return b, 0, 0, nil
		}
		return b[:i], b[i+1], b[i+2], b[i+3:]
	}
	return b, tokEnd, 0, nil
}

// Codes say in which field of the event a token's value is; 0: in none, the slot has it. Numbers have all of these:
const (
	refSPort = 1 + iota
	refDPort
	refNATSPort
	refNATDPort
	refBytes
	refPackets
	refCount
	refTime // of the event, in seconds
	numRefs
)

// Decimals and fixed digits have refTime only: the event's time in their unit, and its fraction of a second. Addresses
// have the four of the event; words have those in their usual form, then in the kernel's, with all zeros.
const (
	refSrc = 1 + iota
	refDst
	refNATSrc
	refNATDst
	numAddrRefs
	numTextRefs = 2*numAddrRefs - 1 // four, four and none
)

// refs are the fields of one event, ready for comparison.
type refs struct {
	num  [numRefs]uint64
	addr [numAddrRefs]uint32
	is4  [numAddrRefs]bool
	time int64
	row  *store.Entry
}

func (r *refs) load(e *store.Entry) {
	r.row, r.time = e, e.Time
	r.num = [numRefs]uint64{0, uint64(e.SPort), uint64(e.DPort), uint64(e.NATSPort), uint64(e.NATDPort), e.Bytes,
		uint64(e.Packets), uint64(e.Count), 0}
	if e.Time > 0 {
		r.num[refTime] = uint64(e.Time) / 1e9
	}
	r.loadAddr(refSrc, e.Src)
	r.loadAddr(refDst, e.Dst)
	r.loadAddr(refNATSrc, e.NATSrc)
	r.loadAddr(refNATDst, e.NATDst)
}

func (r *refs) loadAddr(i int, a netip.Addr) {
	if r.is4[i] = a.Is4(); r.is4[i] {
		b := a.As4()
		r.addr[i] = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	}
}

// unit is the event's time in the unit of a decimal of w digits behind the point.
func (r *refs) unit(w byte) uint64 {
	if r.time < 0 {
		return 0
	}
	return uint64(r.time) / pow10(9-w)
}

// fraction returns the first w digits behind the point of the event's second.
func (r *refs) fraction(w byte) uint64 {
	if r.time < 0 {
		return 0
	}
	return uint64(r.time) % 1e9 / pow10(9-w)
}

// pow10 returns 10^n for n ≤ 9, and 1 for larger n: times have 9 digits behind the point at most.
func pow10(n byte) uint64 {
	v := uint64(1)
	if n > 9 {
		return v
	}
	for range n {
		v *= 10
	}
	return v
}

// text appends the address that a code stands for, in the form that the code stands for.
func (r *refs) text(b []byte, code byte) []byte {
	a := *addrOf(r.row, int(code-1)%4)
	if !a.IsValid() {
		return b
	}
	if code >= numAddrRefs {
		return append(b, a.StringExpanded()...)
	}
	return a.AppendTo(b)
}

func addrOf(r *store.Entry, column int) *netip.Addr {
	switch column {
	case 0:
		return &r.Src
	case 1:
		return &r.Dst
	case 2:
		return &r.NATSrc
	default:
		return &r.NATDst
	}
}

// daySeconds returns the second of the UTC day.
func (r *refs) daySeconds() uint64 {
	const day = 86400
	s := (r.time - (r.time%1e9+1e9)%1e9) / 1e9 % day
	return uint64((s + day) % day)
}
