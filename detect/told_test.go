package detect

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"uncloak/parse"
)

func TestSettle(t *testing.T) {
	cfg := DefaultConfig()
	at := t0.Add(12 * time.Hour)
	w := Window{t0, t0.Add(24 * time.Hour)}
	host := lan(3).String()
	s := newStream()
	s.burst(at, lan(3), 200, 10*time.Second)
	s.burst(at.Add(4*time.Hour), lan(3), 900, 100*time.Second)
	s.burst(at, lan(4), 200, 10*time.Second)
	days := s.days(cfg)
	burst := Finding{ID: "burst-" + host, Key: "burst-" + host, Group: "burst-" + host, Kind: BurstKind, Host: host,
		Title: "a burst", Start: at, End: at.Add(10 * time.Second)}
	with := func(f Finding, change func(f *Finding)) Finding { change(&f); return f }
	full := Finding{ID: "table-full-gw-1795521605", Key: "table-full-gw", Group: "table-full-gw", Kind: TableFullKind,
		Router: "gw", Host: host, Start: at.Add(5 * time.Second), End: at.Add(8 * time.Second)}
	tell := func(id string, f Finding) Told { return cfg.Tell(id, Warning, &f, at.Add(time.Minute), days) }
	rhythm := with(burst, func(f *Finding) {
		f.ID, f.Group, f.Kind, f.End = "periodic-burst-"+host+"-1800s", "periodic-burst-"+host+"-1800s", PeriodicBurst,
			w.To
	})
	load := with(burst, func(f *Finding) {
		f.ID, f.Key, f.Group, f.Kind, f.End = "load-"+host, "load-"+host, "load-"+host, LoadKind, w.To
	})
	for _, c := range []struct {
		name     string
		told     Told
		report   []Finding
		includes string // of the first of the report, if it is announced
		reason   string
		change   func(told *Told, j *Judged)
	}{
		{name: "itself", told: tell(burst.ID, burst), report: []Finding{burst}},
		{name: "a burst that was one of a rhythm", told: tell(burst.ID, burst), report: []Finding{rhythm},
			includes: burst.ID},
		{name: "a rhythm whose period is known better", report: []Finding{rhythm},
			told: tell("periodic-burst-"+host+"-1799s",
				with(rhythm, func(f *Finding) { f.ID = "periodic-burst-" + host + "-1799s" })),
			includes: "periodic-burst-" + host + "-1799s"},
		{name: "a burst with which a load began", told: tell(burst.ID, burst), report: []Finding{load},
			includes: burst.ID},
		{name: "spells of a full table", told: tell("table-full-gw", full), report: []Finding{full},
			includes: "table-full-gw"},
		{name: "a full table that a burst made", told: tell("table-full-gw", full), includes: "table-full-gw",
			report: []Finding{with(full, func(f *Finding) { f.Group = burst.ID }), burst}},
		{name: "a burst that only answers another", told: tell(burst.ID, burst), includes: burst.ID, report: []Finding{
			{ID: "ptr-storm-" + host + "-x", Kind: PTRStorm, Host: host, Start: at, End: w.To}}},
		{name: "another address of the machine", told: tell(burst.ID, burst), includes: burst.ID, report: []Finding{
			with(load, func(f *Finding) { f.Host, f.Addresses = "fd00::3", []string{"fd00::3", host} })}},
		{name: "an alarm that came before a kill", includes: "alarm-oom-invoked-gw",
			told: tell("alarm-oom-invoked-gw", Finding{ID: "alarm-oom-invoked-gw", Kind: AlarmKind, Router: "gw",
				Start: at, End: at}),
			report: []Finding{{ID: "oom-gw-x", Kind: OOM, Router: "gw", Start: at.Add(-time.Hour),
				End: at.Add(time.Hour)}}},
		{name: "of another host", told: tell(burst.ID, burst), report: []Finding{with(load, func(f *Finding) {
			f.Host, f.ID, f.Key, f.Group = "x", "load-x", "load-x", "load-x"
		})}, reason: ToldOrdinary},
		{name: "of another time", told: tell(burst.ID, burst), report: []Finding{with(load, func(f *Finding) {
			f.Start = at.Add(time.Hour)
		})}, reason: ToldOrdinary},
		{name: "a habit", told: tell(burst.ID, burst), reason: ToldHabit, change: func(_ *Told, j *Judged) {
			j.Usual = []Finding{burst}
		}},
		{name: "the lines are gone", told: tell(burst.ID, burst), reason: ToldRemoved,
			change: func(_ *Told, j *Judged) {
				j.Days = nil
			}},
		{name: "the sessions are gone", told: tell(burst.ID, burst), reason: ToldRemoved,
			change: func(x *Told, _ *Judged) {
				x.Sessions++
			}},
		{name: "the settings are others", told: tell(burst.ID, burst), reason: ToldSettings,
			change: func(_ *Told, j *Judged) {
				other := DefaultConfig()
				other.Table = 4096
				j.Config = &other
			}},
		{name: "most of it was the day before", reason: ToldBefore, told: tell(burst.ID, with(burst, func(f *Finding) {
			f.Start = t0.Add(-3 * time.Hour)
		}))},
		{name: "nothing else of the host", reason: ToldLater,
			told: tell("burst-"+lan(4).String(), with(burst, func(f *Finding) {
				f.ID, f.Key, f.Group, f.Host = "burst-"+lan(4).String(), "", "", lan(4).String()
			}))},
		{name: "of another day",
			told: tell(burst.ID, with(burst, func(f *Finding) { f.End = f.End.AddDate(0, 0, 1) }))},
	} {
		j := Judged{Days: days, Config: &cfg, Window: w}
		if c.change != nil {
			c.change(&c.told, &j)
		}
		fs := slices.Clone(c.report)
		gone := Settle([]Told{c.told}, fs, j)
		reason, announced, includes := "", 0, ""
		for _, w := range gone {
			reason += w.Reason
		}
		for _, f := range fs {
			announced += len(f.Announced)
		}
		if len(fs) > 0 && len(fs[0].Includes) > 0 {
			includes = fs[0].Includes[0]
		}
		due := 0
		if len(c.report) > 0 && c.reason == "" {
			due = 1
		}
		if reason != c.reason || announced != due || includes != c.includes {
			t.Errorf("%s: withdrawn %q, announced %d times, includes %q", c.name, reason, announced, includes)
		}
	}
}

// What is told again because it has become worse is one announcement; a finding lists so many and no more.
func TestSettleIsBounded(t *testing.T) {
	cfg := DefaultConfig()
	f := Finding{ID: "load-x", Kind: LoadKind, Host: "x", Start: t0, End: t0.Add(time.Hour)}
	var told []Told
	for i := range 3 * maxAnnouncements {
		told = append(told, cfg.Tell(fmt.Sprint("burst-", i/2), Info, &Finding{Kind: BurstKind, Host: "x",
			Start: t0.Add(time.Minute), End: t0.Add(time.Minute)}, t0.Add(time.Duration(i)*time.Minute), nil))
	}
	fs := []Finding{f}
	gone := Settle(told, fs, Judged{Config: &cfg, Window: Window{t0, t0.Add(time.Hour)}})
	if a := fs[0].Announced; len(gone) != 0 || len(a) != maxAnnouncements || len(fs[0].Includes) != len(a) ||
		!a[1].At.Equal(t0.Add(2*time.Minute)) {
		t.Errorf("%d withdrawn, %d announced: %v", len(gone), len(a), a[:min(len(a), 3)])
	}
}

// What serve tells of a finding holds what the log has of it then.
func TestTell(t *testing.T) {
	cfg := DefaultConfig()
	s := newStream()
	s.burst(t0.Add(time.Hour), lan(3), 200, 10*time.Second)
	s.burst(t0.Add(2*time.Hour), lan(3), 100, 10*time.Second)
	s.add(t0.Add(3*time.Hour), parse.Event{Kind: parse.System})
	f := Finding{ID: "burst-x", Kind: BurstKind, Host: lan(3).String(), Start: t0.Add(time.Hour),
		End: t0.Add(time.Hour + 10*time.Second)}
	x := cfg.Tell("incident", Critical, &f, t0.Add(4*time.Hour), s.days(cfg))
	if x.Sessions != 200 || x.LinesSeen != 301 || x.ID != "incident" || x.Severity != Critical ||
		x.JudgedBy != cfg.Fingerprint() {
		t.Errorf("%+v", x)
	}
}
