package report

import (
	"fmt"

	"uncloak/detect"
)

// alarm words a finding about trouble that a router tells of: how often and when, and what its entry in the
// encyclopaedia says it means and what to do.
func (w words) alarm(f *detect.Finding) []tip {
	if len(f.Shapes) > 0 {
		return w.errors(f)
	}
	title, says := w.Say("trouble of its own"), ""
	if f.Table != "" {
		title = w.Say("its table of %s is full", label(f.Table))
		says = w.Say("This is not the session table.")
	}
	var tips []tip
	if e, err := Lookup(f.Message); err == nil {
		title, says = lowerFirst(e.Title), e.Says
		for i, r := range e.Remedies {
			tips = append(tips, tip{fmt.Sprintf("alarm-%s-%d", e.ID, i), r})
		}
		if len(e.Checks) > 0 {
			tips = append(tips, tip{"alarm-check-" + e.ID, w.Say("Look with: %s", e.Checks[0])})
		}
	}
	f.Title = w.Say("%s%s: %s", title, w.on(f.Router), w.times(f.Drops))
	hidden := ""
	if n := f.Drops - f.Lines; n > 0 {
		hidden = w.Say(" and says that it left out %s more", count(w.Language, uint64(n), "line", "lines"))
	}
	f.Detail = w.sentences(
		w.Say("The router says so in %s%s, "+
			"%s.", count(w.Language, uint64(f.Lines), "line", "lines"), hidden, w.bounds(f)),
		says)
	return tips
}

// errors words a finding about error lines that nothing knows.
func (w words) errors(f *detect.Finding) []tip {
	f.Title = w.Say("%s%s that uncloak does not know: %s",
		count(w.Language, uint64(f.Sorts), "sort of error line", "sorts of error lines"),
		w.on(f.Router), w.times(f.Lines))
	var most []string
	for _, s := range f.Shapes {
		most = append(most, fmt.Sprintf("%q (%s)", clip(Clean(s.Text), 64), w.times(s.Lines)))
	}
	which := "The line, with # for numbers: %s."
	if f.Sorts > 1 {
		which = "The most frequent, with # for numbers: %s."
	}
	f.Detail = w.sentences(
		w.Say("The router calls them errors or worse (severity 3 to 0), %s.", w.bounds(f)),
		w.Say(which, w.list(most)),
		w.Say("What they mean for the network is not known here."))
	return []tip{{"alarm-errors", w.Say("Read them, and look the words up in the manual of the device. " +
		"What is of no matter can be acknowledged (uncloak ack).")}}
}

// lowerFirst makes a title fit into a sentence: it makes the first letter small, unless the first word is an
// abbreviation.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}
