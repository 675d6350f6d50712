package detect

import (
	"time"

	"uncloak/parse"
)

// This file follows what the lines of a router's own table tell: which timeouts it has, whether it tells the end of
// each session, and whether a beginning is another session with the same ports. docs/session-table.md says what the
// kernels do.

const (
	// lateEnd bounds the time by which an end may come after its entry has timed out. Linux collects expired entries up
	// to a minute later, before 5.19 up to three (net/netfilter/nf_conntrack_core.c, gc_worker).
	lateEnd = 3 * time.Minute
	// endAgain is the time between two looks at an entry whose end should have come, where hardly any end is lost.
	endAgain = 10 * time.Minute
	// endLoss is the share of ends that do not come from which on an entry goes without one.
	endLoss = 0.01
	endFew  = 2 // … and so many more
	// synSeries is the time within which a SYN that is not answered must have been repeated (1 and 3 s after it).
	synSeries = 5 * time.Second
	// streamTime is for how long a UDP session must talk until Linux takes it for a stream
	// (net/netfilter/nf_conntrack_proto_udp.c, since 5.0).
	streamTime = 2 * time.Second
	// unacked bounds the time that an established TCP session stays while data waits for its acknowledgement or the
	// window is closed (nf_conntrack_tcp_timeout_unacknowledged and …_max_retrans).
	unacked = 5 * time.Minute
)

// briefLeast is the number of a host's sessions other than TCP from which on the lack of their ends says that none of
// its ends is logged.
const briefLeast = 20

// tellsEnds reports whether the router tells the end of each session of the host. Lines of the table itself (they name
// a state) tell of all hosts or of none; so does what is known of a session that belongs to no host.
func (rs *routerState) tellsEnds(hs *hostState, s parse.State) bool {
	if hs != nil && hs.ends*20 > hs.creates {
		return true
	}
	if hs != nil && s == parse.NoState {
		// long sessions end late: a log that has the ends of most sessions has theirs, unless short ones lack them
		return rs.router.Ends*2 > rs.router.Sessions && (hs.brief < briefLeast || hs.briefEnds*20 > hs.brief)
	}
	if s != parse.NoState && rs.updates { // a log of each change has ends, too, though the first may come minutes late
		return !rs.noEnds
	}
	return rs.router.Ends*20 > rs.router.Sessions
}

// inOrder reports whether the lines about the router's sessions come in their order, as they do from one logger. Of two
// loggers one may lag behind; then many a beginning is told of twice.
func (rs *routerState) inOrder() bool { return rs.copies*8 <= rs.router.Sessions }

// anew reports whether the beginning is another session than the one with the same ports that is in the table: a table
// tells of each entry once, and a client that is not answered begins to repeat its SYN after a second.
func (rs *routerState) anew(have *entry, e *parse.Event) bool {
	d := time.Duration(e.Time - have.born)
	switch {
	case have.wait > 0: // its time was over
		return true
	case have.born == 0 || d <= endTwin:
		return false
	case e.State != parse.NoState && have.state != parse.NoState:
		return true
	}
	return e.Proto == parse.TCP && e.State == parse.NoState && have.state == parse.NoState && have.again == 0 &&
		d > synSeries && rs.inOrder()
}

// learn takes over a timeout that a line of the table tells.
func (rs *routerState) learn(e *parse.Event, en *entry) {
	d, ok := e.Timeout()
	if !ok {
		return
	}
	var c class
	switch e.Proto {
	case parse.TCP:
		if c, ok = tcpClass(e.State); !ok || c == classEstablished && d <= unacked {
			return
		}
	case parse.UDP:
		if c = classUDP; en != nil && (en.stream || en.state == parse.Replied) {
			if c = classUDPStream; d <= rs.held.UDP { // it has not talked for long enough
				return
			}
		}
	case parse.ICMP, parse.ICMPv6:
		c = classICMP
	default:
		return
	}
	was := rs.held.of(c)
	if d == was || d+time.Second == was { // it is cut to whole seconds
		return
	}
	if !rs.learned {
		own := *rs.held
		if rs.held, rs.learned = &own, true; c == classTimeWait || c == classSynSent {
			own.TypicalTCP = max(own.TypicalTCP+d-was, d)
		}
	}
	*rs.held.at(c) = d
}

// updated takes in what a line tells of an entry that is in the table, and gives the time that it stays from now on.
func (t *Tracker) updated(e *parse.Event, en *entry, rs *routerState) time.Duration {
	d, told := e.Timeout()
	if e.Proto == parse.UDP && e.State == parse.Replied && !en.stream {
		en.stream = told && d > rs.held.UDP ||
			!told && (en.state == parse.Replied || e.Time-en.born > int64(streamTime))
	}
	if rs.tellsEnds(t.known(en.own.host), e.State) {
		return rs.held.untilEnd(e.Proto, e.State, en.stream)
	}
	if told && (e.Proto != parse.TCP || e.State != parse.Established || d > unacked) {
		return d
	}
	return rs.held.keeps(e.Proto, e.State, en.stream)
}

// keeps gives the timeout of an entry in the state.
func (to *Timeouts) keeps(proto uint8, s parse.State, stream bool) time.Duration {
	switch proto {
	case parse.TCP:
		return to.tcp(s)
	case parse.UDP:
		if stream {
			return to.UDPStream
		}
		return to.UDP
	case parse.ICMP, parse.ICMPv6:
		return to.ICMP
	}
	return to.Generic
}

// untilEnd gives the time from the last line of an entry within which its end must come, where ends are told. Packets
// that prolong it are not seen.
func (to *Timeouts) untilEnd(proto uint8, s parse.State, stream bool) time.Duration {
	d := to.keeps(proto, s, stream)
	switch {
	case proto == parse.TCP && (s == parse.NoState || s == parse.Established):
		return d
	case proto == parse.UDP && (stream || s != parse.Replied):
		return max(d+lateEnd, to.Generic)
	case proto == parse.UDP:
		d += streamTime
	}
	return d + lateEnd
}

// collectEvery gives how often, in s, Linux looks for expired entries in a table with so many whose timeout is that: as
// long as its entries have left on the mean, with a hundred of a minute besides; between a second and a minute
// (gc_worker, since 5.19).
func collectEvery(entries int, timeout time.Duration) float64 {
	left := min(timeout, unacked).Seconds() / 2
	return min(max((100*60+2*float64(entries)*left)/(100+2*float64(entries)), 1), 60)
}

// mayTalk reports whether packets may prolong the entry without a line that tells of it.
func (e *entry) mayTalk() bool {
	switch e.state {
	case parse.Established, parse.Unreplied:
		return true
	case parse.Replied:
		return e.stream || e.key.Proto != parse.UDP
	}
	return false
}

// stays reports whether an entry stays whose time has come, and sets until when. Where the router tells of ends, and
// hardly one fails to come, nothing but its end takes an entry away; where ends are lost, those that had to come do.
func (t *Tracker) stays(e *entry, at int64) bool {
	rs := t.router(e.in.router)
	if rs.firstDue == 0 {
		rs.firstDue = at
	}
	rs.noEnds = at-rs.firstDue > int64(lateEnd) && rs.router.Ends*20 <= rs.router.Sessions
	if !rs.tellsEnds(t.known(e.own.host), e.state) {
		return false
	}
	e.known()
	// the first end of the log may have come after the last line about this entry
	if until := e.heard + int64(rs.held.untilEnd(e.key.Proto, e.state, e.stream)); until > at {
		e.expires = until
		return true
	}
	if !e.overdue && rs.router.Ends > 0 && !e.mayTalk() {
		e.overdue = true
		rs.overdue++
	}
	if float64(rs.overdue) > endFew+endLoss*float64(rs.matched) {
		return false
	}
	e.expires = at + int64(endAgain)
	return true
}
