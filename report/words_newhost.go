package report

import (
	"fmt"

	"uncloak/detect"
)

// newHost words the finding of a host, or of many, that the days before do not have.
func (w words) newHost(f *detect.Finding) []tip {
	days := count(f.DaysBefore, "day", "days")
	if len(f.Hosts) > 0 {
		var names []string
		for _, h := range f.Hosts {
			names = append(names, who(h.Host, h.Name))
		}
		if n := f.Seen - len(names); n > 0 {
			names = append(names, count(n, "more", "more"))
		}
		f.Title = fmt.Sprintf("%s appeared on one day", count(f.Seen, "new host", "new hosts"))
		f.Detail = sentences(fmt.Sprintf("Not seen in the %s before: %s.", days, list(names)),
			"So many at once: visitors, or addresses that were given out anew.", sure(f.Score))
		return []tip{{"who", "If nobody expected them: compare with the leases of the DHCP server."}}
	}
	f.Title = fmt.Sprintf("new host %s", who(f.Host, f.Name))
	lease := ""
	if f.Name == "" {
		lease = "No lease gives its name."
	}
	f.Detail = sentences(fmt.Sprintf("%s opens %s to %s, first at %s; it was in none of the %s of log before.",
		who(f.Host, f.Name), count(f.Sessions, "session", "sessions"), count(f.Peers, "host", "hosts"),
		w.clock.with(f.Start), days), lease, sure(f.Score))
	return []tip{{"who " + f.Host, fmt.Sprintf("If you do not know it: look up its hardware address (ip neigh show "+
		"%s, or the leases) and where it is plugged in.", label(f.Host))}}
}
