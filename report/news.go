package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
)

// This file words which findings are new, gone or known already, and in which order an incident happened.

// maxGone bounds the findings that are listed as gone.
const maxGone = 5

// news words how a finding compares with earlier days: "since Sun 2026-11-15 · worse (+12 %)", "new", or "" where no
// earlier days are known.
func (c clock) news(f *detect.Finding) string {
	since := ""
	if f.Since != nil && f.Status != detect.New {
		first := f.Since.In(c.loc)
		if f.Kind == detect.GrowthKind { // counted in UTC days
			first = f.Since.UTC()
		}
		since = c.Say("since %s", c.stamp(first, "Mon 2006-01-02"))
	}
	status := map[string]string{detect.New: c.Say("new"), detect.Worse: c.Say("worse"),
		detect.Same: c.Say("as usual"), detect.Better: c.Say("better")}[f.Status]
	if by := c.change(f.Change); status != "" && by != "" && f.Status != detect.Same && f.Status != detect.New {
		status += c.Say(" (%s)", by)
	}
	known := ""
	if f.Silent() {
		known = c.Say("known")
		if f.Known.Note != "" {
			known = c.Say("%s: %s", known, Clean(f.Known.Note))
		}
	}
	return strings.Join(present(since, status, known), " · ")
}

// change words a change: "+12 %", or "3 times as much" where percents do not read well.
func (l Language) change(x float64) string {
	switch {
	case !(x > 0) || x > 1e6:
		return ""
	case x >= 3:
		return l.Say("%.0f times as much", x)
	}
	return fmt.Sprintf("%+.0f %%", (x-1)*100)
}

func present(words ...string) []string {
	out := words[:0:0]
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// news words how an incident compares with earlier days, by the finding that gives it its status.
func (in *Incident) news(m *Model) string {
	for _, f := range in.findings {
		if f.Status == in.Status {
			return m.clock.news(f)
		}
	}
	return ""
}

// endedText says why an incident is shown although it was acknowledged.
func (in *Incident) endedText(m *Model) string {
	for _, f := range in.findings {
		if f.Known == nil || f.Known.Ended == "" {
			continue
		}
		who := m.Say("It was acknowledged")
		if f.Known.By != "ack" {
			who = m.Say("The config calls it known")
		}
		if f.Known.Note != "" {
			who += m.Say(" (%s)", Clean(f.Known.Note))
		}
		if f.Known.Ended == "over" && f.Known.Until != nil {
			return m.Say("%s until %s: that is over.", who, f.Known.Until.Format("2006-01-02 15:04"))
		}
		return m.Say(
			"%s, but it has become clearly worse since, or something new goes with it: it is shown again.", who)
	}
	return ""
}

// chainText words the order of events in an incident, with the times of the burst that shows it best.
func (in *Incident) chainText(m *Model) string {
	for _, f := range in.findings {
		if len(f.Chain) < 2 {
			continue
		}
		first := f.Chain[0]
		when, what := m.clock.at(first.At), m.begins(f, m.short(first.Host, first.Name))
		switch {
		case f.Kind == detect.LoadKind && f.Before:
			when = m.Say("from the beginning of the log on")
		case f.Kind != detect.LoadKind && first.Of > 1:
			what += m.Say(" (%s)", m.times(first.Of))
		}
		parts := []string{when + " " + what}
		once := ""
		for _, s := range f.Chain[1:] {
			if s.Why == detect.WhyCoincides {
				once += m.Say(" At %s there was also %s: that happened too seldom to call it an effect.",
					m.clock.at(s.At), m.stepWords(&s))
				continue
			}
			parts = append(parts, s.At.In(m.clock.loc).Format("15:04:05")+" "+m.stepWords(&s)+m.stepProof(&s))
		}
		text := m.Say("%s.", strings.Join(parts, " → "))
		if len(parts) == 1 {
			return strings.TrimSpace(once)
		}
		return text + once
	}
	return ""
}

// begins says what the host does with which the chain of a finding begins.
func (l Language) begins(f *detect.Finding, host string) string {
	if f.Kind == detect.LoadKind {
		return l.Say("%s opens many sessions without a pause", host)
	}
	return l.Say("%s bursts", host)
}

func (m *Model) stepWords(s *detect.Step) string {
	switch s.Kind {
	case detect.AlarmKind:
		if i := slices.IndexFunc(m.Findings, func(f detect.Finding) bool { return f.ID == s.ID }); i >= 0 {
			what := m.Findings[i].Title
			return "“" + what[:max(strings.LastIndex(what, ": "), 0)] + "”" // without how often
		}
	case detect.TableFullKind:
		return m.Say("session table full%s", m.on(s.Router))
	case detect.PTRStorm:
		return m.Say("%s looks up names", m.short(s.Host, s.Name))
	case detect.OOM:
		return m.Say("out of memory%s", m.on(s.Router))
	}
	if s.Host != "" {
		return m.Say("%s of %s", m.Say(label(s.Kind)), m.short(s.Host, s.Name))
	}
	return m.Say("%s%s", m.Say(label(s.Kind)), m.on(s.Router))
}

// stepProof words the evidence for a step: "45 of 47 times, 2 s after"; a step that happened once has no count.
func (l Language) stepProof(s *detect.Step) string {
	var out []string
	switch {
	case s.Of > 1 && s.Seen == s.Of:
		out = append(out, l.Say("all %s", count(l, s.Of, "time", "times")))
	case s.Of > 1:
		out = append(out, l.Say("%d of %s", s.Seen, count(l, s.Of, "time", "times")))
	}
	if s.LagS >= 1 {
		out = append(out, l.Say("%s after", l.seconds(s.LagS)))
	}
	if p := pValue(s.PValue); p != "" {
		out = append(out, p)
	}
	if len(out) == 0 {
		return ""
	}
	return l.Say(" (%s)", l.items(out))
}

// restLines lists the findings that are gone, what is withdrawn, and counts the known ones that are not shown.
func (m *Model) restLines() (out []string) {
	if len(m.Gone) > 0 {
		last := time.Time{}
		var what []string
		for i := range m.Gone {
			f := &m.Gone[i]
			if f.End.After(last) {
				last = f.End
			}
			if i < maxGone {
				what = append(what, Clean(f.Title))
			}
		}
		if n := len(m.Gone) - maxGone; n > 0 {
			what = append(what, m.Say("and %d more", n))
		}
		out = append(out, m.Say("Gone since %s: %s.", m.stamp(last.In(m.clock.loc), "Mon 2006-01-02"),
			strings.Join(what, m.Say("; "))))
	}
	for i, w := range m.Withdrawn {
		if i == maxTold {
			out = append(out, m.Say("%d more announcements are withdrawn (--format json lists them).",
				len(m.Withdrawn)-i))
			break
		}
		out = append(out, w.Text)
	}
	if m.Silent > 0 {
		out = append(out, m.Say("%s not shown; --all shows them.", count(m.Language, m.Silent,
			"known finding", "known findings")))
	}
	return out
}

func (p *page) rest(m *Model) {
	for _, l := range m.restLines() {
		p.line("")
		p.put("", l, 0)
	}
}

// headline writes a title with its news at the right edge, or in a line below where that does not fit.
func (p *page) headline(first, title, news string, indent int) {
	gap := p.width - indent - width(title) - width(news)
	switch {
	case news == "":
		p.put(first, title, indent)
	case gap >= 2:
		p.line(first + title + strings.Repeat(" ", gap) + news)
	default:
		p.put(first, title, indent)
		p.put(strings.Repeat(" ", indent), news, indent)
	}
}
