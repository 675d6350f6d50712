package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/store"
)

// Report is one window as the pages of serve show it: the model of the report and what it was made of. Nothing of it
// may be changed.
type Report struct {
	*report.Model
	Days    []*detect.Day  // that touch the window
	Options report.Options // with which the model was built
}

// value asks f for what the API answers to q at path, once there is a place behind the gate. An error in q is a
// BadRequest.
func value[T any](ctx context.Context, g gate, path string, q url.Values, f func(*http.Request) (T, error)) (v T,
	err error) {
	r, err := Request(ctx, http.MethodGet, path, q, nil)
	if err != nil {
		return v, err
	}
	leave, err := g.enter(ctx)
	if err != nil {
		return v, err
	}
	defer leave()
	return f(r)
}

// Report answers like GET /v1/report.
func (h *Handler) Report(ctx context.Context, q url.Values) (*Report, error) {
	return value(ctx, h.reports, "/v1/report", q, func(r *http.Request) (*Report, error) {
		f, m, err := h.h.model(r)
		if err != nil {
			return nil, err
		}
		f.opt.Names = f.named()
		return &Report{m, f.days, f.opt}, nil
	})
}

// Table answers like GET /v1/table.
func (h *Handler) Table(ctx context.Context, q url.Values) (*report.TableView, error) {
	return value(ctx, h.reports, "/v1/table", q, func(r *http.Request) (*report.TableView, error) {
		at, whatIf, step := r.FormValue("at") != "", len(r.Form["what-if"]) > 0, r.FormValue("step") != ""
		if err := tableForms("", false, at, whatIf, step); err != nil {
			return nil, err
		}
		f, err := h.h.tableWindow(r)
		if err != nil {
			return nil, err
		}
		return h.h.tableView(r, &f)
	})
}

// Check answers like GET /v1/check.
func (h *Handler) Check(ctx context.Context) (*report.Received, error) {
	return value(ctx, h.reports, "/v1/check", nil, h.h.received)
}

// Unparsed groups the lines of a window that were not understood, by shape.
func (h *Handler) Unparsed(ctx context.Context, q url.Values) (*report.Unparsed, error) {
	return value(ctx, h.reports, "/v1/report", q, func(r *http.Request) (*report.Unparsed, error) {
		s, err := h.h.window(r)
		if err != nil {
			return nil, err
		}
		return report.Shapes(ctx, h.h.Store, s.Window)
	})
}

// Events calls f with each event that GET /v1/events answers to q, until f returns false. It returns a remark about the
// answer: damage, or a router that does not exist.
func (h *Handler) Events(ctx context.Context, q url.Values, f func(Event) bool) (note string, err error) {
	return value(ctx, h.streams, "/v1/events", q, func(r *http.Request) (string, error) {
		query, loc, err := h.h.query(r)
		if err != nil {
			return "", err
		}
		n := 0
		for e, err := range h.h.Store.Events(ctx, query) {
			if err != nil {
				return "", err
			}
			if n++; !f(eventOf(&e, loc)) {
				break
			}
		}
		if n == 0 && query.Router != "" {
			return h.h.noRouter(ctx, query.Router), nil
		}
		return h.h.damage(query.Window), nil
	})
}

// Who answers like GET /v1/who. The remark says why nobody is known to have had the address.
func (h *Handler) Who(ctx context.Context, q url.Values) (holders []Holder, note string, err error) {
	holders, err = value(ctx, h.streams, "/v1/who", q, func(r *http.Request) ([]Holder, error) {
		who, loc, err := h.h.whoQuery(r)
		if err != nil {
			return nil, err
		}
		hs, err := h.h.Store.Who(ctx, who)
		if err != nil {
			return nil, err
		}
		if len(hs) == 0 {
			note = "Nobody is known to have had " + who.End.String() + " then: " + h.h.whyNobody(r, who) + "."
		}
		a := whoAnswer{who, hs, loc}
		return a.holders(), nil
	})
	return holders, note, err
}

// Span words from when to when the holder had the address, as far as it is logged.
func (h *Holder) Span() string { return standingWords(h) + errorWords(h.ErrorS) }

// Means words how the holder had the address.
func (h *Holder) Means() string { return howWords(h) }

// Acknowledge answers like PUT /v1/acks.
func (h *Handler) Acknowledge(ctx context.Context, q url.Values) (Ack, error) {
	return value(ctx, h.reports, "/v1/acks", q, h.h.acknowledge)
}

// RemoveAck answers like DELETE /v1/acks. ok is false where there is no such ack.
func (h *Handler) RemoveAck(id string) (ok bool, err error) { return h.h.acks().Remove(id) }

// Acks lists all acks.
func (h *Handler) Acks() ([]Ack, error) { return h.h.acks().List() }

// Dates lists the local dates that have events, in order.
func (h *Handler) Dates(ctx context.Context) ([]string, error) {
	days, err := h.h.Store.Days(ctx)
	return localDates(days, h.h.Settings().Detect.Location), err
}

// Running returns the summaries of the days since from, the running one included, and the options of a report from
// there to now. Unlike Report it judges nothing.
func (h *Handler) Running(ctx context.Context, from time.Time) (days []*detect.Day, opt report.Options, err error) {
	leave, err := h.reports.enter(ctx)
	if err != nil {
		return nil, opt, err
	}
	defer leave()
	now, set := h.Now(), h.h.Settings()
	days, err = h.h.Days.Load(ctx, store.Window{From: from, To: now})
	if err != nil {
		return nil, opt, err
	}
	f := found{days: days, opt: report.Options{From: from, To: now, Now: now, Location: now.Location(),
		Config: set.Detect, Version: h.h.Version}}
	if names := h.h.names(); names != nil { // of those that a report has asked for
		f.opt.Names = names.Name
	}
	f.opt.Names = f.named()
	f.opt.Place, _ = h.h.places.of(set.MMDB) // the report says what is wrong with the files
	return days, f.opt, nil
}

// Language returns the configured one.
func (h *Handler) Language() report.Language { return h.h.Settings().Language }

// Now returns the time in the configured zone.
func (h *Handler) Now() time.Time { return h.h.Now().In(h.h.Settings().Detect.Location) }
