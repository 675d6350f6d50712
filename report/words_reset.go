package report

import (
	"fmt"
	"strconv"

	"uncloak/detect"
)

// reset words the finding of a host that keeps connecting to one service that does not answer (docs/incidents.md, 4).
func (w words) reset(f *detect.Finding) []tip {
	name, door, port := short(f.Host, f.Name), w.door(f.Peer), strconv.Itoa(f.Port)
	how := "; the log does not tell how that ends"
	means := "A client that gets what it asks for seldom asks so often for so long; one that is refused does."
	first := fmt.Sprintf("See how they end: tcpdump -n 'host %s and tcp port %s' on %s. RST: nothing listens there. "+
		"No answer: a firewall drops it.", label(hostPart(f.Peer)), port, name)
	switch f.Class {
	case detect.Dead:
		how = " and is refused"
		means = "The answer is a reset (RST): the machine is there, but nothing listens on that port."
		first = fmt.Sprintf("Start the service on %s again, or take it out of the configuration of whatever on %s "+
			"still asks for it.", door, name)
	case detect.Blocked:
		how, means = " and gets no answer",
			"Nothing comes back: a firewall swallows the packets, or the machine is gone."
		first = fmt.Sprintf("See whether %s is up, and whether a firewall on the way drops port %s; inside the house "+
			"it should answer with a reset: silence holds a table entry until it times out.", door, port)
	}
	f.Title = fmt.Sprintf("%s %skeeps connecting to %s%s%s", name, surely(f.Score), door, rate(f.RateS), how)
	failed := ""
	if f.Failed > 0 {
		failed = count(f.Failed, "session is", "sessions are") + " known to have failed."
	}
	f.Detail = sentences(fmt.Sprintf("%s connects to %s%s, %s%s.", who(f.Host, f.Name), door, rate(f.RateS),
		w.clock.span(f.Start, f.End), how), means, failed, trying(f, name), sure(f.Score))
	return []tip{{"service " + f.Peer, first},
		{"find " + f.Host, fmt.Sprintf("Find the program on %s (Linux: ss -tnp state syn-sent '( dport = :%s )'; "+
			"Windows: netstat -abn).", name, port)}}
}

// tryingRate is the number of sessions a second to a login port that is more than a client that retries opens.
const tryingRate = 2

// trying words the suspicion that a host which connects so fast to a login port guesses passwords.
func trying(f *detect.Finding, name string) string {
	service := ""
	switch f.Port {
	case 22:
		service = "SSH"
	case 23:
		service = "Telnet"
	case 445:
		service = "Windows file sharing"
	case 3306:
		service = "MySQL"
	case 3389:
		service = "remote desktop"
	case 5900:
		service = "VNC"
	}
	if service == "" || f.RateS < tryingRate {
		return ""
	}
	return fmt.Sprintf("The second possibility: at this pace, to the port of %s, a worm or a program on %s may be "+
		"guessing passwords.", service, name)
}
