//go:build soak && linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/report/api"
	"uncloak/store/bolt"
)

const (
	soakMemory  = 256      // MB, the memory: of serve
	soakDisk    = "8g"     // of the file system that is made for the data
	soakLeft    = 64 << 10 // bytes that a full disk still has when it is filled
	soakCulprit = "192.168.1.23"
)

// soak is one long run: a router that logs over TCP, and what happens to the receiver meanwhile.
type soak struct {
	*testing.T
	data   string
	d      *daemon
	cmd    *exec.Cmd
	client *http.Client           // of the daemon's socket
	page   string                 // address of the pages
	to     atomic.Pointer[string] // where the router logs to
	pause  atomic.Bool            // it is asked to be silent
	silent atomic.Bool            // and it is
	rate   int                    // lines a second

	sent   atomic.Uint64 // lines that a system call has taken, over TCP
	flood  uint64        // datagrams that a system call has taken
	lost   uint64        // lines that a kill has cost
	stored uint64        // in lives before this one
	first  usage         // of this life
	kills  int
}

// usage holds what a process takes.
type usage struct{ rss, files, goroutines int }

// TestSoak lets a router log for UNCLOAK_SOAK (default 10m) at UNCLOAK_SOAK_RATE lines a second (default 50000; fewer
// than 20000 do not fill what a day file has free), into a file system of UNCLOAK_SOAK_DISK (default 8G). Meanwhile the
// receiver is killed, its disk fills up, one sender floods it, connections stand idle, HUPs storm in, and reports are
// made. Whatever a system call has taken of the senders must be stored or counted as dropped, save what was on its way
// at a kill; memory, descriptors and goroutines must stay where they were; and the findings at the end must name the
// machine that opens 300 sessions at the beginning of each minute.
func TestSoak(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a disk that fills up")
	}
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("UNCLOAK_SOAK"), "10m"))
	rate, err2 := strconv.Atoi(cmp.Or(os.Getenv("UNCLOAK_SOAK_RATE"), "50000"))
	if err != nil || err2 != nil {
		t.Fatal("UNCLOAK_SOAK is a time like 2h, UNCLOAK_SOAK_RATE a number", err, err2)
	}
	s := &soak{T: t, data: filepath.Join(ownDisk(t, cmp.Or(os.Getenv("UNCLOAK_SOAK_DISK"), "8G")), "data"), rate: rate}
	began := time.Now()
	past := began.Add(-48 * time.Hour).UTC().Format(time.DateOnly)
	s.past(past)
	s.start()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.send(ctx)
	phases := []struct {
		name string
		do   func()
	}{
		{"calm", func() { time.Sleep(10 * time.Second) }}, {"HUPs", s.hups}, {"a flood", s.floods},
		{"idle connections", s.idle}, {"a full disk", s.fullDisk}, {"readers", s.readers}, {"a kill", s.kill},
	}
	for round := 0; time.Since(began) < lasts; round++ {
		for _, p := range phases {
			p.do()
			s.settle(p.name)
			if t.Failed() {
				return
			}
		}
		if round == 0 {
			s.damage(past)
		}
	}
	s.end(past)
	if lasts < 8*time.Minute {
		t.Log("too short for a rhythm: not looked for")
	} else {
		s.rhythm()
	}
	t.Logf("%v: %d lines over TCP, %d datagrams, %d kills, which cost %d lines", time.Since(began).Round(time.Second),
		s.sent.Load(), s.flood, s.kills, s.lost)
}

// ownDisk makes a file system of that size in a file of the temporary directory and mounts it.
func ownDisk(t *testing.T, size string) (at string) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	at = t.TempDir()
	for _, args := range [][]string{{"truncate", "-s", size, image}, {"mkfs.ext4", "-q", "-F", "-m", "0", image},
		{"mount", "-o", "loop", image, at}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", at).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return at
}

// past imports a few lines of a day before, which are damaged later.
func (s *soak) past(day string) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "<4>%sT%02d:%02d:%02d.5Z gw kernel: NEW IN=br0 OUT=eth0 SRC=192.168.1.7 DST=203.0.113.%d "+
			"LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 \n",
			day, i/3600, i/60%60, i%60, i%250, i, 2000+i)
	}
	ok(s.T, b.String(), "import", "--data", s.data, "--timezone", "UTC", "-")
	s.stored = uint64(strings.Count(b.String(), "\n"))
	s.sent.Add(s.stored)
}

func (s *soak) start() {
	s.Helper()
	s.d, s.cmd = child(s.T, s.data, "--http", "127.0.0.1:0", "--config",
		writeConfig(s.T, fmt.Sprintf("memory: %d\n", soakMemory)))
	var err error
	if s.client, _, err = api.Dial(s.Context(), s.data); err != nil {
		s.Fatal(err)
	}
	s.to.Store(&s.d.tcp)
	s.page = s.d.at(s.T, "metrics")
	s.first = usage{}
}

// send is the router: it logs at the rate, to wherever the receiver is now.
func (s *soak) send(ctx context.Context) {
	var c *net.TCPConn
	var b []byte
	to, n, began, base := "", 0, time.Now(), 0
	for ctx.Err() == nil {
		if s.silent.Store(s.pause.Load()); s.pause.Load() {
			time.Sleep(10 * time.Millisecond)
			began, base = time.Now(), n
			continue
		}
		if at := *s.to.Load(); c == nil || at != to {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			c, to = conn.(*net.TCPConn), at
			began, base = time.Now(), n
		}
		due := min(base+int(time.Since(began).Seconds()*float64(s.rate))-n, 2000)
		if due <= 0 {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		b = b[:0]
		now := time.Now().UTC()
		for range due {
			b = s.line(b, now, n)
			n++
		}
		// A write that fails has passed some of its lines on: they are counted by the part of the bytes.
		_ = c.SetWriteDeadline(time.Now().Add(30 * time.Second))
		took, err := c.Write(b)
		s.sent.Add(uint64(strings.Count(string(b[:took]), "\n")))
		if err != nil {
			c.Close()
			c = nil
		}
	}
}

// line appends one line: of the culprit's 300 sessions at the beginning of a minute, or of one of 200 other machines.
func (s *soak) line(b []byte, now time.Time, n int) []byte {
	host := 30 + n%200
	if now.Second() == 0 && n%max(s.rate/300, 1) == 0 {
		host = 23
	}
	b = append(b, "<4>"...)
	b = now.AppendFormat(b, time.RFC3339Nano)
	return fmt.Appendf(b, " gw kernel: NEW IN=br0 OUT=eth0 SRC=192.168.1.%d DST=198.51.100.%d LEN=60 TOS=0x00 "+
		"PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 \n",
		host, 1+n/7%250, n&0xffff, 1024+n%60000)
}

// settle silences the router, waits until all that it sent is stored or counted, and looks at what the process takes.
func (s *soak) settle(phase string) {
	s.Helper()
	s.pause.Store(true)
	for end := time.Now().Add(time.Minute); !s.silent.Load(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("%s: the receiver takes nothing for a minute", phase)
		}
	}
	var have, want, dropped uint64
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		m := s.metrics()
		dropped = uint64(m["uncloak_lines_dropped_total"])
		have = s.stored + uint64(m["uncloak_events_stored_total"]) + dropped + s.lost
		want = s.sent.Load() + s.flood
		if have == want {
			break
		}
		if time.Now().After(end) {
			s.Errorf("%s: of %d lines %d are stored, or counted as dropped (%d)", phase, want, have, dropped)
			return
		}
	}
	u := s.usage()
	if s.first == (usage{}) {
		s.first = u
	}
	s.Logf("%-16s %9d lines, %8d dropped, RssAnon %3d MB, %3d files, %3d goroutines", phase, want, dropped, u.rss,
		u.files, u.goroutines)
	if u.rss > soakMemory*115/100 || u.files > s.first.files+24 || u.goroutines > s.first.goroutines+24 {
		s.Errorf("%s: it takes %+v, at first %+v", phase, u, s.first)
	}
	s.pause.Store(false)
}

// metrics returns the sums of the daemon's counters, whatever their labels.
func (s *soak) metrics() map[string]float64 {
	s.Helper()
	_, text := get(s.T, s.client, "http://uncloak/metrics")
	m := map[string]float64{}
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "{")
		name, _, _ = strings.Cut(name, " ")
		if v, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64); err == nil {
			m[name] += v
		}
	}
	return m
}

func (s *soak) usage() (u usage) {
	s.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "RssAnon:"); found {
			_, _ = fmt.Sscan(rest, &u.rss)
			u.rss /= 1024
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		s.Fatal(err)
	}
	u.files, u.goroutines = len(files), int(s.metrics()["go_goroutines"])
	return u
}

func (s *soak) hups() {
	for range 200 {
		_ = s.cmd.Process.Signal(syscall.SIGHUP)
		time.Sleep(20 * time.Millisecond)
	}
}

// floods sends 100,000 datagrams as fast as they go. What the kernel drops is in no count of the sender's: it is in the
// daemon's, which reads it from the socket.
func (s *soak) floods() {
	c, err := net.Dial("udp", s.d.udp)
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	var b []byte
	for i := range 100_000 {
		b = s.line(b[:0], time.Now().UTC(), i*200+1) // of one machine, not of the culprit
		if _, err := c.Write(b[:len(b)-1]); err != nil {
			s.Fatal(err)
		}
		s.flood++
	}
}

func (s *soak) idle() {
	var cs []net.Conn
	for range 400 {
		if c, err := net.Dial("tcp", s.d.tcp); err == nil {
			cs = append(cs, c)
		}
	}
	time.Sleep(5 * time.Second)
	for _, c := range cs {
		c.Close()
	}
	time.Sleep(time.Second)
}

// fullDisk fills the disk until the store says so, and for five seconds more.
func (s *soak) fullDisk() {
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.data, &st); err != nil {
		s.Fatal(err)
	}
	name := filepath.Join(filepath.Dir(s.data), "ballast")
	f, err := os.Create(name)
	if err != nil {
		s.Fatal(err)
	}
	defer os.Remove(name)
	defer f.Close()
	// Most of the room is only set aside; the rest is written until there is none, while the daemon writes too.
	most := int64(st.Bavail)*st.Bsize - 64<<20
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, max(most, 1)); err != nil {
		s.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		s.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	refused := func() float64 { return s.metrics()["uncloak_store_errors_total"] }
	before := refused()
	for end := time.Now().Add(time.Minute); refused() == before; time.Sleep(time.Second) {
		if time.Now().After(end) {
			s.Error("a full disk brings no error of the store")
			return
		}
	}
	time.Sleep(5 * time.Second)
}

// readers asks for what people look at; each must be answered.
func (s *soak) readers() {
	for _, args := range [][]string{{"report", "--day", "today", "--format", "html"}, {"findings", "--day", "today"},
		{"query", "--from", "-1m", "--limit", "100"}, {"table", "--day", "today"}, {"compact"}} {
		if r := uncloak(s.T, "", append(args, "--data", s.data, "--timezone", "UTC")...); r.code > 1 || r.out == "" {
			s.Errorf("%v: %+v", args, r)
		}
	}
	if r, err := http.Get(strings.TrimSuffix(s.page, "metrics")); err != nil || r.StatusCode != http.StatusOK {
		s.Errorf("the page: %v, %v", r, err)
	}
}

// kill ends the daemon at once, reads from the disk what it has stored, and starts it again. What was on its way is
// lost:
// what the kernel held for it, and up to a second in its queue.
func (s *soak) kill() {
	s.Helper()
	time.Sleep(3 * time.Second)
	dropped := uint64(s.metrics()["uncloak_lines_dropped_total"])
	_ = s.cmd.Process.Kill()
	s.d.stop()
	s.pause.Store(true)
	for !s.silent.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	db, err := bolt.Open(s.data, bolt.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.Fatal(err)
	}
	days, err := db.Days(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	have := uint64(0)
	for _, d := range days {
		have += d.Events
	}
	db.Close()
	cost := s.sent.Load() + s.flood - s.lost - dropped - have
	if most := uint64(3*s.rate + 8<<20/200); cost > most {
		s.Errorf("a kill costs %d lines, more than %d", cost, most)
	}
	s.lost, s.stored = s.lost+cost+dropped, have
	s.kills++
	s.start()
	s.pause.Store(false)
}

// damage changes a byte in the middle of a past day's blocks.
func (s *soak) damage(day string) {
	name := filepath.Join(s.data, "days", day+".db")
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(bufio.NewReader(f))
	if err != nil {
		s.Fatal(err)
	}
	at := len(b) / 2
	for b[at] == 0 {
		at++
	}
	if _, err := f.WriteAt([]byte{b[at] ^ 0xff}, int64(at)); err != nil {
		s.Fatal(err)
	}
}

// end stops the daemon as a user does, and reads what is left.
func (s *soak) end(past string) {
	s.pause.Store(true)
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if code := s.d.stop(); code != 0 {
		s.Errorf("it ends with %d", code)
	}
	verified := uncloak(s.T, "", "verify", "--data", s.data)
	for line := range strings.Lines(verified.out) {
		if strings.HasPrefix(line, "BAD") && !strings.Contains(line, past) {
			s.Errorf("verify: %s", line)
		}
	}
	if verified.code != 1 || !strings.Contains(verified.out, past) {
		s.Errorf("verify does not find the damaged day: %+v", verified)
	}
}

// rhythm looks for the machine that bursts each minute, whatever the phases have cost of it.
func (s *soak) rhythm() {
	text := uncloak(s.T, "", "findings", "--data", s.data, "--timezone", "UTC", "--from", "-24h", "--format", "json")
	var fs []detect.Finding
	if err := json.Unmarshal([]byte(text.out), &fs); err != nil {
		s.Fatal(err, text.errOut)
	}
	if f := of(fs, detect.PeriodicBurst); f.Host != soakCulprit || f.PeriodS != 60 {
		s.Errorf("the rhythm of %s is not found: %+v", soakCulprit, f)
	}
}
