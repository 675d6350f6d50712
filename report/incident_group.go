package report

import (
	"cmp"
	"slices"

	"uncloak/detect"
)

// Incidents groups findings into incidents: those with one cause, and the spells in which one table was full. The
// report and the log of serve both use this grouping. Incidents come in the order of their first findings, and each
// lists its root first. They point into fs, and only ID, Severity, Findings, Known and Status are set.
func Incidents(fs []detect.Finding) []Incident {
	groups := map[string]int{} // id → index in out
	out := []Incident{}
	hops := hopGroups(fs)
	for i := range fs {
		id := incidentID(&fs[i], hops)
		k, ok := groups[id]
		if !ok {
			k = len(out)
			groups[id] = k
			out = append(out, Incident{ID: id})
		}
		out[k].findings = append(out[k].findings, &fs[i])
	}
	rank := ranking()
	for i := range out {
		out[i].settle(rank)
	}
	return out
}

// hopGroups returns the group of each lag on a first hop, by the finding's ID.
func hopGroups(fs []detect.Finding) map[string]string {
	hops := map[string]string{}
	for i := range fs {
		if f := &fs[i]; f.Kind == detect.LagKind && f.With == "" {
			hops[f.ID] = cmp.Or(f.Group, f.ID)
		}
	}
	return hops
}

// incidentID returns the name of the group that the detectors put f into. A finding without a group is an incident by
// itself, with two exceptions: a target beyond a hop belongs to the lag of that hop, and the spells of a full table,
// which have an ID each, are one incident of their router.
func incidentID(f *detect.Finding, hops map[string]string) string {
	switch {
	case f.Group != "":
		return f.Group
	case f.Kind == detect.LagKind && f.With != "" && hops[f.With] != "":
		return hops[f.With]
	case f.Kind == detect.TableFullKind:
		return "table-full-" + f.Router
	}
	return cmp.Or(f.ID, f.Kind+" "+f.Router+" "+f.Host)
}

// settle sorts the findings, the root first, and sums up how severe, how new and how well known they are.
func (in *Incident) settle(rank func(kind string) int) {
	slices.SortStableFunc(in.findings, func(a, b *detect.Finding) int {
		return cmp.Or(
			boolRank(b.ID == in.ID)-boolRank(a.ID == in.ID),
			cmp.Compare(rank(a.Kind), rank(b.Kind)),
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			a.Start.Compare(b.Start),
		)
	})
	in.Severity, in.Known, in.Status = detect.Info, true, in.findings[0].Status
	for _, f := range in.findings {
		in.Findings = append(in.Findings, f.ID)
		in.Known = in.Known && f.Silent()
	}
	for _, f := range in.findings {
		if (in.Known || !f.Silent()) && f.Severity.Rank() > in.Severity.Rank() {
			in.Severity = f.Severity
		}
		if (f.Status == detect.New || f.Status == detect.Worse) && in.Status == detect.Same &&
			f.Kind == detect.TableFullKind {
			in.Status = f.Status // the bursts are the same, but now the table overflows
		}
	}
}

// First returns the finding that the incident is about: its root, or, of a group without one, the finding whose kind
// and severity weigh most, the earliest of several.
func (in *Incident) First() *detect.Finding { return in.findings[0] }
