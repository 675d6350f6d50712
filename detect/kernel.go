package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// OOM is the kind of processes that a kernel killed for want of memory.
const OOM = "oom"

// Memory holds the processes that a kernel killed for want of memory.
type Memory struct {
	Proc  string   `json:"proc,omitempty"`
	Kills int      `json:"kills,omitempty"`
	PIDs  []uint32 `json:"pids,omitempty"`
}

// moment is a time that is known to ± spread.
type moment struct {
	at     int64
	spread uint32 // ms
}

// kernelFindings reports processes killed for want of memory and peers that shrink windows, and says where the two
// are interleaved: that is what is left of a web server that hung (field notes, 2).
func kernelFindings(days []*Day, w Window) []Finding {
	var out []Finding
	kills, shrinks := map[[2]string][]Kill{}, map[[2]string][]Shrink{}
	for _, d := range days {
		for name, r := range d.Routers {
			for _, k := range r.Kills {
				if w.has(k.Time) {
					kills[[2]string{name, k.Proc}] = append(kills[[2]string{name, k.Proc}], k)
				}
			}
			for _, s := range r.Shrinks {
				if w.has(s.Time) {
					key := [2]string{name, strconv.Itoa(int(s.Port))}
					shrinks[key] = append(shrinks[key], s)
				}
			}
		}
	}
	for key, ks := range kills {
		out = append(out, oomFinding(key[0], key[1], ks))
	}
	for key, ss := range shrinks {
		out = append(out, shrinkFinding(key[0], unmasked(ss)))
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	interleave(out)
	return out
}

func oomFinding(router, proc string, ks []Kill) Finding {
	f := Finding{Kind: OOM, Severity: Warning, Router: router, Memory: Memory{Proc: proc, Kills: len(ks)}, Score: 0.99, ID: fmt.Sprintf("oom-%s-%s", router, proc)}
	var at []moment
	for _, k := range ks {
		f.PIDs = append(f.PIDs, k.PID)
		at = append(at, moment{k.Time, k.Spread})
	}
	if len(ks) >= 3 {
		f.Severity = Critical
	}
	f.setTimes(at, "oom-kill")
	return f
}

func shrinkFinding(router string, ss []Shrink) Finding {
	f := Finding{Kind: ShrinkKind, Severity: Warning, Router: router, Port: int(ss[0].Port), Score: 0.9, ID: fmt.Sprintf("window-shrink-%s-%d", router, ss[0].Port)}
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

func (f *Finding) setTimes(at []moment, kind string) {
	lo, hi, spread := at[0].at, at[0].at, uint32(0)
	for _, m := range at {
		lo, hi, spread = min(lo, m.at), max(hi, m.at), max(spread, m.spread)
	}
	f.Start, f.End, f.SpreadS = time.Unix(0, lo).UTC(), time.Unix(0, hi).UTC(), float64(spread)/1000
	f.Evidence = Evidence{Events: uint64(len(at)), Ask: Ask{From: f.Start, To: f.End.Add(1), Router: f.Router, Kind: kind}}
}

// interleave links kills and shrinks of one router that lie among each other.
func interleave(fs []Finding) {
	shrinks := map[string][]*Finding{}
	for i := range fs {
		if f := &fs[i]; f.Kind == ShrinkKind {
			shrinks[f.Router] = append(shrinks[f.Router], f)
		}
	}
	for i := range fs {
		a := &fs[i]
		if a.Kind != OOM {
			continue
		}
		for _, b := range shrinks[a.Router] {
			if !a.Start.After(b.End) && !b.Start.After(a.End) {
				a.With, b.With = b.ID, a.ID
				a.Group, b.Group = a.ID, a.ID
			}
		}
	}
}
