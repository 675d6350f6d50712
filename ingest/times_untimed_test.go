package ingest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"uncloak/store"
	"uncloak/store/bolt"
)

var uptimeStamp = regexp.MustCompile(`\[ *(\d+)\.(\d+)\] `)

// uptimeOf takes the uptime stamp out of a line.
func uptimeOf(line string) (up time.Duration, rest string, ok bool) {
	m := uptimeStamp.FindStringSubmatchIndex(line)
	if m == nil {
		return 0, line, false
	}
	s, _ := strconv.ParseInt(line[m[2]:m[3]], 10, 64)
	us, _ := strconv.ParseInt(line[m[4]:m[5]], 10, 64)
	return time.Duration(s)*time.Second + time.Duration(us)*time.Microsecond, line[:m[0]] + line[m[1]:], true
}

// watching is a store that keeps what is appended, duplicates too.
type watching struct {
	*bolt.DB
	got []store.Entry
}

func (w *watching) Append(ctx context.Context, b store.Batch) (store.Appended, error) {
	for _, e := range b.Entries {
		e.Raw = bytes.Clone(e.Raw)
		w.got = append(w.got, e)
	}
	return w.DB.Append(ctx, b)
}

// figures holds the counts after the import of a dump without stamps beside a syslog.
type figures struct {
	both, only   int           // lines of the dump that the syslog has, and those that it has not
	worst        time.Duration // the largest error of the former
	within       int           // of the latter, those whose time lies in Time ± Spread
	stored       uint64
	widest, half time.Duration // the largest Spread, and the median of only
	notes        []string
}

// proof imports the syslog without the lines that leave names, by number of the kernel line, then the dump without any
// stamps, and compares with the uptimes. bare takes the uptimes away from the syslog too.
func proof(t *testing.T, syslog, dmesg string, bare bool, leave func(kernelLine int) bool) (f figures) {
	t.Helper()
	type key struct {
		up   time.Duration
		text string
	}
	wall := map[key]time.Time{} // of the lines that stay
	var boot time.Time          // stamps are cut to the second: the machine booted no earlier than by any of them
	var kept []string
	kernel := 0
	for _, l := range strings.Split(strings.TrimSpace(syslog), "\n") {
		if up, _, ok := uptimeOf(l); ok {
			at, err := time.Parse(time.Stamp, l[strings.IndexByte(l, '>')+1:][:15])
			if err != nil {
				t.Fatal(err)
			}
			at = at.AddDate(2026, 0, 0)
			if b := at.Add(-up); b.After(boot) {
				boot = b
			}
			if kernel++; leave(kernel - 1) {
				continue
			}
			_, text, _ := strings.Cut(l, "] ")
			wall[key{up, strings.TrimRight(text, " ")}] = at
			if bare {
				_, l, _ = uptimeOf(l)
			}
		}
		kept = append(kept, l)
	}

	var dump []string
	ups := map[string][]time.Duration{} // of each text, in order
	for _, l := range strings.Split(strings.TrimSpace(dmesg), "\n") {
		up, text, _ := uptimeOf(l)
		text = strings.TrimRight(text, " ")
		dump, ups[text] = append(dump, text), append(ups[text], up)
	}
	db := &watching{DB: openStore(t)}
	importTo := func(text string) Summary {
		opt := Options{CapturedAt: importNow, Now: func() time.Time { return importNow }}
		sum, err := ImportReader(t.Context(), db, opt, "test", strings.NewReader(text), importNow)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	importTo(strings.Join(kept, "\n"))
	db.got = nil
	sum := importTo(strings.Join(dump, "\n"))
	f.stored, f.notes = sum.Events, sum.Notes
	var spreads []time.Duration
	for _, e := range db.got {
		text := strings.TrimRight(string(e.Raw), " ")
		up := ups[text][0]
		ups[text] = ups[text][1:]
		at, spread := time.Unix(0, e.Time), time.Duration(e.Spread)*time.Millisecond
		if truth, ok := wall[key{up, text}]; ok {
			f.both++
			f.worst = max(f.worst, at.Sub(truth).Abs())
			continue
		}
		f.only++
		spreads = append(spreads, spread)
		if spread == 0 { // the stamp of an equal line, to the second
			spread = time.Second
		}
		if at.Sub(boot.Add(up)).Abs() <= spread {
			f.within++
		} else if testing.Verbose() {
			t.Logf("%v ± %v is really %v: %.80s", at.UTC(), spread, boot.Add(up), text)
		}
	}
	slices.Sort(spreads)
	if n := len(spreads); n > 0 {
		f.widest, f.half = spreads[n-1], spreads[n/2]
	}
	if again := importTo(strings.Join(dump, "\n")); again.Events != 0 {
		t.Errorf("a second import stores %d", again.Events)
	}
	return f
}

// A dump without stamps, imported beside the syslog of the same router, has the times of the syslog.
func TestUntimedDump(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	syslog, dmesg := read("burst.syslog"), read("burst-dmesg.txt")
	for _, tc := range []struct {
		name  string
		bare  bool
		leave func(i int) bool
		only  int // lines that the syslog does not have
	}{
		{"all", false, func(int) bool { return false }, 1},
		{"no uptimes in the syslog", true, func(int) bool { return false }, 1},
		{"every third lost", false, func(i int) bool { return i%3 == 1 }, 28},
		{"every third lost, no uptimes", true, func(i int) bool { return i%3 == 1 }, 28},
		{"a stretch lost", false, func(i int) bool { return i >= 20 && i < 50 }, 31},
		{"the beginning lost", false, func(i int) bool { return i < 30 }, 31},
		{"the end lost", false, func(i int) bool { return i >= 40 }, 42},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := proof(t, syslog, dmesg, tc.bare, tc.leave)
			if f.both+f.only != 82 || f.only != tc.only || f.worst > time.Second || f.within != f.only ||
				f.stored != uint64(f.only) {
				t.Errorf("%+v", f)
			}
			if !strings.Contains(strings.Join(f.notes, "\n"),
				fmt.Sprintf("%d of 82 lines without a time are in the store", f.both)) {
				t.Errorf("notes %q", f.notes)
			}
		})
	}
}

func TestUntimedBounds(t *testing.T) {
	const syslog = "<4>Nov 21 20:00:00 gw kernel: a: one\n<4>Nov 21 20:00:10 gw kernel: b: two\n" +
		"<4>Nov 21 20:00:20 gw kernel: c: three\n"
	for _, tc := range []struct {
		name string
		opt  Options
		dump string
		want string // text, time of day and spread of what the dump adds
	}{
		{"the same", Options{}, "a: one\nb: two\nc: three\n", ""},
		{"with a priority", Options{}, "<4>a: one\n<4>b: two\n", ""},
		{"dmesg -x", Options{}, "kern  :warn  : a: one\nkern  :warn  : b: two\n", ""},
		{"between", Options{}, "a: one\nx: y\nb: two\n", "x: y 20:00:05.000 ±6s"},
		{"two between", Options{}, "a: one\nx: y\nz: y\nb: two\n", "x: y 20:00:04.999 ±6.001s, z: y 20:00:05.000 ±6s"},
		{"behind the last", Options{}, "c: three\nx: y\n", "x: y 20:00:20.000 ±59m40s"},
		{"before the first", Options{}, "x: y\na: one\n", "x: y 19:59:59.999 ±24h0m0s"},
		{"before the first, boot told", Options{BootTime: time.Date(2026, 11, 21, 19, 59, 50, 0, time.UTC)},
			"x: y\na: one\n", "x: y 19:59:59.999 ±11s"},
		{"nothing in common", Options{}, "x: full\nnf_conntrack: table full, dropping packet\n",
			"x: full 21:00:00.000 ±24h0m0s, nf_conntrack: table full, dropping packet 21:00:00.000 ±24h0m0s"},
		{"of another router", Options{Router: "fw"}, "nf_conntrack: table full, dropping packet\n<4>a: one\n",
			"nf_conntrack: table full, dropping packet 21:00:00.000 ±24h0m0s, <4>a: one 21:00:00.000 ±24h0m0s"},
		{"stamps of the file count more", Options{},
			"Nov 21 20:30:00 gw kernel: s: 1\na: one\nNov 21 20:30:10 gw kernel: s: 2\n",
			"Nov 21 20:30:00 gw kernel: s: 1 20:30:00.000 ±0s, a: one 20:30:05.000 ±6s, Nov 21 20:30:10 gw kernel: " +
				"s: 2 20:30:10.000 ±0s"},
		{"between a stamp and a stored line", Options{}, "Nov 21 20:00:06 gw kernel: s: 1\nx: y\nb: two\n",
			"Nov 21 20:00:06 gw kernel: s: 1 20:00:06.000 ±0s, x: y 20:00:08.000 ±3s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := openStore(t)
			importText(t, db, Options{CapturedAt: importNow}, syslog)
			tc.opt.CapturedAt = importNow
			sum := importText(t, db, tc.opt, tc.dump)
			var got []string
			for _, e := range all(t, db, store.Query{}) {
				if !strings.Contains("\n"+syslog, fmt.Sprintf("\n%s\n", e.Raw)) {
					got = append(got, fmt.Sprintf("%s %s ±%v", e.Raw, time.Unix(0, e.Time).UTC().Format("15:04:05.000"),
						time.Duration(e.Spread)*time.Millisecond))
				}
			}
			if s := strings.Join(got, ", "); s != tc.want {
				t.Errorf("%s\nwant %s\n%q", s, tc.want, sum.Notes)
			}
			if again := importText(t, db, tc.opt, tc.dump); again.Events != 0 {
				t.Errorf("a second import stores %d", again.Events)
			}
		})
	}
}

// flood is a store with one line, many times.
type flood struct {
	line    []byte
	n, read int
}

func (f *flood) Append(_ context.Context, b store.Batch) (store.Appended, error) {
	return store.Appended{Duplicates: len(b.Entries)}, nil
}

func (f *flood) Health(context.Context, store.Window) ([]store.Health, error) { return nil, nil }

func (f *flood) Events(_ context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for i := range min(f.n, q.Limit) {
			f.read++
			e := store.Entry{Identity: uint64(i), Raw: f.line}
			e.Time = importNow.Add(time.Duration(i-f.n) * time.Millisecond).UnixNano()
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Both sides are bounded, and a person is told.
func TestUntimedLimits(t *testing.T) {
	dump := strings.Repeat("nf_conntrack: table full, dropping packet\n", maxAligned+1000)
	for _, tc := range []struct {
		name, stored string
		n            int
		note         string
	}{
		{"many equal lines", "Nov 21 20:00:00 gw kernel: nf_conntrack: table full, dropping packet",
			2*maxAligned + 1000, "it has too many lines"},
		{"many other lines", "Nov 21 20:00:00 gw app: x", untimedScan, "it has too many lines"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := &flood{line: []byte(tc.stored), n: tc.n}
			sum, err := ImportReader(t.Context(), st,
				Options{CapturedAt: importNow, Now: func() time.Time { return importNow }}, "x",
				strings.NewReader(dump), importNow)
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(sum.Notes, "\n")
			if !strings.Contains(notes, tc.note) ||
				!strings.Contains(notes, fmt.Sprintf("only the first %d", maxAligned)) || st.read > untimedScan {
				t.Errorf("%d lines read, notes %s", st.read, notes)
			}
			if sum.Lines != maxAligned+1000 {
				t.Errorf("%+v", sum)
			}
		})
	}
}

// In one import, files whose lines know the time come first, whatever their names.
func TestFilesWithClocksFirst(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"1-dmesg-t.txt": "b: two\na: one\n",
		"2-dmesg.txt":   "[   10.250000] b: two\n[   12.000000] x: y\n",
		"3-syslog.log": "Nov 21 20:00:08 gw kernel: [   10.250000] b: two\n" +
			"Nov 21 20:00:09 gw kernel: [   11.000000] a: one\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := Import(t.Context(), openStore(t), Options{CapturedAt: importNow}, dir)
	if err != nil || sum.Events != 3 || sum.Duplicates != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
}
