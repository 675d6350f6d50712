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
	title, says := "trouble of its own", ""
	if f.Table != "" {
		title = "its table of " + label(f.Table) + " is full"
		says = "This is not the session table."
	}
	var tips []tip
	if e, err := Lookup(f.Message); err == nil {
		title, says = lowerFirst(e.Title), e.Says
		for i, r := range e.Remedies {
			tips = append(tips, tip{fmt.Sprintf("alarm-%s-%d", e.ID, i), r})
		}
		if len(e.Checks) > 0 {
			tips = append(tips, tip{"alarm-check-" + e.ID, "Look with: " + e.Checks[0]})
		}
	}
	f.Title = fmt.Sprintf("%s%s: %s", title, on(f.Router), times(f.Drops))
	hidden := ""
	if n := f.Drops - f.Lines; n > 0 {
		hidden = fmt.Sprintf(" and says that it left out %s more", count(uint64(n), "line", "lines"))
	}
	f.Detail = sentences(
		fmt.Sprintf("The router says so in %s%s, %s.", count(uint64(f.Lines), "line", "lines"), hidden, w.bounds(f)),
		says)
	return tips
}

// errors words a finding about error lines that nothing knows.
func (w words) errors(f *detect.Finding) []tip {
	f.Title = fmt.Sprintf("%s%s that uncloak does not know: %s",
		count(uint64(f.Sorts), "sort of error line", "sorts of error lines"), on(f.Router), times(f.Lines))
	var most []string
	for _, s := range f.Shapes {
		most = append(most, fmt.Sprintf("%q (%s)", clip(Clean(s.Text), 64), times(s.Lines)))
	}
	which := "The line, with # for numbers: "
	if f.Sorts > 1 {
		which = "The most frequent, with # for numbers: "
	}
	f.Detail = sentences(
		fmt.Sprintf("The router calls them errors or worse (severity 3 to 0), %s.", w.bounds(f)),
		which+list(most)+".",
		"What they mean for the network is not known here.")
	return []tip{{"alarm-errors", "Read them, and look the words up in the manual of the device. " +
		"What is of no matter can be acknowledged (uncloak ack)."}}
}

// lowerFirst makes a title fit into a sentence: it makes the first letter small, unless the first word is an
// abbreviation.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}
