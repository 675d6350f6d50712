package report

import (
	"strings"
	"time"

	"uncloak/detect"
)

func (w words) stop(f *detect.Finding, when string) []tip {
	name := w.short(f.Host, f.Name)
	t := tip{topic: "stop " + f.Host}
	switch {
	case f.Kind == detect.LoadKind && f.Application != nil &&
		(f.Application.Guess == detect.AppResolver || f.Application.Guess == detect.AppLookups):
		t.text = w.Say("See whether %s resolves names for others: then that is its work. Else look on it %s for the "+
			"program that asks.", name, when)
	case torrentLike(f):
		t.text = w.Say("Look on %s for a file-sharing client: close it, or lower its limits of connections and "+
			"of new connections a second.", name)
	default:
		t.text = w.Say("Look on %s %s for the program that opens the connections (Linux: ss -tunp; Windows: "+
			"netstat -abn); stop it, or space out what it does.", name, when)
	}
	return []tip{t}
}

// limits advises a rule that limits the sessions of the host: to a quarter of the table where its size is known.
func (w words) limits(f *detect.Finding) []tip {
	if f.Host == "" || f.Sessions > 0 && f.Sessions < 2*leastLimit {
		return nil
	}
	return []tip{w.hostLimit(f, w.tableOf(f.Router), false)}
}

// leastLimit is the smallest limit of sessions per host that is proposed: a browser with a few pages open holds 100 to
// 150 sessions.
const leastLimit = 100

// hostLimit words the firewall rule that limits one host to a quarter of a table of that size, which leaves room for
// three more such hosts; full says that a table overflowed.
func (w words) hostLimit(f *detect.Finding, size int, full bool) tip {
	n := 2 * leastLimit
	if size > 0 {
		n = max(size/4/50*50, leastLimit)
	}
	text := w.Say("Or limit it on the router, here to %s sessions: %s", num(n),
		deviceOf(f).limitRule(w.Language, label(f.Host), n))
	if full && w.clock.oneDay { // the replay says what is left of the overflows
		text += w.Say(" What that would have changed: uncloak table --day %s --what-if limit=%d@%s%s",
			w.clock.day.Format(time.DateOnly), n, label(f.Host), w.data())
	}
	return tip{"limit " + f.Host, text}
}

// tableOf returns the configured size of a router's table, or 0.
func (w words) tableOf(router string) int { return tableSize(&w.opt.Config, router) }

func tableSize(c *detect.Config, router string) int {
	if n := c.Tables[router]; n > 0 {
		return n
	}
	return max(c.Table, 0)
}

// family returns nft's keyword for the host's address family: ip or ip6.
func family(host string) string {
	if strings.Contains(host, ":") {
		return "ip6"
	}
	return "ip"
}

// data returns the flag that names the data directory, for commands in the advice.
func (w words) data() string {
	if w.opt.Data == "" {
		return ""
	}
	return " --data " + shellQuote(Clean(w.opt.Data))
}

func timeoutsOf(c *detect.Config, router string) detect.Timeouts {
	if t, ok := c.Held[router]; ok {
		return t
	}
	return c.Timeouts
}
