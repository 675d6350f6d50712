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

// Rank gives 0 for info, 1 for warning, 2 for critical.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 2
	case Warning:
		return 1
	}
	return 0
}

// kind holds all that the program has to know of a kind of finding, besides what is in its detector's file and, in
// package report, in the file of its words.
type kind struct {
	name        string
	least, most Severity // least: of a finding whose detector does not say otherwise
	incident    int      // its place behind the root of an incident
	opens       bool     // it is about what a host opens: the application behind it is guessed
	find        func(*inquiry) []Finding
	size        func(*Finding) float64 // how much of it there is: what "worse" is told by; nil: its events
}

// kindTable lists the kinds in their order among findings of the same severity, which is also that of steps of a chain
// with the same delay: a cause, its echo, the table that both fill, what a machine suffers, what one host does, then
// the network and the log. Two pairs stand the other way round behind the root of an incident: there the full table
// comes before the lookups, because the owner of the network feels it first; and a scan comes before a host that fails
// to connect, because it says what to stop, where the failed connections may be only what the scan met.
func kindTable() []kind {
	return []kind{
		{PeriodicBurst, Warning, Critical, 0, true, periodicFindings, nil},
		{BurstKind, Info, Critical, 1, true, burstFindings, nil},
		{LoadKind, Info, Critical, 17, true, loadFindings, nil},
		{PTRStorm, Warning, Warning, 3, false, echoFindings, nil},
		{TableFullKind, Critical, Critical, 2, false, fullFindings, refusals},
		{OOM, Warning, Critical, 4, false, oomFindings, kills},
		{ShrinkKind, Warning, Warning, 5, false, shrinkFindings, shrinks},
		{SnapshotKind, Info, Critical, 18, false, snapshotFindings, rowsListed},
		{AlarmKind, Info, Critical, 16, false, alarmFindings, alarms},
		{ResetKind, Warning, Warning, 7, false, resetFindings, nil},
		{ScanKind, Warning, Warning, 6, true, scanFindings, nil},
		{GrowthKind, Warning, Warning, 8, true, growthFindings, perDay},
		{SYNFloodKind, Warning, Critical, 9, false, floodFindings, nil},
		{DNSStorm, Warning, Warning, 10, false, stormFindings, nil},
		{LagKind, Warning, Warning, 11, false, lagFindings, spells},
		{LinkFlap, Warning, Warning, 12, false, flapFindings, downs},
		{LossKind, Warning, Warning, 13, false, lossFindings, nil},
		{ClockKind, Info, Warning, 14, false, clockFindings, skew},
		{NewHost, Info, Info, 15, false, newHostFindings, nil},
	}
}

// kindsByName gives the lines of the table by their names.
func kindsByName() map[string]kind {
	out := map[string]kind{}
	for _, k := range kindTable() {
		out[k.name] = k
	}
	return out
}

// Kinds lists the names of the kinds in alphabetical order.
func Kinds() []string {
	var out []string
	for _, k := range kindTable() {
		out = append(out, k.name)
	}
	slices.Sort(out)
	return out
}

// IncidentOrder lists the names of the kinds in their order behind the root of an incident.
func IncidentOrder() []string {
	table := kindTable()
	slices.SortFunc(table, func(a, b kind) int { return cmp.Compare(a.incident, b.incident) })
	var out []string
	for _, k := range table {
		out = append(out, k.name)
	}
	return out
}

// rankOf maps each kind to its place in the table.
func rankOf() map[string]int {
	out := map[string]int{}
	for i, k := range kindTable() {
		out[k.name] = i
	}
	return out
}

// sortFindings puts the most severe first.
func sortFindings(fs []Finding) {
	rank := rankOf()
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(rank[a.Kind], rank[b.Kind]),
			a.Start.Compare(b.Start),
			cmp.Compare(a.ID, b.ID),
		)
	})
}
