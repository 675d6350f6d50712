package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/report"
)

// Rules returns the rules for known findings: those of the config first, then the acks. File may be nil.
func Rules(config []detect.Rule, file *AckFile) ([]detect.Rule, error) {
	rules := slices.Clone(config)
	if file == nil {
		return rules, nil
	}
	acks, err := file.List()
	for i := range acks {
		rules = append(rules, acks[i].rule())
	}
	return rules, err
}

// listAcks answers with all acks.
func (h *handler) listAcks(w http.ResponseWriter, _ *http.Request) error {
	acks, err := h.acks().List()
	if err != nil {
		return err
	}
	writeJSON(w, acks)
	return nil
}

func (h *handler) acks() *AckFile {
	if h.Acks == nil {
		return NewAckFile("/nonexistent") // a server without a data directory has no acks and takes none
	}
	return h.Acks
}

// putAck acknowledges what the request names, and answers with the ack.
func (h *handler) putAck(w http.ResponseWriter, r *http.Request) error {
	a, err := h.acknowledge(r)
	if err != nil {
		return err
	}
	writeJSON(w, a)
	return nil
}

// acknowledge acknowledges the finding or incident that has the requested id or key in the window of the request.
func (h *handler) acknowledge(r *http.Request) (a Ack, err error) {
	id := strings.TrimSpace(r.FormValue("id"))
	f, err := h.find(r)
	if err != nil {
		return a, err
	}
	m, err := report.Build(r.Context(), nil, f.days, f.findings, f.opt)
	if err != nil {
		return a, err
	}
	a = Ack{ID: id, Note: r.FormValue("note"), At: h.Now().UTC(), Sizes: map[string]float64{}}
	sizes := detect.Sizes(f.findings, f.length)
	for i := range m.Findings { // the spells of a full table are numbered anew in each report: all are meant
		if x := &m.Findings[i]; x.ID == id && x.Kind == detect.TableFullKind {
			id, a.ID = x.Key, x.Key
			break
		}
	}
	for i := range m.Findings {
		if x := &m.Findings[i]; id != "" && (x.ID == id || x.Key == id || x.Group == id) {
			a.Sizes[x.Key] = sizes[x.Key]
			if a.Title == "" || x.ID == id {
				a.Title = report.Clean(x.Title)
			}
		}
	}
	if len(a.Sizes) == 0 {
		return a, badf("there is no finding %q in %s%s", report.Clean(id), f.span.words(), nearest(id, m.Findings))
	}
	if v := r.FormValue("until"); v != "" {
		until, err := EndTime(v, f.loc, h.Now())
		if err != nil {
			return a, badf("--until: %w", err)
		}
		if !until.After(h.Now()) {
			return a, badf("--until %s is over already", v)
		}
		a.Until = &until
	}
	return a, h.acks().Put(a)
}

// words writes the window as error texts show it.
func (s *span) words() string {
	from, to := s.From.In(s.loc), s.To.In(s.loc)
	if midnight(from, 1).Equal(to) && midnight(from, 0).Equal(from) {
		return from.Format(time.DateOnly)
	}
	return from.Format(time.DateTime) + " to " + to.Format(time.DateTime)
}

// nearest lists the ids that look like the requested one.
func nearest(id string, fs []detect.Finding) string {
	var ids []string
	for i := range fs {
		if g := fs[i].Group; g != "" && !slices.Contains(ids, g) {
			ids = append(ids, g)
		}
	}
	if near := report.Near(id, ids, 3); len(near) > 0 {
		ids = near
	}
	if len(ids) == 0 {
		return ": nothing was found there; say which day with --day"
	}
	shown := make([]string, 0, 5)
	for _, x := range ids[:min(len(ids), 5)] {
		shown = append(shown, report.Clean(x))
	}
	return "; there is " + strings.Join(shown, ", ")
}

// removeAck deletes an ack.
func (h *handler) removeAck(w http.ResponseWriter, r *http.Request) error {
	id := r.FormValue("id")
	ok, err := h.acks().Remove(id)
	if err != nil {
		return err
	}
	if !ok {
		return badf("there is no ack %q; see: uncloak ack --list", report.Clean(id))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Acks lists the acks of the process behind c.
func Acks(ctx context.Context, c *http.Client) (acks []Ack, err error) {
	body, err := Get(ctx, c, "/v1/acks", nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return acks, decodeJSON(body, &acks)
}

// PutAck acknowledges id: q has id, note and until, and the window as a report has it.
func PutAck(ctx context.Context, c *http.Client, q url.Values) (a Ack, err error) {
	r, err := Request(ctx, http.MethodPut, "/v1/acks", q, nil)
	if err != nil {
		return a, err
	}
	resp, err := Do(c, r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, decodeJSON(resp.Body, &a)
}

// RemoveAck deletes the ack of id.
func RemoveAck(ctx context.Context, c *http.Client, id string) error {
	r, err := Request(ctx, http.MethodDelete, "/v1/acks", url.Values{"id": {id}}, nil)
	if err != nil {
		return err
	}
	resp, err := Do(c, r)
	if err != nil {
		return fmt.Errorf("remove ack: %w", err)
	}
	return resp.Body.Close()
}
