package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestStatOfTheStore: the tables of a capture, from stored events; what no line tells is empty and said.
func TestStatOfTheStore(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	ok(t, strings.Join([]string{
		"2026-11-21T10:00:00.000Z capture: begin tcp 192.168.1.20:40312 > 203.0.113.5:80",
		"2026-11-21T10:00:01.000Z capture: http tcp 192.168.1.20:40312 > 203.0.113.5:80 GET example.net/list",
		"2026-11-21T10:00:25.000Z capture: end tcp 192.168.1.20:40312 > 203.0.113.5:80 closed packets=30/20 " +
			"bytes=1000/4001 lasted=25.000",
		"2026-11-21T10:00:02.000Z capture: dns udp 192.168.1.20:5555 > 192.168.1.1:53 PTR 5.113.0.203.in-addr.arpa",
		"2026-11-21T10:00:03.000Z capture: dns udp 192.168.1.20:5556 > 192.168.1.1:53 A =example.net",
		"2026-11-21T10:00:30.000Z capture: begin tcp 192.168.1.21:40000 > 203.0.113.6:81",
		"2026-11-21T10:00:30.000Z capture: end tcp 192.168.1.21:40000 > 203.0.113.6:81 refused by=203.0.113.6 " +
			"packets=1/1 bytes=0/0 lasted=0.000",
		"2026-11-21T10:00:40.000Z capture: reset tcp 127.0.0.1:7211 > 127.0.0.1:56440",
		"2026-11-21T10:00:50.000Z capture: begin tcp 192.168.1.22:40001 > 203.0.113.7:82",
	}, "\n"), "import", "--data", data, "--router", "gw", "-")
	for table, want := range map[string]string{
		// 50 packets of 25 s: 20, 20, 10; the sums are whole
		"io": `from,begun,ended,frames,bytes
2026-11-21T10:00:00.000Z,1,0,20,2000
2026-11-21T10:00:10.000Z,0,0,20,2001
2026-11-21T10:00:20.000Z,0,1,10,1000
2026-11-21T10:00:30.000Z,1,1,2,
2026-11-21T10:00:40.000Z,0,0,1,
2026-11-21T10:00:50.000Z,1,0,,
`,
		"conv": `a,b,begun,ended,frames,bytes,start,duration_s
192.168.1.20:40312,203.0.113.5:80,1,1,50,5001,2026-11-21T10:00:00.000Z,25
192.168.1.21:40000,203.0.113.6:81,1,1,2,,2026-11-21T10:00:30.000Z,0
192.168.1.22:40001,203.0.113.7:82,1,0,,,2026-11-21T10:00:50.000Z,0
127.0.0.1:7211,127.0.0.1:56440,0,0,1,,2026-11-21T10:00:40.000Z,0
`,
		"endpoints": `address,frames,bytes,opened,answered,ended
192.168.1.20,50,5001,1,0,1
203.0.113.5,50,5001,0,1,1
192.168.1.21,2,,1,0,1
203.0.113.6,2,,0,1,1
192.168.1.22,,,1,0,0
203.0.113.7,,,0,1,0
127.0.0.1,2,,0,0,0
`,
		"http": `count,client,server,port,method,request,first,last
1,192.168.1.20,203.0.113.5,80,GET,example.net/list,2026-11-21T10:00:01.000Z,2026-11-21T10:00:01.000Z
`,
		"dns": `count,client,server,port,type,name,first,last
1,192.168.1.20,192.168.1.1,53,PTR,5.113.0.203.in-addr.arpa,2026-11-21T10:00:02.000Z,2026-11-21T10:00:02.000Z
1,192.168.1.20,192.168.1.1,53,,=example.net,2026-11-21T10:00:03.000Z,2026-11-21T10:00:03.000Z
`,
		"rst": `count,of,client,server,port,sender,first,last,per_s
1,refusal,192.168.1.21,203.0.113.6,81,203.0.113.6,2026-11-21T10:00:30.000Z,2026-11-21T10:00:30.000Z,
1,packet,127.0.0.1,127.0.0.1,7211,127.0.0.1,2026-11-21T10:00:40.000Z,2026-11-21T10:00:40.000Z,
`,
	} {
		r := uncloak(t, "", "stat", table, "--data", data, "--timezone", "UTC", "--day", "2026-11-21", "--format",
			"csv")
		if r.code != 0 || r.out != want {
			t.Errorf("%s: exit %d, %s\n%s\nwant\n%s", table, r.code, r.errOut, r.out, want)
		}
		said := "uncloak: of 3 sessions 1 tell no packets or bytes: frames and bytes are those of the others\n"
		if table == "http" || table == "dns" || table == "rst" {
			said = ""
		}
		if r.errOut != said {
			t.Errorf("%s says %q, want %q", table, r.errOut, said)
		}
	}
	// Half of the time that the session lasted is another window's.
	got := ok(t, "", "stat", "io", "--data", data, "--timezone", "UTC", "--from", "2026-11-21 10:00:15", "--to",
		"2026-11-21 10:00:26", "--interval", "11s", "--format", "csv")
	if want := "from,begun,ended,frames,bytes\n2026-11-21T10:00:15.000Z,0,1,20,2000\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	if got := ok(t, "", "stat", "conv", "--data", data, "--host", "192.168.1.22"); !strings.Contains(got,
		" 203.0.113.7:82      1      0       -      -  ") {
		t.Errorf("text: %s", got)
	}
	for _, c := range [][]string{{"io", "--data", data, syslogCapture}, {"counts", "--data", data},
		{"io", "--data", data, "--interval", "1ms", "--from", "2020-01-01"}} {
		if r := uncloak(t, "", append([]string{"stat"}, c...)...); r.code != 2 || strings.Count(r.errOut, "\n") != 1 {
			t.Errorf("%q: exit %d, %q", c, r.code, r.errOut)
		}
	}
}
