package report

import (
	"fmt"

	"uncloak/detect"
)

// storm words the finding of a host that looks up far more names than usual.
func (w words) storm(f *detect.Finding) []tip {
	if f.Class == detect.Loop {
		return w.loop(f)
	}
	name := w.short(f.Host, f.Name)
	whom := ""
	if r := label(f.Resolver); r != "" {
		whom = w.Say(" of %s", r)
	}
	what, means := "", ""
	switch f.Class {
	case detect.Unanswered:
		what = w.Say("keeps asking a resolver that does not answer")
		means = w.Say("Hardly any of its lookups gets an answer: the resolver is gone or a firewall drops them, and " +
			"the host asks again at once.")
	case detect.OneName:
		what = w.Say("asks for the same name over and over")
		means = w.Say("A program that keeps asking for one name does not like the answer, or does not remember it.")
	case detect.Steady:
		what = w.Say("asks for far more names than it used to")
	default:
		what = w.Say("asks for names in storms")
	}
	f.Title = w.Say("%s %s%s", name, w.surely(f.Score), what)
	how := w.Say("%s makes %s%s, %s", w.who(f.Host, f.Name), count(w.Language, f.Lookups, "lookup", "lookups"), whom,
		w.clock.span(f.Start, f.End))
	if f.Class == detect.Sudden {
		how = w.Say("%s makes about %s%s in %s, %s, %s", w.who(f.Host, f.Name),
			count(w.Language, f.Lookups, "lookup", "lookups"), whom, w.seconds(f.LengthS), w.times(max(f.Seen, 1)),
			w.clock.span(f.Start, f.End))
	}
	if f.RateS > 0 {
		how += w.Say(" (%s)", w.rate(f.RateS))
	}
	f.Detail = w.sentences(w.Say("%s.", how), means, w.asked(f),
		w.Say("No other host's bursts explain it: it is no echo."), w.sure(f.Score))
	first := w.Say("Find out what %s asks for: tcpdump -n 'host %s and port 53', or the query log of the "+
		"resolver.", name, label(f.Host))
	if f.Class == detect.Unanswered {
		first = w.Say("Give %s a resolver that answers (DHCP option 6, or its own network settings), or let "+
			"the firewall refuse instead of dropping.", name)
	}
	return []tip{{"names " + f.Host, first},
		{"cache " + f.Host, w.Say("A cache on the host (systemd-resolved, nscd, dnsmasq) takes away repeated " +
			"lookups; a log analyzer or mail filter should not resolve every address.")}}
}

// loop is a name server that passes the questions of a host on to that host itself.
func (w words) loop(f *detect.Finding) []tip {
	name := w.short(f.Host, f.Name)
	f.Title = w.Say("a DNS loop: what %s asks is forwarded to %s itself", name, name)
	how := w.Say(
		"The name server passed %s of %s on to %s itself, %s", count(w.Language, f.Lookups, "question", "questions"),
		w.who(f.Host, f.Name), name, w.clock.span(f.Start, f.End))
	if f.RateS > 0 {
		how += w.Say(" (%s)", w.rate(f.RateS))
	}
	f.Detail = w.sentences(w.Say("%s.", how),
		w.Say("Each of the two asks the other for what it does not know, so that a question goes round until one of "+
			"them gives up."), w.asked(f),
		w.Say("%s does not ask too much of its own accord: it is one half of the loop.", w.capital(name)))
	return []tip{
		{"loop-forward", w.Say("Take the conditional forwarding to %s out of the name server, for the zones of "+
			"these names at least; or give %s another server to ask than this one.", name, name)},
		{"loop-reverse", w.Say("Answer reverse zones of private networks locally instead of forwarding them " +
			"(dnsmasq: bogus-priv; Pi-hole: never forward reverse lookups for private IP ranges).")},
	}
}

func (l Language) asked(f *detect.Finding) string {
	if len(f.Names) == 0 {
		return ""
	}
	var out []string
	for _, n := range f.Names {
		out = append(out, fmt.Sprintf("%s (%s)", label(n.What), count(l, n.N, "time", "times")))
	}
	return l.Say("Asked for most: %s.", l.list(out))
}
