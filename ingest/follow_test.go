package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// followed is a Server that follows a path, and what a daemon does with that file.
type following struct {
	t    *testing.T
	cfg  Config
	path string
	st   *memory
	s    *Server
	stop func() error
	n    uint64 // lines written that are to be stored
}

func follow(t *testing.T) *following {
	dir := t.TempDir()
	f := &following{t: t, cfg: testConfig(), path: filepath.Join(dir, "router.log"), st: &memory{}}
	f.cfg.Follow, f.cfg.Positions, f.cfg.FollowEvery = []string{f.path}, filepath.Join(dir, "positions.json"),
		time.Millisecond
	return f
}

func (f *following) start() {
	f.t.Helper()
	f.s, f.stop = start(f.t, f.cfg, f.st)
	f.n = 0
}

// write appends lines to a file, and waits until they are stored where the Server runs.
func (f *following) write(path string, lines ...string) {
	f.t.Helper()
	w, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer w.Close()
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l); err != nil {
			f.t.Fatal(err)
		}
	}
	if f.n += uint64(len(lines)); f.stop != nil {
		f.stored()
	}
}

func (f *following) stored() {
	f.t.Helper()
	waitFor(f.t, f.s, func(st Stats) bool { return st.Stored >= f.n })
}

func (f *following) halt() {
	f.t.Helper()
	if err := f.stop(); err != nil {
		f.t.Fatal(err)
	}
	f.stop = nil
}

func (f *following) rename(to string) {
	f.t.Helper()
	if err := os.Rename(f.path, to); err != nil {
		f.t.Fatal(err)
	}
}

func (f *following) has(want ...string) {
	f.t.Helper()
	if got := strings.Join(f.st.lines, "|"); got != strings.Join(want, "|") {
		f.t.Errorf("stored %q, want %q", got, strings.Join(want, "|"))
	}
}

func TestFollow(t *testing.T) {
	for name, do := range map[string]func(f *following){
		"from the end on": func(f *following) {
			f.write(f.path, "old")
			f.start()
			f.write(f.path, "a", "b")
			f.halt()
			f.has("a", "b")
		},
		"a file that comes later": func(f *following) {
			f.start()
			f.write(f.path, "a")
			f.halt()
			f.has("a")
		},
		"goes on where it stopped": func(f *following) {
			f.start()
			f.write(f.path, "a")
			f.halt()
			f.write(f.path, "b", "c")
			f.start()
			f.write(f.path, "d")
			f.n = 3
			f.stored()
			f.halt()
			f.has("a", "b", "c", "d")
		},
		"renamed, and written on": func(f *following) {
			f.start()
			f.write(f.path, "a")
			f.rename(f.path + ".1")
			f.write(f.path+".1", "b")
			f.write(f.path, "c")
			f.write(f.path+".1", "d")
			f.write(f.path, "e")
			f.halt()
			f.has("a", "b", "c", "d", "e")
		},
		"renamed while we were away": func(f *following) {
			f.start()
			f.write(f.path, "a")
			f.halt()
			f.write(f.path, "b")
			f.rename(f.path + "-20261121")
			f.write(f.path, "c")
			f.start()
			f.n = 2
			f.stored()
			f.halt()
			f.has("a", "b", "c")
		},
		"emptied": func(f *following) {
			f.start()
			f.write(f.path, "a long line that is there before", "b")
			if err := os.Truncate(f.path, 0); err != nil {
				f.t.Fatal(err)
			}
			f.write(f.path, "c")
			f.halt()
			f.has("a long line that is there before", "b", "c")
		},
		"emptied and soon longer than before": func(f *following) {
			f.start()
			f.write(f.path, "a")
			if err := os.WriteFile(f.path, []byte("b is longer\nthan it was\n"), 0o600); err != nil {
				f.t.Fatal(err)
			}
			f.n += 2
			f.stored()
			f.halt()
			f.has("a", "b is longer", "than it was")
		},
		"emptied while we were away": func(f *following) {
			f.start()
			f.write(f.path, "a")
			f.halt()
			if err := os.WriteFile(f.path, []byte("other\nlines\n"), 0o600); err != nil {
				f.t.Fatal(err)
			}
			f.start()
			f.n = 2
			f.stored()
			f.halt()
			f.has("a", "other", "lines")
		},
		"half a line": func(f *following) {
			f.start()
			f.write(f.path, "a")
			w, err := os.OpenFile(f.path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				f.t.Fatal(err)
			}
			defer w.Close()
			fmt.Fprint(w, "half a ")
			f.halt() // it is not a line yet
			f.start()
			fmt.Fprint(w, "line\n")
			f.n = 1
			f.stored()
			f.halt()
			f.has("a", "half a line")
		},
		"gone": func(f *following) {
			f.start()
			f.write(f.path, "a")
			if err := os.Remove(f.path); err != nil {
				f.t.Fatal(err)
			}
			f.write(f.path, "b")
			f.halt()
			f.has("a", "b")
		},
	} {
		t.Run(name, func(t *testing.T) { do(follow(t)) })
	}
}

// TestFollowTime: a line of a file is believed though it is days old, and is of the file's router where it names none.
func TestFollowTime(t *testing.T) {
	f := follow(t)
	f.start()
	at := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	f.write(f.path, fmt.Sprintf("<13>1 %s gw app - - - x", at.Format(time.RFC3339)), "no stamp, no host")
	f.halt()
	byRouter := map[string]time.Time{}
	for _, e := range f.st.events {
		byRouter[e.Router.String()] = time.Unix(0, e.Time).UTC()
	}
	if got := byRouter["gw"]; !got.Equal(at) {
		t.Errorf("a line of %v is of %v", at, got)
	}
	if got := byRouter["router.log"]; time.Since(got) > time.Hour {
		t.Errorf("%v", byRouter)
	}
	if h := f.st.health["file "+f.path]; h.Received != 2 || h.SkewMS != 0 || h.Repaired != 0 {
		t.Errorf("%+v", f.st.health)
	}
}

// TestFollowFullDisk: the file waits, nothing is lost or read twice.
func TestFollowFullDisk(t *testing.T) {
	f := follow(t)
	f.cfg.Queue, f.cfg.BatchEvents = 10, 10
	f.st.err, f.st.refused = store.ErrFull, make(chan struct{}, 1)
	f.start()
	stop := f.stop
	f.stop = nil // not to be waited for
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprintf("line %d", i))
	}
	f.write(f.path, want...)
	<-f.st.refused
	f.st.setErr(nil)
	f.stop = stop
	f.stored()
	f.halt()
	f.has(want...)
}

// TestFollowStopMidway: what a stop leaves out is read at the next start, and nothing twice.
func TestFollowStopMidway(t *testing.T) {
	f := follow(t)
	f.cfg.Queue, f.cfg.BatchEvents, f.cfg.Drain = 10, 10, time.Millisecond
	f.st.hold = make(chan struct{})
	f.start()
	stop := f.stop
	f.stop = nil
	var want []string
	for i := range 5000 {
		want = append(want, fmt.Sprintf("line %d", i))
	}
	f.write(f.path, want...)
	f.st.hold <- struct{}{} // one batch gets through
	done := make(chan error, 1)
	go func() { done <- stop() }()
	time.Sleep(20 * f.cfg.Drain) // what waits is late by then
	close(f.st.hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	f.st.hold = nil
	if x := f.s.Stats(); x.Dropped+x.LeftLines != 0 || x.Received != x.Stored {
		t.Errorf("what is read again counts as lost: %+v", x)
	}
	had := len(f.st.lines)
	if had == 0 || had > len(want) {
		t.Fatalf("%d lines before the stop", had)
	}
	f.start()
	f.n = uint64(len(want) - had)
	f.stored()
	f.halt()
	f.has(want...)
}

// TestFollowLetsGo: a renamed file is closed a minute after it last grew, and its position forgotten.
func TestFollowLetsGo(t *testing.T) {
	f := follow(t)
	now := time.Now()
	f.cfg.Now = func() time.Time { return now }
	f.cfg.fill()
	q, b := newQueue(100, 10, 1), openBook("", quiet())
	fl := &follower{cfg: &f.cfg, path: f.path, book: b}
	if err := fl.resume(); err != nil {
		t.Fatal(err)
	}
	take := func() (lines int) {
		fl.look(t.Context(), q)
		for len(q.lines) > 0 {
			ls := <-q.lines
			for _, l := range ls {
				l.fed.by.stored(l.fed.pos)
			}
			q.done(ls)
			lines += len(ls)
		}
		return lines
	}
	f.write(f.path, "a")
	take()
	f.rename(f.path + ".1")
	f.write(f.path, "b")
	if w, err := os.OpenFile(f.path+".1", os.O_APPEND|os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	} else {
		fmt.Fprint(w, "the end, without a newline")
		w.Close()
	}
	if n := take(); n != 1 || len(fl.files) != 2 {
		t.Errorf("%d lines, %d files", n, len(fl.files))
	}
	now = now.Add(2 * lingering)
	if n := take(); n != 1 || len(fl.files) != 2 { // now it is a line, but not stored when it was asked
		t.Errorf("%d lines, %d files", n, len(fl.files))
	}
	if n := take(); n != 0 || len(fl.files) != 1 || len(b.below(fl.prefix())) != 2 {
		t.Errorf("%d lines, %d files, %v", n, len(fl.files), b.at)
	}
	for i := range 20 { // renamed faster than any minute goes by: bounded
		f.rename(fmt.Sprintf("%s.%d", f.path, i+2))
		f.write(f.path, "x")
		take()
	}
	if len(fl.files) > filesMax+1 || len(b.at) > filesMax+2 {
		t.Errorf("%d files, %d positions", len(fl.files), len(b.at))
	}
}

func TestFollowWhat(t *testing.T) {
	cfg := testConfig()
	cfg.Follow = []string{t.TempDir()}
	s, err := New(cfg, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestBadPositions: a spoilt file of positions is said and begun anew; one that cannot be written is no reason to stop.
func TestBadPositions(t *testing.T) {
	f := follow(t)
	if err := os.WriteFile(f.cfg.Positions, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.write(f.path, "old")
	f.start()
	f.write(f.path, "a")
	f.halt()
	f.cfg.Positions = filepath.Join(t.TempDir(), "none", "positions")
	f.start()
	f.write(f.path, "b")
	f.halt()
	f.has("a", "b")
}
