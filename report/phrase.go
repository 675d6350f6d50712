package report

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
)

// num writes n with a comma between thousands.
func num[T whole](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "-" + s
	}
	return s
}

// whole is any integer that can be counted.
type whole interface {
	int | int64 | uint32 | uint64
}

// count writes a number with its noun: "1 session", "2,140 sessions". The catalogue has the plural: "%s sessions".
func count[T whole](l Language, n T, one, many string) string {
	if n == 1 && l != Japanese { // which has no plural
		return "1 " + one
	}
	return l.Say("%s "+many, num(n))
}

// times writes how often: "once", "twice", "47 times".
func (l Language) times(n int) string {
	switch n {
	case 1:
		return l.Say("once")
	case 2:
		return l.Say("twice")
	}
	return l.Say("%s times", num(n))
}

// percent writes a share 0..1 as a percentage; small shares keep a digit so that they do not read as 0.
func percent(x float64) string {
	p := x * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return "? %"
	case p > 0 && p < 0.1:
		return "< 0.1 %"
	case p != 0 && p < 10 || p > 99 && p < 100:
		return strconv.FormatFloat(math.Min(p, 99.9), 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// seconds writes a span in the unit that a person would use.
func (l Language) seconds(s float64) string {
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0) || math.Abs(s) > 1e12:
		return l.Say("an unknown time")
	case s < 10:
		return l.Say("%s s", strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0"))
	case s < 120:
		return l.Say("%s s", strconv.FormatFloat(s, 'f', 0, 64))
	}
	n := int64(s + 0.5)
	switch {
	case n < 3600:
		return l.pair(l.Say("%s min", num(n/60)), n%60, l.Say("%s s", num(n%60)))
	case n < 48*3600:
		return l.pair(l.Say("%s h", num(n/3600)), n%3600/60, l.Say("%s min", num(n%3600/60)))
	}
	return l.pair(l.Say("%s days", num(n/86400)), n%86400/3600, l.Say("%s h", num(n%86400/3600)))
}

// pair joins a span with its rest in the smaller unit, where that is not 0.
func (l Language) pair(large string, rest int64, small string) string {
	if rest == 0 {
		return large
	}
	return l.sentences(large, small)
}

// sentences joins the sentences that are not empty.
func (l Language) sentences(s ...string) string { return strings.Join(present(s...), l.Say(" ")) }

// items joins words with commas.
func (l Language) items(words []string) string { return strings.Join(words, l.Say(", ")) }

// list joins words: "a, b and c".
func (l Language) list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return l.Say("%s and %s", l.items(words[:len(words)-1]), words[len(words)-1])
}

// minuteList writes minutes of the hour: ":00 and :30".
func (l Language) minuteList(minutes []int) string {
	out := make([]string, 0, len(minutes))
	for _, m := range minutes {
		out = append(out, fmt.Sprintf(":%02d", m))
	}
	return l.list(out)
}

// rhythm says when a pattern fires: "at :00 and :30 of every hour", "at 03:00 each day", "every 2 min 30 s".
func (l Language) rhythm(f *detect.Finding) string {
	switch {
	case len(f.Minutes) > 4 && len(f.Hours) == 0 && f.PeriodS < 3600: // ":00, :05, :10 …" says less than "every 5 min"
		return l.Say("every %s by the clock", l.seconds(f.PeriodS))
	case len(f.Minutes) > 0 && len(f.Hours) == 0:
		return l.Say("at %s of every hour", l.minuteList(f.Minutes))
	case len(f.Minutes) == 1 && len(f.Hours) <= 6:
		var at []string
		for _, h := range f.Hours {
			at = append(at, fmt.Sprintf("%02d:%02d", h, f.Minutes[0]))
		}
		if f.PeriodS > 86400 {
			return l.Say("every %s at %s", l.seconds(f.PeriodS), l.list(at))
		}
		return l.Say("at %s", l.list(at))
	case len(f.Minutes) > 0:
		var hs []string
		for _, h := range f.Hours {
			hs = append(hs, fmt.Sprintf("%02d", h))
		}
		return l.Say("at %s of the hours %s", l.minuteList(f.Minutes), l.list(hs))
	case f.PeriodS > 0:
		return l.Say("every %s", l.seconds(f.PeriodS))
	}
	return ""
}

// pValue writes the probability of chance: "p < 1e-40"; "" when the finding has none.
func pValue(p float64) string {
	if !(p > 0 && p < 1) {
		return ""
	}
	if p >= 0.001 {
		return fmt.Sprintf("p = %.2g", p)
	}
	return fmt.Sprintf("p < 1e%d", int(math.Ceil(math.Log10(p))))
}

// surely returns the adverb that weakens a statement to what the score supports: "", "probably " or "possibly ".
func (l Language) surely(score float64) string {
	switch {
	case !unsure(score):
		return ""
	case score >= 0.5:
		return l.Say("probably ")
	}
	return l.Say("possibly ")
}

// unsure says whether a statement with that score must be weakened; 0 is the score of a detector that gives none.
func unsure(score float64) bool { return score < 0.8 && score != 0 }

// clock writes times in one zone, without the date where the window is one day.
type clock struct {
	Language
	loc    *time.Location
	oneDay bool // the window is one local day, so that the date is left out
	day    time.Time
}

func newClock(opt *Options) clock {
	loc := opt.Location
	if loc == nil {
		loc = opt.Config.Location
	}
	if loc == nil {
		loc = time.UTC
	}
	c := clock{Language: opt.Language, loc: loc}
	if !opt.From.IsZero() && !opt.To.IsZero() {
		c.day = opt.From.In(loc)
		c.oneDay = sameDay(c.day, opt.To.Add(-time.Nanosecond).In(loc))
	}
	return c
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

// at writes a time: "20:28:33", with the day in front unless the window is that day.
func (c clock) at(t time.Time) string {
	if t.IsZero() {
		return c.Say("an unknown time")
	}
	if c.oneDay && sameDay(t.In(c.loc), c.day) {
		return t.In(c.loc).Format("15:04:05")
	}
	return c.with(t)
}

// span writes "from A to B", with the date once.
func (c clock) span(from, to time.Time) string {
	a, b := c.at(from), c.at(to)
	if !to.After(from) || a == b {
		return c.Say("at %s", a)
	}
	if sameDay(from.In(c.loc), to.In(c.loc)) {
		b = to.In(c.loc).Format("15:04:05")
	}
	return c.Say("from %s to %s", a, b)
}

// with writes a time that may lie outside of the window: always with its day.
func (c clock) with(t time.Time) string { return c.stamp(t.In(c.loc), "Mon 2006-01-02 15:04:05") }

// zone names the zone: "Asia/Tokyo", or for the machine's own "JST (UTC+09:00)".
func (c clock) zone(at time.Time) string {
	if n := c.loc.String(); n != "Local" && n != "" {
		return n
	}
	if name, offset := at.In(c.loc).Zone(); name == "UTC" && offset == 0 {
		return "UTC"
	}
	return at.In(c.loc).Format("MST (UTC-07:00)")
}

// who names a host: "vmhost (192.168.128.12)", or the address alone.
func (l Language) who(addr, name string) string {
	a, n := label(addr), label(name)
	switch {
	case a == "" && n == "":
		return l.Say("an unknown host")
	case n == "" || n == a:
		return a
	case a == "":
		return n
	}
	return n + " (" + a + ")"
}

// short returns the name of a host, or its address where it has no name.
func (l Language) short(addr, name string) string {
	if n := label(name); n != "" {
		return n
	}
	return l.who(addr, "")
}

// nameOf returns the name of the address that s spells; "" when s is no address or has no name.
func nameOf(names func(netip.Addr) string, s string) string {
	if names == nil {
		return ""
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return names(a)
}

func labels(in []string) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, label(s))
	}
	return out
}

// rate writes a rate: "2.01 times a second", or by the minute or hour where it is slower.
func (l Language) rate(perSecond float64) string {
	switch {
	case perSecond <= 0 || perSecond > 1e9:
		return ""
	case perSecond >= 0.1:
		return l.Say("%s times a second", strconv.FormatFloat(perSecond, 'g', 3, 64))
	case perSecond*60 >= 1:
		return l.Say("%s times a minute", strconv.FormatFloat(perSecond*60, 'f', 1, 64))
	}
	return l.Say("%s times an hour", strconv.FormatFloat(perSecond*3600, 'f', 1, 64))
}

// after puts a blank, where the language has one, in front of what is not empty.
func (l Language) after(s string) string {
	if s == "" {
		return ""
	}
	return l.Say(" ") + s
}
