package detect

import (
	"net/netip"
	"slices"
	"sort"
	"time"

	"uncloak/parse"
)

// This file computes how long a session holds its entry when its end is not logged.

// hold gives the time that the entry stays without a further line. hs is nil for a session of no internal host.
func (t *Tracker) hold(e *parse.Event, k Key, hs *hostState, rs *routerState) stay {
	to := rs.held
	if rs.tellsEnds(hs, e.State) {
		return sure(to.untilEnd(e.Proto, e.State, false))
	}
	d, talks := time.Duration(0), time.Duration(0) // talks: longer, if both sides go on
	refused := false
	switch e.Proto {
	case parse.TCP:
		if hs != nil && hs.knocks.failing(e.Time) {
			return stay{guessed: true}
		}
		d = to.typical(k)
		refused = hs != nil && hs == t.known(e.Src) && hs.hammered.note(e, e.Dst)
	case parse.UDP:
		if d = to.UDP; e.State == parse.Replied {
			d = to.UDPStream
		} else if e.DPort != 53 {
			talks = max(to.UDPStream-to.UDP, 0)
		}
	case parse.ICMP, parse.ICMPv6:
		d = to.ICMP
	default:
		d = to.Generic
	}
	scale := rs.router.Gauge.scale()
	s := sure(time.Duration(float64(d) * scale))
	s.guessed = true
	if s.most += time.Duration(float64(talks) * scale); refused {
		s.least = 0
	}
	return s
}

func (to *Timeouts) tcp(s parse.State) time.Duration {
	switch s {
	case parse.SynSent:
		return to.SynSent
	case parse.SynRecv:
		return to.SynRecv
	case parse.FinWait:
		return to.FinWait
	case parse.CloseWait:
		return to.CloseWait
	case parse.LastAck:
		return to.LastAck
	case parse.TimeWait:
		return to.TimeWait
	case parse.Close:
		return to.Close
	}
	return to.Established
}

// talks spreads the talk of TCP sessions around its mean: durations of flows are heavy-tailed (Paxson and Floyd,
// "Wide-area traffic: the failure of Poisson modeling", 1995). They are the mean values of the sixteen equally likely
// parts of a log-normal distribution with mean 1 and σ = 2.
var talks = [16]float64{0.003, 0.010, 0.018, 0.029, 0.043, 0.061, 0.085, 0.116, 0.159, 0.219, 0.304, 0.434, 0.646,
	1.038, 1.966, 10.870}

// typical gives the life of a TCP session of which only the beginning is logged: TIME_WAIT (or SYN_SENT, which lasts as
// long without an answer) after a talk; the mean of all is TypicalTCP. The talk of a session depends on its ports and
// addresses alone.
func (to *Timeouts) typical(k Key) time.Duration {
	talk := to.TypicalTCP - to.TimeWait
	if talk <= 0 {
		return to.TypicalTCP
	}
	h := (hashAddr(k.Dst) ^ uint64(k.SPort)<<16 ^ uint64(k.DPort)) * 0x9E3779B97F4A7C15
	return to.TimeWait + time.Duration(float64(talk)*talks[h>>60])
}

// knocks finds the door to which a host opens most of its TCP sessions, by a vote: a session to it counts one, a
// session to another door takes away four, so that the door that stays has four fifths of them.
type knocks struct {
	door        Door
	n           int
	since, last int64
	taken       bool // its earlier sessions have been taken out of the table
}

const (
	knockQuiet = 10 * time.Second // after which the vote begins anew
	knockLeast = 30 * time.Second // for how long a door must be knocked at before it is taken for closed
)

func (k *knocks) note(e *parse.Event) {
	if e.Proto != parse.TCP {
		return
	}
	door := Door{e.Dst, Port{e.Proto, e.DPort}}
	switch {
	case k.n <= 0 || e.Time-k.last > int64(knockQuiet):
		*k = knocks{door: door, n: 1, since: e.Time, last: e.Time}
	case door == k.door:
		k.n++
		k.last = e.Time
	default:
		k.n -= 4
	}
}

// unheard takes in that a host has repeated its SYN: it was not answered, and an entry waits for the answer.
func (k *knocks) unheard(of Key) {
	if k.door == (Door{of.Dst, Port{of.Proto, of.DPort}}) {
		*k = knocks{}
	}
}

// found is failing, and true but once for each door.
func (k *knocks) found(at int64) bool {
	if k.taken || k.n == 0 || !k.failing(at) {
		return false
	}
	k.taken = true
	return true
}

// failing reports whether the host knocks so often at one door, and at no other, that it is not let in (the rule of
// resetFindings): each session ends at once with RST, and its entry is in CLOSE.
func (k *knocks) failing(at int64) bool {
	d := time.Duration(at - k.since)
	return d >= knockLeast && float64(k.n) >= resetSure*d.Seconds()
}

// refuseAll takes the host's sessions to a door that turned out to be closed out of the table and out of the slots that
// they were counted in: each of them was over at once.
func (t *Tracker) refuseAll(d Door, host netip.Addr, now *parse.Event) {
	h := t.table.holding(now.Router)
	var born []int // slots
	for _, e := range t.table.list() {
		if e.in != h || e.own.host != host || !e.guessed || e.state != parse.NoState ||
			e.key.Src != host || d != (Door{e.key.Dst, Port{e.key.Proto, e.key.DPort}}) {
			continue
		}
		born = append(born, max(t.slotOf(e.born), 0))
		e.cut(e.born)
		t.table.remove(e)
		t.table.end(spot{e.key.plain(), e.hash}, e.born, true, true)
	}
	slices.Sort(born)
	h.unpeak(host, len(born))
	t.table.all.unpeak(host, len(born))
	r := t.router(now.Router).router
	for i := len(r.Occupancy) - 1; i >= 0 && len(born) > 0 && int(r.Occupancy[i].I) >= born[0]; i-- {
		l := &r.Occupancy[i]
		n := uint32(sort.SearchInts(born, int(l.I)+1))
		l.Total, l.More = l.Total-min(l.Total, n), l.More+min(l.Total, n)
		l.Less = min(l.Less, l.Total)
		if len(l.States) > 0 {
			l.States[parse.NoState] -= min(l.States[parse.NoState], n)
		}
		for k := range l.Holders {
			if x := &l.Holders[k]; x.Host == host {
				x.N -= min(x.N, uint64(n))
			}
		}
		slices.SortStableFunc(l.Holders, compareHolders)
	}
}

// unpeak takes n entries of the host out of the fullest moment of the running slot.
func (h *holding) unpeak(host netip.Addr, n int) {
	h.peak = max(h.peak-n, h.total)
	if c := h.hosts[host]; c != nil {
		h.most[c.at] = max(h.most[c.at]-int32(n), h.now[c.at])
	}
}
