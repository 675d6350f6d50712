package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/ingest/metrics"
	"uncloak/report/api"
	"uncloak/report/notify"
	"uncloak/store"
)

// instance holds all that one process builds on an open store: the summaries of days, the API, and the settings.
type instance struct {
	days       *ingest.Days
	acks       *api.AckFile
	told       *api.ToldFile
	maintainer maintainer
	log        *slog.Logger
	handler    *api.Handler
	settings   atomic.Pointer[api.Settings] // serve replaces them at SIGHUP
	mail       atomic.Pointer[mailSettings] // serve replaces them at SIGHUP
	listens    atomic.Pointer[[]string]     // the addresses at which serve receives
	judged     atomic.Pointer[metrics.Judged]
	notifier   *notify.Notifier      // nil: not of serve
	present    func() error          // of the store
	gone       atomic.Pointer[error] // what present said at the last look; nil: all is there
	receiver   atomic.Pointer[ingest.Server]
	missing    atomic.Pointer[map[string]uint64] // estimated missing lines by router: see estimated
}

// maintainedStore is a store with the methods that back up, compact and delete its files.
type maintainedStore interface {
	store.Store
	store.Maintainer
	Present() error // whether the data directory and its open files are still those that were opened
	Writable() bool // false: it is open for reading alone
}

// newInstance connects the parts of an instance. It starts no goroutine.
func (a *app) newInstance(st maintainedStore, daemon bool) (*instance, error) {
	h := &instance{days: ingest.NewDays(st, a.cfg.detect(), a.log), acks: api.NewAckFile(a.cfg.Data),
		told: api.NewToldFile(a.cfg.Data), log: a.log}
	h.maintainer, h.present = maintainer{st, h.days}, st.Present
	h.settings.Store(a.settings())
	h.mail.Store(a.cfg.mailSettings())
	reports, streams := 0, 0
	if daemon { // other commands end soon and need no such limit
		reports, streams = readers(a.cfg.Memory)
	}
	names := ""
	if st.Writable() {
		names = filepath.Join(a.cfg.Data, api.NamesFile)
	}
	h.handler = api.NewHandler(api.Config{
		Reports: reports, Streams: streams,
		Store: h.days, Days: h.days, Keeper: h.maintainer, Settings: func() api.Settings { return *h.settings.Load() },
		Import: a.importer(h.days, daemon), Now: a.now, Version: versionText(), Daemon: daemon, Listens: h.listening,
		Refusing: h.refusing, Acks: h.acks, Told: h.told, NamesPath: names, Log: a.log,
	})
	return h, nil
}

// readers returns how many reports and streams of events serve may answer at once with the given memory in MB: a report
// of a busy month takes some 100 MB, a stream 20.
func readers(memory int) (reports, streams int) {
	return min(max(memory/256, 1), 4), min(max(memory/64, 2), 16)
}

// listening returns the addresses at which serve receives, such as "udp [::]:514".
func (h *instance) listening() []string {
	if l := h.listens.Load(); l != nil {
		return *l
	}
	return nil
}

// estimated returns how many lines of each router's last day must be missing, as of the last look for findings.
func (h *instance) estimated() map[string]uint64 {
	if m := h.missing.Load(); m != nil {
		return *m
	}
	return nil
}

// refusing returns why the received lines are not stored at the moment; nil if they are.
func (h *instance) refusing() error {
	if s := h.receiver.Load(); s != nil {
		if err := s.Refusing(); err != nil {
			return err
		}
	}
	if err := h.gone.Load(); err != nil && !errors.Is(*err, store.ErrLost) {
		return *err
	}
	return nil
}

// look notes whether the data directory is still there. It logs a change, when whoever asks is told so already.
func (h *instance) look() {
	err := h.present()
	var now *error
	if err != nil {
		now = &err
	}
	was := h.gone.Swap(now)
	switch {
	case errors.Is(err, store.ErrLost):
		if was == nil || !errors.Is(*was, store.ErrLost) {
			h.log.Error("stored lines were taken away while serve runs", "error", err)
		}
	case err != nil && was == nil:
		h.log.Error("nothing is stored until the data directory is back", "error", err)
	case err == nil && was != nil:
		h.log.Info("the data directory is back")
	}
}

// healthSource holds the figures of serve that /metrics and /healthz show.
type healthSource struct {
	*ingest.Server
	h *instance
}

// Refusing returns why lines are not stored at the moment, also where none have come since the directory went away, or
// that stored ones were taken away.
func (s healthSource) Refusing() error {
	if err := s.h.refusing(); err != nil {
		return err
	}
	if err := s.h.gone.Load(); err != nil {
		return *err
	}
	return nil
}

// settings returns the part of the config that can change while serve runs.
func (a *app) settings() *api.Settings {
	return &api.Settings{Detect: a.cfg.detect(), Language: a.cfg.language, Resolver: a.cfg.Names.Resolver,
		MMDB:  present(a.cfg.MMDB),
		Known: a.cfg.rules(), Retain: a.cfg.Retain.keep(), Dialects: a.cfg.dialects(), InForce: a.cfg.inForce()}
}

// localFile is the body of an upload within this process. ingest reads the file itself, twice; an upload through a
// socket would have to be copied first.
type localFile struct {
	*os.File
	progress func(done, total int64)
}

// importer returns the function with which the API imports a file into days. Only a daemon has a running day for what
// is live.
func (a *app) importer(days *ingest.Days, daemon bool) api.ImportFunc {
	return func(ctx context.Context, r io.Reader, o api.ImportOptions) (api.ImportResult, error) {
		opt := ingest.Options{Format: o.Format, Router: o.Router, Year: o.Year, Location: o.Location,
			CapturedAt: o.CapturedAt, BootTime: o.Boot, Live: o.Live && daemon, Now: a.now}
		var err error
		if opt.Dialect, err = dialect(o.Dialect); err == nil {
			err = opt.Validate()
		}
		if err != nil {
			return api.ImportResult{}, api.Bad(err)
		}
		var sum ingest.Summary
		if f, ok := r.(*localFile); ok {
			opt.Progress = f.progress
			sum, err = ingest.Import(ctx, days, opt, f.Name())
		} else {
			sum, err = ingest.ImportReader(ctx, days, opt, o.Name, r, o.Modified)
		}
		res := api.ImportResult{Lines: sum.Lines, Events: sum.Events, Duplicates: sum.Duplicates,
			Unparsed: sum.Unparsed, Skipped: sum.Skipped, Notes: sum.Notes, CutShort: sum.Cut > 0}
		for _, d := range sum.Days {
			if res.First.IsZero() || d.First.Before(res.First) {
				res.First = d.First
			}
			if d.Last.After(res.Last) {
				res.Last = d.Last
			}
		}
		if err != nil && ctx.Err() == nil && !ingest.OfStore(err) {
			err = api.NotRead(err)
		}
		return res, err
	}
}

// judge returns the findings of w, with the acknowledged ones marked, and the days that they rest on.
func (h *instance) judge(ctx context.Context, w store.Window) ([]detect.Finding, []*detect.Day, error) {
	days, err := h.days.Load(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	missing := detect.MissingLines(days)
	h.missing.Store(&missing)
	set, at := h.settings.Load(), detect.Window{From: w.From, To: w.To}
	rules, err := api.Rules(set.Known, h.acks)
	if err != nil {
		h.log.Warn("the acknowledgements cannot be read, so all findings are reported", "error", err)
	}
	fs := detect.Findings(days, set.Detect, at)
	detect.MarkKnown(fs, rules, w.To, at.Covered(days))
	return fs, days, nil
}
