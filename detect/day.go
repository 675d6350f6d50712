package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Date is a UTC calendar day, counted from 1970-01-01.
type Date int32

// DateOf gives the UTC day of t.
func DateOf(t time.Time) Date { return dateOf(t.UnixNano()) }

func dateOf(ns int64) Date { return Date(floorDiv(ns, int64(24*time.Hour))) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Start gives the first instant of the day.
func (d Date) Start() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// End gives the first instant of the next day.
func (d Date) End() time.Time { return (d + 1).Start() }

// String writes the date as YYYY-MM-DD.
func (d Date) String() string { return d.Start().Format(time.DateOnly) }

// SlotLen is the resolution of all counts over time in a Day.
const SlotLen = 10 * time.Second

const slotsPerDay = int(24 * time.Hour / SlotLen)

// fineFloor is the least number of events in a slot of which the seconds are kept: enough for the start of the smallest
// burst (25 in a slot). It bounds the fine slots of a host to its sessions divided by eight.
const fineFloor = 8

// Series counts events of one day in slots of SlotLen, sparse and sorted; busy slots hold their seconds, too.
type Series struct {
	Slots []Slot
	Fine  []Fine
}

// Slot counts the events in one slot of the day.
type Slot struct {
	I uint16 // 0..8639
	N uint32
}

// Fine counts the events of a busy slot by second, and holds how many different peers they had.
type Fine struct {
	I     uint16
	Peers uint16 // distinct peers within the slot, at most 65535
	Sec   [10]uint16
}

// Total gives the number of events.
func (s *Series) Total() (n uint64) {
	for _, b := range s.Slots {
		n += uint64(b.N)
	}
	return n
}

// Merge adds o to s.
func (s *Series) Merge(o *Series) {
	for _, b := range o.Slots {
		s.slot(b.I).N += b.N
	}
	for _, f := range o.Fine {
		i, ok := slices.BinarySearchFunc(s.Fine, f.I, func(x Fine, i uint16) int { return int(x.I) - int(i) })
		if !ok {
			s.Fine = slices.Insert(s.Fine, i, f)
			continue
		}
		have := &s.Fine[i]
		have.Peers = sat16(uint32(have.Peers) + uint32(f.Peers))
		for j := range f.Sec {
			have.Sec[j] = sat16(uint32(have.Sec[j]) + uint32(f.Sec[j]))
		}
	}
}

func (s *Series) slot(i uint16) *Slot {
	n := len(s.Slots)
	if n > 0 && s.Slots[n-1].I == i { // events come nearly in order
		return &s.Slots[n-1]
	}
	if n == 0 || s.Slots[n-1].I < i {
		s.Slots = append(s.Slots, Slot{I: i})
		return &s.Slots[n]
	}
	k, ok := slices.BinarySearchFunc(s.Slots, i, func(b Slot, i uint16) int { return int(b.I) - int(i) })
	if !ok {
		s.Slots = slices.Insert(s.Slots, k, Slot{I: i})
	}
	return &s.Slots[k]
}

func sat16(n uint32) uint16 { return uint16(min(n, 65535)) }

// Port is a destination port with its protocol.
type Port struct {
	Proto uint8
	Port  uint16
}

// Host sums up what one internal address did in a day.
type Host struct {
	Name      string            // from DHCP leases; may be empty
	Sessions  Series            // sessions that it opened
	Ended     uint64            // … of them, counted when they ended: nothing tells when they began
	Inbound   Series            // sessions from outside that reached it
	Lookups   Series            // sessions to port 53
	PTRs      Series            // reverse lookups, where query names are logged
	Asks      Series            // other lookups, where query names are logged
	Names     map[string]uint64 // the names that it asked for most, at most maxAsked
	Loops     map[string]Round  // names that it asked for and was asked for in turn, at most maxLoops
	Served    map[Port]Served   // its ports that were reached from outside, at most maxServed
	Peers     uint64            // distinct outside addresses: exact up to 32, else with a standard error of 2.3 %
	PeerHLL   []byte            // the sketch behind Peers
	Denied    uint64
	Bytes     uint64                // of sessions whose end was logged
	Ports     map[Port]uint64       // most used destination ports, at most maxPorts
	Resolvers map[netip.Addr]uint64 // that the lookups went to, at most maxPorts
	Targets   map[Door]*Target      // the services that it goes to most, at most maxTargets
	Fans      map[Port]*Fan         // to how many hosts it speaks on a port, at most maxFans
	Walls     map[netip.Addr]*Fan   // to how many ports of a peer it speaks, at most maxWalls
	MAC       string                // of the machine, where leases or neighbours tell; see Binding
	Until     int64                 // ns at which the address went to another machine; 0: it did not
}

// Router sums up what one router logged in a day.
type Router struct {
	Lines     uint64 // events from it
	Unparsed  uint64
	Sessions  uint64
	Ends      uint64 // session ends logged; 0 means that hold times are estimated from timeouts
	Occupancy []Level
	Overflows []Overflow
	Kills     []Kill
	Shrinks   []Shrink
	Floods    []Flood
	Links     map[string]Iface     // interfaces that went down or came up, at most maxIfaces
	Pings     map[netip.Addr]Pings // round trips by target, at most maxPinged
	Clock     []ClockSlot          // how far its stamps were from the time of receipt; none of an import
	Hours     [24]HourLoss         // what is known to be missing
	Other     map[string]uint64    // further kernel events by kind
	Alarms    []Alarm              // trouble that it told of, at most maxAlarms
	Listings  []Listing            // its session table at single moments, at most maxListings
	EndsOnly  uint64               // sessions of hosts of which the log tells only ends
	Outside   uint64               // sessions neither side of which is an inside address
	Gauge     Gauge                // what its overflows say about hold times; the next day begins with it
	// what its ends say about sessions whose end is lost, in order of kind; so does the next day
	Lives    []Life
	Cap      Cap             // the rate at which its log of beginnings is cut off; zero: it is not
	Settings []RouterSetting // what it said of its table, the latest of each key, in their order; so does the next day
}

// untimedSessions is the key of Router.Other under which session beginnings without a known time are counted.
const untimedSessions = "session-new without a time"

// The keys of Router.Other under which sessions are counted that no host, or no peer, can be told of: a side of them
// has a name, or nothing, in the place of its address.
const (
	namedSessions = "session-new without an inside address"
	namedPeers    = "session-new without an outside address" // the inside address is there
	namedEnds     = "session-end without an inside address"
	outsideEnds   = "session-end outside" // both addresses are there, neither is inside
)

// tornLines is the key of Router.Other under which pieces of lines are counted: the name of the kind.
const tornLines = "torn"

// Named counts the sessions whose inside side has no address: they belong to no host. They are counted by their
// beginnings, or by their ends where the log has only those.
func (r *Router) Named() uint64 {
	if n := r.Other[namedSessions]; n > 0 {
		return n
	}
	return r.Other[namedEnds]
}

// NamedPeers counts the session beginnings of hosts whose outside side has no address.
func (r *Router) NamedPeers() uint64 { return r.Other[namedPeers] }

// Outsiders counts the sessions neither side of which is an inside address, by their beginnings, or by their ends where
// the log has only those.
func (r *Router) Outsiders() uint64 {
	if r.Outside > 0 || r.Sessions > 0 {
		return r.Outside
	}
	return r.Other[outsideEnds]
}

// Torn counts the pieces of lines that the sender cut in two and that could not be put together.
func (r *Router) Torn() uint64 { return r.Other[tornLines] }

// chatterLines is the key of Router.Other under which harmless lines of a kernel are counted.
const chatterLines = "chatter"

// Chatter returns the number of lines in which its kernel says what is of no consequence.
func (r *Router) Chatter() uint64 { return r.Other[chatterLines] }

// Untimed returns the number of session beginnings whose time is not known.
func (r *Router) Untimed() uint64 { return r.Other[untimedSessions] }

// Level holds the rebuilt session table at the fullest second of a slot.
type Level struct {
	I       uint16
	Total   uint32
	Less    uint32   // by which Total may be too high, where ends are guessed
	More    uint32   // … too low
	Holders []Holder // the largest, most entries first, at most maxHolders
	States  States   // at the end of the slot
}

// Holder is one host's part of a session table.
type Holder struct {
	Host netip.Addr
	N    uint64 // entries that this router logged
	All  uint64 // entries that any router logged (only in an Overflow)
}

// Overflow is one spell in which a router refused sessions because its table was full.
type Overflow struct {
	Start, End int64    // ns; first and last refusal that is logged
	Lines      uint32   // table-full lines, repeated ones counted
	Hidden     uint64   // refusals that the kernel counted instead of logging them
	Total, All uint32   // entries in the table, as rebuilt, at the worst moment
	Holders    []Holder // summed over the lines, so that shares are averages weighted by refusals
	Weight     uint64   // how many snapshots are in the sums
	Held       uint64   // entries in the table, as rebuilt, summed like Holder.N
	HeldAll    uint64   // … over all routers, summed like Holder.All
	States     States   // at the worst moment
	Inlets     []Inlet  // the services inside that held most entries then, at most topInlets
}

// Drops gives the number of packets that the router refused.
func (o *Overflow) Drops() uint64 { return uint64(o.Lines) + o.Hidden }

// Kill is one process that a kernel killed for want of memory.
type Kill struct {
	Time   int64  // ns
	Spread uint32 // ± ms
	PID    uint32
	Proc   string
	Group  string // control group whose limit was hit; parse.SomeGroup where no line names it
}

// Shrink is one "Treason uncloaked" line: a peer took back window that it had offered.
type Shrink struct {
	Time     int64
	Spread   uint32
	Peer     netip.Addr // invalid when it is masked
	PeerPort uint16
	Port     uint16 // local
	Count    uint32
}

// Pair names the host that causes lookups and the host that makes them.
type Pair struct{ Cause, Effect netip.Addr }

// Day is the summary of one UTC day of a network: small, and enough for every finding. Limits bound it, and days of
// disjoint hosts (shards) merge.
type Day struct {
	Date        Date
	Events      uint64 // events observed; the store holds as many when the two agree
	First, Last int64  // ns of the first and last event
	Config      uint64 // fingerprint of the config that it was made with
	Began       uint64 // fingerprint of the open sessions that it began with: those of the day before
	Stored      uint64 // events that the store had when this was made: more than Events where blocks are damaged
	Hosts       map[netip.Addr]*Host
	Routers     map[string]*Router
	Echoes      map[Pair]uint64   // reverse lookups by Effect of addresses that Cause had just opened a session to
	Open        []Open            // session-table entries at the end of the day: the next day starts with them
	Dropped     map[string]uint64 // what the bounds of this summary left out, by what
	// machines that had an address earlier in the day, in order, at most maxFormer each
	Former   map[netip.Addr][]*Host
	Bindings []Binding // which machine had which address, at most maxBindings
	Senders  []Sender  // the receiver's accounting; added from the store when the day is loaded
}

// Open is a session that outlives its day.
type Open struct {
	Key     Key
	Router  string
	Holder  netip.Addr // whose part of the table it is; invalid for the router itself and others
	Expires int64      // ns
	Heard   int64      // ns of its last line
	Guessed bool       // nothing in the log will tell when it goes
	State   uint8      // parse.State
}

// append adds the bytes of o to b, each field of variable size behind its length.
func (o *Open) append(b []byte) []byte {
	for _, a := range [...]netip.Addr{o.Key.Src, o.Key.Dst, o.Holder} {
		x, _ := a.MarshalBinary() // never fails
		b = append(append(b, byte(len(x))), x...)
	}
	b = binary.BigEndian.AppendUint16(b, o.Key.SPort)
	b = binary.BigEndian.AppendUint16(b, o.Key.DPort)
	b = append(b, o.Key.Proto, o.State)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Expires)<<1|bit(o.Guessed))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Heard))
	b = binary.BigEndian.AppendUint32(b, uint32(len(o.Router)))
	return append(b, o.Router...)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Key is the five-tuple of a session as the side that opened it sees it; of a forwarded session, Dst is the inner host.
type Key struct {
	Src, Dst     netip.Addr
	SPort, DPort uint16
	Proto        uint8
}

// NewDay makes an empty summary.
func NewDay(d Date) *Day {
	return &Day{Date: d, Hosts: map[netip.Addr]*Host{}, Routers: map[string]*Router{}, Echoes: map[Pair]uint64{},
		Dropped: map[string]uint64{}}
}

// Merge adds o, a summary of the same date made from other events of other hosts. It is commutative and associative.
func (d *Day) Merge(o *Day) error {
	if d.Date != o.Date {
		return fmt.Errorf("merge days: %v and %v differ", d.Date, o.Date)
	}
	d.Events += o.Events
	if d.First == 0 || o.First != 0 && o.First < d.First {
		d.First = o.First
	}
	d.Last = max(d.Last, o.Last)
	for a, h := range o.Hosts {
		d.host(a).merge(h)
	}
	for name, r := range o.Routers {
		d.router(name).merge(r)
	}
	for p, n := range o.Echoes {
		d.Echoes[p] += n
	}
	d.mergeBindings(o)
	d.Open = append(d.Open, o.Open...)
	slices.SortFunc(d.Open, func(a, b Open) int {
		return cmp.Or(
			a.Key.compare(b.Key),
			cmp.Compare(a.Router, b.Router),
			cmp.Compare(a.Expires, b.Expires),
			cmp.Compare(a.State, b.State),
			a.Holder.Compare(b.Holder),
			cmp.Compare(bit(a.Guessed), bit(b.Guessed)),
		)
	})
	for k, n := range o.Dropped {
		d.Dropped[k] += n
	}
	return nil
}

func (k Key) compare(o Key) int {
	if c := k.Src.Compare(o.Src); c != 0 {
		return c
	}
	if c := k.Dst.Compare(o.Dst); c != 0 {
		return c
	}
	return int(k.Proto)<<40 + int(k.SPort)<<20 + int(k.DPort) - (int(o.Proto)<<40 + int(o.SPort)<<20 + int(o.DPort))
}

func (d *Day) host(a netip.Addr) *Host {
	h := d.Hosts[a]
	if h == nil {
		h = &Host{}
		h.makeMaps()
		d.Hosts[a] = h
	}
	return h
}

func (d *Day) router(name string) *Router {
	r := d.Routers[name]
	if r == nil {
		r = &Router{Other: map[string]uint64{}}
		d.Routers[name] = r
	}
	return r
}

// makeMaps makes the maps that gob left out because they were empty.
func (h *Host) makeMaps() {
	if h.Ports == nil {
		h.Ports = map[Port]uint64{}
	}
	if h.Resolvers == nil {
		h.Resolvers = map[netip.Addr]uint64{}
	}
	if h.Targets == nil {
		h.Targets = map[Door]*Target{}
	}
	if h.Fans == nil {
		h.Fans = map[Port]*Fan{}
	}
	if h.Walls == nil {
		h.Walls = map[netip.Addr]*Fan{}
	}
}

func (h *Host) merge(o *Host) {
	h.makeMaps()
	h.Name = max(h.Name, o.Name)
	h.Sessions.Merge(&o.Sessions)
	h.Ended += o.Ended
	h.Inbound.Merge(&o.Inbound)
	h.Lookups.Merge(&o.Lookups)
	h.PTRs.Merge(&o.PTRs)
	h.Asks.Merge(&o.Asks)
	for n, k := range o.Names {
		if h.Names == nil {
			h.Names = map[string]uint64{}
		}
		h.Names[n] += k
	}
	h.Loops = merged(h.Loops, o.Loops, (*Round).merge)
	h.Served = merged(h.Served, o.Served, (*Served).merge)
	h.mergePeers(o)
	h.MAC, h.Until = max(h.MAC, o.MAC), max(h.Until, o.Until)
	h.Denied += o.Denied
	h.Bytes += o.Bytes
	for p, n := range o.Ports {
		h.Ports[p] += n
	}
	for a, n := range o.Resolvers {
		h.Resolvers[a] += n
	}
	for d, t := range o.Targets {
		if h.Targets[d] == nil {
			h.Targets[d] = &Target{}
		}
		h.Targets[d].merge(t)
	}
	for p, f := range o.Fans {
		if h.Fans[p] == nil {
			h.Fans[p] = &Fan{}
		}
		h.Fans[p].merge(f)
	}
	for p, f := range o.Walls {
		if h.Walls[p] == nil {
			h.Walls[p] = &Fan{}
		}
		h.Walls[p].merge(f)
	}
}

func (r *Router) merge(o *Router) {
	r.Lines += o.Lines
	r.Unparsed += o.Unparsed
	r.Sessions += o.Sessions
	r.Ends += o.Ends
	if o.Cap.Flat > r.Cap.Flat {
		r.Cap = o.Cap
	}
	r.Settings = slices.Clone(r.Settings)
	for _, x := range o.Settings {
		r.set(x)
	}
	r.Occupancy = mergeLevels(r.Occupancy, o.Occupancy)
	r.Overflows = append(r.Overflows, o.Overflows...)
	slices.SortFunc(r.Overflows, func(a, b Overflow) int {
		return cmp.Or(
			cmp.Compare(a.Start, b.Start),
			cmp.Compare(a.End, b.End),
			cmp.Compare(a.Lines, b.Lines),
			cmp.Compare(a.Hidden, b.Hidden),
			cmp.Compare(a.Total, b.Total),
			cmp.Compare(a.All, b.All),
		)
	})
	r.Kills = append(r.Kills, o.Kills...)
	slices.SortFunc(r.Kills, func(a, b Kill) int {
		return cmp.Or(
			cmp.Compare(a.Time, b.Time),
			cmp.Compare(a.PID, b.PID),
			cmp.Compare(a.Proc, b.Proc),
			cmp.Compare(a.Spread, b.Spread),
			cmp.Compare(a.Group, b.Group),
		)
	})
	r.Shrinks = append(r.Shrinks, o.Shrinks...)
	slices.SortFunc(r.Shrinks, func(a, b Shrink) int {
		return cmp.Or(
			cmp.Compare(a.Time, b.Time),
			a.Peer.Compare(b.Peer),
			cmp.Compare(a.PeerPort, b.PeerPort),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Spread, b.Spread),
			cmp.Compare(a.Count, b.Count),
		)
	})
	r.Floods = append(r.Floods, o.Floods...)
	slices.SortFunc(r.Floods, compareFloods)
	r.Links = merged(r.Links, o.Links, (*Iface).merge)
	r.Pings = merged(r.Pings, o.Pings, (*Pings).merge)
	r.mergeClock(o)
	for i := range r.Hours {
		r.Hours[i].merge(&o.Hours[i])
	}
	for k, n := range o.Other {
		r.Other[k] += n
	}
	r.mergeAlarms(o)
	r.mergeListings(o)
	r.EndsOnly += o.EndsOnly
	r.Outside += o.Outside
	r.Gauge.merge(&o.Gauge)
	r.Lives = mergeLives(r.Lives, o.Lives)
}

// tally adds n to the count of further lines of that sort. Of sorts beyond maxSorts, all are one.
func (r *Router) tally(sort string, n uint64) {
	if _, ok := r.Other[sort]; !ok && len(r.Other) >= maxSorts {
		sort = Others
	}
	r.Other[sort] += n
}

// maxSorts bounds the keys of Router.Other.
const maxSorts = 128

// merged gives the sums of a and b; nothing in them shares memory with b.
func merged[K comparable, V any](a, b map[K]V, merge func(v, o *V)) map[K]V {
	if a == nil && len(b) > 0 {
		a = make(map[K]V, len(b))
	}
	for k, o := range b {
		v := a[k]
		merge(&v, &o)
		a[k] = v
	}
	return a
}

func mergeLevels(a, b []Level) []Level {
	out := make([]Level, 0, max(len(a), len(b)))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].I < b[0].I:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].I < a[0].I:
			out, b = append(out, b[0]), b[1:]
		default:
			l := Level{I: a[0].I, Total: a[0].Total + b[0].Total, Less: a[0].Less + b[0].Less,
				More: a[0].More + b[0].More, Holders: slices.Concat(a[0].Holders, b[0].Holders),
				States: a[0].States.merge(b[0].States)}
			slices.SortFunc(l.Holders, compareHolders)
			out, a, b = append(out, l), a[1:], b[1:]
		}
	}
	return out
}

// compareHolders orders holders by entries, most first, then by address.
func compareHolders(a, b Holder) int {
	return cmp.Or(cmp.Compare(b.N, a.N), a.Host.Compare(b.Host))
}

// OpenPrint is a hash of what the next day begins with: the open sessions, and what is known of the routers. It is 0
// for a nil day and for one that leaves nothing.
func (d *Day) OpenPrint() uint64 {
	if d == nil {
		return 0
	}
	h := xxhash.New()
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(d.Routers)) {
		if g := d.Routers[name].Gauge; g != (Gauge{}) {
			b = fmt.Appendf(b, "%q%v", name, g)
		}
		if s := d.Routers[name].Settings; len(s) > 0 {
			b = fmt.Appendf(b, "%q%v", name, s)
		}
		if l := d.Routers[name].Lives; len(l) > 0 {
			b = fmt.Appendf(b, "%q%v", name, l)
		}
	}
	if len(b) == 0 && len(d.Open) == 0 {
		return 0
	}
	h.Write(b)
	for i := range d.Open {
		b = d.Open[i].append(b[:0])
		h.Write(b) // never fails
	}
	return h.Sum64()
}

// HostList lists the hosts of the day in order of address.
func (d *Day) HostList() []netip.Addr {
	return slices.SortedFunc(maps.Keys(d.Hosts), netip.Addr.Compare)
}

// MarshalBinary encodes the day for the store (gob; the store compresses).
func (d *Day) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	type plain Day // without this method
	if err := gob.NewEncoder(&b).Encode((*plain)(d)); err != nil {
		return nil, fmt.Errorf("encode day %v: %w", d.Date, err)
	}
	return b.Bytes(), nil
}

// UnmarshalBinary decodes the bytes that MarshalBinary wrote.
func (d *Day) UnmarshalBinary(b []byte) error {
	type plain Day
	*d = *NewDay(0)
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode((*plain)(d)); err != nil {
		return fmt.Errorf("decode day: %w", err)
	}
	return nil
}
