package report

import (
	"fmt"

	"uncloak/detect"
)

func (w words) echo(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	what := "names"
	if f.Lookups > 0 {
		what = count(f.Lookups, "name", "names")
	}
	cause := nameOf(w.opt.Names, f.Causes)
	if f.Causes == "" {
		f.Title = fmt.Sprintf("%s %slooks up %s at once", name, surely(f.Score), what)
		f.Detail = sentences(fmt.Sprintf("%s looks up %s in one burst, %s.", who(f.Host, f.Name), what,
			w.clock.span(f.Start, f.End)), resolver(f), sure(f.Score))
		return nil
	}
	f.Title = fmt.Sprintf("%s %slooks up %s each time that %s bursts: an echo", name, surely(f.Score), what,
		short(f.Causes, cause))
	f.Detail = sentences(
		fmt.Sprintf("%s looks up about %s, %s.", who(f.Host, f.Name), what, echoDelay(f, who(f.Causes, cause))),
		followed(f), sharedNames(f, short(f.Causes, cause)), resolver(f), sure(f.Score))
	return []tip{
		{"echo " + f.Host, fmt.Sprintf("Leave %s alone at first: it answers to what %s does. Unplugging it removes "+
			"the lookups, not their cause.", name, short(f.Causes, cause))},
		{"lookups " + f.Host, fmt.Sprintf("Later, switch off reverse lookups in the program on %s that logs or "+
			"checks addresses, or let it ask a caching resolver in the house.", name)},
	}
}

// echoDelay says how long after a burst of cause the lookups begin; the log cannot tell within one second.
func echoDelay(f *detect.Finding, cause string) string {
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
		return fmt.Sprintf("%s of the addresses that it looked up are ones that %s had just spoken to.",
			percent(f.Shared), cause)
	}
	return "The log does not show which names were asked for: the link is the common time."
}

func resolver(f *detect.Finding) string {
	if f.Resolver == "" {
		return ""
	}
	return "It asks " + label(f.Resolver) + "."
}
