package report

import (
	"fmt"

	"uncloak/detect"
)

// loss words the finding that a part of a router's log is missing.
func (w words) loss(f *detect.Finding) []tip {
	name := label(f.Router)
	f.Title = fmt.Sprintf("%s of the log of %s %sis missing", percent(f.Loss), name, surely(f.Score))
	how, todo := "", tip{}
	switch f.Class {
	case detect.LossSaid:
		how = "Loggers on the way say how many lines they left out (rate limits)."
		todo = tip{"limits", "Raise or switch off the rate limit that swallows them: journald RateLimitBurst=0, " +
			"rsyslog imjournal Ratelimit.Interval=\"0\" and imuxsock SysSock.RateLimit.Interval=\"0\", Cisco logging " +
			"rate-limit."}
	case detect.LossEnds:
		how = "More sessions than usual end whose beginning is not in the log: as large a part of all lines will be " +
			"missing."
		todo = tip{"path", "Look at the way of the lines: UDP loses what a full buffer cannot take (uncloak check); " +
			"TCP or TLS does not."}
	case detect.LossRate:
		how = "It sent faster than its rate in uncloak's config allows; what was beyond that was dropped."
		todo = tip{"rate", "Raise its rate and burst (rate, or routers: rate), or let it log less; over TCP it is " +
			"held back instead, and loses nothing."}
	case detect.LossNumbers:
		how = "It numbers its lines, and numbers are missing: they were lost between it and uncloak."
		todo = tip{"path", "Look at the way of the lines: UDP loses what a full buffer cannot take; TCP or TLS does " +
			"not."}
	case detect.LossOurs:
		how = "uncloak itself could not take them in time: its queue or the socket's buffer was full."
		todo = tip{"buffer", "Give the receiver more buffer (sysctl net.core.rmem_max=33554432) and more processor; " +
			"let the routers send by TCP."}
	}
	f.Detail = sentences(fmt.Sprintf("About %s of %s sent are missing, %s.", num(f.Drops),
		count(f.Lines+f.Drops, "line", "lines"), w.clock.span(f.Start, f.End)), how,
		"What is said about that time rests on what is left: counts are too low, bursts may be missing.", sure(f.Score))
	return []tip{todo}
}
