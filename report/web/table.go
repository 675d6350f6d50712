package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"time"

	"uncloak/report"
)

// tableBody holds the session table over time, at a moment, or as it would have been.
type tableBody struct {
	Asked   bool
	Grids   []gridView
	Text    string // what the command prints
	Command string
}

// table shows the session table: over time, at one moment, or with other settings.
func (h *Handler) table(r *http.Request) (*page, error) {
	typed, q := fields(r, "day", "at", "router", "limit", "table", "time_wait", "without", "best")
	p := &page{name: "table", Title: h.language(r).Say("Session table"), Active: "/table", Field: typed}
	if q.Get("day") == "" {
		q.Set("day", "today")
	}
	for _, k := range []string{"limit", "table", "time_wait", "without"} {
		if v := q.Get(k); v != "" {
			q.Add("what-if", k+"="+v)
		}
		q.Del(k)
	}
	if q.Get("best") != "" {
		q.Add("what-if", "auto")
		q.Del("best")
	}
	b := tableBody{Command: command("table", q)}
	v, err := h.API.Table(r.Context(), q)
	if err == nil {
		b.Asked = true
		var text bytes.Buffer
		if err = report.TableText(&text, v, report.TextOptions{Width: 100}); err == nil {
			b.Text = strings.TrimRight(text.String(), "\n")
		}
		v.Language = h.language(r) // the text above is English
		b.Grids = gridViews(v.Grids(), v.From.Format(time.DateOnly))
	}
	p.Body = b
	return h.answered(r, p, err)
}

// unknownBody holds the lines of a day that were not understood, by shape.
type unknownBody struct {
	Head, More string
	Grid       template.HTML
}

// unknown shows the lines that were not understood.
func (h *Handler) unknown(r *http.Request) (*page, error) {
	typed, q := fields(r, "day")
	p := &page{name: "unknown", Title: h.language(r).Say("Lines not understood"), Active: "/unknown", Field: typed}
	if q.Get("day") == "" {
		q.Set("day", "today")
	}
	u, err := h.API.Unparsed(r.Context(), q)
	b := unknownBody{}
	if err == nil {
		g := u.Grid(h.language(r))
		b = unknownBody{Head: g.Intro, More: g.More}
		if len(g.Rows) > 0 {
			b.Grid = g.HTML(report.Links{})
		}
	}
	p.Body = b
	return h.answered(r, p, err)
}

// healthBody holds what was received of each sender in the last 24 hours, and what was lost.
type healthBody struct {
	report.HealthPage
	Grid, Strangers template.HTML
}

// health shows each sender with its losses.
func (h *Handler) health(r *http.Request) (*page, error) {
	got, err := h.API.Check(r.Context())
	if err != nil {
		return nil, err
	}
	v := report.NewHealthPage(h.language(r), got, h.API.Now())
	b := healthBody{HealthPage: v}
	if len(v.Senders.Rows) > 0 {
		b.Grid = v.Senders.HTML(report.Links{})
	}
	if len(v.NotTaken.Rows) > 0 {
		b.Strangers = v.NotTaken.HTML(report.Links{})
	}
	return &page{name: "health", Title: h.language(r).Say("Health"),
		Active: "/health", Body: b, Field: map[string]string{}}, nil
}
