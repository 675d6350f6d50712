package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// NewHost is the kind of a host that was never there before.
const NewHost = "new-host"

const (
	newHistory  = 3  // days of log in which a host must not have been, to be new
	newSessions = 10 // sessions that it must open: a line that is cut in the middle of an address makes one
	newAtOnce   = 5  // new hosts of a day from which on they share one finding
	newShown    = 12 // of them that are named
)

// Arrival holds hosts that appeared; where many came at once, they share one finding.
type Arrival struct {
	Hosts      []Share `json:"hosts,omitempty"`       // the first few; their shares are of the new hosts' sessions
	DaysBefore int     `json:"days_before,omitempty"` // days of log before it, in which it did not appear
}

// newHostFindings reports internal addresses that open sessions and were in none of the days before.
func newHostFindings(q *inquiry) []Finding {
	days, w := q.all, q.w
	if len(days) <= newHistory {
		return nil
	}
	var out []Finding
	known := debutsOf(days)
	for k, d := range days {
		if k < newHistory || k > known.full || !w.touches(d) {
			continue
		}
		var fresh []Finding
		for _, a := range q.hosts {
			if f, ok := newHost(days, k, a, &known); ok && w.has(f.Start.UnixNano()) {
				fresh = append(fresh, f)
			}
		}
		if len(fresh) < newAtOnce {
			out = append(out, fresh...)
			continue
		}
		out = append(out, newHosts(fresh))
	}
	return out
}

// debuts are the days, by number, on which something was there first.
type debuts struct {
	hosts map[netip.Addr]int
	names map[string]int
	full  int // the first day that had more hosts than are kept: after it no host can be called new
}

func debutsOf(days []*Day) debuts {
	x := debuts{map[netip.Addr]int{}, map[string]int{}, len(days)}
	for k, d := range days {
		if d.Dropped["hosts"] > 0 {
			x.full = min(x.full, k)
		}
		for a, h := range d.Hosts {
			if _, ok := x.hosts[a]; !ok {
				x.hosts[a] = k
			}
			if _, ok := x.names[h.Name]; !ok && h.Name != "" {
				x.names[h.Name] = k
			}
		}
	}
	return x
}

// newHost reports whether the host's first day is the k-th. An address of a machine whose name was here before is not a
// new machine, and IPv6 addresses change by the day (RFC 8981), so that one without a name tells nothing.
func newHost(days []*Day, k int, a *activity, known *debuts) (Finding, bool) {
	h := days[k].Hosts[a.host]
	if h == nil || h.Sessions.Total() < newSessions || a.host.IsLinkLocalUnicast() || a.host.IsMulticast() ||
		!a.host.Unmap().Is4() && h.Name == "" {
		return Finding{}, false
	}
	if known.hosts[a.host] < k || h.Name != "" && known.names[h.Name] < k {
		return Finding{}, false
	}
	start := days[k].Date.Start().Add(time.Duration(h.Sessions.Slots[0].I) * SlotLen)
	last := h.Sessions.Slots[len(h.Sessions.Slots)-1]
	f := Finding{
		ID: fmt.Sprintf("new-host-%v", a.host), Kind: NewHost, Host: a.host.String(), Name: h.Name, Start: start,
		End: days[k].Date.Start().Add(time.Duration(last.I)*SlotLen + SlotLen), Arrival: Arrival{DaysBefore: k},
		Sessions: int(h.Sessions.Total()), Peers: int(h.Peers),
		Score: 1 - 1/float64(k+1), Ports: topPorts(days[k:k+1], a.host, 3),
	}
	f.Evidence = Evidence{Events: uint64(f.Sessions), Ask: Ask{From: f.Start, To: f.End, Host: a.host,
		Kind: "session-new"}}
	return f, true
}

// newHosts is one finding of many: a party, or a network that was renumbered. Its id has the first of them, who is new
// but once.
func newHosts(fresh []Finding) Finding {
	slices.SortFunc(fresh, func(a, b Finding) int {
		return cmp.Or(a.Start.Compare(b.Start), netip.MustParseAddr(a.Host).Compare(netip.MustParseAddr(b.Host)))
	})
	f := Finding{ID: "new-hosts-" + fresh[0].Host, Kind: NewHost, Start: fresh[0].Start,
		Arrival: Arrival{DaysBefore: fresh[0].DaysBefore}, Score: fresh[0].Score, Seen: len(fresh)}
	for _, x := range fresh {
		f.Sessions += x.Sessions
		f.Evidence.Events += x.Evidence.Events
		if x.End.After(f.End) {
			f.End = x.End
		}
	}
	for _, x := range fresh[:min(len(fresh), newShown)] {
		f.Hosts = append(f.Hosts, Share{Host: x.Host, Name: x.Name, Share: float64(x.Sessions) / float64(f.Sessions)})
	}
	f.Evidence.Ask = Ask{From: f.Start, To: f.End, Kind: "session-new"}
	return f
}
