package detect

import (
	"net/netip"
	"slices"
	"testing"
)

func TestAddressesOf(t *testing.T) {
	addr := netip.MustParseAddr
	mac := "02:00:5e:00:53:01"
	day := func(date Date, hosts map[string]string) *Day {
		d := NewDay(date)
		for a, m := range hosts {
			h := d.host(addr(a))
			h.MAC = m
			if m != "" {
				d.Bindings = append(d.Bindings, Binding{MAC: m, Addr: addr(a), First: d.Date.Start().UnixNano(),
					Last: d.Date.End().UnixNano() - 1, How: ByLease})
			}
		}
		slices.SortFunc(d.Bindings, compareBindings)
		return d
	}
	days := []*Day{day(20001, map[string]string{"192.168.1.20": mac, "192.168.1.9": ""}),
		day(20000, map[string]string{"192.168.1.10": mac})}
	for asked, want := range map[string][]netip.Addr{
		"192.168.1.20": {addr("192.168.1.10"), addr("192.168.1.20")}, // the earlier one first
		"192.168.1.9":  {addr("192.168.1.9")},
		"192.168.1.77": {addr("192.168.1.77")},
	} {
		if got := AddressesOf(days, addr(asked)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", asked, got, want)
		}
	}
	if got := AddressesOf(nil, addr("192.168.1.1")); len(got) != 1 {
		t.Errorf("without a day: %v", got)
	}
}
