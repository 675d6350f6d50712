package api

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/report"
)

const (
	judgeEvery  = time.Minute // the findings of a live view are made anew
	liveRecent  = 60          // sessions of one host that a live view shows
	liveReading = time.Hour   // how far back they are searched
)

// Live holds what the network does at the moment (GET /v1/live): for those who look again every few seconds.
type Live struct {
	*report.Live
	Day      string            `json:"day"` // local date
	Findings []report.Headline `json:"findings"`
	Judged   time.Time         `json:"judged"`            // time at which Findings were made
	Machine  *report.Machine   `json:"machine,omitempty"` // the host that was asked for
	Recent   []Event           `json:"recent,omitempty"`  // its latest sessions, without their lines
}

// judged keeps the report of today for judgeEvery: all who look share it.
type judged struct {
	mu     chan struct{} // a mutex that can be waited for with a context
	at     time.Time
	report *Report
}

func (j *judged) get(ctx context.Context, now time.Time, f func(context.Context) (*Report, error)) (
	got *Report, at time.Time, err error) {
	select {
	case j.mu <- struct{}{}:
	case <-ctx.Done():
		return nil, at, ctx.Err()
	}
	defer func() { <-j.mu }()
	if age := now.Sub(j.at); j.at.IsZero() || age >= judgeEvery || age < 0 || now.YearDay() != j.at.YearDay() {
		got, err := f(ctx)
		if err != nil {
			return nil, at, err
		}
		j.report, j.at = got, now
	}
	return j.report, j.at, nil
}

// Live tells what happens at the moment, in a language. Findings are judged once a minute, for all who ask.
func (h *Handler) Live(ctx context.Context, lang report.Language) (*Live, error) {
	l, _, err := h.moment(ctx, lang)
	return l, err
}

// running holds the days behind a live view.
type running struct {
	days   []*detect.Day
	opt    report.Options
	judged *Report
}

func (h *Handler) moment(ctx context.Context, lang report.Language) (*Live, *running, error) {
	now := h.Now()
	l := &Live{Day: now.Format(time.DateOnly)}
	got, at, err := h.today[lang.Code()].get(ctx, now, func(ctx context.Context) (*Report, error) {
		return h.Report(ctx, url.Values{"day": {l.Day}, "lang": {lang.Code()}})
	})
	if err != nil {
		return nil, nil, err
	}
	days, opt, err := h.Running(ctx, midnight(now, 0))
	if err != nil {
		return nil, nil, err
	}
	if _, heard := report.Heard(days); heard.Before(opt.From) { // a clock that is behind dates its lines yesterday
		from := opt.From
		if days, opt, err = h.Running(ctx, midnight(now, -1)); err != nil {
			return nil, nil, err
		}
		opt.From = from
	}
	opt.Language = lang
	l.Live, l.Findings, l.Judged = report.NewLive(days, opt), got.Headlines(), at
	return l, &running{days, opt, got}, nil
}

// live answers GET /v1/live. With host it tells of that one, too.
func (h *Handler) live(w http.ResponseWriter, r *http.Request) error {
	var host netip.Addr
	if s := r.FormValue("host"); s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return badf("host %q is not an address", s)
		}
		host = a.Unmap()
	}
	lang, err := languageOf(r, "")
	if err != nil {
		return err
	}
	l, now, err := h.moment(r.Context(), lang)
	if err != nil {
		return err
	}
	if host.IsValid() {
		l.Machine = report.NewMachine(now.judged.Model, now.days, detect.AddressesOf(now.days, host), now.opt)
		if l.Recent, err = h.recent(r.Context(), host, now.days); err != nil {
			return err
		}
	}
	writeJSON(w, l)
	return nil
}

// recent returns the latest sessions of a host, the newest last. It reads no more of the store than the counts of the
// host say is needed for them.
func (h *Handler) recent(ctx context.Context, host netip.Addr, days []*detect.Day) (out []Event, err error) {
	var from time.Time
	n := uint64(0)
	for _, d := range slices.Backward(days) {
		x := d.Hosts[host]
		if x == nil {
			continue
		}
		var all detect.Series
		all.Merge(&x.Sessions)
		all.Merge(&x.Inbound)
		for _, s := range slices.Backward(all.Slots) {
			at := d.Date.Start().Add(time.Duration(s.I) * detect.SlotLen)
			if n >= liveRecent || !from.IsZero() && h.Now().Sub(at) > liveReading {
				break
			}
			from, n = at, n+uint64(s.N)
		}
	}
	if from.IsZero() {
		return nil, nil
	}
	q := url.Values{"host": {host.String()}, "from": {from.Format(time.RFC3339Nano)},
		"kind": {"session-new,session-end"}}
	_, err = h.Events(ctx, q, func(e Event) bool {
		e.Raw = ""
		if out = append(out, e); len(out) >= 2*liveRecent {
			out = append(out[:0], out[len(out)-liveRecent:]...)
		}
		return true
	})
	return slices.Clip(out[max(len(out)-liveRecent, 0):]), err
}
