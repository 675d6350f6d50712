package web

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"uncloak/report"
	"uncloak/report/api"
)

// Bounds of a page of events. Events of one instant beyond maxSkip can only be had from uncloak query.
const (
	eventsPerPage = 200
	maxSkip       = 1_000_000
)

// eventRow is one event as a row of a table. Its text is clean.
type eventRow struct {
	Time, Router, Kind, Proto, From, To, Seen, More, Raw string
	at                                                   time.Time
}

func newEventRow(e *api.Event) eventRow {
	row := eventRow{Time: e.Time.Format("2006-01-02 15:04:05.000"), Router: report.Clean(e.Router), Kind: e.Kind,
		Proto: e.Proto, From: api.End(e.Src, e.SPort), To: api.End(e.Dst, e.DPort), Seen: api.End(e.NATSrc, e.NATSPort),
		Raw: report.Clean(strings.TrimRight(e.Raw, "\r\n\x00")), at: e.Time}
	row.More = report.Clean(strings.TrimSpace(e.State + " " + e.Detail))
	return row
}

// fields returns what was typed into the fields of a form, clean, and the values that are not empty.
func fields(r *http.Request, names ...string) (typed map[string]string, q url.Values) {
	typed, q = map[string]string{}, url.Values{}
	for _, n := range names {
		v := strings.TrimSpace(r.FormValue(n))
		typed[n] = report.Clean(v)
		if v != "" {
			q.Set(n, v)
		}
	}
	return typed, q
}

// answered makes a page of a form: with the problem where the answer is an error in what was typed.
func (h *Handler) answered(r *http.Request, p *page, err error) (*page, error) {
	if err == nil {
		return p, nil
	}
	status, text := describe(h.language(r), err)
	if status != http.StatusBadRequest {
		return p, err
	}
	p.status, p.Problem = status, text
	return p, nil
}

// queryBody holds the events that match.
type queryBody struct {
	Asked   bool
	Rows    []eventRow
	Note    string
	Next    string // address of the next page; "" at the end
	Command string
}

// query shows the events that match what was typed, page by page.
func (h *Handler) query(r *http.Request) (*page, error) {
	typed, asked := fields(r, "day", "from", "to", "host", "peer", "port", "kind", "router", "text")
	p := &page{name: "query", Title: h.language(r).Say("Events"), Active: "/query", Field: typed}
	b := queryBody{Asked: len(asked) > 0, Command: command("query", asked)}
	if !b.Asked {
		p.Body = b
		return p, nil
	}
	q := maps.Clone(asked)
	skip, err := skipOf(r.FormValue("skip"))
	if after := r.FormValue("after"); err == nil && after != "" {
		if err = sinceThen(q, after, h.API.Now().Location()); err == nil {
			q.Set("from", after)
		}
	}
	if err == nil {
		b.Rows, b.Next, b.Note, err = h.events(r.Context(), q, asked, skip)
	}
	p.Body = b
	return h.answered(r, p, err)
}

func unknownAddress() error {
	return &failure{http.StatusBadRequest, "The address of this page is not one that uncloak makes."}
}

func skipOf(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxSkip {
		return 0, unknownAddress()
	}
	return n, nil
}

// sinceThen prepares a query of a day for its next page, which begins at a time: the API takes no day beside a time.
func sinceThen(q url.Values, after string, loc *time.Location) error {
	if _, err := time.Parse(time.RFC3339Nano, after); err != nil {
		return unknownAddress()
	}
	if d := q.Get("day"); d != "" {
		t, err := time.ParseInLocation(time.DateOnly, d, loc)
		if err != nil {
			return unknownAddress()
		}
		q.Del("day")
		q.Set("to", time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, loc).Format(time.RFC3339Nano))
	}
	return nil
}

// events returns one page of the events that q selects, behind the first ones, and the address of the next page of what
// was asked.
func (h *Handler) events(ctx context.Context, q, asked url.Values, skip int) (rows []eventRow, next, note string,
	err error) {
	more := false
	left := skip
	note, err = h.API.Events(ctx, q, func(e api.Event) bool {
		if left > 0 {
			left--
			return true
		}
		if more = len(rows) == eventsPerPage; more {
			return false
		}
		rows = append(rows, newEventRow(&e))
		return true
	})
	if err != nil || !more {
		return rows, "", note, err
	}
	last, same := rows[len(rows)-1].at, 0
	for i := len(rows) - 1; i >= 0 && rows[i].at.Equal(last); i-- {
		same++
	}
	if same == len(rows) && q.Get("from") != "" { // all of this page is of the instant at which it began
		same += skip
	}
	then := maps.Clone(asked)
	if then.Has("day") {
		then.Set("day", last.Format(time.DateOnly)) // today may be over when the next page is asked for
	}
	then.Set("after", last.Format(time.RFC3339Nano))
	then.Set("skip", strconv.Itoa(same))
	return rows, "/query?" + then.Encode(), note, nil
}

// command writes the command line that asks the same.
func command(name string, q url.Values) string {
	words := []string{"uncloak", name}
	for _, k := range []string{"day", "from", "to", "host", "peer", "port", "kind", "router", "text", "at", "what-if"} {
		for _, v := range q[k] {
			words = append(words, "--"+k, quoted(report.Clean(v)))
		}
	}
	return strings.Join(words, " ")
}

// quoted writes s as one word of a shell.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
			strings.ContainsRune("-.:/_,+=", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// whoBody holds who may have had a public address and port.
type whoBody struct {
	Asked   bool
	Note    string
	Holders []holderRow
}

type holderRow struct {
	Percent, Host, Href, Span, How, Why string
	Lines                               []string
}

// who answers who had a public address and port.
func (h *Handler) who(r *http.Request) (*page, error) {
	typed, q := fields(r, "end", "at", "proto", "slack")
	p := &page{name: "who", Title: h.language(r).Say("Who had an address"), Active: "/who", Field: typed}
	b := whoBody{Asked: len(q) > 0}
	if !b.Asked {
		p.Body = b
		return p, nil
	}
	hs, note, err := h.API.Who(r.Context(), q)
	b.Note = report.Clean(note)
	for i := range hs {
		x := &hs[i]
		row := holderRow{Percent: strconv.Itoa(int(100*x.Confidence+0.5)) + " %", Host: api.End(x.Who, x.Port),
			Span: x.Span(), How: x.Means(), Why: report.Clean(x.Why)}
		date := ""
		if x.From != nil {
			date = x.From.Format(time.DateOnly)
		}
		row.Href = links(date).Host(x.Who.String())
		if x.Proto != "" {
			row.How += ", " + x.Proto
		}
		if x.Peer != "" {
			row.How += ", with " + report.Clean(x.Peer)
		}
		if x.Router != "" {
			row.How += ", router " + report.Clean(x.Router)
		}
		for _, l := range x.Evidence {
			row.Lines = append(row.Lines, report.Clean(strings.TrimRight(l, "\r\n\x00")))
		}
		b.Holders = append(b.Holders, row)
	}
	p.Body = b
	if _, _, err2 := net.SplitHostPort(q.Get("end")); err != nil && err2 != nil {
		err = &failure{http.StatusBadRequest, h.language(r).Say(
			"Write the address with its port, like 203.0.113.7:40312.")}
	}
	return h.answered(r, p, err)
}
