package detect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"uncloak/parse"
)

// AlarmKind is the kind of trouble that a router's kernel or daemon tells of itself, and that no other kind is about.
const AlarmKind = "alarm"

// maxAlarms bounds the sorts of alarm that are kept of a router and day; there are about twenty.
const maxAlarms = 64

// AlarmFacts holds what an alarm says.
type AlarmFacts struct {
	Message string `json:"message,omitempty"` // ID of its entry in the encyclopaedia; "" where it has none
	Table   string `json:"table,omitempty"`   // the table that is full; "" where the alarm is about none
}

// Alarm counts the lines of a router in a day that tell of one sort of trouble.
type Alarm struct {
	ID          string // of its entry in the encyclopaedia; "" where it has none
	Table       string // the table that is full; "" where the alarm is about none
	Kind        parse.Kind
	First, Last int64  // ns
	Spread      uint32 // ± ms of the least exact of the times
	Lines       uint64 // repeated ones counted
	Hidden      uint64 // lines that the kernel says it left out
}

// alarmOf names the encyclopaedia's entry for an event, and the table that it says is full. The words for tables are
// those of the parser.
func alarmOf(e *parse.Event) (id, table string) {
	switch e.Kind {
	case parse.NeighbourOverflow:
		return "neighbour-overflow", ""
	case parse.Orphans:
		return "tcp-orphans", ""
	}
	table = e.Detail.String()
	switch table {
	case "expect", "expectations":
		return "conntrack-expect-full", table
	case "neighbour":
		return "neighbour-overflow", table
	case "dst cache", "route cache":
		return "route-cache-full", table
	case "hashlimit":
		return "hashlimit-full", table
	case "ipset":
		return "ipset-full", table
	case "open files":
		return "file-max", table
	}
	return "", table
}

// alarm notes a line that tells of trouble. What the kernel says next that it swallowed is taken for more of the same.
func (t *Tracker) alarm(e *parse.Event, rs *routerState) {
	id, table := alarmOf(e)
	r := rs.router
	i := slices.IndexFunc(r.Alarms, func(a Alarm) bool { return a.ID == id && a.Table == table })
	if i < 0 {
		if len(r.Alarms) >= maxAlarms {
			t.day.Dropped["alarms"]++
			return
		}
		i = len(r.Alarms)
		r.Alarms = append(r.Alarms, Alarm{ID: id, Table: table, Kind: e.Kind, First: e.Time, Last: e.Time})
	}
	a := &r.Alarms[i]
	a.First, a.Last = min(a.First, e.Time), max(a.Last, e.Time)
	a.Spread, a.Lines = max(a.Spread, e.Spread), a.Lines+uint64(max(e.Count, 1))
	rs.alarmed, rs.flooded = i+1, 0
}

// mergeAlarms adds those of o, by what they are about.
func (r *Router) mergeAlarms(o *Router) {
	r.Alarms = slices.Clone(r.Alarms)
	for _, x := range o.Alarms {
		i := slices.IndexFunc(r.Alarms, func(a Alarm) bool { return a.ID == x.ID && a.Table == x.Table })
		if i < 0 {
			r.Alarms = append(r.Alarms, x)
			continue
		}
		r.Alarms[i].merge(&x)
	}
	slices.SortFunc(r.Alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Table, b.Table))
	})
}

func (a *Alarm) merge(o *Alarm) {
	a.First, a.Last, a.Spread = min(a.First, o.First), max(a.Last, o.Last), max(a.Spread, o.Spread)
	a.Lines, a.Hidden = a.Lines+o.Lines, a.Hidden+o.Hidden
	a.Kind = min(a.Kind, o.Kind)
}

// alarmFindings reports, for each router and sort of trouble, when it told of it first and last and how often. An alarm
// that reaches into the window is told whole.
func alarmFindings(q *inquiry) []Finding {
	var out []Finding
	for _, name := range RoutersOf(q.days) {
		found := map[[2]string]*Alarm{}
		for _, d := range q.days {
			r := d.Routers[name]
			if r == nil {
				continue
			}
			for i := range r.Alarms {
				x := r.Alarms[i]
				if x.Last < q.w.From.UnixNano() || x.First >= q.w.To.UnixNano() {
					continue
				}
				if have := found[[2]string{x.ID, x.Table}]; have != nil {
					have.merge(&x)
					continue
				}
				found[[2]string{x.ID, x.Table}] = &x
			}
		}
		keys := slices.SortedFunc(maps.Keys(found), func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
		})
		for _, k := range keys {
			out = append(out, found[k].finding(name))
		}
	}
	return out
}

func (a *Alarm) finding(router string) Finding {
	from, to := time.Unix(0, a.First).UTC(), time.Unix(0, a.Last).UTC()
	return Finding{
		ID: fmt.Sprintf("alarm-%s-%s", cmp.Or(a.ID, a.Table), router), Kind: AlarmKind, Router: router,
		Start: from, End: to, Score: 1, SpreadS: float64(a.Spread) / 1000,
		Lines: int(a.Lines), Drops: int(a.Lines + a.Hidden),
		AlarmFacts: AlarmFacts{Message: a.ID, Table: a.Table},
		Evidence: Evidence{Events: a.Lines,
			Ask: Ask{From: from, To: to.Add(time.Second), Router: router, Kind: a.Kind.String()}},
	}
}

// alarms gives the number of lines about the trouble, those that the kernel left out included: reports call the
// finding worse or better by it.
func alarms(f *Finding) float64 { return float64(f.Drops) }
