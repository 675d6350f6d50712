package report

import (
	"math/bits"
	"net/netip"
	"time"

	"uncloak/detect"
)

// entryBytes is the approximate kernel memory of one conntrack entry (struct nf_conn with its extensions is 256 to
// 320 bytes on 64-bit kernels 4.x to 6.x).
const entryBytes = 320

func (w words) tableFull(f *detect.Finding) []tip {
	n, how := 1, ""
	f.Title = w.Say("session table full%s", w.on(f.Router))
	if w.whole {
		n = max(f.Episodes, 1)
		f.Title = w.Say("session table full %s%s", w.times(n), w.on(f.Router))
	} else if f.Episodes > 1 {
		how = w.Say("This is one of %d such spells.", f.Episodes)
	}
	if f.Host != "" && f.TableShare > 0 {
		f.Title = w.Say("%s: %s %sheld %s of it", f.Title, w.short(f.Host, f.Name), w.surely(holderScore(f)),
			percent(f.TableShare))
	}
	victims := w.victims(f)
	if w.whole { // an incident shows them in a line of their own
		victims = ""
	}
	f.Detail = w.sentences(w.refusals(f, n), w.holders(f), w.fullness(f), how, w.trigger(f), w.fits(f), w.inlets(f),
		victims)
	return w.tableAdvice(f)
}

// refusals words the router's own messages: how many packets it refused, when, and in how many spells.
func (w words) refusals(f *detect.Finding, n int) string {
	router := w.Say("The router")
	if r := label(f.Router); r != "" {
		router = r
	}
	what := w.Say("new sessions")
	if d := max(f.Drops, f.Lines); d > 0 {
		what = w.Say("%s of new sessions", count(w.Language, d, "packet", "packets"))
	}
	s := w.Say("%s refused %s because its table was full, %s, %s", router, what, w.bounds(f), w.spells(n))
	if hidden := f.Drops - f.Lines; f.Lines > 0 && hidden > 0 {
		s += w.Say(" (%s say so, the kernel only counted the other %s)", count(w.Language, f.Lines, "line", "lines"),
			num(hidden))
	}
	return w.Say("%s.", s)
}

func (l Language) spells(n int) string {
	if n == 1 {
		return l.Say("in one spell")
	}
	return l.Say("in %s spells", num(n))
}

// holders names the hosts that filled the table, as rebuilt from the log.
func (w words) holders(f *detect.Finding) string {
	if len(f.Holders) == 0 && f.Host == "" && untimed(f) {
		return w.Say("The lines bear no time: who held it cannot be told, even where the log has the sessions.")
	}
	if len(f.Holders) == 0 && f.Host == "" {
		return w.Say("The log does not show who held it: log new sessions (nft: ct state new log) to learn that.")
	}
	lead := f.Holders
	first := detect.Share{Host: f.Host, Name: f.Name, Share: f.TableShare}
	if first.Host == "" {
		first, lead = lead[0], lead[1:]
	} else if len(lead) > 0 && lead[0].Host == f.Host {
		lead = lead[1:]
	}
	s := w.Say("When it was full, %s %sheld %s of it", w.who(first.Host, first.Name), w.surely(holderScore(f)),
		percent(first.Share))
	var next []string
	for _, h := range lead[:min(2, len(lead))] {
		next = append(next, w.short(h.Host, h.Name)+" "+percent(h.Share))
	}
	if len(next) > 0 {
		s = w.Say("%s; next %s", s, w.list(next))
	}
	s = w.Say("%s (rebuilt from the log).", s)
	if unsure(f.Score) && len(next) > 0 {
		s += w.Say(" Which of them held most is not sure: the parts are close, or the log has gaps.")
	}
	return s
}

func (w words) fullness(f *detect.Finding) string {
	switch {
	case f.Capacity > 0:
		return w.Say("The table takes %s entries.", num(f.Capacity))
	case f.Entries > 0:
		s := w.Say("Its size is not known; about %s were in it by then, as rebuilt.",
			count(w.Language, f.Entries, "entry", "entries"))
		if thin(f) {
			s += w.Say(" So few fill no router's table: most of its sessions are not in the log.")
		}
		return s
	}
	return w.Say("Its size is not known.")
}

// smallestTable is a size below that of any router's table: small ones take 512 to 1,024 entries.
const smallestTable = 256

// thin says that the rebuilt entries are too few to be all of the table.
func thin(f *detect.Finding) bool {
	return f.Entries > 0 && f.Entries < smallestTable && (f.Capacity == 0 || f.Entries < f.Capacity/2)
}

// holderScore returns the certainty, 0..1, of the host named as holder of the table.
func holderScore(f *detect.Finding) float64 {
	if thin(f) {
		return min(nonZero(f.Score), 0.6)
	}
	return f.Score
}

// untimed says that the times of the lines are too rough to compare them with sessions.
func untimed(f *detect.Finding) bool { return f.SpreadS > 120 }

// capacity returns the size of the table to reckon with; exact says that it was configured.
func capacity(f *detect.Finding) (n int, exact bool) {
	if f.Capacity > 0 {
		return f.Capacity, true
	}
	return f.Entries, false
}

func (w words) tableAdvice(f *detect.Finding) (out []tip) {
	size, exact := capacity(f)
	share := f.TableShare
	if w.blame != nil {
		share = shareOf(f, w.blame.Host)
		out = append(out, w.hostLimit(w.blame, size, true))
	} else if f.Host != "" && share >= 0.3 {
		out = append(out, tip{"stop " + f.Host, w.Say("Stop or slow down what fills it on %s: that alone frees "+
			"%s of the table.", w.short(f.Host, f.Name), percent(share))})
		out = append(out, w.hostLimit(f, size, true))
	} else if f.Host == "" && len(f.Holders) == 0 && untimed(f) {
		out = append(out, tip{"log", w.Say("Take the log with times: the syslog of that time, or dmesg with its " +
			"stamps (as it prints them, or dmesg --time-format iso). Imported together with this one, it places " +
			"these lines.")})
	} else if f.Host == "" && len(f.Holders) == 0 {
		out = append(out, tip{"log", w.Say("Let the router log new sessions (Linux: nft add rule … ct state new log " +
			"prefix \"NEW \"; see the README for others): only then can the host be named that fills the table.")})
	}
	out = append(out, w.inletAdvice(f)...)
	if size >= leastLimit && deviceOf(f) == linuxBox {
		more := w.larger(size, exact)
		if share >= 0.5 || w.blame != nil {
			more += w.Say(" It buys time only: a fast host fills the larger table as well.")
		}
		out = append(out, tip{"size", more})
	}
	if t := w.shorter(f.Router); t != "" && deviceOf(f) == linuxBox {
		out = append(out, tip{"timeouts", t})
	}
	if !exact {
		out = append(out, tip{"tell", w.Say("Tell uncloak the size (table: N in its config; on Linux: sysctl " +
			"net.netfilter.nf_conntrack_max), so that it can reckon with it.")})
	}
	return out
}

// shareOf returns the part of the table that a host held.
func shareOf(f *detect.Finding, host string) float64 {
	for _, h := range f.Holders {
		if h.Host == host {
			return h.Share
		}
	}
	if f.Host == host {
		return f.TableShare
	}
	return 0
}

// isHost says whether s is an address, and not detect's "router and others".
func isHost(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// larger words the advice to enlarge the table to the next power of two at or above twice its size. As many hash
// buckets keep the chains short (Documentation/networking/nf_conntrack-sysctl.rst: each entry is in the hash twice).
func (w words) larger(size int, exact bool) string {
	if size > 1<<24 {
		return w.Say("The table is larger than any router needs: look for the cause.")
	}
	n := 1 << bits.Len(uint(2*size-1))
	than := num(size)
	if !exact {
		than = w.Say("about %s", than)
	}
	return w.Say("A larger table: sysctl -w net.netfilter.nf_conntrack_max=%d instead of %s, and as many hash "+
		"buckets (echo %d > /sys/module/nf_conntrack/parameters/hashsize); about %.0f MB of kernel memory when full.",
		n, than, n, max(1, float64(n)*entryBytes/1e6))
}

// shorter words the advice to shorten timeouts, where those in force are longer.
func (w words) shorter(router string) string {
	t := timeoutsOf(&w.opt.Config, router)
	var out []string
	for _, x := range []struct {
		key      string
		now, new time.Duration
	}{
		{"nf_conntrack_udp_timeout_stream", t.UDPStream, 60 * time.Second},
		{"nf_conntrack_udp_timeout", t.UDP, 20 * time.Second},
		{"nf_conntrack_tcp_timeout_time_wait", t.TimeWait, 30 * time.Second},
		{"nf_conntrack_tcp_timeout_syn_sent", t.SynSent, 30 * time.Second},
	} {
		if x.now > x.new {
			out = append(out, w.Say("%s=%d (now %d)", x.key, int(x.new.Seconds()), int(x.now.Seconds())))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return w.Say("Forget dead sessions sooner (sysctl net.netfilter.…): %s. \"Now\" is what uncloak reckons with.",
		w.items(out))
}
