package report

import (
	"fmt"
	"time"

	"uncloak/detect"
)

// growth words the finding of a host whose traffic grows from day to day (docs/incidents.md, 5).
func (w words) growth(f *detect.Finding) []tip {
	name, of := w.short(f.Host, f.Name), w.Say(label(f.Class))
	if of == "" {
		of = w.Say("sessions")
	}
	f.Title = w.Say("%s: %s %sgrow by %s a day", name, of, w.surely(f.Score), percent(f.GrowthDay))
	double, p := "", ""
	if f.DoublesDays > 0 && f.DoublesDays < 1e5 {
		double = w.Say("If it goes on, they double every %.0f days.", f.DoublesDays)
	}
	if v := pValue(f.PValue); v != "" {
		p = w.Say("By chance alone: %s.", v)
	}
	f.Detail = w.sentences(w.Say("The %s of %s grow by %s a day, %s a week (median of all pairs of days), %s; "+
		"the median day has %s.", of, w.who(f.Host, f.Name), percent(f.GrowthDay), percent(weekly(f.GrowthDay)),
		w.utcDays(f), w.amount(f)),
		double, w.grownTo(f), w.limit(f), p, w.guess(f), w.sure(f.Score))
	tips := []tip{{"grows " + f.Host, w.Say("Look on %s for a job whose work grows with what it has stored: a "+
		"backup or a sync that lists all files each time, a log, a queue that nobody empties.", name)}}
	if f.Port == 80 {
		tips = append(tips, w.unencrypted(f))
	}
	return append(tips, tip{"compare " + f.Host, w.firstAndLast(f)})
}

// unencrypted advises against plain HTTP, where most of the growth goes to its port.
func (l Language) unencrypted(f *detect.Finding) tip {
	return tip{"encrypt " + f.Peer, l.Say("It goes to port 80, which is HTTP without encryption: whoever is on "+
		"the path can read and change it. See what is asked for (uncloak query --host %s --port 80 --kind traffic, "+
		"where a capture was imported), and use https.", label(f.Host))}
}

// utcDays writes the first and the last day of the growth, which is counted in UTC days.
func (l Language) utcDays(f *detect.Finding) string {
	day := func(t time.Time) string { return l.stamp(t.UTC(), "Mon 2006-01-02") }
	return l.Say("from %s to %s", day(f.Start), day(f.End.Add(-time.Nanosecond)))
}

// firstAndLast advises two queries to compare: of the first and of the last day of the growth, both UTC days.
func (w words) firstAndLast(f *detect.Finding) string {
	query := func(from time.Time) string {
		return fmt.Sprintf("uncloak query --host %s --from %s --to %s", label(f.Host), from.UTC().Format(time.RFC3339),
			from.Add(24*time.Hour).UTC().Format(time.RFC3339))
	}
	return w.Say("Compare the first day with the last one: %s, and %s. To whom, and to which port, does it "+
		"open more?", query(f.Start), query(f.End.Add(-24*time.Hour)))
}

// grownTo words the destination of most of the growth.
func (w words) grownTo(f *detect.Finding) string {
	switch {
	case f.Peer != "":
		return w.Say("%s of what was added goes to %s.", percent(f.PeerShare), label(f.Peer))
	case len(f.Ports) > 0:
		return w.Say("Most of what was added goes to %s of many hosts.", label(f.Ports[0]))
	}
	return ""
}

// limit words the day on which the growth fills the table or the link, and the assumption behind it.
func (w words) limit(f *detect.Finding) string {
	if f.Limit <= 0 {
		return ""
	}
	what := w.Say("the session table%s (%s entries)", w.on(f.Router), num(int64(f.Limit)))
	if f.LimitHow == "overflow" {
		what = w.Say("the session table%s (size not known: it was full with about %s entries)", w.on(f.Router),
			num(int64(f.Limit)))
	}
	if f.LimitOf == "link" {
		what = w.Say("the link (%.4g Mbit/s, in its busiest hour)", f.Limit/1e6)
	}
	assuming := w.Say(", if it grows by the same part each day and all others stay as they are")
	day := func(t *time.Time) string { return t.UTC().Format("2006-01-02") } // counted in UTC days
	switch {
	case f.LimitDate == nil && f.LimitFrom == nil:
		return w.Say("It does not fill %s within three years%s.", what, assuming)
	case f.LimitDate == nil:
		return w.Say("It fills %s after %s at the earliest%s.", what, day(f.LimitFrom), assuming)
	case !f.LimitDate.After(f.End):
		return w.Say("With what the others have it fills %s already.", what)
	case f.LimitFrom == nil || f.LimitTo == nil:
		return w.Say("It fills %s about %s%s; the end of the 95 %% interval is open.", what, day(f.LimitDate),
			assuming)
	}
	return w.Say("It fills %s about %s (95 %%: %s to %s)%s.", what, day(f.LimitDate), day(f.LimitFrom),
		day(f.LimitTo), assuming)
}

// weekly compounds a daily growth over seven days.
func weekly(day float64) float64 {
	g := 1.0
	for range 7 {
		g *= 1 + day
	}
	return g - 1
}

func (l Language) amount(f *detect.Finding) string {
	if f.PerDay < 0 || f.PerDay > 1e18 {
		return l.Say("an unknown amount")
	}
	if f.Class != "bytes" {
		return count(l, int64(f.PerDay+0.5), "session", "sessions")
	}
	for _, u := range []struct {
		n    float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if f.PerDay >= u.n {
			return fmt.Sprintf("%.1f %s", f.PerDay/u.n, u.name)
		}
	}
	return count(l, int64(f.PerDay), "byte", "bytes")
}
