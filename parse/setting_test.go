package parse

import (
	"fmt"
	"testing"
)

func TestSettings(t *testing.T) {
	for line, want := range map[string]string{
		"net.netfilter.nf_conntrack_udp_timeout = 30":                   "[{udp 30}]",
		"net.netfilter.nf_conntrack_tcp_timeout_established = 432000":   "[{established 432000}]",
		"net.netfilter.nf_conntrack_max = 262144":                       "[{table 262144}]",
		"net.nf_conntrack_max = 262144":                                 "[{table 262144}]",
		"net.netfilter.nf_conntrack_count = 0":                          "[{entries 0}]",
		"net.ipv4.netfilter.ip_conntrack_tcp_timeout_time_wait = 120":   "[{time_wait 120}]",
		"/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait:60": "[{time_wait 60}]",
		"/proc/sys/net/netfilter/nf_conntrack_max:65536":                "[{table 65536}]",
		"kernel.osrelease = 6.1.0-18-amd64":                             "[{collector 1}]",
		"kernel.osrelease = 5.15.150":                                   "[]",
		"kernel.osrelease = 3.10.0-1160.el7.x86_64":                     "[{collector 0}]",
		"net.netfilter.nf_conntrack_acct = 0":                           "[]",
		"net.netfilter.nf_conntrack_udp_timeout = 0":                    "[]",
		"net.netfilter.nf_conntrack_max = 99999999999999999999":         "[]",
		"     tcp-established-timeout: 1d":                              "[{established 86400}]",
		"          udp-stream-timeout: 3m":                              "[{udp_stream 180}]",
		"udp-timeout: 00:00:10":                                         "[{udp 10}]",
		"tcp-established-timeout: 1d00:00:10":                           "[{established 86410}]",
		"tcp-time-wait-timeout: 1m10s":                                  "[{time_wait 70}]",
		"                 max-entries: 1048576":                         "[{table 1048576}]",
		"               total-entries: 523":                             "[{entries 523}]",
		"udp-timeout: soon":                                             "[]",
		"timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 sctp 0:02:00 icmp 0:00:02": "[{established 3600} " +
			"{fin_wait 600} {close_wait 600} {udp 120} {udp_stream 120} {icmp 2}]",
		"ip nat translation udp-timeout 300":    "[{udp 300} {udp_stream 300}]",
		"ip nat translation finrst-timeout 30":  "[{fin_wait 30} {time_wait 30} {close 30}]",
		"ip nat translation max-entries 10000":  "[{table 10000}]",
		"ip nat translation timeout never":      "[]",
		"ip nat translation tcp-timeout 86400 ": "[{established 86400}]",
	} {
		var rec Record
		NewParser().Line([]byte(line), &rec)
		if rec.Kind != Setting || fmt.Sprint(rec.Settings()) != want {
			t.Errorf("%s: %v %v, want %s", line, rec.Kind, rec.Settings(), want)
		}
	}
	for _, line := range []string{"vm.swappiness = 60", "kernel.hostname = gw", "timeout xlate 3:00:00",
		"tcp-unacked-timeout: 5m", "net.ipv4.conf.all.forwarding = 1"} {
		var rec Record
		NewParser().Line([]byte(line), &rec)
		if rec.Kind != System {
			t.Errorf("%s: %v", line, rec.Kind)
		}
	}
	for _, line := range []string{"a = b", "timeout waiting for lock", "tcp-thing: no", "Nov 21 20:00:00 gw app: a.b = 1"} {
		var rec Record
		NewParser().Line([]byte(line), &rec)
		if rec.Kind == Setting {
			t.Errorf("%s is taken for a setting", line)
		}
	}
}
