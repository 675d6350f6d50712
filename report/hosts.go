package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"uncloak/detect"
)

// hostRows makes the table of hosts, most sessions first.
func hostRows(days []*detect.Day, ins []Incident, names func(netip.Addr) string, opt *Options) []Host {
	rows := map[netip.Addr]*Host{}
	ports := map[netip.Addr]map[detect.Port]uint64{}
	seen := map[netip.Addr][]*detect.Host{}
	for _, d := range days {
		for a, h := range d.Hosts {
			r := rows[a]
			if r == nil {
				r = &Host{Host: a.String()}
				rows[a], ports[a] = r, map[detect.Port]uint64{}
			}
			r.Sessions += within(d, &h.Sessions, opt)
			r.Lookups += lookups(d, h, opt)
			seen[a] = append(seen[a], h)
			r.Denied += h.Denied
			r.Bytes += h.Bytes
			for p, n := range h.Ports {
				ports[a][p] += n
			}
		}
	}
	out := make([]Host, 0, len(rows))
	for a, r := range rows {
		if r.Sessions+r.Lookups+r.Denied == 0 {
			continue
		}
		r.Name = names(a)
		r.Peers = detect.DistinctPeers(seen[a]...)
		if n := r.Sessions + r.Denied; r.Sessions > 0 && r.Peers > n {
			r.Peers = n // peers are counted over whole UTC days, sessions within the window
		}
		r.Ports = topPorts(ports[a], 3)
		marks(r, ins)
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Host) int {
		return cmp.Or(
			cmp.Compare(b.Sessions, a.Sessions),
			cmp.Compare(b.Lookups, a.Lookups),
			cmp.Compare(a.Host, b.Host),
		)
	})
	return out
}

// lookups counts the lookups of a host. One may be seen twice: as a session to port 53 and as a line of the resolver.
func lookups(d *detect.Day, h *detect.Host, opt *Options) uint64 {
	return max(within(d, &h.Lookups, opt), within(d, &h.PTRs, opt)+within(d, &h.Asks, opt))
}

// marks fills a row's severity and share of the table from the findings about its host.
func marks(r *Host, ins []Incident) {
	rank := -1
	share, weight := 0.0, 0.0
	for i := range ins {
		for _, p := range ins[i].parts {
			if p.Host == r.Host && p.Severity.Rank() > rank {
				rank, r.Severity = p.Severity.Rank(), string(p.Severity)
			}
			// over all incidents, so that the column does not sum up to more than the table
			if p.Kind == detect.TableFullKind {
				w := float64(max(p.Drops, p.Lines, 1))
				share, weight = share+w*shareOf(p.Finding, r.Host), weight+w
			}
		}
	}
	if weight > 0 {
		r.TableShare = share / weight
	}
}

// hostPorts lists the ports that a host used most in the days, for a finding without ports of its own.
func hostPorts(days []*detect.Day, host string) []string {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	sum := map[detect.Port]uint64{}
	for _, d := range days {
		if h := d.Hosts[a]; h != nil {
			for p, n := range h.Ports {
				sum[p] += n
			}
		}
	}
	return topPorts(sum, 8)
}

func topPorts(ports map[detect.Port]uint64, n int) []string {
	type used struct {
		p detect.Port
		n uint64
	}
	var all []used
	for p, c := range ports {
		all = append(all, used{p, c})
	}
	slices.SortFunc(all, func(a, b used) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.p.Proto, b.p.Proto), cmp.Compare(a.p.Port, b.p.Port))
	})
	var out []string
	for _, u := range all[:min(n, len(all))] {
		out = append(out, portName(u.p))
	}
	return out
}

// portName writes a port: "udp/6881"; of a protocol without ports its name or number alone.
func portName(p detect.Port) string {
	switch p.Proto {
	case 6:
		return fmt.Sprintf("tcp/%d", p.Port)
	case 17:
		return fmt.Sprintf("udp/%d", p.Port)
	case 1:
		return "icmp"
	case 58:
		return "icmpv6"
	}
	return fmt.Sprintf("proto %d", p.Proto)
}
