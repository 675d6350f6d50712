package detect

import (
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// table is the session table as rebuilt from the log: entries appear with the first line of a session and go with its
// end, or, where ends are not logged, after the timeout that their last line implies.
type table struct {
	limit int
	start int64 // ns of the day
	// of the hash of sessions: peers choose their ports, and must not choose where they stand. Nothing else hangs on it
	seed     uint64
	entries  flat[plainKey, *entry]
	unused   *entry   // entries to be used again
	made     int      // entries in all
	due      []*entry // rings by second of the day at which entries may go; those that live on move to their new second
	second   int      // all seconds before it have been expired
	routers  map[parse.Name]*holding
	holdings []*holding                // the same, to walk over
	all      holding                   // over all routers
	ends     [2]flat[plainKey, ending] // sessions that ended lately, in two generations
	turned   int64                     // when the generations last changed
	faded    fading                    // sessions that were given up
	watch    func(e *entry, gone bool) // told of each entry that comes and goes; may be nil
	// asked of each entry whose time has come whether it stays, and then told until when; may be nil
	stays  func(e *entry, at int64) bool
	lapsed func(e *entry) // told of each entry that times out, before it goes; may be nil
	last   *holding       // most events come from the router of the one before
}

// A session's lines do not come in order: the end from one logger may overtake the beginning from another within the
// same second, and NFLOG hands its lines over in bundles, up to a minute late (measured on a 6.18 kernel with ulogd
// 2.0.8).
const (
	endMemory = 60 * time.Second // how long an end is remembered, at least
	endTwin   = 2 * time.Second  // within which a beginning after the end is the same session, whatever the protocol
)

type ending struct {
	at      int64
	counted bool // its session has been counted
	begun   bool // … and its beginning came before it, by a line that names no state
}

// plainKey is a Key as plain memory, which hashes and compares in a third of the time. The zones of addresses are left
// out.
type plainKey struct{ srcHi, srcLo, dstHi, dstLo, ports uint64 }

func (k Key) plain() plainKey {
	sh, sl := plain(k.Src)
	dh, dl := plain(k.Dst)
	return plainKey{sh, sl, dh, dl, uint64(k.SPort)<<24 | uint64(k.DPort)<<8 | uint64(k.Proto)}
}

// back gives the same session seen from its other side.
func (p plainKey) back() plainKey {
	return plainKey{p.dstHi, p.dstLo, p.srcHi, p.srcLo, p.ports&0xff | p.ports>>16&0xffff00 | p.ports<<16&0xffff000000}
}

// spot is a session with its hash. The hash is the same for both directions, so that one place in memory serves both.
type spot struct {
	key  plainKey
	hash uint64
}

func (t *table) spot(k Key) spot {
	p := k.plain()
	x := fold(p.srcLo^t.seed, p.srcHi^p.ports>>24^0x9e3779b97f4a7c15)
	y := fold(p.dstLo^t.seed, p.dstHi^p.ports>>8&0xffff^0x9e3779b97f4a7c15)
	return spot{p, fold(x+y^t.seed, x^y^p.ports&0xff^0xff51afd7ed558ccd)}
}

// fold gives the product in 128 bits, its halves joined (as in wyhash).
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

type entry struct {
	key          Key
	hash         uint64
	in           *holding
	own, all     *count // its holder's part of in; … of all routers' entries
	inlet        *Inlet // the service that it is a session to, of one from outside
	prev, behind *entry // in the ring of its second
	due          int32  // that second; 0 = in none
	slot         int32  // of its holding, in which it was put there; -1 = on the day before
	expires      int64
	born         int64         // ns of its first line; 0 for one of the day before
	heard        int64         // … of its last line
	least, most  int64         // bounds of expires, where the end is guessed
	wait, kept   time.Duration // of its stay: waiting for the collector, and before that; where the end is guessed
	leaves       [2]int32      // slots in which it leaves the bounds of its holding; 0, 0: it is not in them
	look         int64         // when to look whether it is over, though no end of it came
	state        parse.State
	again        uint8 // further lines about its beginning, up to synRepeats
	guessed      bool  // nothing in the log will tell when it goes
	gone         bool
	judged       bool // its outcome has been noted
	packet       bool // it began with a packet of a capture
	told         bool // its first line named a state: it is the table's own
	stream       bool // both sides of a UDP session still talk: Linux's ASSURED
	overdue      bool // its end should have come by now
}

func newTable(d *Day, prev *Day, limit int) *table {
	t := &table{limit: limit, start: d.Date.Start().UnixNano(), seed: rand.Uint64(), due: make([]*entry, 86401),
		routers: map[parse.Name]*holding{}}
	t.all.hosts = map[netip.Addr]*count{}
	t.faded.limit = t.maxEnded()
	if prev == nil {
		return t
	}
	for name, r := range prev.Routers {
		if len(r.Lives) > 0 {
			t.holding(parse.MakeName(name)).lives = livesOf(r.Lives)
		}
	}
	for i := range prev.Open {
		o := &prev.Open[i]
		s := t.spot(o.Key)
		if t.entries.find(s.hash, s.key) != nil {
			continue
		}
		if e := t.take(s, o.Key); e != nil {
			e.slot, e.guessed, e.heard, e.expires, e.state = -1, o.Guessed, o.Heard, o.Expires, parse.State(o.State)
			e.least, e.most = o.Expires, o.Expires
			t.put(e, t.holding(parse.MakeName(o.Router)), o.Holder, nil, nil)
		}
	}
	return t
}

// take gives a fresh entry for a session that is not in the table yet; nil when the table is full. The caller fills it
// in and puts it.
func (t *table) take(s spot, k Key) *entry {
	if t.entries.n >= t.limit {
		return nil
	}
	if t.unused == nil {
		block := make([]entry, min(max(t.made, 16), 1024))
		t.made += len(block)
		for i := range block {
			block[i].behind, t.unused = t.unused, &block[i]
		}
	}
	e := t.unused
	t.unused = e.behind
	*e = entry{key: k, hash: s.hash}
	*t.entries.put(s.hash, s.key) = e
	return e
}

// maxEnded bounds the ends that are remembered in a generation: a quarter of the entries.
func (t *table) maxEnded() int { return max(t.limit/4, 1<<10) }

// put counts the entry, which stands in the table, for its router and its holder. own and all are the counts in which
// that holder's last entry was, if that is known.
func (t *table) put(e *entry, in *holding, holder netip.Addr, own, all *count) {
	e.in = in
	if own == nil || own.gone || own.in != in || all.gone {
		own, all = in.of(holder), t.all.of(holder)
	}
	e.own, e.all = own, all
	in.add(own, 1)
	t.all.add(all, 1)
	e.inlet = in.inletOf(e)
	e.count(1)
	if e.guessed {
		in.guessed++
		in.kept += e.kept
		if e.slot >= 0 {
			e.slot = in.slot
			in.fresh++
		}
		in.guess(e, t.start)
	}
	in.top()
	_, e.look = e.over(max(e.heard, t.start))
	t.schedule(e, t.second)
	if t.watch != nil {
		t.watch(e, false)
	}
}

// schedule puts the entry at the end of the ring in which it may go, of second from at the earliest; one that stands in
// an earlier ring stays there.
func (t *table) schedule(e *entry, from int) {
	s := int32(min(max((min(e.expires, e.look)-t.start)/int64(time.Second)+1, int64(from)), 86400))
	if e.due != 0 {
		if e.due <= s {
			return
		}
		t.unlink(e)
	}
	e.due = s
	if first := t.due[s]; first != nil {
		e.prev, e.behind = first.prev, first
		first.prev.behind, first.prev = e, e
		return
	}
	e.prev, e.behind, t.due[s] = e, e, e
}

// unlink takes the entry out of its ring.
func (t *table) unlink(e *entry) {
	switch {
	case e.behind == e:
		t.due[e.due] = nil
	case t.due[e.due] == e:
		t.due[e.due] = e.behind
		fallthrough
	default:
		e.prev.behind, e.behind.prev = e.behind, e.prev
	}
	e.due, e.prev, e.behind = 0, nil, nil
}

// find gives the entry with the five-tuple, in either direction: teardown lines of some devices name the sides by
// interface, not by which one opened.
func (t *table) find(s spot) *entry {
	if e := t.entries.find(s.hash, s.key); e != nil {
		return *e
	}
	if e := t.entries.find(s.hash, s.key.back()); e != nil {
		return *e
	}
	return nil
}

// remove takes the entry out of the table. Its fields stay until the next entry is taken.
func (t *table) remove(e *entry) {
	if e.gone {
		return
	}
	e.gone = true
	t.unlink(e)
	t.entries.drop(e.hash, e.key.plain())
	e.in.add(e.own, -1)
	e.count(-1)
	e.known()
	t.all.add(e.all, -1)
	if t.watch != nil {
		t.watch(e, true)
	}
	e.behind, t.unused = t.unused, e
}

// keep sets until when the entry stays from now on if no line comes.
func (e *entry) keep(now int64, s stay) {
	e.expires, e.least, e.most = now+int64(s.likely), now+int64(s.least), now+int64(s.most)
	e.kept = s.likely
}

// cut says that the entry was over at ns at the latest.
func (e *entry) cut(ns int64) {
	e.expires, e.least, e.most = min(e.expires, ns), min(e.least, ns), min(e.most, ns)
}

// prolong lets the entry stay from now on, if that is longer than it would have stayed.
func (t *table) prolong(e *entry, now int64, s stay) {
	e.expires = max(e.expires, now+int64(s.likely))
	if least, most := now+int64(s.least), now+int64(s.most); least > e.least || most > e.most {
		counted := e.leaves[1] > 0
		e.in.unguess(e)
		e.least, e.most = max(least, e.least), max(most, e.most)
		if counted {
			e.in.guess(e, t.start)
		}
	}
}

// known moves e out of the entries whose end is guessed.
func (e *entry) known() {
	e.in.unguess(e)
	e.faded()
}

// faded is known for an entry that times out by the guess: it may be there still.
func (e *entry) faded() {
	if !e.guessed {
		return
	}
	e.guessed = false
	e.in.guessed--
	e.in.kept -= e.kept
	if e.slot == e.in.slot {
		e.in.fresh--
	}
}

// expire removes the entries that timed out before ns.
func (t *table) expire(ns int64) {
	last := int(min((ns-t.start)/int64(time.Second), 86399)) // what stands in the last ring outlives the day
	for ; t.second <= last; t.second++ {
		at := t.start + int64(t.second)*int64(time.Second)
		for e := t.due[t.second]; e != nil; e = t.due[t.second] {
			if t.done(e, at) && !e.waits(at) {
				if t.lapsed != nil {
					t.lapsed(e)
				}
				t.faded.add(spot{e.key.plain(), e.hash}, e.giveUp(), ns)
				e.faded()
				e.leaves = [2]int32{}
				t.remove(e)
				continue
			}
			t.unlink(e)
			t.schedule(e, t.second+1) // never into the second that is being expired
		}
	}
}

// done reports whether the entry has to go at ns, and sets when else to look again.
func (t *table) done(e *entry, ns int64) bool {
	if e.expires <= ns {
		return t.stays == nil || !t.stays(e, ns)
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

// end remembers that the session is over; begun means that its beginning is known, too, and named no state.
func (t *table) end(s spot, at int64, counted, begun bool) {
	if at-t.turned > int64(endMemory) || t.ends[0].n >= t.maxEnded() {
		t.ends[0], t.ends[1], t.turned = t.ends[1], t.ends[0], at
		t.ends[0].reset()
	}
	if old := t.lately(s); old != nil && old.counted {
		counted = true
	}
	*t.ends[0].put(s.hash, s.key) = ending{at, counted, begun}
}

func (t *table) lately(s spot) *ending {
	if x := t.ends[0].find(s.hash, s.key); x != nil {
		return x
	}
	return t.ends[1].find(s.hash, s.key)
}

// ended gives the end that has overtaken this beginning, or nil. A TCP client does not use the same port to the same
// peer again within the memory; a UDP client does. inOrder means that the lines about the router's sessions come in
// their order: then a beginning behind an end is another session, however soon it comes (a client that uses its port
// again makes Linux drop the old entry and make the new one within 0.1 ms).
func (t *table) ended(s spot, e *parse.Event, inOrder bool) *ending {
	x := t.lately(s)
	if x == nil || e.State != parse.NoState || x.begun && inOrder ||
		e.Proto != parse.TCP && e.Time-x.at > int64(endTwin) {
		return nil
	}
	return x
}

// list gives the entries in order of their sessions.
func (t *table) list() []*entry {
	out := make([]*entry, 0, t.entries.n)
	for i := range t.entries.slots {
		if s := &t.entries.slots[i]; s.hash != 0 {
			out = append(out, s.v)
		}
	}
	slices.SortFunc(out, func(a, b *entry) int { return a.key.compare(b.key) })
	return out
}

// open lists the entries that live beyond the day, in order.
func (t *table) open() []Open {
	end := t.start + int64(24*time.Hour)
	var out []Open
	for _, e := range t.list() {
		if e.expires >= end {
			out = append(out, Open{Key: e.key, Router: e.in.router.String(), Holder: e.own.host, Expires: e.expires,
				Heard: e.heard, Guessed: e.guessed, State: uint8(e.state)})
		}
	}
	return out
}
