package parse

import "testing"

// fullText is a message of the kernel; the header that a case tests stands in front of it.
const fullText = "nf_conntrack: table full, dropping packet"

func TestHeader(t *testing.T) {
	checkAll(t, []says{
		{"3164", "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed", `{"kind":"syslog","event":"system","dialect":"daemon","pri":34,"stamp":"10-11T22:14:15","host":"mymachine","app":"su","procid":"12","msg":"'su root' failed"}`},
		{"without pri", "Oct 11 22:14:15 mymachine su: x", `{"pri":null,"host":"mymachine","app":"su","procid":null}`},
		{"without host", "<134>Jun 10 12:06:18 hostapd: wl0.1: STA 11:22:33:44:55:66 IEEE 802.11: associated", `{"host":null,"app":"hostapd"}`},
		{"address as host", "<4>Jun 10 12:06:18 192.168.1.1 kernel: " + fullText, `{"host":"192.168.1.1","event":"table-full"}`},
		{"without tag", "<166>Jul  6 20:33:28 ABC-1-234567 Some message here", `{"host":"ABC-1-234567","app":null,"msg":"Some message here"}`},
		{"host only", "Jun  3 12:08:33 abcd", `{"host":"abcd","kind":"syslog"}`},
		{"nil values", "Jun  3 12:08:33 - - Starting", `{"host":null,"msg":"Starting"}`},
		{"fraction", "Mar 05 07:08:09.123456 gw1 kernel: " + fullText, `{"stamp":"03-05T07:08:09.123456","host":"gw1"}`},
		{"year behind the date", "Nov 02 2025 00:00:00 asa-fw : %ASA-1-1: x", `{"stamp":"2025-11-02T00:00:00","host":"asa-fw","app":null}`},
		{"year behind the clock", "Mar  5 07:08:09 2024 gw kernel: " + fullText, `{"stamp":"2024-03-05T07:08:09","host":"gw"}`},
		{"cisco star and colon", "<189>*Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured", `{"stamp":"03-01T18:46:11.123","pri":189}`},
		{"logread", "Tue Mar  5 07:08:09 2024 kern.warn kernel: [ 12345.678901] " + fullText, `{"stamp":"2024-03-05T07:08:09","uptime":12345.678901,"host":null,"event":"table-full"}`},
		{"logread with host", "Jun  4 09:24:12 alpine kern.warn kernel: [  152.014434] " + fullText, `{"host":"alpine","uptime":152.014434}`},
		{"iso", "<4>2026-11-21T20:28:49.003853+01:00 router kernel: [ 5660.166851] " + fullText, `{"time":"2026-11-21T20:28:49.003853+01:00","stamp":"2026-11-21T20:28:49.003853","host":"router","uptime":5660.166851}`},
		{"iso, zone without colon", "2024-03-05T07:08:09-0930 gw1 kernel: " + fullText, `{"time":"2024-03-05T07:08:09-09:30"}`},
		{"iso, utc", "2024-03-05T07:08:09Z gw1 kernel: " + fullText, `{"time":"2024-03-05T07:08:09Z"}`},
		{"dmesg iso", "2026-11-21T20:28:20,123456+00:00 " + fullText, `{"time":"2026-11-21T20:28:20.123456Z","host":null,"event":"table-full"}`},
		{"slashes", "2015/04/24 12:01:34: PPPOE[01] PPPoE Connect", `{"stamp":"2015-04-24T12:01:34"}`},
		{"dmesg", "[ 5632.359712] " + fullText, `{"uptime":5632.359712,"event":"table-full"}`},
		{"dmesg -r", "<4>[ 5632.359712] " + fullText, `{"uptime":5632.359712,"pri":4}`},
		{"caller", "[    5.000001][    C0] " + fullText, `{"uptime":5.000001,"event":"table-full"}`},
		{"dmesg -T", "[Sat Nov 21 20:27:58 2026] " + fullText, `{"stamp":"2026-11-21T20:27:58","time":null,"event":"table-full"}`},
		{"dmesg -T in German", "[Di Aug 12 03:54:03 2025] " + fullText, `{"stamp":"2025-08-12T03:54:03"}`},
		{"two brackets", "[2017/02/21 09:08:42] [915713.862428] " + fullText, `{"stamp":"2017-02-21T09:08:42","uptime":915713.862428}`},
		{"a rule in brackets", "[12:30] IN=a OUT=b SRC=1.2.3.4 DST=5.6.7.8 PROTO=UDP SPT=1 DPT=2", `{"rule":"[12:30]","uptime":null}`},
		{"unix stamp", "[1795292879.516758]\t" + fullText, `{"time":"2026-11-21T20:27:59.516758Z","uptime":null}`},
		{"no stamp, host", "host kernel: " + fullText, `{"host":"host","app":"kernel"}`},
		{"nothing", "", `{"kind":"unknown","event":"unknown"}`},
		{"not utf-8", "Oct 11 22:14:15 h a: \xff\xfe\x01", `{"msg":"\ufffd\ufffd\u0001"}`},
		{"date that does not exist", "2003-09-31T22:14:15Z gw kernel: " + fullText, `{"time":null}`},
		{"pri too large", "<192>Oct 11 22:14:15 h a: x", `{"pri":null}`},
		{"short-monotonic", "[ 5632.359712] gw kernel: " + fullText, `{"uptime":5632.359712,"host":"gw","event":"table-full"}`},
		{"hours of a zone only", "2026-11-21T20:28:21+09 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21+09:00"}`},
		{"zone behind a blank", "2026-11-21 20:28:21.5 -0530 gw kernel: " + fullText, `{"time":"2026-11-21T20:28:21.5-05:30"}`},
		{"Amlogic", "[    5.123456@0] " + fullText, `{"uptime":5.123456,"event":"table-full"}`},
		{"level for a host", "2021 Jan  8 06:38:02 warn kernel:" + fullText, `{"stamp":"2021-01-08T06:38:02","host":null,"app":"kernel","event":"table-full"}`},
		{"level and a rule without blanks", "2021 Jan  8 12:29:14 info kernel:[FW] Allow IN=br1 OUT=eth4 SRC=192.168.1.12 DST=198.51.100.2 PROTO=TCP SPT=5 DPT=443 SYN", `{"host":null,"app":"kernel","rule":"[FW] Allow","event":"session-new"}`},
		{"level in front of the host", "Jan  8 06:38:02 ERR gw kernel: " + fullText, `{"host":"gw","event":"table-full"}`},
		{"level behind the host", "Jan  8 06:38:02 gw notice kernel: " + fullText, `{"host":"gw","event":"table-full"}`},
		{"facility and level in front of the host", "Jan  8 06:38:02 daemon.info gw dnsmasq[12]: query[A] a.example from 192.168.1.2", `{"host":"gw","src":"192.168.1.2"}`},
		{"severity in capitals and no tag", "2026-11-28 13:16:54.025 FATAL the pool is gone", `{"host":null}`},
		{"name of the device for a tag", "Jan 25 01:35:01 UDM-SE UDM-SE[-]:  kernel: [123.456] " + fullText, `{"host":"UDM-SE","app":"kernel","procid":null,"uptime":123.456,"event":"table-full"}`},
		{"name of the device for a tag, login", "Jan 25 01:35:01 UDM-SE UDM-SE[-]:  sshd[2559]: Invalid user x from 192.168.1.50 port 56926", `{"host":"UDM-SE","app":"sshd","procid":"2559","dialect":"login"}`},
		{"archive of Wazuh", "2019 Jul 25 14:54:00 (gw1) 192.168.1.1->/var/log/messages Jul 25 14:53:59 gw kernel: " + fullText, `{"stamp":"07-25T14:53:59","host":"gw","event":"table-full"}`},
		{"archive of Wazuh, filter line", "2019 Jul 25 14:54:01 gw->192.168.1.1 Jul 25 14:54:01 gw kernel: [123.456] NEW IN=br0 OUT=ppp0 SRC=192.168.1.20 DST=198.51.100.7 LEN=60 PROTO=TCP SPT=40000 DPT=443 SYN", `{"host":"gw","rule":"NEW","event":"session-new"}`},
		{"archive of Wazuh, inner line without a header", "2019 Jul 25 14:54:01 (gw1) any->/proc/kmsg " + fullText, `{"host":"gw1","stamp":"2019-07-25T14:54:01","event":"table-full"}`},
		{"tag and nothing", "Jun  3 12:08:33 abcd sudo[123]", `{"host":"abcd","app":"sudo","procid":"123"}`},
	})
}
