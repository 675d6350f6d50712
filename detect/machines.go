package detect

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// This file joins the addresses of one machine before anything is judged: DHCP moves it from address to address, IPv6
// gives it several at a time, and each would be a host with a part of the rhythm. It is judged once, under its first
// address, and an address that changed hands is judged once for each machine that had it.

// Identity holds which machine a host is.
type Identity struct {
	Addresses []string `json:"addresses,omitempty"` // of the machine, where it had several
	MAC       string   `json:"mac,omitempty"`       // its hardware address, where the log tells
}

// machine holds the facts about one machine over the days.
type machine struct {
	mac    string // or "name:" and the host's name
	key    netip.Addr
	addrs  []netip.Addr // in the order in which it had them
	shown  netip.Addr   // its youngest address
	second bool         // its address had another owner before: the key is made of the MAC
}

// census knows which machine had which address on which day.
type census struct {
	owners []map[netip.Addr]*machine // by day, of those at its end
	byMAC  map[string]*machine
	byKey  map[netip.Addr]*machine
}

const (
	// for which a machine must have two IPv4 addresses at once by firewall lines to be a router
	relayOverlap = time.Minute
	relayMany    = 8 // addresses that one machine has in a day at most
)

// machinesOf finds the machines of the days; nil where each address is one of its own.
func machinesOf(days []*Day) *census {
	if !slices.ContainsFunc(days, func(d *Day) bool { return len(d.Bindings) > 0 || d.hasHardwareAddress() }) {
		return nil
	}
	relays := relaysOf(days)
	c := &census{byMAC: map[string]*machine{}, byKey: map[netip.Addr]*machine{}}
	last := map[netip.Addr]string{}
	macs := make([]map[netip.Addr]string, len(days))
	for i, d := range days {
		macs[i] = d.macs(relays, last)
		maps.Copy(last, macs[i])
	}
	c.backwards(days, macs)
	for i, d := range days {
		c.owners = append(c.owners, map[netip.Addr]*machine{})
		for _, a := range slices.SortedFunc(maps.Keys(d.Former), netip.Addr.Compare) {
			for _, h := range d.Former[a] {
				c.has(h.MAC, a)
			}
		}
		order := slices.SortedFunc(maps.Keys(macs[i]), func(a, b netip.Addr) int {
			return cmp.Or(cmp.Compare(d.boundFirst(a, macs[i][a]), d.boundFirst(b, macs[i][b])), a.Compare(b))
		})
		for _, a := range order {
			if d.Hosts[a] != nil {
				c.owners[i][a] = c.has(macs[i][a], a)
			}
		}
	}
	if !c.settle() {
		return nil
	}
	return c
}

// hasHardwareAddress reports whether a host's address holds its MAC.
func (d *Day) hasHardwareAddress() bool {
	for a := range d.Hosts {
		if hardwareIn(a) != "" {
			return true
		}
	}
	return false
}

// hardwareIn returns the MAC in an IPv6 address (EUI-64: RFC 4291, appendix A), or "".
func hardwareIn(a netip.Addr) string {
	if !a.Is6() || a.Is4In6() {
		return ""
	}
	b := a.As16()
	if b[11] != 0xff || b[12] != 0xfe {
		return ""
	}
	m := fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[8]^2, b[9], b[10], b[13], b[14], b[15])
	if !isMAC(m) {
		return ""
	}
	return m
}

// relaysOf finds the MAC addresses that stand for several machines: routers, whose address all packets have that they
// pass on, and hosts that answer ARP for others. What firewall lines and neighbours say of them does not count.
func relaysOf(days []*Day) map[string]bool {
	out := map[string]bool{}
	for _, d := range days {
		for i := 0; i < len(d.Bindings); {
			k := i
			for k < len(d.Bindings) && d.Bindings[k].MAC == d.Bindings[i].MAC {
				k++
			}
			if isRelay(d.Bindings[i:k]) {
				out[d.Bindings[i].MAC] = true
			}
			i = k
		}
	}
	return out
}

// isRelay judges the bindings of one MAC on one day.
func isRelay(all []Binding) bool {
	guessed := 0
	for i := range all {
		a := &all[i]
		if a.How != ByLease {
			guessed++
		}
		for k := range all[:i] {
			b := &all[k]
			if a.How == ByLease && b.How == ByLease && isMAC(a.MAC) || !a.Addr.Unmap().Is4() || !b.Addr.Unmap().Is4() {
				continue
			}
			if min(a.Last, b.Last)-max(a.First, b.First) >= int64(relayOverlap) {
				return true
			}
		}
	}
	return guessed > relayMany
}

// macs gives the machine of each address at the end of the day. What the day does not tell is as it was before.
func (d *Day) macs(relays map[string]bool, before map[netip.Addr]string) map[netip.Addr]string {
	out := map[netip.Addr]string{}
	byLog := map[netip.Addr][]string{}
	for i := range d.Bindings {
		b := &d.Bindings[i]
		if relays[b.MAC] && (b.How != ByLease || !isMAC(b.MAC)) {
			continue
		}
		byLog[b.Addr] = append(byLog[b.Addr], b.MAC)
	}
	for a, h := range d.Hosts {
		switch {
		case h.MAC != "" && slices.Contains(byLog[a], h.MAC):
			out[a] = h.MAC
		case len(byLog[a]) == 1:
			out[a] = byLog[a][0]
		case hardwareIn(a) != "":
			out[a] = hardwareIn(a)
		case before[a] != "" && len(byLog[a]) == 0:
			out[a] = before[a]
		}
	}
	return out
}

// boundFirst gives when the machine had the address first on that day, for an order.
func (d *Day) boundFirst(a netip.Addr, mac string) int64 {
	i, ok := slices.BinarySearchFunc(d.Bindings, Binding{MAC: mac, Addr: a}, compareBindings)
	if !ok {
		return d.Last
	}
	return d.Bindings[i].First
}

// backwards gives an address that only ever had one machine to it on the days before that was told, too.
func (c *census) backwards(days []*Day, macs []map[netip.Addr]string) {
	only := map[netip.Addr]string{}
	note := func(a netip.Addr, mac string) {
		if was, ok := only[a]; ok && was != mac {
			mac = ""
		}
		only[a] = mac
	}
	for i, d := range days {
		for a, mac := range macs[i] {
			note(a, mac)
		}
		for a, former := range d.Former {
			for _, h := range former {
				note(a, h.MAC)
			}
		}
	}
	for i, d := range days {
		for a := range d.Hosts {
			if macs[i][a] == "" && only[a] != "" {
				macs[i][a] = only[a]
			}
		}
	}
}

// has notes that the machine has the address.
func (c *census) has(mac string, a netip.Addr) *machine {
	if mac == "" {
		return nil
	}
	m := c.byMAC[mac]
	if m == nil {
		m = &machine{mac: mac}
		c.byMAC[mac] = m
	}
	if !slices.Contains(m.addrs, a) {
		m.addrs = append(m.addrs, a)
	}
	m.shown = a
	return m
}

// settle gives each machine its key; false where no machine has several addresses and no address several machines.
func (c *census) settle() bool {
	some := false
	first := map[netip.Addr]*machine{}
	all := slices.SortedFunc(maps.Values(c.byMAC), func(a, b *machine) int {
		return cmp.Or(a.addrs[0].Compare(b.addrs[0]), cmp.Compare(a.mac, b.mac))
	})
	for _, m := range all {
		for _, a := range m.addrs {
			if o := first[a]; o != nil && o != m {
				o.second, m.second = true, true
			} else {
				first[a] = m
			}
		}
		some = some || len(m.addrs) > 1
	}
	for _, m := range all {
		if m.key = m.addrs[0]; m.second {
			m.key, some = m.ownKey(), true
		}
		c.byKey[m.key] = m
	}
	return some
}

// ownKey makes an address of the MAC that no other machine has; of a name, of its hash.
func (m *machine) ownKey() netip.Addr {
	b := [16]byte{0xfe, 0x80}
	mac, err := hex.DecodeString(strings.ReplaceAll(m.mac, ":", ""))
	if err != nil || len(mac) != 6 {
		h := hashAddr(m.addrs[0])
		for _, x := range []byte(m.mac) {
			h = mix(h ^ uint64(x))
		}
		for i := range 8 {
			b[8+i] = byte(h >> (8 * i))
		}
		return netip.AddrFrom16(b)
	}
	copy(b[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
	return netip.AddrFrom16(b)
}

// keyAt gives the address under which the holder of an address is judged at a time of a day.
func (c *census) keyAt(day int, d *Day, a netip.Addr, ns int64) netip.Addr {
	for _, h := range d.Former[a] {
		if ns < h.Until {
			if m := c.byMAC[h.MAC]; m != nil {
				return m.key
			}
			return a
		}
	}
	if m := c.owners[day][a]; m != nil {
		return m.key
	}
	return a
}

// unify gives the days by machines. They share all that is not changed with the days.
func (c *census) unify(days []*Day) []*Day {
	if c == nil {
		return days
	}
	out := make([]*Day, len(days))
	for i, d := range days {
		at := func(a netip.Addr, ns int64) netip.Addr { return c.keyAt(i, d, a, ns) }
		end := d.Date.End().UnixNano()
		u := *d
		u.Hosts, u.Former = make(map[netip.Addr]*Host, len(d.Hosts)), nil
		own := map[netip.Addr]bool{} // records that are ours to change
		put := func(a netip.Addr, h *Host) {
			have := u.Hosts[a]
			if have == nil {
				u.Hosts[a] = h
				return
			}
			if !own[a] {
				sum := &Host{}
				sum.merge(have)
				u.Hosts[a], own[a], have = sum, true, sum
			}
			have.merge(h)
		}
		for _, a := range slices.SortedFunc(maps.Keys(d.Hosts), netip.Addr.Compare) {
			put(at(a, end), d.Hosts[a])
		}
		for _, a := range slices.SortedFunc(maps.Keys(d.Former), netip.Addr.Compare) {
			for _, h := range d.Former[a] {
				put(at(a, h.Until-1), h)
			}
		}
		u.Routers = make(map[string]*Router, len(d.Routers))
		for name, r := range d.Routers {
			u.Routers[name] = r.rekeyed(d, at)
		}
		u.Echoes = make(map[Pair]uint64, len(d.Echoes))
		for p, n := range d.Echoes {
			u.Echoes[Pair{at(p.Cause, end), at(p.Effect, end)}] += n
		}
		out[i] = &u
	}
	return out
}

// rekeyed gives the router with the holders of its table by machine.
func (r *Router) rekeyed(d *Day, at func(netip.Addr, int64) netip.Addr) *Router {
	out := *r
	out.Occupancy = slices.Clone(r.Occupancy)
	for i := range out.Occupancy {
		l := &out.Occupancy[i]
		l.Holders = rekeyHolders(l.Holders, d.Date.Start().UnixNano()+int64(l.I)*int64(SlotLen), at)
	}
	out.Overflows = slices.Clone(r.Overflows)
	for i := range out.Overflows {
		o := &out.Overflows[i]
		o.Holders = rekeyHolders(o.Holders, o.Start, at)
	}
	return &out
}

// rekeyHolders returns the holders by machine; the same list where no machine has another key.
func rekeyHolders(list []Holder, ns int64, at func(netip.Addr, int64) netip.Addr) []Holder {
	if !slices.ContainsFunc(list, func(h Holder) bool { return at(h.Host, ns) != h.Host }) {
		return list
	}
	var out []Holder
	for _, h := range list {
		h.Host = at(h.Host, ns)
		if i := slices.IndexFunc(out, func(x Holder) bool { return x.Host == h.Host }); i >= 0 {
			out[i].N, out[i].All = out[i].N+h.N, out[i].All+h.All
			continue
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Holder) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(b.All, a.All), a.Host.Compare(b.Host))
	})
	return out
}

// name says in the findings which machine each host is.
func (c *census) name(fs []Finding) {
	if c == nil {
		return
	}
	var pairs []string // of made-up keys and what is shown instead
	for i := range fs {
		f := &fs[i]
		a, err := netip.ParseAddr(f.Host)
		m := c.byKey[a]
		if err != nil || m == nil {
			continue
		}
		if isMAC(m.mac) {
			f.MAC = m.mac
		}
		if len(m.addrs) > 1 {
			for _, x := range m.addrs {
				f.Addresses = append(f.Addresses, x.String())
			}
		}
		if m.second {
			f.Host, f.Evidence.Ask.Host = m.shown.String(), m.shown
			pairs = append(pairs, a.String(), m.shown.String()+"-"+strings.NewReplacer(":", "").Replace(m.mac))
		}
	}
	if len(pairs) == 0 {
		return
	}
	ids := strings.NewReplacer(pairs...)
	plain := slices.Clone(pairs)
	for i := 1; i < len(plain); i += 2 {
		plain[i], _, _ = strings.Cut(plain[i], "-")
	}
	hosts := strings.NewReplacer(plain...)
	for i := range fs {
		f := &fs[i]
		f.ID, f.Key, f.Group, f.With = ids.Replace(f.ID), ids.Replace(f.Key), ids.Replace(f.Group), ids.Replace(f.With)
		f.Causes = hosts.Replace(f.Causes)
		for k := range f.Chain {
			f.Chain[k].ID, f.Chain[k].Host = ids.Replace(f.Chain[k].ID), hosts.Replace(f.Chain[k].Host)
		}
		for k := range f.Holders {
			f.Holders[k].Host = hosts.Replace(f.Holders[k].Host)
		}
	}
}
