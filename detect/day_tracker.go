package detect

import (
	"cmp"
	"net/netip"
	"time"

	"uncloak/parse"
)

const (
	maxHolders = 12  // holders kept per slot; the rest is Total minus their sum
	maxPorts   = 256 // ports and resolvers counted per host
	// echoMemory is the time for which a peer is remembered, to recognise a reverse lookup of it.
	echoMemory = 120 * time.Second
	// spellGap joins table-full lines to one spell: the kernel is silent for 5 s at a time (net.core.message_cost)
	// while it drops on, and syslogd's "repeated" comes up to 30 s late.
	spellGap = 60 * time.Second
	// maxSpread bounds the uncertainty, in ms, of the time of a session that is counted. Lines that are placed by their
	// uptime are off by up to a minute all together; lines without any time are given one among many.
	maxSpread = 120_000
	// killTwin is the time within which two lines about one pid are one kill (2.6 kernels print two).
	killTwin = 60 * time.Second
)

// Tracker makes the Day of one date from its events. Feed it in order of time; it is not safe for concurrent use.
type Tracker struct {
	cfg        Config
	day        *Day
	table      *table
	now        int64
	slot       int   // the slot that is running
	lookAt     int64 // when the first look at a full table is due; 0 = none is
	hosts      map[netip.Addr]*hostState
	routers    map[parse.Name]*routerState
	recent     [2]flat[[2]uint64, contact] // outside address → host that spoke to it last, in two generations
	turned     int64                       // when they last changed
	lastName   parse.Name                  // most events come from the router of the one before
	lastRouter *routerState
	lastAddr   netip.Addr // each event looks for its host more than once
	lastHost   *hostState
	lateSlots  int // of all hosts
	bindings   map[boundTo]*Binding
	thinned    bool // those by log were dropped, for want of room
	room       space
	// places of the holders in table.all that are looked at, while many tables are; nil: not chosen yet
	tops []int32

	gauges   map[string]Gauge           // of the day before
	settings map[string][]RouterSetting // likewise

	// told of each session of which only the end is logged, and how long it lasted; may be nil
	spanned func(e *parse.Event, began int64, host netip.Addr)
}

type contact struct {
	host netip.Addr
	at   int64
}

type hostState struct {
	host          *Host
	peers         peers
	sessions      busy
	inbound       busy
	lookups       busy
	ptrs          busy
	asks          busy
	doors         map[Port]*Served
	creates, ends uint64
	// … of them, those that are not TCP: they end within minutes, and so show whether ends are logged
	brief, briefEnds uint64
	out              outward
	own, all         *count // its entries in the table: where to look first
	knocks           knocks
	hammered         hammered
	lastAsked        parse.Name // the name that it looked up last, and when
	askedAt          int64
	alone            bool // no inside address, but spoke to itself
	noRoom           bool // the record grows no more: see space

	owner, rival parse.Name // the machine by leases and neighbours; another one that a single line named
	seen         parse.Name // MAC of its last packet that was noted
	seenAt       int64
}

type routerState struct {
	router   *Router
	held     *Timeouts
	size     int // entries that its table takes; 0 = not configured
	lastKind parse.Kind
	spell    *Overflow
	in       *holding // its entries, once its table was full
	lookAt   int64    // when its full table is looked at; 0 = not
	lines    uint64   // … for so many lines
	sums     map[netip.Addr]*Holder
	floods   map[netip.AddrPort]int // door → its running one in router.Floods
	flooded  int                    // 1 + the flood whose line came last, 0 once another message of that rate limit did
	alarmed  int                    // 1 + the alarm whose line came last, 0 once another message of that rate limit did
	// the control group that was named last, as the one whose limit was hit, and when
	limited   string
	listing   *listing // the one whose rows come
	limitedAt int64
	links     map[string]*Iface
	pings     map[netip.Addr]*Pings
	asked     asked       // targets of pings
	lastHop   bool        // the last answer was of a traceroute's hop
	ended     spans       // entries of which only the end is logged
	answers   int         // SYN+ACKs in its captures, up to answersSeen
	caps      *[2]capUnit // its beginnings by the second and by the minute; nil: none yet
	sizeTold  bool        // size is what the router said
	learned   bool        // held is its own: its lines have told other timeouts than the config
	copies    uint64      // further lines about the beginning of a TCP session
	matched   uint64      // ends of sessions that were in the table
	overdue   uint64      // sessions whose end should have come and did not
	updates   bool        // its lines tell of changes of entries
	noEnds    bool        // … and of hardly an end, though ends should have come
	firstDue  int64       // when the first one should have come; 0 = not yet
}

// NewTracker starts the summary of date. prev is the Day before it, whose open sessions go on; it may be nil.
func NewTracker(cfg Config, prev *Day, date Date) *Tracker {
	if prev != nil && prev.Date != date-1 {
		prev = nil
	}
	d := NewDay(date)
	d.Config = cfg.Fingerprint()
	d.Began = prev.OpenPrint()
	gauges, settings := map[string]Gauge{}, map[string][]RouterSetting{}
	if prev != nil {
		for name, r := range prev.Routers {
			gauges[name], settings[name] = r.Gauge, r.Settings
		}
	}
	t := &Tracker{
		gauges: gauges, settings: settings, cfg: cfg, day: d, table: newTable(d, prev, cfg.Limits.Sessions),
		now:   date.Start().UnixNano(),
		hosts: map[netip.Addr]*hostState{}, routers: map[parse.Name]*routerState{},
	}
	t.table.lapsed, t.table.stays = t.lapsed, t.stays
	return t
}

// Now gives the latest time that the tracker has seen, in ns.
func (t *Tracker) Now() int64 { return t.now }

// EntriesAt moves the clock to ns, as an event of that time would, and gives the session entries of each holder over
// all routers.
func (t *Tracker) EntriesAt(ns int64) map[netip.Addr]int {
	if dateOf(ns) == t.day.Date {
		t.advance(ns)
	}
	out := make(map[netip.Addr]int, len(t.table.all.list))
	for at, c := range t.table.all.list {
		if n := t.table.all.now[at]; n > 0 {
			out[c.host] = int(n)
		}
	}
	return out
}

// Date gives the day that the tracker summarizes.
func (t *Tracker) Date() Date { return t.day.Date }

// Observe takes one event in. It reports false and does nothing when the event is of another date.
func (t *Tracker) Observe(e *parse.Event) bool {
	if dateOf(e.Time) != t.day.Date {
		return false
	}
	d := t.day
	d.Events++
	if d.First == 0 || e.Time < d.First {
		d.First = e.Time
	}
	d.Last = max(d.Last, e.Time)
	t.measure()
	t.advance(e.Time)
	rs := t.router(e.Router)
	if t.lastName != e.Router { // one of the others
		x := *e
		x.Router, e = t.lastName, &x
	}
	rs.router.Lines++
	rs.router.count(d, e)
	rs.endListing(e.Time)
	t.take(e, rs)
	if e.Kind != parse.Repeated {
		rs.lastKind = e.Kind
	}
	return true
}

// take hands the event to the part of the tracker that follows its kind.
func (t *Tracker) take(e *parse.Event, rs *routerState) {
	switch e.Kind {
	case parse.SessionNew:
		t.begun(e, rs)
	case parse.SessionUpdate:
		t.sessionUpdate(e, rs)
	case parse.SessionEnd:
		t.sessionEnd(e, rs)
	case parse.SessionDenied:
		t.denied(e)
	case parse.TableFull:
		t.full(e, rs)
	case parse.Repeated:
		if rs.lastKind == parse.TableFull {
			t.tableFull(e, rs, max(e.Count, 1))
		}
	case parse.Suppressed:
		t.suppressed(e, rs)
	case parse.OOMKill:
		t.oomKill(e, rs)
	case parse.WindowShrink:
		t.windowShrink(e, rs)
	case parse.SYNFlood:
		t.synFlood(e, rs)
	case parse.Link:
		t.linkChange(e, rs)
	case parse.Latency:
		t.latency(e, rs)
	case parse.DNSQuery:
		t.dnsQuery(e)
	case parse.DNSForward:
		t.forwarded(e)
	case parse.Setting:
		t.setting(e, rs)
	case parse.Neighbour:
		t.bind(e, ByNeighbour)
	case parse.DHCPLease:
		t.leased(e)
	case parse.Unknown:
		rs.router.Unparsed++
		t.severe(e, rs)
	case parse.System:
		t.system(e, rs)
	case parse.Entry:
		t.entry(e, rs)
	case parse.Reset, parse.Traffic:
		t.packet(e, rs)
	case parse.Alarm:
		t.alarm(e, rs)
	case parse.NeighbourOverflow, parse.Orphans, parse.Martian, parse.OOMInvoked:
		rs.router.Other[e.Kind.String()]++
		t.alarm(e, rs)
	default:
		rs.router.Other[e.Kind.String()]++
	}
}

// denied counts a session that the router refused.
func (t *Tracker) denied(e *parse.Event) {
	if host, _, ok := t.sides(e); ok {
		t.host(host).host.Denied++
	}
}

// begun takes the beginning of a session.
func (t *Tracker) begun(e *parse.Event, rs *routerState) {
	switch {
	case e.Spread > maxSpread: // many that are given one time would look like a burst
		rs.router.Other[untimedSessions]++
	case !e.Src.IsValid() || !e.Dst.IsValid():
		t.named(e, rs)
	default:
		t.sessionNew(e, rs)
	}
}

// full takes what tells that a table is full: the session table, or one of the kernel's others.
func (t *Tracker) full(e *parse.Event, rs *routerState) {
	if holdsSessions(e.Detail.String()) {
		t.tableFull(e, rs, max(e.Count, 1))
		return
	}
	rs.router.tally(e.Detail.String()+" full", uint64(max(e.Count, 1)))
	t.alarm(e, rs)
}

// leased takes a lease: which machine has the address, and its name.
func (t *Tracker) leased(e *parse.Event) {
	t.bind(e, ByLease)
	if t.cfg.Internal(e.Src) && e.Detail != (parse.Name{}) {
		t.host(e.Src).host.Name = e.Detail.String()
	}
}

// named counts the beginning of a session one side of which has no address.
func (t *Tracker) named(e *parse.Event, rs *routerState) {
	if _, _, internal := t.sides(e); internal {
		rs.router.Other[namedPeers]++
		return
	}
	rs.router.Other[namedSessions]++
}

// advance moves the clock slot by slot, so that each slot's level is measured at its own time.
func (t *Tracker) advance(ns int64) {
	if ns <= t.now {
		return
	}
	if t.lookAt != 0 && ns >= t.lookAt {
		t.look(ns)
	}
	for slot := t.slotOf(ns); t.slot < slot; {
		t.table.expire(t.table.start + int64(t.slot+1)*int64(SlotLen) - 1)
		t.closeSlot()
		t.slot++
	}
	t.now = ns
	t.table.expire(ns - int64(time.Second))
}

func (t *Tracker) slotOf(ns int64) int { return int((ns - t.table.start) / int64(SlotLen)) }

func (t *Tracker) closeSlot() {
	t.table.all.nextSlot()
	for _, h := range t.table.holdings {
		h.reckonWalk()
		if h.peak == 0 {
			continue
		}
		if l, ok := h.level(t.slot); ok {
			rs := t.router(h.router)
			if t.room.full || t.room.tight && float64(h.total) < smallTable*float64(t.table.all.total) {
				t.day.Dropped["levels of tables"]++
			} else {
				rs.router.Occupancy = append(rs.router.Occupancy, l)
			}
			if t.judges(h) {
				rs.router.Gauge.over(t.table.start+int64(t.slot+1)*int64(SlotLen), h.total, h.sure(), rs.size,
					2*rs.held.TypicalTCP)
			}
		}
		h.nextSlot()
		h.pass(int32(t.slot) + 1)
	}
}

func (t *Tracker) router(name parse.Name) *routerState {
	if t.lastRouter != nil && t.lastName == name {
		return t.lastRouter
	}
	rs := t.routers[name]
	if rs == nil && !t.roomFor(name) {
		t.day.Dropped["routers"]++
		name = parse.MakeName(Others)
		if t.lastName, t.lastRouter = name, t.routers[name]; t.lastRouter != nil {
			return t.lastRouter
		}
	}
	if rs == nil {
		rs = &routerState{router: t.day.router(name.String()), held: t.cfg.timeouts(name.String()),
			size: t.cfg.table(name.String())}
		rs.router.Gauge = t.gauges[name.String()]
		for _, x := range t.settings[name.String()] {
			rs.goBy(x)
		}
		t.routers[name] = rs
		t.charge(routerBytes)
	}
	t.lastName, t.lastRouter = name, rs
	return rs
}

// roomFor reports whether a new router gets a record of its own. Those that the config names always do.
func (t *Tracker) roomFor(name parse.Name) bool {
	most := t.cfg.Limits.Routers
	if most == 0 || len(t.routers) < most && !t.room.full {
		return true
	}
	return t.cfg.Named[name.String()]
}

// known gives the state of an address that has one, else nil.
func (t *Tracker) known(a netip.Addr) *hostState {
	if t.lastHost != nil && t.lastAddr == a {
		return t.lastHost
	}
	hs := t.hosts[a]
	if hs != nil {
		t.lastAddr, t.lastHost = a, hs
	}
	return hs
}

// host gives the state of one internal address. Beyond the limit all further addresses share the record of the zero
// address.
func (t *Tracker) host(a netip.Addr) *hostState {
	if hs := t.known(a); hs != nil {
		return hs
	}
	if len(t.hosts) >= t.cfg.Limits.Hosts || t.room.full {
		if a.IsValid() {
			t.day.Dropped["hosts"]++
		}
		if a = (netip.Addr{}); t.hosts[a] != nil {
			return t.hosts[a]
		}
	}
	hs := &hostState{host: t.day.host(a)}
	if t.room.full {
		hs.full()
	}
	t.hosts[a] = hs
	t.charge(hostBytes)
	return hs
}

// sides gives the internal host that a session belongs to, and its peer: the host is the opener where that is internal,
// else the side that is reached. A machine that speaks to itself, by the loopback network or by an address of its own,
// is inside, whatever its address. ok is false when neither side is internal.
func (t *Tracker) sides(e *parse.Event) (host, peer netip.Addr, ok bool) {
	switch {
	case e.Src.IsValid() && t.inside(e.Src):
		return e.Src, e.Dst, true
	case e.Src == e.Dst && e.Src.IsValid() || e.Src.IsLoopback():
		t.host(e.Src).alone = true
		return e.Src, e.Dst, true
	case t.cfg.Internal(e.Dst):
		return e.Dst, e.Src, true
	case e.NATDst.IsValid() && t.cfg.Internal(e.NATDst):
		return e.NATDst, e.Src, true
	}
	return netip.Addr{}, e.Dst, false
}

// inside reports whether the address is internal. Those that have a record are, but for such as only ever spoke to
// themselves: a quick look.
func (t *Tracker) inside(a netip.Addr) bool {
	if hs := t.known(a); hs != nil && !hs.alone {
		return true
	}
	return t.cfg.Internal(a)
}

// keyOf gives the key of the session. A forwarded session goes by the inner host: the rule that logs its beginning
// stands behind the translation, and the line about its end gives both sides of it.
func (t *Tracker) keyOf(e *parse.Event) Key {
	if e.NATDst.IsValid() && e.NATDst != e.Dst && t.cfg.Internal(e.NATDst) {
		return Key{e.Src, e.NATDst, e.SPort, cmp.Or(e.NATDPort, e.DPort), e.Proto}
	}
	return Key{e.Src, e.Dst, e.SPort, e.DPort, e.Proto}
}

func (t *Tracker) sessionNew(e *parse.Event, rs *routerState) {
	k := t.keyOf(e)
	host, peer, internal := t.sides(e)
	hs := t.known(host)
	rs.learn(e, nil)
	packet := e.Packets == 1 && e.Flags != 0
	hold := t.hold(e, k, hs, rs)
	if hold.likely <= 0 && packet { // a capture shows whether it is refused
		hold.likely, hold.most = rs.held.Close, rs.held.Close
	}
	s := t.table.spot(k)
	// a retransmitted SYN, the next datagram, or another logger's copy
	if have := t.table.entries.find(s.hash, s.key); have != nil {
		if !rs.anew(*have, e) {
			t.repeated(*have, e, rs, hold)
			return
		}
		(*have).cut(e.Time)
		t.table.remove(*have)
	}
	ended := t.table.ended(s, e, rs.inOrder())
	if ended != nil && ended.counted {
		return
	}
	rs.router.Sessions++
	t.pace(e, rs, host)
	if hs != nil && e.Src == host {
		hs.knocks.note(e)
	}
	if ended != nil {
		ended.counted = true // it was over before this line of it came
	} else if hold.likely <= 0 { // refused: its entry went within a millisecond
		t.table.end(s, e.Time, true, e.State == parse.NoState)
	} else if en := t.table.take(s, k); en == nil {
		t.day.Dropped["sessions"]++
	} else {
		en.state, en.guessed, en.born, en.heard = e.State, hold.guessed, e.Time, e.Time
		en.keep(e.Time, hold)
		en.packet, en.told = packet, e.State != parse.NoState
		in := t.table.holding(e.Router)
		in.collector = rs.held.Collector
		if hs == nil {
			t.table.put(en, in, host, nil, nil)
		} else {
			t.table.put(en, in, host, hs.own, hs.all)
			hs.own, hs.all = en.own, en.all
		}
	}
	if !internal {
		rs.router.Outside++
		return
	}
	if hs == nil {
		hs = t.host(host)
	}
	if e.Aside != (parse.Name{}) && e.Src == host && (e.Aside != hs.seen || e.Time-hs.seenAt > int64(time.Minute)) {
		hs.seen, hs.seenAt = e.Aside, e.Time
		t.bind(e, ByLog)
	}
	hs.creates++
	if e.Proto != parse.TCP {
		hs.brief++
	}
	t.count(hs, e, host, peer)
	if !packet && hs.knocks.found(e.Time) {
		t.refuseAll(hs.knocks.door, host, e)
	}
}

// repeated counts another line about a session's beginning. A client sends its SYN again after 1, 3 and 7 s without an
// answer; the copy of another logger comes once.
func (t *Tracker) repeated(have *entry, e *parse.Event, rs *routerState, hold stay) {
	have.heard = max(have.heard, e.Time)
	t.table.prolong(have, e.Time, hold)
	if e.Proto == parse.TCP {
		rs.copies++
	}
	if e.Proto != parse.TCP || have.state != parse.NoState || have.again >= synRepeats {
		return
	}
	if have.again++; have.again == synRepeats {
		have.enter(parse.SynSent)
		if hs := t.known(have.own.host); hs != nil {
			hs.knocks.unheard(have.key)
		}
		t.table.prolong(have, e.Time, sure(rs.held.SynSent))
	}
}

// count adds a session to the host's series, peers and ports.
func (t *Tracker) count(hs *hostState, e *parse.Event, host, peer netip.Addr) {
	slot, sec := t.place(e.Time)
	if e.Src != host {
		hs = t.seated(hs, &hs.host.Inbound, slot)
		hs.inbound.add(&hs.host.Inbound, slot, sec, peer)
		hs.served(e, slot, peer, t.day)
		return
	}
	hs = t.seated(hs, &hs.host.Sessions, slot)
	hs.sessions.add(&hs.host.Sessions, slot, sec, peer)
	hash := hashAddr(peer)
	hs.peers.add(hash)
	hs.out.open(Door{peer, Port{e.Proto, e.DPort}}, hash, e.Time, slot/60)
	if e.DPort == 53 {
		hs.lookups.add(&hs.host.Lookups, slot, sec, peer)
		hs.resolver(peer)
	}
	t.remember(peer, host, hash, e.Time)
}

func (t *Tracker) place(ns int64) (slot, sec int) {
	s := int((ns - t.table.start) / int64(time.Second))
	return s / 10, s % 10
}

// resolver counts a lookup at the peer.
func (hs *hostState) resolver(peer netip.Addr) {
	bumpWithin(hs.host.Resolvers, peer, hs.most(maxPorts))
}

// bump counts k among at most maxPorts keys.
func bump[K comparable](m map[K]uint64, k K) { bumpWithin(m, k, maxPorts) }

// bumpWithin counts k; when the map is full, rare keys make room (lossy counting, Manku and Motwani 2002).
func bumpWithin[K comparable](m map[K]uint64, k K, most int) {
	if _, ok := m[k]; !ok && len(m) >= most {
		for x, n := range m {
			if n <= 1 {
				delete(m, x)
			} else {
				m[x] = n - 1
			}
		}
	}
	m[k]++
}

func (t *Tracker) sessionUpdate(e *parse.Event, rs *routerState) {
	en := t.table.find(t.table.spot(t.keyOf(e)))
	if en == nil {
		return
	}
	rs.learn(e, en)
	rs.updates = true
	if e.State != en.state {
		en.lasted(e.Time)
	}
	hold := t.updated(e, en, rs)
	en.known()
	en.least, en.most, en.wait = 0, 0, 0
	en.enter(e.State)
	en.expires, en.heard = e.Time+int64(hold), e.Time
	_, en.look = en.over(e.Time)
	if host, peer, ok := t.sides(e); ok && !en.judged {
		t.serving(e, en, host)
		switch {
		case e.Proto != parse.TCP:
		case e.State == parse.Established || e.State == parse.FinWait || e.State == parse.TimeWait:
			en.judged = true
			t.judged(e, host, peer, done)
		case e.State == parse.Close:
			en.judged = true
			t.judged(e, host, peer, refused)
		}
	}
	t.table.schedule(en, t.table.second) // sooner than it stands in the lists, perhaps
}

func (t *Tracker) sessionEnd(e *parse.Event, rs *routerState) {
	rs.router.Ends++
	k := t.keyOf(e)
	s := t.table.spot(k)
	en := t.table.find(s)
	t.table.faded.on = true
	orphan := en == nil && t.table.lately(s) == nil && !t.fadedEnd(k, s, e)
	counted := en != nil
	if counted {
		en.lasted(e.Time)
		rs.matched++
		t.table.remove(en)
	}
	if host, peer, internal := t.sides(e); internal {
		hs := t.host(host)
		hs.ends++
		if e.Proto != parse.TCP {
			hs.briefEnds++
		}
		t.due(e, rs.router.hour(t.day, e.Time), hs, peer, orphan)
		hs.host.Bytes += e.Bytes
		if e.Bytes > 0 && e.Src == host {
			if x := hs.out.at(Door{peer, Port{e.Proto, e.DPort}}); x != nil {
				x.Bytes += e.Bytes
			}
		}
		if t.settled(e.Time) && 2*hs.creates >= hs.ends { // both ends of this host's sessions are logged
			t.table.holding(e.Router).lives.of(k.Proto, k.DPort).ended(orphan)
		}
		if !counted && hs.creates == 0 { // a log of ends only
			counted = true
			t.endOnly(e, hs, host, peer, rs)
		}
		if en == nil || !en.judged {
			t.judged(e, host, peer, outcomeOf(e))
			t.serving(e, en, host)
		}
	} else if e.Src.IsValid() && e.Dst.IsValid() {
		rs.router.Other[outsideEnds]++
	} else {
		rs.router.Other[namedEnds]++
	}
	t.table.end(s, e.Time, counted, en != nil && !en.told)
}

// due counts an end by which lost lines are known, an orphan one when its beginning is not in the log. What a router
// opens itself, or serves, passes no rule that logs what it forwards: the ends of such sessions are all that is told of
// them, and show no loss.
func (t *Tracker) due(e *parse.Event, h *HourLoss, hs *hostState, peer netip.Addr, orphan bool) {
	if hs.creates*20 < hs.ends ||
		orphan && e.Src != peer && t.cfg.Internal(peer) && hs.out.at(Door{peer, Port{e.Proto, e.DPort}}) == nil {
		return
	}
	h.Ends++
	if orphan {
		h.Orphans++
	}
}

// fadedEnd reports whether the session that ended had been given up.
func (t *Tracker) fadedEnd(k Key, s spot, e *parse.Event) bool {
	x, ok := t.table.faded.take(s)
	if ok {
		t.table.holding(e.Router).lives.back(x, k, e.Time)
	}
	return ok
}

// settled reports whether the log is so old that few sessions end that began before it.
func (t *Tracker) settled(ns int64) bool {
	return t.day.Began != 0 || ns-t.day.First > int64(lifeSettled)
}

// remember notes the host that spoke to the peer, for reverse lookups that follow. Peers older than echoMemory go, and
// those beyond the bound.
func (t *Tracker) remember(peer, host netip.Addr, hash uint64, at int64) {
	full := t.recent[0].n >= t.table.maxEnded()/2
	if full || at-t.turned > int64(echoMemory) {
		if full && at-t.turned <= int64(echoMemory) {
			t.day.Dropped["recent peers"] += uint64(t.recent[1].n)
		}
		t.recent[0], t.recent[1], t.turned = t.recent[1], t.recent[0], at
		t.recent[0].reset()
	}
	hi, lo := plain(peer)
	*t.recent[0].put(mix(hash^t.table.seed), [2]uint64{hi, lo}) = contact{host, at}
}

// spokeTo names the internal host that spoke to the peer last.
func (t *Tracker) spokeTo(peer netip.Addr, at int64) (host netip.Addr, ok bool) {
	hi, lo := plain(peer)
	hash := mix(hashAddr(peer) ^ t.table.seed)
	c := t.recent[0].find(hash, [2]uint64{hi, lo})
	if c == nil {
		c = t.recent[1].find(hash, [2]uint64{hi, lo})
	}
	if c == nil || at-c.at > int64(echoMemory) {
		return netip.Addr{}, false
	}
	return c.host, true
}

func (t *Tracker) dnsQuery(e *parse.Event) {
	if !t.cfg.Internal(e.Src) {
		return
	}
	hs := t.host(e.Src)
	hs.lastAsked, hs.askedAt = e.Detail, e.Time
	slot, sec := t.place(e.Time)
	if !e.NATDst.IsValid() { // only reverse lookups tell of an echo
		t.seated(hs, &hs.host.Asks, slot).asked(e, slot, sec)
		return
	}
	hs = t.seated(hs, &hs.host.PTRs, slot)
	hs.ptrs.add(&hs.host.PTRs, slot, sec, e.NATDst)
	if cause, ok := t.spokeTo(e.NATDst, e.Time); ok && cause != e.Src {
		p := Pair{Cause: cause, Effect: e.Src}
		if _, ok := t.day.Echoes[p]; ok || len(t.day.Echoes) < t.cfg.Limits.Hosts && !t.room.full {
			t.day.Echoes[p]++
		}
	}
}
