package report

import (
	"uncloak/detect"
)

// newHost words the finding of a host, or of many, that the days before do not have.
func (w words) newHost(f *detect.Finding) []tip {
	days := count(w.Language, f.DaysBefore, "day", "days")
	if len(f.Hosts) > 0 {
		var names []string
		for _, h := range f.Hosts {
			names = append(names, w.who(h.Host, h.Name))
		}
		if n := f.Seen - len(names); n > 0 {
			names = append(names, count(w.Language, n, "more", "more"))
		}
		f.Title = w.Say("%s appeared on one day", count(w.Language, f.Seen, "new host", "new hosts"))
		f.Detail = w.sentences(w.Say("Not seen in the %s before: %s.", days, w.list(names)),
			w.Say("So many at once: visitors, or addresses that were given out anew."), w.sure(f.Score))
		return []tip{{"who", w.Say("If nobody expected them: compare with the leases of the DHCP server.")}}
	}
	f.Title = w.Say("new host %s", w.who(f.Host, f.Name))
	lease := ""
	if f.Name == "" {
		lease = w.Say("No lease gives its name.")
	}
	f.Detail = w.sentences(w.Say("%s opens %s to %s, first at %s; it was in none of the %s of log before.",
		w.who(f.Host, f.Name), count(w.Language, f.Sessions, "session", "sessions"), count(w.Language, f.Peers, "host",
			"hosts"),
		w.clock.with(f.Start), days), lease, w.sure(f.Score))
	return []tip{{"who " + f.Host, w.Say("If you do not know it: look up its hardware address (ip neigh show "+
		"%s, or the leases) and where it is plugged in.", label(f.Host))}}
}
