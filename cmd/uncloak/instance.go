package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/report/api"
	"uncloak/store"
)

// house is everything that is built on an open store: the days, and the API over both.
type house struct {
	days     *ingest.Days
	acks     *api.AckFile
	keeper   keeper
	log      *slog.Logger
	handler  http.Handler
	settings atomic.Pointer[api.Settings] // HUP changes them
	listens  atomic.Pointer[[]string]     // where serve receives
	receiver atomic.Pointer[ingest.Server]
	missing  atomic.Pointer[map[string]uint64] // by router: see estimated
}

// kept is a store whose files can be looked after.
type kept interface {
	store.Store
	store.Maintainer
}

// newHouse wires the house. It starts nothing.
func (a *app) newHouse(st kept, daemon bool) (*house, error) {
	h := &house{days: ingest.NewDays(st, a.cfg.detect(), a.log), acks: api.NewAckFile(a.cfg.Data), log: a.log}
	h.keeper = keeper{st, h.days}
	h.settings.Store(a.settings())
	reports, streams := 0, 0
	if daemon { // a command that serves others beside itself ends soon
		reports, streams = readers(a.cfg.Memory)
	}
	h.handler = api.NewHandler(api.Config{
		Reports: reports, Streams: streams,
		Store: h.days, Days: h.days, Keeper: h.keeper, Settings: func() api.Settings { return *h.settings.Load() },
		Import: a.importer(h.days), Now: a.now, Version: versionText(), Daemon: daemon, Listens: h.listening, Refusing: h.refusing, Acks: h.acks, Log: a.log,
	})
	return h, nil
}

// readers is how many reports and streams of events serve works on at once with so many MB: a report of a busy month takes
// some 100 MB, a stream 20.
func readers(memory int) (reports, streams int) {
	return min(max(memory/256, 1), 4), min(max(memory/64, 2), 16)
}

// listening is where serve receives: "udp [::]:514".
func (h *house) listening() []string {
	if l := h.listens.Load(); l != nil {
		return *l
	}
	return nil
}

// estimated is how many lines must be missing of each router's last day, as of the last look for findings.
func (h *house) estimated() map[string]uint64 {
	if m := h.missing.Load(); m != nil {
		return *m
	}
	return nil
}

// refusing is why nothing that serve receives is stored at the moment.
func (h *house) refusing() error {
	if s := h.receiver.Load(); s != nil {
		return s.Refusing()
	}
	return nil
}

// settings is the part of the config that can change while serve runs.
func (a *app) settings() *api.Settings {
	return &api.Settings{Detect: a.cfg.detect(), Resolver: a.cfg.Names.Resolver, Known: a.cfg.rules(), Retain: a.cfg.Retain.keep(), Dialects: a.cfg.dialects()}
}

// localFile is the body of an upload within this process. The file is read where it is, and twice, as ingest likes to;
// through a socket it would have to be copied.
type localFile struct {
	*os.File
	progress func(done, total int64)
}

// importer takes a file into days.
func (a *app) importer(days *ingest.Days) api.ImportFunc {
	return func(ctx context.Context, r io.Reader, o api.ImportOptions) (api.ImportResult, error) {
		opt := ingest.Options{Format: o.Format, Router: o.Router, Year: o.Year, Location: o.Location, CapturedAt: o.CapturedAt, BootTime: o.Boot, Now: a.now}
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
		res := api.ImportResult{Lines: sum.Lines, Events: sum.Events, Duplicates: sum.Duplicates, Unparsed: sum.Unparsed, Skipped: sum.Skipped, Notes: sum.Notes, CutShort: sum.Cut > 0}
		for _, d := range sum.Days {
			if res.First.IsZero() || d.First.Before(res.First) {
				res.First = d.First
			}
			if d.Last.After(res.Last) {
				res.Last = d.Last
			}
		}
		return res, err
	}
}

// judge is the findings of w; those that are known are marked.
func (h *house) judge(ctx context.Context, w store.Window) ([]detect.Finding, error) {
	days, err := h.days.Load(ctx, w)
	if err != nil {
		return nil, err
	}
	missing := detect.MissingLines(days)
	h.missing.Store(&missing)
	set, at := h.settings.Load(), detect.Window{From: w.From, To: w.To}
	rules, err := api.Rules(set.Known, h.acks)
	if err != nil {
		h.log.Warn("what is acknowledged is not known, all findings are told", "error", err)
	}
	fs := detect.Findings(days, set.Detect, at)
	detect.MarkKnown(fs, rules, w.To, at.Covered(days))
	return fs, nil
}
