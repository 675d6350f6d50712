// Package play sends log lines, or the messages of a packet capture, to a receiver: at a rate, as fast as it takes
// them, or at the pace at which they were recorded, from one sender or from many. It is for tests of a set-up and for
// measuring; it never stores or interprets a line beyond the stamp in its header.
package play

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"uncloak/ingest"
)

// Config says where the lines go, and how fast.
type Config struct {
	Network  string        // udp, tcp, tls, unix (datagrams) or unix-stream
	Address  string        // host:port, or a path
	Senders  int           // sockets; each sends every Senders-th line. To 127/8 each has an address of its own
	Rate     float64       // lines a second, of all senders together; 0: as fast as they are taken
	Count    int           // lines in all, repeated as needed; 0: each once, or for the time of For again and again
	For      time.Duration // stop after so long; 0: when all are sent
	Recorded bool          // at the pace of the stamps, with one sender after the other, instead of Rate
	Speed    float64       // so many times as fast as recorded; 0: 1
	Octet    bool          // streams: octet-counted frames (RFC 6587) instead of newlines
	Restamp  bool          // the header's stamp becomes the time of sending
	Location *time.Location
	Secure   *tls.Config   // for tls
	Patience time.Duration // for a connection, and at the end for a receiver that reads nothing more; 0: 10 s
}

// Limits of a Config.
const (
	MaxSenders  = 10_000
	batch       = 64                     // datagrams in one system call
	longest     = 200 * time.Millisecond // between two batches of one sender whose lines are due
	wakeups     = 2000                   // a second, of all senders together
	streamWrite = 64 << 10               // bytes of a stream written at once
	grace       = time.Second            // for writes that have begun when the time is over
	endless     = math.MaxInt            // lines
)

// Validate reports the first value that cannot work.
func (c Config) Validate() error {
	switch c.Network {
	case "udp", "tcp", "tls":
		if _, _, err := net.SplitHostPort(c.Address); err != nil {
			return fmt.Errorf("address %q: want host:port (a socket's path needs --net unix or unix-stream): %w",
				c.Address, err)
		}
	case "unix", "unix-stream":
		if c.Address == "" {
			return errors.New("no path of a socket")
		}
	default:
		return fmt.Errorf("network %q is none of udp, tcp, tls, unix, unix-stream", c.Network)
	}
	switch {
	case c.Senders < 1 || c.Senders > MaxSenders:
		return fmt.Errorf("%d senders: it is a number from 1 to %d", c.Senders, MaxSenders)
	case !(c.Rate >= 0 && c.Rate <= 1e9):
		return fmt.Errorf("rate %v: it is a number of lines a second", c.Rate)
	case !(c.Speed >= 0 && c.Speed <= 1e6):
		return fmt.Errorf("speed %v: it is a factor, such as 10", c.Speed)
	case c.Recorded && c.Rate > 0:
		return errors.New("either a rate or the recorded pace")
	case c.Count < 0 || c.For < 0:
		return errors.New("neither the number of lines nor the time may be negative")
	}
	return nil
}

func (c Config) patience() time.Duration {
	if c.Patience > 0 {
		return c.Patience
	}
	return 10 * time.Second
}

// Summary counts what was sent.
type Summary struct {
	Lines  uint64 `json:"lines"`
	Bytes  uint64 `json:"bytes"`
	Errors uint64 `json:"errors"` // lines that the system or the receiver did not take
	Left   uint64 `json:"left"`   // lines that were not sent when something ended it
	Unread uint64 `json:"unread"` // bytes at the end of streams that the receiver's system has not acknowledged
	// lines with newlines in them that went over a stream whose lines end in newlines
	Broken  uint64        `json:"broken"`
	Stopped bool          `json:"stopped"`
	Took    time.Duration `json:"-"`
	Err     error         `json:"-"` // the first error
}

// Rate returns the lines sent in a second.
func (s *Summary) Rate() float64 { return float64(s.Lines) / max(s.Took.Seconds(), 1e-9) }

// Run sends messages until all are sent, the time is over, or ctx ends. It returns an error if a connection
// cannot be made.
func Run(ctx context.Context, c Config, messages []ingest.Message) (Summary, error) {
	if len(messages) == 0 {
		return Summary{}, errors.New("there are no lines to send")
	}
	total := len(messages)
	switch {
	case c.Count > 0:
		total = c.Count
	case c.For > 0:
		total = endless
	}
	r := &run{Config: c, messages: messages, total: total}
	if c.Recorded || messages[0].From > 0 {
		return r.do(ctx, min(c.Senders, total), func(ctx context.Context) error { return r.play(ctx, r.again()) })
	}
	return r.do(ctx, min(c.Senders, total), func(ctx context.Context) error {
		var all sync.WaitGroup
		for i, p := range r.ports {
			all.Go(func() { r.load(ctx, p, i) })
		}
		all.Wait()
		return nil
	})
}

// Stream sends messages as next returns them, each once, until io.EOF; Config.Count has no meaning. It ends with ctx
// even while next waits. It returns an error of next, or of a connection that cannot be made.
func Stream(ctx context.Context, c Config, next func() ([]ingest.Message, error)) (Summary, error) {
	r := &run{Config: c}
	return r.do(ctx, c.Senders, func(ctx context.Context) error {
		return r.play(ctx, func() ([]ingest.Message, bool, error) {
			batch, err := next()
			return batch, false, err
		})
	})
}

// do connects the senders, lets send write, waits for the receivers, and returns the counts.
func (r *run) do(ctx context.Context, senders int, send func(context.Context) error) (Summary, error) {
	if err := r.Validate(); err != nil {
		return Summary{}, err
	}
	defer r.closeAll()
	for i := range senders {
		p, err := r.dial(ctx, i)
		if err != nil {
			return Summary{}, err
		}
		r.ports = append(r.ports, p)
	}
	until := ctx
	if r.For > 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, r.For)
		defer cancel()
	}
	r.began = time.Now()
	stop := context.AfterFunc(until, r.hurry)
	err := send(until)
	took := max(time.Since(r.began), r.finish(until))
	stop()
	s := Summary{Lines: uint64(r.sent.Load()), Bytes: r.bytes.Load(), Errors: r.errs.Load(), Unread: r.unread.Load(),
		Broken:  r.broken.Load(),
		Stopped: ctx.Err() != nil, Took: took, Err: r.first}
	if done := s.Lines + s.Errors; r.total != endless && (r.For == 0 || s.Err != nil) {
		s.Left = uint64(max(0, r.total-int(done)))
	}
	return s, err
}

type run struct {
	Config
	messages []ingest.Message
	total    int // 0: not known
	began    time.Time
	ports    []*port

	sent                        atomic.Int64
	bytes, errs, unread, broken atomic.Uint64
	once                        sync.Once
	first                       error
}

func (r *run) closeAll() {
	for _, p := range r.ports {
		p.conn.Close()
	}
}

func (r *run) failed(n int, err error) {
	r.errs.Add(uint64(n))
	r.once.Do(func() { r.first = err })
}

// hurry gives writes a last moment, as the time is over.
func (r *run) hurry() {
	for _, p := range r.ports {
		p.over.Store(true)
		p.conn.SetWriteDeadline(time.Now().Add(grace))
	}
}

// load sends every len(ports)-th line from the i-th on. At a rate the lines of all senders take turns: the n-th line of
// all is due n/rate after the beginning.
func (r *run) load(ctx context.Context, p *port, i int) {
	each := len(r.ports)
	done, mine := 0, (r.total-i-1)/each+1
	out := make([][]byte, 0, batch)
	for done < mine && ctx.Err() == nil {
		n := min(batch, mine-done)
		if r.Rate > 0 {
			now := time.Since(r.began).Seconds()
			due := int((now*r.Rate-float64(i))/float64(each)) + 1 - done
			if due < 1 || now*r.Rate < float64(i) {
				if !r.flush(p) {
					return
				}
				pause(ctx, r.wait(float64(i+done*each)/r.Rate-now))
				continue
			}
			n = min(n, due)
		}
		out = out[:0]
		for range n {
			out = append(out, r.messages[(i+done*each)%len(r.messages)].Text)
			done++
		}
		if !r.write(p, out) {
			return
		}
	}
	r.flush(p)
}

// wait returns how long a sender sleeps before lines that are due in so many seconds. Many senders at a high rate wake
// up less often, each for a batch: wake-ups cost more than lines.
func (r *run) wait(due float64) time.Duration {
	each := float64(len(r.ports))
	most := min(each/wakeups, batch*each/r.Rate, longest.Seconds())
	return max(time.Millisecond, time.Duration(max(due, most)*1e9))
}

// play sends batches one after the other, each message when it is due: all at once, at the rate, or at the distances of
// the record. In a record a message without a time goes with the one before it, and one that goes back in time at once;
// where next reports that the record begins again, the clock begins anew.
func (r *run) play(ctx context.Context, next func() (batch []ingest.Message, again bool, err error)) error {
	type step struct {
		batch []ingest.Message
		again bool
		err   error
	}
	steps := make(chan step, 4)
	go func() {
		for {
			batch, again, err := next()
			select {
			case steps <- step{batch, again, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	d := dispatch{run: r, clock: r.newClock()}
	for ctx.Err() == nil {
		select {
		case s := <-steps:
			if s.again {
				d.clock.reset(time.Now())
			}
			for i := range s.batch {
				if !d.send(ctx, &s.batch[i]) {
					d.flush()
					return nil
				}
			}
			d.flush()
			if errors.Is(s.err, io.EOF) {
				return nil
			}
			if s.err != nil {
				return s.err
			}
		case <-ctx.Done():
		}
	}
	return nil
}

// again returns a function that gives the messages from the beginning again until all are given.
func (r *run) again() func() ([]ingest.Message, bool, error) {
	done := 0
	return func() ([]ingest.Message, bool, error) {
		if done == r.total {
			return nil, false, io.EOF
		}
		at := done % len(r.messages)
		n := min(batch, r.total-done, len(r.messages)-at)
		done += n
		return r.messages[at : at+n], at == 0, nil
	}
}

// dispatch gives each message to its sender.
type dispatch struct {
	*run
	clock clock
	given int     // messages
	dirty []*port // with messages that are not written yet
}

// send waits until the message is due, hands it to its sender, and reports whether to go on.
func (d *dispatch) send(ctx context.Context, m *ingest.Message) bool {
	due := d.began
	switch {
	case d.Recorded:
		due = d.clock.due(m)
	case d.Rate > 0:
		due = d.began.Add(time.Duration(float64(d.given) / d.Rate * 1e9))
	}
	if wait := time.Until(due); wait > 0 && due != d.began {
		d.flush()
		if d.Rate > 0 {
			wait = max(wait, time.Millisecond)
		}
		pause(ctx, wait)
	}
	if ctx.Err() != nil {
		return false
	}
	i := d.given
	if m.From > 0 {
		i = m.From - 1
	}
	d.given++
	p := d.ports[i%len(d.ports)]
	if p.dead {
		return !d.allDead()
	}
	if len(p.pend) == 0 {
		d.dirty = append(d.dirty, p)
	}
	if p.pend = append(p.pend, m.Text); len(p.pend) == batch {
		d.flush()
	}
	return true
}

// flush writes the messages that the senders hold.
func (d *dispatch) flush() {
	for _, p := range d.dirty {
		if !p.dead && (!d.write(p, p.pend) || !d.run.flush(p)) {
			p.dead = true
		}
		p.pend = p.pend[:0]
	}
	d.dirty = d.dirty[:0]
}

func (r *run) allDead() bool {
	for _, p := range r.ports {
		if !p.dead {
			return false
		}
	}
	return true
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
