package detect

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"uncloak/parse"
)

// This file notes which machine had which address when: leases, lines about neighbours and the MAC addresses in
// firewall lines tell. An address that goes to another machine gets a fresh record from that moment on.

const (
	maxBindings = 4096 // addresses of machines kept per day
	maxFormer   = 16   // machines that had one address before, per day
)

// How a Binding is known, the surest last.
const (
	ByLog       = 1 + iota // a logged packet had both addresses
	ByNeighbour            // ARP, or a table of neighbours
	ByLease                // DHCP
)

// Binding says that a machine had an address for some time.
type Binding struct {
	MAC         string // aa:bb:cc:dd:ee:ff; of a lease that names none: "name:" and the host's name
	Addr        netip.Addr
	First, Last int64 // ns
	How         uint8 // ByLog, ByNeighbour or ByLease
}

type boundTo struct {
	mac  parse.Name
	addr netip.Addr
}

// bind notes that e.Src belongs to the machine that e names.
func (t *Tracker) bind(e *parse.Event, how uint8) {
	mac := e.Aside
	if !isMAC(mac.String()) {
		if how != ByLease || isGeneric(e.Detail.String()) {
			return
		}
		mac = parse.MakeName(namedMAC + e.Detail.String())
	}
	if !t.cfg.Internal(e.Src) || !e.Src.IsValid() {
		return
	}
	t.noteBinding(boundTo{mac, e.Src}, e.Time, how)
	if how == ByLog {
		return
	}
	hs := t.host(e.Src)
	switch {
	case t.hosts[e.Src] != hs: // it has no record of its own
	case hs.owner == mac:
		hs.rival = parse.Name{}
	case hs.owner == parse.Name{}, isMAC(mac.String()) && !isMAC(hs.owner.String()):
		hs.owner, hs.host.MAC = mac, mac.String()
	case !isMAC(mac.String()): // the MAC knows better than the name
	case how == ByNeighbour && hs.rival != mac: // one line may be an old entry
		hs.rival = mac
	default:
		t.handOver(e.Src, hs, mac, e.Time)
	}
}

func (t *Tracker) noteBinding(k boundTo, at int64, how uint8) {
	if b := t.bindings[k]; b != nil {
		b.Last, b.How = max(b.Last, at), max(b.How, how)
		return
	}
	if len(t.bindings) >= maxBindings && how != ByLog && !t.thinned { // leases are worth more
		t.thinned = true
		maps.DeleteFunc(t.bindings, func(_ boundTo, b *Binding) bool { return b.How == ByLog })
	}
	if !t.more("addresses of machines", len(t.bindings), min(maxBindings, t.cfg.Limits.Hosts)) {
		return
	}
	if t.bindings == nil {
		t.bindings = map[boundTo]*Binding{}
	}
	t.bindings[k] = &Binding{MAC: k.mac.String(), Addr: k.addr, First: at, Last: at, How: how}
}

// handOver gives the address a fresh record; the one before it is kept under the machine that had it.
func (t *Tracker) handOver(a netip.Addr, hs *hostState, mac parse.Name, at int64) {
	before := hs.snapshot()
	before.Until = at
	if len(before.Sessions.Slots)+len(before.Inbound.Slots)+len(before.Asks.Slots)+len(before.PTRs.Slots) > 0 {
		if !t.more("former machines of an address", len(t.day.Former[a]), maxFormer) {
			return
		}
		if t.day.Former == nil {
			t.day.Former = map[netip.Addr][]*Host{}
		}
		t.day.Former[a] = append(slices.Clip(t.day.Former[a]), before)
	}
	fresh := &Host{MAC: mac.String()}
	fresh.makeMaps()
	t.hosts[a] = &hostState{host: fresh, owner: mac, own: hs.own, all: hs.all}
	t.charge(before.bytes())
	t.day.Hosts[a] = fresh
	t.lastHost = nil
}

// snapshotBindings adds the bindings to d, in order.
func (t *Tracker) snapshotBindings(d *Day) {
	d.Former, d.Bindings = maps.Clone(d.Former), nil
	for _, b := range t.bindings {
		d.Bindings = append(d.Bindings, *b)
	}
	slices.SortFunc(d.Bindings, compareBindings)
}

func compareBindings(a, b Binding) int {
	return cmp.Or(cmp.Compare(a.MAC, b.MAC), a.Addr.Compare(b.Addr))
}

// mergeBindings adds those of o.
func (d *Day) mergeBindings(o *Day) {
	for a, hosts := range o.Former {
		if d.Former == nil {
			d.Former = map[netip.Addr][]*Host{}
		}
		d.Former[a] = append(slices.Clip(d.Former[a]), hosts...)
		slices.SortStableFunc(d.Former[a], func(x, y *Host) int { return cmp.Compare(x.Until, y.Until) })
	}
	all := slices.Concat(d.Bindings, o.Bindings)
	slices.SortFunc(all, compareBindings)
	d.Bindings = nil
	for _, b := range all {
		if n := len(d.Bindings); n > 0 && compareBindings(d.Bindings[n-1], b) == 0 {
			x := &d.Bindings[n-1]
			x.First, x.Last, x.How = min(x.First, b.First), max(x.Last, b.Last), max(x.How, b.How)
			continue
		}
		d.Bindings = append(d.Bindings, b)
	}
}

const namedMAC = "name:"

// isMAC reports whether s is the MAC address of one machine: no group, none of zeros alone, none that routers share
// (VRRP, RFC 5798: 00:00:5e:00:01).
func isMAC(s string) bool {
	if len(s) != 17 || s[2] != ':' || s[14] != ':' {
		return false
	}
	return strings.IndexByte("02468ace", s[1]) >= 0 && s != "00:00:00:00:00:00" &&
		!strings.HasPrefix(s, "00:00:5e:00:01")
}

// isGeneric reports whether many machines call themselves so.
func isGeneric(name string) bool {
	name = strings.ToLower(name)
	for _, w := range [...]string{"android", "iphone", "ipad", "localhost", "esp_", "esp-", "unknown", "dhcp", "host",
		"espressif"} {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return len(name) < 3
}
