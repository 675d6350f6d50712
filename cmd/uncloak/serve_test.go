package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/report"
)

// Serve logs an incident once, with its title: the spells of one full table are one, and so are findings with one
// cause.
func TestAnnounceIncidentsOnce(t *testing.T) {
	var out bytes.Buffer
	a := &app{log: slog.New(slog.NewTextHandler(&out, nil))}
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	full := func(i int, group string) detect.Finding {
		return detect.Finding{ID: "table-full-gw-" + string(rune('0'+i)), Kind: detect.TableFullKind, Router: "gw",
			Severity: detect.Warning, Score: 0.9, Group: group,
			Start: at.Add(time.Duration(i) * time.Minute), End: at.Add(time.Duration(i)*time.Minute + time.Second)}
	}
	burst := detect.Finding{ID: "burst-10.0.0.1", Kind: detect.BurstKind, Severity: detect.Info, Host: "10.0.0.1",
		Score: 0.9, Group: "burst-10.0.0.1", Start: at, End: at.Add(time.Minute)}
	known := newTeller(nil)
	for _, step := range []struct {
		name     string
		findings []detect.Finding
		lines    int
		want     string
	}{
		{"two spells", []detect.Finding{full(1, ""), full(2, "")}, 1, "findings=2"},
		{"a third", []detect.Finding{full(1, ""), full(2, ""), full(3, "")}, 0, ""},
		{"a burst and its spells", []detect.Finding{full(1, ""), full(4, burst.ID), burst}, 1, "kind=burst"},
		{"the same", []detect.Finding{full(1, ""), full(4, burst.ID), burst}, 0, ""},
		{"nothing", nil, 0, ""},
		{"anew", []detect.Finding{full(5, "")}, 1, "level=WARN"},
	} {
		out.Reset()
		told := a.tellNew(step.findings, nil, report.Options{From: at, To: at.Add(time.Hour), Now: at}, known)
		if got := out.String(); len(told) != step.lines || strings.Count(got, "\n") != step.lines ||
			!strings.Contains(got, step.want) ||
			step.lines > 0 && (!strings.Contains(got, "title=\"") || strings.Contains(got, `title=""`)) {
			t.Errorf("%s: %s", step.name, got)
		}
	}
}

// Thousands of findings at once are told in a few lines, and counted.
func TestFindingsInTheLogAreBounded(t *testing.T) {
	var out strings.Builder
	a := &app{log: slog.New(slog.NewTextHandler(&out, nil))}
	at, told := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), newTeller(nil)
	var fs []detect.Finding
	for i := range 3000 {
		router := fmt.Sprintf("made-up-%d", i)
		fs = append(fs, detect.Finding{ID: "table-full-" + router, Kind: detect.TableFullKind, Router: router,
			Severity: detect.Warning, Score: 0.9, Start: at, End: at.Add(time.Second)})
	}
	for _, step := range []struct {
		n, minutes, lines int
		rest              string
	}{{1000, 0, tellAtOnce + 1, "findings=940"}, {1000, 1, 0, ""}, {2000, 5, 6, "findings=995"},
		{2001, 5, 1, "findings=1"},
		{3000, 24 * 60, tellAtOnce + 1, "findings=939"}} {
		out.Reset()
		now := at.Add(time.Duration(step.minutes) * time.Minute)
		a.tellNew(fs[:step.n], nil, report.Options{From: at, To: now, Now: now}, told)
		if got := out.String(); strings.Count(got, "\n") != step.lines || !strings.Contains(got, step.rest) {
			t.Errorf("%d findings: %d lines, want %d, and %q", step.n, strings.Count(got, "\n"), step.lines, step.rest)
		}
	}
}
