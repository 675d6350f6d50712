//go:build peers

package bolt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// TestPeers is the part of .ci/bench-store that measures this store. UNCLOAK_LINES names netfilter lines of a syslog;
// they are repeated to UNCLOAK_COUNT within one day, each time with other hosts and peers, at an even pace. "who" is
// asked of UNCLOAK_DAYS days, copies of that one. UNCLOAK_OUT is where the text goes, for the peers; UNCLOAK_DIR
// where the store goes.
func TestPeers(t *testing.T) {
	count, days := envNumber("UNCLOAK_COUNT", 200_000), envNumber("UNCLOAK_DAYS", 1)
	g := newGenerator(t, os.Getenv("UNCLOAK_LINES"), count)
	if out := os.Getenv("UNCLOAK_OUT"); out != "" {
		g.write(t, out)
	}
	keep, err := ParseKeepRaw(os.Getenv("UNCLOAK_KEEP"))
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("UNCLOAK_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	db := mustOpen(t, dir, Options{KeepRaw: keep})
	total := float64(count)
	var wall, used time.Duration
	for i := 0; i < count; {
		var b store.Batch
		for ; len(b.Entries) < benchBatch && i < count; i++ {
			b.Entries = append(b.Entries, g.entry(i))
		}
		start, busy := time.Now(), processorTime()
		mustAppend(t, db, b)
		wall, used = wall+time.Since(start), used+processorTime()-busy
	}
	say := func(what, format string, args ...any) {
		fmt.Printf("  %-44s "+format+"\n", append([]any{what}, args...)...)
	}
	say("append, durable", "%.2f M events/s, CPU %.2f µs an event, %.1f B/event", total/wall.Seconds()/1e6,
		used.Seconds()*1e6/total, float64(onDisk(t, db))/total)
	start, busy := time.Now(), processorTime()
	if err := db.Tidy(t.Context(), 1<<30, false); err != nil {
		t.Fatal(err)
	}
	say("compacted", "%.2f B/event, %.2f M events/s, CPU %.2f µs an event", float64(onDisk(t, db))/total,
		total/time.Since(start).Seconds()/1e6, (processorTime()-busy).Seconds()*1e6/total)
	for name, q := range map[string]store.Query{"scan, columns": {NoRaw: true}, "scan, raw lines": {}} {
		q.From, q.To = dayOne, dayOne.AddDate(0, 0, 1)
		start, busy := time.Now(), processorTime()
		n := drain(t, db, q)
		say(name, "%.1f M events/s, CPU %.0f ns an event", float64(n)/time.Since(start).Seconds()/1e6,
			float64((processorTime()-busy).Nanoseconds())/float64(n))
	}
	mid := dayOne.Add(10 * time.Hour)
	host := netip.PrefixFrom(g.entry(count*21/48).Src, 32)
	q := store.Query{Window: store.Window{From: mid, To: mid.Add(time.Hour)}, Host: host}
	say("one host, one hour of that day", "%s", timed(20, func(int) { drain(t, db, q) }))

	mustClose(t, db)
	for k := 1; k < days; k++ {
		shift(t, dir, k)
	}
	db = mustOpen(t, dir, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	ask := func(int) {
		e := g.entry(r.IntN(count))
		at := time.Unix(0, e.Time).AddDate(0, 0, r.IntN(days)).Add(time.Duration(r.IntN(60)) * time.Second)
		q := store.Nearest{End: netip.AddrPortFrom(netip.MustParseAddr("203.0.113.7"), e.SPort), At: at}
		if before, _, err := db.Nearest(t.Context(), q); err != nil || len(before) == 0 {
			t.Fatalf("%d events, %v", len(before), err)
		}
	}
	say("events to ask of", "%d", count*days)
	say("who, warm", "%s", timed(300, ask))
	say("who, cold (files closed, page cache dropped)", "%s", timed(20, func(i int) {
		t.Helper()
		mustClose(t, db)
		dropCache(t, dir)
		db = mustOpen(t, dir, Options{})
	}, ask))
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") || strings.HasPrefix(line, "RssAnon") {
			say("memory (mapped files included in VmHWM)", "%s", strings.Join(strings.Fields(line), " "))
		}
	}
	mustClose(t, db)
}

// shift copies the first day to k days later: the blocks as they are, with other times in their headers and keys.
func shift(t *testing.T, dir string, k int) {
	name := func(d time.Time) string { return filepath.Join(dir, "days", d.Format(time.DateOnly)+".db") }
	data, err := os.ReadFile(name(dayOne))
	if err != nil {
		t.Fatal(err)
	}
	to, by := dayOne.AddDate(0, 0, k), int64(k)*86400e9
	if err := os.WriteFile(name(to), data, 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, detect.DateOf(to), func(tx *bbolt.Tx) error {
		old := tx.Bucket([]byte("blocks"))
		c := old.Cursor()
		_, v := c.First()
		var blocks [][]byte
		for ; v != nil; _, v = c.Next() {
			blocks = append(blocks, bytes.Clone(v))
		}
		if err := tx.DeleteBucket([]byte("blocks")); err != nil {
			return err
		}
		b, err := tx.CreateBucket([]byte("blocks"))
		if err != nil {
			return err
		}
		for i, v := range blocks {
			h, filters, err := parseHeader(v)
			if err != nil {
				return err
			}
			h.min, h.max = h.min+by, h.max+by
			head := h.append(v[:0])
			binary.LittleEndian.PutUint64(v[len(head):], sumHeader(head, filters))
			if err := b.Put(blockKey(blockRef{min: h.min, seq: uint64(i)}), v); err != nil {
				return err
			}
		}
		return nil
	})
}

var dayOne = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func envNumber(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// timed runs the last of fs n times, each time the others before it, and says how long the last one took.
func timed(n int, fs ...func(int)) string {
	var took []time.Duration
	for i := range n {
		for _, f := range fs[:len(fs)-1] {
			f(i)
		}
		start := time.Now()
		fs[len(fs)-1](i)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return fmt.Sprintf("median %.1f ms, 90 %% %.1f ms, most %.1f ms", took[n/2].Seconds()*1e3,
		took[n*9/10].Seconds()*1e3, took[n-1].Seconds()*1e3)
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func drain(t *testing.T, db *DB, q store.Query) (n int) {
	for _, err := range db.Events(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func dropCache(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED), f.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// generator makes line i of the made days.
type generator struct {
	lines  [][]byte
	count  int // a day
	parser *parse.Parser
	rec    parse.Record
	buf    []byte
}

func newGenerator(t *testing.T, name string, count int) *generator {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{count: count, parser: parse.NewParser()}
	for l := range bytes.Lines(data) {
		if l = bytes.TrimSuffix(l, []byte("\n")); bytes.Contains(l, []byte("kernel: [")) &&
			bytes.Contains(l, []byte(" SRC=")) {
			g.lines = append(g.lines, bytes.Clone(l))
		}
		if len(g.lines) == 100_000 {
			break
		}
	}
	if len(g.lines) == 0 {
		t.Fatal("no netfilter lines with an uptime in " + name)
	}
	return g
}

func (g *generator) time(i int) time.Time {
	r := uint64(i)*0x9e3779b97f4a7c15 ^ uint64(i)>>7
	step := 86400e9 / float64(g.count)
	return dayOne.AddDate(0, 0, i/g.count).Add(time.Duration((float64(i%g.count) + float64(r>>40)/(1<<24)) * step))
}

// line is number i: the stamp and uptime of its time; other hosts and, but for well-known ports, other peers in each
// repetition. Source ports and packet numbers are those of the line.
func (g *generator) line(i int) []byte {
	l, copyOf, at := g.lines[i%len(g.lines)], i/len(g.lines), g.time(i)
	head, rest, _ := bytes.Cut(l, []byte("kernel: ["))
	_, rest, _ = bytes.Cut(rest, []byte("] "))
	if j := bytes.IndexByte(head, '>'); j > 0 {
		head = head[j+1:]
	}
	g.buf = append(at.AppendFormat(g.buf[:0], time.Stamp), head[min(15, len(head)):]...)
	g.buf = fmt.Appendf(g.buf, "kernel: [%5d.%06d] ", 328339+at.Unix()-dayOne.Unix(), at.Nanosecond()/1000)
	before, src, after := field(rest, " SRC=")
	g.buf = append(g.buf, before...)
	a := src.As4()
	a[3] = byte((int(a[3])+37*copyOf)%250 + 2)
	g.buf = netip.AddrFrom4(a).AppendTo(g.buf)
	before, dst, after := field(after, " DST=")
	g.buf = append(g.buf, before...)
	a = dst.As4()
	if !bytes.Contains(after, []byte("DPT=443 ")) && !bytes.Contains(after, []byte("DPT=53 ")) &&
		!bytes.Contains(after, []byte("DPT=80 ")) && !bytes.Contains(after, []byte("DPT=123 ")) {
		a[1], a[2], a[3] = a[1]^byte(copyOf*29), a[2]^byte(copyOf*71), a[3]^byte(copyOf*113)
	}
	return append(netip.AddrFrom4(a).AppendTo(g.buf), after...)
}

func field(b []byte, name string) (before []byte, a netip.Addr, after []byte) {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return b, netip.AddrFrom4([4]byte{}), nil
	}
	i += len(name)
	j := max(bytes.IndexByte(b[i:], ' '), 0)
	if a, _ = netip.ParseAddr(string(b[i : i+j])); !a.Is4() {
		a = netip.AddrFrom4([4]byte{})
	}
	return b[:i], a, b[i+j:]
}

func (g *generator) entry(i int) store.Entry {
	raw := bytes.Clone(g.line(i))
	g.parser.Line(raw, &g.rec)
	e := store.Entry{Event: g.rec.Event, Identity: g.rec.Identity, Raw: raw}
	e.Time, e.Router = g.time(i).Truncate(time.Second).UnixNano(), parse.MakeName("gw")
	return e
}

func (g *generator) write(t *testing.T, name string) {
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range g.count {
		_, _ = w.Write(g.line(i)) // Flush says it
		_ = w.WriteByte('\n')
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
