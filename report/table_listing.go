package report

import (
	"net/netip"
	"time"

	"uncloak/detect"
)

// TableListing is the table of a router at one moment, as a command of the router listed it.
type TableListing struct {
	Time     time.Time          `json:"time"`
	SpreadS  float64            `json:"spread_s,omitempty"` // ± of Time
	Entries  int                `json:"entries"`
	Capacity int                `json:"capacity,omitempty"` // entries that the table takes, where that is known
	States   map[string]int     `json:"states,omitempty"`
	Hosts    []detect.ListedFor `json:"hosts"` // with most entries
}

// listings gives the listings of a router that lie in the window of opt.
func listings(days []*detect.Day, router string, opt *Options, names func(netip.Addr) string,
	loc *time.Location) (out []TableListing) {
	for _, d := range days {
		r := d.Routers[router]
		if r == nil {
			continue
		}
		for i := range r.Listings {
			l := &r.Listings[i]
			if at := time.Unix(0, l.First); at.Before(opt.From) || !opt.To.IsZero() && !at.Before(opt.To) {
				continue
			}
			out = append(out, TableListing{Time: time.Unix(0, l.First).In(loc), SpreadS: float64(l.Spread) / 1000,
				Entries: int(l.Entries), Capacity: tableSize(&opt.Config, router), States: l.States.Named(),
				Hosts: l.View(names)})
		}
	}
	return out
}

// maxListed bounds the listings in text.
const maxListed = 6

// atListing bounds the time between a listing and a moment that it answers for.
const atListing = time.Minute

// listings writes the latest listings of a router, or those near the moment that was asked for.
func (p *page) listings(v *TableView, r *TableRouter) {
	var show []*TableListing
	for i := range r.Listings {
		if l := &r.Listings[i]; v.At == nil || l.Time.Sub(v.At.Time).Abs() <= atListing {
			show = append(show, l)
		}
	}
	if n := len(show) - maxListed; n > 0 {
		p.line("")
		p.line("   " + count(English, uint64(n), "earlier listing", "earlier listings") + " (--format json)")
		show = show[n:]
	}
	for _, l := range show {
		p.listing(v, r, l)
	}
}

// listing writes one listing.
func (p *page) listing(v *TableView, r *TableRouter, l *TableListing) {
	p.line("")
	size := ""
	if l.Capacity > 0 {
		size = ", " + percent(float64(l.Entries)/float64(l.Capacity)) + " of " + num(l.Capacity)
	}
	p.put(p.paint("LISTED", "bold")+"  ", "the table"+English.on(r.Router)+" at "+v.clock.with(l.Time)+": "+
		count(English, uint64(l.Entries), "entry", "entries")+size+" · "+states(l.States), 8)
	rows := [][]string{{"host", "name", "entries", "of all", "not answered", "peers", "from port", "to port"}}
	for i := range l.Hosts {
		h := &l.Hosts[i]
		rows = append(rows, []string{label(h.Host), clip(label(h.Name), 20), num(h.Entries), percent(h.Share),
			num(h.Unreplied), num(h.Peers), h.Own, h.Port})
	}
	p.columns(rows, "llrrrrll")
}
