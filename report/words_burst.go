package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// size words the size of a burst: "2,140 sessions to 2,031 different hosts within 4 s", as far as it is known.
func size(f *detect.Finding) string {
	s := "many sessions"
	if f.Sessions > 0 {
		s = count(f.Sessions, "session", "sessions")
	}
	if f.Peers > 0 {
		s += " to " + count(f.Peers, "host", "different hosts")
	}
	if f.LengthS > 0 {
		s += " within " + seconds(f.LengthS)
	}
	return s
}

func sessionsEach(f *detect.Finding) string {
	if f.Sessions == 0 {
		return "a burst of sessions"
	}
	return count(f.Sessions, "session", "sessions")
}

func mostUsed(f *detect.Finding) string {
	if len(f.Ports) == 0 {
		return ""
	}
	var out []string
	for _, p := range f.Ports[:min(4, len(f.Ports))] {
		out = append(out, label(p))
	}
	return "Ports used most: " + list(out) + "."
}

// usedFor words the ports and the application that they suggest, without the ports where they are a reason for that
// guess.
func usedFor(f *detect.Finding) string {
	g := guess(f)
	if len(f.Ports) > 0 && strings.Contains(g, label(f.Ports[0])) {
		return g
	}
	return sentences(mostUsed(f), g)
}

// guess words the application that the traffic suggests, as a guess with its reasons.
func guess(f *detect.Finding) string {
	a := f.Application
	if a == nil || a.Guess == "" {
		return ""
	}
	s := fmt.Sprintf("It looks like %s (a guess, %s)", label(a.Guess), percent(a.Confidence))
	if len(a.Reasons) > 0 {
		s += ": " + list(a.Reasons)
	}
	return s + "."
}

// torrentLike says whether a guess is a program that opens very many sessions by design.
func torrentLike(f *detect.Finding) bool {
	if f.Application == nil {
		return false
	}
	switch f.Application.Guess {
	case detect.AppBitTorrent, detect.AppPeerToPeer, detect.AppDHT:
		return true
	}
	return false
}

func (w words) burst(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	n := max(f.Seen, len(f.Bursts), 1)
	if f.Class == detect.EndsTogether {
		f.Title = fmt.Sprintf("%s of %s ended within a few minutes, %s", sessionsEach(f), name, times(n))
		f.Detail = sentences(
			fmt.Sprintf("%s of %s ended within %s, %s, %s.", sessionsEach(f), who(f.Host, f.Name), seconds(f.LengthS),
				times(n), w.clock.span(f.Start, f.End)),
			"The log tells only the ends of sessions, and a kernel reports those of sessions that timed out in "+
				"batches: when they began, and how fast, is not known.",
			usedFor(f), sure(f.Score))
		return append([]tip{{"beginnings", "Have the router log new sessions, or how long each lasted (conntrack: " +
			"sysctl net.netfilter.nf_conntrack_timestamp=1)."}},
			w.stop(f, "at that time")...)
	}
	f.Title = fmt.Sprintf("%s %sopened %s at once, %s", name, surely(f.Score), sessionsEach(f), times(n))
	f.Detail = sentences(
		fmt.Sprintf("%s opened about %s, %s, %s.", who(f.Host, f.Name), size(f), times(n),
			w.clock.span(f.Start, f.End)),
		fewBursts(n), usedFor(f), sure(f.Score))
	return append(w.stop(f, "at that time"), w.limits(f)...)
}

// fewBursts says why no rhythm is named: fewer than four bursts show none beyond chance.
func fewBursts(n int) string {
	if n > 1 && n < 4 {
		return "That is too few to tell a rhythm."
	}
	return ""
}
