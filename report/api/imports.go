package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ImportOptions holds what the user knows about a file. Zero values mean "not known".
type ImportOptions struct {
	Name       string // name of the file, for the accounting
	Format     string // format of the file; "" or "auto" = detected
	Dialect    string // dialect of the lines; "" = detected
	Router     string // router that wrote the log
	Year       int
	Location   *time.Location // zone of stamps that name none
	CapturedAt time.Time      // time of the last line
	Boot       time.Time      // start of the machine, for stamps that count its uptime
	Modified   time.Time      // modification time of the file
	Live       bool           // what comes as it happens: a daemon takes it as it does received lines
}

// ImportResult counts what an import has read and stored of one file.
type ImportResult struct {
	Lines      uint64    `json:"lines"`
	Events     uint64    `json:"events"` // newly stored
	Duplicates uint64    `json:"duplicates"`
	Unparsed   uint64    `json:"unparsed"`       // of Events
	Skipped    uint64    `json:"skipped"`        // text around a pasted log: not stored
	First      time.Time `json:"first,omitzero"` // time of the first event in the file, newly stored or not
	Last       time.Time `json:"last,omitzero"`
	Notes      []string  `json:"notes,omitempty"`
	// the compressed file ends before its end: only its first lines are in the counts
	CutShort bool `json:"cut_short,omitempty"`
}

// Values returns o as parameters of POST /v1/import.
func (o ImportOptions) Values() url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	set("name", o.Name)
	set("format", o.Format)
	set("dialect", o.Dialect)
	set("router", o.Router)
	if o.Live {
		v.Set("live", "1")
	}
	if o.Year != 0 {
		v.Set("year", strconv.Itoa(o.Year))
	}
	if o.Location != nil {
		v.Set("timezone", o.Location.String())
	}
	for k, t := range map[string]time.Time{"captured_at": o.CapturedAt, "boot_time": o.Boot, "modified": o.Modified} {
		if !t.IsZero() {
			v.Set(k, t.Format(time.RFC3339Nano))
		}
	}
	return v
}

// imports stores one file, the body of the request. The days that it touches are rebuilt by POST /v1/rebuild, once for
// all files of a command.
func (h *handler) imports(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query() // not r.FormValue: for some content types it reads the body
	o := ImportOptions{Name: q.Get("name"), Format: q.Get("format"), Dialect: q.Get("dialect"), Router: q.Get("router"),
		Location: h.Settings().Detect.Location, Live: q.Get("live") == "1"}
	var err error
	if v := q.Get("year"); v != "" {
		if o.Year, err = strconv.Atoi(v); err != nil || o.Year < 1970 || o.Year > 9999 {
			return badf("--year %q is not a year", v)
		}
	}
	if v := q.Get("timezone"); v != "" && v != "Local" {
		if o.Location, err = time.LoadLocation(v); err != nil {
			return badf("time zone %q is not known: write it like Europe/Berlin, Asia/Tokyo or UTC", v)
		}
	}
	for _, f := range []struct {
		name, flag string
		to         *time.Time
	}{{"captured_at", "captured-at", &o.CapturedAt}, {"boot_time", "boot-time", &o.Boot},
		{"modified", "modified", &o.Modified}} {
		if v := q.Get(f.name); v != "" {
			if *f.to, err = ParseTime(v, o.Location, h.Now()); err != nil {
				return badf("--%s: %w", f.flag, err)
			}
		}
	}
	if o.Dialect == "" {
		o.Dialect = h.Settings().Dialects[o.Router]
	}
	res, err := h.Import(r.Context(), r.Body, o)
	if err != nil {
		return err
	}
	writeJSON(w, res)
	return nil
}

// rebuild makes new summaries of the days that imports have changed.
func (h *handler) rebuild(w http.ResponseWriter, r *http.Request) error {
	dates, err := h.Days.Rebuild(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, struct {
		Days int `json:"days"`
	}{len(dates)})
	return nil
}

// Upload sends one file to the API.
func Upload(ctx context.Context, c *http.Client, body io.Reader, q url.Values) (res ImportResult, err error) {
	r, err := Request(ctx, http.MethodPost, "/v1/import", q, body)
	if err != nil {
		return res, err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	resp, err := Do(c, r)
	if err != nil {
		return res, err
	}
	defer resp.Body.Close()
	return res, decodeJSON(resp.Body, &res)
}

// Rebuild asks the process to make new summaries of the days that imports have changed.
func Rebuild(ctx context.Context, c *http.Client) error {
	r, err := Request(ctx, http.MethodPost, "/v1/rebuild", nil, nil)
	if err != nil {
		return err
	}
	resp, err := Do(c, r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
