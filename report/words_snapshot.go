package report

import (
	"fmt"
	"strings"

	"uncloak/detect"
)

// snapshot words a listing of the session table: who held how much of it, in which state, by which ports.
func (w words) snapshot(f *detect.Finding) []tip {
	at := w.clock.with(f.Start)
	entries := count(uint64(f.Entries), "entry", "entries")
	about, size := "", ""
	if f.SpreadS >= 2 {
		about = "about " // the rows bear no time
	}
	if f.Capacity > 0 {
		size = fmt.Sprintf(", %s of its %s", percent(float64(f.Entries)/float64(f.Capacity)), num(f.Capacity))
	}
	f.Title = fmt.Sprintf("the session table%s, as listed: %s%s", on(f.Router), entries, size)
	if f.Host != "" && f.TableShare >= 0.5 {
		f.Title = fmt.Sprintf("%s held %s of %s in the session table%s", short(f.Host, f.Name),
			num(f.Listed[0].Entries), entries, on(f.Router))
	}
	var held []string
	for i := range f.Listed[:min(3, len(f.Listed))] {
		h := &f.Listed[i]
		if i == 0 {
			held = append(held, heldMost(h)+".")
			continue
		}
		held = append(held, fmt.Sprintf("Next: %s with %s%s.", short(h.Host, h.Name), num(h.Entries), oneState(h)))
	}
	f.Detail = sentences(
		fmt.Sprintf("At %s%s the table%s had %s%s.", about, at, on(f.Router), entries, size),
		strings.Join(held, " "), looksLike(f),
		"A listing does not say when the sessions began, nor how fast they come.")
	return []tip{
		{"snapshot-table", "See all hosts of the listing: uncloak table."},
		{"snapshot-log", "To learn when sessions begin and how often, let the router log new ones " +
			"(docs/receiving.md)."},
	}
}

// heldMost says of the host with most entries how many they are, in which state, by which port and to how many peers.
func heldMost(h *detect.ListedFor) string {
	s := fmt.Sprintf("%s held %s (%s)%s", short(h.Host, h.Name), num(h.Entries), percent(h.Share), oneState(h))
	if h.Own != "" {
		s += ", nearly all from its port " + h.Own
	}
	if h.Port != "" {
		s += ", most to port " + h.Port
	}
	if h.Peers == 0 { // a list of translations names no other ends
		return s
	}
	return s + ", to " + count(uint64(h.Peers), "address", "addresses")
}

// oneState names the state of a host's entries where nearly all have the same.
func oneState(h *detect.ListedFor) string {
	if h.Unreplied == h.Entries {
		return ", none of them answered"
	}
	if 2*h.Unreplied >= h.Entries {
		return fmt.Sprintf(", %s of them not answered", num(h.Unreplied))
	}
	for state, n := range h.States {
		if 10*n >= 9*h.Entries && state != "not told" {
			return ", nearly all " + state
		}
	}
	return ""
}

// looksLike says what the entries of the host that holds most look like, where its own port tells.
func looksLike(f *detect.Finding) string {
	if len(f.Listed) == 0 || f.TableShare < 0.3 {
		return ""
	}
	h := &f.Listed[0]
	many := h.Peers >= 30 && 2*h.Peers >= h.Entries
	switch {
	case strings.HasPrefix(h.Own, "udp/688"), many && strings.HasPrefix(h.Own, "udp/") && 2*h.Unreplied >= h.Entries:
		return "That looks like a BitTorrent client or another node of a DHT: one port of its own, and many peers, " +
			"of which few answer."
	case many && h.Port != "" && 2*h.Unreplied >= h.Entries:
		return "Many addresses at one port, of which few answer: that looks like a scan, or a worm."
	}
	return ""
}
