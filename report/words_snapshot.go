package report

import (
	"strings"

	"uncloak/detect"
)

// snapshot words a listing of the session table: who held how much of it, in which state, by which ports.
func (w words) snapshot(f *detect.Finding) []tip {
	at := w.clock.with(f.Start)
	entries := count(w.Language, uint64(f.Entries), "entry", "entries")
	about, size := "", ""
	if f.SpreadS >= 2 {
		about = w.Say("about ") // the rows bear no time
	}
	if f.Capacity > 0 {
		size = w.Say(", %s of its %s", percent(float64(f.Entries)/float64(f.Capacity)), num(f.Capacity))
	}
	f.Title = w.Say("the session table%s, as listed: %s%s", w.on(f.Router), entries, size)
	if f.Host != "" && f.TableShare >= 0.5 {
		f.Title = w.Say("%s held %s of %s in the session table%s", w.short(f.Host, f.Name),
			num(f.Listed[0].Entries), entries, w.on(f.Router))
	}
	var held []string
	for i := range f.Listed[:min(3, len(f.Listed))] {
		h := &f.Listed[i]
		if i == 0 {
			held = append(held, w.Say("%s.", w.heldMost(h)))
			continue
		}
		held = append(held, w.Say("Next: %s with %s%s.", w.short(h.Host, h.Name), num(h.Entries), w.oneState(h)))
	}
	f.Detail = w.sentences(
		w.Say("At %s%s the table%s had %s%s.", about, at, w.on(f.Router), entries, size),
		w.sentences(held...), w.looksLike(f),
		w.Say("A listing does not say when the sessions began, nor how fast they come."))
	return []tip{
		{"snapshot-table", w.Say("See all hosts of the listing: uncloak table.")},
		{"snapshot-log", w.Say(
			"To learn when sessions begin and how often, let the router log new ones (docs/receiving.md).")},
	}
}

// heldMost says of the host with most entries how many they are, in which state, by which port and to how many peers.
func (l Language) heldMost(h *detect.ListedFor) string {
	s := l.Say("%s held %s (%s)%s", l.short(h.Host, h.Name), num(h.Entries), percent(h.Share), l.oneState(h))
	if h.Own != "" {
		s += l.Say(", nearly all from its port %s", h.Own)
	}
	if h.Port != "" {
		s += l.Say(", most to port %s", h.Port)
	}
	if h.Peers == 0 { // a list of translations names no other ends
		return s
	}
	return s + l.Say(", to %s", count(l, uint64(h.Peers), "address", "addresses"))
}

// oneState names the state of a host's entries where nearly all have the same.
func (l Language) oneState(h *detect.ListedFor) string {
	if h.Unreplied == h.Entries {
		return l.Say(", none of them answered")
	}
	if 2*h.Unreplied >= h.Entries {
		return l.Say(", %s of them not answered", num(h.Unreplied))
	}
	for state, n := range h.States {
		if 10*n >= 9*h.Entries && state != "not told" {
			return l.Say(", nearly all %s", state)
		}
	}
	return ""
}

// looksLike says what the entries of the host that holds most look like, where its own port tells.
func (l Language) looksLike(f *detect.Finding) string {
	if len(f.Listed) == 0 || f.TableShare < 0.3 {
		return ""
	}
	h := &f.Listed[0]
	many := h.Peers >= 30 && 2*h.Peers >= h.Entries
	switch {
	case strings.HasPrefix(h.Own, "udp/688"), many && strings.HasPrefix(h.Own, "udp/") && 2*h.Unreplied >= h.Entries:
		return l.Say("That looks like a BitTorrent client or another node of a DHT: one port of its own, and many " +
			"peers, of which few answer.")
	case many && h.Port != "" && 2*h.Unreplied >= h.Entries:
		return l.Say("Many addresses at one port, of which few answer: that looks like a scan, or a worm.")
	}
	return ""
}
