package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/store"
)

// found holds a window with its days and findings.
type found struct {
	span
	days      []*detect.Day
	findings  []detect.Finding
	gone      []detect.Finding
	withdrawn []detect.Withdrawal
	length    float64 // days of what was judged that the log covers
	opt       report.Options
}

// find runs the detectors over the window of the request.
func (h *handler) find(r *http.Request) (f found, err error) {
	if f.span, err = h.window(r); err != nil {
		return f, err
	}
	set := h.Settings()
	set.Detect.Location = f.loc
	w := detect.Window{From: f.From, To: f.To}
	reach, beside := set.Detect.Reach(w), set.Detect.Besides(w)
	days, err := h.Days.Load(r.Context(), store.Window{From: beside.From, To: beside.To})
	if err != nil {
		return f, fmt.Errorf("load the days: %w", err)
	}
	f.days = w.Touched(days)
	set.Detect = detect.Settled(set.Detect, days)
	rules, err := Rules(set.Known, h.Acks)
	// an unreadable file of acks must not prevent the report: it then shows known findings, too, and says why
	if err != nil {
		f.remark(err.Error())
	}
	earlier, err := h.earlier(r.Context(), reach.From, days)
	if err != nil {
		return f, err
	}
	var usual []detect.Finding
	f.findings, f.gone, usual = detect.Judge(earlier, days, set.Detect, w)
	f.settle(h, earlier, detect.Judged{Days: days, Config: &set.Detect, Window: w, Usual: usual})
	f.length = reach.Covered(reach.Touched(days))
	lang, err := languageOf(r, set.Language)
	if err != nil {
		return f, err
	}
	f.opt = report.Options{From: f.From.In(f.loc), To: f.To.In(f.loc), Location: f.loc, Now: h.Now().In(f.loc),
		Language: lang,
		Config:   set.Detect,
		Version:  h.Version, Note: f.note, Data: r.FormValue("data"), Generated: r.FormValue("generated"),
		Gone: f.gone, Withdrawn: f.withdrawn, All: r.FormValue("all") == "1"}
	if names := h.names(); names != nil {
		var hosts []netip.Addr
		for _, d := range f.days {
			hosts = append(hosts, d.HostList()...)
		}
		h.warm(r.Context(), names, hosts)
		f.opt.Names = names.Name
	}
	if f.opt.Place, err = h.places.of(set.MMDB); err != nil {
		f.remark(strings.ReplaceAll(err.Error(), "\n", "; ")) // a line for each file
		f.opt.Note = f.note
	}
	detect.MarkKnown(f.findings, rules, h.Now(), f.length)
	return f, nil
}

// languageOf returns the language that the request asks for, else the one of the config. What programs read is English.
func languageOf(r *http.Request, configured report.Language) (report.Language, error) {
	switch r.FormValue("format") {
	case "json", "csv", "ndjson":
		return report.English, nil
	}
	s := r.FormValue("lang")
	if s == "" {
		return configured, nil
	}
	l, err := report.ParseLanguage(s)
	if err != nil {
		return l, badf("--lang: %w", err)
	}
	return l, nil
}

// remark adds to the note of the window.
func (s *span) remark(note string) {
	s.note = strings.Join(slices.DeleteFunc([]string{s.note, note}, func(s string) bool { return s == "" }), "; ")
}

// settle says of what serve announced of the window what has become of it. In a part of a day only that is withdrawn
// which the whole day does not bear out either.
func (f *found) settle(h *handler, earlier []*detect.Day, j detect.Judged) {
	if h.Told == nil {
		return
	}
	told, damaged, err := h.Told.List(h.Now())
	switch {
	case err != nil:
		f.remark(err.Error())
	case damaged > 0:
		f.remark(fmt.Sprintf("%d of the lines in %s are damaged: what they told is not known", damaged, ToldName))
	}
	f.withdrawn = detect.Settle(told, f.findings, j)
	if reach := j.Config.Reach(j.Window); len(f.withdrawn) > 0 && reach != j.Window {
		whole, _, usual := detect.Judge(earlier, j.Days, *j.Config, reach)
		j.Usual = usual
		of := map[string]bool{} // this window
		for i := range f.withdrawn {
			of[f.withdrawn[i].ID] = true
		}
		j.Window = reach
		f.withdrawn = slices.DeleteFunc(detect.Settle(told, whole, j),
			func(w detect.Withdrawal) bool { return !of[w.ID] })
	}
}

// earlier returns the stored summaries of the days before from, by which the detectors learn what is usual. It rebuilds
// none: missing and unreadable summaries are left out, and so are the days that the window has.
func (h *handler) earlier(ctx context.Context, from time.Time, have []*detect.Day) (out []*detect.Day, err error) {
	infos, err := h.Store.Days(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the days: %w", err)
	}
	first := detect.DateOf(from.AddDate(0, 0, -detect.Lookback-1))
	for _, info := range infos {
		if info.Date < first || !info.Date.Start().Before(from) || slices.ContainsFunc(have, func(d *detect.Day) bool {
			return d.Date == info.Date
		}) {
			continue
		}
		d, err := h.Store.Day(ctx, info.Date)
		if err != nil {
			h.Log.Debug("a day is not known to the baseline", "day", info.Date.String(), "error", err)
			continue
		}
		if d != nil {
			out = append(out, d)
		}
	}
	return out, ctx.Err()
}

// head sets the headers of an answer that the client acts upon.
func (f *found) head(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set(HeaderDay, f.From.In(f.loc).Format(time.DateOnly))
	if f.note != "" {
		w.Header().Set(HeaderNote, f.note)
	}
	worst := detect.Severity("")
	for i := range f.findings {
		x := &f.findings[i]
		if x.Silent() {
			continue
		}
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
		contentType, render = "text/plain; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error {
			return report.Text(b, m, textOptions(r))
		}
	case "json":
		contentType, render = "application/json", func(b *bytes.Buffer, m *report.Model) error {
			return report.JSON(b, m)
		}
	case "html":
		contentType, render = "text/html; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error {
			return report.HTML(b, m)
		}
	case "md":
		contentType, render = "text/markdown; charset=utf-8", func(b *bytes.Buffer, m *report.Model) error {
			return report.Markdown(b, m)
		}
	case "mail":
		contentType, render = "application/json", func(b *bytes.Buffer, m *report.Model) error {
			l, err := report.NewLetter(m)
			if err != nil {
				return err
			}
			return json.NewEncoder(b).Encode(l)
		}
	default:
		return badf("--format %q is not known: text, json, html or md", format)
	}
	f, m, err := h.model(r)
	if err != nil {
		return err
	}
	h.tellDamage(w.Header(), f.Window)
	var b bytes.Buffer
	if err := render(&b, m); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	f.head(w, contentType)
	_, _ = b.WriteTo(w) // the asker has gone
	return nil
}

// model finds and builds the report of the request's window. Its note says what is wrong with the data.
func (h *handler) model(r *http.Request) (f found, m *report.Model, err error) {
	if f, err = h.find(r); err != nil {
		return f, nil, err
	}
	if err := h.refusing(); err != nil {
		f.opt.Note = strings.TrimSpace(f.opt.Note + " Nothing is stored at the moment: " + err.Error() + ".")
	}
	if m, err = report.Build(r.Context(), h.Store, f.days, f.findings, f.opt); err != nil {
		return f, nil, err
	}
	if s := h.damage(f.Window); s != "" {
		m.Note = strings.TrimSpace(m.Note + " " + strings.ToUpper(s[:1]) + s[1:] + ".")
	}
	return f, m, nil
}

// findings answers with the findings alone: as text, or as a JSON array, which is never null.
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
	h.tellDamage(w.Header(), f.Window)
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
		err = report.FindingsOf(&b, m)
	}
	if err != nil {
		return fmt.Errorf("render findings: %w", err)
	}
	f.head(w, contentType)
	_, _ = b.WriteTo(w)
	return nil
}

// textOptions returns the width and colours that the request asks for.
func textOptions(r *http.Request) report.TextOptions {
	width, _ := strconv.Atoi(r.FormValue("width")) // an error gives 0, the default
	return report.TextOptions{Width: min(max(width, 0), 200), Color: r.FormValue("color") == "1"}
}
