package detect

import "uncloak/parse"

const maxListings = 96 // kept per router and day

// Listing is a router's session table as it was listed at one moment.
type Listing struct {
	At      int64 // ns
	Spread  uint32
	Entries uint32
}

// listings collects the rows of one router's listings.
type listings struct{}

func (l *listings) snapshot() []Listing { return nil }

func (t *Tracker) entry(e *parse.Event, rs *routerState) {}

func (r *Router) mergeListings(o *Router) {}
