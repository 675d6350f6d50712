package report

import (
	"fmt"
	"strconv"
	"strings"

	"uncloak/detect"
)

// flood is a port that gets far more handshakes than anybody finishes.
func (w words) flood(f *detect.Finding) []tip {
	where := "port " + strconv.Itoa(f.Port)
	if h := short(f.Host, f.Name); f.Host != "" {
		where += " of " + h
	}
	said := ""
	if f.Lines > 0 {
		said = fmt.Sprintf("The kernel or the firewall says so in %s", count(f.Lines, "line", "lines"))
		if f.Drops > 0 {
			said += fmt.Sprintf(" (and %s that it counted without writing them)", count(f.Drops, "further one", "further ones"))
		}
		said += "."
	}
	if f.Class == detect.KernelSays {
		f.Title = fmt.Sprintf("SYN flood%s: %s %sgets more handshakes than it can take", on(f.Router), where, surely(f.Score))
		from := ""
		if p := label(f.Peer); p != "" {
			from = "It names " + p + " as the last peer; the sender of a SYN can be forged."
		}
		f.Detail = sentences(said, fmt.Sprintf("Seen %s, %s.", times(max(f.Seen, 1)), w.clock.span(f.Start, f.End)),
			"The message means: the queue of half-open connections of that port was full. An attack does that, and so does a service with a queue that is too short for its visitors.",
			from, sure(f.Score))
		return floodAdvice(f)
	}
	what, means := "handshakes that are answered and never finished", "The server answers, the answer goes nowhere: the senders are forged, or do not care."
	if f.Class == detect.Unanswered {
		what, means = "handshakes that nothing answers", "Nothing answers on that port: each attempt holds an entry of the session table until it times out. A port forward to a machine that is gone or drops silently gets a few of these all the time; this is far above that."
	}
	f.Title = fmt.Sprintf("%s is %sflooded with SYNs", where, surely(f.Score))
	f.Detail = sentences(
		fmt.Sprintf("%s gets %s, up to %s a second, %s; %s of them are %s.", capital(where), count(f.Sessions, "session", "sessions"), strconv.FormatFloat(f.RateS, 'f', -1, 64), w.clock.span(f.Start, f.End), percent(f.HalfOpen), what),
		sources(f), means, said, sure(f.Score))
	return floodAdvice(f)
}

// sources is from how many addresses and networks it came.
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
		{"cookies", "On the server: sysctl net.ipv4.tcp_syncookies=1 (1 is the default), and a longer queue where the visitors are real: net.core.somaxconn and the program's own backlog."},
		{"synproxy", fmt.Sprintf("On a Linux router: let it finish the handshakes itself (nft: synproxy, after notrack for new SYNs to port %d), so that half-open ones cost no entry of its table.", f.Port)},
		{"half-open", "Hold half-open sessions for less time: sysctl net.netfilter.nf_conntrack_tcp_timeout_syn_recv=20 (Linux has 60)."},
	}
	if len(f.Networks) > 0 {
		tips = append(tips, tip{"block networks", "Drop the networks named above at the border, or ask the provider to do it: what arrives has already used the line."})
	}
	if f.Class == detect.Unanswered {
		tips = append(tips, tip{"forward", fmt.Sprintf("Take away the forward of port %d if nothing uses it, or let the host answer with a reset: silence holds an entry, a reset none.", f.Port)})
	}
	return tips
}

// storm is a host that asks for names like nobody else.
func (w words) storm(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	whom := ""
	if r := label(f.Resolver); r != "" {
		whom = " of " + r
	}
	what, means := "", ""
	switch f.Class {
	case detect.Unanswered:
		what = "keeps asking a resolver that does not answer"
		means = "Hardly any of its lookups gets an answer: the resolver is gone or a firewall drops them, and the host asks again at once."
	case detect.OneName:
		what = "asks for the same name over and over"
		means = "A program that keeps asking for one name does not like the answer, or does not remember it."
	case detect.Steady:
		what = "asks for far more names than it used to"
	default:
		what = "asks for names in storms"
	}
	f.Title = fmt.Sprintf("%s %s%s", name, surely(f.Score), what)
	how := fmt.Sprintf("%s makes %s%s, %s", who(f.Host, f.Name), count(f.Lookups, "lookup", "lookups"), whom, w.clock.span(f.Start, f.End))
	if f.Class == detect.Sudden {
		how = fmt.Sprintf("%s makes about %s%s in %s, %s, %s", who(f.Host, f.Name), count(f.Lookups, "lookup", "lookups"), whom, seconds(f.LengthS), times(max(f.Seen, 1)), w.clock.span(f.Start, f.End))
	}
	if f.RateS > 0 {
		how += " (" + strings.TrimSpace(rate(f.RateS)) + ")"
	}
	f.Detail = sentences(how+".", means, asked(f), "No other host's bursts explain it: it is no echo.", sure(f.Score))
	first := fmt.Sprintf("Find out what %s asks for: tcpdump -n 'host %s and port 53', or the query log of the resolver.", name, label(f.Host))
	if f.Class == detect.Unanswered {
		first = fmt.Sprintf("Give %s a resolver that answers (DHCP option 6, or its own network settings), or let the firewall refuse instead of dropping.", name)
	}
	return []tip{{"names " + f.Host, first},
		{"cache " + f.Host, "A cache on the host (systemd-resolved, nscd, dnsmasq) takes away repeated lookups; a log analyzer or mail filter should not resolve every address."}}
}

func asked(f *detect.Finding) string {
	if len(f.Names) == 0 {
		return ""
	}
	var out []string
	for _, n := range f.Names {
		out = append(out, fmt.Sprintf("%s (%s)", label(n.What), count(n.N, "time", "times")))
	}
	return "Asked for most: " + list(out) + "."
}

// flap is an interface that goes down again and again.
func (w words) flap(f *detect.Finding) []tip {
	port := label(f.Interface)
	f.Title = fmt.Sprintf("%s%s went down %s", port, on(f.Router), times(f.Downs))
	f.Detail = sentences(fmt.Sprintf("The link of %s%s went down %s, %s.", port, on(f.Router), times(f.Downs), w.clock.span(f.Start, f.End)),
		"Each time, what is behind it is cut off for seconds (longer where spanning tree listens first), and sessions over it stall.",
		"What may cause it: a cable or plug, a power supply, a port that saves energy (EEE), two ends that disagree about speed, a machine that sleeps.", sure(f.Score))
	return []tip{
		{"cable " + f.Interface, fmt.Sprintf("Change the cable and the port of %s first; look at the error counters (ethtool -S %s, show interfaces).", port, shellQuote(port))},
		{"speed " + f.Interface, "Let both ends negotiate; switch off energy saving (ethtool --set-eee … eee off) to see whether it stays up."},
	}
}

// lag is a target that answers late in spells.
func (w words) lag(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	f.Title = fmt.Sprintf("%s %sanswers late: up to %s instead of %s", name, surely(f.Score), milli(f.RTTS), milli(f.UsualRTTS))
	where := "The target is outside: the lag begins at the own router, on the line, or beyond it; the first hop was not measured, or did not lag."
	switch {
	case f.Class == detect.FirstHop:
		where = "It is inside: the lag begins on the first hop, not at the provider. A router whose table is full or whose processor is busy does that, and a bad link."
	case f.With != "":
		where = "The first hop lags in the same spells: it begins inside, not at the provider."
	}
	lost := ""
	if f.Unanswer >= 0.01 {
		lost = percent(f.Unanswer) + " of the probes in them got no answer."
	}
	f.Detail = sentences(fmt.Sprintf("%s answered late in %s, %s: up to %s (mean of ten seconds) instead of the usual %s.", capital(who(f.Host, f.Name)), count(max(f.Seen, 1), "spell", "spells"), w.clock.span(f.Start, f.End), milli(f.RTTS), milli(f.UsualRTTS)),
		lost, where, sure(f.Score))
	return []tip{{"hop", "Measure hop by hop while it lags (mtr -n, or ping each hop of a traceroute from the far end inwards): it begins at the first hop that is late."},
		{"when", "Compare the spells with bursts and full tables of the same time: uncloak report names them."}}
}

// milli is a round trip as people know it.
func milli(s float64) string {
	if s < 0.01 {
		return strconv.FormatFloat(s*1000, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(s*1000, 'f', 0, 64) + " ms"
}
