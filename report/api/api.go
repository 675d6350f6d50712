// Package api answers questions about a data directory over HTTP: reports, findings, events, and the upload of logs.
// The process that has the directory open serves the API on a unix socket inside it; every command asks there or, when
// no process answers, opens the directory and calls the same handler within its own process. So there is one way to
// read. The package never parses a log line, never decides what is suspicious, and listens on no network.
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
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/report"
	"uncloak/store"
)

// API is the version of this interface. A client that was built for another version refuses to go on.
const API = 1

// Headers and trailers of the answers.
const (
	HeaderNote = "Uncloak-Note" // remark for the user, such as "nothing of yesterday: …"
	HeaderDay  = "Uncloak-Day"  // the local day that was reported
	// the worst severity among the findings that are not known: info, warning, critical or nothing
	HeaderWorst = "Uncloak-Worst"
	HeaderError = "Uncloak-Error" // trailer: why a stream ended early
	// HeaderDamage says which days could not be read in full, so that the answer may lack events. It is a trailer of
	// events.
	HeaderDamage = "Uncloak-Damage"
)

// DaySource gives the summaries of the UTC days that touch a window, the running day included. It rebuilds the
// summaries that an import has outdated.
type DaySource interface {
	Load(ctx context.Context, w store.Window) ([]*detect.Day, error)
	Rebuild(ctx context.Context) ([]detect.Date, error)
	Outdated(ctx context.Context) ([]store.Outdated, error)
	Renew(ctx context.Context) error
}

// ImportFunc stores the events of one file.
type ImportFunc func(ctx context.Context, r io.Reader, o ImportOptions) (ImportResult, error)

// Settings holds the part of the configuration that can change while the process runs (signal HUP).
type Settings struct {
	Detect   detect.Config
	Language report.Language
	Resolver string        // DNS server to ask for the names of internal hosts; "" = no server
	MMDB     []string      // files that tell the country and the network of outside addresses
	Known    []detect.Rule // rules of the config for known findings
	Retain   store.Retain
	Dialects map[string]string // name of the dialect, by router
	InForce  map[string]string // the keys of the config by which findings are judged, as text, for comparing
}

// Config holds the parts that a Handler works with.
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
	Told     *ToldFile       // nil: nothing was announced
	Listens  func() []string // addresses at which the process receives: "udp [::]:514"; nil: it does not receive
	// path of the file that keeps what the name server answers; "": it is asked anew by each process
	NamesPath string
	Refusing  func() error // reason why received lines are not stored at the moment; nil: they are stored
	Log       *slog.Logger
	// Reports and Streams bound the answers in work at once: Reports those made in memory (report, findings, table,
	// check), Streams those written while the store is read (events, who). Further requests wait in order. 0 = no
	// bound.
	Reports, Streams int
}

// Handler answers the API over HTTP and, within this process, the same questions as values: see Report.
type Handler struct {
	http.Handler
	h                *handler
	reports, streams gate
	today            map[string]*judged // by language
}

// NewHandler returns the handler of the API.
func NewHandler(cfg Config) *Handler {
	h := &handler{Config: cfg}
	reports, streams := newGate(cfg.Reports), newGate(cfg.Streams)
	mux := http.NewServeMux()
	out := &Handler{Handler: mux, h: h, reports: reports, streams: streams, today: map[string]*judged{}}
	for _, l := range report.Languages() {
		out.today[l.Code()] = &judged{mu: make(chan struct{}, 1)}
	}
	mux.HandleFunc("GET /v1/version", h.version)
	mux.HandleFunc("GET /v1/live", h.answer(out.live))
	mux.HandleFunc("GET /v1/report", h.answer(reports.of(h.report)))
	mux.HandleFunc("GET /v1/findings", h.answer(reports.of(h.findings)))
	mux.HandleFunc("GET /v1/events", h.answer(streams.of(h.events)))
	mux.HandleFunc("GET /v1/stat", h.answer(reports.of(h.stat)))
	mux.HandleFunc("GET /v1/who", h.answer(streams.of(h.who)))
	mux.HandleFunc("GET /v1/table", h.answer(reports.of(h.table)))
	mux.HandleFunc("GET /v1/check", h.answer(reports.of(h.check)))
	mux.HandleFunc("GET /v1/known", h.answer(h.offer))
	mux.HandleFunc("GET /v1/settings", h.answer(h.inForce))
	mux.HandleFunc("GET /v1/acks", h.answer(h.listAcks))
	mux.HandleFunc("PUT /v1/acks", h.answer(h.putAck))
	mux.HandleFunc("DELETE /v1/acks", h.answer(h.removeAck))
	mux.HandleFunc("POST /v1/import", h.answer(h.imports))
	mux.HandleFunc("POST /v1/prune", h.answer(h.prune))
	mux.HandleFunc("POST /v1/compact", h.answer(h.compact))
	mux.HandleFunc("POST /v1/upgrade", h.answer(h.upgrade))
	mux.HandleFunc("GET /v1/backup", h.answer(h.backup))
	mux.HandleFunc("GET /v1/verify", h.answer(h.verify))
	mux.HandleFunc("POST /v1/rebuild", h.answer(h.rebuild))
	return out
}

type handler struct {
	Config
	namesMu sync.Mutex
	known   *Names // of the server in the settings, once it is used
	places  places
}

// gate lets a number of requests in at once; the others wait in the order in which they came.
type gate struct{ *semaphore.Weighted }

func newGate(n int) gate {
	if n <= 0 {
		return gate{}
	}
	return gate{semaphore.NewWeighted(int64(n))}
}

// enter waits for a place, and returns the function that gives it back. It fails when ctx ends before.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	if g.Weighted == nil {
		return func() {}, nil
	}
	if err := g.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { g.Release(1) }, nil
}

// of returns f behind the gate.
func (g gate) of(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		leave, err := g.enter(r.Context())
		if err != nil {
			return err // the asker has gone
		}
		defer leave()
		return f(w, r)
	}
}

// Version identifies the process that answers (GET /v1/version).
type Version struct {
	Version string `json:"version"`
	API     int    `json:"api"`
	PID     int    `json:"pid"`
	Daemon  bool   `json:"daemon"` // the process is serve; else it is a command that ends soon
}

func (h *handler) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, Version{h.Version, API, os.Getpid(), h.Daemon})
}

// BadRequest is an error in the request: status 400.
type BadRequest struct{ error }

// Bad marks err as an error in the request.
func Bad(err error) error { return BadRequest{err} }

// unreadable is an error in what was uploaded: status 422.
type unreadable struct{ error }

func (e unreadable) Unwrap() error { return e.error }

// NotRead marks err as an error in what was uploaded.
func NotRead(err error) error { return unreadable{err} }

func badf(format string, args ...any) error { return BadRequest{fmt.Errorf(format, args...)} }

// answer turns the error of f into a status with one line of text: 400 for an error in the request, 422 in an upload,
// 507 for a full disk, 500 for an error of the server.
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
		case errors.As(err, new(unreadable)):
			status = http.StatusUnprocessableEntity
		}
		h.Log.Debug("request failed", "path", r.URL.Path, "status", status, "error", err)
		http.Error(w, err.Error(), status)
	}
}

// damage names the days touching a window that the store cannot read in full; "" where it can read all.
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

// tellDamage sets HeaderDamage. Call it once the store has been read.
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

// kindOf returns the kind of that name, or an error that lists the kinds.
func kindOf(name string) (parse.Kind, error) {
	name = strings.ToLower(name)
	k, ok := parse.KindOf(name)
	switch {
	case ok:
		return k, nil
	case slices.Contains(detect.Kinds(), name):
		return 0, badf("kind %q is one of findings (uncloak findings), not of events; those are: %s", name,
			strings.Join(parse.KindNames(), ", "))
	}
	hint := ""
	if near := report.Near(name, parse.KindNames(), 3); len(near) > 0 {
		hint = " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return 0, badf("kind %q is not known%s; known are: %s", name, hint, strings.Join(parse.KindNames(), ", "))
}
