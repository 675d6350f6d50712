package detect

import "uncloak/parse"

// packet takes in one packet of a capture or of tcpdump: a reset, an answer.
func (t *Tracker) packet(e *parse.Event, rs *routerState) {
	if e.Kind == parse.Reset {
		rs.router.Other[e.Kind.String()]++
	}
}
