package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// shrink words the finding of a TCP peer that shrank its window (the kernel's "Treason uncloaked"). The conditions are
// those of tcp_retransmit_timer in net/ipv4/tcp_timer.c: data sent and not acknowledged, the peer's window 0, the
// socket not orphaned, the handshake done.
func (w words) shrink(f *detect.Finding) []tip {
	n := max(f.Shrinks, 1)
	from, masked := w.shrinkPeers(f)
	f.Title = w.Say("a peer took back its TCP window %s%s", w.times(n), w.on(f.Router))
	if len(f.PeerPorts) > 1 {
		f.Title = w.Say("%d peers took back their TCP window, %s%s", len(f.PeerPorts), w.times(n), w.on(f.Router))
		if masked {
			f.Title = w.Say("%d peer ports took back their TCP window, %s%s", len(f.PeerPorts), w.times(n),
				w.on(f.Router))
		}
	}
	f.Detail = w.sentences(
		w.Say("The kernel says %s that a peer took back room that it had offered (shrank its window)%s%s, %s.",
			w.times(n), w.port(f), from, w.bounds(f)),
		w.Say("The message (\"Treason uncloaked\", newer: \"unexpectedly shrunk window\") means: the peer had "+
			"offered room for data, the data was sent and not acknowledged, and now the peer says that it has no "+
			"room at all; the connection is open and the program here still holds it."),
		w.Say("\"Repaired\" means only that the kernel goes on asking for room."),
		w.interleaved(f, w.Say("kills for want of memory")),
		w.Say("What may cause it: a client that is overloaded or gone to sleep, a peer that holds connections on "+
			"purpose (a tarpit, or an attack that ties up the server's memory), a faulty TCP stack, network driver, "+
			"or box on the way."),
		w.suspects(f),
		w.Say("Sure: the peers did it. Not sure: on purpose or not."), w.sure(f.Score))
	return w.shrinkAdvice(f, masked)
}

// suspects lists the likely causes, ranked by the other signs in the log.
func (l Language) suspects(f *detect.Finding) string {
	if len(f.Suspects) == 0 {
		return ""
	}
	var out []string
	for _, s := range f.Suspects {
		out = append(out, fmt.Sprintf("%s %s (%s)", l.Say(label(s.What)), percent(s.Confidence), Clean(s.Why)))
	}
	return l.Say("Ranked by what else was seen: %s. The figures order the suspects, they measure nothing.",
		strings.Join(out, l.Say("; ")))
}

// shrinkPeers names the peers; masked says that their addresses were left out of the text.
func (l Language) shrinkPeers(f *detect.Finding) (words string, masked bool) {
	if len(f.PeerPorts) == 0 {
		return "", false
	}
	var show []string
	for _, p := range f.PeerPorts {
		if strings.ContainsAny(p, "*") || strings.HasPrefix(p, ":") || strings.HasPrefix(p, "invalid") {
			masked = true
			p = p[strings.LastIndex(p, ":")+1:]
		}
		show = append(show, label(p))
	}
	if len(show) > 5 {
		show = append(show[:5:5], l.Say("%d more", len(f.PeerPorts)-5))
	}
	if masked {
		return l.Say(" by peer ports %s (their addresses are masked in this text)", l.list(show)), true
	}
	return l.Say(" by %s", l.list(show)), false
}

func (l Language) port(f *detect.Finding) string {
	if f.Port == 0 {
		return ""
	}
	return l.Say(" on port %d here,", f.Port)
}

func (l Language) shrinkAdvice(f *detect.Finding, masked bool) []tip {
	find := l.Say("Find out who the peers are.")
	if masked {
		find = l.Say("Find out who the peers are: take the unmasked lines from the machine (dmesg), or look for the " +
			"peer ports in the server's own log.")
	}
	p := ""
	if f.Port > 0 {
		p = l.Say(" and port %d", f.Port)
	}
	return []tip{
		{"peers", find},
		{"zero-window", l.Say("See whether it goes on: tcpdump -n 'tcp[14:2] = 0 and tcp[13] & 4 = 0%s' shows "+
			"segments with a window of 0; ss -tno shows connections with the timer \"persist\".", p)},
		{"block", l.Say("Peers that you do not trust: block them at the firewall. Peers that you trust: look for a " +
			"tarpit, a faulty driver or switch on their side and on the way.")},
		{"patience", l.Say("Let the server give up on clients that take nothing (its send timeout), and limit " +
			"connections per address: each one holds memory.")},
	}
}
