package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"uncloak/ingest"
	"uncloak/ingest/probe"
)

const (
	probesMax  = 16   // targets of the key probe
	probeHeld  = 4096 // lines of one target that wait for the receiver; further ones are dropped and counted
	probeAgain = time.Minute
)

// probing holds the ways that serve measures.
type probing struct {
	Targets  []string      `koanf:"targets"`  // addresses or names; none: nothing is measured
	Interval time.Duration `koanf:"interval"` // between two probes of a hop; 0: 5 s
}

func (p *probing) check() error {
	if len(p.Targets) > probesMax {
		return fmt.Errorf("probe.targets has %d targets: at most %d are measured", len(p.Targets), probesMax)
	}
	for _, t := range p.Targets {
		if _, err := netip.ParseAddr(t); err != nil && !isHostName(t) {
			return fmt.Errorf("probe.targets: %q is no address and no name", t)
		}
	}
	if p.Interval != 0 && (p.Interval < probe.IntervalMin || p.Interval > intervalMost) {
		return fmt.Errorf("probe.interval is %v: write a time from %v to %v, like 5s", p.Interval, probe.IntervalMin,
			intervalMost)
	}
	return nil
}

// isHostName reports whether s may be a name of a machine: letters, digits, dashes and dots.
func isHostName(s string) bool {
	return s != "" && len(s) < 254 && s[0] != '-' && strings.Trim(strings.ToLower(s),
		"abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

// prober measures the way to one target for as long as serve runs.
type prober struct {
	target string
	every  time.Duration
	lines  chan []byte
	w      *io.PipeWriter
	a      *app
}

// probers returns a prober for each target, and what the receiver reads of it.
func (a *app) probers() (all []*prober, read []ingest.Lines) {
	every := a.cfg.Probe.Interval
	if every == 0 {
		every = 5 * time.Second
	}
	for _, t := range present(a.cfg.Probe.Targets) {
		r, w := io.Pipe()
		all = append(all, &prober{target: t, every: every, lines: make(chan []byte, probeHeld), w: w, a: a})
		read = append(read, ingest.Lines{Name: "path to " + t, Reader: r})
	}
	return all, read
}

// run measures until ctx ends. Where that fails it is tried again each minute: a line may be down, or a name not known
// yet.
func (p *prober) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { p.w.Close() })() // ends a Write that nobody reads
	go func() {                                            // a receiver that is slow must not hold up probes
		for {
			select {
			case l := <-p.lines:
				_, _ = p.w.Write(l)
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		err := p.measure(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, probe.ErrUnsupported), errors.Is(err, probe.ErrRights):
			p.a.log.Error("the way to a target is not measured", "target", p.target, "error", err)
			return nil
		}
		p.a.log.Warn("the way to a target cannot be measured at the moment; it is tried again each minute",
			"target", p.target, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(probeAgain):
		}
	}
}

func (p *prober) measure(ctx context.Context) error {
	target, err := addressOf(ctx, p.target)
	if err != nil {
		return err
	}
	link, end, err := openProbe(target)
	if err != nil {
		return err
	}
	w := probe.New(link, target, p.every)
	w.Traced = func(hops []probe.Hop) {
		var words []string
		for _, h := range hops {
			words = append(words, fmt.Sprintf("%d %v", h.Number, h.Addr))
		}
		p.a.log.Info("measuring the way", "to", p.target, "each", p.every, "hops", strings.Join(words, ", "))
	}
	dropped := 0
	w.Told = func(r probe.Result) {
		select {
		case p.lines <- r.AppendLine(nil, target):
		default:
			if dropped++; dropped == 1 {
				p.a.log.Warn("round trips are dropped: they are not stored as fast as they come", "target", p.target)
			}
		}
	}
	err = w.Run(ctx)
	if err = errors.Join(err, end()); errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
