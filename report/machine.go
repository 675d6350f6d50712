package report

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
)

// maxMachineRows bounds each table about one machine.
const maxMachineRows = 20

// Machine holds all that the days of a report tell of one machine, under all its addresses. Its text is clean.
type Machine struct {
	Title     string      `json:"title"` // name and address
	Known     bool        `json:"known"` // the days tell anything of it
	Facts     [][2]string `json:"facts"`
	Grids     []Grid      `json:"grids"`
	Incidents []Headline  `json:"incidents"` // of which it is a part
	Hour      []uint64    `json:"hour"`      // sessions opened by minute, of the hour before the end of the window
	Pictures  []Figure    `json:"-"`         // filled by Draw

	draw func()
}

// Draw fills Pictures: its sessions over time, and its minutes of the hour.
func (v *Machine) Draw() {
	if v.draw != nil {
		v.draw()
	}
}

// NewMachine gathers what the days of the report say of the machine with these addresses, of which the last one is
// shown.
func NewMachine(m *Model, days []*detect.Day, addrs []netip.Addr, opt Options) *Machine {
	names := hostNames(days, opt.Names)
	shown := addrs[len(addrs)-1]
	v := &Machine{Title: m.who(shown.String(), names(shown))}
	var all []*detect.Host
	for _, h := range hostsOf(days, addrs) {
		all = append(all, h)
	}
	v.Known = len(all) > 0
	for i := range m.Incidents {
		if in := &m.Incidents[i]; slices.ContainsFunc(in.parts, func(p part) bool { return p.about(addrs) }) {
			v.Incidents = append(v.Incidents, in.headline(m))
		}
	}
	if !v.Known {
		return v
	}
	v.facts(all, addrs, &opt, days)
	v.tables(m.Language, all, &opt)
	v.Hour = make([]uint64, liveMinutes)
	for d, h := range hostsOf(days, addrs) {
		perMinute(v.Hour, d, &h.Sessions, opt.To.Truncate(detect.SlotLen))
	}
	v.draw = func() { v.pictures(m, days, addrs, &opt, names) }
	return v
}

// hostsOf yields what each day has of each of the addresses.
func hostsOf(days []*detect.Day, addrs []netip.Addr) iter.Seq2[*detect.Day, *detect.Host] {
	return func(yield func(*detect.Day, *detect.Host) bool) {
		for _, d := range days {
			for _, a := range addrs {
				if h := d.Hosts[a]; h != nil && !yield(d, h) {
					return
				}
			}
		}
	}
}

// about says whether the part is about one of the addresses.
func (p part) about(addrs []netip.Addr) bool {
	return slices.ContainsFunc(addrs, func(a netip.Addr) bool {
		s := a.String()
		return p.Host == s || slices.Contains(p.Addresses, s) ||
			slices.ContainsFunc(p.Holders, func(h detect.Share) bool { return h.Host == s })
	})
}

func (v *Machine) facts(all []*detect.Host, addrs []netip.Addr, opt *Options, days []*detect.Day) {
	add := func(what, text string) {
		if text != "" && text != "0" {
			v.Facts = append(v.Facts, [2]string{opt.Language.Say(what), text})
		}
	}
	var sessions, inbound, asked, denied, bytes uint64
	macs, called := map[string]bool{}, map[string]bool{}
	for d, h := range hostsOf(days, addrs) {
		sessions += within(d, &h.Sessions, opt)
		inbound += within(d, &h.Inbound, opt)
		asked += lookups(d, h, opt)
		denied, bytes = denied+h.Denied, bytes+h.Bytes
		if h.MAC != "" {
			macs[label(strings.TrimPrefix(h.MAC, "name:"))] = true
		}
		if h.Name != "" {
			called[label(h.Name)] = true
		}
	}
	var words []string
	for _, a := range addrs {
		words = append(words, a.String())
	}
	add("addresses", strings.Join(words, ", "))
	add("names", strings.Join(slices.Sorted(maps.Keys(called)), ", "))
	add("hardware address", strings.Join(slices.Sorted(maps.Keys(macs)), ", "))
	add("sessions opened", num(sessions))
	add("sessions from outside", num(inbound))
	add("lookups", num(asked))
	add("peers", num(detect.DistinctPeers(all...)))
	add("denied", num(denied))
	if bytes > 0 {
		add("bytes, as far as ends are logged", opt.Language.octets(bytes))
	}
}

// ranked makes a table of the largest counts.
func ranked[K comparable](l Language, title, what string, counts map[K]uint64, name func(K) string) (g Grid, ok bool) {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(name(a), name(b)))
	})
	g = Grid{Title: l.Say(title), Head: l.heads(what, "times"), align: "lr"}
	for _, k := range keys[:min(maxMachineRows, len(keys))] {
		g.Rows = append(g.Rows, []string{name(k), num(counts[k])})
	}
	if n := len(keys) - maxMachineRows; n > 0 {
		g.More = l.Say("… and %s more.", num(n))
	}
	return g, len(keys) > 0
}

func (v *Machine) tables(l Language, all []*detect.Host, opt *Options) {
	ports, resolvers, asked := map[detect.Port]uint64{}, map[netip.Addr]uint64{}, map[string]uint64{}
	doors, served := map[detect.Door]uint64{}, map[detect.Port]uint64{}
	for _, h := range all {
		for p, n := range h.Ports {
			ports[p] += n
		}
		for a, n := range h.Resolvers {
			resolvers[a] += n
		}
		for name, n := range h.Names {
			asked[name] += n
		}
		for d, t := range h.Targets {
			doors[d] += t.N
		}
		for p, s := range h.Served {
			served[p] += s.N
		}
	}
	add := func(g Grid, ok bool) {
		if ok {
			v.Grids = append(v.Grids, g)
		}
	}
	add(ranked(l, "Ports that it goes to", "port", ports, portName))
	add(ranked(l, "Services that it goes to most", "service", doors, func(d detect.Door) string {
		s := d.Peer.String() + " " + portName(d.Port)
		if at := opt.place(d.Peer.String()); at != "" {
			s += " (" + label(at) + ")"
		}
		return s
	}))
	add(ranked(l, "Names that it asks for most", "name", asked, label))
	add(ranked(l, "Servers that it asks for names", "server", resolvers, netip.Addr.String))
	add(ranked(l, "Its ports that are reached from outside", "port", served, portName))
}

// pictures draws its sessions over time and its minutes of the hour.
func (v *Machine) pictures(m *Model, days []*detect.Day, addrs []netip.Addr, opt *Options,
	names func(netip.Addr) string) {
	var own []detect.Finding
	for _, a := range addrs {
		own = append(own, detect.Finding{Kind: detect.BurstKind, Host: a.String()})
	}
	for i := range m.Findings {
		if f := &m.Findings[i]; f.Kind == detect.PeriodicBurst && (part{Finding: f}).about(addrs) {
			own = append(own, *f)
		}
	}
	var out []picture
	o := sessionsOf(days, addrs, opt)
	if o.peak > 0 {
		p := picture{Title: m.Say("Sessions over time"), Caption: m.Say("Sessions that it opened; each column is %s.",
			m.seconds(o.bin.Seconds())), rows: 8, plot: o.plotter(m.clock.loc), Data: o.data(m.clock)}
		p.Data.Head = m.heads("from", "sessions in the busiest column")
		for i := range p.Data.Rows {
			p.Data.Rows[i] = p.Data.Rows[i][:2]
		}
		out = append(out, p)
	}
	x := Model{Language: m.Language, clock: m.clock, phases: makePhaseMap(days, own, opt, names)}
	v.Pictures = figures(append(out, x.pictures()...))
}

// sessionsOf counts the sessions that the addresses opened, by columns of the picture.
func sessionsOf(days []*detect.Day, addrs []netip.Addr, opt *Options) (o occupancy) {
	if !o.span(days, opt) {
		return o
	}
	o.what, o.parts = "sessions", [][]float64{make([]float64, len(o.full))}
	for d, h := range hostsOf(days, addrs) {
		for _, s := range h.Sessions.Slots {
			if i := o.at(d.Date.Start().Add(time.Duration(s.I) * detect.SlotLen)); i >= 0 && i < len(o.full) {
				o.parts[0][i] += float64(s.N)
				o.peak = max(o.peak, o.parts[0][i])
			}
		}
	}
	return o
}
