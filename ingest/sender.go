package ingest

import (
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
	skewLines  = 64              // the skew is the median of so many lines
	clockLimit = 24 * time.Hour  // behind by more is no backlog, but a clock that was never set
	aheadLimit = 2 * time.Minute // nothing is logged before it happens: such a clock is wrong
)

// others is who lines are accounted to once a day has Config.Senders senders.
var others = source{name: "others"}

// sender is the clock and the account of one source.
type sender struct {
	loc      *time.Location
	named    *routerName // by configuration
	fallback routerName  // its address
	routers  map[parse.Name]struct{}
	seen     detect.Date
	health   store.Health // since the last batch
	skews    [skewLines]int64
	nskew    int
	lastMin  parse.Stamp // with its seconds left out: most lines share the minute of the line before
	lastBase int64
}

// senders finds the sender of a line. The table is bounded: a forged source address costs nothing but an entry, and
// at the end of the day that is gone.
type senders struct {
	cfg   *Config
	set   *Settings
	byID  map[source]*sender
	hosts routerNames
}

func newSenders(cfg *Config) *senders {
	return &senders{cfg: cfg, set: &cfg.Settings, byID: make(map[source]*sender), hosts: make(routerNames)}
}

// of is the sender for lines from a source that were received on that day.
func (s *senders) of(from source, day detect.Date) *sender {
	if sn, ok := s.byID[from]; ok {
		sn.seen = day
		return sn
	}
	if len(s.byID) >= s.cfg.Senders && from != others {
		return s.of(others, day)
	}
	sn := &sender{fallback: newRouterName(from.String()), seen: day}
	sn.configure(from, s.set)
	sn.health.Sender = from.String()
	sn.health.Router = sn.fallback.name.String()
	s.byID[from] = sn
	return sn
}

// use takes new settings, for the senders that are known, too.
func (s *senders) use(set *Settings) {
	if set == s.set {
		return
	}
	s.set = set
	for from, sn := range s.byID {
		sn.configure(from, set)
	}
}

// configure gives a sender what the settings say of it.
func (sn *sender) configure(from source, set *Settings) {
	sn.named, sn.loc, sn.lastMin = nil, set.Location, parse.Stamp{}
	if r, ok := set.Routers[from.addr]; ok {
		if r.Name != "" {
			n := newRouterName(r.Name)
			sn.named = &n
		}
		if r.Location != nil {
			sn.loc = r.Location
		}
	}
}

// take is the accounting since the last call. Senders that were silent for a whole day are forgotten.
func (s *senders) take(day detect.Date) (hs []store.Health) {
	for id, sn := range s.byID {
		if h := sn.health; h.Received|h.Dropped|h.Kernel|h.Malformed != 0 {
			h.Date, h.SkewMS = day, sn.skew()
			hs = append(hs, h)
			sn.health = store.Health{Sender: h.Sender, Router: h.Router}
		}
		if sn.seen < day-1 {
			delete(s.byID, id)
		}
	}
	slices.SortFunc(hs, func(a, b store.Health) int {
		if a.Sender < b.Sender {
			return -1
		}
		return 1
	})
	return hs
}

// router is the name that an event goes by: configured, else given by the line, else the sender's address.
func (s *senders) router(sn *sender, host []byte) routerName {
	if sn.named != nil {
		sn.health.Router = sn.named.name.String()
		return *sn.named
	}
	if len(host) == 0 {
		return sn.fallback
	}
	n := s.hosts.of(host)
	if _, ok := sn.routers[n.name]; !ok {
		if len(sn.routers) >= maxRouters {
			return sn.fallback
		}
		if sn.routers == nil {
			sn.routers = make(map[parse.Name]struct{})
		}
		sn.routers[n.name] = struct{}{}
	}
	sn.health.Router = n.name.String()
	return n
}

// time is when the line says that it was written, where that can be believed, else when it was received, with the spread that
// says so. An uptime alone says nothing yet: the boot time of a live sender is not known, and the line has just been written.
func (sn *sender) time(st *parse.Stamp, recv int64) (t int64, spread uint32) {
	if !st.HasUnix && !st.HasClock {
		return recv, 0
	}
	t, ok := sn.resolve(st, recv)
	if !ok {
		sn.health.Repaired++
		return recv, detect.NotBelieved
	}
	off := t - recv
	sn.skews[sn.nskew%skewLines] = off
	sn.nskew++
	if off > int64(aheadLimit) || off < -int64(clockLimit) {
		sn.health.Repaired++
		return recv, detect.NotBelieved
	}
	return t, 0
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

// skew is the median of the sender's last stamps minus the time of their receipt, in ms.
func (sn *sender) skew() int64 {
	n := min(sn.nskew, skewLines)
	if n == 0 {
		return 0
	}
	s := sn.skews
	slices.Sort(s[:n])
	return s[n/2] / int64(time.Millisecond)
}
