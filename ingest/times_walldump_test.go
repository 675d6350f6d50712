package ingest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// wallDump is a dump as `dmesg -T` prints it, with a boot time that is off by so much.
func wallDump(t *testing.T, off time.Duration) (text string, lines int) {
	t.Helper()
	dump, err := os.ReadFile("testdata/dmesg.txt")
	if err != nil {
		t.Fatal(err)
	}
	boot := time.Date(2026, 11, 21, 18, 54, 28, 835e6, time.UTC) // by journalctl
	var b strings.Builder
	for _, l := range strings.Split(strings.TrimSpace(string(dump)), "\n") {
		up, rest, ok := uptimeOf(l)
		if !ok {
			t.Fatalf("no uptime: %s", l)
		}
		fmt.Fprintf(&b, "[%s] %s\n", boot.Add(up+off).Format("Mon Jan _2 15:04:05 2006"), rest)
		lines++
	}
	return b.String(), lines
}

// The lines of dmesg -T are those that syslog has brought, whatever the dump's clock is off by.
func TestWallDumpAlignsWithSyslog(t *testing.T) {
	for _, off := range []time.Duration{0, 800 * time.Millisecond, 1800 * time.Millisecond, -95 * time.Second,
		8 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			db := openStore(t)
			if _, err := Import(t.Context(), db, Options{CapturedAt: importNow}, "testdata/router.syslog"); err != nil {
				t.Fatal(err)
			}
			before := all(t, db, store.Query{})
			text, lines := wallDump(t, off)
			sum := importText(t, db, Options{CapturedAt: importNow, Router: "router"}, text)
			// The dump's first line is not in the syslog.
			if sum.Events != 1 || sum.Duplicates != uint64(lines-1) {
				t.Errorf("%d of %d lines are added: %v", sum.Events, lines, sum.Notes)
			}
			if len(all(t, db, store.Query{})) != len(before)+1 {
				t.Error("the store has lines twice")
			}
			if again := importText(t, db, Options{CapturedAt: importNow, Router: "router"}, text); again.Events != 0 {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// What the store does not have is kept with the dump's own time, and more of one text than the store has are more.
func TestWallDumpAlone(t *testing.T) {
	db := openStore(t)
	const full = "nf_conntrack: nf_conntrack: table full, dropping packet\n"
	importText(t, db, Options{}, "Nov 21 20:00:01 router kernel: "+full+"Nov 21 20:00:02 router kernel: "+full)
	dump := strings.Repeat("[Sat Nov 21 20:00:02 2026] "+full, 3) + "[Sat Nov 21 20:30:00 2026] " + full
	sum := importText(t, db, Options{Router: "router"}, dump)
	if sum.Events != 2 || sum.Duplicates != 2 {
		t.Errorf("%+v", sum)
	}
	es := all(t, db, store.Query{})
	if last := es[len(es)-1]; !time.Unix(0, last.Time).Equal(time.Date(2026, 11, 21, 20, 30, 0, 0, time.UTC)) ||
		last.Spread != wallDumpSpread {
		t.Errorf("%v ± %d ms", time.Unix(0, last.Time).UTC(), last.Spread)
	}
}

// The forms that one stamp has in files of several daemons are one line of the store.
func TestStampForms(t *testing.T) {
	db := openStore(t)
	var old, iso, unix strings.Builder
	at := time.Date(2026, 11, 21, 20, 0, 0, 195e6, time.UTC)
	for i := range 300 {
		at = at.Add(time.Duration(i%7) * 130 * time.Millisecond)
		fmt.Fprintf(&old, "%s router app[1]: say %d\n", at.Format(time.Stamp), i%5)
		fmt.Fprintf(&iso, "%s router app[1]: say %d\n",
			at.In(time.FixedZone("", 5*3600+1800)).Format("2006-01-02T15:04:05.000000-07:00"), i%5)
		fmt.Fprintf(&unix, "%d.%06d router app[1]: say %d\n", at.Unix(), at.Nanosecond()/1000, i%5)
	}
	if sum := importText(t, db, Options{}, old.String()); sum.Events != 300 {
		t.Fatalf("%+v", sum)
	}
	for name, text := range map[string]string{"ISO": iso.String(), "Unix": unix.String()} {
		if sum := importText(t, db, Options{}, text); sum.Events != 0 || sum.Duplicates != 300 {
			t.Errorf("%s: %d added, %d known", name, sum.Events, sum.Duplicates)
		}
	}
}
