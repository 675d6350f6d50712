package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"uncloak/cmd/uncloak/story"
	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/report/api"
	"uncloak/store/bolt"
	"uncloak/testdata"
)

// realConfig holds the config that fits the captured router. The timeouts are its real settings: see
// testdata/nat-burst/README.md.
const realConfig = `timezone: UTC
lan: [192.168.128.0/24]
table: 600
timeouts: {udp: 10s, udp_stream: 20s, icmp: 5s, syn_sent: 20s, syn_recv: 15s, established: 120s,
           fin_wait: 15s, close_wait: 10s, last_ack: 5s, time_wait: 15s, close: 3s}
`

// storyConfig holds the config for the generated story: with Linux's own timeouts.
const storyConfig = `timezone: Asia/Tokyo
lan: [192.168.128.0/24]
table: 2048
`

// captureYear is the year of the capture, which its RFC 3164 stamps do not have.
const captureYear = 2026

// inFlight limits the datagrams that are sent but not yet stored. A socket buffer of 208 KiB, the default of Linux,
// holds at least 160 of them: each takes 1280 bytes in the kernel.
const inFlight = 150

func (a *app) demoCommand() *cobra.Command {
	var dir string
	var keep bool
	cmd := &cobra.Command{Use: "demo", Short: "See it work: a real capture, then a story of two days",
		Long: "First replays a bundled real capture: it starts the receiver on a loopback port, sends the\n" +
			"datagrams of a router under a BitTorrent-like burst over UDP, imports the router's dmesg, and\n" +
			"prints the report. Then imports the log of two days of a home network that a generator made, and\n" +
			"prints that report. The HTML reports are written below --dir.",
		Example: "uncloak demo\nuncloak demo --keep"}
	cmd.Flags().StringVar(&dir, "dir", "uncloak-demo", "directory for the HTML reports")
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the data directories too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.setup(cmd); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make demo directory: %w", err)
		}
		// The second part makes much garbage. With Go's default the heap would grow to twice the live data, 150 MB.
		defer debug.SetGCPercent(debug.SetGCPercent(50))
		err := errors.Join(a.demoPart(cmd.Context(), dir, "real", realConfig, keep, a.demoReal),
			a.demoPart(cmd.Context(), dir, "story", storyConfig, keep, a.demoStory))
		if err == nil && !keep {
			fmt.Fprintln(a.stdout, "The commands that the reports name need the data of the demo, which is deleted "+
				"again: uncloak demo --keep leaves it there and names it.")
		}
		return err
	}
	return cmd
}

// stage holds all that one part of the demo needs: its own config, clock, data directory and store.
type stage struct {
	*app          // with the config of the part
	dir, data     string
	configText    string
	clock         *replayClock
	st            *bolt.DB
	instance      *instance
	client        *http.Client
	keep          bool
	generatedNote string
}

// demoPart calls play with a data directory of its own, and removes the directory afterwards unless keep is set.
func (a *app) demoPart(ctx context.Context, dir, name, config string, keep bool,
	play func(context.Context, *stage) error) (err error) {
	s := &stage{dir: dir, configText: config, keep: keep, clock: &replayClock{}}
	if s.data, err = os.MkdirTemp(dir, name+"-data-"); err != nil {
		return fmt.Errorf("make demo directory: %w", err)
	}
	if !keep {
		defer os.RemoveAll(s.data)
	}
	file := filepath.Join(s.data, "demo.yaml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return fmt.Errorf("write demo config: %w", err)
	}
	part := *a
	part.now = s.clock.now
	if part.cfg, err = loadConfig(file, nil, pflag.NewFlagSet("demo", pflag.ContinueOnError)); err != nil {
		return err
	}
	part.cfg.Data, s.app = s.data, &part
	s.st, err = bolt.Open(s.data, bolt.Options{Logger: a.log, NoSync: true}) // the data is deleted after the demo
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.st.Close()) }()
	if s.instance, err = part.newInstance(s.st, false); err != nil {
		return err
	}
	client, wait := api.InProcess(s.instance.handler)
	s.client = client
	defer wait() // before the store is closed
	return play(ctx, s)
}

// replayClock shows the time of the replayed line, so that the receiver takes the capture for live traffic.
type replayClock struct{ ns atomic.Int64 }

func (c *replayClock) now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

func (c *replayClock) set(t time.Time) { c.ns.Store(t.UnixNano()) }

// demoReal plays the first part of the demo: the captured datagrams through UDP, then the dmesg of the same router.
func (a *app) demoReal(ctx context.Context, s *stage) error {
	s.say("1. A real capture: a Linux router, 15 minutes, a BitTorrent-like client behind it (testdata/nat-burst).")
	s.say("   The config that its owner would write:\n\n%s", indent(s.configText))
	from, to, err := s.replay(ctx)
	if err != nil {
		return err
	}
	dump, err := testdata.NatBurstDmesg()
	if err != nil {
		return err
	}
	res, err := api.Upload(ctx, s.client, dump, api.ImportOptions{Name: "dmesg.txt", Router: "router",
		CapturedAt: to}.Values())
	if err != nil {
		return err
	}
	if err := api.Rebuild(ctx, s.client); err != nil {
		return err
	}
	s.say("   Imported the router's dmesg: %d lines, %d of them known from syslog, %d new.\n", res.Lines,
		res.Duplicates, res.Events)
	s.clock.set(to)
	return s.tell(ctx, from.Truncate(time.Minute), to.Truncate(time.Minute).Add(time.Minute), "real.html")
}

// replay sends the capture to a receiver on a loopback port and waits until all of it is stored.
func (s *stage) replay(ctx context.Context) (from, to time.Time, err error) {
	cfg := ingest.DefaultConfig()
	cfg.UDP, cfg.Location, cfg.Log, cfg.Now = []string{"127.0.0.1:0"}, s.cfg.location, s.log, s.clock.now
	// the replay is 100 times faster than real time and waits for each second's batch
	cfg.BatchEvery = 2 * time.Millisecond
	capture, err := testdata.NatBurst()
	if err != nil {
		return from, to, err
	}
	in := bufio.NewScanner(capture)
	stamps := newStamps()
	if !in.Scan() {
		return from, to, fmt.Errorf("read capture: %w", in.Err())
	}
	s.clock.set(stamps.of(in.Bytes(), from)) // before the receiver starts
	from = s.clock.now()
	srv, err := ingest.New(cfg, s.instance.days)
	if err != nil {
		return from, to, err
	}
	if err := srv.Listen(); err != nil {
		return from, to, err
	}
	rctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(rctx) }()
	defer func() { stop(); err = errors.Join(err, <-served, s.instance.days.Save(ctx)) }()

	addr := srv.Addrs()[0]
	conn, err := net.Dial("udp", addr.String())
	if err != nil {
		return from, to, fmt.Errorf("replay: %w", err)
	}
	defer conn.Close()
	began, sent := time.Now(), uint64(0)
	arrived := func() error {
		if err := srv.Wait(ctx, func(st ingest.Stats) bool { return st.Stored >= sent }); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		return nil
	}
	for more := true; more; more = in.Scan() {
		at := stamps.of(in.Bytes(), s.clock.now())
		if at.After(s.clock.now()) || sent%inFlight == 0 {
			// the lines of one second must be received before the clock goes on
			if err := arrived(); err != nil {
				return from, to, err
			}
		}
		s.clock.set(at)
		if _, err := conn.Write(bytes.ReplaceAll(in.Bytes(), []byte(`\n`), []byte("\n"))); err != nil {
			return from, to, fmt.Errorf("replay: %w", err)
		}
		sent++
	}
	if err := in.Err(); err != nil {
		return from, to, fmt.Errorf("read capture: %w", err)
	}
	if err := arrived(); err != nil {
		return from, to, err
	}
	s.say("   Sent %d datagrams to the receiver at udp %v in %.1f s; all of them are stored.", sent, addr,
		time.Since(began).Seconds())
	return from, s.clock.now(), nil
}

// stamps reads the time at which a captured datagram was sent.
type stamps struct {
	p   *parse.Parser
	rec parse.Record
}

func newStamps() *stamps { return &stamps{p: parse.NewParser()} }

// of returns the time of line. A line without a stamp, or with an earlier one than the line before it, has the time of
// that line.
func (x *stamps) of(line []byte, last time.Time) time.Time {
	x.p.Line(line, &x.rec)
	s := &x.rec.Stamp
	if !s.HasClock || s.Month == 0 {
		return last
	}
	t := time.Date(captureYear, time.Month(s.Month), int(s.Day), int(s.Hour), int(s.Minute), int(s.Second), 0, time.UTC)
	if t.Before(last) {
		return last
	}
	return t
}

// demoStory plays the second part of the demo: it imports a generated log.
func (a *app) demoStory(ctx context.Context, s *stage) error {
	o := story.Default(s.cfg.location)
	s.generatedNote = "made by uncloak's story generator: no real network"
	s.say("2. A story, GENERATED by a program: two days of a home network with a forgotten BitTorrent client " +
		"(cmd/uncloak/story).")
	s.say("   The config:\n\n%s", indent(s.configText))
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(story.Write(pw, o)) }()
	began := time.Now()
	s.clock.set(o.End())
	res, err := api.Upload(ctx, s.client, pr, api.ImportOptions{Name: "story.log", Modified: o.End()}.Values())
	if err != nil {
		return err
	}
	if err := api.Rebuild(ctx, s.client); err != nil {
		return err
	}
	s.say("   Imported %d lines in %.1f s, %d of them not understood.\n", res.Lines, time.Since(began).Seconds(),
		res.Unparsed)
	return s.tell(ctx, o.Start, o.End(), "story.html")
}

// tell prints the text report and writes the HTML report.
func (s *stage) tell(ctx context.Context, from, to time.Time, html string) error {
	v := url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}}
	set(v, "generated", s.generatedNote)
	if s.keep {
		v.Set("data", s.data)
	}
	s.terminal(v, "")
	if err := s.fetch(ctx, v, ""); err != nil {
		return err
	}
	v.Set("format", "html")
	name := filepath.Join(s.dir, html)
	if err := s.fetch(ctx, v, name); err != nil {
		return err
	}
	s.say("\n   The same with pictures: %s", name)
	if s.keep {
		s.say("   The data: %s", s.data)
	}
	s.say("")
	return nil
}

func (s *stage) fetch(ctx context.Context, v url.Values, name string) error {
	body, err := api.Get(ctx, s.client, "/v1/report", v)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.copyTo(name, body)
}

func (s *stage) say(format string, args ...any) { fmt.Fprintf(s.stdout, format+"\n", args...) }

func indent(text string) string {
	return "      " + string(bytes.ReplaceAll(bytes.TrimRight([]byte(text), "\n"), []byte("\n"), []byte("\n      "))) +
		"\n"
}
