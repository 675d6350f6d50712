package detect

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"
)

// WhatIf holds the result of a replay with a change. Numbers of entries are those of the router's table: rebuilt
// numbers are divided by Factor.
type WhatIf struct {
	Router     string
	Table      int     // entries that the table takes; 0 = not known
	Estimated  bool    // Table is the number of entries when the router logged that it was full
	Factor     float64 // entries as rebuilt for each entry of the table, at the recorded overflows
	Recorded   Recorded
	Reproduced int         // recorded overflows within a minute of which the replay without the change overflows
	Bare       int         // … when only the sessions that are in the log are played
	Change     string      // "" = no change was asked for
	Before     Estimate    // the replay without the change
	After      *Estimate   // with it; nil without a change
	Best       []Proposal  // single changes that would have avoided every overflow, the smallest first
	Searched   bool        // Best was asked for
	Echoes     []EchoOf    // lookups that go with a host that is taken away
	Accounting ReplayCount // what the replay rests on
}

// Recorded holds what the router itself logged.
type Recorded struct {
	Overflows int
	Full      time.Duration
	Refused   uint64 // packets
}

// Estimate is an outcome with its bounds: Low plays the sessions of the log alone, High counts each refused packet as a
// session of its own, Likely leaves TCP's repetitions out.
type Estimate struct{ Low, Likely, High Outcome }

// ReplayCount holds the numbers that a replay rests on.
type ReplayCount struct {
	Sessions uint64 // recorded ones in the window
	Ghosts   uint64 // refused packets that were played
	Cut      uint64 // refused packets beyond the bound
	Dropped  uint64 // sessions beyond the bound of the rebuilt table
	Early    uint64 // sessions whose end could not be waited for
}

// Proposal is one change that would have been enough.
type Proposal struct {
	Change  string
	Was, Is float64 // entries, sessions of the largest holder, or seconds
	Factor  float64 // by how many times something is made larger or smaller; 0 = it cannot be said so
	Peak    int     // most entries with it
	Limited uint64  // sessions refused by the limit
	Removed uint64  // sessions of the host that is taken away
	Host    netip.Addr
	Sure    bool // enough even if each refused packet was a session of its own
}

// topHolders bounds the search: the hosts that are taken away one by one.
const topHolders = 5

// WhatIf replays the window without and with the change; search looks for the smallest single change that avoids every
// overflow.
func (r *Replay) WhatIf(c *Change, search bool) (*WhatIf, error) {
	w := &WhatIf{Router: r.Router, Searched: search, Echoes: r.Echoes, Change: c.String()}
	w.Table, w.Estimated, w.Factor = r.capacity()
	w.recorded(r)
	none, plans := &Change{}, []plan(nil)
	for level := range numGhosts {
		plans = append(plans, w.plan(none, level, false))
	}
	if w.Change != "" {
		for level := range numGhosts {
			plans = append(plans, w.plan(c, level, false))
		}
	}
	n := len(plans)
	plans = append(plans, plan{none, likelyGhosts, 0, w.Factor, false}, plan{none, allGhosts, 0, w.Factor, false})
	p, err := r.run(plans)
	if err != nil {
		return nil, err
	}
	outs := p.outcomes(w.Factor)
	w.Before = Estimate{outs[0], outs[1], outs[2]}
	if w.Change != "" {
		w.After = &Estimate{outs[3], outs[4], outs[5]}
	}
	w.Bare, w.Reproduced = r.together(&outs[0]), r.together(&outs[1])
	w.Accounting = ReplayCount{Sessions: p.total, Cut: p.ghosts.cut, Dropped: p.dropped, Early: p.early,
		Ghosts: w.Recorded.Refused - p.ghosts.cut}
	if search && w.Table > 0 && outs[2].Overflows > 0 {
		w.Best, err = r.smallest(w, p, outs[n], outs[n+1])
	}
	return w, err
}

func (w *WhatIf) recorded(r *Replay) {
	for _, o := range r.spells() {
		w.Recorded.Overflows++
		w.Recorded.Full += time.Duration(o.End - o.Start)
		w.Recorded.Refused += o.Drops()
	}
}

// outcomes closes the simulations; entries are divided by factor.
func (p *pass) outcomes(factor float64) (out []Outcome) {
	for _, m := range p.sims {
		o := m.outcome(p.hosts)
		o.Peak = int(math.Ceil(float64(o.Peak)/factor - 1e-9))
		out = append(out, o)
	}
	return out
}

// together counts the recorded overflows within spellGap of which the replay has one.
func (r *Replay) together(o *Outcome) (n int) {
	for _, x := range r.spells() {
		if slices.ContainsFunc(o.Spells, func(s Stretch) bool {
			return s.Start.UnixNano() <= x.End+int64(spellGap) && s.End.UnixNano() >= x.Start-int64(spellGap)
		}) {
			n++
		}
	}
	return n
}

// capacity gives the size of the table, configured or else the entries at its overflows, and how many entries are
// rebuilt for each of them. A factor below a half or above two means that the log is not about that table: then it is
// not used.
func (r *Replay) capacity() (n int, estimated bool, factor float64) {
	var seen []float64
	for _, o := range r.spells() {
		if t := cmp.Or(o.Total*btou(!r.All), o.All*btou(r.All)); t > 0 {
			seen = append(seen, float64(t))
		}
	}
	n = r.Config.table(r.Router)
	if n == 0 {
		for _, d := range r.Days {
			if x := d.Routers[r.Router]; x != nil && x.Gauge.Size > 0 {
				n, estimated = int(x.Gauge.Size), true
			}
		}
	}
	if len(seen) == 0 {
		return n, estimated, 1
	}
	full := middle(seen)
	if n == 0 {
		return int(full), true, 1
	}
	if factor = full / float64(n); factor < 0.5 || factor > 2 {
		factor = 1
	}
	return n, estimated, factor
}

func btou(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// search tries one setting that is made stricter step by step until nothing overflows. A stricter step avoids all that
// a milder one does.
type search struct {
	steps  []Change // the mildest first
	values []float64
	was    float64
	lo, hi int // the first step that is enough lies in [lo, hi); hi = len(steps): none known
	out    Outcome
}

// stepsAtOnce is the number of steps of a search that one pass tries.
const stepsAtOnce = 5

// smallest looks for single changes that avoid every overflow, first with each refused packet as a session of its own
// (sure), then, for settings that are not enough by that measure, with the likely number. likely and all are the
// outcomes without any bound.
func (r *Replay) smallest(w *WhatIf, base *pass, likely, all Outcome) (out []Proposal, err error) {
	searches := r.searches(w, base, all)
	hosts := r.holders()
	for _, level := range []ghosts{allGhosts, likelyGhosts} {
		need, sure := all, level == allGhosts
		if !sure {
			need = likely
		}
		table := Change{Table: need.Peak}
		if need.Peak > w.Table {
			out = append(out, Proposal{Change: table.String(), Was: float64(w.Table), Is: float64(need.Peak),
				Factor: float64(need.Peak) / float64(w.Table), Peak: need.Peak, Sure: sure})
		}
		found, rest, err := r.without(w, hosts, level)
		if err != nil {
			return nil, err
		}
		out, hosts = append(out, found...), rest
		if err := r.narrow(w, searches, level); err != nil {
			return nil, err
		}
		searches = slices.DeleteFunc(searches, func(s *search) bool {
			if s.hi < len(s.steps) {
				out = append(out, s.proposal(sure))
				return true
			}
			s.lo = 0
			return false
		})
	}
	slices.SortStableFunc(out, bySize)
	return out, nil
}

// bySize orders proposals by the size of the change, of equal ones by the sessions that they cost. Taking a host away
// comes last: it is not a setting.
func bySize(a, b Proposal) int {
	return cmp.Or(
		cmp.Compare(btou(a.Factor == 0), btou(b.Factor == 0)),
		cmp.Compare(a.Factor, b.Factor),
		cmp.Compare(a.Limited+a.Removed, b.Limited+b.Removed),
		cmp.Compare(btou(b.Sure), btou(a.Sure)),
	)
}

// without tries to take each of the hosts away; rest lists those for which that is not enough.
func (r *Replay) without(w *WhatIf, hosts []netip.Addr, level ghosts) (found []Proposal, rest []netip.Addr, err error) {
	var plans []plan
	for _, h := range hosts {
		plans = append(plans, w.plan(&Change{Without: []netip.Addr{h}}, level, true))
	}
	if len(plans) == 0 {
		return nil, nil, nil
	}
	p, err := r.run(plans)
	if err != nil {
		return nil, nil, err
	}
	for i, o := range p.outcomes(w.Factor) {
		if o.Overflows > 0 {
			rest = append(rest, hosts[i])
			continue
		}
		found = append(found, Proposal{Change: "without=" + hosts[i].String(), Peak: o.Peak, Removed: o.Removed,
			Host: hosts[i], Sure: level == allGhosts})
	}
	return found, rest, nil
}

// narrow runs the searches side by side until each knows its first step that is enough.
func (r *Replay) narrow(w *WhatIf, searches []*search, level ghosts) error {
	for {
		var plans []plan
		var of []*search
		var at []int
		for _, s := range searches {
			for _, i := range s.probe() {
				plans = append(plans, w.plan(&s.steps[i], level, true))
				of, at = append(of, s), append(at, i)
			}
		}
		if len(plans) == 0 {
			return nil
		}
		p, err := r.run(plans)
		if err != nil {
			return err
		}
		for i, o := range p.outcomes(w.Factor) {
			of[i].learn(at[i], o)
		}
	}
}

// plan plays the change at that level, in the table as it is or as the change has it.
func (w *WhatIf) plan(c *Change, level ghosts, once bool) plan {
	return plan{c, level, int(math.Round(float64(cmp.Or(c.Table, w.Table)) * w.Factor)), w.Factor, once}
}

func (s *search) proposal(sure bool) Proposal {
	p := Proposal{Change: s.steps[s.hi].String(), Was: s.was, Is: s.values[s.hi], Factor: s.was / s.values[s.hi],
		Peak: s.out.Peak, Sure: sure}
	for _, n := range s.out.Limited {
		p.Limited += n
	}
	return p
}

// probe gives the steps to try next; none when the result is known.
func (s *search) probe() (out []int) {
	n := s.hi - s.lo
	if n <= 0 {
		return nil
	}
	if n <= stepsAtOnce {
		for i := s.lo; i < s.hi; i++ {
			out = append(out, i)
		}
		return out
	}
	for k := 1; k <= stepsAtOnce; k++ {
		out = append(out, s.lo+(n-1)*k/stepsAtOnce)
	}
	return slices.Compact(out)
}

// learn narrows the search by the result of step i.
func (s *search) learn(i int, o Outcome) {
	if o.Overflows > 0 {
		s.lo = max(s.lo, i+1)
		return
	}
	if i < s.hi {
		s.hi, s.out = i, o
	}
}

// searches lists the settings that can be made stricter: the limit per host, and each timeout that entries end by.
func (r *Replay) searches(w *WhatIf, base *pass, need Outcome) (out []*search) {
	limit := &search{was: math.Ceil(float64(slices.Max(append(need.most, 1))) / w.Factor)}
	for _, n := range roundNumbers(limit.was, 10) {
		limit.add(Change{Limit: int(n)}, n)
	}
	out = append(out, limit)
	for k := range numClasses {
		// typical_tcp is no setting of a router: it is moved by time_wait
		if base.used[k] == 0 || k == classTypicalTCP {
			if k != classTimeWait || base.used[classTypicalTCP] == 0 {
				continue
			}
		}
		s := &search{was: r.Config.timeouts(r.Router).of(k).Seconds()}
		for _, v := range roundNumbers(s.was, 1) {
			var c Change
			c.timeout(k, time.Duration(v*float64(time.Second)))
			s.add(c, v)
		}
		out = append(out, s)
	}
	for _, s := range out {
		s.hi = len(s.steps)
	}
	return out
}

func (s *search) add(c Change, v float64) {
	s.steps, s.values = append(s.steps, c), append(s.values, v)
}

// roundNumbers gives round numbers below was and down to least, the largest first: about ten a decade.
func roundNumbers(was, least float64) (out []float64) {
	for decade := math.Pow(10, math.Ceil(math.Log10(max(was, 1)))); decade >= least; decade /= 10 {
		for _, m := range []float64{8, 6, 5, 4, 3, 2.5, 2, 1.5, 1.2, 1} {
			if v := m * decade; v < was && v >= least && v == math.Trunc(v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// holders lists the hosts that had most of the table when it was full.
func (r *Replay) holders() (out []netip.Addr) {
	sum := map[netip.Addr]uint64{}
	for _, o := range r.spells() {
		for _, h := range o.Holders {
			if n := h.N*uint64(btou(!r.All)) + h.All*uint64(btou(r.All)); h.Host.IsValid() {
				sum[h.Host] += n
			}
		}
	}
	for a := range sum {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b netip.Addr) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), a.Compare(b)) })
	return out[:min(len(out), topHolders)]
}
