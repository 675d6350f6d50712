package report

import (
	"uncloak/detect"
)

func (w words) echo(f *detect.Finding) []tip {
	name := w.short(f.Host, f.Name)
	what := w.Say("names")
	if f.Lookups > 0 {
		what = count(w.Language, f.Lookups, "name", "names")
	}
	cause := nameOf(w.opt.Names, f.Causes)
	if f.Causes == "" {
		f.Title = w.Say("%s %slooks up %s at once", name, w.surely(f.Score), what)
		f.Detail = w.sentences(w.Say("%s looks up %s in one burst, %s.", w.who(f.Host, f.Name), what,
			w.clock.span(f.Start, f.End)), w.resolver(f), w.sure(f.Score))
		return nil
	}
	f.Title = w.Say("%s %slooks up %s each time that %s bursts: an echo", name, w.surely(f.Score), what,
		w.short(f.Causes, cause))
	f.Detail = w.sentences(
		w.Say("%s looks up about %s, %s.", w.who(f.Host, f.Name), what, w.echoDelay(f, w.who(f.Causes, cause))),
		w.followed(f), w.sharedNames(f, w.short(f.Causes, cause)), w.resolver(f), w.sure(f.Score))
	return []tip{
		{"echo " + f.Host, w.Say("Leave %s alone at first: it answers to what %s does. Unplugging it removes "+
			"the lookups, not their cause.", name, w.short(f.Causes, cause))},
		{"lookups " + f.Host, w.Say("Later, switch off reverse lookups in the program on %s that logs or "+
			"checks addresses, or let it ask a caching resolver in the house.", name)},
	}
}

// echoDelay says how long after a burst of cause the lookups begin; the log cannot tell within one second.
func (l Language) echoDelay(f *detect.Finding, cause string) string {
	if f.LagS <= 0 {
		return l.Say("within the second in which %s bursts", cause)
	}
	return l.Say("%s after a burst of %s began", l.seconds(f.LagS), cause)
}

func (l Language) followed(f *detect.Finding) string {
	switch {
	case f.Seen == 0:
		return ""
	case f.Missed == 0 && f.Seen == 1:
		return l.Say("It did so after the one burst that there was.")
	case f.Missed == 0:
		return l.Say("It did so after each of the %d bursts.", f.Seen)
	}
	return l.Say("It did so after %d of the %d bursts.", f.Seen, f.Seen+f.Missed)
}

func (l Language) sharedNames(f *detect.Finding, cause string) string {
	if f.Shared > 0 {
		return l.Say("%s of the addresses that it looked up are ones that %s had just spoken to.",
			percent(f.Shared), cause)
	}
	return l.Say("The log does not show which names were asked for: the link is the common time.")
}

func (l Language) resolver(f *detect.Finding) string {
	if f.Resolver == "" {
		return ""
	}
	return l.Say("It asks %s.", label(f.Resolver))
}
