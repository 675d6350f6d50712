package report

import (
	"fmt"
	"math"

	"uncloak/detect"
)

// wrongClock is a sender whose times cannot be taken as they are.
func (w words) wrongClock(f *detect.Finding) []tip {
	name := label(f.Router)
	if name == "" {
		name = "a sender"
	}
	switch f.Class {
	case detect.ClockZone:
		f.Title = fmt.Sprintf("the clock of %s is %s: it looks like another time zone", name, aside(f.SkewS))
	case detect.ClockJumps:
		f.Title = fmt.Sprintf("the clock of %s jumped %s", name, times(f.Jumps))
	case detect.ClockDrifts:
		f.Title = fmt.Sprintf("the clock of %s %s %s an hour", name, map[bool]string{true: "gains", false: "loses"}[f.DriftS > 0], seconds(math.Abs(f.DriftS)))
	case detect.ClockUnset:
		f.Title = fmt.Sprintf("%s sent %s with a time that cannot be", name, count(f.Repaired, "line", "lines"))
	default:
		f.Title = fmt.Sprintf("the clock of %s is %s", name, aside(f.SkewS))
	}
	jumps, fixed := "", ""
	switch {
	case f.Jumps > 0:
		jumps = fmt.Sprintf("The largest jump is %s.", jump(f.JumpS))
	case f.Class == detect.ClockDrifts:
		jumps = fmt.Sprintf("At the end it was %s.", aside(f.SkewS))
	case f.Class == detect.ClockUnset && f.SkewS != 0:
		jumps = fmt.Sprintf("It is %s: it was never set.", aside(f.SkewS))
	}
	if f.Repaired > 0 {
		fixed = fmt.Sprintf("The stamps of %s were not believed (years off, ahead of the time of receipt, or behind by the same hours for minutes): live lines got the time of receipt, imported ones that of their neighbours.", count(f.Repaired, "line", "lines"))
	}
	touches := ""
	if n := len(f.Touches); n > 0 {
		touches = fmt.Sprintf("%s on its lines: %s.", map[bool]string{true: "One finding rests", false: num(n) + " findings rest"}[n == 1], list(labels(f.Touches)))
	}
	kept := ""
	if f.Class != detect.ClockUnset && f.SkewS != 0 && f.Lines > 0 {
		kept = map[bool]string{true: "Its other lines are", false: "Its lines are"}[f.Repaired > 0] + " kept at the times that it gives them: read the times of what it reports with that in mind."
	}
	f.Detail = sentences(fmt.Sprintf("%s, %s.", capital(f.Title), w.clock.span(f.Start, f.End)), jumps, fixed, kept, touches, sure(f.Score))
	tips := []tip{{"ntp", fmt.Sprintf("Let %s set its clock by NTP, at boot before it logs.", name)}}
	if f.Class == detect.ClockZone {
		tips = append([]tip{{"zone", fmt.Sprintf("Tell uncloak the zone that %s logs in (routers: [{address: …, timezone: …}]), or let it log with its offset (RFC 3339).", name)}}, tips...)
	}
	return tips
}

func labels(in []string) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, label(s))
	}
	return out
}

// aside is "1 h ahead".
func aside(s float64) string {
	if s < 0 {
		return seconds(-s) + " behind"
	}
	return seconds(s) + " ahead"
}

// skew is a clock's error in a table.
func skew(s float64) string {
	if math.Abs(s) < 60 {
		return fmt.Sprintf("%+.1f s", s)
	}
	return map[bool]string{true: "+", false: "-"}[s > 0] + seconds(math.Abs(s))
}

func jump(s float64) string {
	way := "ahead"
	if s < 0 {
		way = "back"
	}
	return seconds(math.Abs(s)) + " " + way
}

// loss is a log with holes.
func (w words) loss(f *detect.Finding) []tip {
	name := label(f.Router)
	f.Title = fmt.Sprintf("%s of the log of %s %sis missing", percent(f.Loss), name, surely(f.Score))
	how, todo := "", tip{}
	switch f.Class {
	case detect.LossSaid:
		how = "Loggers on the way say how many lines they left out (rate limits)."
		todo = tip{"limits", "Raise or switch off the rate limit that swallows them: journald RateLimitBurst=0, rsyslog imjournal Ratelimit.Interval=\"0\" and imuxsock SysSock.RateLimit.Interval=\"0\", Cisco logging rate-limit."}
	case detect.LossEnds:
		how = "More sessions than usual end whose beginning is not in the log: as large a part of all lines will be missing."
		todo = tip{"path", "Look at the way of the lines: UDP loses what a full buffer cannot take (uncloak check); TCP or TLS does not."}
	case detect.LossRate:
		how = "It sent faster than its rate in uncloak's config allows; what was beyond that was dropped."
		todo = tip{"rate", "Raise its rate and burst (rate, or routers: rate), or let it log less; over TCP it is held back instead, and loses nothing."}
	case detect.LossNumbers:
		how = "It numbers its lines, and numbers are missing: they were lost between it and uncloak."
		todo = tip{"path", "Look at the way of the lines: UDP loses what a full buffer cannot take; TCP or TLS does not."}
	case detect.LossOurs:
		how = "uncloak itself could not take them in time: its queue or the socket's buffer was full."
		todo = tip{"buffer", "Give the receiver more buffer (sysctl net.core.rmem_max=33554432) and more processor; let the routers send by TCP."}
	}
	f.Detail = sentences(fmt.Sprintf("About %s of %s sent are missing, %s.", num(f.Drops), count(f.Lines+f.Drops, "line", "lines"), w.clock.span(f.Start, f.End)), how,
		"What is said about that time rests on what is left: counts are too low, bursts may be missing.", sure(f.Score))
	return []tip{todo}
}

// newHost is a machine that was not here before.
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
		f.Detail = sentences(fmt.Sprintf("Not seen in the %s before: %s.", days, list(names)), "So many at once: visitors, or addresses that were given out anew.", sure(f.Score))
		return []tip{{"who", "If nobody expected them: compare with the leases of the DHCP server."}}
	}
	f.Title = fmt.Sprintf("new host %s", who(f.Host, f.Name))
	lease := ""
	if f.Name == "" {
		lease = "No lease gives its name."
	}
	f.Detail = sentences(fmt.Sprintf("%s opens %s to %s, first at %s; it was in none of the %s of log before.", who(f.Host, f.Name), count(f.Sessions, "session", "sessions"), count(f.Peers, "host", "hosts"), w.clock.with(f.Start), days), lease, sure(f.Score))
	return []tip{{"who " + f.Host, fmt.Sprintf("If you do not know it: look up its hardware address (ip neigh show %s, or the leases) and where it is plugged in.", label(f.Host))}}
}

// missing says how much of the log behind a finding is not there.
func missing(f *detect.Finding) string {
	if f.Loss < 0.01 || f.Kind == detect.LossKind {
		return ""
	}
	return fmt.Sprintf("%s of the log behind this is known to be missing.", percent(f.Loss))
}
