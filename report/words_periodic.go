package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// clockLeast is the least period, in seconds, of which it is said whether it keeps to the clock on the wall.
const clockLeast = 300

func (w words) periodic(f *detect.Finding) []tip {
	name, when := short(f.Host, f.Name), rhythm(f)
	f.Title = fmt.Sprintf("%s %sopens %s %s", name, surely(f.Score), sessionsEach(f), when)
	first := fmt.Sprintf("%s opens about %s, %s%s.", who(f.Host, f.Name), size(f), when, w.beat(f))
	if len(f.Minutes) == 0 && f.PeriodS >= clockLeast {
		first += " The rhythm is its own: it does not follow the clock on the wall."
	}
	f.Detail = sentences(first, w.seen(f), usedFor(f), w.next(f), sure(f.Score))
	if f.PeriodS < clockLeast { // nobody looks again and again so fast
		when = "while it goes on"
	}
	return append(w.stop(f, when), w.limits(f)...)
}

// beat writes " (period 30 min, jitter 2 s)", without the period where the rhythm is one.
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

// seen words the evidence: "47 of 48 expected bursts were seen, from … to … (by chance alone: p < 1e-40)."
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

func (w words) next(f *detect.Finding) string {
	if f.Next == nil || f.Next.IsZero() || !w.opt.Now.IsZero() && f.Next.Before(w.opt.Now) {
		return "" // the log is old: that time has passed
	}
	return "If it goes on, the next is due " + w.clock.with(*f.Next) + "."
}
