package ingest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// What the store refuses for good is in a file, and an import of that stores the same events.
func TestGivenUpLinesCanBeImported(t *testing.T) {
	dir := filepath.Join(t.TempDir(), GivenUpDir)
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	lines := []string{
		"<6>Nov 21 09:59:58 gw kernel: nf_conntrack: table full, dropping packet",
		"<4>nf_conntrack: table full, dropping packet", // neither a time nor a host
		"<6>Nov 21 09:59:59 gw app: two\nlines",
		"\x1b[31mbytes \xff\xfe of no meaning",
	}
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.GivenUp = dir
		broken := errors.New("broken")
		w := &writer{cfg: &cfg, to: &scarce{errs: slices.Repeat([]error{broken}, 100)}, stats: newCounters(),
			beats: new(atomic.Uint64), storing: new(atomic.Bool)}
		var b store.Batch
		for _, l := range lines {
			e := store.Entry{Raw: []byte(l)}
			e.Recv, e.Time, e.Router = at.UnixNano(), at.UnixNano(), parse.MakeName("attic")
			b.Entries = append(b.Entries, e)
		}
		kept, err := w.store(t.Context(), b)
		got, _ := w.stats.now()
		if !kept || !errors.Is(err, broken) || !strings.Contains(err.Error(), dir) || got.Lost != 4 || got.Aside != 4 {
			t.Errorf("kept %v, %v, %+v", kept, err, got)
		}
	})
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	p, rec := parse.NewParser(), parse.Record{}
	got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(got) != len(lines) {
		t.Fatalf("%d lines: %q", len(got), got)
	}
	for i, want := range []struct {
		host string
		kind parse.Kind
	}{{"gw", parse.TableFull}, {"attic", parse.TableFull}, {"gw", parse.System}, {"attic", parse.Unknown}} {
		p.Line([]byte(got[i]), &rec)
		if string(rec.Host) != want.host || rec.Kind != want.kind {
			t.Errorf("%q: host %q, %v; want %q, %v", got[i], rec.Host, rec.Kind, want.host, want.kind)
		}
	}
}

// The files of given-up lines take a bounded room.
func TestGivenUpLinesAreBounded(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "1.log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(givenUpMost-100), f.Close()); err != nil {
		t.Fatal(err)
	}
	if path, err := giveUp(dir, []store.Entry{{Raw: make([]byte, 200)}}, time.Now()); err == nil {
		t.Errorf("%s is written", path)
	}
	if path, err := giveUp(dir, []store.Entry{{Raw: []byte("short")}}, time.Now()); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}
