// Package probe measures the way to a target: it finds the hops as traceroute does, and then asks each of them again
// and again, as mtr does. It stores nothing, judges nothing, and sends nothing but ICMP echo requests.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Bounds of what is asked.
const (
	HopsMax     = 30              // hops of a way
	IntervalMin = time.Second     // between two probes of a hop
	Size        = 64              // bytes of a probe: ICMP header and what it carries
	answerIn    = 3 * time.Second // later answers count as lost
	traceRounds = 3               // probes that a hop has to answer one of, to be known
	traceWait   = time.Second     // for the answers of a round
	traceApart  = 20 * time.Millisecond
)

// ErrUnsupported says that this system has no way to do it that needs no rights.
var ErrUnsupported = errors.New("measuring a way works on Linux only")

// ErrRights says that the kernel does not let this user send echo requests.
var ErrRights = errors.New("this user may not send ICMP echo requests")

// Reply is an answer to a probe.
type Reply struct {
	Seq  uint16
	From netip.Addr // the hop, or the target
	At   time.Time
	End  bool // it is the target's own answer: the way ends there
}

// Link sends probes to one target and receives what comes back. Send and Receive may be called at once.
type Link interface {
	// Send sends an echo request that gets as far as the hop of that number. An error is that of this probe alone.
	Send(hop int, seq uint16) error
	// Receive waits for the next answer. It fails once the Link is closed.
	Receive() (Reply, error)
}

// Result tells of one probe.
type Result struct {
	At   time.Time // when it was sent
	Hop  int       // 1 is the first
	Addr netip.Addr
	Seq  uint16
	RTT  time.Duration // 0: nothing came back in time
}

// AppendLine appends the result as fping -D prints it, which is read as a line of ping, with the hop behind it.
func (r *Result) AppendLine(b []byte, target netip.Addr) []byte {
	b = fmt.Appendf(b, "[%d.%06d] %v : [%d], ", r.At.Unix(), r.At.Nanosecond()/1000, r.Addr, r.Seq)
	if r.RTT == 0 {
		b = append(b, "timed out"...)
	} else {
		us := max(r.RTT.Microseconds(), 1)
		b = fmt.Appendf(b, "%d bytes, %d.%03d ms", Size, us/1000, us%1000)
	}
	return fmt.Appendf(b, " (hop %d to %v)\n", r.Hop, target)
}

// Hop is a hop that is known.
type Hop struct {
	Number int
	Addr   netip.Addr
	Target bool
}

// Path measures one way. Make it with New.
type Path struct {
	link   Link
	target netip.Addr
	every  time.Duration
	seq    uint16
	hops   []Hop
	rounds []round
	in     chan Reply
	Traced func([]Hop)  // is told which hops are known, once
	Told   func(Result) // is told of each probe, in the order in which they were sent
}

// round holds the probes that were sent at once.
type round struct {
	at    time.Time
	first uint16 // number of the first
	sent  []Result
	open  int // probes without an answer
}

// New prepares to measure the way to target, with a probe of each hop in each interval.
func New(link Link, target netip.Addr, every time.Duration) *Path {
	return &Path{link: link, target: target, every: max(every, IntervalMin), in: make(chan Reply, 4*HopsMax),
		Traced: func([]Hop) {}, Told: func(Result) {}}
}

// Run measures until ctx ends; it is called once. The caller closes the Link then, which ends the goroutine that
// receives. It fails where no hop answers at all.
func (p *Path) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	received := make(chan error, 1)
	go func() {
		for {
			r, err := p.link.Receive()
			if err != nil {
				received <- err
				return
			}
			select {
			case p.in <- r:
			case <-ctx.Done(): // nobody takes it; the Link, which frees its sockets in Receive, is closed soon
			}
		}
	}()
	if err := p.trace(ctx, received); err != nil {
		return err
	}
	p.Traced(slices.Clone(p.hops))
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		p.settle(time.Now())
		p.ask()
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case err := <-received:
				return err
			case r := <-p.in:
				p.took(r)
			case <-tick.C:
				waiting = false
			}
		}
	}
}

// trace finds the hops. Those that keep silent are left out; a target that keeps silent is asked all the same.
func (p *Path) trace(ctx context.Context, received <-chan error) error {
	end := HopsMax
	known := map[int]netip.Addr{}
	for range traceRounds {
		asked := map[uint16]int{}
		for hop := 1; hop <= end; hop++ {
			if known[hop].IsValid() {
				continue
			}
			p.seq++
			asked[p.seq] = hop
			_ = p.link.Send(hop, p.seq) // of a hop that stays unknown
			if err := p.learn(ctx, received, traceApart, asked, known, &end); err != nil {
				return err
			}
		}
		if err := p.learn(ctx, received, traceWait, asked, known, &end); err != nil {
			return err
		}
	}
	for hop := 1; hop <= end; hop++ {
		if a := known[hop]; a.IsValid() {
			p.hops = append(p.hops, Hop{hop, a, a == p.target})
		}
	}
	if len(p.hops) == 0 {
		return fmt.Errorf("nothing on the way to %v answers: is there a route, and does a firewall let echo "+
			"requests out?", p.target)
	}
	if last := &p.hops[len(p.hops)-1]; last.Addr != p.target && last.Number < HopsMax {
		p.hops = append(p.hops, Hop{HopsMax, p.target, true})
	}
	return nil
}

// learn takes answers for so long. The target's own answer to a probe says how far away it is at most.
func (p *Path) learn(ctx context.Context, received <-chan error, wait time.Duration, asked map[uint16]int,
	known map[int]netip.Addr, end *int) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-received:
			return err
		case <-timer.C:
			return nil
		case r := <-p.in:
			hop, ok := asked[r.Seq]
			if !ok {
				continue
			}
			known[hop] = r.From
			if r.End {
				*end = min(*end, hop)
			}
		}
	}
}

// ask sends a probe to each hop.
func (p *Path) ask() {
	now := time.Now()
	r := round{at: now, first: p.seq + 1, open: len(p.hops)}
	for _, h := range p.hops {
		p.seq++
		r.sent = append(r.sent, Result{At: time.Now(), Hop: h.Number, Addr: h.Addr, Seq: p.seq})
		_ = p.link.Send(h.Number, p.seq) // nothing comes back: it is lost
	}
	p.rounds = append(p.rounds, r)
}

// took notes an answer. Where another router answers than before, the way has changed: it is that hop from now on.
func (p *Path) took(r Reply) {
	for i := range p.rounds {
		n := int(r.Seq - p.rounds[i].first) // numbers begin again behind 65535
		if n >= len(p.rounds[i].sent) {
			continue
		}
		s := &p.rounds[i].sent[n]
		if s.RTT != 0 || r.At.Sub(s.At) > answerIn {
			return
		}
		s.RTT, s.Addr = max(r.At.Sub(s.At), time.Microsecond), r.From
		p.rounds[i].open--
		for k := range p.hops {
			if p.hops[k].Number == s.Hop {
				p.hops[k].Addr = r.From
			}
		}
		return
	}
}

// settle tells of the rounds that are complete or too old to be completed, oldest first.
func (p *Path) settle(now time.Time) {
	for len(p.rounds) > 0 && (p.rounds[0].open == 0 || now.Sub(p.rounds[0].at) >= answerIn) {
		for _, s := range p.rounds[0].sent {
			p.Told(s)
		}
		p.rounds = p.rounds[1:]
	}
}

// Finish tells of the probes that were answered when Run had ended. Those that still wait for an answer are no loss.
func (p *Path) Finish() {
	for _, r := range p.rounds {
		for _, s := range r.sent {
			if s.RTT != 0 {
				p.Told(s)
			}
		}
	}
	p.rounds = nil
}
