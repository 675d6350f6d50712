package detect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"uncloak/parse"
)

// maxGroups bounds the control groups that a finding names.
const maxGroups = 8

// OOM is the kind of processes that a kernel killed for want of memory.
const OOM = "oom"

// Memory holds the processes that a kernel killed for want of memory.
type Memory struct {
	Proc  string   `json:"proc,omitempty"`
	Kills int      `json:"kills,omitempty"`
	PIDs  []uint32 `json:"pids,omitempty"`
	// control groups whose limit was hit, at most maxGroups, and how many kills were for the limit of one, named or not
	Groups     []string `json:"control_groups,omitempty"`
	LimitKills int      `json:"limit_kills,omitempty"`
}

// moment is a time that is known to ± spread.
type moment struct {
	at     int64
	spread uint32 // ms
}

// oomFindings reports processes that a kernel killed for want of memory.
func oomFindings(q *inquiry) []Finding {
	type victim struct{ router, proc string }
	kills := map[victim][]Kill{}
	for _, d := range q.beside {
		for name, r := range d.Routers {
			for _, k := range r.Kills {
				kills[victim{name, k.Proc}] = append(kills[victim{name, k.Proc}], k)
			}
		}
	}
	var out []Finding
	for v, ks := range kills {
		slices.SortFunc(ks, func(a, b Kill) int { return cmp.Compare(a.Time, b.Time) })
		if ks = spell(ks, q.w, time.Hour, func(k Kill) (int64, int64) { return k.Time, k.Time }); len(ks) > 0 {
			out = append(out, oomFinding(v.router, v.proc, ks))
		}
	}
	slices.SortFunc(out, byStart)
	return out
}

// byStart orders findings of one kind.
func byStart(a, b Finding) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) }

func oomFinding(router, proc string, ks []Kill) Finding {
	f := Finding{Kind: OOM, Router: router, Memory: Memory{Proc: proc, Kills: len(ks)}, Score: 0.99,
		ID: fmt.Sprintf("oom-%s-%s", router, proc)}
	var at []moment
	for _, k := range ks {
		f.PIDs = append(f.PIDs, k.PID)
		at = append(at, moment{k.Time, k.Spread})
		if k.Group != "" {
			f.LimitKills++
		}
		if k.Group != "" && k.Group != parse.SomeGroup && len(f.Groups) < maxGroups &&
			!slices.Contains(f.Groups, k.Group) {
			f.Groups = append(f.Groups, k.Group)
		}
	}
	if len(ks) >= 3 {
		f.Severity = Critical
	}
	f.setTimes(at, "oom-kill")
	return f
}

// kills gives the size of the finding.
func kills(f *Finding) float64 { return float64(f.Kills) }

func (f *Finding) setTimes(at []moment, kind string) {
	lo, hi, spread := at[0].at, at[0].at, uint32(0)
	for _, m := range at {
		lo, hi, spread = min(lo, m.at), max(hi, m.at), max(spread, m.spread)
	}
	f.Start, f.End, f.SpreadS = time.Unix(0, lo).UTC(), time.Unix(0, hi).UTC(), float64(spread)/1000
	f.Evidence = Evidence{Events: uint64(len(at)), Ask: Ask{From: f.Start, To: f.End.Add(1), Router: f.Router,
		Kind: kind}}
}

// interleave links the kills and the shrinks of one router that overlap in time.
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
