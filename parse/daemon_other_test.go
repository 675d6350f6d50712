package parse

import "testing"

func TestEveryday(t *testing.T) {
	checkAll(t, []says{
		{"something else", "Feb 12 14:10:21 gw pppd[99]: pppd 2.4.9 started by root", `{"kind":"syslog","event":"system","dialect":"daemon"}`},
		{"crond", "Nov 29 00:08:11 gw crond[445]: USER root pid 3295 cmd /usr/sbin/ddns-update", `{"kind":"syslog","event":"system"}`},
		{"hostapd", "Nov 29 00:00:24 gw hostapd: wlan0: STA 52:54:00:00:00:25 WPA: group key handshake completed (RSN)", `{"kind":"syslog","event":"system","host":"gw"}`},
		{"CRON of Debian", "Nov 29 00:17:01 gw CRON[99]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)", `{"event":"system"}`},
		{"cut in the middle", "Nov 29 01:02:05 gw dropbear[1550]: Exi", `{"event":"system"}`},
		{"of no known daemon", "Nov 29 01:02:05 gw frobd[1550]: session lost", `{"event":"unknown"}`},
		{"a process that died is the kernel's", "Nov 29 01:02:05 gw kernel: [12.5] sshd[870]: segfault at 0 ip 0 sp 0 error 4", `{"event":"alarm","alarm":"segfault","dialect":"kernel"}`},
	})
}
