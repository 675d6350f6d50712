package report

import (
	"cmp"
	"fmt"
	"slices"

	"uncloak/detect"
)

// inletFloor returns the least number of entries of a service that is mentioned: a twentieth of the table, and at least
// ten.
func inletFloor(f *detect.Finding) int { return max(cmp.Or(f.Capacity, f.Entries)/20, 10) }

// victimsNamed bounds the hosts that are named as having lost sessions.
const victimsNamed = 3

// trigger names the host that set the overflow off: the one that opened most sessions in the minute before.
func (w words) trigger(f *detect.Finding) string {
	if f.Trigger == "" || f.TriggerSessions == 0 || f.Host == "" {
		return ""
	}
	n := count(w.Language, f.TriggerSessions, "session", "sessions")
	if f.Trigger == f.Host {
		return w.Say("%s opened %s in the minute before.", w.capital(w.short(f.Host, f.Name)), n)
	}
	return w.Say("It was not the largest holder that set it off, but %s, which opened %s in the minute before.",
		w.who(f.Trigger, nameOf(w.opt.Names, f.Trigger)), n)
}

// fits words how full the table would have been without its largest holder.
func (w words) fits(f *detect.Finding) string {
	switch {
	case f.FitsWithout == nil || f.Host == "":
		return ""
	case *f.FitsWithout && f.Without == 0:
		return w.Say("Without %s nothing would have overflowed.", w.short(f.Host, f.Name))
	case *f.FitsWithout:
		return w.Say("Without %s everything would have fitted: at most about %s entries.", w.short(f.Host, f.Name),
			num(f.Without))
	}
	return w.Say("Even without %s not everything may have fitted: up to about %s entries, if each refused "+
		"packet was a session.", w.short(f.Host, f.Name), num(f.Without))
}

// victims names the hosts whose sessions are missing during the overflow.
func (w words) victims(f *detect.Finding) string {
	all, named := 0, []string{}
	for i, v := range f.Victims {
		all += v.Count
		if i < victimsNamed {
			named = append(named, fmt.Sprintf("%s %s", w.short(v.Host, v.Name), num(v.Count)))
		}
	}
	if all == 0 {
		return ""
	}
	if more := len(f.Victims) - len(named); more > 0 {
		named = append(named, count(w.Language, more, "other", "others"))
	}
	n := count(w.Language, all, "session", "sessions")
	if w.whole {
		return w.Say(
			"About %s of others did not come about: %s (estimated from what they open otherwise in that hour).",
			n, w.list(named))
	}
	return w.Say("Meanwhile about %s of others did not come about: %s (estimated from what they open otherwise in "+
		"that hour).", n, w.list(named))
}

// inlets words the entries of sessions from outside that were not answered, or that were over.
func (w words) inlets(f *detect.Finding) string {
	var out []string
	for _, x := range f.Inlets {
		if x.HalfOpen >= inletFloor(f) {
			out = append(out, w.Say("%s of %s from outside were not answered",
				count(w.Language, x.HalfOpen, "session", "sessions"), w.service(x)))
		}
		if x.TimeWait >= inletFloor(f) {
			out = append(out, w.Say("%s of %s were over and waited in TIME_WAIT",
				count(w.Language, x.TimeWait, "session", "sessions"), w.service(x)))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return w.Say("Of the entries, %s.", w.list(out))
}

func (l Language) service(x detect.Service) string {
	return fmt.Sprintf("%s %s", l.short(x.Host, x.Name), x.Port)
}

// inletAdvice advises how to free the entries of sessions from outside. A refused session (RST) costs no entry, one
// that is dropped in silence costs one for as long as its SYN is remembered; the side that closes first leaves
// TIME_WAIT.
func (w words) inletAdvice(f *detect.Finding) (out []tip) {
	t := timeoutsOf(&w.opt.Config, f.Router)
	for _, x := range f.Inlets {
		if x.HalfOpen >= inletFloor(f) {
			out = append(out, tip{"stealth " + x.Host + x.Port, w.Say("Answer every forwarded port: let %s "+
				"refuse on %s what it does not serve (nft … reject with tcp reset) instead of dropping it in "+
				"silence, or do not forward the port. Each unanswered session holds an entry for %.0f s (SYN_SENT) "+
				"or %.0f s (SYN_RECV); a refused one holds none. That frees %s.",
				w.short(x.Host, x.Name), x.Port, t.SynSent.Seconds(), t.SynRecv.Seconds(),
				count(w.Language, x.HalfOpen, "entry", "entries"))})
		}
		if x.TimeWait >= inletFloor(f) {
			out = append(out, tip{"close first " + x.Host + x.Port, w.Say("Let the clients of %s close first, "+
				"or keep their connections open for longer: each closed one holds an entry for another %.0f s "+
				"(TIME_WAIT). That frees up to %s; a limit on its connections and a shorter "+
				"nf_conntrack_tcp_timeout_time_wait help, too.",
				w.service(x), t.TimeWait.Seconds(), count(w.Language, x.TimeWait, "entry", "entries"))})
		}
	}
	return out
}

// sumAround sums up the circumstances of several spells into sum: all victims, the host that set off most of them, and
// the states and services of the worst spell.
func sumAround(sum, worst *detect.Finding, fs []*detect.Finding) {
	lost, set, opened := map[string]int{}, map[string]int{}, map[string]int{}
	sum.Without, sum.FitsWithout, sum.Trigger, sum.TriggerSessions = 0, nil, "", 0
	for _, f := range fs {
		for _, v := range f.Victims {
			lost[v.Host] += v.Count
		}
		if f.Trigger != "" {
			set[f.Trigger]++
			opened[f.Trigger] = max(opened[f.Trigger], f.TriggerSessions)
		}
		if f.FitsWithout != nil && f.Host == sum.Host {
			sum.Without = max(sum.Without, f.Without)
			sum.FitsWithout = new(*f.FitsWithout && (sum.FitsWithout == nil || *sum.FitsWithout))
		}
	}
	sum.Victims = nil
	for host, n := range lost {
		sum.Victims = append(sum.Victims, detect.Victim{Host: host, Count: n})
	}
	slices.SortFunc(sum.Victims, func(a, b detect.Victim) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Host, b.Host))
	})
	for host, n := range set {
		if n > set[sum.Trigger] || n == set[sum.Trigger] && host < sum.Trigger {
			sum.Trigger, sum.TriggerSessions = host, opened[host]
		}
	}
	sum.States, sum.Inlets = worst.States, slices.Clone(worst.Inlets)
}
