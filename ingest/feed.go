package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// feed is a source of lines that the Server reads by itself: a file, the kernel's ring, the journal, standard input.
type feed struct {
	name   string          // its account: "file /var/log/router.log"
	router string          // router of the lines that name none
	stored func(pos int64) // called once the store has the lines up to pos; nil: not needed
	read   func(ctx context.Context, q *queue) error
}

// backlog is the age up to which the stamps of a feed are believed: a receiver that was off reads on where it stopped.
const backlog = 180 * 24 * time.Hour

// fed holds what a line of a feed has beyond a line of a socket.
type fed struct {
	by  *feed
	pos int64 // its end, for by.stored
	at  int64 // when it was written, ns, where the feed knows that; else 0
}

// position says how far a feed was read. Lines before it are stored, and not read again.
type position struct {
	Offset int64 `json:"offset,omitempty"` // of a file
	// the first bytes of the file, to tell it from another one that got its inode
	Head   []byte `json:"head,omitempty"`
	Boot   string `json:"boot,omitempty"` // boot id, for the kernel's ring
	Seq    int64  `json:"seq,omitempty"`
	Cursor string `json:"cursor,omitempty"` // of the journal
}

// book keeps the positions in one file, which is written after each batch that moved them. Storing the lines and
// writing the positions are two steps: after a crash between them the next start reads the lines of that one batch
// again.
type book struct {
	path    string // "": kept only as long as the process runs
	log     *slog.Logger
	seldom  rate.Sometimes
	mu      sync.Mutex
	at      map[string]position
	changed bool
}

// openBook reads the positions. A file that cannot be read is logged, and replaced by the next save.
func openBook(path string, log *slog.Logger) *book {
	b := &book{path: path, log: log, seldom: rate.Sometimes{First: 1, Interval: time.Minute}, at: map[string]position{}}
	if path == "" {
		return b
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &b.at)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("cannot read the file of read positions: followed files are read from their end on", "err", err)
		b.at = map[string]position{}
	}
	return b
}

func (b *book) get(key string) (position, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.at[key]
	return p, ok
}

// below returns the positions whose keys begin with a prefix.
func (b *book) below(prefix string) map[string]position {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := maps.Clone(b.at)
	maps.DeleteFunc(out, func(k string, _ position) bool { return !strings.HasPrefix(k, prefix) })
	return out
}

func (b *book) set(key string, p position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at[key], b.changed = p, true
}

func (b *book) drop(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.at, key)
	b.changed = true
}

// save writes the positions if they changed. The old file stays whole until the new one is.
func (b *book) save() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.changed || b.path == "" {
		return
	}
	text, err := json.Marshal(b.at)
	if err == nil {
		err = replaceFile(b.path, text)
	}
	if err != nil {
		b.seldom.Do(func() {
			b.log.Error("cannot write the file of read positions: after a restart some lines would be read again",
				"err", err)
		})
		return
	}
	b.changed = false
}

func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".positions-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// openFeeds prepares the sources that are not sockets, so that errors are known before anything starts.
func (s *Server) openFeeds() error {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	s.book = openBook(s.cfg.Positions, s.cfg.Log)
	for _, path := range s.cfg.Follow {
		f, err := s.follow(path)
		if err != nil {
			return err
		}
		s.feeds = append(s.feeds, f)
	}
	if s.cfg.Kmsg != "" {
		f, err := s.kmsg(s.cfg.Kmsg, host)
		if err != nil {
			return err
		}
		s.feeds = append(s.feeds, f)
	}
	if s.cfg.Journal != "" {
		f, err := s.journal(s.cfg.Journal, host)
		if err != nil {
			return err
		}
		s.feeds = append(s.feeds, f)
	}
	if s.cfg.Stdin != nil {
		f := &feed{name: "stdin", router: host}
		f.read = func(ctx context.Context, q *queue) error { return s.readAll(ctx, s.cfg.Stdin, f, q) }
		s.feeds = append(s.feeds, f)
	}
	for _, l := range s.cfg.Lines {
		f := &feed{name: l.Name, router: host}
		f.read = func(ctx context.Context, q *queue) error { return s.readAll(ctx, l.Reader, f, q) }
		s.feeds = append(s.feeds, f)
	}
	return nil
}

// readAll reads the lines of r to its end, or until ctx ends. It does not wait for a Read that blocks: what that would
// return is lost.
func (s *Server) readAll(ctx context.Context, r io.Reader, f *feed, q *queue) error {
	type piece struct {
		b   []byte
		err error
	}
	pieces := make(chan piece)
	go func() {
		defer close(pieces)
		for {
			p := piece{b: make([]byte, streamRead)}
			n, err := r.Read(p.b)
			p.b, p.err = p.b[:n], err
			select {
			case pieces <- p:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	st := &stream{cfg: &s.cfg, from: source{name: f.name}, queue: q, cut: newSplitter(s.cfg.MaxLine), by: f,
		buf: make([]byte, s.cfg.MaxLine+16+streamRead)}
	for {
		select {
		case p := <-pieces:
			st.took(copy(st.buf[st.n:], p.b), p.err != nil)
			switch {
			case errors.Is(p.err, io.EOF):
				return nil
			case p.err != nil:
				return fmt.Errorf("%s: %w", f.name, p.err)
			}
		case <-ctx.Done():
			st.took(0, true)
			return nil
		}
	}
}

// serveFeed reads one feed to its end. If that is the Server's only source of lines, the Server ends with it.
func (s *Server) serveFeed(ctx context.Context, f *feed, q *queue, end func()) error {
	err := f.read(ctx, q)
	if err == nil && ctx.Err() == nil {
		s.cfg.Log.Info("nothing more to read", "from", f.name)
		if len(s.feeds)+len(s.packets)+len(s.streams) == 1 {
			end()
		}
	}
	return err
}
