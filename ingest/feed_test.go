package ingest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestStdin: its end is the end where nothing else is read, and not where something is.
func TestStdin(t *testing.T) {
	cfg, st := testConfig(), &memory{}
	cfg.Stdin = strings.NewReader("<13>Nov 21 20:28:01 gw app: a\n<13>Nov 21 20:28:01 gw app: b\nno newline")
	s, err := New(cfg, st)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Stored != 3 || st.lines[2] != "no newline" && !contains(st.lines, "no newline") {
		t.Errorf("%+v %q", got, st.lines)
	}
	r, w := io.Pipe()
	defer w.Close()
	cfg.Stdin, cfg.TCP = io.MultiReader(strings.NewReader("x\n")), []string{"127.0.0.1:0"}
	s, stop := start(t, cfg, st)
	fmt.Fprint(dial(t, s.Addrs()[0]), "y\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 2 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	cfg.Stdin = r // one that blocks does not hold up a stop
	s, stop = start(t, cfg, st)
	fmt.Fprint(w, "z\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// ring is a kernel's ring as /dev/kmsg gives it: a record, or an error, for each read.
type ring struct {
	mu     sync.Mutex
	reads  []any
	closed chan struct{}
}

func (r *ring) Read(b []byte) (int, error) {
	r.mu.Lock()
	if len(r.reads) == 0 {
		r.mu.Unlock()
		<-r.closed
		return 0, os.ErrClosed
	}
	defer r.mu.Unlock()
	x := r.reads[0]
	r.reads = r.reads[1:]
	if err, ok := x.(error); ok {
		return 0, err
	}
	return copy(b, x.(string)), nil
}

func (r *ring) Close() error {
	defer func() { _ = recover() }() // closed twice
	close(r.closed)
	return nil
}

// kmsgServer reads a made-up ring of a machine that booted an hour ago.
func kmsgServer(t *testing.T, positions, boot string, st *memory, reads ...any) (s *Server, stop func() error,
	booted time.Time) {
	t.Helper()
	cfg := testConfig()
	cfg.Positions = positions
	booted = time.Now().Add(-time.Hour)
	s, err := New(cfg, st)
	if err != nil {
		t.Fatal(err)
	}
	s.book = openBook(positions, quiet())
	first := true
	k := &kmsgRing{cfg: &s.cfg, book: s.book, boot: boot, up: func() time.Time { return booted }}
	k.open = func() (io.ReadCloser, error) {
		r := &ring{closed: make(chan struct{})}
		if !first {
			r.reads = reads
		}
		first = false // opened once to see that it can be
		return r, nil
	}
	if err := k.begin("here"); err != nil {
		t.Fatal(err)
	}
	s.feeds, s.listening = []*feed{&k.feed}, true
	return s, serving(t, s), booted
}

func TestKmsg(t *testing.T) {
	positions := filepath.Join(t.TempDir(), "positions.json")
	st := &memory{}
	s, stop, booted := kmsgServer(t, positions, "boot 1", st,
		"6,5,1000000,-;first\n SUBSYSTEM=net\n DEVICE=+net:eth0\n",
		"4,6,3599999000,-;a moment ago\n",
		syscall.EPIPE,
		"4,10,3599999500,-,caller=T1;three were overwritten\n",
		"no record")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 4 && st.Kernel == 3 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if want := "6,5,1000000,-;first"; st.lines[0] != want {
		t.Errorf("stored %q", st.lines)
	}
	for i, e := range st.events {
		switch at := time.Unix(0, e.Time); {
		case e.Router.String() != "here":
			t.Errorf("event %d is of %q", i, e.Router.String())
		case i == 0 && !at.Equal(time.Unix(0, booted.Add(time.Second).UnixNano())):
			t.Errorf("the first is of %v", at)
		case i == 1 && e.Time != e.Recv:
			t.Errorf("what was just written is of %v", at)
		}
	}

	st = &memory{} // the same boot: what is stored is not read again, what was overwritten meanwhile is counted
	s, stop, _ = kmsgServer(t, positions, "boot 1", st, "4,10,3599999500,-;known\n", "4,13,3599999900,-;new\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 && st.Kernel == 2 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	st = &memory{} // another boot
	s, stop, _ = kmsgServer(t, positions, "boot 2", st, "4,2,100,-;from the beginning\n")
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 && st.Kernel == 0 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// TestKmsgAgain: a ring that fails is opened again.
func TestKmsgAgain(t *testing.T) {
	cfg := testConfig()
	cfg.fill()
	opened := 0
	k := &kmsgRing{cfg: &cfg, seq: -1, open: func() (io.ReadCloser, error) {
		opened++
		r := &ring{reads: []any{fmt.Sprintf("4,%d,1,-;x", opened), error(syscall.EINVAL)}, closed: make(chan struct{})}
		if opened == 2 {
			r.reads = append(r.reads[:1], io.EOF)
		}
		return r, nil
	}, up: time.Now}
	q := newQueue(10, 10, 1)
	if err := k.run(t.Context(), q); err != nil || len(q.lines) != 2 {
		t.Errorf("%d lines, %v", len(q.lines), err)
	}
}

// TestRealKmsg reads the machine's own ring, where it may: what is written to it comes.
func TestRealKmsg(t *testing.T) {
	w, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no kernel messages here: %v", err)
	}
	defer w.Close()
	cfg, st := testConfig(), &memory{}
	cfg.Kmsg = "/dev/kmsg"
	s, stop := start(t, cfg, st)
	mark := fmt.Sprintf("uncloak test %d", time.Now().UnixNano())
	if _, err := fmt.Fprintln(w, "<14>"+mark); err != nil {
		t.Skipf("kernel messages cannot be written: %v", err)
	}
	waitFor(t, s, func(Stats) bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return strings.Contains(strings.Join(st.lines, "\n"), mark)
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	last := st.events[len(st.events)-1]
	if d := time.Until(time.Unix(0, last.Time)).Abs(); d > time.Minute {
		t.Errorf("its time is %v off", d)
	}
}

// journalRecord is one record in the export format.
func journalRecord(cursor, pid, message string) string {
	return fmt.Sprintf("__CURSOR=%s\n__REALTIME_TIMESTAMP=1795292901195360\n_HOSTNAME=vm\nSYSLOG_IDENTIFIER=app\n"+
		"_PID=%s\nMESSAGE=%s\n\n", cursor, pid, message)
}

// TestJournal follows a journalctl that is a script: it tells what it was called with, gives records and ends; the
// second time it waits.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{
		journalRecord("c1", "7", "first") + journalRecord("c2", fmt.Sprint(os.Getpid()), "our own") +
			journalRecord("c3", "7", "second") + "__CURSOR=c4\nMESSAGE=cut sh",
		journalRecord("c5", "7", "third"),
		journalRecord("c6", "7", "fourth"),
	} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("out.%d", i+1)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := `#!/bin/sh
cd "` + dir + `"
echo "$@" >>args
n=$(wc -l <args)
if [ -e out.$n ]; then cat out.$n; fi
if [ $n -lt 2 ]; then echo 'Failed to read: broken' >&2; exit 1; fi
exec sleep 1000
`
	if err := os.WriteFile(filepath.Join(dir, "journalctl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	cfg, st := testConfig(), &memory{}
	cfg.Journal, cfg.Positions = JournalHere, filepath.Join(dir, "positions.json")
	s, stop := start(t, cfg, st)
	waitFor(t, s, func(st Stats) bool { return st.Stored == 3 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s, stop = start(t, cfg, st) // goes on behind the last one that is stored
	waitFor(t, s, func(st Stats) bool { return st.Stored == 1 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	args, err := os.ReadFile(filepath.Join(dir, "args"))
	if err != nil {
		t.Fatal(err)
	}
	calls := strings.Split(strings.TrimSpace(string(args)), "\n")
	if len(calls) != 3 || !strings.HasSuffix(calls[0], "--lines=1") ||
		!strings.HasSuffix(calls[1], "--after-cursor=c3") || !strings.HasSuffix(calls[2], "--after-cursor=c5") {
		t.Errorf("called with\n%s", args)
	}
	if len(st.lines) != 4 || !strings.Contains(st.lines[2], `"MESSAGE":"third"`) ||
		st.events[0].Router.String() != "vm" {
		t.Errorf("stored %q", st.lines)
	}
	if time.Unix(0, st.events[0].Time).UnixMicro() != 1795292901195360 {
		t.Errorf("it is of %v", time.Unix(0, st.events[0].Time))
	}
}

func TestNoJournal(t *testing.T) {
	for name, tc := range map[string]struct{ path, where, says string }{
		"no journalctl": {t.TempDir(), JournalHere, "there is no journalctl"},
		"no directory":  {os.Getenv("PATH"), "/none", "/none is no directory"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if name == "no directory" {
				if err := os.WriteFile(filepath.Join(dir, "journalctl"), []byte("#!/bin/sh\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			cfg := testConfig()
			cfg.Journal = tc.where
			s, err := New(cfg, &memory{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Listen(); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v", err)
			}
		})
	}
}
