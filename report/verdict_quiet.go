package report

import (
	"uncloak/detect"
)

// Bounds beyond which a window without findings is not called quiet.
const (
	quietShare    = 0.5  // share of all sessions that one host may have opened
	quietSessions = 300  // sessions that one host may have opened, whatever its share
	quietFill     = 0.8  // share of a session table whose size is known
	quietLost     = 0.05 // share of the lines that may be lost
	quietUnparsed = 0.05 // share of the lines that may be not understood
	quietFailed   = 0.5  // share of the sessions that may fail, of those whose outcome is known
	quietJudged   = 20   // sessions whose outcome must be known to say that
	// share of the sessions that may belong to no host, or go to no known peer, for want of an address
	quietNamed = 0.05
)

// looked counts what could and what could not be examined in a window without new findings.
type looked struct {
	Language
	lines, sessions uint64
	hosts           int
	future          bool    // the window has not come yet
	limited         string  // router whose log of beginnings is cut off at a rate
	known           int     // findings that are there and acknowledged
	lost, unparsed  float64 // shares of the lines, 0..1
	untimed         uint64  // sessions whose beginning has no time
	named           uint64  // sessions with a name, or nothing, in the place of the inside address
	namedPeers      uint64  // … in the place of the outside address
	outside         uint64  // sessions neither side of which is an inside address
	endsOnly        uint64  // sessions of which the log tells only the end
	judged, failed  uint64  // sessions whose outcome the log tells, and those of them that were refused or not answered
	top             string  // host that opened most sessions
	topSessions     uint64
	topAsks         bool    // nearly all of these are lookups
	fullest         string  // router whose table was fullest, by the part of its known size
	fill            float64 // the part of the table that was in use, 0..; 0 = no table of known size
}

// look gathers the figures for a verdict on a window without findings.
func (m *Model) look(days []*detect.Day) looked {
	l := looked{Language: m.Language, lines: m.Totals.Lines, sessions: m.Totals.Sessions, hosts: m.Totals.Hosts,
		known: m.Silent,
		lost:  m.Totals.LostShare, future: !m.Now.IsZero() && m.From.After(m.Now)}
	if m.empty {
		l.lines = 0
	}
	if l.lines > 0 {
		l.unparsed = float64(m.Totals.Unparsed) / float64(l.lines)
	}
	for _, t := range m.Tables {
		if t.Limited != nil {
			l.limited = t.Router
		}
	}
	for _, d := range days {
		for _, r := range d.Routers {
			l.untimed += r.Untimed()
			l.named += r.Named()
			l.namedPeers += r.NamedPeers()
			l.outside += r.Outsiders()
			l.endsOnly += r.EndsOnly
		}
		for _, h := range d.Hosts {
			for _, t := range h.Targets {
				if t.Last >= m.From.UnixNano() && t.First < m.To.UnixNano() {
					l.judged += t.Done + t.Refused + t.Silent
					l.failed += t.Refused + t.Silent
				}
			}
		}
	}
	if len(m.Hosts) > 0 { // most sessions first
		h := &m.Hosts[0]
		l.top, l.topSessions, l.topAsks = m.short(h.Host, h.Name), h.Sessions, 5*h.Lookups >= 4*h.Sessions
	}
	for _, t := range m.Tables {
		if t.Capacity > 0 && float64(t.Peak)/float64(t.Capacity) > l.fill {
			l.fullest, l.fill = t.Router, float64(t.Peak)/float64(t.Capacity)
		}
	}
	return l
}

// verdict calls a window quiet only where all of it could be examined. Else it names each gap, the weightiest first,
// and says how to close the first.
func (l looked) verdict() Verdict {
	if l.lines == 0 && l.future {
		return Verdict{Text: l.Say("This window has not come yet: nothing can be said of it."),
			Do:      l.Say("Ask for a day that is over, or for today."),
			Unknown: []string{l.Say("the window has not come yet")}}
	}
	if l.lines == 0 {
		return Verdict{Text: l.Say("No line was received for this window: nothing can be said of it."),
			Do:      l.Say("Check that the router is sending (uncloak check)."),
			Unknown: []string{l.Say("no line was received")}}
	}
	gaps, do := l.gaps()
	switch {
	case len(gaps) > 0 && l.known > 0:
		return Verdict{Text: l.Say("Nothing was found that is not known already (%s), but %s.",
			count(l.Language, l.known, "known finding", "known findings"), l.list(gaps)), Do: do, Unknown: gaps}
	case len(gaps) > 0:
		return Verdict{Text: l.Say("Nothing was found in %s, but %s.", count(l.Language, l.lines, "line", "lines"),
			l.list(gaps)),
			Do: do, Unknown: gaps}
	case l.known > 0:
		return Verdict{Quiet: true, Text: l.Say("Nothing that is not known already (%s).",
			count(l.Language, l.known, "known finding", "known findings"))}
	}
	return Verdict{Quiet: true, Text: l.Say(
		"A quiet time: no bursts, no loads, no full session table, no kernel alarm, in %s of %s.",
		count(l.Language, l.sessions, "session", "sessions"), count(l.Language, l.hosts, "host", "hosts"))}
}

// gaps names the reasons why the window cannot be called quiet, and what to do about the first.
func (l looked) gaps() (gaps []string, do string) {
	gap := func(there bool, what, help string) {
		if there {
			gaps = append(gaps, what)
			if do == "" {
				do = help
			}
		}
	}
	all := l.sessions + l.outside
	gap(l.untimed > 0,
		l.Say("the time of %s is not known", count(l.Language, l.untimed, "session line", "session lines")),
		l.Say("Take the log with its times, or import it with --captured-at."))
	total := float64(all + l.named + l.namedPeers)
	gap(l.named > 0 && float64(l.named) >= quietNamed*total,
		l.Say("%s (%s) have names in place of inside addresses and belong to no host",
			count(l.Language, l.named, "session", "sessions"), percent(float64(l.named)/total)),
		l.Say("Have the device log addresses (on a Cisco ASA: no names)."))
	gap(l.namedPeers > 0 && float64(l.namedPeers) >= quietNamed*total,
		l.Say("%s (%s) have names in place of outside addresses and are not counted",
			count(l.Language, l.namedPeers, "session", "sessions"), percent(float64(l.namedPeers)/total)),
		l.Say("Have the device log addresses (on a Cisco ASA: no names)."))
	gap(l.outside > 0 && 2*l.outside >= all,
		l.Say("no side of %s is an inside address", count(l.Language, l.outside, "session", "sessions")),
		l.Say("Name the inside networks (lan: in the configuration, or --lan)."))
	gap(l.endsOnly > 0 && 2*l.endsOnly >= l.sessions,
		l.Say("only the ends of sessions are logged, not when they began, so that no bursts can be told"),
		l.Say("Have the router log new sessions, or how long each lasted (conntrack -E -o timestamp with "+
			"nf_conntrack_timestamp=1)."))
	gap(l.sessions == 0 && l.endsOnly == 0 && l.untimed == 0 && l.outside == 0 && l.named+l.namedPeers == 0,
		l.Say("none of them tells when a session began"),
		l.Say("Have the router log new sessions."))
	gap(l.limited != "",
		l.Say("the rule that logs new sessions on %s leaves out what comes too fast", Clean(l.limited)),
		l.Say("Take the limit out of the rule that logs."))
	gap(l.unparsed >= quietUnparsed,
		l.Say("%s of the lines are not understood", percent(l.unparsed)),
		l.Say("See which lines these are: uncloak query --kind unknown."))
	gap(l.lost >= quietLost,
		l.Say("%s of the lines were lost on the way in", percent(l.lost)),
		l.Say("See where they are lost: uncloak check."))
	most := l.topSessions > quietSessions && float64(l.topSessions) > quietShare*float64(l.sessions)
	part := percent(float64(l.topSessions) / float64(max(l.sessions, 1)))
	gap(most && !l.topAsks, l.Say("%s opened %s of all sessions", l.top, part),
		l.Say("See what %s does: uncloak query --kind session-new, with --host and its address.", l.top))
	gap(most && l.topAsks, l.Say("%s opened %s of all sessions, nearly all of them lookups of names", l.top, part),
		l.Say("If %s resolves names for the others, that is its work. Else see what it asks for: "+
			"uncloak query --kind session-new, with --host and its address.", l.top))
	gap(l.judged >= quietJudged && float64(l.failed) >= quietFailed*float64(l.judged),
		l.Say("%s of %s with a known end failed", percent(float64(l.failed)/
			float64(max(l.judged, 1))), count(l.Language, l.judged, "session", "sessions")),
		l.Say("See which: uncloak query --kind session-end, or --kind reset of a capture."))
	gap(l.fill >= quietFill,
		l.Say("the session table of %s was %s full", l.fullest, percent(l.fill)),
		l.Say("See who holds it: uncloak table --at peak."))
	return gaps, do
}
