package detect

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

// alarmsOf are the findings of kind alarm of a stream in the given window.
func alarmsOf(s *stream, w Window) (out []Finding) {
	for _, f := range Findings(s.days(DefaultConfig()), DefaultConfig(), w) {
		if f.Kind == AlarmKind {
			out = append(out, f)
		}
	}
	return out
}

func TestAlarms(t *testing.T) {
	day := Window{t0, t0.Add(24 * time.Hour)}
	name := parse.MakeName
	for _, c := range []struct {
		name          string
		events        []parse.Event // one a second
		message       string
		lines, drops  int
		first, length time.Duration
	}{
		{"neighbours", []parse.Event{{Kind: parse.NeighbourOverflow}, {Kind: parse.NeighbourOverflow},
			{Kind: parse.Suppressed, Detail: name("net_ratelimit"), Count: 241}}, "neighbour-overflow", 2, 243, 0,
			time.Second},
		{"expected sessions", []parse.Event{{Kind: parse.TableFull, Detail: name("expectations"), Count: 3}},
			"conntrack-expect-full", 3, 3, 0, 0},
		{"orphans", []parse.Event{{Kind: parse.System}, {Kind: parse.Orphans}}, "tcp-orphans", 1, 1, time.Second, 0},
		{"an alarm by its ID", []parse.Event{{Kind: parse.Alarm, Aside: name("tcp-mem")},
			{Kind: parse.Alarm, Aside: name("tcp-mem")}},
			"tcp-mem", 2, 2, 0, time.Second},
		{"a message that this program does not know", []parse.Event{{Kind: parse.Alarm, Aside: name("of-the-future")},
			{Kind: parse.Orphans}},
			"tcp-orphans", 1, 1, time.Second, 0},
		{"what a function left out belongs to its message", []parse.Event{{Kind: parse.Alarm, Aside: name("io-error")},
			{Kind: parse.Suppressed, Detail: name("buffer_io_error"), Count: 12}}, "io-error", 1, 13, 0, 0},
		{"killer without a kill", []parse.Event{{Kind: parse.OOMInvoked}}, "oom-invoked", 1, 1, 0, 0},
		{"what is left out belongs to the message before it", []parse.Event{{Kind: parse.NeighbourOverflow},
			{Kind: parse.TableFull},
			{Kind: parse.Suppressed, Detail: name("net_ratelimit"), Count: 9}}, "neighbour-overflow", 1, 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s stream
			for i, e := range c.events {
				s.add(t0.Add(time.Hour+time.Duration(i)*time.Second), e)
			}
			fs := alarmsOf(&s, day)
			if len(fs) != 1 {
				t.Fatalf("%d alarms, want 1: %+v", len(fs), fs)
			}
			f := fs[0]
			if f.Message != c.message || f.Lines != c.lines || f.Drops != c.drops {
				t.Errorf("%q, %d lines of %d; want %q, %d of %d", f.Message, f.Lines, f.Drops, c.message, c.lines,
					c.drops)
			}
			if want := t0.Add(time.Hour + c.first); !f.Start.Equal(want) || f.End.Sub(f.Start) != c.length {
				t.Errorf("from %v to %v, want from %v for %v", f.Start, f.End, want, c.length)
			}
		})
	}
}

// An alarm whose lines begin before the window and go on in it is told with all of them; one outside is not told.
func TestAlarmReachesIntoTheWindow(t *testing.T) {
	var s stream
	s.add(t0.Add(time.Hour), parse.Event{Kind: parse.Orphans})
	s.add(t0.Add(3*time.Hour), parse.Event{Kind: parse.Orphans})
	s.add(t0.Add(9*time.Hour), parse.Event{Kind: parse.System})
	if fs := alarmsOf(&s, Window{t0.Add(2 * time.Hour), t0.Add(4 * time.Hour)}); len(fs) != 1 || fs[0].Lines != 2 {
		t.Errorf("want one alarm of two lines, got %+v", fs)
	}
	if fs := alarmsOf(&s, Window{t0.Add(4 * time.Hour), t0.Add(10 * time.Hour)}); len(fs) != 0 {
		t.Errorf("want none after it, got %+v", fs)
	}
}

// A router can name more full tables than there are; the rest is counted.
func TestAlarmsAreBounded(t *testing.T) {
	tr := NewTracker(DefaultConfig(), nil, DateOf(t0))
	for i := range maxAlarms + 5 {
		tr.alarm(&parse.Event{Time: t0.UnixNano(), Kind: parse.TableFull,
			Detail: parse.MakeName("table " + string(rune('A'+i)))}, tr.router(parse.MakeName("gw")))
	}
	for i := range maxBegins + 5 {
		tr.alarm(&parse.Event{Time: t0.Add(time.Duration(i) * time.Hour).UnixNano(), Kind: parse.TableFull,
			Detail: parse.MakeName("table A")}, tr.router(parse.MakeName("gw")))
	}
	d := tr.Day()
	if n := len(d.Routers["gw"].Alarms[0].Begins); n != maxBegins {
		t.Errorf("%d beginnings are kept, want %d", n, maxBegins)
	}
	if n := len(d.Routers["gw"].Alarms); n != maxAlarms || d.Dropped["alarms"] != 5 {
		t.Errorf("%d kept and %d dropped, want %d and 5", n, d.Dropped["alarms"], maxAlarms)
	}
}

// Days made of parts of the events merge to the day of all.
func TestAlarmsMerge(t *testing.T) {
	a := &Router{Alarms: []Alarm{
		{ID: "x", First: 5, Last: 7, Lines: 2, Hidden: 1, Kind: parse.Orphans, Begins: []int64{5}},
	}}
	b := &Router{Alarms: []Alarm{
		{ID: "a", First: 1, Last: 1, Lines: 1},
		{ID: "x", First: 2, Last: 6, Lines: 3, Kind: parse.Orphans, Begins: []int64{2, 6}},
	}}
	a.mergeAlarms(b)
	if len(a.Alarms) != 2 || a.Alarms[0].ID != "a" || !reflect.DeepEqual(a.Alarms[1], Alarm{ID: "x", First: 2, Last: 7,
		Lines: 5, Hidden: 1, Kind: parse.Orphans, Begins: []int64{2, 5, 6}}) {
		t.Errorf("merged to %+v", a.Alarms)
	}
}

// Lines of a severity that nothing knows are one finding of a router, with the most frequent sorts; the sorts are
// bounded.
func TestUnknownErrors(t *testing.T) {
	var s stream
	line := func(i int, what string, level parse.State) {
		s.add(t0.Add(time.Duration(i)*time.Second), parse.Event{Kind: parse.Unknown, State: level,
			Aside: parse.MakeName(what)})
	}
	for i := range 40 {
		line(i, "kernel: foo# broke", parse.ErrorLevel)
	}
	line(50, "bar: no", parse.ErrorLevel)
	s.add(t0.Add(time.Minute), parse.Event{Kind: parse.System, State: parse.ErrorLevel,
		Aside: parse.MakeName("bar: no")})
	s.add(t0.Add(time.Minute), parse.Event{Kind: parse.System})
	day := Window{t0, t0.Add(24 * time.Hour)}
	fs := alarmsOf(&s, day)
	if len(fs) != 1 || fs[0].Sorts != 2 || fs[0].Lines != 42 || fs[0].Severity != Info ||
		!slices.Equal(fs[0].Shapes, []Shape{{"kernel: foo# broke", 40}, {"bar: no", 2}}) {
		t.Errorf("got %+v", fs)
	}
	for i := range 100 {
		line(100+i, fmt.Sprintf("kernel: sort %d", i), parse.CriticalLevel)
	}
	fs = alarmsOf(&s, day)
	if len(fs) != 1 || fs[0].Sorts != maxShapes+1 || fs[0].Lines != 142 || fs[0].Severity != Warning ||
		len(fs[0].Shapes) != topShapes {
		t.Errorf("got %+v", fs)
	}
}

// A kill explains why the killer was invoked; both lines of a kill are one, with the group that either names.
func TestKillsOfGroups(t *testing.T) {
	name := parse.MakeName
	var s stream
	s.add(t0.Add(time.Second), parse.Event{Kind: parse.OOMInvoked})
	s.add(t0.Add(time.Second), parse.Event{Kind: parse.OOMKill, Detail: name("a"), Count: 7, Aside: name("/pod")})
	s.add(t0.Add(time.Second), parse.Event{Kind: parse.OOMKill, Detail: name("a"), Count: 7,
		Aside: name(parse.SomeGroup)})
	s.add(t0.Add(time.Hour), parse.Event{Kind: parse.OOMKill, Detail: name("a"), Count: 8,
		Aside: name(parse.SomeGroup)})
	// "Task in … killed as a result of limit of /docker/b"
	s.add(t0.Add(2*time.Hour), parse.Event{Kind: parse.System, Aside: name("/docker/b")})
	s.add(t0.Add(2*time.Hour), parse.Event{Kind: parse.OOMKill, Detail: name("a"), Count: 9})
	s.add(t0.Add(3*time.Hour), parse.Event{Kind: parse.OOMKill, Detail: name("a"), Count: 10})
	fs := Findings(s.days(DefaultConfig()), DefaultConfig(), Window{t0, t0.Add(24 * time.Hour)})
	if len(fs) != 1 || fs[0].Kind != OOM || fs[0].Kills != 4 || fs[0].LimitKills != 3 ||
		!slices.Equal(fs[0].Groups, []string{"/pod", "/docker/b"}) {
		t.Errorf("got %+v", fs)
	}
}
