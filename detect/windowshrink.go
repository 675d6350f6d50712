package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

// ShrinkKind is the kind of peers that shrink the window of a TCP connection.
const ShrinkKind = "window-shrink"

const (
	shrinkMany = 10 // peers from which on one bad stack is no explanation
	shrinkSome = 4  // … of which several are more likely one cause than chance
	// shrinks of one connection that show that it is held on purpose, or by a peer that sleeps
	shrinkAgain   = 5
	shrinkNear    = time.Hour // how near a flood must be
	shrinkPeers   = 32        // peers that a finding lists
	suspectsShown = 4
)

// Shrinking holds what may be behind shrunk windows, and the peers that shrank them.
type Shrinking struct {
	Suspects    []Suspect    `json:"suspects,omitempty"`     // the likeliest first
	ShrinkPeers []ShrinkPeer `json:"shrink_peers,omitempty"` // by address, most shrinks first
}

// Suspect is a possible cause with its reason.
type Suspect struct {
	What       string  `json:"what"`
	Why        string  `json:"why"`
	Confidence float64 `json:"confidence"` // 0..1, against the others
}

// ShrinkPeer counts the shrinks of one peer.
type ShrinkPeer struct {
	Peer        string    `json:"peer"`            // address, or *** where the text is masked
	Place       string    `json:"place,omitempty"` // its country and network; filled by report
	Connections int       `json:"connections"`
	Shrinks     int       `json:"shrinks"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

// shrinkFindings reports peers that shrink the window of a connection (incident 2 in docs/incidents.md).
func shrinkFindings(q *inquiry) []Finding {
	type service struct {
		router string
		port   uint16
	}
	shrinks := map[service][]Shrink{}
	for _, d := range q.beside {
		for name, r := range d.Routers {
			for _, s := range r.Shrinks {
				shrinks[service{name, s.Port}] = append(shrinks[service{name, s.Port}], s)
			}
		}
	}
	var out []Finding
	for at, ss := range shrinks {
		slices.SortStableFunc(ss, func(a, b Shrink) int { return cmp.Compare(a.Time, b.Time) })
		if ss = spell(ss, q.w, time.Hour, func(s Shrink) (int64, int64) { return s.Time, s.Time }); len(ss) > 0 {
			out = append(out, shrinkFinding(at.router, unmasked(ss)))
		}
	}
	slices.SortFunc(out, byStart)
	return out
}

func shrinkFinding(router string, ss []Shrink) Finding {
	f := Finding{Kind: ShrinkKind, Router: router, Port: int(ss[0].Port), Score: 0.9,
		ID: fmt.Sprintf("window-shrink-%s-%d", router, ss[0].Port)}
	var at []moment
	seen := map[string]bool{}
	for _, s := range ss {
		f.Shrinks += int(s.Count)
		peer := "***:" + strconv.Itoa(int(s.PeerPort)) // the dump was masked
		if s.Peer.IsValid() {
			peer = netip.AddrPortFrom(s.Peer, s.PeerPort).String()
		}
		if !seen[peer] {
			seen[peer] = true
			f.PeerPorts = append(f.PeerPorts, peer)
		}
		at = append(at, moment{s.Time, s.Spread})
	}
	f.ShrinkPeers = shrinkers(ss)
	f.ShrinkPeers = f.ShrinkPeers[:min(len(f.ShrinkPeers), shrinkPeers)]
	f.setTimes(at, "window-shrink")
	f.Evidence.Ask.Port = ss[0].Port
	return f
}

// shrinks gives the size of the finding.
func shrinks(f *Finding) float64 { return float64(f.Shrinks) }

// shrinkers groups the lines by peer, most shrinks first. Masked addresses are one group: their number is not known.
func shrinkers(ss []Shrink) []ShrinkPeer {
	index, ports := map[netip.Addr]int{}, map[netip.AddrPort]bool{}
	var out []ShrinkPeer
	for _, s := range ss {
		i, ok := index[s.Peer]
		if !ok {
			i = len(out)
			index[s.Peer] = i
			out = append(out, ShrinkPeer{Peer: "***", First: time.Unix(0, s.Time).UTC(),
				Last: time.Unix(0, s.Time).UTC()})
			if s.Peer.IsValid() {
				out[i].Peer = s.Peer.String()
			}
		}
		p, at := &out[i], time.Unix(0, s.Time).UTC()
		p.Shrinks += int(s.Count)
		if at.Before(p.First) {
			p.First = at
		}
		if at.After(p.Last) {
			p.Last = at
		}
		if k := netip.AddrPortFrom(s.Peer, s.PeerPort); !ports[k] {
			ports[k] = true
			p.Connections++
		}
	}
	slices.SortStableFunc(out, func(a, b ShrinkPeer) int {
		return cmp.Or(cmp.Compare(b.Shrinks, a.Shrinks), cmp.Compare(a.Peer, b.Peer))
	})
	return out
}

// unmasked leaves out the masked lines that another source has with the peer's address: the same port of the
// connection, at a time that can be the same. Lines are paired one for one, in order of time, whatever their order in
// the log is.
func unmasked(ss []Shrink) []Shrink {
	named := map[uint16][]Shrink{}
	var masked []int
	for i, s := range ss {
		if s.Peer.IsValid() {
			named[s.PeerPort] = append(named[s.PeerPort], s)
		} else {
			masked = append(masked, i)
		}
	}
	byTime := func(a, b Shrink) int { return cmp.Compare(a.Time, b.Time) }
	for _, twins := range named {
		slices.SortStableFunc(twins, byTime)
	}
	slices.SortStableFunc(masked, func(a, b int) int { return byTime(ss[a], ss[b]) })
	twin := make([]bool, len(ss))
	for _, i := range masked {
		s, twins := &ss[i], named[ss[i].PeerPort]
		// too early for this one, and for those to come
		for len(twins) > 0 && s.Time-twins[0].Time > twinTime(s, &twins[0]) {
			twins = twins[1:]
		}
		if len(twins) > 0 && twins[0].Time-s.Time <= twinTime(s, &twins[0]) {
			twin[i], twins = true, twins[1:]
		}
		named[s.PeerPort] = twins
	}
	out := make([]Shrink, 0, len(ss))
	for i, s := range ss {
		if !twin[i] {
			out = append(out, s)
		}
	}
	return out
}

// twinTime gives the greatest distance of two lines about the same shrink, in ns.
func twinTime(a, b *Shrink) int64 {
	return (int64(a.Spread) + int64(b.Spread) + 1000) * int64(time.Millisecond)
}

// suspectShrinks ranks the possible causes of shrunk windows by the other findings. The weights are judgement, not
// measurement: they order the suspects, and the confidences add up to one.
func suspectShrinks(days []*Day, fs []Finding) {
	visited := sync.OnceValue(func() map[netip.Addr]bool { return goneTo(days) })
	for i := range fs {
		if f := &fs[i]; f.Kind == ShrinkKind {
			f.Suspects = suspectsOf(days, visited, f, fs)
		}
	}
}

// suspect collects the reasons for one cause.
type suspect struct {
	what   string
	why    []string
	weight float64
}

func (s *suspect) add(weight float64, why string) {
	s.weight += weight
	s.why = append(s.why, why)
}

func suspectsOf(days []*Day, visited func() map[netip.Addr]bool, f *Finding, fs []Finding) []Suspect {
	dos, tarpit := &suspect{what: "denial of service", weight: 0.25}, &suspect{what: "tarpit", weight: 0.15}
	stack, slow := &suspect{what: "bad TCP stack", weight: 0.2}, &suspect{what: "slow or sleeping client", weight: 0.2}
	known, connections, masked, worst := 0, 0, false, 0
	for _, p := range f.ShrinkPeers {
		connections += p.Connections
		worst = max(worst, p.Shrinks/max(p.Connections, 1))
		if p.Peer == "***" {
			masked = true
			continue
		}
		known++
		a, err := netip.ParseAddr(p.Peer)
		if err != nil {
			continue
		}
		if who := visitor(days, visited, a); who != "" {
			stack.add(0.2, p.Peer+" "+who)
		}
		if scanner(days, fs, a) {
			tarpit.add(0.4, p.Peer+" also had sessions refused by the firewall, or scans")
		}
	}
	for i := range fs {
		x := &fs[i]
		if x.Kind == SYNFloodKind && x.Port == f.Port && x.Start.Before(f.End.Add(shrinkNear)) &&
			f.Start.Before(x.End.Add(shrinkNear)) {
			dos.add(0.6, fmt.Sprintf("port %d is flooded with SYNs within the hour", f.Port))
		}
	}
	if f.With != "" {
		dos.add(0.3,
			"the kernel killed processes for want of memory among these lines: "+
				"connections that take nothing hold memory")
	}
	switch {
	case known >= shrinkMany:
		dos.add(0.5, fmt.Sprintf("%d different peers do it", known))
	case known >= shrinkSome:
		dos.add(0.2, fmt.Sprintf("%d different peers do it", known))
	case known == 1 && !masked:
		stack.add(0.3, "one peer alone does it")
		if connections == 1 {
			slow.add(0.1, "one connection alone")
		}
		if f.ShrinkPeers[0].Last.Sub(f.ShrinkPeers[0].First) > shrinkNear {
			stack.add(0.2, "it goes on for more than an hour")
		}
	case masked && connections >= shrinkSome:
		dos.add(0.1,
			fmt.Sprintf("%d connections do it; the addresses are masked, so that the number of peers is not known",
				connections))
	}
	if worst >= shrinkAgain {
		tarpit.add(0.3, fmt.Sprintf("a connection is held through %d shrinks", worst))
		slow.add(0.1, "a peer that sleeps repeats it, too")
	} else {
		slow.add(0.1, "no connection repeats it often")
	}
	return ranked(dos, tarpit, stack, slow)
}

func ranked(all ...*suspect) []Suspect {
	sum := 0.0
	for _, s := range all {
		sum += s.weight
	}
	slices.SortStableFunc(all, func(a, b *suspect) int { return cmp.Compare(b.weight, a.weight) })
	var out []Suspect
	for _, s := range all[:min(len(all), suspectsShown)] {
		why := "no sign of it"
		if len(s.why) > 0 {
			why = s.why[0]
			for _, w := range s.why[1:min(len(s.why), 3)] {
				why += "; " + w
			}
		}
		out = append(out, Suspect{What: s.what, Why: why, Confidence: s.weight / sum})
	}
	return out
}

// visitor says how the network knows a peer: as a host inside, or as an address that hosts inside go to; "" when it
// does not.
func visitor(days []*Day, visited func() map[netip.Addr]bool, a netip.Addr) string {
	for _, d := range days {
		if d.Hosts[a] != nil {
			return "is one of the hosts inside"
		}
	}
	if visited()[a] {
		return "is an address that hosts inside go to"
	}
	return ""
}

// goneTo gives the addresses that hosts inside go to.
func goneTo(days []*Day) map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	for _, d := range days {
		for _, h := range d.Hosts {
			for door := range h.Targets {
				out[door.Peer] = true
			}
		}
	}
	return out
}

// scanner reports whether the peer was refused, or is the host of a scan.
func scanner(days []*Day, fs []Finding, a netip.Addr) bool {
	for i := range fs {
		if fs[i].Kind == ScanKind && fs[i].Host == a.String() {
			return true
		}
	}
	for _, d := range days {
		if h := d.Hosts[a]; h != nil && h.Denied > 0 {
			return true
		}
	}
	return false
}
