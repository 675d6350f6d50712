package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"uncloak/detect"
	"uncloak/report"
)

// found is a window with what was found in it.
type found struct {
	span
	days     []*detect.Day
	findings []detect.Finding
	opt      report.Options
}

// find judges the window of the request.
func (h *handler) find(r *http.Request) (f found, err error) {
	if f.span, err = h.window(r); err != nil {
		return f, err
	}
	set := h.Settings()
	set.Detect.Location = f.loc
	if f.days, err = h.Days.Load(r.Context(), f.Window); err != nil {
		return f, fmt.Errorf("load the days: %w", err)
	}
	f.findings = detect.Findings(f.days, set.Detect, detect.Window{From: f.From, To: f.To})
	f.opt = report.Options{From: f.From.In(f.loc), To: f.To.In(f.loc), Location: f.loc, Now: h.Now().In(f.loc), Config: set.Detect,
		Version: h.Version, Note: f.note, Data: r.FormValue("data"), Generated: r.FormValue("generated")}
	if set.Resolver != "" {
		names := &report.Resolver{Server: set.Resolver, Internal: set.Detect.Internal}
		for _, d := range f.days {
			names.Warm(r.Context(), d.HostList())
		}
		f.opt.Names = names.Name
	}
	return f, nil
}

// head says what the client acts upon.
func (f *found) head(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set(HeaderDay, f.From.In(f.loc).Format(time.DateOnly))
	if f.note != "" {
		w.Header().Set(HeaderNote, f.note)
	}
	worst := detect.Severity("")
	for _, x := range f.findings {
		if worst == "" || x.Severity.Rank() > worst.Rank() {
			worst = x.Severity
		}
	}
	w.Header().Set(HeaderWorst, string(worst))
}

// report renders the whole report.
func (h *handler) report(w http.ResponseWriter, r *http.Request) error {
	contentType, render := "", (func(*bytes.Buffer, *report.Model) error)(nil)
	switch format := r.FormValue("format"); format {
	case "", "text":
		contentType, render = "text/plain; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error { return report.Text(b, m, textOptions(r)) }
	case "json":
		contentType, render = "application/json", func(b *bytes.Buffer, m *report.Model) error { return report.JSON(b, m) }
	case "html":
		contentType, render = "text/html; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error { return report.HTML(b, m) }
	case "md":
		contentType, render = "text/markdown; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error { return report.Markdown(b, m) }
	default:
		return badf("--format %q is not known: text, json, html or md", format)
	}
	f, err := h.find(r)
	if err != nil {
		return err
	}
	m, err := report.Build(r.Context(), h.Store, f.days, f.findings, f.opt)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := render(&b, m); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	f.head(w, contentType)
	_, _ = b.WriteTo(w) // the asker has gone
	return nil
}

// findings gives the findings alone: text, or the array of the contract, which is never null.
func (h *handler) findings(w http.ResponseWriter, r *http.Request) error {
	format := r.FormValue("format")
	if format != "" && format != "text" && format != "json" && format != "csv" {
		return badf("--format %q is not known: text, json or csv", format)
	}
	f, err := h.find(r)
	if err != nil {
		return err
	}
	m, err := report.Build(r.Context(), h.Store, f.days, f.findings, f.opt)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	contentType := "text/plain; charset=utf-8"
	switch format {
	case "json":
		contentType = "application/json"
		err = report.FindingsJSON(&b, m.Findings)
	case "csv":
		contentType = "text/csv"
		err = report.FindingsCSV(&b, m.Findings, f.loc)
	default:
		err = report.FindingsText(&b, m.Findings, f.loc)
	}
	if err != nil {
		return fmt.Errorf("render findings: %w", err)
	}
	f.head(w, contentType)
	_, _ = b.WriteTo(w)
	return nil
}

// textOptions is how the asker's terminal wants its text.
func textOptions(r *http.Request) report.TextOptions {
	width, _ := strconv.Atoi(r.FormValue("width")) // 0 is the default
	return report.TextOptions{Width: min(max(width, 0), 200), Color: r.FormValue("color") == "1"}
}
