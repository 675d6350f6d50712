package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// scan words the finding of a host that tries one port of many hosts, or many ports of one host.
func (w words) scan(f *detect.Finding) []tip {
	name, what := short(f.Host, f.Name), "many doors"
	switch f.Class {
	case detect.Horizontal:
		what = fmt.Sprintf("port %d of about %s", f.Port, count(f.Peers, "host", "hosts"))
	case detect.Vertical:
		what = "many ports of " + w.door(f.Peer)
	}
	f.Title = fmt.Sprintf("%s %sscans %s", name, surely(f.Score), what)
	n := ""
	if f.Sessions > 0 {
		n = " with " + count(f.Sessions, "session", "sessions")
	}
	f.Detail = sentences(fmt.Sprintf("%s tries %s%s, %s.", who(f.Host, f.Name), what, n, w.clock.span(f.Start, f.End)),
		"It hardly ever comes back to the same one: a client does, a scanner does not.", sure(f.Score))
	return []tip{
		{"stop " + f.Host, fmt.Sprintf("Take %s off the net until you know what it runs: most that scan without "+
			"their owner's knowledge are infected (cameras, recorders and old routers first).", name)},
		{"block " + f.Host, blockPort(f)},
		{"find " + f.Host, fmt.Sprintf("Find the program on %s (Linux: ss -tunp; Windows: netstat -abn).", name)},
	}
}

func blockPort(f *detect.Finding) string {
	if f.Class != detect.Horizontal || f.Port <= 0 {
		return "If it must stay, let the router drop its new sessions, save those that it needs."
	}
	proto := "tcp"
	if len(f.Ports) > 0 && strings.HasPrefix(f.Ports[0], "udp/") {
		proto = "udp"
	}
	return fmt.Sprintf("If it must stay, let the router drop its new sessions to port %d: ",
		f.Port) + deviceOf(f).blockRule(label(f.Host), proto, f.Port)
}
