package detect

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// ResetKind is the kind of a host that connects over and over without success.
const ResetKind = "reset"

// The classes of ResetKind.
const (
	Dead    = "dead service" // the service answers with RST
	Blocked = "blocked"      // it does not answer
)

const (
	// sessions a second to one door, over the time it is gone to, that are worth a word
	resetRate     = 0.5
	resetLeast    = 10 * time.Minute // for how long
	resetBrief    = 30 * time.Second // … or half of a log that is shorter than twice that, but no less than this
	resetFailed   = 0.5              // share of the judged sessions that must fail
	resetJudged   = 20               // sessions whose outcome must be known to judge by it
	resetSure     = 2.0              // a second: without outcomes in the log only such a rate is worth a word
	resetEven     = 1.5              // … or this one, at even intervals, as of a program that tries again and again
	resetSpread   = 0.4              // variance over mean of a slot's sessions, up to which they are even; 1 = random
	resetDoors    = 0.8              // … and only when that door has this share of all the host's sessions at the time
	resetPerHost  = 3                // findings of one host
	activeSpanLen = 10 * time.Minute // resolution of Target.Active
)

// approachOf holds a host's sessions to one door over several days.
type approachOf struct {
	door   Door
	total  Target
	active int // ten-minute spans with a session
}

// resetFindings reports hosts that connect to a service over and over without success: a monitor that still asks a dead
// service, a client that a firewall ignores (incident 4 in docs/incidents.md).
func resetFindings(q *inquiry) []Finding {
	return q.ofHosts(func(a *activity) []Finding { return resetsOf(q, a) })
}

func resetsOf(q *inquiry, a *activity) []Finding {
	var out []Finding
	least := min(max(logged(q.days)/2, resetBrief), resetLeast)
	for _, x := range approaches(q.days, q.w, a.host, uint64(resetRate*least.Seconds())) {
		if f, ok := resetFinding(a, x, least); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.RateS, a.RateS),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return out[:min(len(out), resetPerHost)]
}

// logged is the time from the first to the last event of the days. Of a capture of two minutes nobody can ask that it
// shows ten.
func logged(days []*Day) time.Duration {
	var first, last int64
	for _, d := range days {
		if d.First != 0 && (first == 0 || d.First < first) {
			first = d.First
		}
		last = max(last, d.Last)
	}
	return time.Duration(last - first)
}

// approaches lists the host's doors with at least so many sessions. Most hosts have thousands of doors with a few:
// doors that have their part on none of the days are skipped before anything is added up.
func approaches(days []*Day, w Window, host netip.Addr, least uint64) []approachOf {
	sum := map[Door]*approachOf{}
	for _, d := range days {
		if h := d.Hosts[host]; h != nil {
			for door, t := range h.Targets {
				if t.N*uint64(len(days)) >= least {
					sum[door] = nil
				}
			}
		}
	}
	if len(sum) == 0 {
		return nil
	}
	for _, d := range days {
		h := d.Hosts[host]
		if h == nil || !w.touches(d) {
			continue
		}
		for door, t := range h.Targets {
			if door.Port.Proto != parse.TCP {
				continue
			}
			x, may := sum[door]
			if !may {
				continue
			}
			if x == nil {
				x = &approachOf{door: door}
				sum[door] = x
			}
			x.total.merge(t)
			for _, b := range t.Active {
				x.active += bits.OnesCount64(b)
			}
		}
	}
	out := make([]approachOf, 0, len(sum))
	for _, x := range sum {
		if x != nil {
			out = append(out, *x)
		}
	}
	return out
}

// resetFinding judges what a host opened at one door. What is known to fail must have done so for as long as least,
// what nobody knows the end of for resetLeast.
func resetFinding(a *activity, x approachOf, least time.Duration) (Finding, bool) {
	t := &x.total
	length := time.Duration(min(t.Last-t.First, int64(x.active)*int64(activeSpanLen)))
	judged := t.Done + t.Refused + t.Silent
	if length < least || length < resetLeast && judged < resetJudged {
		return Finding{}, false
	}
	rate := float64(t.N-1) / length.Seconds()
	failed := t.Refused + t.Silent
	f := Finding{
		ID: fmt.Sprintf("reset-%v-%v", a.host, netip.AddrPortFrom(x.door.Peer, x.door.Port.Port)), Kind: ResetKind,
		Host: a.host.String(), Name: a.name, Peer: netip.AddrPortFrom(x.door.Peer, x.door.Port.Port).String(),
		Port:  int(x.door.Port.Port),
		Start: time.Unix(0, t.First).UTC(), End: time.Unix(0, t.Last).UTC(), RateS: rate, Failed: int(failed),
		Evidence: Evidence{Events: t.N, Ask: Ask{From: time.Unix(0, t.First).UTC(), To: time.Unix(0, t.Last+1).UTC(),
			Host: a.host, Port: x.door.Port.Port}},
	}
	switch {
	case judged >= resetJudged:
		share := float64(failed) / float64(judged)
		if share < resetFailed || rate*share < resetRate {
			return f, false
		}
		f.RateS = rate * share
		f.Score = 0.5 + 0.5*share
		f.Class = Dead
		if t.Silent > t.Refused {
			f.Class = Blocked
		}
	case t.Done == 0 && !a.heaped && (rate >= resetSure || rate >= resetEven && a.sessions.even(t.First, t.Last)) &&
		float64(t.N) >= resetDoors*float64(a.sessions.between(t.First, t.Last)):
		// The log does not tell how these sessions ended, and the words say so. A host that opens several a second to
		// one port, hour after hour, and hardly any others, often does not get what it wants.
		f.Score = 1 - math.Exp(-rate/resetSure)
	default:
		return f, false
	}
	return f, true
}
