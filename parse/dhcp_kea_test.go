package parse

import "testing"

// Messages of the Kea Messages Manual, in Kea's own file and in syslog.
func TestKea(t *testing.T) {
	checkAll(t, []says{
		{"file", `2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"2026-11-21T10:00:00.123","src":"10.0.0.5","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"syslog", `Apr 24 10:00:01 opnsense kea-dhcp4: INFO  [kea-dhcp4.leases] DHCP4_LEASE_ALLOC [hwtype=1 aa:bb:cc:dd:ee:ff], cid=[no info], tid=0x1: lease 192.168.1.60 has been allocated`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"04-24T10:00:01","host":"opnsense","src":"192.168.1.60","app":"kea-dhcp4","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"advertises", `Nov 21 10:00:00 h kea-dhcp4[99]: INFO  [kea-dhcp4.leases.0x7f] DHCP4_LEASE_ADVERT [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 will be advertised`,
			`{"kind":"dhcp","event":"system","dialect":"kea","stamp":"11-21T10:00:00","host":"h","src":"10.0.0.5","app":"kea-dhcp4","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"ipv6", `2026-11-21 10:00:00.123 INFO  [kea-dhcp6.leases/12] DHCP6_LEASE_ALLOC duid=[00:01], tid=0x1: lease for address 2001:db8::5 and iaid=1 has been allocated`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"kea","stamp":"2026-11-21T10:00:00.123","src":"2001:db8::5","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"starts", `2026-11-21 10:00:00.123 INFO  [kea-dhcp4.dhcp4/12.1] DHCP4_STARTED Kea DHCPv4 server version 2.4.1 started`,
			`{"kind":"dhcp","event":"system","dialect":"kea","stamp":"2026-11-21T10:00:00.123","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"renewed", `2026-11-21 10:00:01.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_RENEW [hwtype=1 00:00:5e:00:53:03], cid=[no info], tid=0x1: lease 10.0.0.5 has been renewed`,
			`{"event":"dhcp-lease","dialect":"kea","src":"10.0.0.5"}`},
		{"the same refusal, subnet", `2026-11-21 10:00:02.123 WARN  [kea-dhcp4.alloc-engine/1234.140123] ALLOC_ENGINE_V4_ALLOC_FAIL_SUBNET [hwtype=1 00:00:5e:00:53:03], cid=[no info], tid=0x1: failed to allocate an IPv4 lease in the subnet 192.168.1.0/24, subnet-id 1, shared network (none)`,
			`{"kind":"dhcp","event":"system"}`},
		{"the same refusal, classes", `2026-11-21 10:00:02.123 WARN  [kea-dhcp4.alloc-engine/1234.140123] ALLOC_ENGINE_V4_ALLOC_FAIL_CLASSES [hwtype=1 00:00:5e:00:53:03], cid=[no info], tid=0x1: Failed to allocate an IPv4 address for client with classes: ALL, UNKNOWN`,
			`{"kind":"dhcp","event":"system"}`},
		{"no pool at all", `2026-11-21 10:00:02.123 WARN  [kea-dhcp4.alloc-engine/1234.140123] ALLOC_ENGINE_V4_ALLOC_FAIL_NO_POOLS [hwtype=1 00:00:5e:00:53:03], cid=[no info], tid=0x1: no pools were available for the address allocation`,
			`{"event":"table-full"}`},
		{"no address left", `2026-11-21 10:00:02.123 WARN  [kea-dhcp4.alloc-engine/1234.140123] ALLOC_ENGINE_V4_ALLOC_FAIL [hwtype=1 00:00:5e:00:53:03], cid=[no info], tid=0x1: failed to allocate an IPv4 address after 10 attempt(s)`,
			`{"kind":"dhcp","event":"table-full","dialect":"kea","src":null,"detail":"dhcp leases"}`},
		{"another program's module", `2026-11-21 10:00:03.123 INFO  [worker.leases/1234] DHCP4_LEASE_ALLOC lease 10.0.0.5 has been allocated`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
