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
	// names of routers behind one sender (a relay); further ones go by the sender's address
	maxRouters = 64
	maxHosts   = 4096            // host names that are remembered
	maxHost    = 255             // bytes of one (RFC 5424, 6.2.4); a longer one is ignored
	skewLines  = 64              // the skew is the median of so many lines
	clockLimit = 24 * time.Hour  // a stamp further back is not a backlog, but of a clock that was never set
	aheadLimit = 2 * time.Minute // nothing is logged before it happens: such a clock is wrong
)

// others is the account of all further senders once a day has Config.Senders of them.
var others = source{name: "others"}

// unixName is the sender of all lines that come by unix sockets.
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
	last     *account // account of the last line: most senders have only one
	lastHost []byte   // host in the last line, and its router name
	lastName routerName
	lastMin  parse.Stamp // with its seconds left out: most lines share the minute of the line before
	lastBase int64
}

// account holds the counts of a router's lines, the offsets of its clock and the gaps in its numbers.
type account struct {
	name    parse.Name
	health  store.Health // since the last batch
	skews   [skewLines]int64
	nskew   int
	steady  steady
	numbers sequence
}

// senders is the table of senders. It is bounded, as source addresses can be forged: a forged one takes an entry, which
// is removed after a day of silence.
type senders struct {
	cfg       *Config
	set       *Settings
	byID      map[source]*sender
	last      *sender // of the last line, whose source is lastFrom: many lines of one sender come in a row
	lastFrom  source
	hosts     routerNames
	accounts  int                    // of all senders
	strangers map[source]detect.Date // senders that are not allowed, with the day on which they were last seen
}

func newSenders(cfg *Config) *senders {
	return &senders{cfg: cfg, set: &cfg.Settings, byID: make(map[source]*sender), hosts: make(routerNames),
		strangers: make(map[source]detect.Date)}
}

// of returns the sender for lines from a source that were received on a day.
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

// use switches to new settings, also for the senders that are known.
func (s *senders) use(set *Settings) {
	if set == s.set {
		return
	}
	s.set, s.last = set, nil // a source that was counted to others may be configured now
	for from, sn := range s.byID {
		sn.configure(from, set)
	}
}

// configure applies the settings to a sender.
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

// account returns the account of a router behind a sender.
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

// lost accounts for losses. Behind a relay it is not known whose lines they were: they go to the router of the last
// line (Days shares them out).
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

// take returns the accounting since the last call. Senders that were silent for a whole day are forgotten.
func (s *senders) take(day detect.Date) (hs []store.Health) {
	for id, sn := range s.byID {
		for _, a := range sn.accounts {
			h := a.health
			unread := h.Dropped + h.Limited
			h.Missing = a.numbers.take(h.Received-unread-h.Blank, unread)
			if h.Empty() {
				continue
			}
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

// router returns the router of an event: the configured name, else the host that the line gives, else the sender's
// address.
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

// fedBy notes that a sender's lines come from a feed: their stamps may be old, and lines without a host belong to the
// feed's router.
func (sn *sender) fedBy(f *feed) {
	if sn.feed == f {
		return
	}
	sn.feed, sn.fallback = f, newRouterName(f.router)
}
