package report

import (
	"fmt"
	"strconv"

	"uncloak/detect"
)

// flood words the finding of a port that gets far more TCP handshakes than are finished.
func (w words) flood(f *detect.Finding) []tip {
	where := "port " + strconv.Itoa(f.Port)
	if h := short(f.Host, f.Name); f.Host != "" {
		where += " of " + h
	}
	said := ""
	if f.Lines > 0 {
		said = fmt.Sprintf("The kernel or the firewall says so in %s", count(f.Lines, "line", "lines"))
		if f.Drops > 0 {
			said += fmt.Sprintf(" (and %s that it counted without writing them)",
				count(f.Drops, "further one", "further ones"))
		}
		said += "."
	}
	if f.Class == detect.KernelSays {
		f.Title = fmt.Sprintf("SYN flood%s: %s %sgets more handshakes than it can take", on(f.Router), where,
			surely(f.Score))
		from := ""
		if p := label(f.Peer); p != "" {
			from = "It names " + p + " as the last peer; the sender of a SYN can be forged."
		}
		f.Detail = sentences(said, fmt.Sprintf("Seen %s, %s.", times(max(f.Seen, 1)), w.clock.span(f.Start, f.End)),
			"The message means: the queue of half-open connections of that port was full. An attack does that, and "+
				"so does a service with a queue that is too short for its visitors.",
			from, sure(f.Score))
		return floodAdvice(f)
	}
	what := "handshakes that are answered and never finished"
	means := "The server answers, the answer goes nowhere: the senders are forged, or do not care."
	if f.Class == detect.Unanswered {
		what = "handshakes that nothing answers"
		means = "Nothing answers on that port: each attempt holds an entry of the session table until it times out. " +
			"A port forward to a machine that is gone or drops silently gets a few of these all the time; this is " +
			"far above that."
	}
	f.Title = fmt.Sprintf("%s is %sflooded with SYNs", where, surely(f.Score))
	f.Detail = sentences(
		fmt.Sprintf("%s gets %s, up to %s a second, %s; %s of them are %s.", capital(where),
			count(f.Sessions, "session", "sessions"), strconv.FormatFloat(f.RateS, 'f', -1, 64),
			w.clock.span(f.Start, f.End), percent(f.HalfOpen), what),
		sources(f), means, said, sure(f.Score))
	return floodAdvice(f)
}

// sources words how many addresses and networks the handshakes came from.
func sources(f *detect.Finding) string {
	if f.Sources == 0 {
		return ""
	}
	s := fmt.Sprintf("They come from about %s", count(f.Sources, "address", "addresses"))
	if len(f.Networks) == 0 {
		return s + ", spread over many networks."
	}
	nets := make([]string, 0, len(f.Networks))
	for _, n := range f.Networks {
		nets = append(nets, label(n))
	}
	return s + ", most of them from " + list(nets) + "."
}

func floodAdvice(f *detect.Finding) []tip {
	tips := []tip{
		{"cookies", "On the server: sysctl net.ipv4.tcp_syncookies=1 (1 is the default), and a longer queue where " +
			"the visitors are real: net.core.somaxconn and the program's own backlog."},
		{"synproxy", fmt.Sprintf("On a Linux router: let it finish the handshakes itself (nft: synproxy, after "+
			"notrack for new SYNs to port %d), so that half-open ones cost no entry of its table.", f.Port)},
		{"half-open", "Hold half-open sessions for less time: sysctl " +
			"net.netfilter.nf_conntrack_tcp_timeout_syn_recv=20 (Linux has 60)."},
	}
	if len(f.Networks) > 0 {
		tips = append(tips, tip{"block networks", "Drop the networks named above at the border, or ask the provider " +
			"to do it: what arrives has already used the line."})
	}
	if f.Class == detect.Unanswered {
		tips = append(tips, tip{"forward", fmt.Sprintf("Take away the forward of port %d if nothing uses it, or let "+
			"the host answer with a reset: silence holds an entry, a reset none.", f.Port)})
	}
	return tips
}
