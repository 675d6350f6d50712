package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest/live"
	"uncloak/ingest/wire"
)

const (
	captureAhead  = 1 << 20 // bytes of lines that are passed on before they are due
	captureHeld   = 8 << 20 // bytes of lines beyond which frames wait in the kernel's buffer
	countEvery    = 10 * time.Second
	captureEnding = time.Minute // time for storing the last lines after a stop
)

// captureFlags holds the flags of `uncloak capture`. Sizes are in MiB.
type captureFlags struct {
	on                                    []string
	router, user, write                   string
	snap, buffer, rotateSize, rotateFiles int
	own                                   bool
	duration                              time.Duration
}

func (a *app) captureCommand() *cobra.Command {
	var f captureFlags
	cmd := &cobra.Command{Use: "capture [FILTER…]",
		Short: "Take packets from this machine's network interfaces as they pass, and store the sessions (Linux)",
		Long: "Reads what passes at network interfaces, as tcpdump does, and stores what import makes of a capture:\n" +
			"a line for the beginning and the end of each session, resets, questions to name servers, names that\n" +
			"HTTP, TLS and QUIC clients ask for, leases. FILTER is an expression of tcpdump (pcap-filter(7)),\n" +
			"which is compiled by tcpdump. While serve runs on the data directory, the events go into its running\n" +
			"day.\n\n" +
			"Without -i it takes the first interface that is up and is not lo, as tcpdump does. -i lo shows what\n" +
			"the services of this machine say to each other: a service that calls a port where nothing listens\n" +
			"is seen nowhere else. -i any takes all that are up.\n\n" +
			"It needs root, or the capability CAP_NET_RAW, to open the interfaces. After that root becomes\n" +
			"--user, else the owner of the data directory, else who called sudo. Packets that the kernel had to\n" +
			"drop are counted, shown and stored. TERM and INT stop it, with a summary.",
		Example: "sudo uncloak capture -i eth0,lo\n" +
			"sudo uncloak capture -i lo 'tcp[tcpflags] & (tcp-syn|tcp-rst) != 0'\n" +
			"sudo uncloak capture -i eth0 --duration 10m --write lan.pcapng --rotate-size 100 --rotate-files 5",
		Args: cobra.ArbitraryArgs}
	fs := cmd.Flags()
	fs.StringSliceVarP(&f.on, "interface", "i", nil, "interfaces, with commas between them, or any (default the first "+
		"that is up, but not lo)")
	fs.StringVar(&f.router, "router", "", "name under which the events are stored (default that of this machine)")
	fs.StringVar(&f.user, "user", "", "as root: the user to become once the interfaces are open; root stays root "+
		"(default the owner of the data directory, else who called sudo)")
	fs.StringVarP(&f.write, "write", "w", "", "also write the packets to this file, as pcapng")
	fs.IntVar(&f.rotateSize, "rotate-size", 100,
		"MiB of such a file; a full one is renamed, lan.pcapng to lan.1.pcapng")
	fs.IntVar(&f.rotateFiles, "rotate-files", 10, "number of such files that are kept")
	fs.IntVarP(&f.snap, "snaplen", "s", live.SnapMax, "bytes that are taken of each packet")
	fs.IntVar(&f.buffer, "buffer", 64, "MiB that the kernel holds for a moment, of all interfaces together")
	fs.BoolVarP(&f.own, "no-promiscuous-mode", "p", false, "only packets that are for this machine anyway")
	fs.DurationVar(&f.duration, "duration", 0, "stop after so long, like 10m (default when it is stopped)")
	_ = cmd.RegisterFlagCompletionFunc("interface",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(interfaceNames(), "any"), cobra.ShellCompDirectiveNoFileComp
		})
	cmd.RunE = func(cmd *cobra.Command, filter []string) error {
		if err := f.validate(cmd); err != nil {
			return err
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		return a.capture(cmd.Context(), &f, filter)
	}
	return cmd
}

func (f *captureFlags) validate(cmd *cobra.Command) error {
	within := func(flag string, n, least, most int) error {
		if n < least || n > most {
			return usagef("--%s %d: want %d to %d", flag, n, least, most)
		}
		return nil
	}
	if f.duration < 0 || cmd.Flags().Changed("duration") && f.duration == 0 {
		return usagef("--duration %v: want more than 0, like 10m", f.duration)
	}
	if fs := cmd.Flags(); f.write == "" && (fs.Changed("rotate-size") || fs.Changed("rotate-files")) {
		return usagef("--rotate-size and --rotate-files are for --write")
	}
	return errors.Join(within("snaplen", f.snap, 64, live.SnapMax),
		within("buffer", f.buffer, live.BufferMin>>20, live.BufferMax>>20),
		within("rotate-size", f.rotateSize, 1, 1<<20), within("rotate-files", f.rotateFiles, 1, 1000))
}

func interfaceNames() (names []string) {
	all, _ := net.Interfaces() // without them: no names
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// captureOn returns the interfaces that the flag -i means.
func captureOn(names []string, all []net.Interface) (on []string, err error) {
	slices.SortFunc(all, func(a, b net.Interface) int {
		lo := func(i net.Interface) int { return int(i.Flags & net.FlagLoopback) }
		return cmp.Or(cmp.Compare(lo(a), lo(b)), cmp.Compare(a.Index, b.Index))
	})
	up := slices.DeleteFunc(slices.Clone(all), func(i net.Interface) bool { return i.Flags&net.FlagUp == 0 })
	switch {
	case len(up) == 0:
		return nil, errors.New("no interface of this machine is up")
	case len(names) == 0:
		return []string{up[0].Name}, nil
	}
	for _, name := range names {
		at := slices.IndexFunc(all, func(i net.Interface) bool { return i.Name == name })
		switch {
		case name == "any":
			for _, i := range up {
				on = append(on, i.Name)
			}
		case at < 0:
			return nil, usagef("there is no interface %q: there are %s", name, strings.Join(interfaceNames(), ", "))
		case all[at].Flags&net.FlagUp == 0:
			return nil, fmt.Errorf("the interface %s is down: ip link set dev %s up", name, name)
		default:
			on = append(on, name)
		}
	}
	var once []string
	for _, name := range on {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	if len(once) > live.InterfacesMax {
		return nil, usagef("%d interfaces: name %d of them at most with -i", len(once), live.InterfacesMax)
	}
	return once, nil
}

// openLive opens the interfaces, and says what to do where that fails.
func openLive(ctx context.Context, f *captureFlags, filter []string) (*live.Source, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the interfaces: %w", err)
	}
	on, err := captureOn(f.on, all)
	if err != nil {
		return nil, err
	}
	src, err := live.Open(live.Options{Interfaces: on, Snap: f.snap, Buffer: f.buffer << 20, Own: f.own,
		Filter: live.Compile(ctx, filter, f.snap)})
	var refused live.RefusedError
	switch {
	case errors.As(err, &refused):
		return nil, usageError{err}
	case errors.Is(err, live.ErrRights):
		return nil, fmt.Errorf("%w: run it with sudo, or allow it once with sudo setcap cap_net_raw=ep %s", err,
			quote(program0()))
	}
	return src, err
}

// program0 returns the path of this program.
func program0() string {
	path, err := os.Executable()
	if err != nil {
		return "uncloak"
	}
	return path
}

// capture takes packets until ctx ends, and stores what they say.
func (a *app) capture(ctx context.Context, f *captureFlags, filter []string) (err error) {
	u, err := a.captureUser(f.user)
	if err != nil {
		return err
	}
	src, err := openLive(ctx, f, filter)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := become(u); err != nil {
		return err
	}
	if err := a.dataFor(u); err != nil {
		return err
	}
	// near the limit the heap is collected more often
	debug.SetMemoryLimit(int64(a.cfg.Memory) << 20)
	on := src.Interfaces()
	var names []string
	for _, i := range on {
		names = append(names, i.Name)
	}
	c := &capturing{a: a, src: src, text: wire.NewLive(on), told: make([]uint64, len(on))}
	if f.write != "" {
		if c.save, err = live.NewSaver(f.write, int64(f.rotateSize)<<20, f.rotateFiles, on); err != nil {
			return fmt.Errorf("--write: %w", err)
		}
	}
	router := f.router
	if router == "" {
		if router, err = os.Hostname(); err != nil {
			router = "localhost"
		}
	}
	a.log.Info("capturing", "on", strings.Join(names, ", "), "filter", strings.Join(filter, " "), "as", nameOf(u),
		"data", a.cfg.Data)
	if len(f.on) == 0 {
		a.log.Info("other interfaces are taken with -i, like -i eth0,lo; all with -i any")
	}
	if f.duration > 0 {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, f.duration)
		defer end()
	}
	return c.run(ctx, newCaptureFeed(a, strings.Join(names, ","), router), names)
}

// capturing is a capture while it runs.
type capturing struct {
	a     *app
	src   *live.Source
	text  *wire.Text
	save  *live.Saver // nil: packets are not written
	told  []uint64    // drops of each interface that were told of
	wrong error       // why packets are no longer written
}

// run reads until ctx ends, stores what the kernel still holds, and prints the summary.
func (c *capturing) run(ctx context.Context, to *captureFeed, names []string) error {
	began := time.Now()
	passed, counted := began, began
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go to.run(ctx)
	var err error
	for err == nil && ctx.Err() == nil && !to.failed.Load() {
		var any bool
		any, err = c.src.Read(c.take)
		now := time.Now()
		if !any {
			c.text.Quiet(now.UnixNano())
		}
		if now.Sub(counted) >= countEvery {
			counted = now
			c.count()
		}
		if n := c.text.Waiting(); n >= captureAhead || n > 0 && now.Sub(passed) >= to.every() {
			passed = now
			c.pass(to)
		}
	}
	lasted := time.Since(began)
	err = errors.Join(err, c.src.Drain(c.take))
	counts := c.count()
	if c.save != nil && c.wrong == nil {
		c.wrong = c.save.Close(counts)
	}
	c.text.Finish()
	stop()
	err = errors.Join(err, to.end(c.text.Lines()))
	c.summary(to, names, lasted, counts)
	if c.wrong != nil {
		err = errors.Join(err, fmt.Errorf("--write: %w", c.wrong))
	}
	return err
}

// take takes one packet.
func (c *capturing) take(f *wire.Frame) {
	c.text.Take(f)
	if c.save != nil && c.wrong == nil {
		if c.wrong = c.save.Save(f); c.wrong != nil {
			c.a.log.Error("no more packets are written; the capture goes on", "error", c.wrong)
		}
	}
}

// pass gives the lines to be stored. While the last ones are still being stored it waits only where there are too many:
// then packets wait in the kernel's buffer, and what does not fit there is counted.
func (c *capturing) pass(to *captureFeed) {
	if to.busy.Load() && c.text.Waiting() < captureHeld {
		return
	}
	to.in <- c.text.Lines()
}

// count asks for the kernel's counts, and tells of packets that were dropped.
func (c *capturing) count() []live.Counts {
	counts := c.src.Counts()
	for i, n := range counts {
		if lost := n.Dropped - c.told[i]; lost > 0 {
			c.told[i] = n.Dropped
			c.text.Drops(i, lost)
			c.a.log.Warn("packets dropped by kernel: it brought more than could be taken; a filter, a shorter "+
				"--snaplen or a larger --buffer help", "packets", lost, "of", lost+n.Packets)
		}
	}
	for _, name := range c.src.Down() {
		c.a.log.Warn("the interface went down; it is read again once it is up", "interface", name)
	}
	return counts
}

// summary prints what was captured and stored.
func (c *capturing) summary(to *captureFeed, names []string, lasted time.Duration, counts []live.Counts) {
	st := c.text.Stats()
	out := fmt.Sprintf("captured on %s in %.1f s: %v", strings.Join(names, ", "), lasted.Seconds(), &st)
	if st.Dropped == 0 {
		out += ", none dropped by kernel"
	}
	var brought uint64
	for _, n := range counts {
		brought += n.Packets
	}
	if brought != st.Frames {
		out += fmt.Sprintf(" (the kernel counts %d frames)", brought)
	}
	fmt.Fprintf(c.a.stdout, "%s; %d new events\n", out, to.sum.Events)
	if !to.sum.Last.IsZero() {
		day := to.sum.Last.In(c.a.cfg.location).Format(time.DateOnly)
		fmt.Fprintf(c.a.stdout, "now: uncloak report%s --day %s\n", c.a.sameDataFlags(), day)
	}
}
