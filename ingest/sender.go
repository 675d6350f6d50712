package ingest

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Bounds of what is kept for one sender, and how far its clock may be off before it is not believed. A day covers any
// mistaken zone; a router that boots without a clock is decades off.
const (
	maxRouters = 64              // names of routers behind one sender (a relay); further ones go by the sender's address
	maxHosts   = 4096            // host names that are remembered
	maxHost    = 255             // bytes of one (RFC 5424, 6.2.4): what is longer names nobody
	skewLines  = 64              // the skew is the median of so many lines
	clockLimit = 24 * time.Hour  // behind by more is no backlog, but a clock that was never set
	aheadLimit = 2 * time.Minute // nothing is logged before it happens: such a clock is wrong
)

// others is who lines are accounted to once a day has Config.Senders senders.
var others = source{name: "others"}

// unixName is the sender of all that comes by unix sockets.
const unixName = "unix"

// sender is one source, with an account for each router behind it.
type sender struct {
	loc      *time.Location
	dialect  *parse.Dialect
	named    *routerName // by configuration
	fallback routerName  // its address
	feed     *feed       // nil: a socket
	seen     detect.Date
	accounts map[parse.Name]*account
	last     *account // that of the last line: most senders have only one
	lastHost []byte   // that the last line gave
	lastName routerName
	lastMin  parse.Stamp // with its seconds left out: most lines share the minute of the line before
	lastBase int64
}

// account is what is known of a router's lines: how many, how right its clock is, and what is missing.
type account struct {
	name    parse.Name
	health  store.Health // since the last batch
	skews   [skewLines]int64
	nskew   int
	steady  steady
	numbers sequence
}

// senders finds the sender of a line. The table is bounded: a forged source address costs nothing but an entry, and
// at the end of the day that is gone.
type senders struct {
	cfg       *Config
	set       *Settings
	byID      map[source]*sender
	last      *sender // of the last line, whose source is lastFrom: many lines of one sender come in a row
	lastFrom  source
	hosts     routerNames
	accounts  int                    // of all senders
	strangers map[source]detect.Date // that are not allowed → last seen
}

func newSenders(cfg *Config) *senders {
	return &senders{cfg: cfg, set: &cfg.Settings, byID: make(map[source]*sender), hosts: make(routerNames), strangers: make(map[source]detect.Date)}
}

// of is the sender for lines from a source that were received on that day.
func (s *senders) of(from source, day detect.Date) *sender {
	if s.last == nil || s.lastFrom != from {
		s.last, s.lastFrom = s.find(from), from
	}
	s.last.seen = day
	return s.last
}

func (s *senders) find(from source) *sender {
	if sn, ok := s.byID[from]; ok {
		return sn
	}
	if _, known := s.set.Routers[from.addr]; len(s.byID) >= s.cfg.Senders && from != others && !known {
		return s.find(others)
	}
	sn := &sender{fallback: newRouterName(from.String())}
	sn.configure(from, s.set)
	s.byID[from] = sn
	return sn
}

// use takes new settings, for the senders that are known, too.
func (s *senders) use(set *Settings) {
	if set == s.set {
		return
	}
	s.set, s.last = set, nil // who was one of the others may be known now
	for from, sn := range s.byID {
		sn.configure(from, set)
	}
}

// configure gives a sender what the settings say of it.
func (sn *sender) configure(from source, set *Settings) {
	sn.named, sn.loc, sn.dialect, sn.lastMin = nil, set.Location, nil, parse.Stamp{}
	if from.name == unixName && set.Here != nil {
		sn.loc = set.Here
	}
	if r, ok := set.Routers[from.addr]; ok {
		sn.dialect = r.Dialect
		if r.Name != "" {
			n := newRouterName(r.Name)
			sn.named = &n
		}
		if r.Location != nil {
			sn.loc = r.Location
		}
	}
}

// account is that of a router behind a sender.
func (s *senders) account(sn *sender, router parse.Name) *account {
	if sn.last != nil && sn.last.name == router {
		return sn.last
	}
	a, ok := sn.accounts[router]
	if !ok {
		a = &account{name: router}
		if sn.accounts == nil {
			sn.accounts = make(map[parse.Name]*account)
		}
		sn.accounts[router] = a
		s.accounts++
	}
	sn.last = a
	return a
}

// lost accounts for what never became a line. Whose it was behind a relay is not known: the router of its last line stands
// for all (Days shares it out).
func (s *senders) lost(from source, l loss, day detect.Date) []store.Health {
	stranger := store.Health{Date: day, NotAllowed: l.notAllowed}
	l.notAllowed = 0
	if l != (loss{}) {
		sn := s.of(from, day)
		a := sn.last
		if a == nil {
			name := sn.fallback.name
			if sn.named != nil {
				name = sn.named.name
			}
			if l.kernel > 0 && from.name != "" {
				name = parse.Name{} // the account of a socket
			}
			a = s.account(sn, name)
		}
		h := &a.health
		h.Dropped += l.dropped
		h.Kernel += l.kernel
		h.Malformed += l.empty
		h.Blank += l.empty
		h.Limited += l.limited
		h.Refused += l.refused
		h.Received += l.dropped + l.empty + l.limited
	}
	if stranger.NotAllowed == 0 {
		return nil
	}
	if _, ok := s.strangers[from]; !ok && len(s.strangers) >= maxStrangers {
		from = others
	}
	s.strangers[from] = day
	stranger.Sender = from.String()
	return []store.Health{stranger}
}

// take is the accounting since the last call. Senders that were silent for a whole day are forgotten.
func (s *senders) take(day detect.Date) (hs []store.Health) {
	for id, sn := range s.byID {
		for _, a := range sn.accounts {
			a.health.Missing = a.numbers.take(a.health.Dropped + a.health.Limited)
			if a.health.Empty() {
				continue
			}
			h := a.health
			h.Date, h.Sender, h.Router, h.SkewMS = day, id.String(), a.name.String(), a.skew()
			hs = append(hs, h)
			a.health = store.Health{}
		}
		if sn.seen < day-1 {
			s.accounts -= len(sn.accounts)
			delete(s.byID, id)
			s.last = nil
		}
	}
	maps.DeleteFunc(s.strangers, func(_ source, seen detect.Date) bool { return seen < day-1 })
	slices.SortFunc(hs, func(a, b store.Health) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Router, b.Router))
	})
	return hs
}

// router is the name that an event goes by: configured, else given by the line, else the sender's address.
func (s *senders) router(sn *sender, host []byte) routerName {
	if sn.named != nil {
		return *sn.named
	}
	if len(host) == 0 || len(host) > maxHost {
		return sn.fallback
	}
	if !bytes.Equal(host, sn.lastHost) {
		sn.lastHost, sn.lastName = append(sn.lastHost[:0], host...), s.hosts.of(host)
	}
	n := sn.lastName
	if sn.last != nil && sn.last.name == n.name {
		return n
	}
	if _, ok := sn.accounts[n.name]; !ok && (len(sn.accounts) >= maxRouters || s.accounts >= 2*s.cfg.Senders) {
		return sn.fallback
	}
	return n
}

// fedBy says that the lines come from a feed: they may be of long ago, and are of a machine that has a name.
func (sn *sender) fedBy(f *feed) {
	if sn.feed == f {
		return
	}
	sn.feed, sn.fallback = f, newRouterName(f.router)
}

// time is when the line says that it was written, where that can be believed, else when it was received, with the spread that
// says so. An uptime alone says nothing yet: the boot time of a live sender is not known, and the line has just been written.
func (sn *sender) time(a *account, st *parse.Stamp, recv int64) (t int64, spread uint32) {
	if !st.HasUnix && !st.HasClock {
		return recv, 0
	}
	t, ok := sn.resolve(st, recv)
	if !ok {
		a.health.Repaired++
		return recv, detect.NotBelieved
	}
	off := t - recv
	if sn.feed != nil && off <= int64(aheadLimit) && off >= -int64(backlog) {
		return t, 0 // how late it is read says nothing of a clock
	}
	a.skews[a.nskew%skewLines] = off
	a.nskew++
	if off > int64(aheadLimit) || off < -int64(clockLimit) || a.steady.behind(off, recv) {
		a.health.Repaired++
		return recv, detect.NotBelieved
	}
	return t, 0
}

// A clock is behind, and not the line late, when the lines of some minutes have one and the same offset: a backlog that is sent
// after the fact arrives faster than it was written, and its offsets shrink.
const (
	steadyLines  = 16
	steadyFor    = 2 * time.Minute
	steadyWithin = 15 * time.Second
	steadyLeast  = 5 * time.Minute // less than that is shown, and its times are kept
)

// steady follows an offset that stays.
type steady struct {
	off   int64 // the first one, ns
	since int64 // its receipt
	n     int
}

// behind takes the next offset and says whether the clock has been behind by it for long enough.
func (s *steady) behind(off, recv int64) bool {
	if off > -int64(steadyLeast) {
		s.n = 0
		return false
	}
	if d := off - s.off; s.n == 0 || max(d, -d) > int64(steadyWithin) {
		s.off, s.since, s.n = off, recv, 0
	}
	s.n++
	return s.n >= steadyLines && recv-s.since >= int64(steadyFor)
}

// resolve is Stamp.Resolve with the minute of the line before remembered, which saves the calendar for all but the first
// line of a minute. The repeated hour at the end of summer time depends on recv, but not within a minute.
func (sn *sender) resolve(st *parse.Stamp, recv int64) (int64, bool) {
	if st.HasUnix || st.Second > 59 {
		t, ok := st.Resolve(time.Unix(0, recv), sn.loc)
		return t.UnixNano(), ok
	}
	minute := *st
	minute.Second, minute.Nanos, minute.HasUptime, minute.Uptime = 0, 0, false, 0
	if minute != sn.lastMin {
		t, ok := minute.Resolve(time.Unix(0, recv), sn.loc)
		if !ok {
			return 0, false
		}
		sn.lastMin, sn.lastBase = minute, t.UnixNano()
	}
	return sn.lastBase + int64(st.Second)*int64(time.Second) + int64(st.Nanos), true
}

// skew is the median of the router's last stamps minus the time of their receipt, in ms.
func (a *account) skew() int64 {
	n := min(a.nskew, skewLines)
	if n == 0 {
		return 0
	}
	s := a.skews
	slices.Sort(s[:n])
	return s[n/2] / int64(time.Millisecond)
}
