package report

import (
	"strings"

	"uncloak/detect"
)

// size words the size of a burst: "2,140 sessions to 2,031 different hosts within 4 s", as far as it is known.
func (l Language) size(f *detect.Finding) string {
	s := l.Say("many sessions")
	if f.Sessions > 0 {
		s = count(l, f.Sessions, "session", "sessions")
	}
	peers := count(l, f.Peers, "host", "different hosts")
	switch {
	case f.Peers > 0 && f.LengthS > 0:
		return l.Say("%s to %s within %s", s, peers, l.seconds(f.LengthS))
	case f.Peers > 0:
		return s + l.Say(" to %s", peers)
	case f.LengthS > 0:
		return l.Say("%s within %s", s, l.seconds(f.LengthS))
	}
	return s
}

func (l Language) sessionsEach(f *detect.Finding) string {
	if f.Sessions == 0 {
		return l.Say("a burst of sessions")
	}
	return count(l, f.Sessions, "session", "sessions")
}

func (l Language) mostUsed(f *detect.Finding) string {
	if len(f.Ports) == 0 {
		return ""
	}
	var out []string
	for _, p := range f.Ports[:min(4, len(f.Ports))] {
		out = append(out, label(p))
	}
	return l.Say("Ports used most: %s.", l.list(out))
}

// usedFor words the ports and the application that they suggest, without the ports where they are a reason for that
// guess.
func (l Language) usedFor(f *detect.Finding) string {
	g := l.guess(f)
	if len(f.Ports) > 0 && strings.Contains(g, label(f.Ports[0])) {
		return g
	}
	return l.sentences(l.mostUsed(f), g)
}

// guess words the application that the traffic suggests, as a guess with its reasons.
func (l Language) guess(f *detect.Finding) string {
	a := f.Application
	if a == nil || a.Guess == "" {
		return ""
	}
	s := l.Say("It looks like %s (a guess, %s)", l.Say(label(a.Guess)), percent(a.Confidence))
	if len(a.Reasons) > 0 {
		s = l.Say("%s: %s", s, l.list(a.Reasons))
	}
	return l.Say("%s.", s)
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
	name := w.short(f.Host, f.Name)
	n := max(f.Seen, len(f.Bursts), 1)
	if f.Class == detect.EndsTogether {
		f.Title = w.Say("%s of %s ended within a few minutes, %s", w.sessionsEach(f), name, w.times(n))
		f.Detail = w.sentences(
			w.Say("%s of %s ended within %s, %s, %s.", w.sessionsEach(f), w.who(f.Host, f.Name), w.seconds(f.LengthS),
				w.times(n), w.clock.span(f.Start, f.End)),
			w.Say("The log tells only the ends of sessions, and a kernel reports those of sessions that timed out in "+
				"batches: when they began, and how fast, is not known."),
			w.usedFor(f), w.sure(f.Score))
		return append([]tip{{"beginnings", w.Say("Have the router log new sessions, or how long each lasted " +
			"(conntrack: sysctl net.netfilter.nf_conntrack_timestamp=1).")}},
			w.stop(f, w.Say("at that time"))...)
	}
	f.Title = w.Say("%s %sopened %s at once, %s", name, w.surely(f.Score), w.sessionsEach(f), w.times(n))
	f.Detail = w.sentences(
		w.Say("%s opened about %s, %s, %s.", w.who(f.Host, f.Name), w.size(f), w.times(n),
			w.clock.span(f.Start, f.End)),
		w.fewBursts(n), w.usedFor(f), w.sure(f.Score))
	return append(w.stop(f, w.Say("at that time")), w.limits(f)...)
}

// fewBursts says why no rhythm is named: fewer than four bursts show none beyond chance.
func (l Language) fewBursts(n int) string {
	if n > 1 && n < 4 {
		return l.Say("That is too few to tell a rhythm.")
	}
	return ""
}
