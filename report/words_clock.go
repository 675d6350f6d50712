package report

import (
	"fmt"
	"math"

	"uncloak/detect"
)

// wrongClock words the finding of a sender whose clock is wrong.
func (w words) wrongClock(f *detect.Finding) []tip {
	name := label(f.Router)
	if name == "" {
		name = w.Say("a sender")
	}
	switch f.Class {
	case detect.ClockZone:
		f.Title = w.Say("the clock of %s is %s: it looks like another time zone", name, w.aside(f.SkewS))
	case detect.ClockJumps:
		f.Title = w.Say("the clock of %s jumped %s", name, w.times(f.Jumps))
	case detect.ClockDrifts:
		f.Title = w.Say("the clock of %s loses %s an hour", name, w.seconds(-f.DriftS))
		if f.DriftS > 0 {
			f.Title = w.Say("the clock of %s gains %s an hour", name, w.seconds(f.DriftS))
		}
	case detect.ClockUnset:
		f.Title = w.Say("%s sent %s with a time that cannot be", name, count(w.Language, f.Repaired, "line", "lines"))
	default:
		f.Title = w.Say("the clock of %s is %s", name, w.aside(f.SkewS))
	}
	jumps, fixed := "", ""
	switch {
	case f.Jumps > 0:
		jumps = w.Say("The largest jump is %s.", w.jump(f.JumpS))
	case f.Class == detect.ClockDrifts:
		jumps = w.Say("At the end it was %s.", w.aside(f.SkewS))
	case f.Class == detect.ClockUnset && f.SkewS != 0:
		jumps = w.Say("It is %s: it was never set.", w.aside(f.SkewS))
	}
	if f.Repaired > 0 {
		fixed = w.Say("The stamps of %s were not believed (years off, ahead of the time of receipt, or behind "+
			"by the same hours for minutes): live lines got the time of receipt, imported ones that of their "+
			"neighbours.", count(w.Language, f.Repaired, "line", "lines"))
	}
	touches := ""
	switch n := len(f.Touches); n {
	case 0:
	case 1:
		touches = w.Say("One finding rests on its lines: %s.", label(f.Touches[0]))
	default:
		touches = w.Say("%s findings rest on its lines: %s.", num(n), w.list(labels(f.Touches)))
	}
	kept := ""
	if f.Class != detect.ClockUnset && f.SkewS != 0 && f.Lines > 0 {
		kept = w.Say(
			"Its lines are kept at the times that it gives them: read the times of what it reports with that in mind.")
		if f.Repaired > 0 {
			kept = w.Say("Its other lines are kept at the times that it gives them: read the times of what it " +
				"reports with that in mind.")
		}
	}
	f.Detail = w.sentences(w.Say("%s, %s.", w.capital(f.Title), w.clock.span(f.Start, f.End)), jumps, fixed, kept,
		touches, w.sure(f.Score))
	tips := []tip{{"ntp", w.Say("Let %s set its clock by NTP, at boot before it logs.", name)}}
	if f.Class == detect.ClockZone {
		tips = append([]tip{{"zone", w.Say("Tell uncloak the zone that %s logs in (routers: [{address: …, "+
			"timezone: …}]), or let it log with its offset (RFC 3339).", name)}}, tips...)
	}
	return tips
}

// aside words an error of a clock: "1 h ahead".
func (l Language) aside(s float64) string {
	if s < 0 {
		return l.Say("%s behind", l.seconds(-s))
	}
	return l.Say("%s ahead", l.seconds(s))
}

// skew writes a clock's error for a table: "+1.2 s".
func (l Language) skew(s float64) string {
	if math.Abs(s) < 60 {
		return fmt.Sprintf("%+.1f s", s)
	}
	return map[bool]string{true: "+", false: "-"}[s > 0] + l.seconds(math.Abs(s))
}

func (l Language) jump(s float64) string {
	if s < 0 {
		return l.Say("%s back", l.seconds(-s))
	}
	return l.Say("%s ahead", l.seconds(s))
}
