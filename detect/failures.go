package detect

import (
	"time"

	"uncloak/parse"
)

// This file judges attempts to connect by the packets of a capture: a reset against a SYN refuses it, any other answer
// grants it.

// firstEphemeral is the lowest port that clients are given by default (Linux ip_local_port_range; RFC 6335 has 49152).
const firstEphemeral = 32768

// packet takes in one TCP packet that is no SYN. Rows of tables, which stand for many packets, have no flags and tell
// nothing of one attempt.
func (t *Tracker) packet(e *parse.Event, rs *routerState) {
	if e.Kind == parse.Reset {
		rs.router.Other[e.Kind.String()]++
	}
	if e.Proto != parse.TCP || e.Flags == 0 || !e.Src.IsValid() || !e.Dst.IsValid() || e.Spread > maxSpread {
		return
	}
	s := t.table.spot(Key{e.Dst, e.Src, e.DPort, e.SPort, e.Proto}) // as the side that opened it sees it
	if en := t.table.entries.find(s.hash, s.key); en != nil {
		t.answer(*en, s, e, rs)
		return
	}
	if en := t.table.entries.find(s.hash, s.key.back()); en != nil {
		if e.Flags&(parse.ACK|parse.SYN|parse.RST) == parse.ACK { // a client that goes on has been answered
			t.settle(*en, done)
		}
		return
	}
	if e.Kind == parse.Reset {
		t.resetAlone(e, s, rs)
	}
}

// answer takes in a packet of the side that was asked. A reset against a SYN leaves no entry (Linux 6.18: it is gone
// within 0.1 ms).
func (t *Tracker) answer(en *entry, s spot, e *parse.Event, rs *routerState) {
	if e.Flags&parse.RST == 0 {
		if e.Flags&(parse.SYN|parse.ACK) == parse.SYN|parse.ACK {
			rs.answers = min(rs.answers+1, answersSeen)
		}
		t.settle(en, done)
		return
	}
	if en.judged || en.state != parse.NoState && en.state != parse.SynSent {
		return
	}
	t.settle(en, refused)
	en.cut(e.Time)
	t.table.remove(en)
	t.table.end(s, e.Time, true, true)
}

// answersSeen: so many SYN+ACKs in a router's captures show that answers are captured at all.
const answersSeen = 8

// lapsed judges an entry that timed out: a SYN that came again and again was not answered, and neither was one that
// was captured where answers are.
func (t *Tracker) lapsed(e *entry) {
	if e.key.Proto != parse.TCP || e.judged || e.born == 0 {
		return
	}
	if e.again >= synRepeats || e.packet && t.router(e.in.router).answers >= answersSeen {
		t.settle(e, silent)
	}
}

// settle notes the outcome of the entry's session, once.
func (t *Tracker) settle(en *entry, o outcome) {
	if en.judged {
		return
	}
	en.judged = true
	if hs := t.known(en.key.Src); hs != nil {
		hs.out.judge(Door{en.key.Dst, Port{en.key.Proto, en.key.DPort}}, o)
	}
}

// resetAlone counts an attempt of which only its refusal is logged. A reset that answers a SYN has the flag ACK (RFC
// 9293, 3.10.7.1) and comes from the port of a service. Hosts of which attempts are logged are left alone: there such a
// reset ends a session whose beginning was lost.
func (t *Tracker) resetAlone(e *parse.Event, s spot, rs *routerState) {
	if e.Flags&parse.ACK == 0 || e.DPort < 1024 || e.SPort >= firstEphemeral && e.DPort < firstEphemeral {
		return
	}
	asked := *e
	asked.Kind, asked.Src, asked.SPort, asked.Dst, asked.DPort = parse.SessionNew, e.Dst, e.DPort, e.Src, e.SPort
	host, peer, ok := t.sides(&asked)
	if !ok || host != asked.Src {
		return
	}
	if x := t.table.lately(s); x != nil && e.Time-x.at <= int64(endTwin) { // another interface's copy
		return
	}
	hs := t.host(host)
	if hs.creates > 0 {
		return
	}
	rs.router.Sessions++
	t.count(hs, &asked, host, peer)
	hs.out.judge(Door{peer, Port{e.Proto, e.SPort}}, refused)
	t.table.end(s, e.Time, true, true)
}

// servedShare is the share of a host's sessions that go to one service, and of those that were answered, from which on
// it is a client that is served.
const servedShare = 0.8

// served reports whether nearly all that the host opens goes to one service, and nearly all of that is answered. How
// they end must be known of them: in a capture it is.
func (q *inquiry) served(a *activity) bool {
	var all, done float64
	most := map[Door]float64{}
	for _, d := range q.days {
		if h := d.Hosts[a.host]; h != nil && q.w.touches(d) {
			all += float64(h.Sessions.Total())
			for door, t := range h.Targets {
				most[door] += float64(t.N)
			}
		}
	}
	var door Door
	for x, n := range most {
		if n >= servedShare*all {
			door = x // there is one at most
		}
	}
	for _, d := range q.days {
		if h := d.Hosts[a.host]; h != nil && h.Targets[door] != nil && q.w.touches(d) {
			done += float64(h.Targets[door].Done)
		}
	}
	return most[door] > 0 && done >= servedShare*most[door]
}

// throughout reports whether the spells go from the beginning of the log to its end, so that nothing says whether the
// host ever does anything else.
func (q *inquiry) throughout(from, to time.Time) bool {
	return from.Sub(q.w.From) < loadGap*time.Minute && q.w.To.Sub(to) < loadGap*time.Minute
}
