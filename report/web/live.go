package web

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"uncloak/report"
)

// nowBody holds what the live page shows.
type nowBody struct {
	*report.Live
	Grid     template.HTML // Hosts
	Today    string        // date
	Findings []headline
	More     int // findings that are not listed
	Judged   string
}

type headline struct {
	report.Headline
	Href string
}

// headlines links incidents of a date to their pages.
func headlines(hs []report.Headline, date string) (out []headline) {
	for _, x := range hs {
		out = append(out, headline{x, links(date).Incident(x.ID)})
	}
	return out
}

// maxHeadlines bounds the findings on the live page; the report has them all.
const maxHeadlines = 12

// now shows what the network does at the moment.
func (h *Handler) now(r *http.Request) (*page, error) {
	b, err := h.moment(r.Context(), h.language(r))
	if err != nil {
		return nil, err
	}
	return &page{name: "now", Title: h.language(r).Say("Now"), Active: "/", Live: true, Reload: 30, Body: b}, nil
}

// moment gathers what the live page shows.
func (h *Handler) moment(ctx context.Context, l report.Language) (*nowBody, error) {
	live, err := h.API.Live(ctx, l)
	if err != nil {
		return nil, err
	}
	live.Draw()
	date, heads := live.Day, live.Findings
	b := &nowBody{Live: live.Live, Grid: live.Hosts.HTML(links(date)), Today: date,
		More: max(len(heads)-maxHeadlines, 0), Judged: live.Judged.Format("15:04:05"),
		Findings: headlines(heads[:min(maxHeadlines, len(heads))], date)}
	return b, nil
}

// news renders the changing part of the live page.
func (h *Handler) news(ctx context.Context, l report.Language) ([]byte, error) {
	b, err := h.moment(ctx, l)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := h.pages[l]["now"].ExecuteTemplate(&out, "live", b); err != nil {
		return nil, fmt.Errorf("write the live page: %w", err)
	}
	return out.Bytes(), nil
}

// hub sends news to all who look at the live page. News are made once for all, while somebody looks; who is slow misses
// some, and gets the newest.
type hub struct {
	make  func(context.Context) ([]byte, error)
	most  int
	every time.Duration

	mu     sync.Mutex
	seats  map[chan []byte]bool
	stop   context.CancelFunc // of the goroutine that makes news; nil: none runs
	closed bool
}

func newHub(make_ func(context.Context) ([]byte, error), most int, every time.Duration) *hub {
	return &hub{make: make_, most: most, every: every, seats: map[chan []byte]bool{}}
}

// enter takes a seat; ok is false where all are taken. The first who comes starts the making of news.
func (h *hub) enter() (seat chan []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.seats) >= h.most {
		return nil, false
	}
	seat = make(chan []byte, 1)
	h.seats[seat] = true
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		h.stop = stop
		go h.run(ctx)
	}
	return seat, true
}

// leave gives a seat back. The last who goes ends the making of news.
func (h *hub) leave(seat chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.seats, seat)
	if len(h.seats) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// close ends all streams, and lets nobody in any more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for seat := range h.seats {
		close(seat)
	}
	h.seats = map[chan []byte]bool{}
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// run makes news until ctx ends.
func (h *hub) run(ctx context.Context) {
	for wait := h.every; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		began := time.Now()
		b, err := h.try(ctx)
		if wait = max(h.every, liveAtMost*time.Since(began)); err == nil {
			h.tell(ctx, b)
		}
	}
}

// try makes news. A fault in the program, which the page itself shows and logs, makes none.
func (h *hub) try(ctx context.Context) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	return h.make(ctx)
}

// tell puts news onto all seats, in place of those that were not fetched yet.
func (h *hub) tell(ctx context.Context, b []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	for seat := range h.seats {
		select {
		case <-seat:
		default:
		}
		seat <- b
	}
}

// serve sends news as server-sent events (HTML standard, section 9.2) until the browser leaves.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	seat, ok := h.enter()
	if !ok {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many look at the live page: load it again to see what is new", http.StatusServiceUnavailable)
		return
	}
	defer h.leave(seat)
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // the time to ask is over, not the connection
	w.Header().Set("Content-Type", "text/event-stream")
	beat := time.NewTicker(3 * liveEvery)
	defer beat.Stop()
	for text := ": hello\n\n"; ; {
		patience(w, writeTime)
		if _, err := w.Write([]byte(text)); err != nil || c.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-beat.C: // shows whether the browser is still there
			text = ": still here\n\n"
		case b, open := <-seat:
			if !open {
				return
			}
			text = message(b)
		}
	}
}

// message writes a text as one event.
func message(b []byte) string {
	var out strings.Builder
	out.WriteString("event: now\n")
	for l := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r", ""), "\n") {
		out.WriteString("data: " + l + "\n")
	}
	out.WriteString("\n")
	return out.String()
}
