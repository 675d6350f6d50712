package report

import (
	"uncloak/detect"
)

// loss words the finding that a part of a router's log is missing.
func (w words) loss(f *detect.Finding) []tip {
	name := label(f.Router)
	f.Title = w.Say("%s of the log of %s %sis missing", percent(f.Loss), name, w.surely(f.Score))
	how, todo := "", tip{}
	switch f.Class {
	case detect.LossSaid:
		how = w.Say("Loggers on the way say how many lines they left out (rate limits).")
		todo = tip{"limits", w.Say("Raise or switch off the rate limit that swallows them: journald " +
			"RateLimitBurst=0, rsyslog imjournal Ratelimit.Interval=\"0\" and imuxsock " +
			"SysSock.RateLimit.Interval=\"0\", Cisco logging rate-limit.")}
	case detect.LossEnds:
		how = w.Say("More sessions than usual end whose beginning is not in the log: as large a part of all lines " +
			"will be missing.")
		todo = tip{"path", w.Say("Look at the way of the lines: UDP loses what a full buffer cannot take (uncloak " +
			"check); TCP or TLS does not.")}
	case detect.LossRate:
		how = w.Say("It sent faster than its rate in uncloak's config allows; what was beyond that was dropped.")
		todo = tip{"rate", w.Say("Raise its rate and burst (rate, or routers: rate), or let it log less; over TCP it " +
			"is held back instead, and loses nothing.")}
	case detect.LossNumbers:
		how = w.Say("It numbers its lines, and numbers are missing: they were lost between it and uncloak.")
		todo = tip{"path", w.Say(
			"Look at the way of the lines: UDP loses what a full buffer cannot take; TCP or TLS does not.")}
	case detect.LossOurs:
		how = w.Say("uncloak itself could not take them in time: its queue or the socket's buffer was full.")
		todo = tip{"buffer", w.Say("Give the receiver more buffer (sysctl net.core.rmem_max=33554432) and more " +
			"processor; let the routers send by TCP.")}
	}
	f.Detail = w.sentences(w.Say("About %s of %s sent are missing, %s.", num(f.Drops),
		count(w.Language, f.Lines+f.Drops, "line", "lines"), w.clock.span(f.Start, f.End)), how,
		w.Say("What is said about that time rests on what is left: counts are too low, bursts may be "+
			"missing."), w.sure(f.Score))
	return []tip{todo}
}
