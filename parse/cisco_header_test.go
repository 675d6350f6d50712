package parse

import "testing"

// What Cisco and others put around a stamp: sequence numbers, origin-id, node, clock mark.
func TestCiscoHeader(t *testing.T) {
	checkAll(t, []says{
		{"structured data of IOS", `<189>132: [syslog@9 s_sn="51" s_id ="sw1:666"]: 000128: *Jan  2 00:18:47: %LINK-5-CHANGED: Interface GigabitEthernet0/4, changed state to administratively down`,
			`{"host":"sw1","stamp":"01-02T00:18:47","event":"link","in_if":"GigabitEthernet0/4"}`},
		{"structured data of IOS behind a relay", `<189>Jan  2 00:18:50 relay1 132: [syslog@9 s_id="sw1" s_sn="51"]: *Jan  2 00:18:47: %LINK-5-CHANGED: Interface GigabitEthernet0/4, changed state to up`,
			`{"host":"sw1","relay":"relay1","event":"link"}`},
		{"sequence number and host", "<189>117: NetAuto_CSRv-03: May  9 12:49:27.098: %LINK-5-CHANGED: x", `{"pri":189,"host":"NetAuto_CSRv-03","stamp":"05-09T12:49:27.098","msg":"%LINK-5-CHANGED: x"}`},
		{"sequence number and mark", "000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","app":null,"host":null}`},
		{"two sequence numbers", "<189>94: gw: 000456: .Mar  1 18:46:11.123 JST: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","host":"gw","msg":"%SYS-5-CONFIG_I: x"}`},
		{"zone whose name has two meanings", "<189>9: Mar  1 18:46:11.123 CST: %SYS-5-CONFIG_I: x", `{"stamp":"03-01T18:46:11.123","msg":"%SYS-5-CONFIG_I: x","host":null}`},
		{"ios xr", "<149>2647599: vmx01 RP/0/RSP1/CPU0:Mar 28 15:08:30.941 UTC: bgp[1051]: %ROUTING-BGP-5-MAXPFX : x", `{"host":"vmx01","stamp":"03-28T15:08:30.941","app":"bgp","procid":"1051"}`},
		{"ios xr without a zone", "<190>40: xrv RP/0/RP0/CPU0:Oct  4 22:52:47.441 : cfgmgr[67310]: %MGBL-6: x", `{"host":"xrv","stamp":"10-04T22:52:47.441","app":"cfgmgr"}`},
		{"nx-os", "<189>: 2016 Jul 13 12:00:00.123 CEST: %ETHPORT-5-IF_UP: x", `{"time":"2016-07-13T12:00:00.123+02:00","host":null}`},
		{"host before the stamp", "<30>ztp-1 port02 2018-Nov-12 10:47:29.515 LOGIN: root", `{"stamp":"2018-11-12T10:47:29.515","host":"ztp-1","app":"LOGIN"}`},
		{"asa with a colon in front", "<166>:Jul 06 20:33:28 UTC: %ASA-session-6-302013: x", `{"stamp":"07-06T20:33:28"}`},
		{"uptime of a device without a clock", "<189>7: 00:01:13: %SYS-5-RESTART: System restarted", `{"uptime":73,"stamp":null}`},
		{"uptime from a day on", "1d02h: %SYS-5-CONFIG_I: x", `{"uptime":93600,"dialect":"cisco-ios"}`},
		{"uptime from a week on", "3w4d: %SYS-5-CONFIG_I: x", `{"uptime":2160000}`},
		{"uptime from a year on", "1y5w: %SYS-5-CONFIG_I: x", `{"uptime":34560000}`},
		{"zone whose offset is beyond doubt", "<189>117: gw-03: *May  9 2026 12:49:27.098 CEST: %SYS-5-RESTART: x", `{"host":"gw-03","time":"2026-05-09T12:49:27.098+02:00"}`},
		{"a number and a word are no uptime", "1d02x: %SYS-5-CONFIG_I: x", `{"uptime":null}`},
		{"a share is no mnemonic", "<189>117: gw-03: 100%-full: x", `{"dialect":null}`},
	})
}
