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

// Days is a Store that keeps the summaries of days up to date. A live event enters the summary of the running day at
// once; a day that an import changed is summarized anew from its stored events when it is asked for. A summary is
// therefore always what a replay of the day's events gives.
type Days struct {
	store.Store
	cfg detect.Config
	log *slog.Logger

	work sync.Mutex    // held while summaries are loaded and made: taken before mu, and not by Append
	made []*detect.Day // summaries that are to be stored; belongs to the holder of work

	mu    sync.Mutex // Append and Observe are one step: a replay in between would count a batch twice
	live  *detect.Tracker
	wait  window // stored events that are not in live yet
	stale map[detect.Date]bool
	// past days that still get live lines (a clock that is behind, a backlog), with the time of the last rebuild
	late map[detect.Date]int64
}

// lateEvery is the least time between two rebuilds of a past day that still gets live lines. Without it such a day
// would be replayed every minute.
const lateEvery = 10 * time.Minute

// lately reports whether date got live lines after it was over and was made anew less than lateEvery ago.
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
		for _, day := range got.Days { // days that were stored beside the one that failed
			d.stale[day.Date] = true
		}
		if !errors.Is(err, store.ErrFull) { // perhaps all is stored, and only the disk's answer was lost
			for i := range b.Entries {
				d.stale[detect.DateOf(time.Unix(0, b.Entries[i].Time))] = true
			}
		}
		return got, err
	}
	if b.Dedupe || got.Added != len(b.Entries) {
		for _, day := range got.Days {
			d.stale[day.Date] = true
		}
		return got, nil
	}
	d.wait.add(b.Entries)
	if err := d.release(ctx, d.wait.due()); err != nil {
		// the events are stored
		d.log.Error("cannot keep the summary of the running day, it will be made anew", "err", err)
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
		if err := d.Store.PutDays(ctx, done); err != nil {
			return fmt.Errorf("save day %v: %w", done.Date, err)
		}
		d.live = detect.NewTracker(d.cfg, done, date)
	}
	d.live.Observe(e)
	return nil
}

// Forget drops what is remembered of a day that was deleted from the store, so that the next Save does not write it
// back.
func (d *Days) Forget(date detect.Date) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.stale, date)
	delete(d.late, date)
	if d.live != nil && d.live.Date() == date {
		d.live = nil
	}
}

// Resume continues the last day that the store has, as if this process had received it all. A daemon calls it before it
// receives anything.
func (d *Days) Resume(ctx context.Context) error {
	d.work.Lock()
	defer d.work.Unlock()
	defer d.flush(ctx)
	infos, err := d.infos(ctx)
	if err != nil || len(infos.order) == 0 {
		return err
	}
	last := infos.order[len(infos.order)-1]
	prev, err := d.summary(ctx, infos, last-1)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
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
	return d.Store.PutDays(ctx, d.snapshot())
}

// snapshot returns the summary of the running day. All events that the store has of it went through the tracker.
func (d *Days) snapshot() *detect.Day {
	day := d.live.Day()
	day.Stored = day.Events
	return day
}

// Load returns the summaries of the days that touch w, in order. Those that are missing or stale are made first.
func (d *Days) Load(ctx context.Context, w store.Window) ([]*detect.Day, error) {
	d.work.Lock()
	defer d.work.Unlock()
	defer d.flush(ctx)
	if err := d.catchUp(ctx); err != nil {
		return nil, err
	}
	infos, err := d.infos(ctx)
	if err != nil {
		return nil, err
	}
	var out []*detect.Day
	for _, date := range infos.order {
		if !w.From.IsZero() && !date.End().After(w.From) || !w.To.IsZero() && !date.Start().Before(w.To) {
			continue
		}
		day, err := d.summary(ctx, infos, date)
		if err != nil {
			return nil, err
		}
		if day != nil {
			infos.keep(date, day)
			if day, err = d.accounted(ctx, day); err != nil {
				return nil, err
			}
			out = append(out, day)
		}
	}
	return out, nil
}

// catchUp lets all waiting events into the running day.
func (d *Days) catchUp(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.release(ctx, len(d.wait.held()))
}

// dayInfos holds what the store has of each day at one moment.
type dayInfos struct {
	order  []detect.Date
	events map[detect.Date]uint64
	made   map[detect.Date]*detect.Day // summaries that were found to be up to date since
}

// keep holds the summary for that of the next day, and lets the one before the last go: many days are not held at once.
func (i dayInfos) keep(date detect.Date, day *detect.Day) {
	delete(i.made, date-2)
	i.made[date] = day
}

func (d *Days) infos(ctx context.Context) (dayInfos, error) {
	d.flush(ctx)
	list, err := d.Store.Days(ctx)
	out := dayInfos{events: map[detect.Date]uint64{}, made: map[detect.Date]*detect.Day{}}
	for _, info := range list {
		out.order = append(out.order, info.Date)
		out.events[info.Date] = info.Events
	}
	return out, err
}

// accounted returns a copy of the day with the accounting of its senders, which the store keeps apart from the events.
func (d *Days) accounted(ctx context.Context, day *detect.Day) (*detect.Day, error) {
	hs, err := d.Store.Health(ctx, store.Window{From: day.Date.Start(), To: day.Date.End()})
	if err != nil {
		return nil, fmt.Errorf("read the accounting of %v: %w", day.Date, err)
	}
	out := *day
	out.Senders = shareOut(hs)
	return &out, nil
}

// shareOut divides losses whose router is not known among the routers that may have sent the lines, in proportion to
// what each sent: those of a socket's buffer among all senders of the network, those of a sender among the routers
// behind it. Gaps in sequence numbers are a router's own.
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
		s := detect.Sender{Name: h.Sender, Router: h.Router, Received: h.Received, Repaired: h.Repaired,
			SkewMS: h.SkewMS, Missing: h.Missing}
		share := float64(h.Received) / received[h.Sender]
		s.Lost, s.Limited = uint64(lost[h.Sender]*share+0.5), uint64(limited[h.Sender]*share+0.5)
		if network(h) {
			missed := uint64(kernel*float64(h.Received)/live + 0.5)
			s.Lost, s.Received = s.Lost+missed, s.Received+missed
			s.Missing -= min(s.Missing, missed) // the gaps in its sequence numbers include these
		}
		out = append(out, s)
	}
	return out
}

// Rebuild makes the stale summaries anew, in order, and returns their dates.
func (d *Days) Rebuild(ctx context.Context) ([]detect.Date, error) {
	d.work.Lock()
	defer d.work.Unlock()
	defer d.flush(ctx)
	var done []detect.Date
	if err := d.catchUp(ctx); err != nil {
		return nil, err
	}
	infos, err := d.infos(ctx)
	if err != nil {
		return nil, err
	}
	for {
		date, ok := d.firstStale()
		if !ok {
			return done, nil
		}
		// A day without events, or one that is stale again, has got some since the list was made.
		if infos.events[date] == 0 || len(done) > 0 && date <= done[len(done)-1] {
			if infos, err = d.infos(ctx); err != nil {
				return done, err
			}
		}
		day, err := d.summary(ctx, infos, date)
		if err != nil {
			return done, err
		}
		if day == nil { // there was nothing to be made
			d.mu.Lock()
			delete(d.stale, date)
			d.mu.Unlock()
		}
		infos.keep(date, day)
		done = append(done, date)
	}
}

func (d *Days) firstStale() (first detect.Date, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for date := range d.stale {
		if !ok || date < first {
			first, ok = date, true
		}
	}
	return first, ok
}

// summary returns the current summary of date, nil where the store has no events of that day. The caller holds work.
func (d *Days) summary(ctx context.Context, infos dayInfos, date detect.Date) (*detect.Day, error) {
	d.mu.Lock()
	before, stale, lately := d.stale[date-1], d.stale[date], d.lately(date)
	if !before && !stale && d.live != nil && d.live.Date() == date {
		defer d.mu.Unlock()
		return d.snapshot(), nil
	}
	d.mu.Unlock()
	if before { // its open sessions are where this one begins
		if _, err := d.summary(ctx, infos, date-1); err != nil {
			return nil, err
		}
		if infos.events[date-1] > 0 {
			return d.summary(ctx, infos, date)
		}
	}
	if infos.events[date] == 0 {
		return nil, nil
	}
	if day := infos.made[date]; day != nil && !stale {
		return day, nil
	}
	var old *detect.Day
	if !stale {
		var err error
		if old, err = d.saved(ctx, date); err != nil {
			d.log.Warn("summary cannot be read, making it anew", "day", date.String(), "err", err)
			old = nil
		}
	}
	why := d.outdated(old, infos.events[date])
	if lately && (why == "" || why == store.WhyEvents) {
		return old, nil
	}
	if why == "" {
		prev, err := infos.made[date-1], error(nil)
		if prev == nil {
			prev, err = d.saved(ctx, date-1)
		}
		if err == nil && prev.OpenPrint() == old.Began {
			return old, nil
		}
	}
	prev, err := d.summary(ctx, infos, date-1)
	if err != nil {
		return nil, err
	}
	return d.make(ctx, prev, date, infos.events[date])
}

// make replays a day and stores its summary. Events that are appended to a day of the past meanwhile are more than the
// summary says that it is of: it is made anew the next time. The running day is replayed while nothing is appended.
func (d *Days) make(ctx context.Context, prev *detect.Day, date detect.Date, events uint64) (*detect.Day, error) {
	d.mu.Lock()
	stale, running := d.stale[date], d.live != nil && d.live.Date() == date
	delete(d.stale, date)
	if !running {
		d.mu.Unlock()
	} else if now, err := d.infos(ctx); err == nil {
		events = now.events[date]
	}
	t, err := d.replay(ctx, prev, date)
	var day *detect.Day
	if err == nil {
		day = t.Day()
		day.Stored = events
		d.keep(ctx, day)
	}
	if !running {
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	if err != nil {
		if stale {
			d.stale[date] = true
		}
		return nil, err
	}
	if at, ok := d.late[date]; ok && d.live != nil {
		d.late[date] = max(at, d.live.Now())
	}
	if running {
		d.live = t
	}
	return day, nil
}

// Bounds of the summaries that wait to be stored together: so many days, of so many events in all. Many days are days
// of few events.
const (
	keptDays   = 256
	keptEvents = 1 << 16
)

// keep stores a summary that was made, with others: see flush. The caller holds work.
func (d *Days) keep(ctx context.Context, day *detect.Day) {
	d.made = append(d.made, day)
	events := uint64(0)
	for _, m := range d.made {
		events += m.Events
	}
	if len(d.made) >= keptDays || events >= keptEvents {
		d.flush(ctx)
	}
}

// saved returns the summary of a date that was made last. The caller holds work.
func (d *Days) saved(ctx context.Context, date detect.Date) (*detect.Day, error) {
	for _, day := range slices.Backward(d.made) {
		if day.Date == date {
			return day, nil
		}
	}
	return d.Store.Day(ctx, date)
}

// flush stores the summaries that were made. One that a crash keeps from being stored is made anew when it is asked
// for.
func (d *Days) flush(ctx context.Context) {
	if len(d.made) == 0 {
		return
	}
	if err := d.Store.PutDays(ctx, d.made...); err != nil && !errors.Is(err, store.ErrReadOnly) {
		d.log.Error("summaries cannot be saved, they will be made anew each time", "first",
			d.made[0].Date.String(), "days", len(d.made), "err", err)
	}
	d.made = nil
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
