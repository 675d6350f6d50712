package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// size is "2,140 sessions to 2,031 different hosts within 4 s", as far as the finding knows.
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

func (w words) periodic(f *detect.Finding) []tip {
	name, when := short(f.Host, f.Name), rhythm(f)
	f.Title = fmt.Sprintf("%s %sopens %s %s", name, surely(f.Score), sessionsEach(f), when)
	first := fmt.Sprintf("%s opens about %s, %s%s.", who(f.Host, f.Name), size(f), when, w.beat(f))
	if len(f.Minutes) == 0 {
		first += " The rhythm is its own: it does not follow the clock on the wall."
	}
	f.Detail = sentences(first, w.seen(f), usedFor(f), w.next(f), sure(f.Score))
	return append(w.stop(f, when), w.limits(f)...)
}

func sessionsEach(f *detect.Finding) string {
	if f.Sessions == 0 {
		return "a burst of sessions"
	}
	return count(f.Sessions, "session", "sessions")
}

// beat is " (period 30 min, jitter 2 s)", without what the rhythm has said already.
func (w words) beat(f *detect.Finding) string {
	var p []string
	if len(f.Minutes) > 0 && f.PeriodS > 0 {
		p = append(p, "period "+seconds(f.PeriodS))
	}
	if f.JitterS > 0 {
		p = append(p, "jitter "+seconds(f.JitterS))
	}
	if len(p) == 0 {
		return ""
	}
	return " (" + strings.Join(p, ", ") + ")"
}

// seen is "47 of 48 expected bursts were seen, from … to …; p < 1e-40".
func (w words) seen(f *detect.Finding) string {
	if f.Seen == 0 {
		return ""
	}
	s := fmt.Sprintf("%d bursts were seen", f.Seen)
	if f.Missed > 0 {
		s = fmt.Sprintf("%d of %d expected bursts were seen", f.Seen, f.Seen+f.Missed)
	} else if f.Seen > 1 {
		s = fmt.Sprintf("All %d expected bursts were seen", f.Seen)
	}
	s += ", " + w.clock.span(f.Start, f.End)
	if p := pValue(f.PValue); p != "" {
		s += " (by chance alone: " + p + ")"
	}
	return s + "."
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

// usedFor is the ports and what they look like; ports that are a reason for the guess are not said twice.
func usedFor(f *detect.Finding) string {
	g := guess(f)
	if len(f.Ports) > 0 && strings.Contains(g, label(f.Ports[0])) {
		return g
	}
	return sentences(mostUsed(f), g)
}

// guess says what the traffic looks like; it is called a guess, with the reasons.
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
	return f.Application != nil && (f.Application.Guess == detect.AppBitTorrent || f.Application.Guess == detect.AppPeerToPeer)
}

func (w words) next(f *detect.Finding) string {
	if f.Next == nil || f.Next.IsZero() || !w.opt.Now.IsZero() && f.Next.Before(w.opt.Now) {
		return "" // a log of the past: that time has gone by
	}
	return "If it goes on, the next is due " + w.clock.with(*f.Next) + "."
}

func (w words) stop(f *detect.Finding, when string) []tip {
	name := short(f.Host, f.Name)
	t := tip{topic: "stop " + f.Host}
	if torrentLike(f) {
		t.text = fmt.Sprintf("Look on %s for a file-sharing client: close it, or lower its limits of connections and of new connections a second.", name)
	} else {
		t.text = fmt.Sprintf("Look on %s %s for the program that opens the connections (Linux: ss -tunp; Windows: netstat -abn); stop it, or space out what it does.", name, when)
	}
	return []tip{t}
}

// limits is the rule that holds one host down, with a number that fits: a quarter of the table where its size is known.
func (w words) limits(f *detect.Finding) []tip {
	if f.Host == "" || f.Sessions > 0 && f.Sessions < 2*leastLimit {
		return nil
	}
	return []tip{w.hostLimit(f, w.tableOf(f.Router), false)}
}

func (w words) burst(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	n := max(f.Seen, len(f.Bursts), 1)
	f.Title = fmt.Sprintf("%s %sopened %s at once, %s", name, surely(f.Score), sessionsEach(f), times(n))
	f.Detail = sentences(
		fmt.Sprintf("%s opened about %s, %s, %s.", who(f.Host, f.Name), size(f), times(n), w.clock.span(f.Start, f.End)),
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

func (w words) echo(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	what := "names"
	if f.Lookups > 0 {
		what = count(f.Lookups, "name", "names")
	}
	cause := nameOf(w.opt.Names, f.Causes)
	if f.Causes == "" {
		f.Title = fmt.Sprintf("%s %slooks up %s at once", name, surely(f.Score), what)
		f.Detail = sentences(fmt.Sprintf("%s looks up %s in one burst, %s.", who(f.Host, f.Name), what, w.clock.span(f.Start, f.End)), resolver(f), sure(f.Score))
		return nil
	}
	f.Title = fmt.Sprintf("%s %slooks up %s each time that %s bursts: an echo", name, surely(f.Score), what, short(f.Causes, cause))
	f.Detail = sentences(
		fmt.Sprintf("%s looks up about %s, %s.", who(f.Host, f.Name), what, lag(f, who(f.Causes, cause))),
		followed(f), sharedNames(f, short(f.Causes, cause)), resolver(f), sure(f.Score))
	return []tip{
		{"echo " + f.Host, fmt.Sprintf("Leave %s alone at first: it answers to what %s does. Unplugging it removes the lookups, not their cause.", name, short(f.Causes, cause))},
		{"lookups " + f.Host, fmt.Sprintf("Later, switch off reverse lookups in the program on %s that logs or checks addresses, or let it ask a caching resolver in the house.", name)},
	}
}

// lag is how long after the cause; within a second the log cannot tell.
func lag(f *detect.Finding, cause string) string {
	if f.LagS <= 0 {
		return "within the second in which " + cause + " bursts"
	}
	return seconds(f.LagS) + " after a burst of " + cause + " began"
}

func followed(f *detect.Finding) string {
	switch {
	case f.Seen == 0:
		return ""
	case f.Missed == 0 && f.Seen == 1:
		return "It did so after the one burst that there was."
	case f.Missed == 0:
		return fmt.Sprintf("It did so after each of the %d bursts.", f.Seen)
	}
	return fmt.Sprintf("It did so after %d of the %d bursts.", f.Seen, f.Seen+f.Missed)
}

func sharedNames(f *detect.Finding, cause string) string {
	if f.Shared > 0 {
		return fmt.Sprintf("%s of the addresses that it looked up are ones that %s had just spoken to.", percent(f.Shared), cause)
	}
	return "The log does not show which names were asked for: the link is the common time."
}

func resolver(f *detect.Finding) string {
	if f.Resolver == "" {
		return ""
	}
	return "It asks " + label(f.Resolver) + "."
}
