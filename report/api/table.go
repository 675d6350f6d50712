package api

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/report"
	"uncloak/store"
)

// tableForms refuses flags that do not go together; slots says that the format is of one row a slot.
func tableForms(format string, slots, at, whatIf, step bool) error {
	switch {
	case format != "" && !slices.Contains([]string{"text", "json", "csv", "ndjson"}, format):
		return badf("--format %q is not known: text, json, csv or ndjson", format)
	case slots && (at || whatIf):
		return badf("--format %s is for the table over time: --at and --what-if have text and json", format)
	case at && whatIf:
		return badf("--at and --what-if exclude each other")
	case step && (slots || at || whatIf):
		return badf("--step is for the table over time, as text or json")
	}
	return nil
}

// table answers with the session table over time, at one moment, or under other settings.
func (h *handler) table(w http.ResponseWriter, r *http.Request) error {
	format, at, router := r.FormValue("format"), r.FormValue("at"), r.FormValue("router")
	step, err := stepOf(r.FormValue("step"))
	if err != nil {
		return err
	}
	slots := format == "csv" || format == "ndjson"
	if err := tableForms(format, slots, at != "", len(r.Form["what-if"]) > 0, step > 0); err != nil {
		return err
	}
	f, err := h.tableWindow(r)
	if err != nil {
		return err
	}
	h.tellDamage(w.Header(), f.Window)
	var b bytes.Buffer
	contentType := "text/plain; charset=utf-8"
	if slots {
		write := report.TableCSV
		contentType = "text/csv"
		if format == "ndjson" {
			contentType, write = "application/x-ndjson", report.TableNDJSON
		}
		f.head(w, contentType)
		_ = write(w, f.days, router, f.opt) // the asker has gone
		return nil
	}
	v, err := h.tableView(r, &f)
	if err != nil {
		return err
	}
	if format == "json" {
		contentType, err = "application/json", report.TableJSON(&b, v)
	} else {
		err = report.TableText(&b, v, textOptions(r))
	}
	if err != nil {
		return fmt.Errorf("render table: %w", err)
	}
	f.head(w, contentType)
	_, _ = b.WriteTo(w) // the asker has gone
	return nil
}

// tableWindow finds the window of the request, in which its router has events.
func (h *handler) tableWindow(r *http.Request) (f found, err error) {
	if f, err = h.find(r); err != nil {
		return f, err
	}
	router := r.FormValue("router")
	if router != "" && !slices.ContainsFunc(f.days, func(d *detect.Day) bool { return d.Routers[router] != nil }) {
		return f, badf("router %q has no events in this window; known are: %s", router,
			strings.Join(detect.RoutersOf(f.days), ", "))
	}
	f.opt.Names = f.named()
	return f, nil
}

// tableView makes the view of the table over time, at one moment, or under other settings, as the request has it.
func (h *handler) tableView(r *http.Request, f *found) (*report.TableView, error) {
	router, at, changes := r.FormValue("router"), r.FormValue("at"), r.Form["what-if"]
	step, err := stepOf(r.FormValue("step"))
	if err != nil {
		return nil, err
	}
	v := report.Tables(f.days, router, f.opt)
	switch {
	case step > 0:
		err = h.steps(r, f, v, router, step)
	case at != "":
		err = h.moment(r, f, v, router, at)
	case len(changes) > 0:
		err = h.whatIf(r, f, v, router, changes)
	case detect.WorthSearching(f.days, router):
		v.Aside = true
		err = h.whatIf(r, f, v, router, []string{"auto"})
	}
	return v, err
}

// named returns a function that gives the name of a host: by its lease, else from the resolver.
func (f *found) named() func(netip.Addr) string {
	byLease := map[netip.Addr]string{}
	for _, d := range f.days {
		for a, x := range d.Hosts {
			if x.Name != "" {
				byLease[a] = x.Name
			}
		}
	}
	more := f.opt.Names
	return func(a netip.Addr) string {
		if n := byLease[a]; n != "" || more == nil {
			return n
		}
		return more(a)
	}
}

// replay returns the recorded sessions of the window, ready to be played.
func (h *handler) replay(ctx context.Context, f *found, router string) *detect.Replay {
	r := detect.NewReplay(f.days, f.findings, f.opt.Config, detect.Window{From: f.From, To: f.To}, router)
	r.Events = func() iter.Seq2[*parse.Event, error] {
		return func(yield func(*parse.Event, error) bool) {
			to := r.To
			if r.Ahead.After(to) {
				to = r.Ahead
			}
			q := store.Query{Window: store.Window{From: detect.DateOf(r.From).Start(), To: to}, NoRaw: true}
			for e, err := range h.Store.Events(ctx, q) {
				if !yield(&e.Event, err) || err != nil {
					return
				}
			}
		}
	}
	r.Prev = func(d detect.Date) *detect.Day {
		day, err := h.Store.Day(ctx, d)
		if err != nil {
			h.Log.Debug("the replay begins with an empty table", "day", d.String(), "error", err)
			return nil
		}
		return day
	}
	return r
}

// stepOf reads --step; 0 where it is not given.
func stepOf(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 100*time.Millisecond || d >= detect.SlotLen {
		return 0, badf("--step %q: write a time from 100ms to less than %v, such as 1s", s, detect.SlotLen)
	}
	return d, nil
}

// steps puts the entries at single moments, step by step, in place of the view's rows.
func (h *handler) steps(r *http.Request, f *found, v *report.TableView, router string, step time.Duration) error {
	p := h.replay(r.Context(), f, router)
	p.From, p.To = v.Busy(p.Router, p.From, p.To)
	if p.To.Sub(p.From) > detect.MaxSteps*step {
		return badf("--step %v: more than %d steps from %v to %v; give --from and --to", step, detect.MaxSteps, p.From,
			p.To)
	}
	got, err := p.Steps(step)
	if err != nil {
		return err
	}
	v.Steps(p.Router, step, got)
	return nil
}

// moment adds to the view the hosts that held the table at the requested time.
func (h *handler) moment(r *http.Request, f *found, v *report.TableView, router, at string) error {
	p := h.replay(r.Context(), f, router)
	if at == "peak" {
		slot := v.Fullest(p.Router)
		if slot.IsZero() {
			return badf("--at peak: no session of %s is known in this window", p.Router)
		}
		p.From, p.To = detect.DateOf(slot).Start(), slot.Add(detect.SlotLen)
		t, held, err := p.Peak(slot)
		if err != nil {
			return err
		}
		if len(held) > 0 {
			v.Moment(p.Router, t, held, f.opt.Names)
			return nil
		}
		at = slot.Add(detect.SlotLen / 2).Format(time.RFC3339Nano) // only ends are logged
	}
	t, err := ParseTime(at, f.loc, h.Now())
	if err != nil {
		return badf("--at: %w", err)
	}
	p.From, p.To = detect.DateOf(t).Start(), t.Add(1)
	held, err := p.At()
	if err != nil {
		return err
	}
	v.Moment(p.Router, t, held, f.opt.Names)
	return nil
}

// whatIf adds a replay with the requested changes to the view; "auto" also searches for the smallest change that is
// enough.
func (h *handler) whatIf(r *http.Request, f *found, v *report.TableView, router string, changes []string) error {
	p := h.replay(r.Context(), f, router)
	if p.Router == "" {
		return badf("--what-if: no session is known in this window")
	}
	var c detect.Change
	search := false
	for _, s := range changes {
		if s == "auto" {
			search = true
			continue
		}
		if err := c.Add(s, f.hostNamed); err != nil {
			return badf("--what-if: %w", err)
		}
	}
	got, err := p.WhatIf(&c, search)
	if err != nil {
		return err
	}
	v.AddWhatIf(got, f.opt.Names)
	return nil
}

// hostNamed returns the host of that name, the lowest address where there are several.
func (f *found) hostNamed(name string) (found netip.Addr, ok bool) {
	for _, d := range f.days {
		for a := range d.Hosts {
			if strings.EqualFold(f.opt.Names(a), name) && (!ok || a.Less(found)) {
				found, ok = a, true
			}
		}
	}
	return found, ok
}
