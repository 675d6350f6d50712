// Package story makes the log of a home network as it was in the first of the incidents that uncloak exists for: a
// BitTorrent client left running on a VM host contacts all the peers it knows at about :00 and :30 of each hour, the
// table of the router overflows, and an old server looks up the name of each of those peers. Everything in it is
// invented and comes from a seed, so that it is the same each time; the demo says so. It reads no clock and uses
// nothing of the rest of uncloak.
//
// The session table is simulated with Linux's timeouts, in the kernel's order of things: a packet that finds the table
// full is dropped before the LOG rule sees it, and of the complaints at most 10 in 5 s are printed. One simplification:
// the kernel first tries to evict an unanswered entry of the same hash bucket (early_drop), which only delays the
// overflow.
package story

import (
	"bufio"
	"container/heap"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"time"
)

// Options say what story is told. The zero value is not useful: start from Default.
type Options struct {
	Start time.Time // the first midnight; its location is the router's zone
	Days  int
	Table int // entries of the session table
	Seed  uint64
}

// Default is two days in November 2026 in Tokyo with a table of 2048.
func Default(loc *time.Location) Options {
	return Options{Start: time.Date(2026, 11, 18, 0, 0, 0, 0, loc), Days: 2, Table: 2048, Seed: 20261118}
}

// End is the time of the last line, or a little later.
func (o Options) End() time.Time { return o.Start.AddDate(0, 0, o.Days) }

// The hosts that the story is about.
const (
	VMHost = "192.168.128.12"
	OldSrv = "192.168.128.11"
)

// Write writes the log to w, one line per event in order of time, as a router's syslog server would have stored it.
func Write(w io.Writer, o Options) error {
	t := &teller{o: o, rnd: rand.New(rand.NewPCG(o.Seed, 1)), out: bufio.NewWriterSize(w, 1<<16)}
	for day := range o.Days { // one at a time: a day's plan is 10 MB
		t.from, t.to = o.Start.AddDate(0, 0, day), o.Start.AddDate(0, 0, day+1)
		t.plan()
		heap.Init(&t.todo)
		for t.err == nil && t.todo.Len() > 0 && t.todo[0].at < t.to.UnixNano() {
			if a := heap.Pop(&t.todo).(act); a.at >= o.Start.UnixNano() {
				t.perform(a)
			}
		}
	}
	if t.err != nil {
		return t.err
	}
	return t.out.Flush()
}

// act is something that a host does: it opens a session, or (with say) the router's daemon notes something. There are
// 175,000 of them in a day, so it is small: 56 bytes.
type act struct {
	at           int64         // ns since 1970
	hold         time.Duration // in the session table
	say          string
	src, dst     [4]byte
	sport, dport uint16
	tcp          bool
	tries        uint8 // already made
}

func (a *act) time(loc *time.Location) time.Time { return time.Unix(0, a.at).In(loc) }

// acts is a heap by time.
type acts []act

func (h acts) Len() int           { return len(h) }
func (h acts) Less(i, j int) bool { return h[i].at < h[j].at }
func (h acts) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *acts) Push(x any)        { *h = append(*h, x.(act)) }
func (h *acts) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// ends is a heap of the times at which table entries go.
type ends []int64

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i] < h[j] }
func (h ends) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ends) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *ends) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type teller struct {
	o     Options
	from  time.Time // the day that is being told
	to    time.Time
	rnd   *rand.Rand
	todo  acts
	table ends
	limit ratelimit
	out   *bufio.Writer
	err   error
	line  []byte
}

// perform lets one act happen: a line in the log, or a refusal.
func (t *teller) perform(a act) {
	at := a.time(t.o.Start.Location())
	if a.say != "" {
		t.log(at, a.say)
		return
	}
	for t.table.Len() > 0 && t.table[0] <= a.at {
		heap.Pop(&t.table)
	}
	if t.table.Len() >= t.o.Table {
		t.refuse(a, at)
		return
	}
	heap.Push(&t.table, a.at+int64(a.hold))
	t.line = a.packet(t.line[:0], t.rnd)
	t.kernel(at, t.line)
}

// refuse drops the packet of a. TCP sends its SYN again after 1, 2 and 4 s, a resolver asks once more after 5 s.
func (t *teller) refuse(a act, at time.Time) {
	if suppressed, ok := t.limit.allow(at); ok {
		if suppressed > 0 {
			t.kernel(at, fmt.Appendf(t.line[:0], "net_ratelimit: %d callbacks suppressed", suppressed))
		}
		t.kernel(at, append(t.line[:0], "nf_conntrack: nf_conntrack: table full, dropping packet"...))
	}
	again, most := time.Second<<a.tries, uint8(3)
	if !a.tcp {
		again, most = 5*time.Second, 1
	}
	if a.tries < most {
		a.at, a.tries = a.at+int64(again), a.tries+1
		heap.Push(&t.todo, a)
	}
}

// packet appends the LOG line of the first packet of a.
func (a *act) packet(b []byte, rnd *rand.Rand) []byte {
	src, dst := netip.AddrFrom4(a.src), netip.AddrFrom4(a.dst)
	b = fmt.Appendf(b, "[NEW] IN=br-lan OUT=eth1 MAC=00:0d:0b:3a:91:c4:52:54:00:4a:%02x:%02x:08:00 SRC=%v DST=%v ",
		a.src[2], a.src[3], src, dst)
	if a.tcp {
		return fmt.Appendf(b, "LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=%d WINDOW=64240 "+
			"RES=0x00 SYN URGP=0 ",
			rnd.IntN(1<<16), a.sport, a.dport)
	}
	n := 48 + rnd.IntN(80)
	return fmt.Appendf(b, "LEN=%d TOS=0x00 PREC=0x00 TTL=63 ID=%d PROTO=UDP SPT=%d DPT=%d LEN=%d ", n, rnd.IntN(1<<16),
		a.sport, a.dport, n-20)
}

// kernel logs with the stamp of an uptime: the router was started eleven days before.
func (t *teller) kernel(at time.Time, msg []byte) {
	up := at.Sub(t.o.Start) + 11*24*time.Hour
	t.log(at, fmt.Sprintf("kernel: [%5d.%06d] %s", up/time.Second, up%time.Second/time.Microsecond, msg))
}

func (t *teller) log(at time.Time, msg string) {
	if _, err := fmt.Fprintf(t.out, "%s gw %s\n", at.Format(time.Stamp), msg); err != nil {
		t.err = fmt.Errorf("write story: %w", err)
	}
}

// ratelimit is net_ratelimit: 10 messages in 5 s; how many were left out comes with the next one that is not.
type ratelimit struct {
	began             time.Time
	printed, withheld int
}

func (r *ratelimit) allow(at time.Time) (suppressed int, ok bool) {
	if at.Sub(r.began) > 5*time.Second {
		suppressed = r.withheld
		*r = ratelimit{began: at}
	}
	if r.printed == 10 {
		r.withheld++
		return 0, false
	}
	r.printed++
	return suppressed, true
}
