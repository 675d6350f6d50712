package report

import (
	"fmt"
	"slices"
	"strings"

	"uncloak/detect"
)

// This file words what has become of what serve announced while it ran.

// maxTold bounds the announcements that are worded of an incident, and those withdrawn of a report; the JSON has all.
const maxTold = 5

// toldText says when serve announced what is now the incident, and as what where that was not the same.
func (in *Incident) toldText(m *Model) string {
	var all []detect.Announcement
	var ids []string // under which it would be the same
	for _, f := range in.findings {
		all, ids = append(all, f.Announced...), append(ids, f.ID)
	}
	if text := m.clock.announced(all, append(ids, in.ID)); text != "" {
		return capital(text) + "."
	}
	return ""
}

// announced words the times of announcements, with the titles of those that had none of these ids; "" without any.
func (c clock) announced(all []detect.Announcement, ids []string) string {
	var out []string
	for _, a := range all[:min(maxTold, len(all))] {
		as := ""
		if !slices.Contains(ids, a.ID) {
			as = fmt.Sprintf(" as “%s” (%s)", Clean(a.Title), Clean(a.ID))
		}
		out = append(out, "at "+c.at(a.At)+as)
	}
	if n := len(all) - len(out); n > 0 {
		out = append(out, times(n)+" more")
	}
	if len(out) == 0 {
		return ""
	}
	return "announced " + strings.Join(out, ", ")
}

// withdrawn says what was announced and why the report does not bear it out.
func (c clock) withdrawn(w *detect.Withdrawal) string {
	return fmt.Sprintf("Announced at %s and withdrawn: “%s” (%s): %s.", c.at(w.At), Clean(w.Title), Clean(w.ID),
		c.reason(w))
}

// reason words why an announcement is withdrawn, with the figures behind it.
func (c clock) reason(w *detect.Withdrawal) string {
	then := c.span(w.Start, w.End)
	switch w.Reason {
	case detect.ToldRemoved:
		if w.LinesNow < w.LinesSeen {
			return fmt.Sprintf("of the %s that this rested on %s", count(w.LinesSeen, "line", "lines"),
				stillThere(w.LinesNow))
		}
		return fmt.Sprintf("of the %s %s that this rested on %s", count(w.Sessions, "session", "sessions"), then,
			stillThere(w.SessionsNow))
	case detect.ToldSettings:
		return "the settings have changed since, or the version of uncloak, and as they are now it is not found"
	case detect.ToldHabit:
		return "in four weeks " + label(w.Host) + " has many such bursts: it is a habit"
	case detect.ToldBefore:
		return fmt.Sprintf("it was seen %s, and most of what it rested on lies before this report", then)
	case detect.ToldOrdinary:
		return fmt.Sprintf("%s opened %s %s and %s in the rest of this report's time: beside these it does not "+
			"stand apart",
			label(w.Host), count(w.SessionsNow, "session", "sessions"), then, num(int(w.SessionsRest)))
	}
	return "with the lines that came after it, it does not hold any more"
}

func stillThere(n uint64) string {
	if n == 0 {
		return "none is stored any more"
	}
	return fmt.Sprintf("only %d are stored now", n)
}
