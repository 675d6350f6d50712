package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"uncloak/store"
)

// midnight returns the first instant of the local day that is that many days after t.
func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, t.Location())
}

// span holds the window of a request and its zone.
type span struct {
	store.Window
	loc  *time.Location
	note string // remark about the choice of the window; may be empty
}

// zoneOf returns the zone of the request, else of the config.
func (h *handler) zoneOf(r *http.Request) (*time.Location, error) {
	name := r.FormValue("timezone")
	if name == "" {
		return h.Settings().Detect.Location, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, badf("time zone %q is not known: write it like Europe/Berlin, Asia/Tokyo or UTC", name)
	}
	return loc, nil
}

// bounds reads from and to; both may be missing.
func (h *handler) bounds(r *http.Request) (s span, err error) {
	if s.loc, err = h.zoneOf(r); err != nil {
		return s, err
	}
	now := h.Now()
	for _, b := range []struct {
		name string
		to   *time.Time
	}{{"from", &s.From}, {"to", &s.To}} {
		if v := r.FormValue(b.name); v != "" {
			if *b.to, err = ParseTime(v, s.loc, now); err != nil {
				return s, badf("--%s: %w", b.name, err)
			}
		}
	}
	day := r.FormValue("day")
	if day == "" {
		if !s.To.IsZero() && !s.From.Before(s.To) {
			return s, badf("--to %s is not after --from", r.FormValue("to"))
		}
		return s, nil
	}
	if !s.From.IsZero() || !s.To.IsZero() {
		return s, badf("--day and --from or --to exclude each other")
	}
	t, err := ParseTime(day, s.loc, now)
	if err != nil {
		return s, badf("--day: %w", err)
	}
	s.From, s.To = midnight(t.In(s.loc), 0), midnight(t.In(s.loc), 1)
	return s, nil
}

// window returns the window of a report, which has a beginning and an end. Without from and to it is yesterday or,
// where nothing is stored of yesterday, the last local day that has events.
func (h *handler) window(r *http.Request) (span, error) {
	s, err := h.bounds(r)
	if err != nil {
		return s, err
	}
	days, err := h.Store.Days(r.Context())
	if err != nil {
		return s, err
	}
	now := h.Now()
	if !s.From.IsZero() && !s.To.IsZero() {
		s.note, err = h.emptiness(r.Context(), &s, days)
		return s, err
	}
	first, last := now, now
	for i, d := range days {
		if i == 0 || d.First.Before(first) {
			first = d.First
		}
		if i == 0 || d.Last.After(last) {
			last = d.Last
		}
	}
	switch {
	case s.From.IsZero() && s.To.IsZero() && len(days) == 0:
		s.From, s.To = midnight(now.In(s.loc), -1), midnight(now.In(s.loc), 0)
		s.note = "nothing is stored yet: import a log, or start serve and point a router at it"
	case s.From.IsZero() && s.To.IsZero():
		return h.lastDay(r.Context(), s, last)
	case s.From.IsZero():
		if s.From = midnight(first.In(s.loc), 0); !s.From.Before(s.To) {
			s.From = midnight(s.To.Add(-1).In(s.loc), 0)
			s.note = "nothing is stored before " + s.To.In(s.loc).Format(time.DateTime) + "; " + stored(days, s.loc)
		}
	case s.To.IsZero():
		if s.To = midnight(last.In(s.loc), 1); !s.From.Before(s.To) {
			s.To = midnight(s.From.In(s.loc), 1)
			s.note = "nothing is stored from " + s.From.In(s.loc).Format(time.DateTime) + " on; " + stored(days, s.loc)
		}
	}
	return s, nil
}

// emptiness says that nothing is stored of the span, and which days are there; "" where something is.
func (h *handler) emptiness(ctx context.Context, s *span, days []store.DayInfo) (string, error) {
	for _, err := range h.Store.Events(ctx, store.Query{Window: s.Window, Limit: 1, NoRaw: true}) {
		return "", err // there is one
	}
	note := "nothing is stored of " + s.words()
	if s.From.After(h.Now()) {
		note = s.words() + " has not come yet"
	}
	return note + "; " + stored(days, s.loc), nil
}

// maxRuns bounds how many runs of stored days are listed.
const maxRuns = 4

// localDates lists the local dates of the first and the last event of each UTC day, in order.
func localDates(days []store.DayInfo, loc *time.Location) (dates []string) {
	for _, d := range days {
		for _, t := range []time.Time{d.First, d.Last} {
			dates = append(dates, t.In(loc).Format(time.DateOnly))
		}
	}
	slices.Sort(dates)
	return slices.Compact(dates)
}

// stored says which local days are there, the latest last: "there are 9 days: 2026-11-20 to 2026-11-28".
func stored(days []store.DayInfo, loc *time.Location) string {
	dates := localDates(days, loc)
	if len(dates) == 0 {
		return "there is no day at all: import a log, or start serve and point a router at it"
	}
	var runs [][2]string
	for _, d := range dates {
		if n := len(runs); n > 0 {
			if t, err := time.Parse(time.DateOnly, runs[n-1][1]); err == nil &&
				t.AddDate(0, 0, 1).Format(time.DateOnly) == d {
				runs[n-1][1] = d
				continue
			}
		}
		runs = append(runs, [2]string{d, d})
	}
	var out []string
	if len(runs) > maxRuns {
		out, runs = append(out, "…"), runs[len(runs)-maxRuns:]
	}
	for _, r := range runs {
		if r[0] != r[1] {
			r[0] += " to " + r[1]
		}
		out = append(out, r[0])
	}
	if len(dates) == 1 {
		return "there is one day: " + out[0]
	}
	return fmt.Sprintf("there are %d days: %s", len(dates), strings.Join(out, ", "))
}

// lastDay returns yesterday, or the local day of the last event.
func (h *handler) lastDay(ctx context.Context, s span, last time.Time) (span, error) {
	yesterday := midnight(h.Now().In(s.loc), -1)
	s.From, s.To = yesterday, midnight(yesterday, 1)
	for _, err := range h.Store.Events(ctx, store.Query{Window: s.Window, Limit: 1, NoRaw: true}) {
		return s, err // the window has events
	}
	s.From, s.To = midnight(last.In(s.loc), 0), midnight(last.In(s.loc), 1)
	s.note = fmt.Sprintf("nothing is stored of yesterday (%s): this is %s, the last day that has events",
		yesterday.Format(time.DateOnly), s.From.Format(time.DateOnly))
	return s, nil
}
