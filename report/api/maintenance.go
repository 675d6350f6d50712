package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/store"
)

// HeaderProblems is the trailer of GET /v1/verify that counts the files with problems.
const HeaderProblems = "Uncloak-Problems"

// prune deletes events beyond the age and the size that the config, or the request, allows.
func (h *handler) prune(w http.ResponseWriter, r *http.Request) error {
	keep := h.Settings().Retain
	for _, p := range []struct {
		name string
		set  func(int64)
	}{{"days", func(n int64) { keep.Days = int(n) }}, {"bytes", func(n int64) { keep.Bytes = n }},
		{"raw-days", func(n int64) {
			keep.RawDays = int(n)
		}}} {
		if v := r.FormValue(p.name); v != "" {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < 0 || p.name != "bytes" && n > 1_000_000 {
				return badf("--%s %q is not a number", p.name, v)
			}
			p.set(n)
		}
	}
	if keep == (store.Retain{}) {
		return badf("nothing says how long events are to be kept: --days, --bytes, --raw-days, or retain: in the " +
			"config")
	}
	got, err := h.Keeper.Retain(r.Context(), keep, detect.DateOf(h.Now()), r.FormValue("dry-run") != "")
	if err != nil {
		return err
	}
	writeJSON(w, got)
	return nil
}

// compact rewrites the files of finished days.
func (h *handler) compact(w http.ResponseWriter, r *http.Request) error {
	got, err := h.Keeper.CompactAll(r.Context(), Finished(h.Now()))
	if err != nil {
		return err
	}
	writeJSON(w, got)
	return nil
}

// upgrade lists the days whose summaries are outdated and, unless it is a dry run, makes them anew.
func (h *handler) upgrade(w http.ResponseWriter, r *http.Request) error {
	got, err := h.Days.Outdated(r.Context())
	if err != nil {
		return err
	}
	if r.FormValue("dry-run") == "" {
		if err := h.Days.Renew(r.Context()); err != nil {
			return err
		}
		left, err := h.Days.Outdated(r.Context())
		if err != nil {
			return err
		}
		if len(got) > 0 && len(left) >= len(got) {
			return errors.New("no summary could be stored: may the data directory be written?")
		}
	}
	writeJSON(w, got)
	return nil
}

// Finished returns the first UTC day that may still get many events; all days before it are finished. Lines come late,
// and their stamps may be in another zone.
func Finished(now time.Time) detect.Date { return detect.DateOf(now.Add(-2 * time.Hour)) }

// backup streams a copy of all data. An error after the first byte is told in the trailer HeaderError.
func (h *handler) backup(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Trailer", HeaderError)
	if err := h.Keeper.Backup(r.Context(), w); err != nil {
		w.Header().Set(HeaderError, err.Error())
	}
	return nil
}

// verified holds a store.Verified as it is written in JSON. Keys are only ever added.
type verified struct {
	File     string    `json:"file"`
	Events   uint64    `json:"events"`
	Bytes    int64     `json:"bytes"`
	First    time.Time `json:"first,omitzero"`
	Last     time.Time `json:"last,omitzero"`
	Problems []string  `json:"problems"` // empty = all is well
}

// verify reads all files and lists the problems of each.
func (h *handler) verify(w http.ResponseWriter, r *http.Request) error {
	format := r.FormValue("format")
	if format != "" && format != "text" && format != "ndjson" {
		return badf("--format %q is not known: text or ndjson", format)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Add("Trailer", HeaderError)
	w.Header().Add("Trailer", HeaderProblems)
	out, bad, files, events := bufio.NewWriter(w), 0, 0, uint64(0)
	err := h.Keeper.Verify(r.Context(), func(v store.Verified) error {
		files, events = files+1, events+v.Events
		if len(v.Problems) > 0 {
			bad++
		}
		if format == "ndjson" {
			x := verified{v.File, v.Events, v.Bytes, v.First, v.Last, append([]string{}, v.Problems...)}
			if err := json.NewEncoder(out).Encode(x); err != nil {
				return err
			}
		} else if err := verifiedText(out, &v); err != nil {
			return err
		}
		return errors.Join(out.Flush(), flushed(w)) // verifying takes long: send each line at once
	})
	if err != nil {
		w.Header().Set(HeaderError, err.Error())
	} else if format != "ndjson" {
		words := "all is well"
		if bad > 0 {
			words = fmt.Sprintf("something is wrong with %d", bad)
		}
		fmt.Fprintf(out, "%d files, %d events: %s\n", files, events, words)
	}
	w.Header().Set(HeaderProblems, strconv.Itoa(bad))
	_ = out.Flush() // the asker has gone
	return nil
}

func verifiedText(w io.Writer, v *store.Verified) error {
	state := "ok"
	if len(v.Problems) > 0 {
		state = "BAD"
	}
	if _, err := fmt.Fprintf(w, "%-3s  %-28s %12d events %14d bytes\n", state, report.Clean(v.File), v.Events,
		v.Bytes); err != nil {
		return err
	}
	for _, p := range v.Problems {
		if _, err := fmt.Fprintf(w, "       %s\n", report.Clean(p)); err != nil {
			return err
		}
	}
	return nil
}

// flushed sends the output written so far, where the connection can flush.
func flushed(w http.ResponseWriter) error {
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
