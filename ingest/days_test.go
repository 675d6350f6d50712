package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
	"uncloak/store/bolt"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func openDays(t *testing.T, dir string) *Days {
	t.Helper()
	db, err := bolt.Open(dir, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return NewDays(db, detect.DefaultConfig(), slog.New(slog.DiscardHandler))
}

// sessions makes n events a second apart; every third second one comes late.
func sessions(from time.Time, n int) (out []store.Entry) {
	for i := range n {
		at := from.Add(time.Duration(i) * time.Second)
		if i%3 == 2 {
			at = at.Add(-1500 * time.Millisecond)
		}
		e := parse.Event{Kind: parse.SessionNew, Proto: parse.TCP, Time: at.UnixNano(), Router: parse.MakeName("gw"),
			Src: netip.AddrFrom4([4]byte{192, 168, 0, byte(i % 5)}),
			Dst: netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), SPort: uint16(i), DPort: 443}
		out = append(out, store.Entry{Event: e, Identity: uint64(at.UnixNano()), Raw: fmt.Appendf(nil, "line %d", i)})
	}
	return out
}

func appendAll(t *testing.T, d *Days, entries []store.Entry, size int, dedupe bool) {
	t.Helper()
	for len(entries) > 0 {
		n := min(size, len(entries))
		if _, err := d.Append(t.Context(), store.Batch{Entries: entries[:n], Dedupe: dedupe}); err != nil {
			t.Fatal(err)
		}
		entries = entries[n:]
	}
}

func load(t *testing.T, d *Days) []*detect.Day {
	t.Helper()
	days, err := d.Load(t.Context(), store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	return days
}

func TestLiveDaysAreReplayedDays(t *testing.T) {
	entries := sessions(noon.Add(10*time.Hour), 4*3600) // over midnight
	live := openDays(t, t.TempDir())
	appendAll(t, live, entries, 700, false)
	replayed := openDays(t, t.TempDir())
	appendAll(t, replayed, entries, 1<<14, true)
	a, b := load(t, live), load(t, replayed)
	if len(a) != 2 || len(b) != 2 {
		t.Fatalf("%d and %d days", len(a), len(b))
	}
	for i := range a {
		if a[i].Events != b[i].Events || !reflect.DeepEqual(a[i].Open, b[i].Open) ||
			!reflect.DeepEqual(a[i].Routers, b[i].Routers) {
			t.Errorf("%v: live and replayed differ", a[i].Date)
		}
		for h := range a[i].Hosts {
			x, y := a[i].Hosts[h], b[i].Hosts[h]
			if y == nil || !reflect.DeepEqual(x.Sessions, y.Sessions) || x.Peers != y.Peers {
				t.Errorf("%v %v: live and replayed differ", a[i].Date, h)
			}
		}
	}
}

func TestResumeGoesOnWhereItStopped(t *testing.T) {
	entries := sessions(noon, 3000)
	whole := openDays(t, t.TempDir())
	appendAll(t, whole, entries, 500, false)
	dir := t.TempDir()
	d := openDays(t, dir)
	appendAll(t, d, entries[:1500], 500, false)
	if err := d.Close(); err != nil { // killed: the summary was never saved
		t.Fatal(err)
	}
	d = openDays(t, dir)
	if err := d.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendAll(t, d, entries[1500:], 500, false)
	a, b := load(t, whole)[0], load(t, d)[0]
	if a.Events != b.Events || !reflect.DeepEqual(a.Routers, b.Routers) {
		t.Errorf("%d and %d events, or other tables", a.Events, b.Events)
	}
}

func TestImportIntoTheRunningDay(t *testing.T) {
	d := openDays(t, t.TempDir())
	appendAll(t, d, sessions(noon, 1000), 500, false)
	appendAll(t, d, sessions(noon.Add(-2*time.Hour), 800), 500, true)
	appendAll(t, d, sessions(noon.Add(-26*time.Hour), 300), 500, true)
	done, err := d.Rebuild(t.Context())
	if err != nil || len(done) < 2 {
		t.Fatalf("rebuilt %v, %v", done, err)
	}
	appendAll(t, d, sessions(noon.Add(time.Hour), 100), 500, false)
	days := load(t, d)
	if len(days) != 2 || days[0].Events != 300 || days[1].Events != 1900 {
		t.Errorf("days %d: %d and %d events", len(days), days[0].Events, days[len(days)-1].Events)
	}
	if again, err := d.Rebuild(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("rebuilt again: %v %v", again, err)
	}
}

func TestOtherConfigMakesDaysAnew(t *testing.T) {
	dir := t.TempDir()
	d := openDays(t, dir)
	appendAll(t, d, sessions(noon, 100), 100, true)
	if n := len(load(t, d)[0].Hosts); n != 5 {
		t.Fatalf("%d hosts", n)
	}
	d.cfg.LAN = []netip.Prefix{netip.MustParsePrefix("192.168.0.0/31")}
	if n := len(load(t, d)[0].Hosts); n != 2 {
		t.Errorf("%d hosts with the smaller LAN", n)
	}
}

// noDays is a store whose summaries cannot be saved.
type noDays struct{ store.Store }

func (noDays) PutDays(context.Context, ...*detect.Day) error { return errors.New("no room for it") }

func TestSummaryThatCannotBeSaved(t *testing.T) {
	d := openDays(t, t.TempDir())
	inner := d.Store
	d.Store = noDays{inner}
	appendAll(t, d, sessions(noon, 10), 10, false)
	appendAll(t, d, sessions(noon.Add(24*time.Hour), 10), 10, false) // the day changes, which saves the old one
	d.Store = inner
	if days := load(t, d); len(days) != 2 || days[0].Events != 10 || days[1].Events != 10 {
		t.Errorf("%d days", len(days))
	}
}

func TestWindowOrders(t *testing.T) {
	var w window
	at := func(ts ...int64) (es []store.Entry) {
		for _, s := range ts {
			es = append(es, store.Entry{Event: parse.Event{Time: s * 1e9}})
		}
		return es
	}
	var got []int64
	take := func(n int) {
		for _, e := range w.held()[:n] {
			got = append(got, e.Time/1e9)
		}
		w.drop(n)
	}
	w.add(at(9, 10))
	take(w.due())
	w.add(at(8, 11))
	take(w.due())
	w.add(at(10, 13))
	take(w.due())
	take(len(w.held()))
	if want := []int64{8, 9, 10, 10, 11, 13}; !reflect.DeepEqual(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	for range 3 {
		w.add(make([]store.Entry, maxHeld/2+1))
	}
	if n := w.due(); len(w.held())-n > maxHeld {
		t.Errorf("%d events are held", len(w.held())-n)
	}
}

// counting counts replays, and leaves out the first event of each, as a damaged block would.
type counting struct {
	store.Store
	replays int
	skip    int
}

func (c *counting) Events(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	c.replays++
	return func(yield func(store.Entry, error) bool) {
		n := 0
		for e, err := range c.Store.Events(ctx, q) {
			if n++; n > c.skip && !yield(e, err) {
				return
			}
		}
	}
}

func TestDamagedDayIsMadeAnewOnce(t *testing.T) {
	d := openDays(t, t.TempDir())
	appendAll(t, d, sessions(noon, 100), 100, true)
	c := &counting{Store: d.Store, skip: 1}
	d.Store = c
	for range 5 {
		load(t, d)
	}
	if c.replays != 1 {
		t.Errorf("%d replays, want 1", c.replays)
	}
}

func TestLateLinesDoNotReplayTheDayEachTime(t *testing.T) {
	d := openDays(t, t.TempDir())
	appendAll(t, d, sessions(noon.Add(-24*time.Hour), 100), 100, false)
	appendAll(t, d, sessions(noon, 100), 100, false)
	c := &counting{Store: d.Store}
	d.Store = c
	for i := range 10 { // yesterday's lines go on coming
		appendAll(t, d, sessions(noon.Add(-23*time.Hour+time.Duration(i)*time.Minute), 1), 1, false)
		load(t, d)
	}
	if c.replays > 1 {
		t.Errorf("%d replays of yesterday within a few minutes", c.replays)
	}
	appendAll(t, d, sessions(noon.Add(time.Hour), 10), 10, false) // an hour later
	if day := load(t, d)[0]; day.Events != 110 || c.replays != 2 {
		t.Errorf("%d events after %d replays, want 110 after 2", day.Events, c.replays)
	}
}

func TestNextDayBeginsWithWhatWasImported(t *testing.T) {
	dir := t.TempDir()
	d := openDays(t, dir)
	midnight := noon.Add(12 * time.Hour)
	appendAll(t, d, sessions(midnight.Add(-10*time.Minute), 1200), 1200, true)
	load(t, d)
	appendAll(t, d, sessions(midnight.Add(-30*time.Second), 29), 29, true) // lies in the day before
	if _, err := d.Load(t.Context(), store.Window{From: noon, To: midnight}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDays(t, dir) // what is stale is forgotten
	one, err := d.Load(t.Context(), store.Window{From: midnight, To: midnight.Add(24 * time.Hour)})
	if err != nil || len(one) != 1 {
		t.Fatal(err)
	}
	d.stale[detect.DateOf(midnight)] = true
	if all := load(t, d); !reflect.DeepEqual(one[0].Routers, all[1].Routers) {
		t.Error("the day after an import still begins with the old sessions")
	}
}

func TestClockAheadIsNotBelieved(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	p := newParser(&cfg, newQueue(10, 10, 1))
	recv := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for raw, want := range map[string]time.Time{
		// nine hours ahead: Japan, read as UTC
		"<4>Nov 21 21:00:00 gw kernel: nf_conntrack: table full, dropping packet": recv,
		// seconds are no matter
		"<4>Nov 21 12:00:30 gw kernel: nf_conntrack: table full, dropping packet": recv.Add(30 * time.Second),
		// a backlog
		"<4>Nov 21 03:00:00 gw kernel: nf_conntrack: table full, dropping packet": recv.Add(-9 * time.Hour),
	} {
		p.take(&line{raw: []byte(raw), recv: recv.UnixNano()})
		if got := time.Unix(0, p.entries[len(p.entries)-1].Time).UTC(); !got.Equal(want) {
			t.Errorf("%s is taken for %v", raw, got)
		}
	}
}

// watched is a store that counts how often its days are listed, and calls replay at the begin of each sequence.
type watched struct {
	store.Store
	listed int
	replay func()
}

func (w *watched) Days(ctx context.Context) ([]store.DayInfo, error) {
	w.listed++
	return w.Store.Days(ctx)
}

func (w *watched) Events(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	if w.replay != nil {
		w.replay()
	}
	return w.Store.Events(ctx, q)
}

// TestManyDays: the days are listed once, however many summaries are made.
func TestManyDays(t *testing.T) {
	d := openDays(t, t.TempDir())
	for i := range 40 {
		appendAll(t, d, sessions(noon.AddDate(0, 0, -i), 1), 1, true)
	}
	w := &watched{Store: d.Store}
	d.Store = w
	for name, most := range map[string]int{"made": 1, "loaded": 2} {
		if days := load(t, d); len(days) != 40 || w.listed > 2 {
			t.Errorf("%s: %d summaries, the days were listed %d times, want %d", name, len(days), w.listed, most)
		}
	}
}

// TestAppendDuringReplay: events are stored while a summary of a past day is made, and count once.
func TestAppendDuringReplay(t *testing.T) {
	d := openDays(t, t.TempDir())
	appendAll(t, d, sessions(noon, 50), 50, false)
	d = openDaysOf(d)
	if err := d.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendAll(t, d, sessions(noon.AddDate(0, 0, -1), 30), 30, true)
	w := &watched{Store: d.Store}
	d.Store = w
	w.replay = func() {
		w.replay = nil
		appendAll(t, d, sessions(noon.Add(time.Hour), 70), 70, false)
		appendAll(t, d, sessions(noon.AddDate(0, 0, -1).Add(time.Hour), 11), 11, true) // of the day that is replayed
	}
	load(t, d)
	days := load(t, d)
	if len(days) != 2 || days[0].Events != 41 || days[1].Events != 120 {
		t.Fatalf("%d days, the events are %d and %d, want 41 and 120", len(days), days[0].Events, days[1].Events)
	}
	if again := load(t, openDaysOf(d)); !reflect.DeepEqual(again[0].Hosts, days[0].Hosts) || again[1].Events != 120 {
		t.Error("another process has other summaries")
	}
}

// openDaysOf begins anew with what is stored.
func openDaysOf(d *Days) *Days {
	return NewDays(d.Store, detect.DefaultConfig(), slog.New(slog.DiscardHandler))
}
