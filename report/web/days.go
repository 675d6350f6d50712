package web

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"uncloak/report"
)

// daysBody lists the days that have events, by month, the last one first.
type daysBody struct {
	Months []month
	More   int
}

type month struct {
	Name string
	Days []day
}

type day struct{ Date, Text string }

// days lists the days that have events.
func (h *Handler) days(r *http.Request) (*page, error) {
	if d := r.FormValue("day"); d != "" {
		return nil, &elsewhere{"/day/" + url.PathEscape(d)}
	}
	dates, err := h.API.Dates(r.Context())
	if err != nil {
		return nil, err
	}
	return daysPage(h.language(r), dates), nil
}

func daysPage(l report.Language, dates []string) *page {
	b := daysBody{More: max(len(dates)-maxDaysList, 0)}
	for _, d := range slices.Backward(dates[b.More:]) {
		t, err := time.Parse(time.DateOnly, d)
		if err != nil {
			continue
		}
		if name := t.Format(l.Say("January 2006")); len(b.Months) == 0 || b.Months[len(b.Months)-1].Name != name {
			b.Months = append(b.Months, month{Name: name})
		}
		m := &b.Months[len(b.Months)-1]
		m.Days = append(m.Days, day{d, t.Format(l.Say("Mon 2"))})
	}
	return &page{name: "days", Title: l.Say("Days"), Active: "/day/", Body: b, Field: map[string]string{}}
}

// dayBody is the report of a day with its neighbours; "" where there is none.
type dayBody struct {
	Date, Before, After string
	All                 bool // known findings are shown, too
	Known               int  // findings that are known and not shown
	Report              template.HTML
}

// day shows the report of one day.
func (h *Handler) day(r *http.Request) (*page, error) {
	typed := r.PathValue("day")
	dates, err := h.API.Dates(r.Context())
	if err != nil {
		return nil, err
	}
	date, err := h.dateOf(h.language(r), typed)
	if err != nil {
		p := daysPage(h.language(r), dates)
		p.status, p.Problem, p.Field["day"] = http.StatusBadRequest, err.Error(), report.Clean(typed)
		return p, nil
	}
	q := url.Values{"day": {date}}
	all := r.FormValue("all") == "1"
	if all {
		q.Set("all", "1")
	}
	got, err := h.API.Report(r.Context(), h.inLanguage(r, q))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := report.HTMLBody(&b, got.Model, links(date)); err != nil {
		return nil, err
	}
	body := dayBody{Date: date, All: all, Known: got.Silent, Report: template.HTML(b.String())}
	i, found := slices.BinarySearch(dates, date)
	if i > 0 {
		body.Before = dates[i-1]
	}
	if found {
		i++
	}
	if i < len(dates) {
		body.After = dates[i]
	}
	return &page{name: "day", Title: h.language(r).Say("Report of %s", date), Active: "/day/", Body: body}, nil
}

// inLanguage asks for a report in the language that the browser accepts; without one, that of the config holds.
func (h *Handler) inLanguage(r *http.Request, q url.Values) url.Values {
	q.Set("lang", string(h.language(r)))
	return q
}

// dateOf reads a date, today or yesterday.
func (h *Handler) dateOf(l report.Language, s string) (string, error) {
	now := h.API.Now()
	switch s {
	case "today":
		return now.Format(time.DateOnly), nil
	case "yesterday":
		return now.AddDate(0, 0, -1).Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", errors.New(l.Say("%q is no date: write it like 2026-11-28", report.Clean(s)))
	}
	return s, nil
}
