package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

var _ store.Store = (*DB)(nil)

// ErrClosed is returned by every method after Close.
var ErrClosed = fmt.Errorf("store: %w", fs.ErrClosed)

// Options are the settings of Open. The zero value suits a daemon.
type Options struct {
	ReadOnly bool         // change nothing, not even the lock file; several read-only openers may share a directory
	Logger   *slog.Logger // damaged blocks and files; nil = none
	NoSync   bool         // do not wait for the disk: a power cut may cost the day file. For benchmarks and demos.
	KeepRaw  KeepRaw      // which raw lines are stored; what is stored already stays as it is
	MaxOpen  int          // unused day files that are kept open; 0 = 16
	// ReadMemory bounds the decoded blocks that all sequences together hold beside the one that each needs; 0 =
	// DefaultReadMemory.
	ReadMemory int64
	// Memory bounds the memory of the whole process, in bytes. Below smallMemory the store writes with one processor,
	// and compresses with less to look back at. 0 = no bound.
	Memory int64
}

// smallMemory: below this many bytes a process has no room for all of the store's encoders.
const smallMemory = detect.FullMemory / 2

func (o *Options) small() bool { return o.Memory > 0 && o.Memory < smallMemory }

// DB is a data directory. See store.Store for the contract of its methods. Events, Days and the other readers may be
// used while Append runs, also by the loop over Events itself; Close must not be called from such a loop.
type DB struct {
	dir  string
	opt  Options
	lock *os.File
	at   os.FileInfo // of the directory days when it was opened
	z    *codec

	appendMu sync.Mutex // one Append, PutDay or Prune at a time
	enc      []*encoder // one a processor, at most maxEncoders
	dup      *deduper
	rows     []*store.Entry
	aside    map[detect.Date]bool // days whose file was found to be unfit for writing
	empty    []byte               // a day file without events; nil: none was needed yet

	fresh sync.Map // names of day files that this process made and synced, and has not opened yet

	compactMu sync.Mutex // one Compact at a time; taken before the others

	mu     sync.Mutex // the fields below
	closed bool
	lost   error                // the first day file that was taken away while it was open
	known  map[detect.Date]bool // dates that have a file
	open   map[detect.Date]*day
	clock  uint64                        // counts uses, for the least recent one
	infos  map[detect.Date]store.DayInfo // of days that have not changed since they were asked for
	edits  uint64                        // counts changes of any day

	brokenMu sync.Mutex
	broken   map[string]bool // damage that was reported
	lacking  map[detect.Date]bool

	gaps     gaps
	users    sync.WaitGroup
	buffers  sync.Pool    // of *cursor
	decoders sync.Pool    // of *decoder
	reading  atomic.Int64 // bytes that sequences hold of Options.ReadMemory
	damaged  atomic.Uint64
	touched  touched
}

// maxEncoders bounds the memory of encoders, about 10 MB each.
const maxEncoders = 4

// Open opens the store in dir and creates it if it does not exist. The error is store.ErrLocked when another process
// has it. It starts no goroutine; day files are opened when they are needed.
func Open(dir string, opt Options) (*DB, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.MaxOpen <= 0 {
		opt.MaxOpen = 16
	}
	if opt.ReadMemory <= 0 {
		opt.ReadMemory = DefaultReadMemory
	}
	if !opt.ReadOnly {
		if err := makeDirs(dir, opt.NoSync); err != nil {
			return nil, err
		}
	}
	lock, err := lockDir(dir, opt.ReadOnly)
	if err != nil {
		return nil, err
	}
	encoders, window := min(maxEncoders, runtime.GOMAXPROCS(0)), 0
	if opt.small() {
		encoders, window = 1, smallWindow
	}
	z, err := newCodec(runtime.GOMAXPROCS(0), false, window)
	if err != nil {
		return nil, errors.Join(err, closeFile(lock))
	}
	db := &DB{dir: dir, opt: opt, lock: lock, z: z, known: map[detect.Date]bool{},
		open: map[detect.Date]*day{}, infos: map[detect.Date]store.DayInfo{}, broken: map[string]bool{},
		lacking: map[detect.Date]bool{}, aside: map[detect.Date]bool{}}
	for range encoders {
		db.enc = append(db.enc, newEncoder(z))
	}
	db.dup = newDeduper(db)
	db.buffers.New = func() any { return &cursor{} }
	db.decoders.New = func() any {
		d := newDecoder(z)
		d.touch = &db.touched
		return d
	}
	if db.at, err = os.Stat(filepath.Join(dir, "days")); err != nil {
		return nil, errors.Join(fmt.Errorf("read data directory: %w", err), closeFile(lock))
	}
	if err := db.list(); err != nil {
		return nil, errors.Join(err, closeFile(lock))
	}
	return db, nil
}

func makeDirs(dir string, noSync bool) error {
	if err := makeDir(filepath.Clean(dir), noSync); err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	days := filepath.Join(dir, "days")
	if err := os.Mkdir(days, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create data directory: %w", err)
	}
	if fi, err := os.Lstat(days); err != nil || !fi.IsDir() {
		return fmt.Errorf("data directory: %s is not a directory", days)
	}
	if noSync {
		return nil
	}
	// the files of days, too: a writer may have been killed before it waited for the name of a new one
	return errors.Join(syncDir(dir), syncDir(days))
}

// makeDir makes a directory and those above it that are missing, and waits until their names are on the disk.
func makeDir(dir string, noSync bool) error {
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return nil
	}
	above := filepath.Dir(dir)
	if err := makeDir(above, noSync); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if noSync {
		return nil
	}
	return syncDir(above)
}

// list reads which days there are.
func (db *DB) list() error {
	files, err := os.ReadDir(filepath.Join(db.dir, "days"))
	if err != nil {
		return fmt.Errorf("read data directory: %w", err)
	}
	if !db.opt.ReadOnly {
		if err := db.removeUnfinished(files); err != nil {
			return err
		}
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".db")
		t, err := time.Parse(time.DateOnly, name)
		if ok && err == nil && f.Type().IsRegular() {
			db.known[detect.DateOf(t)] = true
		}
	}
	return nil
}

// Close waits for all readers and for a running Append, then closes all files and releases the directory.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	db.users.Wait()
	var errs []error
	for _, d := range db.open {
		errs = append(errs, d.close())
	}
	clear(db.open)
	db.z.close()
	return errors.Join(append(errs, closeFile(db.lock))...)
}

// enter keeps the store open until leave.
func (db *DB) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return ErrClosed
	}
	db.users.Add(1)
	return nil
}

func (db *DB) leave() { db.users.Done() }

// enterWrite is enter for methods that change something: they run one at a time.
func (db *DB) enterWrite() error {
	if db.opt.ReadOnly {
		return store.ErrReadOnly
	}
	if err := db.enter(); err != nil {
		return err
	}
	db.appendMu.Lock()
	if err := db.present(); err != nil {
		db.leaveWrite()
		return err
	}
	return nil
}

// Present returns store.ErrGone where the directory is not the one any more that was opened, and store.ErrLost, from
// then on, where the file of a day was removed or replaced while it was open.
func (db *DB) Present() error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if err := db.present(); err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, d := range db.open {
		if !d.inPlace() {
			if err := db.lose(d); err != nil {
				return err
			}
		}
	}
	return db.lost
}

// lose reports a file that was removed or replaced while it was open, and closes it. The caller holds mu.
func (db *DB) lose(d *day) error {
	err := fmt.Errorf("%w: %v", store.ErrLost, d.date)
	db.report("day file", d.date, d.gen, err)
	if db.lost == nil {
		db.lost = err
	}
	if err := db.detach(d.date); err != nil {
		return fmt.Errorf("close day file: %w", err)
	}
	return nil
}

// Writable reports whether the store may be changed.
func (db *DB) Writable() bool { return !db.opt.ReadOnly }

// present reports as an error that the directory is not where it was opened: what is written then is lost, and another
// process may have taken its place.
func (db *DB) present() error {
	now, err := os.Stat(filepath.Join(db.dir, "days"))
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(now, db.at):
		return fmt.Errorf("%w: %s", store.ErrGone, db.dir)
	case err != nil:
		return fmt.Errorf("read data directory: %w", err)
	case db.lock == nil:
		return nil
	}
	held, err := db.lock.Stat()
	if err != nil {
		return fmt.Errorf("read lock file: %w", err)
	}
	if now, err = os.Stat(db.lock.Name()); err != nil || !os.SameFile(now, held) {
		return fmt.Errorf("%w: %s", store.ErrGone, db.lock.Name())
	}
	return nil
}

func (db *DB) leaveWrite() {
	db.appendMu.Unlock()
	db.leave()
}

// dates lists the days that have a file and touch w, in order.
func (db *DB) dates(w store.Window) []detect.Date {
	db.mu.Lock()
	defer db.mu.Unlock()
	var out []detect.Date
	for d := range db.known {
		if (w.From.IsZero() || d.End().After(w.From)) && (w.To.IsZero() || d.Start().Before(w.To)) {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// Damaged is the number of blocks, summaries and whole day files that could not be read since Open, each counted once.
func (db *DB) Damaged() uint64 { return db.damaged.Load() }

// maxBroken bounds the memory of what was reported as damaged; beyond it, damage is counted again at each meeting.
const maxBroken = 1 << 16

// report counts and logs a piece of damage the first time that it is found.
func (db *DB) report(what string, d detect.Date, seq uint64, err error) {
	key := fmt.Sprintf("%s %v %d", what, d, seq)
	db.brokenMu.Lock()
	seen := db.broken[key]
	if !seen && len(db.broken) < maxBroken {
		db.broken[key] = true
	}
	if what != "summary" { // that is made anew
		db.lacking[d] = true
	}
	db.brokenMu.Unlock()
	if seen {
		return
	}
	db.damaged.Add(1)
	db.opt.Logger.Error("stored data is damaged and is left out", "what", what, "day", d.String(), "sequence", seq,
		"err", err)
}

// Lacking lists the days that touch w and of which something cannot be read, as far as that was found since Open, or of
// which a damaged file was set aside.
func (db *DB) Lacking(w store.Window) (out []detect.Date) {
	db.brokenMu.Lock()
	for d := range db.lacking {
		out = append(out, d)
	}
	db.brokenMu.Unlock()
	files, err := os.ReadDir(filepath.Join(db.dir, "days"))
	if err != nil {
		db.opt.Logger.Error("data directory cannot be read", "err", err)
	}
	for _, f := range files {
		name, _, ok := strings.Cut(f.Name(), ".db.damaged-")
		if t, err := time.Parse(time.DateOnly, name); ok && err == nil {
			out = append(out, detect.DateOf(t))
		}
	}
	out = slices.DeleteFunc(out, func(d detect.Date) bool {
		return !w.From.IsZero() && !d.End().After(w.From) || !w.To.IsZero() && !d.Start().Before(w.To)
	})
	slices.Sort(out)
	return slices.Compact(out)
}

func closeFile(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}

// syncDir waits until the creation or removal of a file in dir is on the disk.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // NTFS keeps its names in a journal, and does not let a directory be synced
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// touched counts what readers decode.
type touched struct{ blocks, rows, lines atomic.Uint64 }

func (t *touched) block(rows int) {
	if t != nil {
		t.blocks.Add(1)
		t.rows.Add(uint64(rows))
	}
}

func (t *touched) line(n int) {
	if t != nil {
		t.lines.Add(uint64(n))
	}
}

// Touched returns how many blocks and rows of them were decoded for readers since Open, and how many lines were put
// together again.
func (db *DB) Touched() (blocks, rows, lines uint64) {
	return db.touched.blocks.Load(), db.touched.rows.Load(), db.touched.lines.Load()
}
