package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The capture that ingest's tests have holds syslog over UDP and TCP.
func TestStat(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // begins the output
	}{
		{[]string{"io", "--interval", "1h", "--filter", "all"}, "    from_s  all_frames  all_bytes\n  0.000000"},
		{[]string{"conv", "--proto", "ip", "--format", "csv"},
			"a,b,frames_ab,bytes_ab,frames_ba,bytes_ba,frames,bytes,start_s,duration_s\n"},
		{[]string{"endpoints", "--format", "json"}, "[\n{\"address\":\""},
		{[]string{"http", "--format", "csv"}, "count,client,server,port,method,request,first_s,last_s\n"},
		{[]string{"dns", "--format", "csv"}, "count,client,server,port,type,name,first_s,last_s\n"},
		{[]string{"rst", "--format", "csv"}, "count,sender,port,receiver,first_s,last_s,per_s\n"},
		{[]string{"counts", "--format", "csv"}, "what,count\nframes,"},
	} {
		if got := ok(t, "", append(append([]string{"stat"}, c.args...), syslogCapture)...); !strings.HasPrefix(got,
			c.want) {
			t.Errorf("%q prints %q, want it to begin %q", c.args, got, c.want)
		}
	}
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(
		cut, []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00"+
			"\x01\x00\x00\x00\x01\x02\x03"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"io", cut}, 1, "the capture ends within a packet: the tables hold the 0 frames before"},
		{[]string{"io", "stat_test.go"}, 1, "no capture"},
		{[]string{"ssl", cut}, 2, `no table "ssl"`},
		{[]string{"io", "--interval", "0s", cut}, 2, "--interval"},
		{[]string{"conv", "--proto", "sctp", cut}, 2, "--proto"},
		{[]string{"io", "--filter", "ip", cut}, 2, "--filter"},
		{[]string{"io", "--format", "xml", cut}, 2, "--format"},
	} {
		r := uncloak(t, "", append([]string{"stat"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.errOut, c.want) || strings.Count(r.errOut, "\n") != 1 {
			t.Errorf("%q: exit %d, %q; want %d, %q", c.args, r.code, r.errOut, c.code, c.want)
		}
	}
}
