package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// fullFindings makes a finding of each spell in which a router's table was full: who held it, and what share.
func fullFindings(days []*Day, cfg *Config, w Window) []Finding {
	var out []Finding
	for _, d := range days {
		for name, r := range d.Routers {
			for i := range r.Overflows {
				if o := &r.Overflows[i]; w.has(o.Start) {
					out = append(out, fullFinding(name, o, cfg.table(name)))
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Router, b.Router))
	})
	return joinSpells(out)
}

func fullFinding(router string, o *Overflow, capacity int) Finding {
	// A router that logs its own sessions explains its own table. Where most of what is known comes from others (its
	// NAT log goes through another device, or another name), the sum over all routers does.
	entries, of := o.Total, func(h Holder) uint64 { return h.N }
	if 2*o.Total < o.All {
		entries, of = o.All, func(h Holder) uint64 { return h.All }
	}
	whole := float64(max(int(entries), capacity))
	var shares []Share
	for _, h := range o.Holders {
		if n := of(h); n > 0 && whole > 0 {
			shares = append(shares, Share{Host: holderName(h.Host), Share: min(float64(n)/float64(o.Weight)/whole, 1)})
		}
	}
	slices.SortStableFunc(shares, func(a, b Share) int { return cmp.Compare(b.Share, a.Share) })
	f := Finding{
		Kind: TableFullKind, Severity: Critical, Router: router, Start: time.Unix(0, o.Start).UTC(), End: time.Unix(0, o.End).UTC(),
		Score: 0.5, Entries: int(entries), Capacity: capacity, Lines: int(o.Lines), Drops: int(o.Drops()), Holders: shares, Episodes: 1,
		Evidence: Evidence{Events: uint64(o.Lines), Ask: Ask{From: time.Unix(0, o.Start).UTC(), To: time.Unix(0, o.End+1).UTC(), Router: router, Kind: "table-full"}},
	}
	if len(shares) > 0 && shares[0].Host != others {
		f.Host, f.TableShare = shares[0].Host, shares[0].Share
		second := 0.0
		if len(shares) > 1 {
			second = shares[1].Share
		}
		f.Score = 0.5 + 0.5*(f.TableShare-second)
	}
	f.ID = fmt.Sprintf("table-full-%s-%d", router, o.Start/1e9)
	return f
}

// others stands for entries that belong to no internal host: the router's own, and what only passes through.
const others = "router and others"

func holderName(a netip.Addr) string {
	if !a.IsValid() {
		return others
	}
	return a.String()
}

// joinSpells joins a spell that goes on over midnight.
func joinSpells(fs []Finding) []Finding {
	out := fs[:0]
	for _, f := range fs {
		if n := len(out); n > 0 && out[n-1].Router == f.Router && f.Start.Sub(out[n-1].End) <= spellGap && DateOf(out[n-1].End) != DateOf(f.Start) {
			p := &out[n-1]
			p.End, p.Lines, p.Drops = f.End, p.Lines+f.Lines, p.Drops+f.Drops
			p.Evidence.Events += f.Evidence.Events
			p.Evidence.Ask.To = f.Evidence.Ask.To
			continue
		}
		out = append(out, f)
	}
	return out
}
