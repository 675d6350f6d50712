package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"uncloak/parse"
)

// ScanKind is the kind of a host that tries many addresses or many ports.
const ScanKind = "scan"

// The classes of ScanKind.
const (
	Horizontal = "horizontal" // one port of many hosts
	Vertical   = "vertical"   // many ports of one host
)

const (
	scanPeers    = 200 // different hosts on one port in a day that make a scan
	scanShare    = 0.5 // of what the host does apart from the everyday ports must go to that port
	scanRepeat   = 2.0 // sessions a peer at most: a scanner does not come back
	scanPorts    = 100 // different ports of one host that make a vertical scan
	scanInBursts = 0.5 // when more of the sessions than this lie in bursts, the bursts are reported
)

// everyday ports have many peers for every host: a scan of them can be told only by its failures.
var everyday = [...]uint16{53, 80, 123, 443}

// scanFindings reports hosts that try one port of many hosts (horizontal), or many ports of one (vertical).
func scanFindings(q *inquiry) []Finding {
	return q.ofHosts(func(a *activity) []Finding {
		if f, ok := scanFinding(q.days, q.w, a); ok {
			return []Finding{f}
		}
		return nil
	})
}

func scanFinding(days []*Day, w Window, a *activity) (Finding, bool) {
	if len(a.sessions.hot) == 0 { // what the day has lies outside the window
		return Finding{}, false
	}
	fans, ports := map[Port]*Fan{}, map[Port]uint64{}
	for _, d := range days {
		h := d.Hosts[a.host]
		if h == nil || !w.touches(d) {
			continue
		}
		for p, n := range h.Ports {
			ports[p] += n
		}
		for p, f := range h.Fans {
			if fans[p] == nil {
				fans[p] = &Fan{}
			}
			fans[p].merge(f)
		}
	}
	if f, ok := horizontal(a, fans, ports, days, w); ok {
		if !a.hasPattern() || float64(a.inBursts()) <= scanInBursts*float64(f.Sessions) {
			return f, true
		}
	}
	return vertical(days, w, a)
}

func horizontal(a *activity, fans map[Port]*Fan, ports map[Port]uint64, days []*Day, w Window) (Finding, bool) {
	var best Port
	var rest uint64
	for p, n := range ports {
		if slices.Contains(everyday[:], p.Port) {
			continue
		}
		rest += n
		if fans[p] != nil && (fans[best] == nil || wider(p, best, fans)) {
			best = p
		}
	}
	fan := fans[best]
	if fan == nil {
		return Finding{}, false
	}
	peers := fan.Peers()
	full := peers > 10000 // the sketch ends here; the ratio cannot be told any more
	if full {
		peers = max(peers, allPeers(days, w, a.host))
	}
	switch {
	case peers < scanPeers*float64(max(len(days)/2, 1)), float64(fan.N) < scanShare*float64(rest):
		return Finding{}, false
	case !full && float64(fan.N) > scanRepeat*peers:
		return Finding{}, false
	}
	n := fan.N
	f := scanBase(days, w, a, n, best.Port)
	f.Class, f.Peers, f.Ports = Horizontal, int(min(peers, float64(n))), []string{portName(best)}
	f.Score = 0.6 + 0.4*min(float64(fan.N)/float64(max(rest, 1)), 1)*min(peers/1000, 1)
	return f, true
}

// wider orders ports by fan-out, equal ones by number, so that the same days name the same port.
func wider(p, q Port, fans map[Port]*Fan) bool {
	if a, b := fans[p].Peers(), fans[q].Peers(); a != b {
		return a > b
	}
	return p.Proto < q.Proto || p.Proto == q.Proto && p.Port < q.Port
}

// allPeers gives the number of outside addresses that the host spoke to on the days that touch the window.
func allPeers(days []*Day, w Window, host netip.Addr) float64 {
	var hs []*Host
	for _, d := range days {
		if h := d.Hosts[host]; h != nil && w.touches(d) {
			hs = append(hs, h)
		}
	}
	return float64(DistinctPeers(hs...))
}

// vertical looks for one peer with many ports.
func vertical(days []*Day, w Window, a *activity) (Finding, bool) {
	walls := map[netip.Addr]*Fan{}
	var most netip.Addr
	for _, d := range days {
		h := d.Hosts[a.host]
		if h == nil || !w.touches(d) {
			continue
		}
		for peer, f := range h.Walls {
			if walls[peer] == nil {
				walls[peer] = &Fan{}
			}
			walls[peer].merge(f)
		}
	}
	for p, f := range walls {
		if !most.IsValid() || f.Peers() > walls[most].Peers() || f.Peers() == walls[most].Peers() && p.Less(most) {
			most = p
		}
	}
	if !most.IsValid() || walls[most].Peers() < scanPorts {
		return Finding{}, false
	}
	f := scanBase(days, w, a, walls[most].N, 0)
	f.Class, f.Peer, f.Score = Vertical, most.String(), 0.9
	return f, true
}

// scanBase gives what both sorts of scan have. What is counted by the day is told with the time of the host's sessions
// on those days: nothing says more.
func scanBase(days []*Day, w Window, a *activity, n uint64, port uint16) Finding {
	var start, end time.Time
	for _, d := range days {
		h := d.Hosts[a.host]
		if h == nil || !w.touches(d) || len(h.Sessions.Slots) == 0 {
			continue
		}
		slots := h.Sessions.Slots
		if start.IsZero() {
			start = d.Date.Start().Add(time.Duration(slots[0].I) * SlotLen)
		}
		end = d.Date.Start().Add(time.Duration(slots[len(slots)-1].I)*SlotLen + SlotLen)
	}
	return Finding{
		ID: fmt.Sprintf("scan-%v-%d", a.host, port), Kind: ScanKind, Host: a.host.String(), Name: a.name, Start: start,
		End:      end,
		Sessions: int(n), Port: int(port), RateS: float64(n) / max(end.Sub(start).Seconds(), 1),
		Evidence: Evidence{Events: n, Ask: Ask{From: start, To: end, Host: a.host, Port: port, Kind: "session-new"}},
	}
}

// inBursts counts the host's sessions in bursts.
func (a *activity) inBursts() (n int) {
	for _, r := range a.bursts {
		n += r.events
	}
	return n
}

func portName(p Port) string {
	name := "ip"
	switch p.Proto {
	case parse.TCP:
		name = "tcp"
	case parse.UDP:
		name = "udp"
	}
	return fmt.Sprintf("%s/%d", name, p.Port)
}

// topPorts lists the host's most used ports in the days, as udp/6881.
func topPorts(days []*Day, host netip.Addr, most int) []string {
	sum := map[Port]uint64{}
	for _, d := range days {
		if h := d.Hosts[host]; h != nil {
			for p, n := range h.Ports {
				sum[p] += n
			}
		}
	}
	ports := make([]Port, 0, len(sum))
	for p := range sum {
		ports = append(ports, p)
	}
	slices.SortFunc(ports, func(a, b Port) int {
		return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Port, b.Port))
	})
	var out []string
	for _, p := range ports[:min(len(ports), most)] {
		out = append(out, portName(p))
	}
	return out
}
