package report

import (
	"uncloak/detect"
)

// clockLeast is the least period, in seconds, of which it is said whether it keeps to the clock on the wall.
const clockLeast = 300

func (w words) periodic(f *detect.Finding) []tip {
	name, when := w.short(f.Host, f.Name), w.rhythm(f)
	f.Title = w.Say("%s %sopens %s %s", name, w.surely(f.Score), w.sessionsEach(f), when)
	first := w.Say("%s opens about %s, %s%s.", w.who(f.Host, f.Name), w.size(f), when, w.beat(f))
	if len(f.Minutes) == 0 && f.PeriodS >= clockLeast {
		first += w.Say(" The rhythm is its own: it does not follow the clock on the wall.")
	}
	f.Detail = w.sentences(first, w.seen(f), w.usedFor(f), w.next(f), w.sure(f.Score))
	if f.PeriodS < clockLeast { // nobody looks again and again so fast
		when = w.Say("while it goes on")
	}
	return append(w.stop(f, when), w.limits(f)...)
}

// beat writes " (period 30 min, jitter 2 s)", without the period where the rhythm is one.
func (w words) beat(f *detect.Finding) string {
	var p []string
	if len(f.Minutes) > 0 && f.PeriodS > 0 {
		p = append(p, w.Say("period %s", w.seconds(f.PeriodS)))
	}
	if f.JitterS > 0 {
		p = append(p, w.Say("jitter %s", w.seconds(f.JitterS)))
	}
	if len(p) == 0 {
		return ""
	}
	return w.Say(" (%s)", w.items(p))
}

// seen words the evidence: "47 of 48 expected bursts were seen, from … to … (by chance alone: p < 1e-40)."
func (w words) seen(f *detect.Finding) string {
	if f.Seen == 0 {
		return ""
	}
	when, chance := w.clock.span(f.Start, f.End), ""
	if p := pValue(f.PValue); p != "" {
		chance = w.Say(" (by chance alone: %s)", p)
	}
	switch {
	case f.Missed > 0:
		return w.Say("%d of %d expected bursts were seen, %s%s.", f.Seen, f.Seen+f.Missed, when, chance)
	case f.Seen > 1:
		return w.Say("All %d expected bursts were seen, %s%s.", f.Seen, when, chance)
	}
	return w.Say("%d bursts were seen, %s%s.", f.Seen, when, chance)
}

func (w words) next(f *detect.Finding) string {
	if f.Next == nil || f.Next.IsZero() || !w.opt.Now.IsZero() && f.Next.Before(w.opt.Now) {
		return "" // the log is old: that time has passed
	}
	return w.Say("If it goes on, the next is due %s.", w.clock.with(*f.Next))
}
