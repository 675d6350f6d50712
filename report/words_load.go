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
	f.Detail = sentences(
		fmt.Sprintf("%s opened %s, %s; about %s a minute in the largest stretch, %s of all sessions of the network "+
			"then.",
			who(f.Host, f.Name), count(uint64(f.Sessions), "session", "sessions"), w.clock.span(f.Start, f.End),
			perMinute,
			percent(f.Share)),
		fmt.Sprintf("On its busiest day it spoke to %s outside.", count(uint64(f.Peers), "address", "addresses")),
		usedFor(f))
	return append(w.stop(f, "in that time"), w.limits(f)...)
}
