package detect

import (
	"net/netip"
	"time"

	"uncloak/parse"
)

// This file counts the entries of a session table by their holders, slot by slot.

// holding counts the entries of one router.
type holding struct {
	router      parse.Name
	states      [numStates]int32
	inlets      map[Door]*Inlet // at most maxInlets
	lives       lives
	total, peak int
	guessed     int           // entries whose hold time is guessed
	kept        time.Duration // … for which they stay, in all, but for the time that they wait for the collector
	collector   Collector
	bounds      *bounds // nil where no hold time has been guessed
	fresh       int     // … that were put here in the running slot
	slot        int32   // slots that have passed
	hosts       map[netip.Addr]*count
	list        []*count // the same, to walk over: each slot does
	now, most   []int32  // by place in list: entries, and most of them within the running slot
	order       []uint64 // … the order of the holders

	holders []Holder // room for those of further levels
	levels  []uint32 // … for their states
}

// count is one holder's place in a holding. It stays there while the holder has entries.
type count struct {
	host netip.Addr
	in   *holding
	at   int32 // in list
	gone bool
}

func (t *table) holding(router parse.Name) *holding {
	if t.last != nil && t.last.router == router {
		return t.last
	}
	h := t.routers[router]
	if h == nil {
		h = &holding{router: router, hosts: map[netip.Addr]*count{}}
		t.routers[router] = h
		t.holdings = append(t.holdings, h)
	}
	t.last = h
	return h
}

// of gives the count of the holder.
func (h *holding) of(host netip.Addr) *count {
	c := h.hosts[host]
	if c == nil {
		c = &count{host: host, in: h, at: int32(len(h.list))}
		h.hosts[host] = c
		h.list, h.now, h.most = append(h.list, c), append(h.now, 0), append(h.most, 0)
		h.order = append(h.order, orderOf(host))
	}
	return c
}

// entries gives the number of the holder's entries.
func (h *holding) entries(host netip.Addr) int {
	if c := h.hosts[host]; c != nil {
		return int(h.now[c.at])
	}
	return 0
}

func (h *holding) add(c *count, n int32) {
	now := h.now[c.at] + n
	h.now[c.at], h.most[c.at] = now, max(h.most[c.at], now)
	h.total += int(n)
	h.peak = max(h.peak, h.total)
}

// sure gives the number of entries that are there whatever the hold times are: their end will be logged, or they are
// new.
func (h *holding) sure() int { return h.total - h.guessed + h.fresh }

// level gives the fullest moment of the running slot; ok is false when the table was empty.
func (h *holding) level(slot int) (l Level, ok bool) {
	if h.peak == 0 {
		return Level{}, false
	}
	var top [maxHolders]seat
	n, least := 0, int32(1) // least: that is looked at
	for at, most := range h.most {
		if most < least {
			continue
		}
		x := seat{most, int32(at), h.order[at]}
		if n == maxHolders && !x.before(&top[n-1], h.list) {
			continue
		}
		i := min(n, maxHolders-1) // insertion: sorting hundreds of hosts for twelve took a quarter of all the time
		for ; i > 0 && x.before(&top[i-1], h.list); i-- {
			top[i] = top[i-1]
		}
		top[i], n = x, min(n+1, maxHolders)
		if n == maxHolders {
			least = top[n-1].most
		}
	}
	var holders [maxHolders]Holder
	for i := range top[:n] {
		holders[i] = Holder{Host: h.list[top[i].at].host, N: uint64(top[i].most)}
	}
	var states [numStates]uint32
	less, more := h.around(h.peak)
	return Level{I: uint16(slot), Total: uint32(h.peak), Less: less, More: more, Holders: room(&h.holders, holders[:n]),
		States: room(&h.levels, h.byState(&states))}, true
}

// seat is a holder among others, in the order of compareHolders; it seldom has to look at the addresses.
type seat struct {
	most, at int32
	order    uint64
}

func (p *seat) before(o *seat, list []*count) bool {
	if p.most != o.most {
		return p.most > o.most
	}
	if p.order != o.order {
		return p.order < o.order
	}
	return list[p.at].host.Less(list[o.at].host)
}

// orderOf maps addresses to numbers in the same order; of two addresses with different numbers the lower one has the
// lower number.
func orderOf(a netip.Addr) uint64 {
	hi, lo := plain(a)
	switch {
	case !a.IsValid():
		return 0
	case a.Is4():
		return 1 + lo&0xffffffff
	}
	return 1<<63 | hi>>1
}

// room copies x into a block that many slots share: 8,640 slots a day have one each.
func room[T any](block *[]T, x []T) []T {
	if cap(*block)-len(*block) < len(x) {
		*block = make([]T, 0, max(len(x), min(2*cap(*block)+8, 1024)))
	}
	n := len(*block)
	*block = append(*block, x...)
	return (*block)[n:len(*block):len(*block)]
}

// nextSlot starts a new slot.
func (h *holding) nextSlot() {
	h.peak = h.total
	h.slot++
	h.fresh = 0
	copy(h.most, h.now)
	for i := 0; i < len(h.now); {
		if h.now[i] != 0 {
			i++
			continue
		}
		c, last := h.list[i], len(h.list)-1
		delete(h.hosts, c.host)
		c.gone = true
		h.list[i], h.now[i], h.most[i], h.order[i] = h.list[last], h.now[last], h.most[last], h.order[last]
		h.list[i].at = int32(i)
		h.list[last] = nil
		h.list, h.now, h.most, h.order = h.list[:last], h.now[:last], h.most[:last], h.order[:last]
	}
}
