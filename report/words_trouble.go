package report

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
)

// reset words the finding of a host that keeps connecting to one service that does not answer (docs/incidents.md, 4).
func (w words) reset(f *detect.Finding) []tip {
	name, door, port := short(f.Host, f.Name), w.door(f.Peer), strconv.Itoa(f.Port)
	how, means := "seems to fail", "The log does not say how the attempts end. A client that gets what it asks for does not ask so often for so long; one that is refused does."
	first := fmt.Sprintf("See how they end: tcpdump -n 'host %s and tcp port %s' on %s. RST: nothing listens there. No answer: a firewall drops it.", label(hostPart(f.Peer)), port, name)
	switch f.Class {
	case detect.Dead:
		how, means = "is refused", "The answer is a reset (RST): the machine is there, but nothing listens on that port."
		first = fmt.Sprintf("Start the service on %s again, or take it out of the configuration of whatever on %s still asks for it.", door, name)
	case detect.Blocked:
		how, means = "gets no answer", "Nothing comes back: a firewall swallows the packets, or the machine is gone."
		first = fmt.Sprintf("See whether %s is up, and whether a firewall on the way drops port %s; inside the house it should answer with a reset: silence holds a table entry until it times out.", door, port)
	}
	f.Title = fmt.Sprintf("%s %skeeps connecting to %s%s and %s", name, surely(f.Score), door, rate(f.RateS), how)
	failed := ""
	if f.Failed > 0 {
		failed = count(f.Failed, "session is", "sessions are") + " known to have failed."
	}
	f.Detail = sentences(fmt.Sprintf("%s connects to %s%s, %s, and %s.", who(f.Host, f.Name), door, rate(f.RateS), w.clock.span(f.Start, f.End), how), means, failed, trying(f, name), sure(f.Score))
	return []tip{{"service " + f.Peer, first},
		{"find " + f.Host, fmt.Sprintf("Find the program on %s (Linux: ss -tnp state syn-sent '( dport = :%s )'; Windows: netstat -abn).", name, port)}}
}

// tryingRate is how many sessions a second to a port where people log in are more than a client that retries.
const tryingRate = 2

// trying says what else a host that knocks so fast at a port of logins may be up to.
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
	return fmt.Sprintf("The second possibility: at this pace, to the port of %s, a worm or a program on %s may be guessing passwords.", service, name)
}

// door names the host of address:port where it is known.
func (w words) door(peer string) string {
	p := label(peer)
	if n := label(nameOf(w.opt.Names, hostPart(peer))); n != "" {
		return n + " (" + p + ")"
	}
	if p == "" {
		return "one address"
	}
	return p
}

// hostPart is the address of address:port.
func hostPart(s string) string {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().String()
	}
	return s
}

// rate is " 2.01 times a second", or by the minute or hour where it is slower.
func rate(perSecond float64) string {
	switch {
	case perSecond <= 0 || perSecond > 1e9:
		return ""
	case perSecond >= 0.1:
		return " " + strconv.FormatFloat(perSecond, 'g', 3, 64) + " times a second"
	case perSecond*60 >= 1:
		return " " + strconv.FormatFloat(perSecond*60, 'f', 1, 64) + " times a minute"
	}
	return " " + strconv.FormatFloat(perSecond*3600, 'f', 1, 64) + " times an hour"
}

// scan is a host that tries one door of many hosts, or many doors of one.
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
		{"stop " + f.Host, fmt.Sprintf("Take %s off the net until you know what it runs: most that scan without their owner's knowledge are infected (cameras, recorders and old routers first).", name)},
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
	return fmt.Sprintf("If it must stay, let the router drop its new sessions to port %d: ", f.Port) + deviceOf(f).blockRule(label(f.Host), proto, f.Port)
}

// growth words the finding of a host whose traffic grows from day to day (docs/incidents.md, 5).
func (w words) growth(f *detect.Finding) []tip {
	name, of := short(f.Host, f.Name), label(f.Class)
	if of == "" {
		of = "sessions"
	}
	f.Title = fmt.Sprintf("%s: %s %sgrow by %s a day", name, of, surely(f.Score), percent(f.GrowthDay))
	double, p := "", ""
	if f.DoublesDays > 0 && f.DoublesDays < 1e5 {
		double = fmt.Sprintf("If it goes on, they double every %.0f days.", f.DoublesDays)
	}
	if v := pValue(f.PValue); v != "" {
		p = "By chance alone: " + v + "."
	}
	f.Detail = sentences(fmt.Sprintf("The %s of %s grow by %s a day, %s a week (median of all pairs of days), %s; the median day has %s.", of, who(f.Host, f.Name), percent(f.GrowthDay), percent(weekly(f.GrowthDay)), utcDays(f), amount(f)),
		double, w.grownTo(f), w.limit(f), p, guess(f), sure(f.Score))
	return []tip{
		{"grows " + f.Host, fmt.Sprintf("Look on %s for a job whose work grows with what it has stored: a backup or a sync that lists all files each time, a log, a queue that nobody empties.", name)},
		{"compare " + f.Host, w.firstAndLast(f)},
	}
}

// utcDays is from which day to which: growth is counted in UTC days.
func utcDays(f *detect.Finding) string {
	day := func(t time.Time) string { return t.UTC().Format("Mon 2006-01-02") }
	return "from " + day(f.Start) + " to " + day(f.End.Add(-time.Nanosecond))
}

// firstAndLast are the queries that show what has become more: the first day of the growth and its last one, which end at midnight UTC.
func (w words) firstAndLast(f *detect.Finding) string {
	query := func(from time.Time) string {
		return fmt.Sprintf("uncloak query --host %s --from %s --to %s", label(f.Host), from.UTC().Format(time.RFC3339), from.Add(24*time.Hour).UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("Compare the first day with the last one: %s, and %s. To whom, and to which port, does it open more?", query(f.Start), query(f.End.Add(-24*time.Hour)))
}

// grownTo says where the growth goes.
func (w words) grownTo(f *detect.Finding) string {
	switch {
	case f.Peer != "":
		return fmt.Sprintf("%s of what was added goes to %s.", percent(f.PeerShare), label(f.Peer))
	case len(f.Ports) > 0:
		return "Most of what was added goes to " + label(f.Ports[0]) + " of many hosts."
	}
	return ""
}

// limit says when the growth meets a limit, and what that rests on.
func (w words) limit(f *detect.Finding) string {
	if f.Limit <= 0 {
		return ""
	}
	what := fmt.Sprintf("the session table%s (%s entries)", on(f.Router), num(int64(f.Limit)))
	if f.LimitHow == "overflow" {
		what = fmt.Sprintf("the session table%s (size not known: it was full with about %s entries)", on(f.Router), num(int64(f.Limit)))
	}
	if f.LimitOf == "link" {
		what = fmt.Sprintf("the link (%.4g Mbit/s, in its busiest hour)", f.Limit/1e6)
	}
	assuming := ", if it grows by the same part each day and all others stay as they are"
	day := func(t *time.Time) string { return t.UTC().Format("2006-01-02") } // counted in UTC days
	switch {
	case f.LimitDate == nil && f.LimitFrom == nil:
		return "It does not fill " + what + " within three years" + assuming + "."
	case f.LimitDate == nil:
		return fmt.Sprintf("It fills %s after %s at the earliest%s.", what, day(f.LimitFrom), assuming)
	case !f.LimitDate.After(f.End):
		return "With what the others have it fills " + what + " already."
	case f.LimitFrom == nil || f.LimitTo == nil:
		return fmt.Sprintf("It fills %s about %s%s; the end of the 95 %% interval is open.", what, day(f.LimitDate), assuming)
	}
	return fmt.Sprintf("It fills %s about %s (95 %%: %s to %s)%s.", what, day(f.LimitDate), day(f.LimitFrom), day(f.LimitTo), assuming)
}

// weekly compounds a daily growth.
func weekly(day float64) float64 {
	g := 1.0
	for range 7 {
		g *= 1 + day
	}
	return g - 1
}

func amount(f *detect.Finding) string {
	if f.PerDay < 0 || f.PerDay > 1e18 {
		return "an unknown amount"
	}
	if f.Class != "bytes" {
		return count(int64(f.PerDay+0.5), "session", "sessions")
	}
	for _, u := range []struct {
		n    float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if f.PerDay >= u.n {
			return fmt.Sprintf("%.1f %s", f.PerDay/u.n, u.name)
		}
	}
	return count(int64(f.PerDay), "byte", "bytes")
}
