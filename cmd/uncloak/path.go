package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest/probe"
)

const (
	pathHeld     = 1 << 20   // bytes of lines that wait to be stored; further ones are dropped and counted
	intervalMost = time.Hour // between two probes of a hop
)

func (a *app) pathCommand() *cobra.Command {
	var every, long time.Duration
	var router string
	cmd := &cobra.Command{Use: "path TARGET",
		Short: "Measure each hop on the way to a target, again and again, and store the round trips (Linux)",
		Long: "Finds the hops on the way to TARGET, an address or a name, and asks each of them once in each\n" +
			"interval, until it is stopped. The answers are stored as those of an imported ping are, and while\n" +
			"serve runs on the data directory they enter its running day: the finding lag says when which hop\n" +
			"answered late or not at all. A hop is only accused if its own answers are late or missing.\n\n" +
			"It needs no rights where net.ipv4.ping_group_range lets this user send echo requests. To measure\n" +
			"all the time, name the target in the key probe of serve's config.",
		Example: "uncloak path 198.51.100.7\nuncloak path --interval 2s --duration 1h game.example.net",
		Args:    cobra.ExactArgs(1)}
	fs := cmd.Flags()
	fs.DurationVar(&every, "interval", time.Second, "time between two probes of a hop, from 1s to 1h")
	fs.DurationVar(&long, "duration", 0, "stop after so long, like 10m (default when it is stopped)")
	fs.StringVar(&router, "router", "", "name under which the events are stored (default that of this machine)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if every < probe.IntervalMin || every > intervalMost {
			return usagef("--interval %v: want %v to %v", every, probe.IntervalMin, intervalMost)
		}
		if long < 0 || fs.Changed("duration") && long == 0 {
			return usagef("--duration %v: want more than 0, like 10m", long)
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		target, err := addressOf(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		if long > 0 {
			var end context.CancelFunc
			ctx, end = context.WithTimeout(ctx, long)
			defer end()
		}
		return a.path(ctx, target, every, router)
	}
	return cmd
}

// addressOf resolves a target: an address, or a name, of whose addresses an IPv4 one is taken first.
func addressOf(ctx context.Context, target string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(target); err == nil {
		return addr.Unmap(), nil
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", target)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("find the address of %s: %w", target, err)
	}
	slices.SortStableFunc(all, func(x, y netip.Addr) int { return x.Unmap().BitLen() - y.Unmap().BitLen() })
	return all[0].Unmap(), nil
}

// openProbe opens what probes are sent by, and says what to type where that is not allowed.
func openProbe(target netip.Addr) (probe.Link, func() error, error) {
	link, end, err := probe.Open(target)
	if errors.Is(err, probe.ErrRights) {
		err = fmt.Errorf("%w; allow it with: sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'", err)
	}
	return link, end, err
}

// walking is an `uncloak path` while it runs.
type walking struct {
	a       *app
	to      *captureFeed
	target  netip.Addr
	lines   []byte
	passed  time.Time
	dropped int
	stop    context.CancelFunc // ends the measurement, where lines cannot be stored for good
	hops    map[int]*walkedHop
}

// walkedHop sums up the probes of one hop.
type walkedHop struct {
	addr             netip.Addr
	sent, lost       int
	least, sum, most time.Duration
}

// path measures the way to target until ctx ends.
func (a *app) path(ctx context.Context, target netip.Addr, every time.Duration, router string) error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w; --data names another", err)
	}
	link, end, err := openProbe(target)
	if err != nil {
		return err
	}
	if router == "" {
		if router, err = os.Hostname(); err != nil {
			router = "localhost"
		}
	}
	w := &walking{a: a, target: target, passed: time.Now(), hops: map[int]*walkedHop{},
		to: newLineFeed(a, fmt.Sprintf("path to %v", target), router, "round trips cannot be stored at the "+
			"moment; they wait, the first MiB of them")}
	p := probe.New(link, target, every)
	p.Told = w.told
	p.Traced = func(hops []probe.Hop) {
		for _, h := range hops {
			a.log.Info("hop", "number", h.Number, "address", h.Addr)
		}
	}
	a.log.Info("measuring", "to", target, "each", every, "data", a.cfg.Data)
	began := time.Now()
	ctx, w.stop = context.WithCancel(ctx)
	defer w.stop()
	go w.to.run(ctx)
	err = p.Run(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	err = errors.Join(err, end())
	p.Finish()
	w.stop()
	err = errors.Join(err, w.to.end(w.lines))
	w.summary(time.Since(began))
	return err
}

// told takes the result of one probe, and passes on what is due.
func (w *walking) told(r probe.Result) {
	h := w.hops[r.Hop]
	if h == nil {
		h = &walkedHop{}
		w.hops[r.Hop] = h
	}
	h.addr = r.Addr
	if h.sent++; r.RTT == 0 {
		h.lost++
	} else {
		if h.least == 0 || r.RTT < h.least {
			h.least = r.RTT
		}
		h.sum, h.most = h.sum+r.RTT, max(h.most, r.RTT)
	}
	if w.to.failed.Load() {
		w.stop()
		return
	}
	if len(w.lines) >= pathHeld {
		w.dropped++
		return
	}
	w.lines = r.AppendLine(w.lines, w.target)
	if now := time.Now(); now.Sub(w.passed) >= w.to.every() && !w.to.busy.Load() {
		w.to.in <- w.lines
		w.lines, w.passed = nil, now
	}
}

// summary prints what was measured and stored.
func (w *walking) summary(lasted time.Duration) {
	out := w.a.stdout
	fmt.Fprintf(out, "path to %v in %.1f s; %d new events\n", w.target, lasted.Seconds(), w.to.sum.Events)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "hop\taddress\tsent\tlost\tleast ms\tmean ms\tmost ms\t")
	numbers := make([]int, 0, len(w.hops))
	for n := range w.hops {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		h := w.hops[n]
		number := fmt.Sprint(n)
		if n == probe.HopsMax {
			number = "?"
		}
		fmt.Fprintf(t, "%s\t%v\t%d\t%d\t", number, h.addr, h.sent, h.lost)
		if n := h.sent - h.lost; n > 0 {
			ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
			fmt.Fprintf(t, "%.2f\t%.2f\t%.2f\t\n", ms(h.least), ms(h.sum)/float64(n), ms(h.most))
		} else {
			fmt.Fprintln(t, "\t\t\t")
		}
	}
	_ = t.Flush() // writes where the lines above went
	if w.dropped > 0 {
		fmt.Fprintf(out, "%d probes are not stored: the store took none for too long\n", w.dropped)
	}
	if !w.to.sum.Last.IsZero() {
		day := w.to.sum.Last.In(w.a.cfg.location).Format(time.DateOnly)
		fmt.Fprintf(out, "now: uncloak findings%s --day %s\n", w.a.sameDataFlags(), day)
	}
}
