package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/ingest/metrics"
	"uncloak/report"
	"uncloak/report/api"
	"uncloak/report/notify"
	"uncloak/store"
	"uncloak/store/bolt"
)

// tidyEvery is the interval at which serve looks for finished days to rewrite in their smallest form.
const tidyEvery = time.Hour

func (a *app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "serve", Short: "Receive syslog, store it, look for findings, until stopped",
		Long: `Receives syslog (RFC 3164 and 5424; over UDP, TCP and TLS; newline, NUL or octet-counted) and stores
it. It also reads files as they grow, the kernel's messages, systemd's journal and standard input. Each
minute it looks for findings and logs the new ones. TERM and INT stop it: lines that have arrived are
stored first. HUP rereads the config file and the certificates.

Without --udp and --tcp it listens on port 514, or on 5514 where 514 is not permitted; an address that
is given is used, or serve fails. "" turns one off: --tcp "". Sockets that systemd passes on replace
the default ones.`,
		Example: `uncloak serve
uncloak serve --udp :5514 --tcp :5514 --data ~/network
uncloak serve --tls-cert logs.crt --tls-key logs.key --tls-client-ca ca.crt --tls-allow gw.example.net
uncloak serve --follow /var/log/router.log --kmsg --journal
conntrack -E -o timestamp | uncloak serve --stdin --udp '' --tcp ''`}
	listenFlags(cmd)
	feedFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.setup(cmd); err != nil {
			return err
		}
		return a.serve(cmd.Context())
	}
	return cmd
}

// serve runs the daemon. Stop order: sockets, drain, flush, day, store; beside it the API, which lets its readers
// finish.
func (a *app) serve(ctx context.Context) (err error) {
	straight := a.log
	log := newLogWriter(a.stderr, func(lost uint64) {
		straight.Warn("lines of this log were lost: nobody read them", "lines", lost)
	})
	a.log = a.logTo(log)
	defer log.close()
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	h, err := a.newInstance(st, true)
	if err != nil {
		return err
	}
	channels, _ := a.cfg.channels() // checked by complete
	h.notifier = notify.New(a.cfg.Data, channels, a.now, a.log)
	probers, lines := a.probers()
	srv, err := a.listen(h.days, lines)
	if err != nil {
		return err
	}
	words := srv.Listening()
	h.listens.Store(&words)
	h.receiver.Store(srv)
	if err := h.days.Resume(ctx); err != nil {
		return err
	}
	l, err := api.Listen(a.cfg.Data)
	if err != nil {
		return err
	}
	// near the limit the heap is collected more often
	debug.SetMemoryLimit(int64(a.cfg.Memory) << 20)
	shown := metrics.NewHandler(healthSource{srv, h}, h.estimated, h.judged.Load, versionText())
	stopAPI := sync.OnceValue(serveAPI(l, both(h.handler, shown), a.log))
	defer func() { err = errors.Join(err, stopAPI()) }()
	stopHTTP, err := a.showAt(a.cfg.Listen.HTTP, h, shown)
	if err != nil {
		return err
	}
	stopHTTP = sync.OnceValue(stopHTTP)
	defer func() { err = errors.Join(err, stopHTTP()) }()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)

	a.notify(sd.SdNotifyReady)
	defer context.AfterFunc(ctx, func() { a.notify(sd.SdNotifyStopping) })()
	a.log.Info("listening", "at", strings.Join(words, ", "), "data", a.cfg.Data, "version", versionText())

	g, gctx := errgroup.WithContext(ctx)
	gctx, end := context.WithCancel(gctx)
	defer end()
	defer context.AfterFunc(gctx, func() { // a slow reader has as long as the sockets have
		go stopHTTP()
		stopAPI()
	})()
	g.Go(func() error { defer end(); return srv.Serve(gctx) }) // Serve ends by itself when all sources have ended
	g.Go(func() error { return a.watchdog(gctx, srv) })
	g.Go(func() error { return a.watch(gctx, h, srv, hup) })
	g.Go(func() error { return a.tidy(gctx, h, st) })
	g.Go(func() error { return a.mailReports(gctx, h) })
	g.Go(func() error { return h.notifier.Run(gctx) })
	for _, p := range probers {
		g.Go(func() error { return p.run(gctx) })
	}
	err = g.Wait()
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	err = errors.Join(err, h.present(), h.days.Save(context.WithoutCancel(ctx)))
	a.log.Info("stopped", "events", srv.Stats().Stored)
	return err
}

// openStore opens the store for a daemon: another daemon is an error; it waits for a command that is about to end.
func (a *app) openStore(ctx context.Context) (*bolt.DB, error) {
	if a.readOnly {
		return nil, usagef("serve writes into the data directory: leave out --read-only")
	}
	for start := time.Now(); ; {
		st, err := bolt.Open(a.cfg.Data, bolt.Options{Logger: a.log, KeepRaw: a.cfg.keepRaw,
			ReadMemory: int64(a.cfg.Memory) << 20 / 8, Memory: int64(a.cfg.Memory) << 20})
		if err == nil || !errors.Is(err, store.ErrLocked) || time.Since(start) > lockPatience {
			return st, err
		}
		if _, v, dialErr := api.Dial(ctx, a.cfg.Data); dialErr == nil && v.Daemon {
			return nil, fmt.Errorf("%w: serve runs there already", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// watch looks for findings and saves the running day each minute, and rereads the config at each HUP, until ctx ends.
func (a *app) watch(ctx context.Context, h *instance, srv *ingest.Server, hup <-chan os.Signal) error {
	tick := time.NewTicker(a.judgeEvery)
	defer tick.Stop()
	t := newTeller(a.lately(h))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			a.notify(reloading())
			a.reload(h, srv)
			a.notify(sd.SdNotifyReady)
		case <-tick.C:
			h.look()
			if err := h.days.Save(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("the running day is not saved", "error", err)
			}
			a.announce(ctx, h, t)
		}
	}
}

// tidy deletes days beyond the limits of retain and compacts finished days, until ctx ends.
func (a *app) tidy(ctx context.Context, h *instance, st *bolt.DB) error {
	a.retainNow(ctx, h)
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			a.retainNow(ctx, h)
			if err := st.Tidy(ctx, api.Finished(a.now()), false); err != nil && ctx.Err() == nil {
				a.log.Error("finished days are not compacted", "error", err)
			}
		}
	}
}

// announce logs the incidents of the last 24 hours that are new or worse, passes them on, and keeps what it has
// announced. Those that the owner has acknowledged are left out.
func (a *app) announce(ctx context.Context, h *instance, t *teller) {
	defer func() { // a fault in a detector must not stop the receiver
		if r := recover(); r != nil {
			a.log.Error("no findings this minute: please report this", "panic", fmt.Sprint(r),
				"stack", string(debug.Stack()))
		}
	}()
	now := a.now()
	fs, days, err := h.judge(ctx, store.Window{From: now.Add(-24 * time.Hour), To: now})
	if err != nil {
		if ctx.Err() == nil {
			a.log.Error("no findings this minute", "error", err)
		}
		return
	}
	fs = slices.DeleteFunc(fs, func(f detect.Finding) bool { return f.Silent() })
	opt := report.Options{From: now.Add(-24 * time.Hour), To: now, Now: now, Location: a.cfg.location,
		Config: h.settings.Load().Detect}
	told := a.tellNew(fs, days, opt, t)
	if err := h.told.Add(told, now); err != nil {
		a.log.Error("reports will not know what was announced this minute", "error", err)
	}
	h.alert(told, fs)
	h.count(fs, days, opt.Config, now)
}

// tellNew logs the incidents that were not there the last time, or were less severe, with their titles, and returns
// them.
func (a *app) tellNew(fs []detect.Finding, days []*detect.Day, opt report.Options, t *teller) (told []detect.Told) {
	current := map[string]detect.Severity{}
	left := 0
	for _, in := range report.Incidents(fs) {
		current[in.ID] = in.Severity
		if s, ok := t.known[in.ID]; ok && in.Severity.Rank() <= s.Rank() {
			continue
		}
		if !t.may(opt.Now) {
			left++
			continue
		}
		f, level := *in.First(), slog.LevelInfo
		report.Describe(&f, opt)
		if in.Severity != detect.Info {
			level = slog.LevelWarn
		}
		f.Title = report.Clean(f.Title)
		a.log.Log(context.Background(), level, "finding",
			"title", f.Title, "severity", string(in.Severity), "kind", f.Kind,
			"host", f.Host, "name", f.Name,
			"router", f.Router, "score", f.Score, "findings", len(in.Findings), "id", in.ID)
		told = append(told, opt.Config.Tell(in.ID, in.Severity, &f, opt.Now.UTC(), days))
	}
	if left > 0 {
		a.log.Warn("further findings are not logged one by one: see uncloak findings", "findings", left)
	}
	t.known = current
	return told
}

// lately returns what was announced in the last 24 hours, so that a restart does not announce it again.
func (a *app) lately(h *instance) map[string]detect.Severity {
	known := map[string]detect.Severity{}
	told, damaged, err := h.told.List(a.now())
	switch {
	case err != nil:
		a.log.Warn("what was announced before is not known", "error", err)
	case damaged > 0:
		a.log.Warn("some announcements cannot be read", "file", api.ToldName, "damaged lines", damaged)
	}
	for _, t := range told {
		if a.now().Sub(t.At) < 24*time.Hour {
			known[t.ID] = t.Severity
		}
	}
	return known
}

// reload reads the config again. It logs the changed settings that only a restart can apply. If one setting is wrong,
// all stay as they are.
func (a *app) reload(h *instance, srv *ingest.Server) {
	cfg, err := a.loadConfig(a.flags)
	var set ingest.Settings
	if err == nil {
		set, err = cfg.receive()
	}
	if err != nil {
		a.log.Error("config not reread: the old one stays in force", "error", err)
		return
	}
	was, is := a.cfg.detect(), cfg.detect()
	var fixed []string
	for _, p := range []struct {
		key      string
		old, new any
	}{
		{"data", a.cfg.Data, cfg.Data},
		{"lan", a.cfg.LAN, cfg.LAN},
		{"timeouts", a.cfg.Timeouts, cfg.Timeouts},
		{"listen", a.cfg.Listen, cfg.Listen},
		{"web", a.cfg.Web, cfg.Web},
		{"limits", a.cfg.Limits, cfg.Limits},
		{"memory", a.cfg.Memory, cfg.Memory},
		{"follow", a.cfg.Follow, cfg.Follow},
		{"kmsg", a.cfg.Kmsg, cfg.Kmsg},
		{"journal", a.cfg.Journal, cfg.Journal},
		{"probe", a.cfg.Probe, cfg.Probe},
		{"routers: timeouts", was.Held, is.Held},
		{"log.format", a.cfg.Log.Format, cfg.Log.Format},
	} {
		if !reflect.DeepEqual(p.old, p.new) {
			fixed = append(fixed, p.key)
		}
	}
	cfg.Data = a.cfg.Data
	cfg.LAN = a.cfg.LAN
	cfg.Timeouts = a.cfg.Timeouts
	cfg.Listen = a.cfg.Listen
	cfg.Web = a.cfg.Web
	cfg.Log.Format = a.cfg.Log.Format
	cfg.KeepRaw = a.cfg.KeepRaw
	cfg.keepRaw = a.cfg.keepRaw
	a.cfg = cfg
	_ = a.level.UnmarshalText([]byte(cfg.Log.Level)) // checked by complete
	srv.Set(set)
	h.settings.Store(a.settings())
	h.mail.Store(a.cfg.mailSettings())
	channels, _ := cfg.channels() // checked by complete
	h.notifier.Set(channels)
	a.log.Info("config reread", "config", a.configFile)
	if len(fixed) > 0 {
		a.log.Warn("these settings change only with a restart", "keys", strings.Join(fixed, ", "))
	}
}
