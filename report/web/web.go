package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"uncloak/report"
	"uncloak/report/api"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets/web.css
var ownStyle string

//go:embed assets/live.js
var script []byte

//go:embed assets/icon.svg
var icon []byte

// Bounds of one answer.
const (
	maxForm     = 16 << 10         // bytes of a form
	renderTime  = 30 * time.Second // that a page may take to be made, waiting for a place included
	replayTime  = 2 * time.Minute  // … where the session table is played again
	writeTime   = 10 * time.Second // for the browser to read a page, and each message of the live page
	viewers     = 16               // that look at the live page at once
	liveEvery   = 5 * time.Second  // a live page gets news; less often where making them takes long
	liveAtMost  = 10               // parts of the time that goes into making news: one of that many
	maxDaysList = 1000             // days that are listed
)

// policy forbids a page to load, run or frame anything but the style and the script of this package.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Config holds the parts that a Handler works with.
type Config struct {
	API    *api.Handler
	Access Access
	Log    *slog.Logger
}

// Handler serves the pages. Close ends the live pages, which would else go on until their browsers leave.
type Handler struct {
	Config
	guard *guard
	mux   *http.ServeMux
	pages map[report.Language]map[string]*template.Template
	style []byte
	mark  string // of the version of the style and the script
	hubs  map[report.Language]*hub
}

// New returns a handler. It starts no goroutine.
func New(cfg Config) (*Handler, error) {
	h := &Handler{Config: cfg, guard: newGuard(cfg.Access), mux: http.NewServeMux(),
		pages: map[report.Language]map[string]*template.Template{},
		hubs:  map[report.Language]*hub{}, style: []byte(report.Style() + ownStyle)}
	sum := sha256.Sum256(slices.Concat(h.style, script, icon))
	h.mark = hex.EncodeToString(sum[:6])
	for _, l := range report.Languages() {
		if err := h.parse(l); err != nil {
			return nil, err
		}
		h.hubs[l] = newHub(func(ctx context.Context) ([]byte, error) { return h.news(ctx, l) }, viewers, liveEvery)
	}
	h.routes()
	return h, nil
}

// parse reads the pages in a language.
func (h *Handler) parse(l report.Language) error {
	h.pages[l] = map[string]*template.Template{}
	words := template.FuncMap{"say": l.Say, "lang": l.Code}
	for _, name := range []string{"now", "days", "day", "host", "incident", "query", "who", "table", "unknown",
		"health", "error"} {
		t, err := template.New("layout.html").Funcs(words).ParseFS(pageFiles, "pages/layout.html", "pages/events.html",
			"pages/"+name+".html")
		if err != nil {
			return fmt.Errorf("parse page %s: %w", name, err)
		}
		h.pages[l][name] = t
	}
	return nil
}

// language returns the one that the browser asks for, else that of the config.
func (h *Handler) language(r *http.Request) report.Language {
	l := report.AcceptLanguage(r.Header.Get("Accept-Language"), h.API.Language())
	return report.Language(l.Code()) // English of the zero value, too
}

func (h *Handler) routes() {
	show := func(pattern string, f func(*http.Request) (*page, error)) {
		h.mux.Handle(pattern, h.show(f))
	}
	show("GET /{$}", h.now)
	show("GET /day/{$}", h.days)
	show("GET /day/{day}", h.day)
	show("GET /host/{$}", h.host)
	show("GET /host/{host}", h.host)
	show("GET /incident/{id}", h.incident)
	show("GET /finding/{id}", h.incident)
	show("POST /incident/{id}", h.acknowledge)
	show("GET /query", h.query)
	show("GET /who", h.who)
	h.mux.Handle("GET /table", h.within(replayTime, h.table))
	show("GET /unknown", h.unknown)
	show("GET /health", h.health)
	show("/", func(r *http.Request) (*page, error) {
		return nil, &failure{http.StatusNotFound, h.language(r).Say("There is no such page.")}
	})
	h.mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) { h.hubs[h.language(r)].serve(w, r) })
	h.mux.HandleFunc("GET /assets/style.css", h.asset("text/css; charset=utf-8", h.style))
	h.mux.HandleFunc("GET /assets/live.js", h.asset("text/javascript; charset=utf-8", script))
	h.mux.HandleFunc("GET /assets/icon.svg", h.asset("image/svg+xml", icon))
}

// Close ends the live pages.
func (h *Handler) Close() {
	for _, x := range h.hubs {
		x.close()
	}
}

// ServeHTTP answers a request of a browser. A fault in the program makes one page that says so, and one line of log.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: //nolint:errorlint // as net/http compares it
			panic(p)
		default:
			h.Log.Error("a page failed: please report this", "path", report.Clean(r.URL.Path), "panic", fmt.Sprint(p),
				"stack", string(debug.Stack()))
			h.fail(w, r, &failure{http.StatusInternalServerError, h.language(r).Say(
				"This page failed. The log of serve says more: please report it. What is received is safe.")})
		}
	}()
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	if err := h.guard.named(r); err != nil {
		http.Error(w, err.Error(), http.StatusMisdirectedRequest)
		return
	}
	if _, status := h.guard.login(r); status != http.StatusOK {
		h.refuse(w, status)
		return
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := h.guard.own(r); err != nil {
			h.fail(w, r, &failure{http.StatusForbidden, err.Error()})
			return
		}
	}
	h.mux.ServeHTTP(w, r)
}

// refuse answers somebody who is not let in.
func (h *Handler) refuse(w http.ResponseWriter, status int) {
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many wrong passwords came from this address: wait ten seconds", status)
		return
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="uncloak", charset="UTF-8"`)
	http.Error(w, "a user name and a password are needed, or a token: see web in the config of serve", status)
}

// failure is an error that a page says, with its status. The text is clean.
type failure struct {
	status int
	text   string
}

func (f *failure) Error() string { return f.text }

// elsewhere is the answer that another page has what was asked for.
type elsewhere struct{ path string }

func (e *elsewhere) Error() string { return "see " + e.path }

// page holds what a template shows.
type page struct {
	Title   string // clean
	Active  string // path of the entry of the navigation that is this page
	Mark    string
	Reload  int               // seconds after which a browser without script loads the page anew; 0 = never
	Live    bool              // the script keeps the page up to date
	Form    string            // token of its forms
	Field   map[string]string // what was typed
	Problem string            // why what was typed cannot be answered; clean
	Body    any

	name   string
	status int
	keyed  bool // it holds the token of a form
}

// show makes a page of the result of f: of a failure and of a bad request a page that says what is wrong.
func (h *Handler) show(f func(*http.Request) (*page, error)) http.Handler {
	return h.within(renderTime, f)
}

// within is show for a page that may take that long to be made.
func (h *Handler) within(most time.Duration, f func(*http.Request) (*page, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		patience(w, most+writeTime)
		ctx, cancel := context.WithTimeout(r.Context(), most)
		defer cancel()
		p, err := f(r.WithContext(ctx))
		if to := (*elsewhere)(nil); errors.As(err, &to) {
			http.Redirect(w, r, to.path, http.StatusSeeOther)
			return
		}
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.write(w, r, p)
	})
}

// patience gives the browser that long, beyond what the server gives each request.
func patience(w http.ResponseWriter, d time.Duration) {
	// fails for a recorder of a test alone
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d))
}

func (h *Handler) write(w http.ResponseWriter, r *http.Request, p *page) {
	p.Mark, p.Form = h.mark, h.guard.formToken(w, r)
	var b bytes.Buffer
	if err := h.pages[h.language(r)][p.name].Execute(&b, p); err != nil {
		panic(fmt.Errorf("write page %s: %w", p.name, err))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	out := &b
	if !p.keyed && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		out = squeeze(&b)
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	patience(w, writeTime)
	_, _ = out.WriteTo(w) // the browser has gone
}

// squeeze compresses a page. Pages with a form are not compressed: their length would tell of its token.
func squeeze(b *bytes.Buffer) *bytes.Buffer {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // a valid level
	_, _ = b.WriteTo(z)                               // a bytes.Buffer takes all
	_ = z.Close()
	return &out
}

// fail writes the page of an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the browser has gone
	}
	l := h.language(r)
	status, text := describe(l, err)
	if status == http.StatusInternalServerError {
		h.Log.Warn("a page could not be made", "path", report.Clean(r.URL.Path), "error", err)
	}
	h.write(w, r, &page{name: "error", status: status, Title: statusTitle(l, status), Problem: text})
}

// describe gives an error its status and its words.
func describe(l report.Language, err error) (status int, text string) {
	bad, fail := api.BadRequest{}, (*failure)(nil)
	switch {
	case errors.As(err, &fail):
		return fail.status, fail.text
	case errors.As(err, &bad):
		return http.StatusBadRequest, plainly(err)
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, l.Say("There was no answer in time: others are asking too, or there is " +
			"much to read. Ask again, or for a shorter time.")
	}
	return http.StatusInternalServerError, "This cannot be answered: " + report.Clean(err.Error()) + "."
}

func statusTitle(l report.Language, status int) string {
	switch status {
	case http.StatusNotFound:
		return l.Say("Not Found")
	case http.StatusBadRequest:
		return l.Say("Bad Request")
	case http.StatusForbidden:
		return l.Say("Forbidden")
	case http.StatusInternalServerError:
		return l.Say("Internal Server Error")
	case http.StatusServiceUnavailable:
		return l.Say("Service Unavailable")
	}
	return http.StatusText(status)
}

// plainly words an error about a flag as one about a field.
func plainly(err error) string {
	s := strings.TrimPrefix(report.Clean(err.Error()), "--")
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] + "."
}

// asset serves bytes that change with the program alone.
func (h *Handler) asset(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "private, max-age=86400")
		_, _ = w.Write(b)
	}
}

// links returns the addresses of the pages that the report of a date links to.
func links(date string) report.Links {
	return report.Links{
		Host:     func(a string) string { return "/host/" + url.PathEscape(a) + "?day=" + url.QueryEscape(date) },
		Incident: func(id string) string { return "/incident/" + url.PathEscape(id) + "?day=" + url.QueryEscape(date) },
	}
}
