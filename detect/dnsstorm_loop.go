package detect

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// Loop is the class of a DNSStorm in which a name server passes a host's questions on to that host itself, which asks
// them again.
const Loop = "loop"

const (
	maxLoops  = 8               // names that are kept for a host and day
	loopSoon  = 5 * time.Second // between a question and its being passed on
	loopLeast = 20              // questions that came back, from which on it is a loop
	loopOwn   = 0.5             // share of a storm's lookups that went round, from which on the loop is all of it
)

// Round counts the questions for one name that were passed on to the host that had asked.
type Round struct {
	N           uint64
	First, Last int64 // ns
}

func (r *Round) merge(o *Round) {
	if r.N == 0 {
		r.First = o.First
	}
	r.N, r.First, r.Last = r.N+o.N, min(r.First, o.First), max(r.Last, o.Last)
}

// forwarded takes in that a name server asks another one. Where that is the host that has just asked for the same name,
// the question goes round.
func (t *Tracker) forwarded(e *parse.Event) {
	hs := t.known(e.Dst)
	if hs == nil || hs.lastAsked != e.Detail || e.Time-hs.askedAt > int64(loopSoon) {
		return
	}
	h, name := hs.host, e.Detail.String()
	if h.Loops == nil {
		h.Loops = map[string]Round{}
	}
	r, ok := h.Loops[name]
	if !ok && !t.more("loops", len(h.Loops), maxLoops) {
		return
	}
	if r.N == 0 {
		r.First = e.Time
	}
	r.N, r.Last = r.N+1, max(r.Last, e.Time)
	h.Loops[name] = r
}

// loopFindings reports the hosts whose questions come back to them.
func loopFindings(q *inquiry) []Finding {
	found := map[netip.Addr]map[string]Round{}
	for _, d := range q.days {
		for a, h := range d.Hosts {
			for name, r := range h.Loops {
				if r.Last < q.w.From.UnixNano() || r.First >= q.w.To.UnixNano() {
					continue
				}
				if found[a] == nil {
					found[a] = map[string]Round{}
				}
				sum := found[a][name]
				sum.merge(&r)
				found[a][name] = sum
			}
		}
	}
	var out []Finding
	for _, a := range slices.SortedFunc(maps.Keys(found), netip.Addr.Compare) {
		if f, ok := loopFinding(a, found[a]); ok {
			f.Name = q.name(a)
			out = append(out, f)
		}
	}
	return out
}

func loopFinding(host netip.Addr, names map[string]Round) (f Finding, ok bool) {
	var all Round
	for _, r := range names {
		all.merge(&r)
	}
	if all.N < loopLeast {
		return f, false
	}
	for name, r := range names {
		f.Names = append(f.Names, Count{name, r.N})
	}
	slices.SortFunc(f.Names, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What)) })
	f.Names = f.Names[:min(len(f.Names), namesShown)]
	f.ID, f.Kind, f.Class, f.Host, f.Score = fmt.Sprintf("dns-loop-%v", host), DNSStorm, Loop, host.String(), 1
	f.Start, f.End, f.Lookups = time.Unix(0, all.First).UTC(), time.Unix(0, all.Last).UTC(), int(all.N)
	if s := f.End.Sub(f.Start).Seconds(); s >= 1 {
		f.RateS = float64(all.N) / s
	}
	f.Evidence = Evidence{Events: all.N, Ask: Ask{From: f.Start, To: f.End.Add(1), Host: host,
		Kind: parse.DNSForward.String()}}
	return f, true
}

// withoutLoops leaves out the storms of lookups that a loop explains.
func withoutLoops(storms, loops []Finding) []Finding {
	return slices.DeleteFunc(storms, func(f Finding) bool {
		return slices.ContainsFunc(loops, func(l Finding) bool {
			return l.Host == f.Host && float64(l.Lookups) >= loopOwn*float64(f.Lookups) &&
				!l.End.Before(f.Start) && !f.End.Before(l.Start)
		})
	})
}
