package parse

import (
	"strings"
	"testing"
)

func TestHeader(t *testing.T) {
	const full = "nf_conntrack: table full, dropping packet"
	checkAll(t, []says{
		{"3164", "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed", `{"kind":"syslog","event":"system","dialect":"daemon","pri":34,"stamp":"10-11T22:14:15","host":"mymachine","app":"su","procid":"12","msg":"'su root' failed"}`},
		{"without pri", "Oct 11 22:14:15 mymachine su: x", `{"pri":null,"host":"mymachine","app":"su","procid":null}`},
		{"without host", "<134>Jun 10 12:06:18 hostapd: wl0.1: STA 11:22:33:44:55:66 IEEE 802.11: associated", `{"host":null,"app":"hostapd"}`},
		{"address as host", "<4>Jun 10 12:06:18 192.168.1.1 kernel: " + full, `{"host":"192.168.1.1","event":"table-full"}`},
		{"without tag", "<166>Jul  6 20:33:28 ABC-1-234567 Some message here", `{"host":"ABC-1-234567","app":null,"msg":"Some message here"}`},
		{"host only", "Jun  3 12:08:33 abcd", `{"host":"abcd","kind":"syslog"}`},
		{"nil values", "Jun  3 12:08:33 - - Starting", `{"host":null,"msg":"Starting"}`},
		{"fraction", "Mar 05 07:08:09.123456 gw1 kernel: " + full, `{"stamp":"03-05T07:08:09.123456","host":"gw1"}`},
		{"year behind the date", "Nov 02 2025 00:00:00 asa-fw : %ASA-1-1: x", `{"stamp":"2025-11-02T00:00:00","host":"asa-fw","app":null}`},
		{"year behind the clock", "Mar  5 07:08:09 2024 gw kernel: " + full, `{"stamp":"2024-03-05T07:08:09","host":"gw"}`},
		{"cisco star and colon", "<189>*Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured", `{"stamp":"03-01T18:46:11.123","pri":189}`},
		{"logread", "Tue Mar  5 07:08:09 2024 kern.warn kernel: [ 12345.678901] " + full, `{"stamp":"2024-03-05T07:08:09","uptime":12345.678901,"host":null,"event":"table-full"}`},
		{"logread with host", "Jun  4 09:24:12 alpine kern.warn kernel: [  152.014434] " + full, `{"host":"alpine","uptime":152.014434}`},
		{"iso", "<4>2026-11-21T20:28:49.003853+01:00 router kernel: [ 5660.166851] " + full, `{"time":"2026-11-21T20:28:49.003853+01:00","stamp":"2026-11-21T20:28:49.003853","host":"router","uptime":5660.166851}`},
		{"iso, zone without colon", "2024-03-05T07:08:09-0930 gw1 kernel: " + full, `{"time":"2024-03-05T07:08:09-09:30"}`},
		{"iso, utc", "2024-03-05T07:08:09Z gw1 kernel: " + full, `{"time":"2024-03-05T07:08:09Z"}`},
		{"dmesg iso", "2026-11-21T20:28:20,123456+00:00 " + full, `{"time":"2026-11-21T20:28:20.123456Z","host":null,"event":"table-full"}`},
		{"slashes", "2015/04/24 12:01:34: PPPOE[01] PPPoE Connect", `{"stamp":"2015-04-24T12:01:34"}`},
		{"dmesg", "[ 5632.359712] " + full, `{"uptime":5632.359712,"event":"table-full"}`},
		{"dmesg -r", "<4>[ 5632.359712] " + full, `{"uptime":5632.359712,"pri":4}`},
		{"caller", "[    5.000001][    C0] " + full, `{"uptime":5.000001,"event":"table-full"}`},
		{"dmesg -T", "[Sat Nov 21 20:27:58 2026] " + full, `{"stamp":"2026-11-21T20:27:58","time":null,"event":"table-full"}`},
		{"dmesg -T in German", "[Di Aug 12 03:54:03 2025] " + full, `{"stamp":"2025-08-12T03:54:03"}`},
		{"two brackets", "[2017/02/21 09:08:42] [915713.862428] " + full, `{"stamp":"2017-02-21T09:08:42","uptime":915713.862428}`},
		{"a rule in brackets", "[12:30] IN=a OUT=b SRC=1.2.3.4 DST=5.6.7.8 PROTO=UDP SPT=1 DPT=2", `{"rule":"[12:30]","uptime":null}`},
		{"kmsg", "4,37812,5632359712,-;" + full, `{"pri":4,"uptime":5632.359712,"event":"table-full"}`},
		{"kmsg with more fields", "6,1,0,c,caller=T1;" + full, `{"pri":6,"uptime":0,"event":"table-full"}`},
		{"kmsg continuation", " SUBSYSTEM=net", `{"kind":"other","event":"system","dialect":"kernel"}`},
		{"unix stamp", "[1795292879.516758]\t" + full, `{"time":"2026-11-21T20:27:59.516758Z","uptime":null}`},
		{"no stamp, host", "host kernel: " + full, `{"host":"host","app":"kernel"}`},
		{"nothing", "", `{"kind":"unknown","event":"unknown"}`},
		{"not utf-8", "Oct 11 22:14:15 h a: \xff\xfe\x01", `{"msg":"\ufffd\ufffd\u0001"}`},
		{"date that does not exist", "2003-09-31T22:14:15Z gw kernel: " + full, `{"time":null}`},
		{"pri too large", "<192>Oct 11 22:14:15 h a: x", `{"pri":null}`},
	})
}

func TestHeader5424(t *testing.T) {
	checkAll(t, []says{
		{"full", `<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 - 'su root' failed`, `{"kind":"syslog","pri":34,"time":"2003-10-11T22:14:15.003Z","host":"mymachine.example.com","app":"su","procid":"77","msg":"'su root' failed"}`},
		{"nil values", "<1>1 - - - - - - x", `{"host":null,"app":null,"procid":null,"time":null,"msg":"x"}`},
		{"structured data", `<165>1 2003-10-11T22:14:15.003Z h a - ID47 [e@1 i="3" x="10\] \"11"][y] msg`, `{"msg":"msg","kind":"syslog"}`},
		{"byte order mark", "<165>1 2003-10-11T22:14:15.003Z h a - - - \xef\xbb\xbfmsg", `{"msg":"msg"}`},
		{"kernel", "<4>1 2026-11-21T20:28:49.003853+00:00 router kernel - - - [ 5660.166851] nf_conntrack: table full, dropping packet", `{"event":"table-full","uptime":5660.166851,"host":"router"}`},
		{"without pri", "1 2023-06-03T17:42:32.123456789Z h a 12345 ID47 - This", `{"host":"h","time":"2023-06-03T17:42:32.123456789Z","msg":"This"}`},
		{"cut short", "<165>1 2023-06-03T17:42:32Z h a", `{"kind":"syslog","app":"a"}`},
		{"bad stamp", "<34>1 203-10-11T22:14:15.003Z h su - ID47 - x", `{"kind":"malformed","event":"unknown","host":null,"time":null,"pri":34}`},
		{"bad version", "<29>2 2006-01-02T15:04:05Z - - - - -", `{"kind":"malformed"}`},
		{"bad data", `<29>1 2016-01-15T01:00:43Z hn S - - [meta escape="a\"] x`, `{"kind":"malformed"}`},
		{"long name", "<1>1 - host " + strings.Repeat("x", 49) + " - - -", `{"kind":"malformed"}`},
		{"malformed, but the message speaks", "<4>3 - router kernel - - - IN=a OUT= SRC=1.2.3.4 DST=5.6.7.8 PROTO=UDP SPT=1 DPT=2", `{"kind":"fw-packet","event":"session-new"}`},
	})
}

func TestJournal(t *testing.T) {
	checkAll(t, []says{
		{"kernel", lineJournal, `{"kind":"fw-packet","event":"session-new","time":"2026-11-21T20:28:21.19536Z","uptime":5632.359712,"host":"router","app":"kernel","pri":4}`},
		{"escapes", `{"MESSAGE":"a \"b\"\t\u00fc\\","SYSLOG_IDENTIFIER":"x","_PID":"7"}`, `{"msg":"a \"b\"\tü\\","app":"x","procid":"7","kind":"syslog"}`},
		{"bytes", `{"_TRANSPORT" : "syslog" , "MESSAGE":[105,112,95,99,111,110,110,116,114,97,99,107,58,32,116,97,98,108,101,32,102,117,108,108,255]}`, `{"event":"table-full"}`},
		{"two messages", `{"MESSAGE":["one","two"]}`, `{"msg":"one"}`},
		{"monotonic of a daemon is not the kernel's", `{"_TRANSPORT":"syslog","_SOURCE_MONOTONIC_TIMESTAMP":"5632359712","MESSAGE":"x"}`, `{"uptime":null}`},
		{"no message", `{"__REALTIME_TIMESTAMP":"1795292901195360","MESSAGE":null}`, `{"time":"2026-11-21T20:28:21.19536Z","msg":null}`},
		{"not the journal", `{"a":{"b":1}}`, `{"kind":"unknown","msg":"{\"a\":{\"b\":1}}"}`},
		{"cut short", `{"MESSAGE":"nf_conntrack: table full`, `{"event":"unknown"}`},
		{"absurd time", `{"__REALTIME_TIMESTAMP":"99999999999999999999","MESSAGE":"x"}`, `{"time":null,"msg":"x"}`},
	})
}

// One kernel line must have one identity, whatever carried it.
func TestIdentity(t *testing.T) {
	const body = "[NEW] IN=br-lan OUT=wan0 MAC= SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 "
	carriers := []string{
		"[ 5632.359712] " + body,
		"<4>[ 5632.359712] " + body + "\n",
		"4,37812,5632359712,-;" + body,
		"<4>Nov 21 20:28:21 router kernel: [ 5632.359712] " + body,
		"<4>2026-11-21T20:28:21.195172+00:00 vm kernel: [ 5632.359712] " + body + "\x00",
		"<4>1 2026-11-21T20:28:21.195172+00:00 vm kernel - - - [ 5632.359712] " + body + `\n`,
		"Nov 21 20:28:22 router kernel: [ 5632.359712] " + body + "#012",
		lineJournal,
	}
	want := parseLine(carriers[0]).Identity
	for _, c := range carriers {
		if got := parseLine(c).Identity; got != want {
			t.Errorf("%x, want %x: %s", got, want, c)
		}
	}
	for _, other := range []string{"[ 5632.359713] " + body, "[ 5632.359712] x" + body, body, "Nov 21 20:28:22 router kernel: " + body} {
		if parseLine(other).Identity == want {
			t.Errorf("same identity: %s", other)
		}
	}
	stamps := []string{"Nov 21 20:28:21 a crond[1]: x", "2026-11-21T20:28:21.195172+09:00 a crond[1]: x", "<78>1 2026-11-21T11:28:21Z a crond 1 - - x", "1795292901.5 a crond[1]: x",
		`{"__REALTIME_TIMESTAMP":"1795292901195360","SYSLOG_IDENTIFIER":"crond","MESSAGE":"x"}`}
	for _, s := range stamps {
		if parseLine(s).Identity != parseLine(stamps[0]).Identity {
			t.Errorf("another identity than in RFC 3164: %s", s)
		}
	}
	same, later := "Nov 21 20:28:21 a crond[1]: x", "Nov 21 20:28:22 a crond[1]: x"
	if parseLine(same).Identity != parseLine("<30>Nov 21 20:28:21 b crond[1]: x ").Identity || parseLine(same).Identity == parseLine(later).Identity {
		t.Error("a daemon's line is known by its stamp and its message")
	}
}

func TestUnread(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"fields that we do not keep": {lineNetfilter, "LEN=60"},
		"a port that is none":        {"Jan  1 00:00:02 gw kernel: IN=br0 OUT=eth0 SRC=10.0.0.1 DST=192.0.2.4 PROTO=TCP SPT=1 DPT=99999 SYN", "DPT=99999"},
		"an address with its ports":  {"TCP: Treason uncloaked! Peer 192.0.2.7:39660/80 shrinks window 1:2. Repaired.", "1:2"},
		"all of it":                  {"Out of Memory: Killed process 870 (httpd).", ""},
		"nobody's line":              {"hello, 1 2 3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(Unread(parseLine(c.line)), " "); !strings.Contains(got, c.want) || c.want == "" && got != "" || strings.Contains(got, "192.0.2.7") || strings.Contains(got, "SRC=") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	long := "IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2" + strings.Repeat(" LEN=7", 1000)
	if got := Unread(parseLine(long)); len(got) > maxUnread+1 {
		t.Errorf("%d words", len(got))
	}
}

func TestExplain(t *testing.T) {
	for line, want := range map[string]string{
		lineNetfilter: "dialect netfilter: IN=/OUT= followed by fields, SRC= and DST= are addresses; header: priority, stamp without a year, uptime, host, tag",
		lineDaemon:    "dialect daemon: the tag is a daemon's that speaks of no session; header: stamp without a year, host, tag",
		"x":           "dialect none: no dialect knows the message; header: none",
	} {
		if got := Explain([]byte(line), parseLine(line)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
