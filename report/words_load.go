package report

import (
	"fmt"

	"uncloak/detect"
)

// load words the finding of a host that goes on opening sessions for longer than a burst lasts.
func (w words) load(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	perMinute := count(uint64(f.RateS*60+0.5), "session", "sessions")
	f.Title = fmt.Sprintf("%s opens about %s a minute, %s of all", name, perMinute, percent(f.Share))
	since := w.clock.span(f.Start, f.End)
	if f.Before {
		since += "; it was at it when the log began, so since when is not known"
	}
	f.Detail = sentences(
		fmt.Sprintf("%s opened %s, %s.", who(f.Host, f.Name), count(uint64(f.Sessions), "session", "sessions"), since),
		fmt.Sprintf("In the largest stretch that is about %s a minute, %s of all sessions of the network then.",
			perMinute,
			percent(f.Share)),
		fmt.Sprintf("On its busiest day it spoke to %s outside.", count(uint64(f.Peers), "address", "addresses")),
		ofTable(f), usedFor(f))
	return append(w.stop(f, "in that time"), w.limits(f)...)
}

// ofTable is "It held 92 % of the session table on the average, which had up to 4,878 entries and takes 4,096."
func ofTable(f *detect.Finding) string {
	if f.TableShare == 0 {
		return ""
	}
	s := fmt.Sprintf("It held %s of the rebuilt session table on the average, which had up to %s",
		percent(f.TableShare),
		count(uint64(f.Entries), "entry", "entries"))
	if f.Capacity > 0 {
		s += fmt.Sprintf(" and takes %s", num(f.Capacity))
	}
	return s + "."
}
