package report

import (
	"strconv"

	"uncloak/detect"
)

// reset words the finding of a host that keeps connecting to one service that does not answer (docs/incidents.md, 4).
func (w words) reset(f *detect.Finding) []tip {
	name, door, port := w.short(f.Host, f.Name), w.door(f.Peer), strconv.Itoa(f.Port)
	how := w.Say("; the log does not tell how that ends")
	means := w.Say("A client that gets what it asks for seldom asks so often for so long; one that is refused does.")
	first := w.Say("See how they end: tcpdump -n 'host %s and tcp port %s' on %s. RST: nothing listens there. "+
		"No answer: a firewall drops it.", label(hostPart(f.Peer)), port, name)
	switch f.Class {
	case detect.Dead:
		how = w.Say(" and is refused")
		means = w.Say("The answer is a reset (RST): the machine is there, but nothing listens on that port.")
		first = w.Say("Start the service on %s again, or take it out of the configuration of whatever on %s "+
			"still asks for it.", door, name)
	case detect.Blocked:
		how, means = w.Say(" and gets no answer"),
			w.Say("Nothing comes back: a firewall swallows the packets, or the machine is gone.")
		first = w.Say("See whether %s is up, and whether a firewall on the way drops port %s; inside the house "+
			"it should answer with a reset: silence holds a table entry until it times out.", door, port)
	}
	f.Title = w.Say("%s %skeeps connecting to %s%s%s", name, w.surely(f.Score), door, w.after(w.rate(f.RateS)), how)
	failed := ""
	if f.Failed > 0 {
		failed = count(w.Language, f.Failed, "session is known to have failed.", "sessions are known to have failed.")
	}
	f.Detail = w.sentences(w.Say("%s connects to %s%s, %s%s.", w.who(f.Host, f.Name), door, w.after(w.rate(f.RateS)),
		w.clock.span(f.Start, f.End), how), means, failed, w.trying(f, name), w.sure(f.Score))
	return []tip{{"service " + f.Peer, first},
		{"find " + f.Host, w.Say("Find the program on %s (Linux: ss -tnp state syn-sent '( dport = :%s )'; "+
			"Windows: netstat -abn).", name, port)}}
}

// tryingRate is the number of sessions a second to a login port that is more than a client that retries opens.
const tryingRate = 2

// trying words the suspicion that a host which connects so fast to a login port guesses passwords.
func (l Language) trying(f *detect.Finding, name string) string {
	service := ""
	switch f.Port {
	case 22:
		service = "SSH"
	case 23:
		service = "Telnet"
	case 445:
		service = l.Say("Windows file sharing")
	case 3306:
		service = "MySQL"
	case 3389:
		service = l.Say("remote desktop")
	case 5900:
		service = "VNC"
	}
	if service == "" || f.RateS < tryingRate {
		return ""
	}
	return l.Say("The second possibility: at this pace, to the port of %s, a worm or a program on %s may be "+
		"guessing passwords.", service, name)
}
