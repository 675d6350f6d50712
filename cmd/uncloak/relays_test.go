//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"uncloak/parse"
)

// The relay matrix: the sample of every dialect goes through the relays that people use, each with real programs, and
// what is read behind the relay is compared with what is read of the sample itself.

// way is one form in which a relay passes lines on.
type way struct {
	name string
	got  *passedOn
}

// passedOn collects what came out of one way, with a mark behind each sample.
type passedOn struct {
	sync.Mutex
	texts [][]string // by sample
	at    int        // the sample that is waited for
	probe bool       // a probe has arrived
}

var markText = regexp.MustCompile(`(probe|sample)-mark-([0-9]+)`)

// add takes one line that came out.
func (p *passedOn) add(line string) {
	p.Lock()
	defer p.Unlock()
	m := markText.FindStringSubmatch(line)
	switch {
	case m == nil:
		if p.at < len(p.texts) {
			p.texts[p.at] = append(p.texts[p.at], line)
		}
	case m[1] == "probe":
		p.probe = true
	default:
		p.at, _ = strconv.Atoi(m[2])
		p.at++
	}
}

func (p *passedOn) done(n int) bool {
	p.Lock()
	defer p.Unlock()
	return n < 0 && p.probe || n >= 0 && p.at > n
}

// datagrams collects from a socket until the test ends.
func (p *passedOn) datagrams(t *testing.T, conn net.PacketConn) {
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			p.add(string(buf[:n]))
		}
	}()
}

// lines collects the lines of a file as it grows, until the test ends.
func (p *passedOn) lines(t *testing.T, path string) {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		read := 0
		for {
			text, _ := os.ReadFile(path)
			for {
				line, _, whole := bytes.Cut(text[min(read, len(text)):], []byte("\n"))
				if !whole {
					break
				}
				read += len(line) + 1
				p.add(string(line))
			}
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
}

// udp returns a way whose lines arrive at a port of its own.
func udp(t *testing.T, name string) (*way, string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{name, new(passedOn)}
	w.got.datagrams(t, conn)
	return w, port(t, conn.LocalAddr().String())
}

// freePort returns a UDP port that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return port(t, conn.LocalAddr().String())
}

// feeder sends one datagram to a relay.
type feeder func([]byte) error

func toUDP(t *testing.T, port string) feeder {
	t.Helper()
	conn, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(b []byte) error { _, err := conn.Write(b); return err }
}

// toUnix sends to the socket at a path, which the relay makes.
func toUnix(t *testing.T, path string) feeder {
	var conn net.Conn
	t.Cleanup(func() {
		if conn != nil {
			conn.Close()
		}
	})
	return func(b []byte) (err error) {
		if conn == nil {
			if conn, err = net.Dial("unixgram", path); err != nil {
				conn = nil
				return err
			}
		}
		_, err = conn.Write(b)
		return err
	}
}

func relayRsyslog(t *testing.T) ([]*way, feeder) {
	dir, in := t.TempDir(), freePort(t)
	conf := fmt.Sprintf("global(workDirectory=%q)\nmodule(load=\"imudp\")\n"+
		"input(type=\"imudp\" address=\"127.0.0.1\" port=%q)\n", dir, in)
	var ways []*way
	for _, template := range []string{"TraditionalForwardFormat", "ForwardFormat", "SyslogProtocol23Format"} {
		w, p := udp(t, "rsyslog RSYSLOG_"+template)
		conf += fmt.Sprintf("action(type=\"omfwd\" target=\"127.0.0.1\" protocol=\"udp\" port=%q "+
			"template=\"RSYSLOG_%s\")\n", p, template)
		ways = append(ways, w)
	}
	file := &way{"rsyslog RSYSLOG_FileFormat", new(passedOn)}
	path := filepath.Join(dir, "file")
	file.got.lines(t, path)
	conf += fmt.Sprintf("action(type=\"omfile\" file=%q template=\"RSYSLOG_FileFormat\")\n", path)
	raw, p := udp(t, "rsyslog %rawmsg%")
	conf += fmt.Sprintf("template(name=\"raw\" type=\"string\" string=\"%%rawmsg%%\")\naction(type=\"omfwd\" "+
		"target=\"127.0.0.1\" protocol=\"udp\" port=%q template=\"raw\")\n", p)
	ours, p := udp(t, "rsyslog docs/rsyslog/50-uncloak.conf")
	text, err := os.ReadFile("../../docs/rsyslog/50-uncloak.conf")
	if err != nil {
		t.Fatal(err)
	}
	for was, is := range map[string]string{`(?s)global\(.*?\n\)`: "", `StreamDriver\w*="[^"]*"`: "",
		`TCP_Framing="octet-counted"`: "", `queue\.\w+="[^"]*"`: "", `protocol="tcp"`: `protocol="udp"`,
		`target="logs.example.net" port="6514"`: `target="127.0.0.1" port="` + p + `"`} {
		changed := regexp.MustCompile(was).ReplaceAll(text, []byte(is))
		if bytes.Equal(changed, text) {
			t.Errorf("50-uncloak.conf has no %s", was)
		}
		text = changed
	}
	background(t, program(t, "rsyslogd"), "-n", "-f",
		write(t, filepath.Join(dir, "rsyslog.conf"), conf+string(text)), "-i", filepath.Join(dir, "pid"))
	return append(ways, file, raw, ours), toUDP(t, in)
}

// relaySyslogNG runs syslog-ng with that source and options; each destination, a name and its words, is a way.
func relaySyslogNG(options, source string, destinations [][2]string) func(*testing.T) ([]*way, feeder) {
	return func(t *testing.T) ([]*way, feeder) {
		in := freePort(t)
		conf := fmt.Sprintf("options { stats-freq(0); use-dns(no); %s };\nsource s { %s };\n", options,
			strings.ReplaceAll(source, "PORT", in))
		var ways []*way
		for _, d := range destinations {
			w, p := udp(t, "syslog-ng "+d[0])
			conf += fmt.Sprintf("log { source(s); destination { %s }; };\n", strings.ReplaceAll(d[1], "PORT", p))
			ways = append(ways, w)
		}
		startSyslogNG(t, conf)
		return ways, toUDP(t, in)
	}
}

// relayDocumentedSyslogNG runs it with the configuration of docs, with other addresses.
func relayDocumentedSyslogNG(t *testing.T) ([]*way, feeder) {
	in := freePort(t)
	text, err := os.ReadFile("../../docs/syslog-ng/uncloak.conf")
	if err != nil {
		t.Fatal(err)
	}
	w, p := udp(t, "syslog-ng docs/syslog-ng/uncloak.conf")
	startSyslogNG(t, "options { use-dns(no); };\n"+strings.NewReplacer(
		`transport("udp") port(514)`, `transport("udp") ip("127.0.0.1") port(`+in+`)`,
		`transport("tcp") port(514) flags`, `transport("tcp") ip("127.0.0.1") port(`+in+`) flags`,
		`"logs.example.net" transport("tcp") port(514)`, `"127.0.0.1" transport("udp") port(`+p+`)`).Replace(
		string(text)))
	return []*way{w}, toUDP(t, in)
}

func startSyslogNG(t *testing.T, conf string) {
	dir := t.TempDir()
	background(t, peer(t, "syslog-ng"), "--no-caps", "-F", "-f",
		write(t, filepath.Join(dir, "syslog-ng.conf"), "@version: 3.35\n"+conf),
		"-R", filepath.Join(dir, "persist"), "-c", filepath.Join(dir, "ctl"), "-p", filepath.Join(dir, "pid"))
}

// peer is a program that make e2e unpacks.
func peer(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(os.Getenv("UNCLOAK_PEERS"), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: make e2e unpacks it", err)
	}
	return path
}

// relayInetutils runs the syslogd of GNU inetutils in a network namespace: it forwards to port 514 alone.
func relayInetutils(t *testing.T) ([]*way, feeder) {
	bin, dir := peer(t, "inetutils-syslogd"), t.TempDir()
	conf := write(t, filepath.Join(dir, "conf"), "*.*\t@127.0.0.1\n")
	w := &way{"inetutils-syslogd", new(passedOn)}
	var feed feeder
	inNamespace(t, func() error {
		conn, err := net.ListenPacket("udp", "127.0.0.1:514")
		if err != nil {
			return err
		}
		w.got.datagrams(t, conn)
		background(t, bin, "-n", "-r", "-h", "-f", conf, "-D", filepath.Join(dir, "none"), "--no-klog", "--no-unixaf",
			"-b", "127.0.0.1", "-B", "1514", "-P", filepath.Join(dir, "pid"))
		feed = toUDP(t, "1514")
		return nil
	})
	return []*way{w}, feed
}

// inNamespace calls f in a network of its own, in which nothing but the loopback device is.
func inNamespace(t *testing.T, f func() error) {
	t.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		failed <- func() error {
			if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
				return err
			}
			fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
			if err != nil {
				return err
			}
			defer syscall.Close(fd)
			up := [40]byte{0: 'l', 1: 'o', 16: syscall.IFF_UP} // struct ifreq of netdevice(7)
			if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS,
				uintptr(unsafe.Pointer(&up))); e != 0 {
				return e
			}
			return f()
		}()
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
}

// relayBusybox runs BusyBox's syslogd with a /dev of its own.
func relayBusybox(t *testing.T) ([]*way, feeder) {
	dir := t.TempDir()
	w, p := udp(t, "BusyBox syslogd -R")
	script := `mknod -m 666 "$3/null" c 1 3; mount --bind "$3" /dev && exec "$1" syslogd -n -R "$2"`
	background(t, program(t, "unshare"), "-m", "sh", "-c", script, "sh", program(t, "busybox"), "127.0.0.1:"+p, dir)
	return []*way{w}, toUnix(t, filepath.Join(dir, "log"))
}

// relaySocklog writes what it hears to its standard output.
func relaySocklog(t *testing.T) ([]*way, feeder) {
	bin := peer(t, "socklog")
	in, path := freePort(t), filepath.Join(t.TempDir(), "out")
	w := &way{"socklog", new(passedOn)}
	w.got.lines(t, path)
	background(t, "/bin/sh", "-c", `exec "$1" inet 127.0.0.1 "$2" >"$3"`, "sh", bin, in, path)
	return []*way{w}, toUDP(t, in)
}

// relayJournald runs systemd's journal with a /run of its own, and listens where it forwards to.
func relayJournald(t *testing.T) ([]*way, feeder) {
	dir := t.TempDir()
	at := filepath.Join(dir, "systemd/journal")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "systemd/journald.conf.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "systemd/journald.conf.d/x.conf"),
		"[Journal]\nStorage=none\nForwardToSyslog=yes\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n")
	conn, err := net.ListenPacket("unixgram", filepath.Join(at, "syslog"))
	if err != nil {
		t.Fatal(err)
	}
	w := &way{"journald ForwardToSyslog", new(passedOn)}
	w.got.datagrams(t, conn)
	background(t, program(t, "unshare"), "-m", "sh", "-c", `mount --bind "$1" /run && exec "$2"`, "sh", dir,
		program(t, "systemd-journald"))
	return []*way{w}, toUnix(t, filepath.Join(at, "dev-log"))
}

// through sends all samples through one relay.
func through(t *testing.T, samples []string, start func(*testing.T) ([]*way, feeder)) []*way {
	t.Helper()
	ways, feed := start(t)
	for _, w := range ways {
		w.got.Lock()
		w.got.texts = make([][]string, len(samples))
		w.got.Unlock()
	}
	wait := func(n int, again func()) {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
			i := slices.IndexFunc(ways, func(w *way) bool { return !w.got.done(n) })
			if i < 0 {
				return
			} else if time.Now().After(end) {
				t.Fatalf("%s: no line behind sample %d", ways[i].name, n)
			}
			again()
		}
	}
	last := time.Time{}
	wait(-1, func() { // until it is there
		if time.Since(last) > 100*time.Millisecond {
			last = time.Now()
			_ = feed([]byte("<13>Nov 21 10:00:00 h mark: probe-mark-0"))
		}
	})
	for i, s := range samples {
		if err := feed([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if err := feed(fmt.Appendf(nil, "<13>Nov 21 10:00:00 h mark: sample-mark-%d", i)); err != nil {
			t.Fatal(err)
		}
		if i%4 == 3 || i == len(samples)-1 {
			wait(i, func() {})
		}
	}
	return ways
}

// spoken gives the meaning of a line: the words of uncloak parse, without those about its header and its stamp.
func spoken(t *testing.T, line string) (parse.Record, map[string]any) {
	t.Helper()
	var rec parse.Record
	parse.NewParser().Line([]byte(line), &rec)
	said := map[string]any{}
	if err := json.Unmarshal(parse.AppendJSON(nil, &rec), &said); err != nil {
		t.Fatal(err)
	}
	said["bytes"], said["packets"], said["spread"] = rec.Bytes, rec.Packets, rec.Spread
	said["detail"], said["aside"] = rec.Detail.String(), rec.Aside.String()
	for _, k := range []string{"dialect", "pri", "app", "procid", "msg", "relay", "relay_stamp", "stamp", "time",
		"uptime", "host"} {
		delete(said, k)
	}
	return rec, said
}

// otherwise says in what a line behind a relay means something else than the sample; "" for in nothing.
func otherwise(t *testing.T, sample string, lines []string) string {
	t.Helper()
	if len(lines) != 1 {
		return fmt.Sprintf("%d lines", len(lines))
	}
	direct, want := spoken(t, sample)
	relayed, got := spoken(t, lines[0])
	host := string(direct.Host)
	if host != "" && !strings.Contains(sample, "fw="+host) && !strings.Contains(sample, `fw="`+host) {
		// What only the message calls the device is not asked where the relay knows its sender by another name.
		want["host"], got["host"] = host, string(relayed.Host)
	}
	for k := range got {
		if want[k] == nil {
			want[k] = nil
		}
	}
	var differ []string
	for k := range want {
		if !reflect.DeepEqual(want[k], got[k]) {
			differ = append(differ, fmt.Sprintf("%s %v, not %v", k, got[k], want[k]))
		}
	}
	slices.Sort(differ)
	unset := strings.Contains(sample, ": *") // Cisco's mark of a clock that is not set: the relay's counts
	if a, b := wall(direct.Stamp), wall(relayed.Stamp); a != "" && a != b && !unset {
		if s := relayed.Stamp; direct.Stamp.Year == 0 || s.Year == 0 { // a relay's own form of stamp may have no year
			a, b = a[min(4, len(a)):], b[min(4, len(b)):]
		}
		if a != b {
			differ = append(differ, fmt.Sprintf("stamp %s, not %s", b, a))
		}
	}
	return strings.Join(differ, "; ")
}

// wall is a stamp to the second, as its line has it; "" for none with a date.
func wall(s parse.Stamp) string {
	switch {
	case s.HasUnix:
		return fmt.Sprintf("unix %d", s.Unix)
	case s.Month == 0:
		return ""
	}
	return fmt.Sprintf("%04d-%d-%d %d:%d:%d", s.Year, s.Month, s.Day, s.Hour, s.Minute, s.Second)
}

// What relays drop, by relay and dialect: nothing can put it back.
const (
	noData    = "structured data of RFC 5424 is in none of the three older templates"
	shortTag  = "%syslogtag:1:32% ends within a message of one word"
	firstPart = "%programname% ends at the first slash, and what stood between that and the colon is left out"
)

var dropped = map[string]map[string]string{
	"rsyslog RSYSLOG_TraditionalForwardFormat": {"checkpoint": noData, "nat-syslog": noData, "ulogd-gprint": shortTag,
		"nflog-xml": shortTag},
	"rsyslog RSYSLOG_ForwardFormat": {"checkpoint": noData, "nat-syslog": noData, "ulogd-gprint": shortTag,
		"nflog-xml": shortTag},
	"rsyslog RSYSLOG_FileFormat": {"checkpoint": noData, "nat-syslog": noData},
	"rsyslog RSYSLOG_SyslogProtocol23Format": {"draytek": firstPart, "nflog-xml": firstPart, "huawei": firstPart,
		"nec-ix": firstPart, "windows-dhcp": firstPart, "windows-dns": firstPart},
}

func TestRealRelays(t *testing.T) {
	t.Setenv("TZ", "UTC")
	var names, samples []string
	for _, f := range parse.Formats() {
		switch { // printed on a terminal, nobody sends it
		case f.Name == "sockets", f.Name == "sysctl", strings.HasSuffix(f.Name, "-table"),
			strings.HasSuffix(f.Name, "-tracking"):
			continue
		}
		if f.Name == "journal" { // a field of a record over many lines, which no relay gets so
			continue
		}
		s := f.Sample
		if _, err := fmt.Sscanf(s, "<%d>", new(int)); err != nil {
			s = "<30>" + s // as a program or a device sends it
		}
		names, samples = append(names, f.Name), append(samples, s)
	}
	const from = `network(transport("udp") ip("127.0.0.1") port(PORT));`
	equal, all, listed := 0, 0, 0
	for _, start := range []func(*testing.T) ([]*way, feeder){
		relayRsyslog,
		relaySyslogNG("keep-hostname(yes);", from, [][2]string{
			{"network()", `network("127.0.0.1" transport("udp") port(PORT));`},
			{"syslog()", `syslog("127.0.0.1" transport("udp") port(PORT));`}}),
		relaySyslogNG("keep-hostname(no); chain-hostnames(yes);", from, [][2]string{
			{"network(), chain-hostnames", `network("127.0.0.1" transport("udp") port(PORT));`}}),
		relayDocumentedSyslogNG, relayInetutils, relayBusybox, relaySocklog, relayJournald,
	} {
		for _, w := range through(t, samples, start) {
			n := 0
			for i, s := range samples {
				all++
				why := otherwise(t, s, w.got.texts[i])
				reason, known := dropped[w.name][names[i]]
				switch {
				case why == "" && known:
					t.Errorf("%s, %s: is read as it was sent, although %s", w.name, names[i], reason)
				case why == "":
					n++
				case known:
					listed++
				default:
					t.Errorf("%s, %s: %s\n  %s\n  %q", w.name, names[i], why, s, w.got.texts[i])
				}
			}
			equal += n
			t.Logf("%-45s %3d of %d", w.name, n, len(samples))
		}
	}
	t.Logf("%-45s %3d of %d, and %d whose text the relay dropped", "all", equal, all, listed)
	if 100*equal < 99*(all-listed) {
		t.Errorf("%d of %d lines are read behind a relay as they were sent", equal, all-listed)
	}
}
