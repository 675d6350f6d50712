package parse

import "testing"

func TestDaemons(t *testing.T) {
	checkAll(t, []says{
		{"dropbear", "Jun 10 12:32:00 dropbear: Login succeeded for 'admin' from 192.0.2.20:51000", `{"kind":"syslog","event":"system","dialect":"login","src":"192.0.2.20","sport":51000}`},
		{"dropbear leaves", "Jun 10 12:32:00 gw dropbear[7]: Exit before auth from <192.0.2.20:47926>: Exited normally", `{"src":"192.0.2.20","sport":47926}`},
		{"sshd", "Feb 12 14:10:21 sd sshd[16378]: Invalid user pascal from 192.0.2.20 port 53502", `{"src":"192.0.2.20","sport":53502,"event":"system"}`},
		{"sshd password", "Feb 12 14:10:21 sd sshd[16378]: Failed password for root from 2001:db8::1 port 22 ssh2", `{"src":"2001:db8::1","sport":22}`},
		{"sshd close", "Feb 12 14:10:21 sd sshd[16378]: Connection closed by 192.0.2.20 port 53502 [preauth]", `{"src":"192.0.2.20","sport":53502}`},
		{"sshd without an address", "Feb 12 14:10:21 sd sshd[16378]: Server listening on port 22", `{"event":"system","dialect":"daemon"}`},
		{"journald", "Feb 12 14:10:21 sd systemd-journald[163]: Suppressed 3322 messages from foo.service", `{"kind":"suppressed","count":3322,"detail":"foo.service"}`},
		{"older journald", "Feb 12 14:10:21 sd systemd-journal[163]: Suppressed 33 messages from /system.slice/foo.service", `{"count":33}`},
		{"rsyslog", "Feb 12 14:10:21 sd rsyslogd: imuxsock lost 120 messages from pid 345 due to rate-limiting", `{"kind":"suppressed","count":120,"detail":"345"}`},
		{"imjournal", "Feb 12 14:10:21 sd rsyslogd: imjournal: 2345 messages lost due to rate-limiting", `{"count":2345}`},
		{"kernel lines missed", "Feb 12 14:10:21 sd systemd-journald[163]: Missed 12 kernel messages", `{"count":12,"detail":"kernel"}`},
		{"pppd", "Feb 12 14:10:21 gw pppd[99]: Connect: ppp0 <--> eth1", `{"kind":"link-up","event":"link","detail":"ppp0"}`},
		{"pppd down", "Feb 12 14:10:21 gw pppd[99]: Connection terminated.", `{"kind":"link-down"}`},
		{"netifd", "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down", `{"kind":"link-down","detail":"wan"}`},
		{"networkd", "Feb 12 14:10:21 gw systemd-networkd[5]: eth0: Gained carrier", `{"kind":"link-up","detail":"eth0"}`},
		{"NetworkManager", "Feb 12 14:10:21 gw NetworkManager[5]: <info>  [1700000000.1] device (eth0): carrier: link connected", `{"kind":"link-up","detail":"eth0"}`},
		{"something else", "Feb 12 14:10:21 gw pppd[99]: pppd 2.4.9 started by root", `{"kind":"syslog","event":"system","dialect":"daemon"}`},
		{"crond", "Nov 29 00:08:11 gw crond[445]: USER root pid 3295 cmd /usr/sbin/ddns-update", `{"kind":"syslog","event":"system"}`},
		{"hostapd", "Nov 29 00:00:24 gw hostapd: wlan0: STA 52:54:00:00:00:25 WPA: group key handshake completed (RSN)", `{"kind":"syslog","event":"system","host":"gw"}`},
		{"CRON of Debian", "Nov 29 00:17:01 gw CRON[99]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)", `{"event":"system"}`},
		{"cut in the middle", "Nov 29 01:02:05 gw dropbear[1550]: Exi", `{"event":"system"}`},
		{"of no known daemon", "Nov 29 01:02:05 gw frobd[1550]: session lost", `{"event":"unknown"}`},
		{"a process that died is the kernel's", "Nov 29 01:02:05 gw kernel: [12.5] sshd[870]: segfault at 0 ip 0 sp 0 error 4", `{"event":"system","dialect":"kernel"}`},
	})
}

// The forms that helper functions read beyond the hot ones must not be slow either, nor allocate.
func BenchmarkOddLines(b *testing.B) {
	benchmarkLines(b, map[string]string{
		"cisco-ios":      "<189>117: gw-03: *May  9 12:49:27.098 UTC: %SYS-5-RESTART: System restarted",
		"relayed":        "<134>Nov 21 20:28:22 relay1 <4>Nov 21 20:28:21 router kernel: nf_conntrack: table full, dropping packet",
		"dmesg-japanese": "[土 11月 21 20:27:58 2026] nf_conntrack: table full, dropping packet",
		"sshd":           "Feb 12 14:10:21 sd sshd[16378]: Failed password for root from 192.0.2.20 port 53502 ssh2",
		"kernel-other":   "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] br-lan: port 2(eth1) entered forwarding state",
		"kernel-unknown": "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] i810_audio: Connection 0 with codec id 2",
		"foreign":        "Nov 21 20:28:21 router myprog[12]: something that nobody knows, with 3 numbers and 1.2.3.4",
		"malformed":      "<7>unparsable line",
	})
}
