package parse

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"uncloak/parse/scan"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

const fullText = "nf_conntrack: table full, dropping packet"

func TestOddHeaders(t *testing.T) {
	checkAll(t, []says{
		{"sequence number and host", "<189>117: NetAuto_CSRv-03: May  9 12:49:27.098: %LINK-5-CHANGED: x", `{"pri":189,"host":"NetAuto_CSRv-03","stamp":"05-09T12:49:27.098","msg":"%LINK-5-CHANGED: x"}`},
		{"sequence number and mark", "000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","app":null,"host":null}`},
		{"two sequence numbers", "<189>94: gw: 000456: .Mar  1 18:46:11.123 JST: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","host":"gw","msg":"%SYS-5-CONFIG_I: x"}`},
		{"zone whose name has two meanings", "<189>9: Mar  1 18:46:11.123 CST: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","msg":"%SYS-5-CONFIG_I: x","host":null}`},
		{"ios xr", "<149>2647599: vmx01 RP/0/RSP1/CPU0:Mar 28 15:08:30.941 UTC: bgp[1051]: %ROUTING-BGP-5-MAXPFX : x", `{"host":"vmx01","stamp":"03-28T15:08:30.941","app":"bgp","procid":"1051"}`},
		{"ios xr without a zone", "<190>40: xrv RP/0/RP0/CPU0:Oct  4 22:52:47.441 : cfgmgr[67310]: %MGBL-6: x", `{"host":"xrv","stamp":"10-04T22:52:47.441","app":"cfgmgr"}`},
		{"nx-os", "<189>: 2016 Jul 13 12:00:00.123 CEST: %ETHPORT-5-IF_UP: x", `{"time":"2016-07-13T12:00:00.123+02:00","host":null}`},
		{"year first", "<190>2018 Apr 20 13:15:07 nexus-switch %ETHPORT-5-IF_DOWN: x", `{"stamp":"2018-04-20T13:15:07","host":"nexus-switch"}`},
		{"huawei", "<29>2018-7-23 01:00:34.270.1 sw1 %%01IFNET/4/IF_STATE(l)[4997]:x", `{"stamp":"2018-07-23T01:00:34.27","host":"sw1"}`},
		{"host before the stamp", "<30>ztp-1 port02 2018-Nov-12 10:47:29.515 LOGIN: root", `{"stamp":"2018-11-12T10:47:29.515","host":"ztp-1","app":"LOGIN"}`},
		{"routeros", "mar/05/2024 07:08:09 system,info x", `{"stamp":"2024-03-05T07:08:09"}`},
		{"asa with a colon in front", "<166>:Jul 06 20:33:28 UTC: %ASA-session-6-302013: x", `{"stamp":"07-06T20:33:28"}`},
		{"zone before the year", "Sat Nov 21 20:28:01 JST 2026 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:01+09:00","host":"gw"}`},
		{"zone and no year", "Nov 21 20:28:01 UTC gw kernel: " + fullText, `{"stamp":"11-21T20:28:01","host":"gw","event":"table-full"}`},
		{"short-full", "Sat 2026-11-21 20:28:21 UTC gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21Z","host":"gw"}`},
		{"short-unix", "1795292901.195360 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21.19536Z","host":"gw"}`},
		{"short-monotonic", "[ 5632.359712] gw kernel: " + fullText, `{"uptime":5632.359712,"host":"gw","event":"table-full"}`},
		{"hours of a zone only", "2026-11-21T20:28:21+09 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21+09:00"}`},
		{"zone behind a blank", "2026-11-21 20:28:21.5 -0530 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21.5-05:30"}`},
		{"octet count", "83 <34>1 2003-10-11T22:14:15.003Z my.example.com su - ID47 - x", `{"pri":34,"host":"my.example.com","kind":"syslog"}`},
		{"journal note", "-- Boot 3fa8c5 --", `{"kind":"other","event":"system","dialect":"journal"}`},
		{"export, message", "MESSAGE=" + fullText, `{"event":"table-full"}`},
		{"export, time", "__REALTIME_TIMESTAMP=1795292901195360", `{"event":"system","time":"2026-11-21T20:28:21.19536Z"}`},
		{"export, host", "_HOSTNAME=gw", `{"event":"system","host":"gw"}`},
		{"logwatch", " 5 Time(s): [32267283.448000] TCP: Treason uncloaked! Peer 192.0.2.1:6595/80 shrinks window 1:2. Repaired.", `{"event":"window-shrink","src":"192.0.2.1","uptime":32267283.448,"count":5}`},
		{"logwatch, number behind", fullText + " ...:  12 Time(s)", `{"event":"table-full","count":12}`},
		{"decoded", "kern  :warn  : [ 5632.359712] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
		{"reltime", "[Nov21 20:28] " + fullText, `{"stamp":"11-21T20:28:00","event":"table-full"}`},
		{"delta", "[  +0.000012] " + fullText, `{"stamp":null,"uptime":null,"event":"table-full"}`},
		{"uptime and delta", "[ 5632.359712 <    0.000012>] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
		{"Amlogic", "[    5.123456@0] " + fullText, `{"uptime":5.123456,"event":"table-full"}`},
		{"tag and nothing", "Jun  3 12:08:33 abcd sudo[123]", `{"host":"abcd","app":"sudo","procid":"123"}`},
		{"old repeat", "Mar  8 15:18:40 avas: last message repeated 11 times", `{"kind":"syslog","event":"repeated","count":11,"host":"avas"}`},
		{"repeat of the kernel", "Mar  8 15:18:40 gw kernel: last message repeated 11 times", `{"kind":"suppressed","count":11,"host":"gw"}`},
	})
}

func TestForeignMonths(t *testing.T) {
	for name, line := range map[string]string{
		"Japanese": "[土  3月  5 07:08:09 2024] ", "French": "[mar. mars  5 07:08:09 2024] ", "German": "[Di Mär  5 07:08:09 2024] ",
		"Russian": "[вт мар  5 07:08:09 2024] ", "Chinese": "[二 3月  5 07:08:09 2024] ", "Korean": "[화  3월  5 07:08:09 2024] ",
		"Polish": "[wto mar  5 07:08:09 2024] ", "Dutch": "[di mrt  5 07:08:09 2024] ", "Czech": "[Út bře  5 07:08:09 2024] ",
	} {
		checkJSON(t, AppendJSON(nil, parseLine(line+fullText)), `{"stamp":"2024-03-05T07:08:09","event":"table-full"}`)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	checkAll(t, []says{
		{"December", "[mer. déc. 25 07:08:09 2024] " + fullText, `{"stamp":"2024-12-25T07:08:09"}`},
		{"journalctl in German", "Mär 05 07:08:09 gw1 kernel: " + fullText, `{"stamp":"03-05T07:08:09","host":"gw1"}`},
		{"journalctl in Japanese", " 3月 05 07:08:09 gw1 kernel: " + fullText, `{"stamp":"03-05T07:08:09","host":"gw1"}`},
		{"no month", "Foo  3 12:08:33", `{"kind":"malformed","stamp":null}`},
	})
}

func TestRelayedHeaders(t *testing.T) {
	checkAll(t, []says{
		{"stamp in front", "<134>Oct 11 22:14:15 relay1 Oct 11 22:14:14 gw kernel: [ 12.5] " + fullText, `{"host":"gw","stamp":"10-11T22:14:14","relay":"relay1","relay_stamp":"10-11T22:14:15","pri":134,"event":"table-full","uptime":12.5}`},
		{"priority in front", "<134>Oct 11 22:14:15 relay1 <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","pri":4,"relay":"relay1","stamp":"10-11T22:14:14"}`},
		{"behind a tag", "Oct 11 22:14:15 relay1 fwd[1]: <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","relay":"relay1","app":"kernel"}`},
		{"5424 in 5424", "<13>1 2026-11-21T20:28:49Z relay - - - - <34>1 2026-11-21T20:28:48Z gw kernel - - - " + fullText, `{"host":"gw","time":"2026-11-21T20:28:48Z","relay":"relay","relay_stamp":"2026-11-21T20:28:49"}`},
		{"two relays", "<13>Oct 11 22:14:16 r2 <13>Oct 11 22:14:15 r1 <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","relay":"r2","relay_stamp":"10-11T22:14:16"}`},
		{"cisco", "Mar  1 18:46:10 10.0.0.1 123: Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x", `{"host":"10.0.0.1","stamp":"03-01T18:46:11.123","msg":"%SYS-5-CONFIG_I: x"}`},
		{"a clock that is not set gives way", "Mar  1 18:46:10 10.0.0.1 123: *Jan  1 00:00:11.123: %SYS-5-CONFIG_I: x", `{"host":"10.0.0.1","stamp":"03-01T18:46:10","relay_stamp":"01-01T00:00:11.123"}`},
		{"a program's own stamp", "Mar  5 07:08:09 gw app: 2024-03-05 07:08:08 INFO x", `{"stamp":"03-05T07:08:09","relay":null,"app":"app"}`},
		{"a word is no host", "Mar  5 07:08:09 gw 2024-03-05 07:08:08 INFO x", `{"stamp":"2024-03-05T07:08:08","host":"gw","msg":"INFO x"}`},
		{"an address is no stamp", "Mar  5 07:08:09 gw 10.1.2.3 said nothing", `{"stamp":"03-05T07:08:09","relay":null}`},
	})
	deep := strings.Repeat("<4>Oct 11 22:14:14 gw ", 1000) + "kernel: " + fullText
	if rec := parseLine(deep); len(rec.Body) < len(deep)-22*(maxRelays+2) {
		t.Errorf("%d bytes are left of %d: more than %d relays were followed", len(rec.Body), len(deep), maxRelays)
	}
}

func TestMalformed(t *testing.T) {
	for _, line := range []string{"<7>unparsable line", "(190>122 2018-11-22", "122 - - - - - -", "<>122 2018-11-22", "<19000021>122 x", "<192>x",
		"<aaa>122 2018-11-22", "<100> 2018-11-22", "<102>abc 2018-11-22", "<1>1 - - - - - []]"} {
		if rec := parseLine(line); rec.Word != "malformed" || rec.Kind != Unknown {
			t.Errorf("%s: %s %v", line, rec.Word, rec.Kind)
		}
	}
	for _, line := range []string{"<6>usb 1-1: new device", "<html>", "<flow type=\"new\">", "<134>id=firewall sn=1", "<4>[ 1.5] x", "(a) b > c", "<13>root: hello"} {
		if rec := parseLine(line); rec.Word == "malformed" {
			t.Errorf("%s is malformed", line)
		}
	}
}

func TestEncodings(t *testing.T) {
	cases := map[string][]string{
		"euc-jp":    {"ログイン失敗 192.168.0.5", "接続 (PPPoE)", "接続"},
		"shift-jis": {"ログイン失敗 192.168.0.5", "接続", "PPPoE セッション切断"},
		"latin-1":   {"Größe überschritten", "création créée", "señor", "45°C", "Verbindung über Gerät"},
	}
	encodings := map[string]encoding.Encoding{"euc-jp": japanese.EUCJP, "shift-jis": japanese.ShiftJIS, "latin-1": charmap.ISO8859_1}
	for name, texts := range cases {
		for _, text := range texts {
			raw, err := encodings[name].NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			line := append([]byte("Nov 21 20:28:21 gw web: "), raw...)
			var rec Record
			NewParser().Line(line, &rec)
			if !bytes.Equal(rec.Body, raw) {
				t.Errorf("%s: the body is not the line's own bytes", text)
			}
			if out := AppendJSON(nil, &rec); !bytes.Contains(out, []byte(text)) {
				t.Errorf("%s, %s: %s", name, text, out)
			}
		}
	}
	for _, text := range []string{"\xff\xfe", "\x80", "a\xc3", "\xa4", "x \xf0\x9f y"} {
		if out := scan.Readable([]byte(text)); !bytes.Equal(out, []byte(text)) && !utf8.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
	}
}
