package report

import (
	"cmp"
	"slices"
	"strings"

	"uncloak/detect"
)

// group lays the findings out as incidents with their words, the worst incident first, and Findings in the same order.
func (m *Model) group(opt *Options) {
	m.Incidents = Incidents(m.Findings)
	for i := range m.Incidents {
		m.Incidents[i].finish(m, opt)
	}
	rank := ranking()
	slices.SortStableFunc(m.Incidents, func(a, b Incident) int {
		x, y := a.First(), b.First()
		return cmp.Or(
			cmp.Compare(boolRank(a.Known), boolRank(b.Known)),
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(newsRank(a.Status), newsRank(b.Status)),
			cmp.Compare(b.spells(), a.spells()),
			cmp.Compare(rank(x.Kind), rank(y.Kind)),
			cmp.Compare(y.Score, x.Score),
			x.Start.Compare(y.Start),
			cmp.Compare(a.ID, b.ID),
		)
	})
	m.Silent = 0
	for _, in := range m.Incidents {
		if !in.Known || opt.All {
			m.shown = append(m.shown, in)
		} else {
			m.Silent += len(in.findings)
		}
	}
	laid := []detect.Finding{} // [], not null, in the JSON
	for i := range m.Incidents {
		for _, f := range m.Incidents[i].findings {
			laid = append(laid, *f)
		}
	}
	m.Findings = laid
}

// ranking gives the place of each kind behind the root of an incident; a kind that is not known comes last.
func ranking() func(kind string) int {
	order := detect.IncidentOrder()
	return func(kind string) int {
		if i := slices.Index(order, kind); i >= 0 {
			return i
		}
		return len(order)
	}
}

// finish sums up the spells of full tables and words what the incident says as a whole.
func (in *Incident) finish(m *Model, opt *Options) {
	spells := in.spellsByRouter()
	done := map[string]bool{}
	for _, f := range in.findings {
		switch {
		case f.Kind != detect.TableFullKind:
			in.parts = append(in.parts, part{Finding: f})
		case !done[f.Router]:
			done[f.Router] = true
			in.parts = append(in.parts, sumSpells(spells[f.Router]))
		}
	}
	var tips []tip
	in.victims = ""
	for i := range in.parts {
		p := &in.parts[i]
		w := words{Language: m.Language, opt: opt, clock: m.clock, whole: true}
		if r := in.root(); r != nil && p.Kind == detect.TableFullKind {
			w.blame = r
		}
		// knows more of sizes than a burst: it comes first
		if more := w.describe(p.Finding); p.Kind == detect.TableFullKind {
			tips = append(more, tips...)
			in.victims = m.sentences(in.victims, w.victims(p.Finding))
		} else {
			tips = append(tips, more...)
		}
	}
	in.advise(tips)
	in.Title = in.title(m)
}

// spellsByRouter lists the spells of full tables by the table's router.
func (in *Incident) spellsByRouter() map[string][]*detect.Finding {
	spells := map[string][]*detect.Finding{}
	for _, f := range in.findings {
		if f.Kind == detect.TableFullKind {
			spells[f.Router] = append(spells[f.Router], f)
		}
	}
	return spells
}

// worstOf returns the spell with most refusals, of equal ones the first.
func worstOf(fs []*detect.Finding) *detect.Finding {
	worst := fs[0]
	for _, f := range fs {
		if max(f.Drops, f.Lines) > max(worst.Drops, worst.Lines) {
			worst = f
		}
	}
	return worst
}

// newsRank orders a new or worse incident before one that is as usual.
func newsRank(status string) int { return boolRank(status == detect.Same || status == detect.Better) }

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// part holds one finding of an incident, or all spells of one full table summed up.
type part struct {
	*detect.Finding
	worst *detect.Finding // the spell with most refusals, where there are several
}

// sumSpells makes one finding of the spells in which one table was full: shares are averages weighted by refusals.
func sumSpells(fs []*detect.Finding) part {
	sum := *fs[0]
	p := part{Finding: &sum, worst: worstOf(fs)}
	sum.Episodes, sum.Lines, sum.Drops, sum.Score, sum.Entries = len(fs), 0, 0, 0, 0
	sum.Evidence.Events = 0
	shares, weight, names := map[string]float64{}, 0.0, map[string]string{}
	for _, f := range fs {
		w := float64(max(f.Drops, f.Lines, 1))
		weight += w
		for _, h := range f.Holders {
			shares[h.Host] += w * h.Share
			names[h.Host] = h.Name
		}
		if len(f.Holders) == 0 && f.Host != "" {
			shares[f.Host] += w * f.TableShare
			names[f.Host] = f.Name
		}
		sum.Score += f.Score / float64(len(fs))
		sum.Lines, sum.Drops, sum.Entries = sum.Lines+f.Lines, sum.Drops+f.Drops, max(sum.Entries, f.Entries)
		sum.Evidence.Events += f.Evidence.Events
		if f.Start.Before(sum.Start) {
			sum.Start = f.Start
		}
		if f.End.After(sum.End) {
			sum.End = f.End
		}
		if a := f.Evidence.Ask; a.From.Before(sum.Evidence.Ask.From) {
			sum.Evidence.Ask.From = a.From
		}
		if a := f.Evidence.Ask; a.To.After(sum.Evidence.Ask.To) {
			sum.Evidence.Ask.To = a.To
		}
	}
	sum.Holders = nil
	for h, s := range shares {
		sum.Holders = append(sum.Holders, detect.Share{Host: h, Name: names[h], Share: s / weight})
	}
	slices.SortFunc(sum.Holders, func(a, b detect.Share) int {
		return cmp.Or(
			cmp.Compare(b.Share, a.Share),
			cmp.Compare(a.Host, b.Host),
		)
	})
	if len(sum.Holders) > 0 && sum.Host != "" { // the first holder with an address: "router and others" is no host
		i := max(slices.IndexFunc(sum.Holders, func(h detect.Share) bool { return isHost(h.Host) }), 0)
		sum.Host, sum.Name, sum.TableShare = sum.Holders[i].Host, sum.Holders[i].Name, sum.Holders[i].Share
	}
	sumAround(&sum, p.worst, fs)
	return p
}

// find returns the first part that is of one of the kinds, or nil.
func (in *Incident) find(kinds ...string) *detect.Finding {
	for _, p := range in.parts {
		if slices.Contains(kinds, p.Kind) {
			return p.Finding
		}
	}
	return nil
}

// spells counts how often the table was full.
func (in *Incident) spells() int {
	if full := in.find(detect.TableFullKind); full != nil {
		return full.Episodes
	}
	return 0
}

// root returns the finding that the group is named after: the rhythm or burst of the host that causes the others, or
// the load with which a host fills the table; nil without one.
func (in *Incident) root() *detect.Finding {
	if f := in.find(detect.PeriodicBurst, detect.BurstKind); f != nil || in.find(detect.TableFullKind) == nil {
		return f
	}
	return in.find(detect.LoadKind)
}

// echoes returns the hosts of the incident that only react to another host's bursts.
func (in *Incident) echoes() map[string]bool {
	out := map[string]bool{}
	for _, p := range in.parts {
		if p.Kind == detect.PTRStorm && p.Causes != "" {
			out[p.Host] = true
		}
	}
	return out
}

// advise gathers the advice in the order in which to follow it, one piece a topic.
func (in *Incident) advise(tips []tip) {
	said := map[string]bool{}
	for _, first := range []string{"log", "stop ", "limit ", "size", "timeouts", ""} {
		for _, t := range tips {
			if strings.HasPrefix(t.topic, first) && !said[t.topic] {
				said[t.topic] = true
				in.Advice = append(in.Advice, t.text)
			}
		}
	}
}

// title words what the owner of the network notices first: the full table, where the incident has one.
func (in *Incident) title(m *Model) string {
	full := in.find(detect.TableFullKind)
	oom, shrink := in.find(detect.OOM), in.find(detect.ShrinkKind)
	switch {
	case full != nil && in.root() == nil:
		return full.Title
	case full != nil:
	case oom != nil && shrink != nil && oom.With != "":
		by := m.Say("peers")
		if n := len(shrink.PeerPorts); n > 0 {
			by = count(m.Language, n, "peer port", "peer ports")
		}
		return m.Say("%s, among %s by %s", oom.Title, count(m.Language, max(shrink.Shrinks, 1), "window shrink",
			"window shrinks"), by)
	default:
		return in.parts[0].Title
	}
	t := m.Say("session table full %s%s", m.times(full.Episodes), m.on(full.Router))
	total := 0.0
	for _, f := range in.findings {
		if f.Kind == detect.TableFullKind && f.Router == full.Router {
			total += f.End.Sub(f.Start).Seconds()
		}
	}
	if total >= 1 {
		t = m.Say("%s, %s in all", t, m.seconds(total))
	}
	return t
}
