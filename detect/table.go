package detect

import (
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// table is the session table as it can be rebuilt from the log: entries appear with the first line of a session and
// go with its end, or, where no ends are logged, after the timeout that their last line implies.
type table struct {
	limit   int
	start   int64 // ns of the day
	entries map[plainKey]*entry
	due     [][]*entry // by second of the day at which they may expire; entries that live on move to their new second
	second  int        // all seconds before it have been expired
	routers map[parse.Name]*holding
	all     holding                   // over all routers
	over    [2]map[plainKey]*ending   // sessions that ended lately, in two generations
	turned  int64                     // when the generations last changed
	faded   fading                    // sessions that were given up
	watch   func(e *entry, gone bool) // told of each entry that comes and goes; may be nil

	lastRouter  parse.Name // most events come from the router of the one before
	lastHolding *holding
}

// A session's lines do not come in order: the end from one logger may overtake the beginning from another within the
// same second, and NFLOG hands its lines over in bundles, up to a minute late (measured on a 6.18 kernel with ulogd 2.0.8).
const (
	endMemory = 60 * time.Second // how long an end is remembered, at least
	endTwin   = 2 * time.Second  // within which a beginning after the end is the same session, whatever the protocol
	maxEnded  = 1 << 16          // ends remembered in a generation
)

type ending struct {
	at      int64
	counted bool // its session has been counted
}

// end remembers that the session is over.
func (t *table) end(k Key, at int64, counted bool) {
	if at-t.turned > int64(endMemory) || len(t.over[0]) >= maxEnded {
		t.over[1], t.over[0], t.turned = t.over[0], map[plainKey]*ending{}, at
	}
	if old := t.lately(k); old != nil && old.counted {
		counted = true
	}
	t.over[0][k.plain()] = &ending{at, counted}
}

func (t *table) lately(k Key) *ending {
	if len(t.over[0])+len(t.over[1]) == 0 { // no ends are logged
		return nil
	}
	p := k.plain()
	if x := t.over[0][p]; x != nil {
		return x
	}
	return t.over[1][p]
}

// ended is the end that has overtaken this beginning, or nil. A TCP client does not use the same port to the same peer
// again within the memory; a UDP one does.
func (t *table) ended(k Key, e *parse.Event) *ending {
	x := t.lately(k)
	if x == nil || e.Proto != parse.TCP && e.Time-x.at > int64(endTwin) {
		return nil
	}
	return x
}

// plainKey is a Key as plain memory, which hashes and compares in a third of the time. The zones of addresses are left out.
type plainKey struct{ srcHi, srcLo, dstHi, dstLo, ports uint64 }

func (k Key) plain() plainKey {
	sh, sl := plain(k.Src)
	dh, dl := plain(k.Dst)
	return plainKey{sh, sl, dh, dl, uint64(k.SPort)<<24 | uint64(k.DPort)<<8 | uint64(k.Proto)}
}

type entry struct {
	key     Key
	holder  netip.Addr
	router  parse.Name
	inlet   *Inlet // the service that it is a session to, of one from outside
	expires int64
	slot    int32 // of its holding, in which it was put there; -1 = on the day before
	guessed bool  // nothing in the log will tell when it goes
	due     int32 // the second in whose list it stands; 0 = in none
	born    int64 // ns of its first line; 0 for one of the day before
	heard   int64 // … of its last line
	look    int64 // when to look whether it is over, though no end of it came; 0 = never
	state   parse.State
	again   uint8 // further lines about its beginning, up to synRepeats
	gone    bool
	judged  bool // its outcome has been noted
	in      *holding
	own     *count // its holder's part of in
	all     *count // … of all routers' entries
}

// holding counts the entries of one router by holder.
type holding struct {
	router      parse.Name
	states      [numStates]int32
	inlets      map[Door]*Inlet // at most maxInlets
	total, peak int
	lives       lives
	guessed     int   // entries whose hold time is guessed
	fresh       int   // … that were put here in the running slot
	slot        int32 // slots that have passed
	hosts       map[netip.Addr]*count
	list        []*count // the same, to walk over: each slot does
}

// count is one holder's entries. It stays where it is while there are any.
type count struct {
	host    netip.Addr
	in      *holding
	n, peak int // peak: most within the running slot
	gone    bool
}

func newTable(d *Day, prev *Day, limit int) *table {
	t := &table{limit: limit, start: d.Date.Start().UnixNano(), entries: map[plainKey]*entry{}, due: make([][]*entry, 86401), routers: map[parse.Name]*holding{}}
	t.all.hosts = map[netip.Addr]*count{}
	t.over = [2]map[plainKey]*ending{{}, {}}
	if prev != nil {
		for name, r := range prev.Routers {
			if len(r.Lives) > 0 {
				t.holding(parse.MakeName(name)).lives = lives(r.Lives).clone()
			}
		}
		for _, o := range prev.Open {
			t.put(&entry{key: o.Key, slot: -1, guessed: o.Guessed, heard: o.Heard, holder: o.Holder, router: parse.MakeName(o.Router), expires: o.Expires, state: parse.State(o.State)})
		}
	}
	return t
}

func (t *table) put(e *entry) bool {
	if len(t.entries) >= t.limit {
		return false
	}
	t.entries[e.key.plain()] = e
	h := t.holding(e.router)
	e.in = h
	_, e.look = e.over(max(e.heard, t.start))
	t.schedule(e, t.second)
	if e.own == nil || e.own.gone || e.own.in != h || e.all.gone { // else the last entry of that holder has told
		e.own, e.all = h.of(e.holder), t.all.of(e.holder)
	}
	h.add(e.own, 1)
	e.inlet = h.inletOf(e)
	e.count(1)
	if e.guessed {
		h.guessed++
		if e.slot >= 0 {
			e.slot = h.slot
			h.fresh++
		}
	}
	t.all.add(e.all, 1)
	if t.watch != nil {
		t.watch(e, false)
	}
	return true
}

// schedule puts the entry where it may expire, in second from at the earliest. One that is to expire sooner than it stands in the
// lists is put there as well, and passed over when its old place comes up.
func (t *table) schedule(e *entry, from int) {
	s := int32(min(max((min(e.expires, e.look)-t.start)/int64(time.Second)+1, int64(from)), 86400))
	if e.due != 0 && e.due <= s {
		return
	}
	e.due = s
	t.due[s] = append(t.due[s], e)
}

func (t *table) holding(router parse.Name) *holding {
	if t.lastHolding != nil && t.lastRouter == router {
		return t.lastHolding
	}
	h := t.routers[router]
	if h == nil {
		h = &holding{router: router, hosts: map[netip.Addr]*count{}}
		t.routers[router] = h
	}
	t.lastRouter, t.lastHolding = router, h
	return h
}

// of is the count of that holder.
func (h *holding) of(host netip.Addr) *count {
	c := h.hosts[host]
	if c == nil {
		c = &count{host: host, in: h}
		h.hosts[host] = c
		h.list = append(h.list, c)
	}
	return c
}

func (h *holding) add(c *count, n int) {
	c.n += n
	c.peak = max(c.peak, c.n)
	h.total += n
	h.peak = max(h.peak, h.total)
}

// find is the entry with that five-tuple, in either direction: teardown lines of some devices name the sides by
// interface, not by who opened.
func (t *table) find(k Key) *entry {
	p := k.plain()
	if e := t.entries[p]; e != nil {
		return e
	}
	return t.entries[plainKey{p.dstHi, p.dstLo, p.srcHi, p.srcLo, uint64(k.DPort)<<24 | uint64(k.SPort)<<8 | uint64(k.Proto)}]
}

func (t *table) remove(e *entry) {
	if e.gone {
		return
	}
	e.gone = true // it may still stand in a due list
	delete(t.entries, e.key.plain())
	e.in.add(e.own, -1)
	e.count(-1)
	e.known()
	t.all.add(e.all, -1)
	if t.watch != nil {
		t.watch(e, true)
	}
}

// known takes e from those whose end is guessed.
func (e *entry) known() {
	if !e.guessed {
		return
	}
	e.guessed = false
	e.in.guessed--
	if e.slot == e.in.slot {
		e.in.fresh--
	}
}

// sure is how many entries are there whatever the hold times are: their end will be logged, or they are new.
func (h *holding) sure() int { return h.total - h.guessed + h.fresh }

// expire lets go of what has timed out before ns.
func (t *table) expire(ns int64) {
	last := int(min((ns-t.start)/int64(time.Second), 86400))
	for ; t.second <= last; t.second++ {
		list := t.due[t.second]
		t.due[t.second] = nil
		for _, e := range list {
			switch {
			case e.gone || e.due != int32(t.second):
			case t.second == 86400:
				t.due[86400] = append(t.due[86400], e) // outlives the day
			case !e.done(t.start + int64(t.second)*int64(time.Second)):
				e.due = 0
				t.schedule(e, t.second+1) // never into the second that is being expired
			default:
				t.faded.add(e.key, e.giveUp(), ns)
				t.remove(e)
			}
		}
		if t.second == 86400 {
			return
		}
	}
}

// done says whether the entry is to go at ns, and sets when else to look again.
func (e *entry) done(ns int64) bool {
	if e.expires <= ns {
		return true
	}
	if e.look > ns { // prolonged
		return false
	}
	yes, look := e.over(ns)
	if e.look = look; yes {
		e.expires = ns
	}
	return yes
}

// level is the fullest moment of the running slot; ok is false when the table was empty.
func (h *holding) level(slot int) (l Level, ok bool) {
	var top [maxHolders]Holder
	n := 0
	for _, c := range h.list {
		if c.peak == 0 || n == maxHolders && uint64(c.peak) < top[n-1].N {
			continue
		}
		x := Holder{Host: c.host, N: uint64(c.peak)}
		if n == maxHolders && compareHolders(x, top[n-1]) > 0 {
			continue
		}
		i := min(n, maxHolders-1) // insertion: sorting hundreds of hosts for twelve took a quarter of all the time
		for ; i > 0 && compareHolders(x, top[i-1]) < 0; i-- {
			top[i] = top[i-1]
		}
		top[i], n = x, min(n+1, maxHolders)
	}
	return Level{I: uint16(slot), Total: uint32(h.peak), Holders: slices.Clone(top[:n]), States: h.byState()}, h.peak > 0
}

// nextSlot starts a new one.
func (h *holding) nextSlot() {
	h.peak = h.total
	h.slot++
	h.fresh = 0
	for i := 0; i < len(h.list); {
		c := h.list[i]
		if c.peak = c.n; c.n != 0 {
			i++
			continue
		}
		delete(h.hosts, c.host)
		c.gone = true
		last := len(h.list) - 1
		h.list[i], h.list[last] = h.list[last], nil
		h.list = h.list[:last]
	}
}

// open lists the entries that live beyond the day, in order.
func (t *table) open() []Open {
	end := t.start + int64(24*time.Hour)
	var out []Open
	for _, e := range t.entries {
		if e.expires >= end {
			out = append(out, Open{Key: e.key, Router: e.in.router.String(), Holder: e.holder, Expires: e.expires, Heard: e.heard, Guessed: e.guessed, State: uint8(e.state)})
		}
	}
	slices.SortFunc(out, func(a, b Open) int { return a.Key.compare(b.Key) })
	return out
}
