package web

import (
	"context"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/report/api"
)

// hostSessions bounds the sessions on the page of a machine; further ones are on the page of questions.
const hostSessions = 50

// hostBody holds all that a day tells of one machine.
type hostBody struct {
	*report.Machine
	Date     string
	Grids    []gridView
	Findings []headline
	Sessions []eventRow
	Others   []string // days that have events
	More     string   // address of the page with further sessions; "" where all are shown
}

type gridView struct {
	Title, More string
	HTML        template.HTML
}

// gridViews renders tables of a date.
func gridViews(gs []report.Grid, date string) (out []gridView) {
	for _, g := range gs {
		out = append(out, gridView{g.Title, g.More, g.HTML(links(date))})
	}
	return out
}

// host shows one machine on one day, by an address of it or its name.
func (h *Handler) host(r *http.Request) (*page, error) {
	if name := strings.TrimSpace(r.FormValue("name")); name != "" {
		return nil, &elsewhere{"/host/" + url.PathEscape(name) + "?day=" + url.QueryEscape(r.FormValue("day"))}
	}
	typed, l := strings.TrimSpace(r.PathValue("host")), h.language(r)
	field := map[string]string{"name": report.Clean(typed), "day": report.Clean(r.FormValue("day"))}
	ask := func(status int, problem string) (*page, error) {
		return &page{name: "host", Title: l.Say("A machine"), Active: "/host/", status: status, Problem: problem,
			Field: field, Body: hostBody{}}, nil
	}
	if typed == "" {
		return ask(http.StatusOK, "")
	}
	date, err := h.dateOf(l, orToday(r.FormValue("day")))
	if err != nil {
		return ask(http.StatusBadRequest, err.Error())
	}
	field["day"] = date
	got, err := h.API.Report(r.Context(), h.inLanguage(r, url.Values{"day": {date}, "all": {"1"}}))
	if err != nil {
		return nil, err
	}
	a, ok := addressOf(typed, got.Days, got.Options.Names)
	if !ok {
		return ask(http.StatusNotFound, l.Say("No machine is called %s on %s.", report.Clean(typed), date))
	}
	m := report.NewMachine(got.Model, got.Days, detect.AddressesOf(got.Days, a), got.Options)
	if !m.Known {
		return ask(http.StatusNotFound, l.Say("Nothing is known of %s on %s.", a.String(), date))
	}
	m.Draw()
	b := hostBody{Machine: m, Date: date, Grids: gridViews(m.Grids, date), Findings: headlines(m.Incidents, date)}
	q := url.Values{"host": {a.String()}, "day": {date}, "kind": {"session-new,session-end"}}
	if b.Sessions, err = h.firstEvents(r.Context(), q, hostSessions+1); err != nil {
		return nil, err
	}
	if len(b.Sessions) > hostSessions {
		b.Sessions, b.More = b.Sessions[:hostSessions], "/query?"+q.Encode()
	}
	return &page{name: "host", Title: m.Title, Active: "/host/", Field: field, Body: b}, nil
}

func orToday(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "today"
	}
	return s
}

// addressOf finds the address that s spells, or the lowest one of the host that has that name on the days.
func addressOf(s string, days []*detect.Day, names func(netip.Addr) string) (found netip.Addr, ok bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().WithZone(""), true
	}
	for _, d := range days {
		for a := range d.Hosts {
			if strings.EqualFold(names(a), s) && (!ok || a.Less(found)) {
				found, ok = a, true
			}
		}
	}
	return found, ok
}

// firstEvents returns the first n events that q asks for, as rows.
func (h *Handler) firstEvents(ctx context.Context, q url.Values, n int) (rows []eventRow, err error) {
	_, err = h.API.Events(ctx, q, func(e api.Event) bool {
		rows = append(rows, newEventRow(&e))
		return len(rows) < n
	})
	return slices.Clip(rows), err
}
