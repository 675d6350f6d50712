package parse

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"
	"unicode/utf8"
)

const (
	lineNetfilter = "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] [NEW] IN=br-lan OUT=wan0 MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:01:08:00 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 "
	lineConntrack = "[1795292879.516758]\t    [NEW] ipv4     2 udp      17 10 src=192.168.128.1 dst=192.168.128.14 sport=54345 dport=514 [UNREPLIED] src=192.168.128.14 dst=192.168.128.1 sport=514 dport=54345"
	lineULOGD     = "<141>Nov 21 20:43:16 router ulogd[6017]: [DESTROY] ORIG: SRC=192.168.128.10 DST=198.18.26.19 PROTO=TCP SPT=55866 DPT=80 PKTS=6 BYTES=338 , REPLY: SRC=198.18.26.19 DST=100.64.7.2 PROTO=TCP SPT=80 DPT=55866 PKTS=5 BYTES=1187 "
	lineFull      = "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] nf_conntrack: nf_conntrack: table full in netns 4026532177, dropping packet"
	lineQuery     = "<30>Nov 21 20:28:21 router dnsmasq[6022]: 17 192.168.128.10/40123 query[PTR] 9.2.0.192.in-addr.arpa from 192.168.128.10"
	lineMikrotik  = "Dec 31 00:00:14 mikrotik firewall,info nat-new forward: in:bridge out:ether1, connection-state:new src-mac 52:54:00:a8:01:84, proto UDP, 192.168.1.132:51413->44.142.178.79:48892, len 60"
	lineCisco     = "Nov 02 2025 00:00:00 asa-fw : %ASA-6-302013: Built outbound TCP connection 1 for outside:153.30.140.114/22 (153.30.140.114/22) to inside:10.0.0.67/57244 (203.0.113.7/57244)"
	lineDaemon    = "Dec 31 00:00:12 gw crond[439]: USER root pid 25239 cmd /usr/sbin/ddns-update"
	lineJournal   = `{"__REALTIME_TIMESTAMP":"1795292901195360","_TRANSPORT":"kernel","PRIORITY":"4","SYSLOG_IDENTIFIER":"kernel","_SOURCE_MONOTONIC_TIMESTAMP":"5632359712","_HOSTNAME":"router","MESSAGE":"[NEW] IN=br-lan OUT=wan0 MAC= SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 "}`
)

var benchLines = map[string]string{"netfilter": lineNetfilter, "conntrack": lineConntrack, "ulogd": lineULOGD, "table-full": lineFull,
	"dnsmasq": lineQuery, "mikrotik": lineMikrotik, "cisco": lineCisco, "daemon": lineDaemon, "journal": lineJournal}

func BenchmarkLine(b *testing.B) { benchmarkLines(b, benchLines) }

// benchmarkLines measures each line alone.
func benchmarkLines(b *testing.B, lines map[string]string) {
	for name, s := range lines {
		b.Run(name, func(b *testing.B) {
			p, line := NewParser(), []byte(s)
			var rec Record
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				p.Line(line, &rec)
			}
		})
	}
}

// readLines returns the lines of a file in testdata.
func readLines(tb testing.TB, name string) [][]byte {
	tb.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var lines [][]byte
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines = append(lines, append([]byte(nil), s.Bytes()...))
	}
	return lines
}

var update = flag.Bool("update", false, "write the golden files anew")

// parseLine reads one line with a new Parser.
func parseLine(s string) *Record {
	var rec Record
	NewParser().Line([]byte(s), &rec)
	return &rec
}

// says is a case of a dialect's table: each key of want must stand in the line's JSON with that value; null demands
// that the key be missing.
type says struct{ name, line, want string }

func checkAll(t *testing.T, cases []says) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			checkJSON(t, AppendJSON(nil, parseLine(c.line)), c.want)
		})
	}
}

// stored is a case about the Event, which goes into the store and which JSON shows in other words; detail is its
// Detail.
type stored struct {
	name, line, detail string
	want               Event
}

func checkEvents(t *testing.T, cases []stored) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rec := parseLine(c.line)
			if got := rec.Detail.String(); got != c.detail {
				t.Errorf("detail is %q, want %q", got, c.detail)
			}
			got := rec.Event
			got.Detail = Name{}
			if got != c.want {
				t.Errorf("\ngot  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func checkJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w map[string]any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("case is no JSON: %s: %v", want, err)
	}
	for k, v := range w {
		if g[k] != v {
			t.Errorf("%s is %v, want %v\n%s", k, g[k], v, got)
		}
	}
}

func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			return "got  " + string(g[i]) + "\nwant " + string(w[i])
		}
	}
	return "one is longer"
}

func TestNamesAreBounded(t *testing.T) {
	p := NewParser()
	for i := range maxNames + 10 {
		p.mem.name(strconv.AppendInt(nil, int64(i), 10))
	}
	if len(p.mem.names) != 10 {
		t.Errorf("%d names are kept, want 10: the cache starts anew when it is full", len(p.mem.names))
	}
	for i := range maxRules + 10 {
		p.mem.rule(strconv.AppendInt(nil, int64(i), 10))
	}
	if len(p.mem.rules) != 10 {
		t.Errorf("%d rules are kept, want 10", len(p.mem.rules))
	}
	if n := p.mem.name(bytes.Repeat([]byte("x"), 10_000)); len(n.String()) != maxNameLen {
		t.Errorf("a name has %d bytes", len(n.String()))
	}
}

// seedFiles are the files of testdata with a line to read on each line.
var seedFiles = []string{"nat-burst.log", "scenario.log", "odd.log", "vendors-a.log", "vendors-b.log",
	"servers-tools.log"}

// addSeeds gives a fuzz test every line of testdata and the benchmark lines.
func addSeeds(f *testing.F) {
	for _, name := range seedFiles {
		for _, l := range readLines(f, name) {
			f.Add(l)
		}
	}
	for _, lines := range []map[string]string{benchLines, dialectLines, oddLines} {
		for _, s := range lines {
			f.Add([]byte(s))
		}
	}
	for _, c := range documented(f) {
		f.Add([]byte(c.line))
	}
}

func FuzzLine(f *testing.F) {
	addSeeds(f)
	used := NewParser()
	f.Fuzz(func(t *testing.T, line []byte) {
		before := append([]byte(nil), line...)
		var a, b Record
		NewParser().Line(line, &a)
		first := AppendJSON(nil, &a)
		used.Line(append(append([]byte(nil), line...), "\r\n"...), &b)
		if second := AppendJSON(nil, &b); !bytes.Equal(first, second) {
			t.Errorf("a line says different things:\n%s\n%s", first, second)
		}
		if a.Identity != b.Identity {
			t.Error("a newline changes the identity")
		}
		if !bytes.Equal(before, line) {
			t.Error("the line was written to")
		}
		if a.Time != 0 || a.Recv != 0 || a.Spread != 0 || a.Router != (Name{}) {
			t.Error("a field was set that belongs to ingest")
		}
		if a.Kind != Unknown && a.Dialect == "" || a.Kind == Unknown && a.Dialect != "" {
			t.Errorf("kind %v of dialect %q", a.Kind, a.Dialect)
		}
	})
}

func FuzzAppendJSON(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		var rec Record
		NewParser().Line(line, &rec)
		out := AppendJSON([]byte("x"), &rec)
		if out[0] != 'x' || !json.Valid(out[1:]) || !utf8.Valid(out) || bytes.IndexByte(out, '\n') >= 0 {
			t.Errorf("not one JSON object: %q", out)
		}
		if s := Explain(line, &rec); s == "" {
			t.Error("no explanation")
		}
	})
}

// BenchmarkMixed reads the lines of every test file in turn, as a collector of many devices would see them.
func BenchmarkMixed(b *testing.B) {
	var lines [][]byte
	size := 0
	for _, name := range seedFiles {
		for _, l := range readLines(b, name) {
			lines = append(lines, []byte(l))
			size += len(l)
		}
	}
	p := NewParser()
	var rec Record
	b.SetBytes(int64(size))
	b.ReportAllocs()
	n, best := 0, time.Duration(1<<62)
	for b.Loop() {
		start := time.Now()
		for _, l := range lines {
			p.Line(l, &rec)
		}
		n, best = n+len(lines), min(best, time.Since(start))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(len(lines))/best.Seconds(), "best-lines/s") // the pass that nothing else disturbed
}
