package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kmsgRecord is the size of reads: a record of /dev/kmsg has at most 8 KiB (CONSOLE_EXT_LOG_MAX in the kernel's
// printk), and a read with less room fails. A record whose time is less than kmsgLive ago has just been written: its
// time of receipt is then more exact than boot time plus uptime, which drifts.
const (
	kmsgRecord = 16 << 10
	kmsgLive   = 5 * time.Second
)

// kmsgRing reads the kernel's ring of messages (Documentation/ABI/testing/dev-kmsg). Each read gives one record,
// "priority,sequence,µs since boot,flags;text" with lines " KEY=value" behind it, which say of which device.
type kmsgRing struct {
	feed
	cfg  *Config
	book *book
	open func() (io.ReadCloser, error)
	boot string           // the kernel's boot id
	up   func() time.Time // returns the boot time
	seq  int64            // of the last record; -1: none
}

func (s *Server) kmsg(path, host string) (*feed, error) {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without one the ring is read anew at each start
	k := &kmsgRing{cfg: &s.cfg, book: s.book, boot: strings.TrimSpace(string(id)), up: bootTime}
	k.open = func() (io.ReadCloser, error) { return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) }
	if err := k.begin(host); err != nil {
		return nil, err
	}
	return &k.feed, nil
}

// begin tries to open the ring, and looks up how far it was read.
func (k *kmsgRing) begin(host string) error {
	r, err := k.open()
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("kernel messages: %w: only root may read them, or a process with CAP_SYSLOG", err)
	}
	if err != nil {
		return fmt.Errorf("kernel messages: %w", err)
	}
	r.Close()
	k.seq = -1
	if p, ok := k.book.get("kmsg"); ok && p.Boot == k.boot && k.boot != "" {
		k.seq = p.Seq
	}
	k.feed = feed{name: "kmsg", router: host, read: k.run}
	k.stored = func(seq int64) { k.book.set("kmsg", position{Boot: k.boot, Seq: seq}) }
	return nil
}

// run reads until ctx ends, or until the ring does: a pipe in its place has an end.
func (k *kmsgRing) run(ctx context.Context, q *queue) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		r, err := k.open()
		if err == nil {
			stop := context.AfterFunc(ctx, func() { r.Close() })
			err = k.records(r, q)
			stop()
			r.Close()
		}
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return nil
		}
		k.cfg.Log.Warn("cannot read kernel messages, trying on", "err", err)
		sleep(ctx, wait)
	}
}

func (k *kmsgRing) records(r io.Reader, q *queue) error {
	buf := make([]byte, kmsgRecord)
	for {
		n, err := r.Read(buf)
		if errors.Is(err, syscall.EPIPE) {
			continue // some were overwritten unread: the next record's number tells how many
		}
		if n > 0 {
			k.record(buf[:n], q)
		}
		if err != nil {
			return err
		}
	}
}

// record takes one record, and counts those that are missing before it.
func (k *kmsgRing) record(b []byte, q *queue) {
	b, _, _ = bytes.Cut(b, []byte("\n"))
	seq, us, ok := kmsgHead(b)
	if ok && seq <= k.seq {
		return // read before a restart
	}
	now, from := k.cfg.Now(), source{name: k.name}
	l := line{from: from, recv: now.UnixNano(), cut: len(b) > k.cfg.MaxLine,
		fed: &fed{by: &k.feed, pos: max(seq, k.seq)}}
	if ok {
		if k.seq >= 0 && seq > k.seq+1 {
			q.lose(from, loss{kernel: uint64(seq - k.seq - 1)})
		}
		k.seq = seq
		l.fed.at = k.up().Add(time.Duration(us) * time.Microsecond).UnixNano()
		if now.Sub(time.Unix(0, l.fed.at)).Abs() < kmsgLive {
			l.fed.at = l.recv
		}
	}
	l.raw = bytes.Clone(b[:min(len(b), k.cfg.MaxLine)])
	if len(l.raw) > 0 {
		_ = q.put([]line{l}) // a line without room at a stop is read at the next start
	}
}

// kmsgHead reads the number and the uptime of a record.
func kmsgHead(b []byte) (seq, us int64, ok bool) {
	f := bytes.SplitN(b, []byte(","), 4)
	if len(f) < 4 {
		return 0, 0, false
	}
	seq, err := strconv.ParseInt(string(f[1]), 10, 64)
	us, err2 := strconv.ParseInt(string(f[2]), 10, 64)
	return seq, us, err == nil && err2 == nil && seq >= 0 && us >= 0 &&
		us < int64(time.Duration(1<<62)/time.Microsecond)
}
