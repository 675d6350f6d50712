package detect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"uncloak/parse"
)

// AlarmKind is the kind of trouble that a router's kernel or daemon tells of itself, and that no other kind is about.
const AlarmKind = "alarm"

const (
	maxAlarms = 64  // sorts of alarm that are kept of a router and day; there are about twenty
	maxBegins = 128 // spells of one sort whose beginnings are kept, the first ones
	alarmGap  = time.Minute
)

// AlarmFacts holds what an alarm says.
type AlarmFacts struct {
	Message string `json:"message,omitempty"` // ID of its entry in the encyclopaedia; "" where it has none
	Table   string `json:"table,omitempty"`   // the table that is full; "" where the alarm is about none
	// of error lines that no part of the program knows: the most frequent sorts, and how many sorts there are
	Shapes []Shape `json:"shapes,omitempty"`
	Sorts  int     `json:"sorts,omitempty"`
}

// Shape is one sort of error line.
type Shape struct {
	Text  string `json:"text"` // program and beginning of the message, with # for numbers and addresses
	Lines int    `json:"lines"`
}

// Alarm counts the lines of a router in a day that tell of one sort of trouble.
type Alarm struct {
	ID          string // of its entry in the encyclopaedia; "" where it has none
	Table       string // the table that is full; "" where the alarm is about none
	What        string // shape of an error line that has no ID and is about no table
	Kind        parse.Kind
	Level       parse.State // of such a line, the most severe: parse.Emergency to parse.ErrorLevel
	First, Last int64       // ns
	Spread      uint32      // ± ms of the least exact of the times
	Lines       uint64      // repeated ones counted
	Hidden      uint64      // lines that the kernel says it left out
	Begins      []int64     // ns, when lines came after a minute without any, at most maxBegins; none of older days
}

// alarmLevels gives the severity of each alarm by its ID. Of an ID that does not stand here, the line is no alarm.
var alarmLevels = map[string]Severity{
	"kernel-panic": Critical, "kernel-oops": Critical, "soft-lockup": Critical, "oom-none-left": Critical,
	"fs-error": Critical, "io-error": Critical, "raid-failure": Critical, "mce": Critical, "thermal-critical": Critical,
	"fortigate-conserve": Critical,

	"neighbour-overflow": Warning, "tcp-mem": Warning, "tcp-orphans": Warning, "hung-task": Warning,
	"rcu-stall": Warning, "page-allocation-failure": Warning, "conntrack-expect-full": Warning,
	"conntrack-helper-drop": Warning, "time-wait-overflow": Warning, "route-cache-full": Warning,
	"dst-cache-overflow": Warning, "hashlimit-full": Warning, "ipset-full": Warning, "file-max": Warning,
	"bsd-listen-overflow": Warning, "tcp-drop-open-request": Warning, "pf-frags-limit": Warning, "oom-invoked": Warning,
	"oom-not-reaped": Warning, "flash-error": Warning, "mmc-error": Warning, "nvme-reset": Warning,
	"ata-exception": Warning, "pcie-error": Warning, "netdev-watchdog": Warning, "tx-hang": Warning,
	"thermal-throttle": Warning, "under-voltage": Warning, "firmware-crash": Warning, "irq-nobody-cared": Warning,
	"unregister-netdevice": Warning, "bond-no-link": Warning, "bridge-own-address": Warning, "mikrotik-loop": Warning,
	"duplicate-address": Warning, "file-server-silent": Warning, "dnsmasq-max-queries": Warning,
	"dnsmasq-pool-full": Warning, "dnsmasq-no-range": Warning, "dnsmasq-refused": Warning, "pppd-auth": Warning,
	"pppd-echo": Warning, "pppoe-pado": Warning, "mikrotik-reboot": Warning, "mikrotik-memory": Warning,
	"junos-nat-pool": Warning, "junos-watermark": Warning, "cisco-mallocfail": Warning,

	"kernel-warning": Info, "usb-error": Info, "martian-source": Info, "segfault": Info, "general-protection": Info,
	"tcp-gro": Info, "clocksource-unstable": Info, "bsd-reset-limit": Info, "hostapd-radar": Info, "dnsmasq-edns": Info,
	"dnsmasq-rebind": Info, "openvpn-inactivity": Info, "openvpn-replay": Info, "openvpn-tls": Info,
	"fortigate-session-clash": Info, "asa-733100": Info,
}

// AlarmSeverity returns the severity of the alarm that a message with that ID in the encyclopaedia is; "" where it is
// none.
func AlarmSeverity(id string) Severity { return alarmLevels[id] }

// Alarms lists the IDs of all alarms in alphabetical order.
func Alarms() []string { return slices.Sorted(maps.Keys(alarmLevels)) }

// fullTables gives the ID of the message that tells that a table other than the session table is full, by the parser's
// word for it.
var fullTables = map[string]string{
	"expect": "conntrack-expect-full", "expectations": "conntrack-expect-full", "neighbour": "neighbour-overflow",
	"dst cache": "dst-cache-overflow", "route cache": "route-cache-full", "hashlimit": "hashlimit-full",
	"ipset": "ipset-full", "open files": "file-max", "time-wait buckets": "time-wait-overflow",
	"listen queue": "bsd-listen-overflow", "syn queue": "tcp-drop-open-request", "pf frag entries": "pf-frags-limit",
	"pf fragments": "pf-frags-limit", "dhcp leases": "dnsmasq-pool-full", "dns queries": "dnsmasq-max-queries",
}

// alarmOf names the encyclopaedia's entry for an event, and the table that it says is full.
func alarmOf(e *parse.Event) (id, table string) {
	switch e.Kind {
	case parse.Alarm:
		return e.Aside.String(), ""
	case parse.NeighbourOverflow:
		return "neighbour-overflow", ""
	case parse.Orphans:
		return "tcp-orphans", ""
	case parse.Martian:
		return "martian-source", ""
	case parse.OOMInvoked:
		return "oom-invoked", ""
	}
	table = e.Detail.String()
	return fullTables[table], table
}

// sharesLimit reports whether the kernel prints the message under the limit that all messages of the network share:
// what it says of swallowed lines next may then be about this one (net_ratelimit in net/core/utils.c).
func sharesLimit(id, table string) bool {
	switch id {
	case "neighbour-overflow", "tcp-mem", "tcp-orphans", "conntrack-expect-full", "conntrack-helper-drop",
		"route-cache-full", "dst-cache-overflow", "hashlimit-full", "ipset-full", "time-wait-overflow",
		"tcp-drop-open-request", "martian-source", "bridge-own-address":
		return true
	}
	return id == "" && table != ""
}

// limitedBy gives the ID of the message that a function of the kernel prints under a limit of its own, by the name that
// its "callbacks suppressed" has.
var limitedBy = map[string]string{
	"blk_update_request": "io-error", "print_req_error": "io-error", "blk_print_req_error": "io-error",
	"buffer_io_error": "io-error", "warn_alloc": "page-allocation-failure",
	"warn_alloc_failed": "page-allocation-failure", "show_signal_msg": "segfault",
	"br_fdb_update": "bridge-own-address", "neigh_alloc": "neighbour-overflow",
}

// alarm notes a line that tells of trouble. What the kernel says next that it swallowed is taken for more of the same.
func (t *Tracker) alarm(e *parse.Event, rs *routerState) {
	id, table := alarmOf(e)
	if id != "" && alarmLevels[id] == "" {
		return // stored by a program that knows more messages
	}
	i := t.noted(e, rs.router, Alarm{ID: id, Table: table, Kind: e.Kind})
	if sharesLimit(id, table) {
		rs.alarmed, rs.flooded = i+1, 0
	}
}

// noted adds an event to the router's alarm of that sort, and returns its index, or -1 where there is no room for
// another.
func (t *Tracker) noted(e *parse.Event, r *Router, what Alarm) int {
	i := slices.IndexFunc(r.Alarms, what.like)
	if i < 0 {
		if !t.more("alarms", len(r.Alarms), maxAlarms) {
			return -1
		}
		i = len(r.Alarms)
		what.First, what.Last, what.Level = e.Time, e.Time, e.State
		r.Alarms = append(r.Alarms, what)
	}
	a := &r.Alarms[i]
	if (len(a.Begins) == 0 || e.Time-a.Last > int64(alarmGap)) && len(a.Begins) < maxBegins {
		a.Begins = append(a.Begins, e.Time)
	}
	a.First, a.Last = min(a.First, e.Time), max(a.Last, e.Time)
	a.Spread, a.Lines = max(a.Spread, e.Spread), a.Lines+uint64(max(e.Count, 1))
	a.Level = min(a.Level, e.State)
	return i
}

// maxShapes bounds the sorts of unknown error lines that are kept of a router and day; what is more is counted as one.
const maxShapes = 24

// severe notes an error line that no part of the program knows.
func (t *Tracker) severe(e *parse.Event, rs *routerState) {
	if e.State < parse.Emergency || e.Aside == (parse.Name{}) {
		return
	}
	r := rs.router
	what := Alarm{What: e.Aside.String(), Kind: e.Kind}
	shapes := 0
	for i := range r.Alarms {
		if r.Alarms[i].like(what) {
			shapes = -maxShapes
		}
		if r.Alarms[i].What != "" {
			shapes++
		}
	}
	if shapes >= maxShapes {
		what.What = otherShapes
	}
	t.noted(e, r, what)
}

// otherShapes stands for the sorts of error lines beyond maxShapes.
const otherShapes = "other lines"

// system notes what lines that are of no consequence by themselves say of others: the control group whose limit led to
// the kill that comes next, and errors that no part of the program knows.
func (t *Tracker) system(e *parse.Event, rs *routerState) {
	if e.Detail == parse.Chatter {
		rs.router.Other[chatterLines]++
		return
	}
	if e.Aside != (parse.Name{}) && e.State == parse.NoState {
		rs.limited, rs.limitedAt = e.Aside.String(), e.Time
		return
	}
	t.severe(e, rs)
}

// like reports whether both are of one sort.
func (a Alarm) like(o Alarm) bool { return a.ID == o.ID && a.Table == o.Table && a.What == o.What }

// mergeAlarms adds those of o, by what they are about.
func (r *Router) mergeAlarms(o *Router) {
	r.Alarms = slices.Clone(r.Alarms)
	for _, x := range o.Alarms {
		i := slices.IndexFunc(r.Alarms, x.like)
		if i < 0 {
			r.Alarms = append(r.Alarms, x)
			continue
		}
		r.Alarms[i].merge(&x)
	}
	slices.SortFunc(r.Alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Table, b.Table), cmp.Compare(a.What, b.What))
	})
}

func (a *Alarm) merge(o *Alarm) {
	a.First, a.Last, a.Spread = min(a.First, o.First), max(a.Last, o.Last), max(a.Spread, o.Spread)
	a.Lines, a.Hidden = a.Lines+o.Lines, a.Hidden+o.Hidden
	a.Begins = slices.Sorted(slices.Values(slices.Concat(a.Begins, o.Begins)))
	a.Begins = a.Begins[:min(len(a.Begins), maxBegins)]
	a.Kind, a.Level = min(a.Kind, o.Kind), min(a.Level, o.Level)
}

// alarmFindings reports, for each router and sort of trouble, when it told of it first and last and how often. An alarm
// that reaches into the window is told whole. Error lines that nothing knows are one finding.
func alarmFindings(q *inquiry) []Finding {
	var out []Finding
	for _, name := range RoutersOf(q.beside) {
		var kills []Kill
		var sorts [][]Alarm // by sort, in order of time
		for _, d := range q.beside {
			r := d.Routers[name]
			if r == nil {
				continue
			}
			kills = append(kills, r.Kills...)
			for _, x := range r.Alarms {
				i := slices.IndexFunc(sorts, func(have []Alarm) bool { return x.like(have[0]) })
				if i < 0 {
					i, sorts = len(sorts), append(sorts, nil)
				}
				sorts[i] = append(sorts[i], x)
			}
		}
		var found []Alarm
		for _, sort := range sorts {
			for i, x := range spell(sort, q.asked, time.Hour, Alarm.span) {
				if i == 0 {
					found = append(found, x)
				} else {
					found[len(found)-1].merge(&x)
				}
			}
		}
		slices.SortFunc(found, func(a, b Alarm) int {
			return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Table, b.Table), cmp.Compare(b.Lines, a.Lines),
				cmp.Compare(a.What, b.What))
		})
		var unknown []Alarm
		for _, a := range found {
			switch {
			case a.What != "":
				unknown = append(unknown, a)
			case a.ID == "oom-invoked" && a.killed(kills): // the kills are told
			default:
				out = append(out, a.finding(name))
			}
		}
		if len(unknown) > 0 {
			out = append(out, unknownErrors(name, unknown))
		}
	}
	return out
}

func (a Alarm) span() (first, last int64) { return a.First, a.Last }

// killed reports whether a kill followed the lines of a.
func (a *Alarm) killed(kills []Kill) bool {
	return slices.ContainsFunc(kills, func(k Kill) bool {
		return k.Time >= a.First-int64(killTwin) && k.Time <= a.Last+int64(killTwin)
	})
}

// topShapes bounds the sorts of unknown error lines that a finding names.
const topShapes = 3

// unknownErrors makes one finding of all error lines of a router that nothing knows, the most frequent sort first. It
// is a warning where the kernel itself says that it is critical.
func unknownErrors(router string, sorts []Alarm) Finding {
	all, severity := sorts[0], Info
	var shapes []Shape
	for i := range sorts {
		a := &sorts[i]
		if i > 0 {
			all.merge(a)
		}
		if i < topShapes {
			shapes = append(shapes, Shape{a.What, int(a.Lines)})
		}
		if a.Level < parse.ErrorLevel && strings.HasPrefix(a.What, "kernel: ") {
			severity = Warning
		}
	}
	f := all.finding(router)
	f.Severity, f.Shapes, f.Sorts = severity, shapes, len(sorts)
	return f
}

// findingID gives the id of the finding about the alarm; all lines that nothing knows have one.
func (a *Alarm) findingID(router string) string {
	return fmt.Sprintf("alarm-%s-%s", cmp.Or(a.ID, a.Table, "errors"), router)
}

// alarmBegins gives by the id of the finding when the spells of each alarm began, in order. Alarms whose times are not
// known to half a minute are left out: they prove nothing.
func alarmBegins(days []*Day) map[string][]int64 {
	out := map[string][]int64{}
	for _, d := range days {
		for name, r := range d.Routers {
			for i := range r.Alarms {
				if a := &r.Alarms[i]; time.Duration(a.Spread)*time.Millisecond <= chainExactly {
					id := a.findingID(name)
					out[id] = append(out[id], a.Begins...)
				}
			}
		}
	}
	for id, at := range out {
		slices.Sort(at)
		out[id] = slices.Compact(at)
	}
	return out
}

func (a *Alarm) finding(router string) Finding {
	from, to := time.Unix(0, a.First).UTC(), time.Unix(0, a.Last).UTC()
	return Finding{
		ID: a.findingID(router), Kind: AlarmKind, Router: router,
		Severity: cmp.Or(alarmLevels[a.ID], Warning), Start: from, End: to, Score: 1, SpreadS: float64(a.Spread) / 1000,
		Lines: int(a.Lines), Drops: int(a.Lines + a.Hidden),
		AlarmFacts: AlarmFacts{Message: a.ID, Table: a.Table},
		Evidence: Evidence{Events: a.Lines,
			Ask: Ask{From: from, To: to.Add(time.Second), Router: router, Kind: a.Kind.String()}},
	}
}

// alarms gives the number of lines about the trouble, those that the kernel left out included: reports call the
// finding worse or better by it.
func alarms(f *Finding) float64 { return float64(f.Drops) }
