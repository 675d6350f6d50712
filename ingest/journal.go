package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// JournalHere, as Config.Journal, names the journal of this machine.
const JournalHere = "local"

// The wait before journalctl is started again. It doubles each time that journalctl gave no record, up to journalRest.
const (
	journalAgain = time.Second
	journalRest  = time.Minute
)

// journal follows systemd's journal through journalctl: the format of the journal's files changes, and a library for it
// would need cgo.
type journal struct {
	feed
	cfg  *Config
	book *book
	args []string

	mu      sync.Mutex
	n       int64
	cursors map[int64]string // by number of the line, for lines that are not stored yet
}

func (s *Server) journal(where, host string) (*feed, error) {
	path, err := exec.LookPath("journalctl")
	if err != nil {
		return nil, errors.New("the journal cannot be followed: there is no journalctl, it comes with systemd")
	}
	j := &journal{cfg: &s.cfg, book: s.book, cursors: map[int64]string{}}
	j.args = []string{path, "--follow", "--output=export", "--quiet", "--no-pager", "--output-fields=" + exportFields}
	name := "journal"
	if where != JournalHere {
		if info, err := os.Stat(where); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("journal: %s is no directory with files of the journal", where)
		}
		name = "journal " + where
		j.args = append(j.args, "--directory="+where)
	}
	j.feed = feed{name: name, router: host, stored: j.keep, read: j.run}
	return &j.feed, nil
}

// keep notes the cursor of the line at pos, which is stored as all before it.
func (j *journal) keep(pos int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c, ok := j.cursors[pos]; ok {
		j.book.set(j.name, position{Cursor: c})
	}
	for n := range j.cursors {
		if n <= pos {
			delete(j.cursors, n)
		}
	}
}

// run follows until ctx ends. It starts journalctl anew when that ends before.
func (j *journal) run(ctx context.Context, q *queue) error {
	p, _ := j.book.get(j.name)
	after := p.Cursor
	for wait := journalAgain; ctx.Err() == nil; {
		last, err := j.follow(ctx, q, after)
		if ctx.Err() != nil {
			return nil
		}
		if last != "" {
			after, wait = last, journalAgain
		}
		j.cfg.Log.Warn("journalctl ended, starting it again", "err", err)
		sleep(ctx, wait)
		wait = min(2*wait, journalRest)
	}
	return nil
}

// follow runs journalctl once, and returns the cursor of the last record read.
func (j *journal) follow(ctx context.Context, q *queue, after string) (last string, err error) {
	args := append(j.args[1:len(j.args):len(j.args)], "--lines=1") // the last one there is, for its cursor
	if after != "" {
		args = append(j.args[1:len(j.args):len(j.args)], "--lines=all", "--after-cursor="+after)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.args[0], args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	said := &tail{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	last = j.records(&exportReader{r: bufio.NewReaderSize(out, 64<<10), limit: j.cfg.MaxLine}, q)
	cancel()
	err = cmd.Wait()
	if text := said.String(); text != "" {
		err = errors.New(text)
	}
	return last, err
}

// records reads what journalctl writes, to its end. Records of this process are left out: its own log may be in the
// journal.
func (j *journal) records(x *exportReader, q *queue) (last string) {
	self := fmt.Sprintf(`"_PID":"%d"`, os.Getpid())
	for {
		text, cursor, err := x.next()
		if err != nil {
			return last
		}
		if last = cursor; strings.Contains(string(text), self) {
			continue
		}
		j.mu.Lock()
		j.n++
		n := j.n
		j.cursors[n] = cursor
		j.mu.Unlock()
		l := line{from: source{name: j.name}, raw: text[:min(len(text), j.cfg.MaxLine)], recv: j.cfg.Now().UnixNano(),
			cut: len(text) > j.cfg.MaxLine, fed: &fed{by: &j.feed, pos: n}}
		if q.put([]line{l}) != nil {
			return last
		}
	}
}

// tail keeps the last 512 bytes that a program writes to stderr.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b = append(t.b, b...); len(t.b) > 512 {
		t.b = t.b[len(t.b)-512:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(string(t.b)), " ")
}
