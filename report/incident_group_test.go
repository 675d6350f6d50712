package report

import (
	"slices"
	"testing"
	"time"

	"uncloak/detect"
)

// The log of serve and the report go by one rule: what Incidents makes of findings is what a report shows of them.
func TestIncidents(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	full := func(id, group, router string, minute int, s detect.Severity) detect.Finding {
		start := at.Add(time.Duration(minute) * time.Minute)
		return detect.Finding{ID: id, Group: group, Kind: detect.TableFullKind, Router: router, Severity: s,
			Start: start, End: start.Add(time.Second)}
	}
	burst := detect.Finding{ID: "burst-10.0.0.1", Group: "burst-10.0.0.1", Kind: detect.BurstKind,
		Severity: detect.Info, Host: "10.0.0.1", Start: at}
	known := burst
	known.Known = &detect.Known{By: "ack"}
	lag := func(id, with string) detect.Finding {
		return detect.Finding{ID: id, Kind: detect.LagKind, With: with, Severity: detect.Warning, Start: at}
	}
	type want struct {
		id       string
		findings []string // the first one first
		severity detect.Severity
		known    bool
	}
	for _, c := range []struct {
		name string
		fs   []detect.Finding
		want []want
	}{
		{"nothing", nil, nil},
		{"spells of two routers", []detect.Finding{full("b", "", "gw", 2, detect.Warning),
			full("a", "", "gw", 1, detect.Warning), full("c", "", "gw2", 3, detect.Critical)},
			[]want{{"table-full-gw", []string{"a", "b"}, detect.Warning, false},
				{"table-full-gw2", []string{"c"}, detect.Critical, false}}},
		{"spells in a group and without one", []detect.Finding{full("a", "table-full-gw", "gw", 1, detect.Warning),
			full("b", "", "gw", 2, detect.Critical)},
			[]want{{"table-full-gw", []string{"b", "a"}, detect.Critical, false}}},
		{"a root behind its effect", []detect.Finding{full("a", burst.ID, "gw", 1, detect.Critical), burst},
			[]want{{burst.ID, []string{burst.ID, "a"}, detect.Critical, false}}},
		{"a known root", []detect.Finding{known, full("a", burst.ID, "gw", 1, detect.Warning)},
			[]want{{burst.ID, []string{burst.ID, "a"}, detect.Warning, false}}},
		{"all known", []detect.Finding{known}, []want{{burst.ID, []string{burst.ID}, detect.Info, true}}},
		{"beyond a hop", []detect.Finding{lag("far", "hop"), lag("hop", ""), lag("other", "gone")},
			[]want{{"hop", []string{"hop", "far"}, detect.Warning, false},
				{"other", []string{"other"}, detect.Warning, false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Incidents(c.fs)
			if len(got) != len(c.want) {
				t.Fatalf("%d incidents, want %d", len(got), len(c.want))
			}
			for i, w := range c.want {
				in := &got[i]
				if in.ID != w.id || !slices.Equal(in.Findings, w.findings) || in.First().ID != w.findings[0] ||
					in.Severity != w.severity || in.Known != w.known {
					t.Errorf("%s of %v, %s, known %v; want %+v", in.ID, in.Findings, in.Severity, in.Known, w)
				}
			}
			m, err := Build(t.Context(), nil, nil, c.fs, Options{From: at, To: at.Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range m.Incidents {
				k := slices.IndexFunc(got, func(x Incident) bool { return x.ID == in.ID })
				if k < 0 || !slices.Equal(got[k].Findings, in.Findings) || got[k].Severity != in.Severity {
					t.Errorf("the report has %s of %v, %s", in.ID, in.Findings, in.Severity)
				}
			}
			if len(m.Incidents) != len(got) {
				t.Errorf("the report has %d incidents, want %d", len(m.Incidents), len(got))
			}
		})
	}
}
