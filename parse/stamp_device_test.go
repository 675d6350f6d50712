package parse

import "testing"

// The time that a device gives in its message is nearer to the event than the header's, which a relay may have written.
func TestDeviceStamp(t *testing.T) {
	const (
		forti = ` devname="FG1" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.1.100.11 srcport=58012 dstip=198.51.100.9 dstport=80 proto=6 action="close" policyid=1`
		sonic = ` fw=192.0.2.1 pri=6 c=262144 m=98 msg="Connection Opened" n=1 src=10.0.0.5:40000:X0 dst=198.51.100.9:443:X1 proto=tcp/https`
		cef   = " src=10.0.0.5 spt=40000 dst=198.51.100.9 dpt=443 proto=TCP act=Accept"
		check = `src:"10.0.0.5"; s_port:"40000"; dst:"198.51.100.9"; service:"443"; proto:"6"]`
	)
	checkAll(t, []says{
		{"date, clock and zone", "<189>date=2026-11-21 time=11:37:47 tz=\"-0700\"" + forti, `{"stamp":"2026-11-21T11:37:47","time":"2026-11-21T11:37:47-07:00"}`},
		{"nanoseconds of the same second", "<189>date=2019-05-10 time=11:37:47 tz=\"-0700\" eventtime=1557513467369913239" + forti,
			`{"stamp":"2019-05-10T11:37:47.369913239","time":"2019-05-10T11:37:47.369913239-07:00"}`},
		{"nanoseconds of another second", "<189>date=2019-05-10 time=11:37:49 tz=\"-0700\" eventtime=1557513467369913239" + forti, `{"stamp":"2019-05-10T11:37:49"}`},
		{"behind a relay's header", "<189>Nov 21 10:00:05 relay1 date=2026-11-21 time=10:00:01" + forti, `{"stamp":"2026-11-21T10:00:01","host":"FG1","relay":"relay1"}`},
		{"a header with its zone is kept where the device gives none", `<134>2026-11-21T10:00:05+01:00 fw id=firewall sn=0040103CE114 time="2026-11-21 09:00:01"` + sonic,
			`{"dialect":"sonicwall","time":"2026-11-21T10:00:05+01:00"}`},
		{"but not where it does", `<134>2026-11-21T10:00:05+01:00 fw id=firewall sn=0040103CE114 time="2026-11-21 09:00:01 UTC"` + sonic,
			`{"dialect":"sonicwall","time":"2026-11-21T09:00:01Z"}`},
		{"UTC and hours", "<189>date=2026-11-21 time=11:37:47 tz=\"(GMT+05:30)\"" + forti, `{"time":"2026-11-21T11:37:47+05:30"}`},
		{"UTC and hours before it", "<189>date=2026-11-21 time=11:37:47 tz=\"UTC-3\"" + forti, `{"time":"2026-11-21T11:37:47-03:00"}`},
		{"no zone", "<189>date=2026-11-21 time=11:37:47 tz=\"UTC+99:00\"" + forti, `{"time":null}`},
		{"UTC in words", `<134>  id=firewall sn=0040103CE114 time="2026-11-21 09:00:01 UTC"` + sonic, `{"stamp":"2026-11-21T09:00:01","time":"2026-11-21T09:00:01Z"}`},
		{"Unix seconds", `[action:"Accept"; time:"1795255200"; ` + check, `{"dialect":"checkpoint","time":"2026-11-21T10:00:00Z","stamp":null}`},
		{"Unix milliseconds", "CEF:0|Example|Firewall|1|100|Traffic|3|rt=1795255200123" + cef, `{"time":"2026-11-21T10:00:00.123Z","stamp":null}`},
		{"Unix seconds with a fraction", "<134>1 1795255200.250000000 MX84 flows allow src=10.0.2.170 dst=198.51.100.34 mac=00:00:5E:00:53:01 protocol=udp sport=54841 dport=15600",
			`{"dialect":"meraki","time":"2026-11-21T10:00:00.25Z"}`},
		{"a date in words", "CEF:0|Example|Firewall|1|100|Traffic|3|rt=Nov 21 2026 10:00:00" + cef, `{"stamp":"2026-11-21T10:00:00","time":null}`},
		{"a date in words with its zone", "CEF:0|Example|Firewall|1|100|Traffic|3|rt=Nov 21 2026 10:00:00 UTC" + cef, `{"time":"2026-11-21T10:00:00Z"}`},
		{"too small a number is no time", "CEF:0|Example|Firewall|1|100|Traffic|3|rt=4711" + cef, `{"time":null,"stamp":null}`},
		{"too large a number is no time", "CEF:0|Example|Firewall|1|100|Traffic|3|rt=99999999999999999999" + cef, `{"time":null,"stamp":null}`},
		{"a day that cannot be", `<134>  id=firewall sn=0040103CE114 time="2026-02-30 09:00:01 UTC"` + sonic, `{"dialect":"sonicwall","time":null}`},
	})
}
