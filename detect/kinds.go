package detect

import (
	"cmp"
	"slices"
)

// Severity orders findings.
type Severity string

// The severities, as they are shown and as `--fail-on` takes them.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Rank is 0 for info, 1 for warning, 2 for critical.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 2
	case Warning:
		return 1
	}
	return 0
}

// sortFindings puts the most severe first.
func sortFindings(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), cmp.Compare(rankOf[a.Kind], rankOf[b.Kind]), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
}

var rankOf = map[string]int{PeriodicBurst: 0, BurstKind: 1, PTRStorm: 2, TableFullKind: 3, OOM: 4, ShrinkKind: 5, ResetKind: 6, ScanKind: 7, GrowthKind: 8,
	SYNFloodKind: 9, DNSStorm: 10, LagKind: 11, LinkFlap: 12, LossKind: 13, ClockKind: 14, NewHost: 15}
