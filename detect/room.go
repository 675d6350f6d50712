package detect

import "net/netip"

// This file bounds the bytes of a Day and of the tracker behind it, the session table aside, which is bounded by its
// entries. Each table has a bound of its own, but their product does not: thousands of routers, each with thousands of
// spells, or thousands of hosts, each with hundreds of destinations, exist only where lines are made up. So the bytes
// are estimated now and then. Beyond half of Limits.Bytes, routers with few entries in the session table get no levels
// any more. Beyond all of it, what is known goes on to be counted, and what is new is counted to others, or is left out
// and counted in Day.Dropped.

// LimitsWithin returns the limits for a process that may take so many bytes: those of DefaultConfig from 512 MiB on.
// Below, where what a process needs in any case weighs more, half of the proportion, but no less than what a small
// network needs.
func LimitsWithin(bytes int) Limits {
	l := DefaultConfig().Limits
	if bytes >= FullMemory {
		l.Bytes = bytes / 8
		return l
	}
	part := func(n, least int) int { return max(int(int64(n)*int64(bytes)/(2*FullMemory)), least) }
	l.Hosts = part(l.Hosts, 512)
	l.Routers = part(l.Routers, 64)
	l.Sessions = part(l.Sessions, 1<<13)
	l.Bytes = part(l.Bytes, 2<<20)
	return l
}

// FullMemory holds the memory, in bytes, that a process needs for all that the defaults of detect, ingest and
// store/bolt allow. In less they take part of it.
const FullMemory = 512 << 20

// Others is the name under which the routers beyond Limits.Routers are counted together.
const Others = "others"

const (
	measureEvery = 1 << 14 // events
	// smallTable is the part of all entries that a router must hold to get levels where room is tight.
	smallTable = 1.0 / 32
	fewDoors   = 16  // destinations, and ports, of a host that are counted where there is no room
	maxSummed  = 256 // hosts whose entries are summed up over a full table, at a time
	fewSummed  = 32  // … where room is tight
)

// Estimates of what things take, in bytes, with the room that slices and maps leave unused.
const (
	hostBytes    = 3500
	routerBytes  = 3000
	pacesBytes   = 7600 // of a router of which beginnings alone are logged: its caps, and the bounds of its table
	doorBytes    = 260
	portBytes    = 64
	fanBytes     = 320
	sketchBytes  = 2200
	servedBytes  = 500
	namedBytes   = 96
	holderBytes  = 64
	bindingBytes = 200
	echoBytes    = 128
	spellBytes   = 1200
	noteBytes    = 160 // a kill, shrunk window, flood, or alarm
)

// space holds how much of Limits.Bytes is taken.
type space struct {
	used        int
	tight, full bool // stay so for the rest of the day
	next        uint64
}

// measure estimates what the day and its tracker take, every measureEvery events.
func (t *Tracker) measure() {
	limit := t.cfg.Limits.Bytes
	if limit == 0 || t.day.Events < t.room.next {
		return
	}
	t.room.next = t.day.Events + measureEvery
	n := bindingBytes*len(t.bindings) + echoBytes*len(t.day.Echoes)
	for _, hs := range t.hosts {
		n += hs.bytes()
	}
	for _, hs := range t.day.Former {
		for _, h := range hs {
			n += h.bytes()
		}
	}
	for _, rs := range t.routers {
		n += rs.bytes()
	}
	t.room.used = 0
	t.charge(n)
}

// charge counts so many bytes as used.
func (t *Tracker) charge(n int) {
	limit := t.cfg.Limits.Bytes
	t.room.used += n
	t.room.tight = t.room.tight || limit > 0 && t.room.used > limit/2
	if limit == 0 || t.room.used <= limit || t.room.full {
		return
	}
	t.room.full = true
	for _, hs := range t.hosts {
		hs.full()
	}
}

// full lets the host's record grow no more.
func (hs *hostState) full() {
	hs.noRoom, hs.peers.full, hs.out.full = true, true, true
}

// most gives the bound of one of the host's tables: n, or what there is room for.
func (hs *hostState) most(n int) int { return hs.out.most(n) }

func (hs *hostState) bytes() int {
	n := hs.host.bytes() + doorBytes*len(hs.out.doors) + portBytes*len(hs.out.ports) + fanBytes*(len(hs.out.fans)+
		len(hs.out.walls)) + portBytes*len(hs.out.fresh) + 8*len(hs.peers.few)
	if hs.peers.sketch != nil {
		n += sketchBytes
	}
	for _, b := range [...]*busy{&hs.sessions, &hs.inbound, &hs.lookups, &hs.ptrs, &hs.asks} {
		n += portBytes*len(b.peers) + 2*portBytes*len(b.late)
	}
	for _, s := range hs.doors {
		n += servedBytes + 20*len(s.Slots) + portBytes*len(s.Nets)
	}
	return n
}

func (h *Host) bytes() int {
	n := hostBytes + len(h.PeerHLL)
	for _, s := range [...]*Series{&h.Sessions, &h.Inbound, &h.Lookups, &h.PTRs, &h.Asks} {
		n += 10*len(s.Slots) + 32*len(s.Fine)
	}
	for name := range h.Names {
		n += namedBytes + len(name)
	}
	return n + portBytes*(len(h.Ports)+len(h.Resolvers)) + namedBytes*len(h.Loops) + doorBytes*len(h.Targets) +
		fanBytes*(len(h.Fans)+len(h.Walls)) + servedBytes*len(h.Served)
}

func (rs *routerState) bytes() int {
	r := rs.router
	n := routerBytes + namedBytes*len(r.Other) + 24*len(r.Clock) + holderBytes*len(rs.sums) +
		spellBytes*len(r.Overflows) +
		noteBytes*(len(r.Kills)+len(r.Shrinks)+len(r.Floods)+len(r.Alarms)+len(rs.floods)) +
		spellBytes*len(r.Listings)
	for i := range r.Occupancy {
		n += holderBytes + 32*len(r.Occupancy[i].Holders) + 4*len(r.Occupancy[i].States)
	}
	for i := range r.Alarms {
		n += 8 * len(r.Alarms[i].Begins)
	}
	for name, x := range rs.links {
		n += namedBytes + len(name) + 10*len(x.Downs)
	}
	for _, p := range rs.pings {
		n += namedBytes + 32*len(p.Slots)
	}
	if rs.caps != nil {
		n += pacesBytes
	}
	if l := rs.listing; l != nil {
		n += 24 * len(l.rows)
		for _, h := range l.hosts {
			n += spellBytes + 24*len(h.peers) + portBytes*(len(h.ports)+len(h.own))
		}
	}
	return n + 12*len(rs.ended.list) + portBytes*len(rs.ended.hosts)
}

// summed bounds the hosts whose entries are summed up at a time.
func (t *Tracker) summed() int {
	if t.room.tight {
		return fewSummed
	}
	return maxSummed
}

// more reports whether there is room for one more of a thing; if not, it counts it as left out.
func (t *Tracker) more(what string, have, most int) bool {
	if have < most && !t.room.full {
		return true
	}
	t.day.Dropped[what]++
	return false
}

// seated returns the host that a session of that slot is counted for: others where there is no room for another slot of
// its series.
func (t *Tracker) seated(hs *hostState, s *Series, slot int) *hostState {
	if !t.room.full {
		return hs
	}
	if n := len(s.Slots); n > 0 && int(s.Slots[n-1].I) == slot {
		return hs
	}
	t.day.Dropped["times of sessions"]++
	return t.host(netip.Addr{})
}
