package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Bounds of following one path: the bytes that are remembered of a file's beginning, the renamed files that are read
// on, and how long after they last grew. A daemon writes into the renamed file until it is told to open the new one.
const (
	headMax   = 64
	filesMax  = 4
	lingering = time.Minute
)

// follower reads the files that one path names, one after the other; the newest is last. It looks at them again and
// again instead of being notified: that works on every file system, and a look at a file that did not grow costs two
// system calls.
type follower struct {
	cfg   *Config
	path  string
	book  *book
	files []*followed
	said  bool // it was logged that the path cannot be read
}

// followed is a file whose growth is read, until it is emptied.
type followed struct {
	feed
	cfg  *Config
	book *book
	key  string
	f    *os.File
	info fs.FileInfo
	at   int64 // offset of the first byte that is not cut into lines
	last int64 // offset of the end of the last line
	cut  *splitter
	buf  []byte
	n    int
	grew time.Time

	mu    sync.Mutex
	head  []byte
	stale bool // the file was emptied: its positions are void
}

// follow prepares to follow a path. The file that it names now is read from its end on, or from where reading stopped
// before; a file that it names later, from the beginning.
func (s *Server) follow(path string) (*feed, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", path, err)
	}
	fl := &follower{cfg: &s.cfg, path: path, book: s.book}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.Mode().IsRegular():
	case err == nil:
		return nil, fmt.Errorf("follow %s: it is no plain file; what a program writes can be read with --stdin", path)
	case !errors.Is(err, fs.ErrNotExist): // a file may come later
		return nil, fmt.Errorf("follow: %w", err)
	}
	if err := fl.resume(); err != nil {
		return nil, err
	}
	return &feed{name: "file " + path, read: fl.run}, nil
}

func (fl *follower) prefix() string { return "file " + fl.path + " " }

// resume opens the files that were read before, whatever their names are now, and notes that the path was seen.
func (fl *follower) resume() error {
	known := fl.book.below(fl.prefix())
	for _, name := range fl.named() {
		f, err := fl.open(name)
		if err == nil && slices.ContainsFunc(fl.files, func(have *followed) bool { return have.key == f.key }) {
			f.f.Close() // a second name of the same file
			continue
		}
		if err != nil {
			if name == fl.path && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		p, ok := known[f.key]
		switch {
		case ok && f.same(p):
			f.at, f.last, f.head = p.Offset, p.Offset, p.Head
			delete(known, f.key)
		case name == fl.path && len(known) == 0:
			f.at = f.info.Size()
			f.learn()
			f.keep(f.at)
		case name == fl.path: // a new file since
		default:
			f.f.Close()
			continue
		}
		fl.files = append(fl.files, f)
	}
	delete(known, fl.prefix())
	for key := range known {
		fl.cfg.Log.Warn("a file that was followed is gone: what it got since is not read", "path", fl.path)
		fl.book.drop(key)
	}
	fl.book.set(fl.prefix(), position{}) // a file that comes later is read from its beginning
	fl.book.save()
	return nil
}

// named returns the regular files whose names begin with that of the path, as rotation leaves them, and last the path
// itself.
func (fl *follower) named() []string {
	dir, base := filepath.Split(fl.path)
	var names []string
	entries, _ := os.ReadDir(dir) // an error shows at the path itself
	for _, e := range entries {
		if len(e.Name()) > len(base) && e.Name()[:len(base)] == base && e.Type().IsRegular() {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return append(names, fl.path)
}

func (fl *follower) open(name string) (*followed, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no plain file any more")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("follow %s: %w", name, err)
	}
	return fl.begin(f, info), nil
}

// begin follows an open file from its beginning.
func (fl *follower) begin(f *os.File, info fs.FileInfo) *followed {
	fd := &followed{cfg: fl.cfg, book: fl.book, f: f, info: info, key: fl.prefix() + fileID(info),
		cut:  newSplitter(fl.cfg.MaxLine),
		grew: fl.cfg.Now(), buf: make([]byte, fl.cfg.MaxLine+16+streamRead)}
	fd.feed = feed{name: "file " + fl.path, router: filepath.Base(fl.path), stored: fd.keep}
	return fd
}

// same reports whether this is the file that was read up to p.
func (f *followed) same(p position) bool {
	head := make([]byte, len(p.Head))
	n, _ := f.f.ReadAt(head, 0)
	return f.info.Size() >= p.Offset && bytes.Equal(head[:n], p.Head)
}

// learn remembers the first bytes of the file.
func (f *followed) learn() {
	if len(f.head) == headMax || f.at == int64(len(f.head)) {
		return
	}
	head := make([]byte, min(headMax, f.at))
	n, _ := f.f.ReadAt(head, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head = head[:n]
}

// keep notes that the file is read, and stored, up to at.
func (f *followed) keep(at int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stale {
		f.book.set(f.key, position{Offset: at, Head: f.head})
	}
}

// forget removes the position of this file from the book, for good.
func (f *followed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stale = true
	f.book.drop(f.key)
}

// run follows until ctx ends. Lines that it has not read by then are read at the next start.
func (fl *follower) run(ctx context.Context, q *queue) error {
	defer func() {
		for _, f := range fl.files {
			f.f.Close()
		}
	}()
	for ctx.Err() == nil {
		fl.look(ctx, q)
		sleep(ctx, fl.cfg.FollowEvery)
	}
	return nil
}

// look reads what was added to the files, and opens the file that the path names if it is another one now.
func (fl *follower) look(ctx context.Context, q *queue) {
	for i := 0; i < len(fl.files); i++ {
		f := fl.files[i]
		if f.emptied() {
			f.end(ctx, q)
			f.forget()
			f = fl.begin(f.f, f.info)
			fl.files[i] = f
		}
		f.read(ctx, q)
		if i < len(fl.files)-1 && (f.done(ctx, q) || len(fl.files) > filesMax) {
			f.forget()
			f.f.Close()
			fl.files = append(fl.files[:i], fl.files[i+1:]...)
			i--
		}
	}
	info, err := os.Stat(fl.path)
	if err == nil && len(fl.files) > 0 && os.SameFile(info, fl.files[len(fl.files)-1].info) {
		return
	}
	var f *followed
	if err == nil {
		f, err = fl.open(fl.path)
	}
	if err != nil {
		if !fl.said {
			fl.cfg.Log.Warn("cannot follow now, trying on", "path", fl.path, "err", err)
		}
		fl.said = true
		return
	}
	if fl.said {
		fl.cfg.Log.Info("following again", "path", fl.path)
	}
	fl.said = false
	fl.files = append(fl.files, f)
	f.read(ctx, q)
}

// done reports whether a renamed file is finished: nothing was added for a while, and the store has all lines.
func (f *followed) done(ctx context.Context, q *queue) bool {
	if f.cfg.Now().Sub(f.grew) < lingering {
		return false
	}
	f.end(ctx, q)
	p, ok := f.book.get(f.key)
	return !ok && f.last == 0 || p.Offset >= f.last
}

// emptied reports whether the file became shorter or begins with other bytes: it was written anew (copytruncate).
func (f *followed) emptied() bool {
	info, err := f.f.Stat()
	if err != nil {
		return false
	}
	f.info = info
	return !f.same(position{Offset: f.at + int64(f.n), Head: f.head})
}

// read takes what was added to the file.
func (f *followed) read(ctx context.Context, q *queue) {
	for ctx.Err() == nil {
		n, err := f.f.ReadAt(f.buf[f.n:], f.at+int64(f.n))
		if n > 0 {
			f.grew = f.cfg.Now()
			f.took(q, n, false)
		}
		if err != nil { // the end, for now
			return
		}
	}
}

// end takes the last line, without a newline, of a file that is not written to any more.
func (f *followed) end(ctx context.Context, q *queue) {
	if ctx.Err() == nil {
		f.took(q, 0, true)
	}
	f.n = 0
}

// took cuts lines out of the buffer, into which n more bytes were read. Each line has the offset of its end, as a stop
// may leave some out.
func (f *followed) took(q *queue, n int, end bool) {
	f.n += n
	recv := f.cfg.Now().UnixNano()
	data, at := f.buf[:f.n], f.at
	var lines []line
	own := make([]byte, 0, len(data))
	for {
		before := f.cut.oversize
		adv, tok, _ := f.cut.split(data, end)
		data, at = data[adv:], at+int64(adv)
		if tok == nil {
			break
		}
		own = append(own, tok...)
		lines = append(lines, line{from: source{name: f.name}, raw: own[len(own)-len(tok):], recv: recv,
			cut: f.cut.oversize > before,
			fed: &fed{by: &f.feed, pos: at}})
		f.last = at
	}
	f.at, f.n = at, copy(f.buf, data)
	f.learn()
	if len(lines) > 0 {
		_ = q.put(lines) // lines without room at a stop are read at the next start
	}
}
