package report

import (
	"strconv"

	"uncloak/detect"
)

// flood words the finding of a port that gets far more TCP handshakes than are finished.
func (w words) flood(f *detect.Finding) []tip {
	where := w.Say("port %s", strconv.Itoa(f.Port))
	if h := w.short(f.Host, f.Name); f.Host != "" {
		where = w.Say("%s of %s", where, h)
	}
	said := ""
	if f.Lines > 0 {
		said = w.Say("The kernel or the firewall says so in %s", count(w.Language, f.Lines, "line", "lines"))
		if f.Drops > 0 {
			said += w.Say(" (and %s that it counted without writing them)",
				count(w.Language, f.Drops, "further one", "further ones"))
		}
		said = w.Say("%s.", said)
	}
	if f.Class == detect.KernelSays {
		f.Title = w.Say("SYN flood%s: %s %sgets more handshakes than it can take", w.on(f.Router), where,
			w.surely(f.Score))
		from := ""
		if p := label(f.Peer); p != "" {
			from = w.Say("It names %s as the last peer; the sender of a SYN can be forged.", p)
		}
		f.Detail = w.sentences(said, w.Say("Seen %s, %s.", w.times(max(f.Seen, 1)), w.clock.span(f.Start, f.End)),
			w.Say("The message means: the queue of half-open connections of that port was full. An attack does that, "+
				"and so does a service with a queue that is too short for its visitors."),
			from, w.sure(f.Score))
		return w.floodAdvice(f)
	}
	what := w.Say("handshakes that are answered and never finished")
	means := w.Say("The server answers, the answer goes nowhere: the senders are forged, or do not care.")
	if f.Class == detect.Unanswered {
		what = w.Say("handshakes that nothing answers")
		means = w.Say("Nothing answers on that port: each attempt holds an entry of the session table until it times " +
			"out. A port forward to a machine that is gone or drops silently gets a few of these all the time; this " +
			"is far above that.")
	}
	f.Title = w.Say("%s is %sflooded with SYNs", where, w.surely(f.Score))
	f.Detail = w.sentences(
		w.Say("%s gets %s, up to %s a second, %s; %s of them are %s.", w.capital(where),
			count(w.Language, f.Sessions, "session", "sessions"), strconv.FormatFloat(f.RateS, 'f', -1, 64),
			w.clock.span(f.Start, f.End), percent(f.HalfOpen), what),
		w.sources(f), means, said, w.sure(f.Score))
	return w.floodAdvice(f)
}

// sources words how many addresses and networks the handshakes came from.
func (l Language) sources(f *detect.Finding) string {
	if f.Sources == 0 {
		return ""
	}
	s := l.Say("They come from about %s", count(l, f.Sources, "address", "addresses"))
	if len(f.Networks) == 0 {
		return l.Say("%s, spread over many networks.", s)
	}
	nets := make([]string, 0, len(f.Networks))
	for _, n := range f.Networks {
		nets = append(nets, label(n))
	}
	return l.Say("%s, most of them from %s.", s, l.list(nets))
}

func (l Language) floodAdvice(f *detect.Finding) []tip {
	tips := []tip{
		{"cookies", l.Say("On the server: sysctl net.ipv4.tcp_syncookies=1 (1 is the default), and a longer queue " +
			"where the visitors are real: net.core.somaxconn and the program's own backlog.")},
		{"synproxy", l.Say("On a Linux router: let it finish the handshakes itself (nft: synproxy, after "+
			"notrack for new SYNs to port %d), so that half-open ones cost no entry of its table.", f.Port)},
		{"half-open", l.Say("Hold half-open sessions for less time: sysctl " +
			"net.netfilter.nf_conntrack_tcp_timeout_syn_recv=20 (Linux has 60).")},
	}
	if len(f.Networks) > 0 {
		tips = append(tips, tip{"block networks", l.Say("Drop the networks named above at the border, or ask the " +
			"provider to do it: what arrives has already used the line.")})
	}
	if f.Class == detect.Unanswered {
		tips = append(tips, tip{"forward", l.Say("Take away the forward of port %d if nothing uses it, or let "+
			"the host answer with a reset: silence holds an entry, a reset none.", f.Port)})
	}
	return tips
}
