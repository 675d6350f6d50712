// Package api answers questions about a data directory over HTTP: reports, findings, events, and the upload of logs.
// The process that has the directory open serves it on a unix socket inside; every command asks there, or, when nobody
// answers, opens the directory and calls the very same handler within its own process. So there is one way to read. It
// never parses a log line, never decides what is suspicious, and listens on no network.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// API is the version of this interface. A client that was built for another one says so instead of guessing.
const API = 1

// Headers and trailers beside the bodies.
const (
	HeaderNote = "Uncloak-Note" // what the asker should know, such as "nothing of yesterday: …"
	HeaderDay  = "Uncloak-Day"  // the local day that was reported
	// the worst severity among the findings that are not known: info, warning, critical or nothing
	HeaderWorst = "Uncloak-Worst"
	HeaderError = "Uncloak-Error" // trailer: why a stream ended early
	// HeaderDamage says which days could not be read in full, so that the answer may lack events. A trailer of events.
	HeaderDamage = "Uncloak-Damage"
)

// DaySource gives the summaries of the UTC days that touch a window, the running day included, and makes those anew
// that an import has outdated.
type DaySource interface {
	Load(ctx context.Context, w store.Window) ([]*detect.Day, error)
	Rebuild(ctx context.Context) ([]detect.Date, error)
}

// ImportFunc takes one file in.
type ImportFunc func(ctx context.Context, r io.Reader, o ImportOptions) (ImportResult, error)

// Settings are what HUP can change.
type Settings struct {
	Detect   detect.Config
	Resolver string        // whom to ask for the names of internal hosts; "" = nobody
	Known    []detect.Rule // what the config says is known
	Retain   store.Retain
	Dialects map[string]string // by router: what its lines are in
}

// Config is what a Handler needs.
type Config struct {
	Store    store.Store
	Days     DaySource
	Keeper   store.Maintainer
	Import   ImportFunc
	Settings func() Settings // asked once for each request
	Now      func() time.Time
	Version  string
	Daemon   bool
	Acks     *AckFile        // nil: nothing can be acknowledged
	Listens  func() []string // where it receives: "udp [::]:514"; nil: nowhere
	Refusing func() error    // why nothing that it receives is stored at the moment; nil: it is
	Log      *slog.Logger
	// Reports and Streams bound how many answers are worked on at once: those that are made in memory (report,
	// findings, table, check), and those that are written as they are read (events, who). Further ones wait in order. 0
	// = no bound.
	Reports, Streams int
}

// NewHandler is the API on cfg.
func NewHandler(cfg Config) http.Handler {
	h := &handler{Config: cfg}
	reports, streams := newGate(cfg.Reports), newGate(cfg.Streams)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/version", h.version)
	mux.HandleFunc("GET /v1/report", h.answer(reports.of(h.report)))
	mux.HandleFunc("GET /v1/findings", h.answer(reports.of(h.findings)))
	mux.HandleFunc("GET /v1/events", h.answer(streams.of(h.events)))
	mux.HandleFunc("GET /v1/who", h.answer(streams.of(h.who)))
	mux.HandleFunc("GET /v1/table", h.answer(reports.of(h.table)))
	mux.HandleFunc("GET /v1/check", h.answer(reports.of(h.check)))
	mux.HandleFunc("GET /v1/acks", h.answer(h.listAcks))
	mux.HandleFunc("PUT /v1/acks", h.answer(h.putAck))
	mux.HandleFunc("DELETE /v1/acks", h.answer(h.removeAck))
	mux.HandleFunc("POST /v1/import", h.answer(h.imports))
	mux.HandleFunc("POST /v1/prune", h.answer(h.prune))
	mux.HandleFunc("POST /v1/compact", h.answer(h.compact))
	mux.HandleFunc("GET /v1/backup", h.answer(h.backup))
	mux.HandleFunc("GET /v1/verify", h.answer(h.verify))
	mux.HandleFunc("POST /v1/rebuild", h.answer(h.rebuild))
	return mux
}

type handler struct{ Config }

// gate lets a number of requests in at once; the others wait in the order in which they came.
type gate struct{ *semaphore.Weighted }

func newGate(n int) gate {
	if n <= 0 {
		return gate{}
	}
	return gate{semaphore.NewWeighted(int64(n))}
}

// of is f behind the gate.
func (g gate) of(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	if g.Weighted == nil {
		return f
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := g.Acquire(r.Context(), 1); err != nil {
			return err // the asker has gone
		}
		defer g.Release(1)
		return f(w, r)
	}
}

// Version is what GET /v1/version says.
type Version struct {
	Version string `json:"version"`
	API     int    `json:"api"`
	PID     int    `json:"pid"`
	Daemon  bool   `json:"daemon"` // it stays; else it is a command that ends soon
}

func (h *handler) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, Version{h.Version, API, os.Getpid(), h.Daemon})
}

// BadRequest is an error of the one who asks: status 400.
type BadRequest struct{ error }

// Bad makes err one of the asker.
func Bad(err error) error { return BadRequest{err} }

func badf(format string, args ...any) error { return BadRequest{fmt.Errorf(format, args...)} }

// answer turns the error of f into a status with one line of text: 400 is the asker's fault, 507 a full disk, 500
// ours.
func (h *handler) answer(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		status, bad := http.StatusInternalServerError, BadRequest{}
		switch {
		case errors.As(err, &bad):
			status = http.StatusBadRequest
		case errors.Is(err, store.ErrFull):
			status = http.StatusInsufficientStorage
		}
		h.Log.Debug("request failed", "path", r.URL.Path, "status", status, "error", err)
		http.Error(w, err.Error(), status)
	}
}

// damage says what the store cannot read of the days that touch a window; "" where that is nothing.
func (h *handler) damage(w store.Window) string {
	days := h.Store.Lacking(w)
	if len(days) == 0 {
		return ""
	}
	words := make([]string, 0, 4)
	for i, d := range days {
		if i == 3 && len(days) > 4 {
			words = append(words, fmt.Sprintf("%d more days", len(days)-3))
			break
		}
		words = append(words, d.String())
	}
	return "stored data of " + strings.Join(words, ", ") +
		" is damaged: the answer may lack events; uncloak verify says what is wrong"
}

// tellDamage sets HeaderDamage. It is called when the store has been read.
func (h *handler) tellDamage(to http.Header, w store.Window) {
	if s := h.damage(w); s != "" {
		to.Set(HeaderDamage, s)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the asker has gone
}

// kindOf is the kind of that name, or an error that lists them.
func kindOf(name string) (parse.Kind, error) {
	k, ok := parse.KindOf(name)
	if !ok {
		return 0, badf("kind %q is not known; known are: %v", name, parse.KindNames())
	}
	return k, nil
}
