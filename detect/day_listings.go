package detect

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// Bounds of what is kept of listings.
const (
	// listGap is the longest time between two rows of one listing.
	listGap       = 5 * time.Second
	maxListings   = 96      // of a router and day; of more the fullest stay
	maxListHosts  = 1 << 14 // hosts that are told apart in a listing; further ones count as others
	maxListPeers  = 1 << 16 // of a host, that are told apart
	maxListRows   = 1 << 18 // rows of which a second copy is known
	topListHosts  = 12      // hosts of a listing that are kept, those with most entries
	listPortShare = 0.8     // part of a host's entries that one port of it must have to be named as its own
)

// Listing is the session table of a router at one moment, as a command of the router listed it.
type Listing struct {
	First, Last int64    // ns; of its rows
	Spread      uint32   // ± ms of the least exact of the times
	Entries     uint32   // rows, each session once
	States      States   // of all entries
	Hosts       []Listed // those with most entries, at most topListHosts
}

// Listed is one host's part of a listing.
type Listed struct {
	Host      netip.Addr // invalid for the router itself and others
	N         uint32     // entries
	Unreplied uint32     // … of which none was answered: UNREPLIED, SYN_SENT
	Peers     uint32     // different addresses at the other end
	States    States
	Port      Port   // at the other end, that most entries have
	PortN     uint32 // how many
	Own       Port   // of the host itself, that at least listPortShare of its entries have; 0 where none has
}

// listing gathers a Listing while its rows come.
type listing struct {
	Listing
	hosts map[netip.Addr]*listHost
	rows  map[uint64]struct{} // hashes of the sessions
}

type listHost struct {
	Listed
	states     [numStates]uint32
	peers      map[uint64]struct{} // hashes of addresses, at most maxListPeers
	ports, own map[Port]uint64
}

// entry takes in one row of a listing. A row begins no session and is in no series: when the session began is not
// known.
func (t *Tracker) entry(e *parse.Event, rs *routerState) {
	l := rs.listing
	if t.room.full {
		t.day.Dropped["rows of listings"]++
		return
	}
	if l == nil {
		l = &listing{Listing: Listing{First: e.Time, Last: e.Time}, hosts: map[netip.Addr]*listHost{},
			rows: map[uint64]struct{}{}}
		rs.listing = l
	}
	l.Last, l.Spread = max(l.Last, e.Time), max(l.Spread, e.Spread)
	if len(l.rows) < maxListRows {
		s := t.table.spot(t.keyOf(e))
		if _, ok := l.rows[s.hash]; ok {
			return
		}
		l.rows[s.hash] = struct{}{}
	}
	l.Entries++
	host, peer, ok := t.sides(e)
	if !ok {
		host = netip.Addr{}
	}
	h := l.hosts[host]
	if h == nil && len(l.hosts) >= maxListHosts {
		host = netip.Addr{}
		h = l.hosts[host]
	}
	if h == nil {
		h = &listHost{Listed: Listed{Host: host}, peers: map[uint64]struct{}{}, ports: map[Port]uint64{},
			own: map[Port]uint64{}}
		l.hosts[host] = h
	}
	h.take(e, host, peer)
}

func (h *listHost) take(e *parse.Event, host, peer netip.Addr) {
	h.N++
	if e.State == parse.Unreplied || e.State == parse.SynSent {
		h.Unreplied++
	}
	if int(e.State) < numStates {
		h.states[e.State]++
	}
	if peer.IsValid() && len(h.peers) < maxListPeers { // a translation (show xlate) has no other end
		h.peers[hashAddr(peer)] = struct{}{}
	}
	far, near := Port{e.Proto, e.DPort}, Port{e.Proto, e.SPort}
	if e.Src != host { // reached from outside
		far, near = Port{e.Proto, e.SPort}, Port{e.Proto, cmp.Or(e.NATDPort, e.DPort)}
	}
	if peer.IsValid() {
		bump(h.ports, far)
	}
	bump(h.own, near)
}

// endListing moves a listing whose last row is long ago into the day.
func (rs *routerState) endListing(now int64) {
	if rs.listing == nil || now-rs.listing.Last <= int64(listGap) {
		return
	}
	rs.router.addListing(rs.listing.closed())
	rs.listing = nil
}

// addListing keeps l, and where there are too many drops the one with fewest entries.
func (r *Router) addListing(l Listing) {
	r.Listings = append(r.Listings, l)
	if len(r.Listings) <= maxListings {
		return
	}
	least := 0
	for i := range r.Listings {
		if r.Listings[i].Entries < r.Listings[least].Entries {
			least = i
		}
	}
	r.Listings = slices.Delete(r.Listings, least, least+1)
}

// closed gives the listing with its largest hosts.
func (l *listing) closed() Listing {
	out := l.Listing
	var all [numStates]uint32
	for _, h := range l.hosts {
		x := h.Listed
		x.States = trimmed(&h.states)
		for i, n := range h.states {
			all[i] += n
		}
		x.Peers = uint32(len(h.peers))
		x.Port, x.PortN = most(h.ports)
		if own, n := most(h.own); own.Port != 0 && float64(n) >= listPortShare*float64(h.N) {
			x.Own = own
		}
		out.Hosts = append(out.Hosts, x)
	}
	out.States = trimmed(&all)
	slices.SortFunc(out.Hosts, compareListed)
	out.Hosts = slices.Clip(out.Hosts[:min(len(out.Hosts), topListHosts)])
	return out
}

// compareListed orders hosts by entries, most first, then by address.
func compareListed(a, b Listed) int { return cmp.Or(cmp.Compare(b.N, a.N), a.Host.Compare(b.Host)) }

// trimmed gives the counts up to the last that is not zero.
func trimmed(s *[numStates]uint32) States {
	n := numStates
	for n > 0 && s[n-1] == 0 {
		n--
	}
	return slices.Clone(States(s[:n]))
}

// most gives the port with the highest count, of equal ones the lowest.
func most(m map[Port]uint64) (best Port, n uint32) {
	for p, k := range m {
		if k > uint64(n) || k == uint64(n) && (p.Proto < best.Proto || p.Proto == best.Proto && p.Port < best.Port) {
			best, n = p, uint32(k)
		}
	}
	return best, n
}

// mergeListings adds those of o: listings of the same moment are parts of one, of different hosts.
func (r *Router) mergeListings(o *Router) {
	all := slices.Concat(r.Listings, o.Listings)
	slices.SortFunc(all, func(a, b Listing) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last), cmp.Compare(a.Entries, b.Entries))
	})
	r.Listings = nil
	for _, l := range all {
		n := len(r.Listings)
		if n == 0 || l.First-r.Listings[n-1].Last > int64(listGap) {
			r.Listings = append(r.Listings, l)
			continue
		}
		have := &r.Listings[n-1]
		have.Last, have.Spread = max(have.Last, l.Last), max(have.Spread, l.Spread)
		have.Entries, have.States = have.Entries+l.Entries, have.States.merge(l.States)
		have.Hosts = slices.Concat(have.Hosts, l.Hosts)
		slices.SortFunc(have.Hosts, compareListed)
	}
}
