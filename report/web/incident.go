package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"uncloak/report"
	"uncloak/report/api"
)

// incidentBody holds one incident of one day.
type incidentBody struct {
	*report.IncidentPage
	Date  string
	Steps []stepView
	Href  string // of this page
	Done  string // what the form has done
	Ours  bool   // an ack has exactly this id: it can be taken back here
}

type stepView struct {
	report.StepLine
	Href string
}

// incident shows what happened, step by step, with its proof.
func (h *Handler) incident(r *http.Request) (*page, error) {
	id := r.PathValue("id")
	date, err := h.dateOf(h.language(r), orToday(r.FormValue("day")))
	if err != nil {
		return nil, &failure{http.StatusBadRequest, err.Error()}
	}
	got, err := h.API.Report(r.Context(), h.inLanguage(r, url.Values{"day": {date}, "all": {"1"}}))
	if err != nil {
		return nil, err
	}
	in, ok := got.Incident(id, links(date))
	if !ok {
		return nil, &failure{http.StatusNotFound, h.language(r).Say("There is no finding %s on %s. Ids change when a "+
			"machine gets another address; the report of the day lists what there is.", report.Clean(id), date)}
	}
	b := incidentBody{IncidentPage: in, Date: date, Href: links(date).Incident(in.ID)}
	for _, s := range in.Steps {
		v := stepView{StepLine: s}
		if s.Host != "" {
			v.Href = links(date).Host(s.Host)
		}
		b.Steps = append(b.Steps, v)
	}
	acks, err := h.API.Acks()
	if err != nil {
		return nil, err
	}
	b.Ours = slices.ContainsFunc(acks, func(a api.Ack) bool { return a.ID == in.ID })
	switch r.FormValue("done") {
	case "ack":
		b.Done = h.language(r).Say(
			"Acknowledged: reports leave it out until it is twice as large, or until the day that you gave.")
	case "undo":
		b.Done = h.language(r).Say("The acknowledgement is taken back.")
	}
	return &page{name: "incident", Title: in.Title, Active: "/day/", Body: b, Field: map[string]string{},
		keyed: true}, nil
}

// acknowledge takes the form of an incident's page.
func (h *Handler) acknowledge(r *http.Request) (*page, error) {
	id, date := r.PathValue("id"), r.PostFormValue("day")
	done := "ack"
	var err error
	switch r.PostFormValue("do") {
	case "ack":
		q := url.Values{"id": {id}, "day": {date}, "note": {strings.TrimSpace(r.PostFormValue("note"))}}
		if until := strings.TrimSpace(r.PostFormValue("until")); until != "" {
			q.Set("until", until)
		}
		_, err = h.API.Acknowledge(r.Context(), q)
	case "undo":
		var ok bool
		if ok, err = h.API.RemoveAck(id); err == nil && !ok {
			err = &failure{http.StatusBadRequest, h.language(r).Say("It was not acknowledged.")}
		}
		done = "undo"
	default:
		err = &failure{http.StatusBadRequest, h.language(r).Say("The form does not say what to do.")}
	}
	if err == nil {
		return nil, &elsewhere{links(date).Incident(id) + "&done=" + done}
	}
	if bad := (api.BadRequest{}); !errors.As(err, &bad) {
		return nil, err
	}
	p, pageErr := h.incident(r) // shows what was typed
	if pageErr != nil {
		return nil, err
	}
	_, p.Problem = describe(h.language(r), err)
	p.status = http.StatusBadRequest
	for _, k := range []string{"note", "until"} {
		p.Field[k] = report.Clean(r.PostFormValue(k))
	}
	return p, nil
}
