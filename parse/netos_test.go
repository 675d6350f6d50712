package parse

import "testing"

func TestNetOS(t *testing.T) {
	checkAll(t, []says{
		{"netiron down", "<14>Nov  6 13:36:28 HOSTNAME System: Interface ethernet 3/8, state down - remote fault ", `{"kind":"link-down","event":"link","detail":"ethernet 3/8","host":"HOSTNAME"}`},
		{"netiron up", "<14>Nov  6 13:37:14 HOSTNAME System: Interface ethernet 1/1/18, state up", `{"kind":"link-up","event":"link","in_if":"ethernet 1/1/18"}`},
		{"sonic", "<13>1 2019-02-21T16:46:14.931186+00:00 ss12.00.lab orchagent - - -  :- setHostIntfsOperStatus: Set operation status UP to host interface Ethernet28", `{"kind":"link-up","event":"link","detail":"Ethernet28"}`},
		{"junos trap", "Nov 21 20:00:00 mx mib2d[2300]: SNMP_TRAP_LINK_DOWN: ifIndex 530, ifAdminStatus up(1), ifOperStatus down(2), ifName ge-0/0/1", `{"kind":"link-down","event":"link","detail":"ge-0/0/1"}`},
		{"junos daemon", "<28>Jun 21 14:03:12  vmx01 rpd[2902]: RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer 1.1.1.1 (External AS 2222) changed state from Active to Idle", `{"event":"system","detail":"RPD_BGP_NEIGHBOR_STATE_CHANGED"}`},
		{"routing engine", "<99>Jul 13 22:53:14  re0.edge01.abc01 xntpd[16015]: NTP Server 1.2.3.4 is Unreachable", `{"event":"unknown","host":"edge01.abc01"}`},
		{"not Junos", "Nov 21 20:00:00 mx foo[12]: RPD_BGP: x", `{"event":"unknown"}`},
		{"huawei clock", "<29>2018-7-23 01:00:34.270.1 my-awesome-huawei-switch %%01IFNET/4/IF_STATE(l)[4997]:Interface Ethernet0/0/8 has turned into DOWN state.", `{"kind":"link-down","host":"my-awesome-huawei-switch","stamp":"2018-07-23T01:00:34.27","detail":"Ethernet0/0/8"}`},
		{"XR on a line card", "<187>94307: gw2.abc1 LC/0/2/CPU0:Jul  7 20:16:14.834 : ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : Interface TenGigE0/2/0/4, changed state to Down", `{"kind":"link-down","host":"gw2.abc1","app":"ifmgr","procid":"214","stamp":"07-07T20:16:14.834"}`},
		{"uptime of an hour", "<189>46: 00:00:46: %LINEPROTO-5-UPDOWN: Line protocol on Interface FastEthernet0/1, changed state to down", `{"kind":"link-down","uptime":46,"host":null}`},
		{"uptime of days", "<189>47: 1d02h: %SYS-5-CONFIG_I: Configured from console by vty0", `{"event":"system","uptime":93600,"host":null}`},
		{"nx-os", "<190>2018 Apr 20 13:15:07 nexus-switch %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/33 is down (Link failure)", `{"kind":"link-down","host":"nexus-switch","stamp":"2018-04-20T13:15:07"}`},
		{"name behind the clock", "<189>: 2023 Mar  5 10:11:12 UTC: %ETHPORT-5-IF_UP: Interface Ethernet1/2 is up in mode trunk", `{"kind":"link-up","time":"2023-03-05T10:11:12Z","host":null}`},
	})
}

func TestSONiC(t *testing.T) {
	checkAll(t, []says{
		{"port down", "Nov 21 10:00:00.123456 sonic NOTICE swss#orchagent: :- updatePortOperStatus: Port Ethernet0 oper state set from up to down",
			`{"kind":"link-down","dialect":"netos","host":"sonic","in_if":"Ethernet0"}`},
		{"a neighbour", "Jul  1 19:14:09.935067 sonic NOTICE swss5#orchagent: :- addNeighbor: Created neighbor 00:00:5e:00:53:01 on PortChannel4013",
			`{"event":"system","dialect":"netos","host":"sonic"}`},
	})
}
