package parse

import "testing"

func TestKernelStates(t *testing.T) {
	checkAll(t, []says{
		{"martian destination", "martian destination 0.0.0.0 from 10.0.0.1, dev eth0", `{"kind":"martian","dst":"0.0.0.0","src":"10.0.0.1","in_if":"eth0"}`},
		{"ll header", "ll header: 00000000: ff ff ff ff ff ff 00 1b 21 3c 9d f8 08 06", `{"kind":"ll-header","event":"system"}`},
		{"syn flood of 2.2", "Warning: possible SYN flood from 192.0.2.1 on 198.51.100.2:80.  Sending cookies.", `{"kind":"syn-flood","src":"192.0.2.1","dst":"198.51.100.2","port":80}`},
		{"syn flood of 3.x", "TCP: TCP: Possible SYN flooding on port 8080. Sending cookies.  Check SNMP counters.", `{"kind":"syn-flood","port":8080}`},
		{"short packet", "UDP: short packet: From 192.0.2.1:53 1500/33 to 198.51.100.2:1024", `{"kind":"udp-short","src":"192.0.2.1","sport":53,"dst":"198.51.100.2","dport":1024,"proto":"udp"}`},
		{"short packet, IPv6", "UDPv6: short packet: From [2001:db8::1]:53 1500/33 to [2001:db8::2]:1024", `{"kind":"udp-short","src":"2001:db8::1","dport":1024}`},
		{"udp-lite", "UDPLite: bad checksum. From 192.0.2.1:53 to 198.51.100.2:1024 ulen 8", `{"kind":"udp-badcsum","proto":"136"}`},
		{"socket memory", "Out of socket memory", `{"kind":"tcp-mem","event":"alarm","alarm":"tcp-mem"}`},
		{"orphans of 2.4", "TCP: too many of orphaned sockets", `{"kind":"tcp-orphans","event":"orphans"}`},
		{"bond down", "bond0: (slave eth1): link status definitely down, disabling slave", `{"kind":"link-down","detail":"eth1"}`},
		{"bond up", "bonding: bond0: link status definitely up for interface eth1, 1000 Mbps full duplex.", `{"kind":"link-up","detail":"eth1"}`},
		{"bridge port", "br0: port 2(eth1) entered forwarding state", `{"kind":"other","event":"system"}`},
		{"watchdog", "NETDEV WATCHDOG: eth0 (e1000e): transmit queue 0 timed out", `{"kind":"other","event":"alarm","alarm":"netdev-watchdog","detail":"eth0"}`},
		{"older watchdog", "NETDEV WATCHDOG: eth0: transmit timed out", `{"detail":"eth0"}`},
		{"hung task", "INFO: task mysqld:812 blocked for more than 120 seconds.", `{"event":"alarm","alarm":"hung-task","detail":"mysqld"}`},
		{"soft lockup", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [proc:77]", `{"event":"alarm","alarm":"soft-lockup"}`},
		{"segfault", "httpd[870]: segfault at 0 ip 00007f sp 00007f error 4 in libc.so[7f+1000]", `{"event":"alarm","alarm":"segfault","detail":"httpd"}`},
		{"segfault in syslog", "Nov 21 20:28:21 gw kernel: [ 5.5] httpd[870]: segfault at 0 ip 00007f", `{"event":"alarm","alarm":"segfault","detail":"httpd","uptime":5.5}`},
		{"general protection", "traps: httpd[870] general protection ip:7f sp:7f error:0 in libc.so", `{"event":"alarm","alarm":"general-protection"}`},
		{"disk", "blk_update_request: I/O error, dev sda, sector 1", `{"event":"alarm","alarm":"io-error"}`},
		{"table size", "nf_conntrack version 0.5.0 (16384 buckets, 65536 max)", `{"event":"system","count":65536}`},
		{"dropped", "** 123 printk messages dropped **", `{"kind":"suppressed","event":"suppressed","count":123}`},
		{"bsd reset limit", "Limiting closed port RST response from 300 to 200 packets/sec", `{"event":"alarm","alarm":"bsd-reset-limit"}`},
		{"driver in front", "e1000: eth0 NIC Link is Up 1000 Mbps Full Duplex", `{"kind":"link-up","detail":"eth0"}`},
		{"driver twice", "igb 0000:01:00.0: eth0: igb: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX", `{"detail":"eth0"}`},
		{"port of a switch", "switch0: port 1 link up", `{"kind":"link-up","detail":"switch0"}`},
		{"realtek", "r8169 0000:02:00.0 eth0: Link is Up - 1Gbps/Full - flow control rx/tx", `{"detail":"eth0"}`},
		{"bogus icmp", "192.168.1.9 sent an invalid ICMP type 3, code 1 error to a broadcast: 192.168.1.255 on eth0", `{"event":"system","detail":"192.168.1.9"}`},
		{"redirects", "host 192.168.1.9/if2 ignores redirects for 10.1.2.3 to 192.168.1.2", `{"event":"system"}`},
		{"mapped peer", "TCP: Peer 0000:0000:0000:0000:0000:ffff:c000:0201:1234/80 unexpectedly shrunk window 1:2 (repaired)", `{"src":"192.0.2.1","sport":1234}`},
		{"kill with a UID in front", "Memory cgroup out of memory: Killed process 2042 (python3), UID 1000, total-vm:123kB, anon-rss:1kB", `{"event":"oom-kill","pid":2042,"proc":"python3"}`},
		{"a daemon without a pid", "Nov 21 20:28:21 gw smartd: Device /dev/sda, temperature changed", `{"event":"unknown"}`},
		{"hostapd", "Jun 10 12:06:18 hostapd: wl1.2: STA 02:00:5e:10:00:01 IEEE 802.11: associated", `{"kind":"syslog","event":"system"}`},
		{"a daemon is not the kernel", "Nov 21 20:28:21 gw foo[12]: I/O error", `{"event":"unknown"}`},
	})
}
