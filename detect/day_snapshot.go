package detect

import (
	"maps"
	"net/netip"
	"slices"
)

// This file copies what a Tracker has counted, so that a Day can be read and stored while the tracker goes on.

// Day copies the summary so far; the tracker does not touch the copy again.
func (t *Tracker) Day() *Day {
	d := *t.day
	d.Hosts = make(map[netip.Addr]*Host, len(t.hosts))
	for a, hs := range t.hosts {
		d.Hosts[a] = hs.snapshot()
	}
	d.Routers = make(map[string]*Router, len(t.routers))
	for name, rs := range t.routers {
		d.Routers[name.String()] = t.snapshot(rs)
	}
	for _, h := range t.table.holdings { // the running slot
		if r := d.Routers[h.router.String()]; r != nil {
			r.Lives = h.lives.list()
			if l, ok := h.level(t.slot); ok {
				r.Occupancy = append(r.Occupancy, l)
			}
		}
	}
	d.Echoes = maps.Clone(d.Echoes)
	d.Dropped = maps.Clone(d.Dropped)
	d.Open = t.table.open()
	t.snapshotBindings(&d)
	return &d
}

func (hs *hostState) snapshot() *Host {
	h := *hs.host
	h.Sessions = hs.sessions.snapshot(&h.Sessions)
	h.Inbound = hs.inbound.snapshot(&h.Inbound)
	h.Lookups = hs.lookups.snapshot(&h.Lookups)
	h.PTRs = hs.ptrs.snapshot(&h.PTRs)
	h.Asks = hs.asks.snapshot(&h.Asks)
	h.Names = maps.Clone(h.Names)
	h.Loops = maps.Clone(h.Loops)
	h.Served = copies(hs.doors, (*Served).clone)
	h.Resolvers = maps.Clone(h.Resolvers)
	hs.out.fill(&h)
	h.Peers, h.PeerHLL = hs.peers.estimate()
	return &h
}

func (t *Tracker) snapshot(rs *routerState) *Router {
	if rs.lookAt != 0 { // the look that is still to come is taken now, on copies
		now := *rs
		rs = &now
		rs.router, rs.spell, rs.sums = new(*rs.router), new(*rs.spell), maps.Clone(rs.sums)
		for host, h := range rs.sums {
			rs.sums[host] = new(*h)
		}
		t.lookFor(rs)
	}
	r := *rs.router
	r.Cap = rs.cap()
	r.Occupancy, r.Settings = slices.Clone(r.Occupancy), slices.Clone(r.Settings)
	r.Overflows = slices.Clone(r.Overflows)
	if rs.spell != nil {
		r.Overflows = append(r.Overflows, rs.closed())
	}
	r.Kills = slices.Clone(r.Kills)
	r.Shrinks = slices.Clone(r.Shrinks)
	r.Other = maps.Clone(r.Other)
	r.Floods = slices.Clone(r.Floods)
	r.Clock = slices.Clone(r.Clock)
	r.Links = copies(rs.links, (*Iface).clone)
	r.Pings = copies(rs.pings, (*Pings).clone)
	r.Alarms = slices.Clone(r.Alarms)
	r.Listings = slices.Clone(r.Listings)
	if rs.listing != nil {
		r.addListing(rs.listing.closed())
	}
	rs.ended.fill(&r)
	return &r
}

// copies gives m with values that share nothing with it; nil for an empty map.
func copies[K comparable, V any](m map[K]*V, clone func(*V) V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[k] = clone(v)
	}
	return out
}
