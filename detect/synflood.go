package detect

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// SYNFloodKind is the kind of a port that is flooded with SYNs.
const SYNFloodKind = "syn-flood"

// The classes of SYNFloodKind.
const (
	KernelSays = "kernel"     // the kernel or the firewall says so
	HalfOpen   = "half-open"  // handshakes that were answered and never finished
	Unanswered = "unanswered" // nothing ever answers; dns-storm, too
)

const (
	maxServed   = 16               // ports of a host whose visitors are counted in a day
	floodJoin   = 10 * time.Minute // kernel lines about one port closer than this are one flood
	floodFloor  = 100              // sessions to one port in ten seconds, below which nothing is a flood
	floodUsual  = 8.0              // times what is usual for that port
	floodUndone = 0.8              // share of the sessions that must not come about
	floodGap    = 60 * time.Second // spells closer than this are one
	floodNets   = 3                // networks that are named, where they have
	floodNet    = 0.05             // … at least this share
)

// SYNFlood holds where a flood came from, and how few of its sessions came about.
type SYNFlood struct {
	Sources  int      `json:"sources,omitempty"`   // different addresses that it came from
	Networks []string `json:"networks,omitempty"`  // those with most, as prefixes
	HalfOpen float64  `json:"half_open,omitempty"` // share of the sessions that never came about
}

// Flood is a spell in which a kernel or a firewall said that it was flooded with SYNs.
type Flood struct {
	Start, End int64 // ns
	Door       netip.AddrPort
	From       netip.Addr // where the line names one
	Lines      uint32
	Hidden     uint32 // further lines that the kernel counted instead of logging them
}

func compareFloods(a, b Flood) int {
	return cmp.Or(
		cmp.Compare(a.Start, b.Start),
		a.Door.Compare(b.Door),
		a.From.Compare(b.From),
		cmp.Compare(a.End, b.End),
		cmp.Compare(a.Lines, b.Lines),
		cmp.Compare(a.Hidden, b.Hidden),
	)
}

// Served counts the sessions from outside to one TCP port of a host in a day.
type Served struct {
	N     uint64
	Slots []ServedSlot // those with at least fineFloor new sessions
	Peers Fan
	Nets  map[netip.Prefix]uint64 // by /24 or /48, at most maxPorts

	slot int
	run  ServedSlot
}

// ServedSlot counts the sessions that began in one slot, by their outcome, where the log shows it.
type ServedSlot struct {
	I      uint16
	New    uint32
	Recv   uint32 // answered by the host: SYN_RECV, or so few packets that it was no more than that
	Done   uint32 // handshake finished
	Silent uint32 // never answered
}

func (s *Served) clone() Served {
	out := *s
	out.Slots = slices.Clone(s.Slots)
	if s.run.New >= fineFloor {
		out.Slots = append(out.Slots, s.run)
	}
	out.Nets = maps.Clone(s.Nets)
	out.slot, out.run = 0, ServedSlot{}
	return out
}

func (s *Served) merge(o *Served) {
	s.N += o.N
	s.Peers.merge(&o.Peers)
	nets := maps.Clone(s.Nets)
	if nets == nil {
		nets = map[netip.Prefix]uint64{}
	}
	for p, n := range o.Nets {
		nets[p] += n
	}
	s.Nets = nets
	s.Slots = slices.Clone(s.Slots)
	for _, x := range o.Slots {
		i, ok := slices.BinarySearchFunc(s.Slots, x.I, func(y ServedSlot, i uint16) int { return int(y.I) - int(i) })
		if !ok {
			s.Slots = slices.Insert(s.Slots, i, x)
			continue
		}
		y := &s.Slots[i]
		y.New, y.Recv, y.Done, y.Silent = y.New+x.New, y.Recv+x.Recv, y.Done+x.Done, y.Silent+x.Silent
	}
}

// served counts a session from outside that reaches the host.
func (hs *hostState) served(e *parse.Event, slot int, peer netip.Addr, d *Day) {
	if e.Proto != parse.TCP {
		return
	}
	port := e.DPort
	if e.NATDst.IsValid() && e.NATDPort != 0 { // forwarded to another port
		port = e.NATDPort
	}
	p := Port{e.Proto, port}
	s := hs.doors[p]
	if s == nil {
		if len(hs.doors) >= maxServed || hs.noRoom {
			d.Dropped["ports reached from outside"]++
			return
		}
		if hs.doors == nil {
			hs.doors = map[Port]*Served{}
		}
		s = &Served{Nets: map[netip.Prefix]uint64{}}
		hs.doors[p] = s
	}
	s.N++
	if slot != s.slot || s.run.New == 0 {
		if slot < s.slot {
			return // late; the sum has it
		}
		if s.run.New >= fineFloor {
			s.Slots = append(s.Slots, s.run)
		}
		s.slot, s.run = slot, ServedSlot{I: uint16(slot)}
	}
	s.run.New++
	s.Peers.add(peer)
	bits := 24
	if !peer.Unmap().Is4() {
		bits = 48
	}
	if net, err := peer.Unmap().Prefix(bits); err == nil {
		bumpWithin(s.Nets, net, hs.most(maxPorts))
	}
}

// serving counts the outcome of a session from outside, in the slot in which the session began.
func (t *Tracker) serving(e *parse.Event, en *entry, host netip.Addr) {
	if en == nil || en.born == 0 || e.Proto != parse.TCP || en.key.Src == host {
		return
	}
	if e.Kind == parse.SessionEnd && e.State == parse.NoState && en.state == parse.SynRecv {
		return // its last state stands: the many packets are the host's answer, sent again and again
	}
	hs := t.hosts[host]
	if hs == nil || len(hs.doors) == 0 {
		return
	}
	s := hs.doors[Port{parse.TCP, en.key.DPort}]
	if s == nil && e.NATDPort != 0 {
		s = hs.doors[Port{parse.TCP, e.NATDPort}]
	}
	if s == nil {
		return
	}
	if x := s.at(t.slotOf(en.born)); x != nil {
		x.outcome(e)
	}
}

// outcome counts a line by what it says of a handshake: the host answered, nothing answered, or it was finished.
func (x *ServedSlot) outcome(e *parse.Event) {
	open := e.State >= parse.Established && e.State <= parse.TimeWait
	ends := e.Kind == parse.SessionEnd
	switch {
	case e.State == parse.SynRecv || ends && e.State == parse.NoState && (e.Packets == 3 || e.Packets == 4):
		x.Recv++
	case e.State == parse.Unreplied || e.State == parse.SynSent || ends && e.Packets == 1:
		x.Silent++
	case e.Kind == parse.SessionUpdate && open, ends && (e.Packets >= 5 || open):
		x.Done++
	}
}

// at gives the record of the slot, or nil where none is kept.
func (s *Served) at(slot int) *ServedSlot {
	if s.run.New > 0 && slot == s.slot {
		return &s.run
	}
	i, ok := slices.BinarySearchFunc(s.Slots, slot, func(y ServedSlot, i int) int { return int(y.I) - i })
	if !ok {
		return nil
	}
	return &s.Slots[i]
}

// synFlood counts a line in which a kernel or a firewall says that it is flooded.
func (t *Tracker) synFlood(e *parse.Event, rs *routerState) {
	r := rs.router
	door := netip.AddrPortFrom(e.Dst, e.DPort)
	if i, ok := rs.floods[door]; ok && e.Time-r.Floods[i].End <= int64(floodJoin) {
		f := &r.Floods[i]
		f.End = max(f.End, e.Time)
		f.Lines += max(e.Count, 1)
		rs.flooded, rs.alarmed = i+1, 0
		return
	}
	if !t.more("SYN floods", len(r.Floods), t.cfg.Limits.Spells) {
		return
	}
	if rs.floods == nil {
		rs.floods = map[netip.AddrPort]int{}
	}
	r.Floods = append(r.Floods, Flood{Start: e.Time, End: e.Time, Door: door, From: e.Src, Lines: max(e.Count, 1)})
	rs.floods[door] = len(r.Floods) - 1
	rs.flooded, rs.alarmed = len(r.Floods), 0
}

// floodFindings reports ports that are flooded with SYNs, by the kernel's lines and by handshakes that are never
// finished.
func floodFindings(q *inquiry) []Finding {
	var out []Finding
	for _, a := range q.hosts {
		out = append(out, servedFindings(q.beside, q.w, a)...)
	}
	said := map[string]*Finding{}
	var order []string
	for _, name := range RoutersOf(q.beside) {
		byDoor := map[netip.AddrPort][]*Flood{}
		var doors []netip.AddrPort
		for _, d := range q.beside {
			if r := d.Routers[name]; r != nil {
				for i := range r.Floods {
					x := &r.Floods[i]
					if byDoor[x.Door] == nil {
						doors = append(doors, x.Door)
					}
					byDoor[x.Door] = append(byDoor[x.Door], x)
				}
			}
		}
		for _, door := range doors {
			id := fmt.Sprintf("syn-flood-%s-%d", name, door.Port())
			if door.Addr().IsValid() {
				id = fmt.Sprintf("syn-flood-%s-%v", name, door)
			}
			for _, x := range spell(byDoor[door], q.asked, floodJoin, (*Flood).span) {
				if addSaid(out, x) {
					continue
				}
				if said[id] == nil {
					said[id] = kernelFlood(id, name, x)
					order = append(order, id)
				}
				said[id].addFlood(x)
			}
		}
	}
	for _, id := range order {
		out = append(out, *said[id])
	}
	return out
}

func (x *Flood) span() (first, last int64) { return x.Start, x.End }

// addFlood adds a spell that the kernel tells of.
func (f *Finding) addFlood(x *Flood) {
	f.End = time.Unix(0, x.End).UTC()
	f.Seen++
	f.Lines += int(x.Lines)
	f.Drops += int(x.Hidden)
	f.Evidence.Events += uint64(x.Lines)
	f.Evidence.Ask.To = f.End.Add(1)
}

func kernelFlood(id, router string, x *Flood) *Finding {
	f := &Finding{ID: id, Kind: SYNFloodKind, Class: KernelSays, Router: router, Port: int(x.Door.Port()), Score: 0.7,
		Start: time.Unix(0, x.Start).UTC()}
	if a := x.Door.Addr(); a.IsValid() {
		f.Host = a.String()
	}
	if x.From.IsValid() {
		f.Peer = x.From.String()
	}
	f.Evidence.Ask = Ask{From: f.Start, Router: router, Kind: "syn-flood"}
	return f
}

// addSaid adds the kernel's lines to the finding of the sessions that they are about.
func addSaid(fs []Finding, x *Flood) bool {
	for i := range fs {
		f := &fs[i]
		if f.Port == int(x.Door.Port()) && x.Start <= f.End.Add(floodJoin).UnixNano() &&
			x.End >= f.Start.Add(-floodGap).UnixNano() {
			f.Lines += int(x.Lines)
			f.Drops += int(x.Hidden)
			f.Score = 0.98
			return true
		}
	}
	return false
}

// servedFindings reports the ports of a host that are flooded from outside. A forwarded port without a service behind
// it, or a client that is gone while its peers still call, gets a few failing sessions a second; a flood is far above
// that.
func servedFindings(days []*Day, w Window, a *activity) []Finding {
	var out []Finding
	for p, days := range servedDays(days, a.host) {
		f := Finding{ID: fmt.Sprintf("syn-flood-%v-%d", a.host, p.Port), Kind: SYNFloodKind, Severity: Critical,
			Host: a.host.String(), Name: a.name, Port: int(p.Port), Score: 0.9}
		var sum ServedSlot
		var peers Fan
		nets, last := map[netip.Prefix]uint64{}, int64(0)
		for _, x := range spell(floodedSlots(days, a.host, p), w, floodGap, floodedSlot.span) {
			if f.Seen == 0 {
				f.Start = time.Unix(0, x.at).UTC()
			}
			if x.at-last > int64(floodGap) {
				f.Seen++
			}
			if s := x.day.Hosts[a.host].Served[p]; last <= x.day.Date.Start().UnixNano() { // the first of its day
				peers.merge(&s.Peers)
				for n, k := range s.Nets {
					nets[n] += k
				}
			}
			last = x.at + int64(SlotLen)
			f.RateS = max(f.RateS, float64(x.New)/SlotLen.Seconds())
			sum.New, sum.Recv, sum.Silent = sum.New+x.New, sum.Recv+x.undone(), sum.Silent+x.Silent
		}
		if sum.New < 2*floodFloor {
			continue
		}
		f.End = time.Unix(0, last).UTC()
		f.Sessions, f.Sources = int(sum.New), int(min(peers.Peers(), float64(peers.N)))
		f.HalfOpen = min(float64(sum.Recv+sum.Silent)/float64(sum.New), 1)
		f.Class = HalfOpen
		if sum.Silent > sum.Recv {
			f.Class, f.Score = Unanswered, 0.8
		}
		f.Networks = topNets(nets, peers.N)
		f.Evidence = Evidence{Events: uint64(sum.New), Ask: Ask{From: f.Start, To: f.End, Host: a.host, Port: p.Port,
			Kind: "session-new"}}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// floodedSlot is a slot in which far more sessions than is usual reached a port, and hardly any of them came about.
type floodedSlot struct {
	ServedSlot
	day *Day
	at  int64 // ns
}

func (x floodedSlot) span() (first, last int64) { return x.at, x.at + int64(SlotLen) - 1 }

// undone gives the number of handshakes that the host answered and that were never finished.
func (x *ServedSlot) undone() uint32 { return x.Recv - min(x.Recv, x.Done) }

// floodedSlots lists those of a port of the host, in order of time.
func floodedSlots(days []*Day, host netip.Addr, p Port) (out []floodedSlot) {
	for _, d := range days {
		s := d.Hosts[host].Served[p]
		least := s.least()
		for _, x := range s.Slots {
			if float64(x.New) >= least && float64(x.undone()+x.Silent) >= floodUndone*float64(x.New) {
				out = append(out, floodedSlot{x, d, d.Date.Start().UnixNano() + int64(x.I)*int64(SlotLen)})
			}
		}
	}
	return out
}

func servedDays(days []*Day, host netip.Addr) map[Port][]*Day {
	out := map[Port][]*Day{}
	for _, d := range days {
		if h := d.Hosts[host]; h != nil {
			for p, s := range h.Served {
				if len(s.Slots) > 0 {
					out[p] = append(out[p], d)
				}
			}
		}
	}
	return out
}

// least gives the number of sessions in a slot that is far above what is usual for the port.
func (s *Served) least() float64 {
	n := make([]float64, 0, len(s.Slots))
	for _, x := range s.Slots {
		n = append(n, float64(x.New))
	}
	usual, _ := sparseMedian(n, float64(slotsPerDay))
	return max(floodFloor, floodUsual*usual)
}

func topNets(nets map[netip.Prefix]uint64, all uint64) (out []string) {
	ps := slices.SortedFunc(maps.Keys(nets), func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(nets[b], nets[a]), a.Addr().Compare(b.Addr()))
	})
	for _, p := range ps[:min(len(ps), floodNets)] {
		if float64(nets[p]) >= floodNet*float64(all) {
			out = append(out, p.String())
		}
	}
	return out
}
