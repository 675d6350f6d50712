package detect

import (
	"cmp"
	"net/netip"
	"slices"
)

// AddressesOf returns all addresses that the machine behind a had on the days, in the order in which it had them; a
// alone where the days do not tell. Where a changed hands, its last owner is meant.
func AddressesOf(days []*Day, a netip.Addr) []netip.Addr {
	days = slices.SortedFunc(slices.Values(days), func(a, b *Day) int { return cmp.Compare(a.Date, b.Date) })
	if c := machinesOf(days); c != nil {
		for i := len(days) - 1; i >= 0; i-- {
			if m := c.owners[i][a]; m != nil {
				return slices.Clone(m.addrs)
			}
		}
	}
	return []netip.Addr{a}
}
