package parse

import "testing"

// Stamps that are neither of RFC 3164 nor ISO 8601.
func TestStampAny(t *testing.T) {
	checkAll(t, []says{
		{"year first", "<190>2018 Apr 20 13:15:07 nexus-switch %ETHPORT-5-IF_DOWN: x", `{"stamp":"2018-04-20T13:15:07","host":"nexus-switch"}`},
		{"huawei", "<29>2018-7-23 01:00:34.270.1 sw1 %%01IFNET/4/IF_STATE(l)[4997]:x", `{"stamp":"2018-07-23T01:00:34.27","host":"sw1"}`},
		{"routeros", "mar/05/2024 07:08:09 system,info x", `{"stamp":"2024-03-05T07:08:09"}`},
		{"zone before the year", "Sat Nov 21 20:28:01 JST 2026 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:01+09:00","host":"gw"}`},
		{"zone and no year", "Nov 21 20:28:01 UTC gw kernel: " + fullText, `{"stamp":"11-21T20:28:01","host":"gw","event":"table-full"}`},
		{"short-full", "Sat 2026-11-21 20:28:21 UTC gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21Z","host":"gw"}`},
		{"short-unix", "1795292901.195360 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21.19536Z","host":"gw"}`},
		{"reltime", "[Nov21 20:28] " + fullText, `{"stamp":"11-21T20:28:00","event":"table-full"}`},
		{"delta", "[  +0.000012] " + fullText, `{"stamp":null,"uptime":null,"event":"table-full"}`},
		{"uptime and delta", "[ 5632.359712 <    0.000012>] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
		{"routeros without a year", "mar/05 07:08:09 system,info x", `{"stamp":"03-05T07:08:09"}`},
		{"month in letters behind the year", "<30>gw port02 2018-Nov-12 10:47:29.515 LOGIN: root", `{"stamp":"2018-11-12T10:47:29.515"}`},
		{"a month that is none", "<29>2018-13-23 01:00:34.270.1 sw1 %%01IFNET/4/IF_STATE(l)[4997]:x", `{"stamp":null}`},
		{"a day that is none", "mar/32/2024 07:08:09 system,info x", `{"stamp":null}`},
		{"a number in front of words", "1795292901 apples and pears are ripe", `{"time":null,"stamp":null}`},
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
