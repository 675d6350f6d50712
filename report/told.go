package report

import (
	"slices"

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
		return m.Say("%s.", m.capital(text))
	}
	return ""
}

// announced words the times of announcements, with the titles of those that had none of these ids; "" without any.
func (c clock) announced(all []detect.Announcement, ids []string) string {
	var out []string
	for _, a := range all[:min(maxTold, len(all))] {
		as := ""
		if !slices.Contains(ids, a.ID) {
			as = c.Say(" as “%s” (%s)", Clean(a.Title), Clean(a.ID))
		}
		out = append(out, c.Say("at %s", c.at(a.At))+as)
	}
	if n := len(all) - len(out); n > 0 {
		out = append(out, c.Say("%s more", c.times(n)))
	}
	if len(out) == 0 {
		return ""
	}
	return c.Say("announced %s", c.items(out))
}

// withdrawn says what was announced and why the report does not bear it out.
func (c clock) withdrawn(w *detect.Withdrawal) string {
	return c.Say("Announced at %s and withdrawn: “%s” (%s): %s.", c.at(w.At), Clean(w.Title), Clean(w.ID),
		c.reason(w))
}

// reason words why an announcement is withdrawn, with the figures behind it.
func (c clock) reason(w *detect.Withdrawal) string {
	then := c.span(w.Start, w.End)
	switch w.Reason {
	case detect.ToldRemoved:
		if w.LinesNow < w.LinesSeen {
			return c.Say("of the %s that this rested on %s", count(c.Language, w.LinesSeen, "line", "lines"),
				c.stillThere(w.LinesNow))
		}
		return c.Say("of the %s %s that this rested on %s", count(c.Language, w.Sessions, "session", "sessions"), then,
			c.stillThere(w.SessionsNow))
	case detect.ToldSettings:
		return c.Say("the settings have changed since, or the version of uncloak, and as they are now it is not found")
	case detect.ToldHabit:
		return c.Say("in four weeks %s has many such bursts: it is a habit", label(w.Host))
	case detect.ToldBefore:
		return c.Say("it was seen %s, and most of what it rested on lies before this report", then)
	case detect.ToldOrdinary:
		return c.Say("%s opened %s %s and %s in the rest of this report's time: beside these it does not stand apart",
			label(w.Host), count(c.Language, w.SessionsNow, "session", "sessions"), then, num(int(w.SessionsRest)))
	}
	return c.Say("with the lines that came after it, it does not hold any more")
}

func (l Language) stillThere(n uint64) string {
	if n == 0 {
		return l.Say("none is stored any more")
	}
	return l.Say("only %d are stored now", n)
}
