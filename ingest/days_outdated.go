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
	d.mu.Lock()
	if d.live != nil { // which is up to date, stored or not
		delete(infos.events, d.live.Date())
	}
	d.mu.Unlock()
	out := []store.Outdated{}
	for _, date := range infos.order {
		events := infos.events[date]
		if events == 0 {
			continue
		}
		day, err := d.saved(ctx, date)
		if err != nil { // it is made anew
			day = nil
		}
		if why := d.outdated(day, events); why != "" {
			out = append(out, store.Outdated{Date: date, Events: events, Why: why})
		}
	}
	return out, nil
}

// outdated says why a stored summary does not hold for a day of so many events; "" where it does, as long as it began
// with the sessions that are open at the end of the day before.
func (d *Days) outdated(day *detect.Day, events uint64) string {
	switch {
	case day == nil:
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
