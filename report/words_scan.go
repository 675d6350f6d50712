package report

import (
	"strings"

	"uncloak/detect"
)

// scan words the finding of a host that tries one port of many hosts, or many ports of one host.
func (w words) scan(f *detect.Finding) []tip {
	name, what := w.short(f.Host, f.Name), w.Say("many doors")
	switch f.Class {
	case detect.Horizontal:
		what = w.Say("port %d of about %s", f.Port, count(w.Language, f.Peers, "host", "hosts"))
	case detect.Vertical:
		what = w.Say("many ports of %s", w.door(f.Peer))
	}
	f.Title = w.Say("%s %sscans %s", name, w.surely(f.Score), what)
	n := ""
	if f.Sessions > 0 {
		n = w.Say(" with %s", count(w.Language, f.Sessions, "session", "sessions"))
	}
	f.Detail = w.sentences(w.Say("%s tries %s%s, %s.", w.who(f.Host, f.Name), what, n, w.clock.span(f.Start, f.End)),
		w.Say("It hardly ever comes back to the same one: a client does, a scanner does not."), w.sure(f.Score))
	return []tip{
		{"stop " + f.Host, w.Say("Take %s off the net until you know what it runs: most that scan without "+
			"their owner's knowledge are infected (cameras, recorders and old routers first).", name)},
		{"block " + f.Host, w.blockPort(f)},
		{"find " + f.Host, w.Say("Find the program on %s (Linux: ss -tunp; Windows: netstat -abn).", name)},
	}
}

func (l Language) blockPort(f *detect.Finding) string {
	if f.Class != detect.Horizontal || f.Port <= 0 {
		return l.Say("If it must stay, let the router drop its new sessions, save those that it needs.")
	}
	proto := "tcp"
	if len(f.Ports) > 0 && strings.HasPrefix(f.Ports[0], "udp/") {
		proto = "udp"
	}
	return l.Say("If it must stay, let the router drop its new sessions to port %d: ",
		f.Port) + deviceOf(f).blockRule(l, label(f.Host), proto, f.Port)
}
