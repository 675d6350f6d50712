package bolt

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"uncloak/detect"
	"uncloak/store"
)

// TestPowerLoss records every change that a writer makes to its directory, with strace below bbolt and the store, and
// makes the directory as a power cut would have left it at each of these points: of what no sync had reached, nothing,
// all, some of the writes, or some of the sectors of each are there; a name whose directory was not synced may be
// missing, or be the old one. The writer is killed in the middle of commits, and goes on, so that what a process finds
// in memory without its being on the disk is among it. What was reported must be there, once, and all of it in order;
// and the writer must be able to go on.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	ops := recordWriter(t, filepath.Join(root, "new", "data"))
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	p := newPlatter(root)
	moments := map[int]func(){}
	for _, o := range ops {
		moments[2*o.start] = func() { p.begin(o) }
		moments[2*o.end+1] = func() { p.done(o) } // of those that never return the last one: it changes nothing
	}
	delete(moments, 2*never+1)
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	points := 0
	for i, at := range slices.Sorted(maps.Keys(moments)) {
		if moments[at](); (i+int(seed%powerEvery))%powerEvery != 0 {
			continue
		}
		for _, how := range []string{"nothing", "writes", "sectors"} {
			left, committed := filepath.Join(t.TempDir(), strconv.Itoa(i)+how), p.reported
			if err := errors.Join(os.Mkdir(left, 0o700), p.build(left, how, r)); err != nil {
				t.Fatal(err)
			}
			points++
			all.Go(func() error {
				afterPowerLoss(t, fmt.Sprintf("seed %d point %d, of the rest %s is left", seed, i, how),
					filepath.Join(left, "new", "data"), committed)
				return os.RemoveAll(left)
			})
		}
		if t.Failed() {
			break
		}
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	if p.reported != powerBatches && !t.Failed() {
		t.Errorf("%d of %d batches are in the recording", p.reported, powerBatches)
	}
	t.Logf("%d points in %d changes, syncs and reports", points, len(ops))
}

func afterPowerLoss(t *testing.T, what, dir string, committed int) {
	intact(t, what, dir, committed, "power")
	if t.Failed() {
		return
	}
	db := mustOpen(t, dir, Options{NoSync: true})
	for range 2 {
		if _, err := db.Append(t.Context(), crashBatch(committed, "power")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		committed++
	}
	mustClose(t, db)
	intact(t, what+", going on", dir, committed, "power")
}

// A recorded writer writes powerBatches batches; those from powerImports on are an import.
const powerBatches, powerImports = 44, 34

func powerBatch(n int) store.Batch {
	if n < powerImports {
		return crashBatch(285+n, "") // midnight comes after 15
	}
	return crashBatch(285+n, "import")
}

// writeRecorded writes what TestPowerLoss records.
func writeRecorded(dir string, from int) error {
	ctx := context.Background()
	db, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	for n := from; n < powerBatches; n++ {
		b := powerBatch(n)
		if n == powerImports+3 {
			if err := db.Expect(crashDates(b)); err != nil {
				return err
			}
		}
		if _, err := db.Append(ctx, b); err != nil {
			return err
		}
		if _, err := fmt.Println(n); err != nil {
			return err
		}
		switch {
		case n%7 == 3:
			days, _, err := rebuilt(db)
			if err == nil {
				err = db.PutDays(ctx, days...)
			}
			if err != nil {
				return err
			}
		case n == 20, n == 30:
			if _, err := db.Compact(ctx, detect.DateOf(noon()), n == 20); err != nil {
				return err
			}
		case n == powerImports+5:
			if _, err := db.CompactAll(ctx, detect.DateOf(noon())+20); err != nil {
				return err
			}
		}
	}
	return db.Close()
}

// diskOp is a call that changes what is on the disk, or waits for that, or a report: the number of a batch.
type diskOp struct {
	what       string // create, write, size, rename, link, unlink, mkdir, sync, report
	path, to   string
	data       []byte
	at         int64 // of data, -1 where the file was last written; for size the size; for report the batch
	empty      bool  // create: an old content is dropped
	start, end int   // when it was called, and when it returned, in lines of the recording
}

const never = 1 << 60

// recordWriter runs the writer until it is through, after it was killed some times. It returns nil where that cannot
// be recorded.
func recordWriter(t *testing.T, dir string) (ops []*diskOp) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "strace", "-f", "-o", "/dev/null", "true").
		CombinedOutput(); err != nil {
		t.Skipf("strace, which records what is written, does not run here: %v %s", err, out)
	}
	from := 0
	for _, kill := range []int{2, 4, 9, 14, 21, 0} {
		out := filepath.Join(t.TempDir(), "strace")
		args := []string{"-f", "-y", "-xx", "-s", "100000000", "-e", "signal=none", "-o", out,
			"-e", "trace=" + tracedCalls}
		if kill > 0 {
			args = append(args, "-e", fmt.Sprintf("inject=fdatasync:signal=KILL:when=%d", kill))
		}
		cmd := exec.CommandContext(t.Context(), "strace", append(args, os.Args[0])...)
		cmd.Env = append(os.Environ(), childDir+"="+dir, childFrom+"="+strconv.Itoa(from), childSick+"=power")
		if said, err := cmd.CombinedOutput(); err != nil && kill == 0 {
			t.Fatalf("writer: %v: %s", err, said)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		base := 0
		if len(ops) > 0 {
			base = ops[len(ops)-1].start + 1
		}
		more, err := readTrace(text, base)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range more {
			if o.what == "report" {
				from = max(from, int(o.at)+1)
			}
		}
		ops = append(ops, more...)
	}
	return ops
}

const tracedCalls = "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,truncate," +
	"fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,copy_file_range,sendfile," +
	"splice,sync_file_range,msync"

var results = regexp.MustCompile(`\) +=  *`)

// readTrace reads the output of strace -f -y -xx, whose first line has the number base.
func readTrace(text []byte, base int) (ops []*diskOp, err error) {
	open := map[string]*diskOp{} // by thread: calls that have not returned
	for i, line := range bytes.Split(text, []byte("\n")) {
		call, texts, err := readCall(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i, err)
		}
		thread, call, _ := strings.Cut(call, " ")
		call = strings.TrimLeft(call, " ")
		at := results.FindStringIndex(call)
		o := open[thread]
		if !strings.HasPrefix(call, "<... ") {
			if o, err = makeOp(call, texts); err != nil {
				return nil, fmt.Errorf("line %d: %w", i, err)
			}
			if o == nil {
				continue
			}
			o.start, o.end = base+i, never
			ops = append(ops, o)
		}
		open[thread] = o
		if at == nil || o == nil {
			continue
		}
		delete(open, thread)
		switch result := call[at[1]:]; {
		case strings.HasPrefix(result, "?"): // killed
		case strings.HasPrefix(result, "-1"):
			o.what = "failed"
		default:
			o.end = base + i
		}
	}
	return ops, nil
}

// readCall takes the texts in "" and <> out of a line.
func readCall(line []byte) (call string, texts []string, err error) {
	for {
		from := bytes.IndexAny(line, "\"<")
		if from < 0 || bytes.HasPrefix(line[from:], []byte("<un")) || bytes.HasPrefix(line[from:], []byte("<...")) {
			return call + string(line), texts, nil
		}
		end := byte('"')
		if line[from] == '<' {
			end = '>'
		}
		n := bytes.IndexByte(line[from+1:], end)
		if n < 0 {
			return "", nil, fmt.Errorf("no end of %.40q", line[from:])
		}
		text, err := hex.DecodeString(string(bytes.ReplaceAll(line[from+1:from+1+n], []byte(`\x`), nil)))
		if err != nil {
			return "", nil, err
		}
		call, line, texts = call+string(line[:from]), line[from+n+2:], append(texts, string(text))
	}
}

func makeOp(call string, texts []string) (*diskOp, error) {
	name, rest, ok := strings.Cut(call, "(")
	if !ok || len(texts) == 0 { // a thread ends, or was killed in a call that is not known
		return nil, nil
	}
	texts = append(texts, "", "", "") // of a call that was cut short
	rest, _, _ = strings.Cut(rest, ")")
	rest, _, _ = strings.Cut(rest, " <unfinished")
	args := strings.Split(rest, ", ")
	number := func(i int) int64 {
		if i >= len(args) {
			return 0
		}
		n, _ := strconv.ParseInt(args[i], 10, 64) // 0: as above
		return n
	}
	o := &diskOp{path: texts[0], at: -1}
	switch name {
	case "openat":
		o.what, o.path, o.empty = "open", texts[1], strings.Contains(rest, "O_TRUNC")
		if strings.Contains(rest, "O_CREAT") {
			o.what = "create"
		}
	case "write":
		if o.what, o.data = "write", []byte(texts[1]); args[0] == "1" {
			n, err := strconv.Atoi(strings.TrimSpace(texts[1]))
			o.what, o.at = "report", int64(n)
			return o, err
		}
	case "pwrite64":
		o.what, o.data, o.at = "write", []byte(texts[1]), number(3)
	case "ftruncate":
		o.what, o.at = "size", number(1)
	case "fsync", "fdatasync":
		o.what = "sync"
	case "renameat", "linkat":
		o.what, o.path, o.to = strings.TrimSuffix(name, "at"), texts[1], texts[3]
	case "unlinkat":
		o.what, o.path = "unlink", texts[1]
	case "mkdirat":
		o.what, o.path = "mkdir", texts[1]
	default:
		return nil, fmt.Errorf("call %s is not known", name)
	}
	return o, nil
}

// platter is a disk with what is safe on it, and what a power cut may take.
type platter struct {
	root      string
	now, safe map[string]*inode // by path, below root
	names     []*nameChange     // that no sync of their directory has reached
	cursor    map[string]int64
	reported  int
}

type inode struct {
	dir     bool
	safe    []byte
	pending []*diskOp
}

type nameChange struct {
	op    *diskOp
	names []string
	to    []*inode // of each name; nil: removed
}

func newPlatter(root string) *platter {
	return &platter{root: root, now: map[string]*inode{root: {dir: true}}, safe: map[string]*inode{},
		cursor: map[string]int64{}}
}

// begin is the call of an operation: from then on it may be on the disk.
func (p *platter) begin(o *diskOp) {
	file := p.now[o.path]
	rename := func(names []string, to ...*inode) {
		p.names = append(p.names, &nameChange{op: o, names: names, to: to})
		for i, name := range names {
			if p.now[name] = to[i]; to[i] == nil {
				delete(p.now, name)
			}
		}
	}
	switch {
	case !strings.HasPrefix(o.path, p.root+"/"):
	case o.what == "mkdir":
		rename([]string{o.path}, &inode{dir: true})
	case o.what == "create", o.what == "open":
		p.cursor[o.path] = 0
		if file == nil && o.what == "create" {
			rename([]string{o.path}, &inode{})
		} else if o.empty && file != nil {
			file.pending = append(file.pending, &diskOp{what: "size", start: o.start, end: o.end})
		}
	case file == nil: // it has no name any more
	case o.what == "write" && o.at < 0:
		o.at = p.cursor[o.path]
		p.cursor[o.path] += int64(len(o.data))
		file.pending = append(file.pending, o)
	case o.what == "write", o.what == "size":
		file.pending = append(file.pending, o)
	case o.what == "rename":
		rename([]string{o.path, o.to}, nil, file)
	case o.what == "link":
		rename([]string{o.to}, file)
	case o.what == "unlink":
		rename([]string{o.path}, nil)
	}
}

// done is the return of an operation: a sync makes safe what had returned when it was called.
func (p *platter) done(o *diskOp) {
	file := p.now[o.path]
	switch {
	case o.what == "report":
		p.reported = max(p.reported, int(o.at)+1)
	case o.what != "sync" || file == nil:
	case file.dir:
		p.names = slices.DeleteFunc(p.names, func(c *nameChange) bool {
			reached := filepath.Dir(c.names[0]) == o.path && c.op.end < o.start
			if reached {
				c.apply(p.safe)
			}
			return reached
		})
	default:
		file.pending = slices.DeleteFunc(file.pending, func(w *diskOp) bool {
			reached := w.end < o.start
			if reached {
				file.safe = w.apply(file.safe, nil)
			}
			return reached
		})
	}
}

func (c *nameChange) apply(names map[string]*inode) {
	for i, name := range c.names {
		if names[name] = c.to[i]; c.to[i] == nil {
			delete(names, name)
		}
	}
}

const sector = 512

// apply changes the content of a file; there may be sectors that stay as they were.
func (o *diskOp) apply(b []byte, there func() bool) []byte {
	size := int(o.at) + len(o.data)
	if o.what == "size" {
		b = b[:min(len(b), size)]
	}
	if there == nil {
		there = func() bool { return true }
	}
	if size > len(b) {
		b = append(b, make([]byte, size-len(b))...)
	}
	for from := 0; from < len(o.data); {
		to := min(len(o.data), from+sector-(int(o.at)+from)%sector)
		if there() {
			copy(b[int(o.at)+from:], o.data[from:to])
		}
		from = to
	}
	return b
}

// build makes what a power cut leaves in dir. With how = "nothing" all that no sync has reached is gone; with "writes"
// some of it, and with "sectors" parts of writes, too.
func (p *platter) build(dir, how string, r *rand.Rand) error {
	share := r.Float64()
	there := func() bool { return how != "nothing" && r.Float64() < share }
	names := maps.Clone(p.safe)
	for _, c := range p.names {
		if there() {
			c.apply(names)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		file, to := names[name], filepath.Join(dir, strings.TrimPrefix(name, p.root))
		if file.dir {
			if err := os.Mkdir(to, 0o700); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		b := slices.Clone(file.safe)
		for _, o := range file.pending {
			if how == "sectors" {
				b = o.apply(b, there)
			} else if there() {
				b = o.apply(b, nil)
			}
		}
		if err := os.WriteFile(to, b, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
