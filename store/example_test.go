package store_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// A backend finds the events of a public address and port; Holders weighs what they say.
func ExampleHolders() {
	at := time.Date(2026, 11, 17, 21, 14, 3, 0, time.UTC)
	begin := store.Entry{Event: parse.Event{Kind: parse.SessionNew, Time: at.Add(-time.Minute).UnixNano(),
		Proto: parse.TCP,
		Src:   netip.MustParseAddr("192.168.1.10"), SPort: 5000, Dst: netip.MustParseAddr("198.51.100.1"), DPort: 443,
		NATSrc: netip.MustParseAddr("203.0.113.7"), NATSPort: 40312}}
	find := func(_ context.Context, q store.Nearest) (before, after []store.Entry, err error) {
		if q.Match(&begin) {
			before = append(before, begin)
		}
		return before, nil, nil
	}
	q := store.Who{End: netip.MustParseAddrPort("203.0.113.7:40312"), At: at}
	holders, err := store.Holders(context.Background(), q, find, nil)
	for _, h := range holders {
		fmt.Println(h.Host, h.How, h.Standing, err)
	}
	// Output: 192.168.1.10:5000 translated open <nil>
}
