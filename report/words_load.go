package report

import (
	"uncloak/detect"
)

// load words the finding of a host that goes on opening sessions for longer than a burst lasts.
func (w words) load(f *detect.Finding) []tip {
	name := w.short(f.Host, f.Name)
	perMinute := count(w.Language, uint64(f.RateS*60+0.5), "session", "sessions")
	f.Title = w.Say("%s opens about %s a minute, %s of all", name, perMinute, percent(f.Share))
	since := w.clock.span(f.Start, f.End)
	if f.Before {
		since = w.Say("%s; it was at it when the log began, so since when is not known", since)
	}
	f.Detail = w.sentences(
		w.Say("%s opened %s, "+
			"%s.", w.who(f.Host, f.Name), count(w.Language, uint64(f.Sessions), "session", "sessions"), since),
		w.Say("In the largest stretch that is about %s a minute, %s of all sessions of the network then.",
			perMinute,
			percent(f.Share)),
		w.Say("On its busiest day it spoke to %s outside.", count(w.Language, uint64(f.Peers), "address", "addresses")),
		w.ofTable(f), w.usedFor(f))
	return append(w.stop(f, w.Say("in that time")), w.limits(f)...)
}

// ofTable is "It held 92 % of the session table on the average, which had up to 4,878 entries and takes 4,096."
func (l Language) ofTable(f *detect.Finding) string {
	if f.TableShare == 0 {
		return ""
	}
	s := l.Say("It held %s of the rebuilt session table on the average, which had up to %s",
		percent(f.TableShare),
		count(l, uint64(f.Entries), "entry", "entries"))
	if f.Capacity > 0 {
		s = l.Say("%s and takes %s", s, num(f.Capacity))
	}
	return l.Say("%s.", s)
}
