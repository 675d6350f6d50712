package parse

import (
	"strings"
	"testing"
	"time"
)

func TestWrapped(t *testing.T) {
	const line = "Nov 28 12:00:02 gw1 kernel: " + fullText
	const is = `{"event":"table-full","stamp":"11-28T12:00:02","host":"gw1","app":"kernel"}`
	checkAll(t, []says{
		{"TAI64N", "@400000006b0ad33b24a8a2cc " + line, is},
		{"TAI64N alone", "@400000006b0a3acc24a8a2cc " + fullText, `{"event":"table-full","host":null}`},
		{"TAI64N and socklog", "@400000006b0ad33b24a8a2cc 192.0.2.1: kern.warn: " + line, is},
		{"socklog", "kern.warn: " + line, is},
		{"socklog names the sender", "192.0.2.1: daemon.info: Nov 28 12:00:02 dnsmasq[12]: " + questionText, `{"event":"dns-query","host":"192.0.2.1","pri":30}`},
		{"socklog on this machine", "127.0.0.1: daemon.info: Nov 28 12:00:02 dnsmasq[12]: " + questionText, `{"event":"dns-query","host":null,"pri":30}`},
		{"grep -H", "/var/log/messages:" + line, is},
		{"grep -H -n", "/var/log/messages-20261128.gz:17:" + line, is},
		{"grep -n", "17:" + line, is},
		{"context of grep", "messages-17-" + line, is},
		{"zgrep", "(standard input):" + line, is},
		{"grep of a priority", "relay.log:<4>" + line, is},
		{"grep of ISO stamps", "syslog:2026-11-28T12:00:02Z gw1 kernel: " + fullText, isFull},
		{"grep of uptimes", "kern.log:[ 5632.359712] " + fullText, `{"event":"table-full","uptime":5632.359712}`},
		{"grep of JSON", `c-json.log:{"message":"` + fullText + `","time":"2026-11-28T12:00:02Z","host":"gw1","ident":"kernel"}`, isFull},
		{"grep in colours", "\x1b[35m\x1b[K/var/log/messages\x1b[m\x1b[K\x1b[36m\x1b[K:\x1b[m\x1b[K" + line, is},
		{"docker compose", "router-log-1  | " + line, is},
		{"docker compose in colours", "\x1b[36mrouter-log-1  |\x1b[0m " + line, is},
		{"docker compose -t", "syslog-1  | 2026-11-28T12:00:05.5Z " + line, is},
		{"the container tells the program", "dnsmasq-1  | " + questionText, `{"event":"dns-query","src":"192.168.1.10","app":"dnsmasq","host":null}`},
		{"docker service", "dns_dnsmasq.1.x7wk2@node1    | dnsmasq[7]: " + questionText, `{"event":"dns-query","host":null}`},
		{"CRI", "2026-11-28T12:00:05.123456789Z stdout F " + line, is},
		{"CRI of a bare line", "2026-11-28T12:00:02.000000000Z stderr F dnsmasq: " + questionText, isQuestion},
		{"CRI of JSON", `2026-11-28T12:00:05Z stdout F {"message":"` + fullText + `","time":"2026-11-28T12:00:02Z","host":"gw1","ident":"kernel"}`, isFull},
		{"kubectl logs --prefix", "[pod/dns-7c9d/dnsmasq] " + questionText, `{"event":"dns-query","app":"dnsmasq"}`},
		{"docker logs -t", "2026-11-28T12:00:05.123456789Z " + line, is},
		{"logcli", `2026-11-28T12:00:02Z {app="kernel", host="gw1"} ` + fullText, isFull},
		{"logcli of a line of syslog", `2026-11-28T12:00:05Z {job="syslog"} ` + line, is},
		{"Kiwi", "2026-11-28 12:00:02\tKernel.Warning\tgw1\t" + fullText, `{"event":"table-full","stamp":"2026-11-28T12:00:02","host":"gw1","pri":4}`},
		{"Kiwi with commas", "2026-11-28 12:00:02,Daemon.Info,gw1,dnsmasq[12]: " + questionText, `{"event":"dns-query","stamp":"2026-11-28T12:00:02","host":"gw1","pri":30}`},
		{"Kiwi, the month in front", "11-28-2026\t12:00:02\tKernel.Warning\tgw1\t" + fullText, `{"event":"table-full","stamp":"2026-11-28T12:00:02","host":"gw1"}`},
		{"Fluentd", "2026-11-28T12:00:02+00:00\tsyslog.kern.warn\t" + `{"host":"gw1","ident":"kernel","message":"` + fullText + `"}`, isFull},
		{"a record of json-seq", "\x1e" + `{"__REALTIME_TIMESTAMP":"1795867202000000","_HOSTNAME":"gw1","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"` + fullText + `"}`, isFull},
		{"a record of json-sse", `data: {"__REALTIME_TIMESTAMP":"1795867202000000","_HOSTNAME":"gw1","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"` + fullText + `"}`, isFull},
		{"a file of syslog under a tag", "<133>Nov 28 13:34:31 logs1 router: " + line, `{"event":"table-full","stamp":"11-28T12:00:02","host":"gw1","app":"kernel","relay":"logs1"}`},
		{"a file of dnsmasq under a tag", "<133>Nov 28 13:34:31 logs1 pihole: Nov 28 12:00:02 dnsmasq[12]: " + questionText, `{"event":"dns-query","stamp":"11-28T12:00:02","host":"logs1","app":"dnsmasq"}`},
		{"a file of Kea under a tag", "<133>Nov 28 13:34:31 logs1 kea: 2026-11-28 13:16:54.025 INFO  [kea-dhcp4.leases/3796.139722882283968] DHCP4_LEASE_ALLOC [hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1ca83259: lease 10.77.0.140 has been allocated for 8 seconds",
			`{"event":"dhcp-lease","stamp":"2026-11-28T13:16:54.025","host":"logs1"}`},
		{"a file of BIND under a tag", "<133>Nov 28 13:34:31 logs1 named: 28-Nov-2026 13:13:38.684 queries: info: client @0x7fbd32703898 192.168.1.10#51487 (www.example.com): query: www.example.com IN HTTPS +E(0)K (127.0.0.1)",
			`{"event":"dns-query","stamp":"2026-11-28T13:13:38.684","src":"192.168.1.10"}`},
		{"a file of unbound under a tag", "<133>Nov 28 13:34:31 logs1 unbound: [1795867202] unbound[26447:0] query: 192.168.1.10 www.example.com. A IN", isQuestion},
		{"a message that begins with a stamp", "<133>Nov 28 13:34:31 logs1 app: Nov 28 12:00:02 something happened", `{"event":"unknown","host":"logs1","app":"app"}`},
		{"chain of syslog-ng", "<4>Nov 28 12:00:02 s_net@gw1/relay1/relay2 kernel: " + fullText, is},
		{"chain without a source", "<4>Nov 28 12:00:02 gw1/relay1 kernel: " + fullText, is},
		{"source without a chain", "<4>Nov 28 12:00:02 s_net@gw1 kernel: " + fullText, is},
		{"dmesg in colours", "\x1b[32m[ 5632.359712] \x1b[0m\x1b[33mnf_conntrack: \x1b[0mnf_conntrack: table full, dropping packet", `{"event":"table-full","uptime":5632.359712}`},
		{"journalctl in colours", "Nov 28 12:00:02 gw1 kernel: \x1b[0;1;38;5;185m" + fullText + "\x1b[0m", is},
		{"short-monotonic", "[    1.500000] gw1 dnsmasq[12]: " + questionText, `{"event":"dns-query","uptime":1.5,"host":"gw1","app":"dnsmasq"}`},
		{"short-monotonic without a number", "[    1.500000] gw1 dnsmasq: " + questionText, `{"event":"dns-query","uptime":1.5,"host":"gw1"}`},
		{"short-delta", "[    1.500000 <    0.500000 >] gw1 kernel: " + fullText, `{"event":"table-full","uptime":1.5,"host":"gw1"}`},
		{"short-delta, first line", "[    1.000000                ] gw1 kernel: " + fullText, `{"event":"table-full","uptime":1,"host":"gw1"}`},
		{"short-unix", "1795867202.000000 gw1 kernel: " + fullText, isFull},
		{"with-unit", "Sat 2026-11-28 12:00:02 UTC gw1 dnsmasq.service[12]: " + questionText, isQuestion},
		{"a zone of several meanings", "Sat 2026-11-28 12:00:02 CST gw1 kernel: " + fullText, `{"event":"table-full","stamp":"2026-11-28T12:00:02","time":null,"host":"gw1"}`},
		{"ISO with such a zone", "2026-11-28 12:00:02 IST gw1 kernel: " + fullText, `{"event":"table-full","time":null,"host":"gw1"}`},
		{"a zone that nobody knows", "Sat 2026-11-28 12:00:02 XYZT gw1 kernel: " + fullText, `{"event":"table-full","time":null,"host":"gw1"}`},
		{"a host in capitals", "Sat 2026-11-28 12:00:02 GW kernel: " + fullText, `{"event":"table-full","host":"GW"}`},
		{"a table of rows", "name  | value", `{"event":"unknown","host":null}`},
		{"a colon in a sentence", "nf_conntrack:2026 is a number", `{"event":"system","host":null}`},
	})
}

// What stands in front of a line is taken off as often as the bound allows, however long the line.
func TestWrappedOften(t *testing.T) {
	p, rec := NewParser(), Record{}
	for _, front := range []string{"a | ", "@400000006b0ad33b24a8a2cc ", "x:1:", "kern.warn: ", "2026-11-28T12:00:02Z stdout F "} {
		p.Line([]byte(strings.Repeat(front, 10000)+"Nov 28 12:00:02 gw1 kernel: "+fullText), &rec)
		if rec.layers > maxLayers+1 {
			t.Errorf("%s: %d layers", front, rec.layers)
		}
	}
}

// TestZoneWords resolves a zone's name in a zone that goes by it, whose meaning is the right one there.
func TestZoneWords(t *testing.T) {
	for _, c := range [...]struct{ line, zone, want string }{
		{"Sat 2026-11-28 07:13:21 CST gw1 kernel: x", "America/Chicago", "2026-11-28T13:13:21Z"},
		{"Sat 2026-11-28 21:13:21 CST gw1 kernel: x", "Asia/Shanghai", "2026-11-28T13:13:21Z"},
		{"Sat 2026-11-28 18:43:21 IST gw1 kernel: x", "Asia/Kolkata", "2026-11-28T13:13:21Z"},
		{"Sat 2026-11-28 21:13:21 PST gw1 kernel: x", "Asia/Manila", "2026-11-28T13:13:21Z"},
		{"Sat 2026-11-28 05:13:21 PST gw1 kernel: x", "Europe/Berlin", "2026-11-28T13:13:21Z"},
		{"Sun 2026-11-01 01:30:00 CDT gw1 kernel: x", "America/Chicago", "2026-11-01T06:30:00Z"},
		{"Sun 2026-11-01 01:30:00 CST gw1 kernel: x", "America/Chicago", "2026-11-01T07:30:00Z"},
		{"Jul  3 13:00:00 2026 IST: x", "Europe/Dublin", "2026-07-03T12:00:00Z"},
		{"<4>Jul  3 2026 13:00:00 BST: x", "Europe/London", "2026-07-03T12:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		p, rec := NewParser(), Record{}
		p.Line([]byte(c.line), &rec)
		ref := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		if got, ok := rec.Stamp.Resolve(ref, loc); !ok || got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%s in %s: %v, want %s", c.line, c.zone, got.UTC(), c.want)
		}
	}
}
