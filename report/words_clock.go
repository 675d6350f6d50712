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
		name = "a sender"
	}
	switch f.Class {
	case detect.ClockZone:
		f.Title = fmt.Sprintf("the clock of %s is %s: it looks like another time zone", name, aside(f.SkewS))
	case detect.ClockJumps:
		f.Title = fmt.Sprintf("the clock of %s jumped %s", name, times(f.Jumps))
	case detect.ClockDrifts:
		way := "loses"
		if f.DriftS > 0 {
			way = "gains"
		}
		f.Title = fmt.Sprintf("the clock of %s %s %s an hour", name, way, seconds(math.Abs(f.DriftS)))
	case detect.ClockUnset:
		f.Title = fmt.Sprintf("%s sent %s with a time that cannot be", name, count(f.Repaired, "line", "lines"))
	default:
		f.Title = fmt.Sprintf("the clock of %s is %s", name, aside(f.SkewS))
	}
	jumps, fixed := "", ""
	switch {
	case f.Jumps > 0:
		jumps = fmt.Sprintf("The largest jump is %s.", jump(f.JumpS))
	case f.Class == detect.ClockDrifts:
		jumps = fmt.Sprintf("At the end it was %s.", aside(f.SkewS))
	case f.Class == detect.ClockUnset && f.SkewS != 0:
		jumps = fmt.Sprintf("It is %s: it was never set.", aside(f.SkewS))
	}
	if f.Repaired > 0 {
		fixed = fmt.Sprintf("The stamps of %s were not believed (years off, ahead of the time of receipt, or behind "+
			"by the same hours for minutes): live lines got the time of receipt, imported ones that of their "+
			"neighbours.", count(f.Repaired, "line", "lines"))
	}
	touches := ""
	if n := len(f.Touches); n > 0 {
		rest := num(n) + " findings rest"
		if n == 1 {
			rest = "One finding rests"
		}
		touches = fmt.Sprintf("%s on its lines: %s.", rest, list(labels(f.Touches)))
	}
	kept := ""
	if f.Class != detect.ClockUnset && f.SkewS != 0 && f.Lines > 0 {
		lines := "Its lines are"
		if f.Repaired > 0 {
			lines = "Its other lines are"
		}
		kept = lines + " kept at the times that it gives them: read the times of what it reports with that in mind."
	}
	f.Detail = sentences(fmt.Sprintf("%s, %s.", capital(f.Title), w.clock.span(f.Start, f.End)), jumps, fixed, kept,
		touches, sure(f.Score))
	tips := []tip{{"ntp", fmt.Sprintf("Let %s set its clock by NTP, at boot before it logs.", name)}}
	if f.Class == detect.ClockZone {
		tips = append([]tip{{"zone", fmt.Sprintf("Tell uncloak the zone that %s logs in (routers: [{address: …, "+
			"timezone: …}]), or let it log with its offset (RFC 3339).", name)}}, tips...)
	}
	return tips
}

// aside words an error of a clock: "1 h ahead".
func aside(s float64) string {
	if s < 0 {
		return seconds(-s) + " behind"
	}
	return seconds(s) + " ahead"
}

// skew writes a clock's error for a table: "+1.2 s".
func skew(s float64) string {
	if math.Abs(s) < 60 {
		return fmt.Sprintf("%+.1f s", s)
	}
	return map[bool]string{true: "+", false: "-"}[s > 0] + seconds(math.Abs(s))
}

func jump(s float64) string {
	way := "ahead"
	if s < 0 {
		way = "back"
	}
	return seconds(math.Abs(s)) + " " + way
}
