package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"uncloak/detect"
	"uncloak/report/mail"
)

// SpoolName is the file in the data directory that holds the messages that wait, and what was told and is not over.
const SpoolName = "alerts.json"

// Bounds of the spool.
const (
	maxWaiting = 500  // messages of a channel; beyond, the oldest is lost and counted
	maxOpen    = 2000 // findings that are told and not over; further ones get no closing message
	maxSpool   = 64 << 20
	giveUp     = 48 * time.Hour // after this a message is no news any more: it is lost and counted
)

// Bounds of the pause after an attempt that failed, and of the messages at once.
const (
	firstPause = 10 * time.Second
	maxPause   = 30 * time.Minute
	atOnce     = 10
)

// Active says of an incident that is still found how far it goes, and until when it is not called over.
type Active struct{ End, Until time.Time }

// Notifier passes alerts on to channels. It keeps those that wait, and what is open, in a file of the data directory.
// It is safe for concurrent use; only one process may have it.
type Notifier struct {
	dir  string
	now  func() time.Time
	log  *slog.Logger
	send func(ctx context.Context, c *Channel, a Alert) error
	tick time.Duration
	wake chan struct{}

	mu       sync.Mutex
	channels []Channel
	busy     map[string]bool // by name
	spool    spool
}

type spool struct {
	Open   map[string]*open  `json:"open"`   // by id
	Queues map[string]*queue `json:"queues"` // by name of the channel
}

// open is an incident that was told and is not over.
type open struct {
	Alert
	Told []string `json:"told"` // names of channels
}

// queue holds the messages that wait for one channel, the oldest first.
type queue struct {
	Waiting  []Alert   `json:"waiting,omitempty"`
	Lost     int       `json:"lost,omitempty"`     // ever
	LeftOut  int       `json:"left_out,omitempty"` // of these, since the last message that was taken
	Failures int       `json:"failures,omitempty"` // since the last message that was taken
	Error    string    `json:"error,omitempty"`    // of the last failure
	Since    time.Time `json:"since,omitzero"`     // of the first of these failures
	Next     time.Time `json:"next,omitzero"`      // not before this it is tried again
	Spent    float64   `json:"spent,omitempty"`    // messages that count against the rate, as of SpentAt
	SpentAt  time.Time `json:"spent_at,omitzero"`
}

// New reads the spool of the data directory. A damaged one is begun anew, which the log tells.
func New(dir string, channels []Channel, now func() time.Time, log *slog.Logger) *Notifier {
	n := &Notifier{dir: dir, now: now, log: log, send: Send, tick: time.Second, wake: make(chan struct{}, 1),
		busy: map[string]bool{}}
	var err error
	if n.spool, err = readSpool(dir); err != nil {
		log.Error("the alerts that waited are lost", "error", err)
	}
	n.Set(channels)
	return n
}

func readSpool(dir string) (s spool, err error) {
	s = spool{Open: map[string]*open{}, Queues: map[string]*queue{}}
	path := filepath.Join(dir, SpoolName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil && info.Size() > maxSpool {
		err = fmt.Errorf("it has %d bytes", info.Size())
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	var got spool
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", SpoolName, err)
	}
	for id, o := range got.Open {
		if o != nil {
			s.Open[id] = o
		}
	}
	for name, q := range got.Queues {
		if q != nil {
			s.Queues[name] = q
		}
	}
	return s, nil
}

// Set replaces the channels. Messages that wait for a channel that is gone are lost.
func (n *Notifier) Set(channels []Channel) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.channels = slices.Clone(channels)
	for name, q := range n.spool.Queues {
		if !slices.ContainsFunc(channels, func(c Channel) bool { return c.Name == name }) {
			if len(q.Waiting) > 0 {
				n.log.Warn("alerts are lost: their channel is gone", "channel", name, "alerts", len(q.Waiting))
			}
			delete(n.spool.Queues, name)
		}
	}
	for _, c := range channels {
		if n.spool.Queues[c.Name] == nil {
			n.spool.Queues[c.Name] = &queue{}
		}
	}
}

// Update tells of incidents that are new, or worse than told, and closes those that are over: which active does not
// have, or only until a time that has passed. It waits for the disk, not for a receiver.
func (n *Notifier) Update(told []Alert, active map[string]Active) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, changed := n.now(), len(told) > 0 && len(n.channels) > 0
	for _, a := range told {
		a.Version, a.State, a.At = 1, Firing, now
		was := n.spool.Open[a.ID]
		a.Worse = was != nil
		var names []string
		for i := range n.channels {
			if c := &n.channels[i]; c.wants(a.Severity) {
				n.put(c.Name, a)
				names = append(names, c.Name)
			}
		}
		if was != nil {
			names = slices.Compact(slices.Sorted(slices.Values(append(names, was.Told...))))
		}
		if len(names) > 0 && (was != nil || len(n.spool.Open) < maxOpen) {
			n.spool.Open[a.ID] = &open{a, names}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(n.spool.Open)) {
		o := n.spool.Open[id]
		is, found := active[id]
		if found && now.Before(is.Until) {
			o.End = is.End
			continue
		}
		delete(n.spool.Open, id)
		changed = true
		over := o.Alert
		over.State, over.At, over.Worse = Resolved, now, false
		if found {
			over.End = is.End
		}
		for _, name := range o.Told {
			n.put(name, over)
		}
	}
	if changed {
		n.save()
		n.wakeUp()
	}
}

// wakeUp lets Run look at once for what may be sent.
func (n *Notifier) wakeUp() {
	select {
	case n.wake <- struct{}{}:
	default: // it will
	}
}

// put lets an alert wait for a channel. One that is over takes the place of one that was not sent yet.
func (n *Notifier) put(name string, a Alert) {
	q := n.spool.Queues[name]
	if q == nil {
		return // the channel is gone
	}
	if a.State == Resolved && !n.busy[name] {
		q.Waiting = slices.DeleteFunc(q.Waiting, func(o Alert) bool { return o.ID == a.ID })
	}
	if len(q.Waiting) >= maxWaiting {
		first := 0
		if n.busy[name] {
			first = 1 // the first one is on its way
		}
		q.Waiting = slices.Delete(q.Waiting, first, first+1)
		q.Lost++
		q.LeftOut++
	}
	q.Waiting = append(q.Waiting, a)
}

// save writes the spool. What cannot be written is sent all the same, unless the process ends first.
func (n *Notifier) save() {
	text, err := json.Marshal(n.spool)
	if err == nil {
		err = mail.Replace(n.dir, SpoolName, append(text, '\n'))
	}
	if err != nil {
		n.log.Error("alerts that wait would not survive a restart", "error", err)
	}
}

// Run sends what waits, each channel on its own, until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	tick := time.NewTicker(n.tick)
	defer tick.Stop()
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		for _, d := range n.due() {
			sending.Go(func() {
				err := n.send(ctx, &d.channel, d.alert)
				n.sent(ctx, d, err)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.wake:
		case <-tick.C:
		}
	}
}

type delivery struct {
	channel Channel
	alert   Alert
}

// due takes the next message of each channel that may be sent now.
func (n *Notifier) due() (out []delivery) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	for _, c := range n.channels {
		q := n.spool.Queues[c.Name]
		if n.busy[c.Name] || len(q.Waiting) == 0 || now.Before(q.Next) {
			continue
		}
		i := 0
		if !c.quietUntil(now).IsZero() {
			i = slices.IndexFunc(q.Waiting, func(a Alert) bool { return a.Severity == detect.Critical })
		}
		if i < 0 || !q.spend(now, c.PerHour) {
			continue
		}
		if i > 0 { // the one that is sent stands first
			a := q.Waiting[i]
			q.Waiting = slices.Insert(slices.Delete(q.Waiting, i, i+1), 0, a)
		}
		n.busy[c.Name] = true
		a := q.Waiting[0]
		a.LeftOut = q.LeftOut
		out = append(out, delivery{c, a})
	}
	return out
}

// spend counts a message against the rate, and reports whether it may be sent now.
func (q *queue) spend(now time.Time, perHour int) bool {
	if perHour == 0 {
		perHour = defaultPerHour
	}
	if passed := now.Sub(q.SpentAt).Hours(); passed > 0 {
		q.Spent = max(q.Spent-passed*float64(perHour), 0)
	}
	q.SpentAt = now
	if q.Spent > atOnce-1 {
		return false
	}
	q.Spent++
	return true
}

// sent takes note of what became of a message.
func (n *Notifier) sent(ctx context.Context, d delivery, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name, now := d.channel.Name, n.now()
	delete(n.busy, name)
	q := n.spool.Queues[name]
	if q == nil || len(q.Waiting) == 0 || ctx.Err() != nil && err != nil {
		return
	}
	if err == nil {
		q.Waiting = slices.Delete(q.Waiting, 0, 1)
		q.Failures, q.Error, q.Since, q.Next, q.LeftOut = 0, "", time.Time{}, time.Time{}, 0
	} else {
		q.failed(&d.alert, err, now)
	}
	n.save()
	if err == nil {
		n.log.Info("alert sent", "channel", name, "id", d.alert.ID, "state", d.alert.State)
	} else {
		n.log.Warn("alert not sent", "channel", name, "id", d.alert.ID, "error", q.Error, "failures", q.Failures,
			"next", q.Next.Format(time.RFC3339))
	}
	if len(q.Waiting) > 0 {
		n.wakeUp()
	}
}

// failed takes note of a message that was not taken: it waits longer each time, and as long as the receiver asks for.
func (q *queue) failed(a *Alert, err error, now time.Time) {
	pause := maxPause
	if q.Failures < 8 {
		pause = min(firstPause<<q.Failures, maxPause)
	}
	var later retryLater
	if errors.As(err, &later) {
		pause = max(pause, later.after)
	}
	if q.Failures == 0 {
		q.Since = now
	}
	q.Failures++
	q.Error, q.Next = clip(err.Error(), 300), now.Add(pause)
	q.Spent = max(q.Spent-1, 0) // nothing has arrived
	if now.Sub(a.At) > giveUp {
		q.Waiting = slices.Delete(q.Waiting, 0, 1)
		q.Lost++
		q.LeftOut++
	}
}

// Status says how a channel fares.
type Status struct {
	Name     string
	Waiting  int // messages
	Lost     int // messages, ever
	Failures int // since the last message that was taken
	Error    string
	Since    time.Time
}

// Status says how the channels fare, in the order of their names.
func (n *Notifier) Status() []Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.spool.status()
}

// ReadStatus reads from the data directory how the channels fare, in the order of their names.
func ReadStatus(dir string) ([]Status, error) {
	s, err := readSpool(dir)
	return s.status(), err
}

func (s *spool) status() (out []Status) {
	for _, name := range slices.Sorted(maps.Keys(s.Queues)) {
		q := s.Queues[name]
		out = append(out, Status{Name: name, Waiting: len(q.Waiting), Lost: q.Lost, Failures: q.Failures,
			Error: q.Error, Since: q.Since})
	}
	return out
}
