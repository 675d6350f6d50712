package bolt

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// The test binary is its own victim: with childDir set it is a writer that is going to be killed, or whose disk fails.
const (
	childDir  = "UNCLOAK_BOLT_CHILD"
	childFrom = "UNCLOAK_BOLT_FROM" // number of the first batch
	// "disk": writes and syncs fail now and then; "full": the disk is small; "import": batches of many days; "import
	// disk": both; "power": see TestPowerLoss
	childSick = "UNCLOAK_BOLT_FAULT"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	from, err := strconv.Atoi(os.Getenv(childFrom))
	switch {
	case err != nil:
	case os.Getenv(childSick) == "short":
		err = makeHalf(dir)
	case os.Getenv(childSick) == "power":
		err = writeRecorded(dir, from)
	case os.Getenv(childSick) == "full":
		err = fillDisk(dir)
	default:
		err = writeForEver(dir, from, os.Getenv(childSick), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// importEntries is batch n of an import: 60 sessions of 12 days.
func importEntries(n int) []store.Entry {
	es := crashEntries(4 * (n / 4))[:60]
	for i := range es {
		e := &es[i]
		e.Identity = uint64(n)*1000 + uint64(i)
		e.Raw = fmt.Appendf(nil, "session %d of import %d", i, n)
		e.Time = noon().AddDate(0, 0, i%12).Add(time.Duration(n*100+i) * time.Millisecond).UnixNano()
	}
	return es
}

// crashBatch is batch n of a writer with that fault.
func crashBatch(n int, fault string) store.Batch {
	if fault == "power" {
		return powerBatch(n)
	}
	b := store.Batch{ID: fmt.Sprint(n)}
	if b.Dedupe = strings.HasPrefix(fault, "import"); b.Dedupe {
		b.Entries = importEntries(n)
	} else {
		b.Entries = crashEntries(n)
	}
	return b
}

// crashEntries is batch n: 200 sessions from the n-th second on; midnight comes after 300 batches.
func crashEntries(n int) []store.Entry {
	at := time.Date(2026, 11, 21, 23, 55, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
	size := 200
	if n%4 != 0 {
		size = 5 // small ones are merged
	}
	es := make([]store.Entry, size)
	for i := range es {
		id := uint64(n)*1000 + uint64(i)
		es[i] = store.Entry{Identity: id, Raw: fmt.Appendf(nil, "session %d of batch %d", id, n)}
		es[i].Time, es[i].Router = at.Add(time.Duration(i)*5*time.Millisecond).UnixNano(), parse.MakeName("gw")
		es[i].Kind, es[i].Proto = parse.SessionNew, parse.TCP
		es[i].Src, es[i].SPort = netip.AddrFrom4([4]byte{192, 168, 1, byte(i % 50)}), uint16(1024+n%50000)
		es[i].Dst, es[i].DPort = netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}), 443
	}
	return es
}

// writeForEver appends as serve does, with a summary now and then, and prints the number of each batch that is
// committed. A batch that fails is sent again under its ID.
func writeForEver(dir string, from int, fault string, out io.Writer) error {
	sick := strings.HasSuffix(fault, "disk")
	db, err := Open(dir, Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	disk := &sickness{dir: dir}
	_, live, err := rebuilt(db)
	if err != nil {
		return err
	}
	if sick {
		signal.Ignore(syscall.SIGXFSZ)
		go disk.come()
	}
	for n := from; ; n++ {
		b := crashBatch(n, fault)
		if b.Dedupe && n < 20 {
			if err := db.Expect(crashDates(b)); err != nil && !sick {
				return err
			}
		}
		got, err := db.Append(context.Background(), b)
		for ; err != nil && sick; got, err = db.Append(context.Background(), b) {
			if err := disk.heal(); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		if got.Added > 0 && !b.Dedupe {
			live = observe(live, b.Entries)
		}
		if n%7 == 0 && live != nil {
			if err := db.PutDays(context.Background(), summary(live)); err != nil && !sick {
				return err
			}
		}
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
}

// observe takes events, of one day, into the running day or the next one.
func observe(live *detect.Tracker, es []store.Entry) *detect.Tracker {
	date := dateOf(es[0].Time)
	if live == nil || live.Date() != date {
		var prev *detect.Day
		if live != nil {
			prev = summary(live)
		}
		live = detect.NewTracker(detect.DefaultConfig(), prev, date)
	}
	for i := range es {
		live.Observe(&es[i].Event)
	}
	return live
}

func summary(live *detect.Tracker) *detect.Day {
	d := live.Day()
	d.Stored = d.Events
	return d
}

// rebuilt is the summaries of the stored events, and the last one as a running day.
func rebuilt(db *DB) (days []*detect.Day, live *detect.Tracker, err error) {
	infos, err := db.Days(context.Background())
	if err != nil {
		return nil, nil, err
	}
	for _, info := range infos {
		var es []store.Entry
		day := store.Window{From: info.Date.Start(), To: info.Date.End()}
		for e, err := range db.Events(context.Background(), store.Query{Window: day, NoRaw: true}) {
			if err != nil {
				return nil, nil, err
			}
			es = append(es, e)
		}
		if len(es) > 0 {
			live = observe(live, es)
			days = append(days, summary(live))
		}
	}
	return days, live, nil
}

// sickness makes a disk fail: at a random moment either the day files' descriptors lead to /dev/null, where writes
// vanish and a sync fails (EINVAL), or a file may not grow beyond some point (RLIMIT_FSIZE), where a write is cut
// short and then fails. It lasts until an operation has failed: a disk that loses writes and reports success is not
// simulated.
type sickness struct {
	dir   string
	mu    sync.Mutex
	saved map[int]int // descriptors of the files, by the number at which /dev/null is now
}

func (s *sickness) come() {
	for {
		time.Sleep(time.Duration(rand.Int64N(int64(30 * time.Millisecond)))) // a random point of the run
		if rand.IntN(2) == 0 {
			s.lose()
		} else {
			s.cut()
		}
	}
}

func (s *sickness) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	null, err := syscall.Open("/dev/null", syscall.O_RDWR, 0)
	if err != nil || len(s.saved) > 0 {
		return
	}
	defer func() { _ = syscall.Close(null) }()
	s.saved = map[int]int{}
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, f := range fds {
		fd, err := strconv.Atoi(f.Name())
		name, linkErr := os.Readlink("/proc/self/fd/" + f.Name())
		if err != nil || linkErr != nil || !strings.HasPrefix(name, s.dir) || !strings.HasSuffix(name, ".db") {
			continue
		}
		if keep, err := syscall.Dup(fd); err == nil {
			s.saved[fd] = keep
			_ = syscall.Dup3(null, fd, syscall.O_CLOEXEC)
		}
	}
}

func (s *sickness) cut() {
	files, _ := filepath.Glob(filepath.Join(s.dir, "days", "*.db"))
	for _, name := range files {
		if size := fileSize(name); size > 0 {
			_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(rand.Int64N(size + 1<<15)),
				Max: ^uint64(0)})
		}
	}
}

func (s *sickness) heal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)})
	for fd, keep := range s.saved {
		err = errors.Join(err, syscall.Dup3(keep, fd, syscall.O_CLOEXEC), syscall.Close(keep))
	}
	s.saved = nil
	return err
}

func crashDates(b store.Batch) (dates []detect.Date) {
	for _, e := range b.Entries[:12] {
		dates = append(dates, dateOf(e.Time))
	}
	return dates
}

// TestKillImport is TestKill of a writer whose batches are of many days each, which are written side by side.
func TestKillImport(t *testing.T) {
	t.Parallel()
	crash(t, 12, "import")
	crash(t, 6, "import disk")
}

func TestKill(t *testing.T) {
	t.Parallel()
	crash(t, 20, "")
}

func TestSickDisk(t *testing.T) {
	t.Parallel()
	crash(t, 12, "disk")
}

// crash kills a writer at random points, that many times, and looks at what is left each time.
func crash(t *testing.T, times int, fault string) {
	dir := filepath.Join(t.TempDir(), "data")
	committed := 0 // batches 0 … committed-1 were reported
	for round := range times {
		committed = max(committed, killed(t, dir, committed, fault))
		intact(t, fmt.Sprintf("%s round %d, %d batches", fault, round, committed), dir, committed, fault)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d batches were committed", committed)
}

// killed runs a writer from that batch on, kills it at a random moment, and says how many batches are committed now.
func killed(t *testing.T, dir string, from int, fault string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childFrom+"="+strconv.Itoa(max(from-1, 0)), childSick+"="+fault)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	// from within the opening of the store to some hundreds of batches
	timer := time.AfterFunc(time.Duration(rand.Int64N(int64(300*time.Millisecond))), func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	last := from - 1
	for lines := bufio.NewScanner(out); lines.Scan(); { // what is still in the pipe counts as well
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("child says %q", lines.Text())
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("child ended with %v: %s", err, complaints.String())
	}
	if complaints.Len() > 0 {
		t.Logf("child said:\n%s", complaints.String())
	}
	return last + 1
}

// intact reports whether the store opens and verifies, has every event of the committed batches, none twice and at most
// one batch beyond them, and the summaries of its events. Of an import's batch some days may be there.
func intact(t *testing.T, what, dir string, committed int, fault string) {
	t.Helper()
	db := mustOpen(t, dir, Options{NoSync: true})
	defer mustClose(t, db)
	if _, problems := verified(t, db); len(problems) > 0 {
		t.Errorf("%s: %q", what, problems)
	}
	seen := map[uint64]bool{}
	for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
		if err != nil || seen[e.Identity] {
			t.Fatalf("%s: event %d twice, or %v", what, e.Identity, err)
		}
		seen[e.Identity] = true
	}
	want := 0
	for n := range committed {
		for _, e := range crashBatch(n, fault).Entries {
			if want++; !seen[e.Identity] {
				t.Fatalf("%s: event %d is lost", what, e.Identity)
			}
		}
	}
	beyond := crashBatch(committed, fault)
	part := beyond.Dedupe && len(seen) > want && len(seen) < want+len(beyond.Entries)
	if more := len(seen) - want; more != 0 && more != len(beyond.Entries) && !part {
		t.Errorf("%s: %d events more than were committed", what, more)
	}
	if db.Damaged() != 0 {
		t.Errorf("%s: %d damaged blocks", what, db.Damaged())
	}
	summaries(t, what, db)
}

// summaries compares those that say that they are of all events with what the events give. None may be of more than
// there are: that the store has more is known by the number, and the summary made anew.
func summaries(t *testing.T, what string, db *DB) {
	t.Helper()
	days, _, err := rebuilt(db)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range days {
		got, err := db.Day(t.Context(), want.Date)
		switch {
		case err != nil || got != nil && got.Stored > want.Stored:
			t.Errorf("%s: the summary of %v is of %+v events, there are %d: %v", what, want.Date, got, want.Stored, err)
		case got == nil || got.Stored < want.Stored:
		case !reflect.DeepEqual(got, stored(t, want)):
			t.Errorf("%s: the summary of %v is not that of its %d events", what, want.Date, want.Stored)
		}
	}
}

// stored returns the day as the store gives it back: with nil for empty lists.
func stored(t *testing.T, d *detect.Day) *detect.Day {
	t.Helper()
	out := &detect.Day{}
	b, err := d.MarshalBinary()
	if err == nil {
		err = out.UnmarshalBinary(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHalfADay runs a child whose disk ends within the first pages of a new day file: that leaves no file behind which
// would be taken for a damaged one.
func TestHalfADay(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+t.TempDir(), childFrom+"=0", childSick+"=short")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func makeHalf(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	db, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	b := store.Batch{ID: "0", Entries: noisy(0)}
	for _, size := range []uint64{0, 1, 5954, 16383} {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: ^uint64(0)}); err != nil {
			return err
		}
		if _, err := db.Append(context.Background(), b); err == nil {
			return fmt.Errorf("a batch fits into %d bytes", size)
		}
		if files, err := filepath.Glob(filepath.Join(dir, "days", "*")); err != nil || len(files) != 0 {
			return fmt.Errorf("after %d bytes there are %v, %v", size, files, err)
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)}); err != nil {
		return err
	}
	if _, err := db.Append(context.Background(), b); err != nil {
		return err
	}
	return errors.Join(stillThere(db, 1), db.Close())
}

// TestFullDisk runs a child whose data lies on a disk of 2 MB that it mounts for itself alone.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+t.TempDir(), childFrom+"=0", childSick+"=full")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || bytes.Contains(out, []byte(noDisk)) {
		t.Logf("this machine lets nobody mount a disk of his own: %v %s", err, out)
		return
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

const noDisk = "no disk of its own"

// fillDisk appends until the disk is full, looks at what is there, makes room, and goes on; three times.
func fillDisk(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		return fmt.Errorf("%s: %w", noDisk, err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		return err
	}
	n := 0
	for round := range 3 {
		db, err := Open(dir, Options{})
		if err != nil {
			return err
		}
		for err == nil && n < 10_000 {
			if _, err = db.Append(context.Background(), store.Batch{ID: fmt.Sprint(n), Entries: noisy(n)}); err == nil {
				n++
			}
		}
		if !errors.Is(err, store.ErrFull) {
			return fmt.Errorf("round %d, batch %d: the error is %w", round, n, err)
		}
		if err := stillThere(db, n); err != nil { // while it is full, and open
			return fmt.Errorf("round %d: %w", round, err)
		}
		if err := db.Close(); err != nil {
			return err
		}
		if db, err = Open(dir, Options{}); err != nil {
			return err
		}
		if err := errors.Join(stillThere(db, n), db.Close(), os.Truncate(ballast, int64(2-round)<<18)); err != nil {
			return fmt.Errorf("round %d, opened again: %w", round, err)
		}
	}
	return nil
}

// noisy is a batch that cannot be made much smaller.
func noisy(n int) []store.Entry {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	es := entries(noon().Add(time.Duration(n)*time.Second), uint64(n)*100, 50)
	for i := range es {
		es[i].Raw = fmt.Appendf(nil, "line %x%x", r.Uint64(), r.Uint64())
	}
	return es
}

func stillThere(db *DB, batches int) error {
	n := 0
	for _, err := range db.Events(context.Background(), store.Query{}) {
		if err != nil {
			return err
		}
		n++
	}
	if n != batches*50 || db.Damaged() != 0 {
		return fmt.Errorf("%d events of %d, %d damaged", n, batches*50, db.Damaged())
	}
	return db.Verify(context.Background(), func(v store.Verified) error {
		if len(v.Problems) > 0 {
			return fmt.Errorf("%s: %q", v.File, v.Problems)
		}
		return nil
	})
}
