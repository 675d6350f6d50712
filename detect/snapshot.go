package detect

import (
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// SnapshotKind is the kind of a listing of the session table: who held how much of it at one moment.
const SnapshotKind = "snapshot"

const (
	snapLeast    = 100  // entries of a listing from which on one host that holds most of it is a warning
	snapShare    = 0.5  // … the part of the entries that it must hold
	snapFull     = 0.8  // part of a known size from which on the listing is a warning
	snapCritical = 0.95 // … and critical
)

// Snapshot holds what a listing says.
type Snapshot struct {
	Moment *time.Time  `json:"moment,omitempty"` // of the listing
	Listed []ListedFor `json:"listed,omitempty"` // hosts with most entries
}

// ListedFor is one host's part of a listing, in the words of the JSON.
type ListedFor struct {
	Host      string         `json:"host"` // an address, or "router and others"
	Name      string         `json:"name,omitempty"`
	Entries   int            `json:"entries"`
	Share     float64        `json:"share"`               // of the entries
	Unreplied int            `json:"unreplied,omitempty"` // entries that were not answered
	Peers     int            `json:"peers"`
	Port      string         `json:"port,omitempty"`     // at the other end, that most entries have
	Own       string         `json:"own_port,omitempty"` // its own, that nearly all entries have
	States    map[string]int `json:"states,omitempty"`
}

// View gives the hosts of the listing in the words of the JSON.
func (l *Listing) View(names func(netip.Addr) string) (out []ListedFor) {
	for i := range l.Hosts {
		h := &l.Hosts[i]
		x := ListedFor{Host: "router and others", Entries: int(h.N), Share: float64(h.N) / float64(max(l.Entries, 1)),
			Unreplied: int(h.Unreplied), Peers: int(h.Peers), States: h.States.Named()}
		if h.Host.IsValid() {
			x.Host = h.Host.String()
			x.Name = names(h.Host)
		}
		if 2*h.PortN >= h.N {
			x.Port = portName(h.Port)
		}
		if h.Own != (Port{}) {
			x.Own = portName(h.Own)
		}
		out = append(out, x)
	}
	return out
}

// snapshotFindings reports the fullest listing of each router in the window, of equal ones the latest.
func snapshotFindings(q *inquiry) []Finding {
	var out []Finding
	for _, name := range RoutersOf(q.days) {
		var best *Listing
		for _, d := range q.days {
			r := d.Routers[name]
			if r == nil {
				continue
			}
			for i := range r.Listings {
				l := &r.Listings[i]
				if l.Last >= q.w.From.UnixNano() && l.First < q.w.To.UnixNano() &&
					(best == nil || l.Entries >= best.Entries) {
					best = l
				}
			}
		}
		if best != nil && best.Entries > 0 {
			out = append(out, snapshotFinding(name, best, q))
		}
	}
	return out
}

func snapshotFinding(router string, l *Listing, q *inquiry) Finding {
	at := time.Unix(0, l.First).UTC()
	f := Finding{ID: "snapshot-" + router, Kind: SnapshotKind, Router: router, Start: at,
		End: time.Unix(0, l.Last).UTC(), Score: 1, SpreadS: float64(l.Spread) / 1000, Lines: int(l.Entries),
		TableFull:  TableFull{Entries: int(l.Entries), Capacity: q.cfg.table(router)},
		Collateral: Collateral{States: l.States.Named()},
		Snapshot:   Snapshot{Moment: &at, Listed: l.View(q.name)},
		Evidence: Evidence{Events: uint64(l.Entries), Ask: Ask{From: at, To: time.Unix(0, l.Last+1).UTC(),
			Router: router, Kind: parse.Entry.String()}}}
	if top := &l.Hosts[0]; top.Host.IsValid() {
		f.Host, f.Name, f.Peers = top.Host.String(), f.Listed[0].Name, int(top.Peers)
		f.TableShare = float64(top.N) / float64(l.Entries)
		if l.Entries >= snapLeast && f.TableShare >= snapShare {
			f.Severity = Warning
		}
	}
	switch fill := float64(l.Entries) / float64(max(f.Capacity, 1)); {
	case f.Capacity == 0:
	case fill >= snapCritical:
		f.Severity = Critical
	case fill >= snapFull:
		f.Severity = Warning
	}
	return f
}

// rowsListed gives the number of entries: reports call a listing worse or better by it.
func rowsListed(f *Finding) float64 { return float64(f.Entries) }

// name gives the name of a host by its latest lease, or "".
func (q *inquiry) name(a netip.Addr) string {
	for _, d := range slices.Backward(q.days) {
		if h := d.Hosts[a]; h != nil && h.Name != "" {
			return h.Name
		}
	}
	return ""
}
