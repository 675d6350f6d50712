package ingest

import (
	"context"

	"uncloak/detect"
	"uncloak/store"
)

// Outdated lists the days whose summaries the next answer about them has to make anew, in order. The day after a listed
// one may have to follow it, when other sessions turn out to be open at midnight.
func (d *Days) Outdated(ctx context.Context) ([]store.Outdated, error) {
	d.work.Lock()
	defer d.work.Unlock()
	if err := d.catchUp(ctx); err != nil {
		return nil, err
	}
	infos, err := d.infos(ctx)
	if err != nil {
		return nil, err
	}
	out := []store.Outdated{}
	for _, date := range infos.order {
		d.mu.Lock()
		live := d.live != nil && d.live.Date() == date
		d.mu.Unlock()
		if live || infos.events[date] == 0 {
			continue
		}
		if why := d.outdated(ctx, date, infos.events[date]); why != "" {
			out = append(out, store.Outdated{Date: date, Events: infos.events[date], Why: why})
		}
	}
	return out, nil
}

// outdated says why the stored summary of a date does not hold, and nothing where it does. The caller holds work.
func (d *Days) outdated(ctx context.Context, date detect.Date, events uint64) string {
	day, err := d.saved(ctx, date)
	switch {
	case err != nil || day == nil:
		return store.WhyMissing
	case day.Config != d.cfg.Fingerprint():
		return store.WhyMaker
	case day.Stored != events:
		return store.WhyEvents
	}
	return ""
}

// Renew brings the summaries of all days up to date, one day after the other, so that no later answer has to wait for
// that. It holds one or two summaries at a time.
func (d *Days) Renew(ctx context.Context) error {
	infos, err := d.Store.Days(ctx)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if _, err := d.Load(ctx, store.Window{From: info.Date.Start(), To: info.Date.End()}); err != nil {
			return err
		}
	}
	return nil
}
