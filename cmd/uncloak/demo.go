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

// realConfig is what the owner of the captured router would write into his config. The timeouts are those that the router
// was set to: see testdata/nat-burst/README.md.
const realConfig = `timezone: UTC
lan: [192.168.128.0/24]
table: 600
timeouts: {udp: 10s, udp_stream: 20s, icmp: 5s, syn_sent: 20s, syn_recv: 15s, established: 120s,
           fin_wait: 15s, close_wait: 10s, last_ack: 5s, time_wait: 15s, close: 3s}
`

// storyConfig is the config for the story: Linux's own timeouts.
const storyConfig = `timezone: Asia/Tokyo
lan: [192.168.128.0/24]
table: 2048
`

// captureYear is when the capture was made: RFC 3164 stamps have no year.
const captureYear = 2026

// inFlight is how many datagrams may be sent before the receiver has stored them. A socket buffer of 208 KiB, which every Linux grants,
// holds at least 160 of the size that these have in the kernel (1280 bytes each).
const inFlight = 150

func (a *app) demoCommand() *cobra.Command {
	var dir string
	var keep bool
	cmd := &cobra.Command{Use: "demo", Short: "See it work: a real capture, then a story of two days",
		Long: "First replays a bundled real capture: it starts the receiver on a loopback port, sends the datagrams of a router under a\n" +
			"BitTorrent-like burst over UDP, imports the router's dmesg, and prints the report. Then imports the log of two days of a home\n" +
			"network that a generator made, and prints that report. The HTML reports are written below --dir.",
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
		// The first part leaves little behind and the second makes much garbage: twice what lives would be 150 MB.
		defer debug.SetGCPercent(debug.SetGCPercent(50))
		err := errors.Join(a.demoPart(cmd.Context(), dir, "real", realConfig, keep, a.demoReal),
			a.demoPart(cmd.Context(), dir, "story", storyConfig, keep, a.demoStory))
		if err == nil && !keep {
			fmt.Fprintln(a.stdout, "The commands that the reports name need the data of the demo, which is deleted again: uncloak demo --keep leaves it there and names it.")
		}
		return err
	}
	return cmd
}

// stage is where one part of the demo plays.
type stage struct {
	*app          // with the config of the part
	dir, data     string
	configText    string
	clock         *replayClock
	st            *bolt.DB
	house         *house
	client        *http.Client
	keep          bool
	generatedNote string
}

// demoPart opens a data directory of its own for play, and removes it.
func (a *app) demoPart(ctx context.Context, dir, name, config string, keep bool, play func(context.Context, *stage) error) (err error) {
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
	s.st, err = bolt.Open(s.data, bolt.Options{Logger: a.log, NoSync: true}) // it does not outlive the demo
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.st.Close()) }()
	if s.house, err = part.newHouse(s.st, false); err != nil {
		return err
	}
	client, wait := api.InProcess(s.house.handler)
	s.client = client
	defer wait() // before the store is closed
	return play(ctx, s)
}

// replayClock is the time of what is being replayed: the receiver believes that the capture happens now.
type replayClock struct{ ns atomic.Int64 }

func (c *replayClock) now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

func (c *replayClock) set(t time.Time) { c.ns.Store(t.UnixNano()) }

// demoReal is the first part.
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
	res, err := api.Upload(ctx, s.client, dump, api.ImportOptions{Name: "dmesg.txt", Router: "router", CapturedAt: to}.Values())
	if err != nil {
		return err
	}
	if err := api.Rebuild(ctx, s.client); err != nil {
		return err
	}
	s.say("   Imported the router's dmesg: %d lines, %d of them known from syslog, %d new.\n", res.Lines, res.Duplicates, res.Events)
	s.clock.set(to)
	return s.tell(ctx, from.Truncate(time.Minute), to.Truncate(time.Minute).Add(time.Minute), "real.html")
}

// replay sends the capture to a receiver on a loopback port and waits until all of it is stored.
func (s *stage) replay(ctx context.Context) (from, to time.Time, err error) {
	cfg := ingest.DefaultConfig()
	cfg.UDP, cfg.Location, cfg.Log, cfg.Now = []string{"127.0.0.1:0"}, s.cfg.location, s.log, s.clock.now
	cfg.BatchEvery = 2 * time.Millisecond // the replay is 100 times faster than life, and waits for each second's batch
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
	srv, err := ingest.New(cfg, s.house.days)
	if err != nil {
		return from, to, err
	}
	if err := srv.Listen(); err != nil {
		return from, to, err
	}
	rctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(rctx) }()
	defer func() { stop(); err = errors.Join(err, <-served, s.house.days.Save(ctx)) }()

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
		if at.After(s.clock.now()) || sent%inFlight == 0 { // what was sent in a second is received in it, too
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
	s.say("   Sent %d datagrams to the receiver at udp %v in %.1f s; all of them are stored.", sent, addr, time.Since(began).Seconds())
	return from, s.clock.now(), nil
}

// stamps reads the time at which a captured datagram was sent.
type stamps struct {
	p   *parse.Parser
	rec parse.Record
}

func newStamps() *stamps { return &stamps{p: parse.NewParser()} }

// of is the time of line; a line without a stamp came when the one before it did, and time never runs backwards.
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

// demoStory is the second part.
func (a *app) demoStory(ctx context.Context, s *stage) error {
	o := story.Default(s.cfg.location)
	s.generatedNote = "made by uncloak's story generator: no real network"
	s.say("2. A story, GENERATED by a program: two days of a home network with a forgotten BitTorrent client (cmd/uncloak/story).")
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
	s.say("   Imported %d lines in %.1f s, %d of them not understood.\n", res.Lines, time.Since(began).Seconds(), res.Unparsed)
	return s.tell(ctx, o.Start, o.End(), "story.html")
}

// tell prints the text report and writes the HTML one.
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
	return "      " + string(bytes.ReplaceAll(bytes.TrimRight([]byte(text), "\n"), []byte("\n"), []byte("\n      "))) + "\n"
}
