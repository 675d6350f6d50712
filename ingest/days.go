package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// Days is a store that keeps the summaries beside the events: what is appended live goes into the running day at once;
// days that an import touched are made anew from the stored events when they are asked for. A day is therefore always
// what a replay of its events gives.
type Days struct {
	store.Store
	cfg detect.Config
	log *slog.Logger

	mu    sync.Mutex // Append and Observe are one step: a replay in between would count a batch twice
	live  *detect.Tracker
	wait  window // stored, not yet in live
	stale map[detect.Date]bool
	late  map[detect.Date]int64 // days that still get single live lines (a sender whose clock is behind, a backlog) → when made anew last
}

// lateEvery is how often a day that still gets live lines is made anew: each time would replay it every minute.
const lateEvery = 10 * time.Minute

// lately says that date got live lines after it was over, and was made anew a short while ago.
func (d *Days) lately(date detect.Date) bool {
	at, ok := d.late[date]
	return ok && !d.stale[date] && at > 0 && d.live != nil && d.live.Now()-at < int64(lateEvery)
}

// NewDays wraps st. Nothing is read before it is needed.
func NewDays(st store.Store, cfg detect.Config, log *slog.Logger) *Days {
	return &Days{Store: st, cfg: cfg, log: log, stale: map[detect.Date]bool{}, late: map[detect.Date]int64{}}
}

// Append stores the batch. Events of a live batch enter the running day; an import (Dedupe) makes its days stale.
func (d *Days) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got, err := d.Store.Append(ctx, b)
	if err != nil {
		for _, date := range got.Dates { // days that were stored before the one that failed
			d.stale[date] = true
		}
		if !errors.Is(err, store.ErrFull) { // perhaps it is stored all the same, and only the disk's answer was lost
			for i := range b.Entries {
				d.stale[detect.DateOf(time.Unix(0, b.Entries[i].Time))] = true
			}
		}
		return got, err
	}
	if b.Dedupe || got.Added != len(b.Entries) {
		for _, date := range got.Dates {
			d.stale[date] = true
		}
		return got, nil
	}
	d.wait.add(b.Entries)
	if err := d.release(ctx, d.wait.due()); err != nil {
		d.log.Error("summary of the running day is not kept, it will be made anew", "err", err) // the events are stored
	}
	return got, nil
}

// release lets the first n waiting events into the running day.
func (d *Days) release(ctx context.Context, n int) error {
	defer d.wait.drop(n)
	due := d.wait.held()[:n]
	for i := range due {
		if err := d.observe(ctx, &due[i]); err != nil {
			for ; i < n; i++ {
				d.stale[detect.DateOf(time.Unix(0, due[i].Time))] = true
			}
			return err
		}
	}
	return nil
}

func (d *Days) observe(ctx context.Context, e *parse.Event) error {
	date := detect.DateOf(time.Unix(0, e.Time))
	if d.live == nil {
		prev, err := d.Store.Day(ctx, date-1)
		if err != nil {
			return fmt.Errorf("read the day before %v: %w", date, err)
		}
		d.live = detect.NewTracker(d.cfg, prev, date)
	}
	switch {
	case date < d.live.Date(): // it is stored; its day is made anew when it is asked for
		if _, ok := d.late[date]; !ok {
			d.late[date] = 0
		}
		return nil
	case date > d.live.Date():
		done := d.snapshot()
		if err := d.Store.PutDay(ctx, done); err != nil {
			return fmt.Errorf("save day %v: %w", done.Date, err)
		}
		d.live = detect.NewTracker(d.cfg, done, date)
	}
	d.live.Observe(e)
	return nil
}

// Forget drops what is remembered of a day that was deleted from the store, so that it does not come back with the next Save.
func (d *Days) Forget(date detect.Date) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.stale, date)
	delete(d.late, date)
	if d.live != nil && d.live.Date() == date {
		d.live = nil
	}
}

// Resume takes up the last day that the store has, as if it had been running all the time. A daemon calls it before it
// receives anything.
func (d *Days) Resume(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	infos, err := d.Store.Days(ctx)
	if err != nil || len(infos) == 0 {
		return err
	}
	last := infos[len(infos)-1].Date
	prev, err := d.summary(ctx, last-1)
	if err != nil {
		return err
	}
	d.live, err = d.replay(ctx, prev, last)
	return err
}

// Save stores the summary of the running day.
func (d *Days) Save(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.release(ctx, len(d.wait.held())); err != nil || d.live == nil {
		return err
	}
	return d.Store.PutDay(ctx, d.snapshot())
}

// snapshot is the running day. All that the store has of it went through the tracker.
func (d *Days) snapshot() *detect.Day {
	day := d.live.Day()
	day.Stored = day.Events
	return day
}

// Load is the summaries of the days that touch w, in order; those that are missing or stale are made first.
func (d *Days) Load(ctx context.Context, w store.Window) ([]*detect.Day, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.release(ctx, len(d.wait.held())); err != nil {
		return nil, err
	}
	infos, err := d.Store.Days(ctx)
	if err != nil {
		return nil, err
	}
	var out []*detect.Day
	for _, info := range infos {
		if !w.From.IsZero() && !info.Date.End().After(w.From) || !w.To.IsZero() && !info.Date.Start().Before(w.To) {
			continue
		}
		day, err := d.summary(ctx, info.Date)
		if err != nil {
			return nil, err
		}
		if day != nil {
			if day, err = d.accounted(ctx, day); err != nil {
				return nil, err
			}
			out = append(out, day)
		}
	}
	return out, nil
}

// accounted is the day with the accounting of its senders, which the store keeps apart from the events.
func (d *Days) accounted(ctx context.Context, day *detect.Day) (*detect.Day, error) {
	hs, err := d.Store.Health(ctx, store.Window{From: day.Date.Start(), To: day.Date.End()})
	if err != nil {
		return nil, fmt.Errorf("read the accounting of %v: %w", day.Date, err)
	}
	out := *day
	out.Senders = shareOut(hs)
	return &out, nil
}

// shareOut gives the losses whose router is not known to those that may have sent the lines, each its share by what it sent:
// what a socket's buffer lost to all senders, what was dropped of a sender to all routers behind it. A router's numbers are its own.
func shareOut(hs []store.Health) (out []detect.Sender) {
	var kernel, live float64
	received, lost, limited := map[string]float64{}, map[string]float64{}, map[string]float64{}
	network := func(h *store.Health) bool { _, err := netip.ParseAddr(h.Sender); return err == nil }
	for i := range hs {
		h := &hs[i]
		kernel += float64(h.Kernel)
		received[h.Sender] += float64(h.Received)
		lost[h.Sender] += float64(h.Dropped)
		limited[h.Sender] += float64(h.Limited)
		if network(h) {
			live += float64(h.Received)
		}
	}
	for i := range hs {
		h := &hs[i]
		if h.Received == 0 {
			continue
		}
		s := detect.Sender{Name: h.Sender, Router: h.Router, Received: h.Received, Repaired: h.Repaired, SkewMS: h.SkewMS, Missing: h.Missing}
		share := float64(h.Received) / received[h.Sender]
		s.Lost, s.Limited = uint64(lost[h.Sender]*share+0.5), uint64(limited[h.Sender]*share+0.5)
		if network(h) {
			missed := uint64(kernel*float64(h.Received)/live + 0.5)
			s.Lost, s.Received = s.Lost+missed, s.Received+missed
			s.Missing -= min(s.Missing, missed) // its numbers show those, too
		}
		out = append(out, s)
	}
	return out
}

// Rebuild makes the summaries that are stale, in order, and says which.
func (d *Days) Rebuild(ctx context.Context) ([]detect.Date, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var done []detect.Date
	if err := d.release(ctx, len(d.wait.held())); err != nil {
		return nil, err
	}
	for len(d.stale) > 0 {
		var dates []detect.Date
		for date := range d.stale {
			dates = append(dates, date)
		}
		slices.Sort(dates)
		if _, err := d.summary(ctx, dates[0]); err != nil {
			return done, err
		}
		delete(d.stale, dates[0])
		done = append(done, dates[0])
	}
	return done, nil
}

// summary is the up-to-date Day of date; nil when the store has no events of it.
func (d *Days) summary(ctx context.Context, date detect.Date) (*detect.Day, error) {
	if d.stale[date-1] { // its open sessions are where this one begins
		if _, err := d.summary(ctx, date-1); err != nil {
			return nil, err
		}
	}
	if d.live != nil && d.live.Date() == date && !d.stale[date] {
		return d.snapshot(), nil
	}
	infos, err := d.Store.Days(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(infos, func(x store.DayInfo) bool { return x.Date == date })
	if i < 0 || infos[i].Events == 0 {
		return nil, nil
	}
	old, err := d.Store.Day(ctx, date)
	if err != nil {
		d.log.Warn("summary cannot be read, making it anew", "day", date.String(), "err", err)
		old = nil
	}
	if old != nil && old.Config == d.cfg.Fingerprint() && d.lately(date) {
		return old, nil
	}
	if old != nil && !d.stale[date] && old.Stored == infos[i].Events && old.Config == d.cfg.Fingerprint() {
		if prev, err := d.Store.Day(ctx, date-1); err == nil && prev.OpenPrint() == old.Began {
			return old, nil
		}
	}
	prev, err := d.summary(ctx, date-1)
	if err != nil {
		return nil, err
	}
	t, err := d.replay(ctx, prev, date)
	if err != nil {
		return nil, err
	}
	day := t.Day()
	day.Stored = infos[i].Events
	if err := d.Store.PutDay(ctx, day); err != nil {
		d.log.Error("summary cannot be saved, it will be made anew each time", "day", date.String(), "err", err)
	}
	delete(d.stale, date)
	if at, ok := d.late[date]; ok && d.live != nil {
		d.late[date] = max(at, d.live.Now())
	}
	if d.live != nil && d.live.Date() == date {
		d.live = t
	}
	return day, nil
}

// replay runs the stored events of date through a new tracker.
func (d *Days) replay(ctx context.Context, prev *detect.Day, date detect.Date) (*detect.Tracker, error) {
	t := detect.NewTracker(d.cfg, prev, date)
	q := store.Query{Window: store.Window{From: date.Start(), To: date.End()}, NoRaw: true}
	for e, err := range d.Store.Events(ctx, q) {
		if err != nil {
			return nil, fmt.Errorf("replay %v: %w", date, err)
		}
		t.Observe(&e.Event)
	}
	return t, nil
}
