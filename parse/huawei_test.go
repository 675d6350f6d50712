package parse

import "testing"

// The lines are those of testdata/vendors-a.log, whose sources vendors-a.md names.
func TestHuawei(t *testing.T) {
	checkAll(t, []says{
		{"session end", `<188>Sep 9 11:56:41 10.123.169.1 2020-09-09 10:05:11 FW-OUT-01 %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=udp,SourceIP=10.123.169.167,DestinationIP=8.8.8.8,SourcePort=52451,DestinationPort=53,SourceNatIP=84.10.61.54,SourceNatPort=3711,BeginTime=1599645876,EndTime=1599645911,SendPkts=1,SendBytes=74,RcvPkts=1,RcvBytes=120,SourceVpnID=0,DestinationVpnID=0,SourceZone=untrust,DestinationZone=untrust,PolicyName=Permit_all,UserName=firstname.surname,CloseReason=aged-out.`,
			`{"kind":"session","event":"session-end","dialect":"huawei","action":"session-delete","host":"10.123.169.1","src":"10.123.169.167","sport":52451,"dst":"8.8.8.8","dport":53,"nat_src":"84.10.61.54","nat_sport":3711,"proto":"udp","bytes":194,"packets":2,"detail":"aged-out"}`},
		{"permit", `May 13 2026 07:04:08 ABC-B-DC-USG6712E-1 %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=10.251.67.69, source-port=51770, destination-ip=172.64.155.209, destination-port=443, time=May 13 2026 14:04:08, source-zone=ABC_Staff, destination-zone=untrust, application-name=QUIC, rule-name=To-Internet.`,
			`{"kind":"fw-packet","event":"session-new","dialect":"huawei","action":"allow","host":"ABC-B-DC-USG6712E-1","src":"10.251.67.69","sport":51770,"dst":"172.64.155.209","dport":443,"proto":"udp","detail":"To-Internet"}`},
		{"a content filter that only tells", `2018/10/05 09:52:14 USG6300 %%01URL/4/FILTER(l): The URL filtering policy was matched. (SyslogId=1906054, VSys="public", Policy="p", SrcIp=192.0.2.1, DstIp=198.51.100.2, SrcPort=5702, DstPort=80, Protocol=TCP, Host="www.example.com", Action=Alert)`,
			`{"event":"system","action":null,"host":"USG6300","src":"192.0.2.1","sport":5702,"dst":"198.51.100.2","dport":80}`},
		{"a content filter that blocks", `2018/10/05 09:52:14 USG6300 %%01URL/4/FILTER(l): The URL filtering policy was matched. (SyslogId=1906054, SrcIp=192.0.2.1, DstIp=198.51.100.2, SrcPort=5702, DstPort=80, Protocol=TCP, Action=Block)`,
			`{"event":"session-denied","src":"192.0.2.1"}`},
		{"deny", `Aug  7 2026 15:43:41 aabbc01fw01 %%01POLICY/6/POLICYDENY(l):CID=0x814f041e;vsys=public, protocol=6, source-ip=192.168.1.142, source-port=52433, destination-ip=1.1.1.1, destination-port=853, rule-name=default.`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"huawei","action":"deny","host":"aabbc01fw01","src":"192.168.1.142","sport":52433,"dst":"1.1.1.1","dport":853,"proto":"tcp","detail":"default"}`},
		{"h3c filter", `<190>Mar 26 14:41:42 2020 FW %%10FILTER/6/FILTER_ZONE_IPV4_EXECUTION: SrcZoneName(1025)=Trust;DstZoneName(1035)=Untrust;Type(1067)=ACL;SecurityPolicy(1072)=4;RuleID(1078)=4;Protocol(1001)=UDP;Application(1002)=general_udp;SrcIPAddr(1003)=172.16.106.199;SrcPort(1004)=7980;DstIPAddr(1007)=119.85.167.166;DstPort(1008)=28060;MatchCount(1069)=5;Event(1048)=Permit;`,
			`{"kind":"fw-packet","event":"session-new","dialect":"huawei","action":"allow","host":"FW","src":"172.16.106.199","sport":7980,"dst":"119.85.167.166","dport":28060,"proto":"udp","packets":5,"detail":"4"}`},
		{"h3c session", `<6> Dec 01 16:15:43 2019 XY-FW-F1050-1 %%10session/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;Application(1002)=http;SrcIPAddr(1003)=192.168.187.12;SrcPort(1004)=40912;NatSrcIPAddr(1005)=112.35.18.188;NatSrcPort(1006)=9460;DstIPAddr(1007)=47.95.12.238;DstPort(1008)=80;NatDstIPAddr(1009)=47.95.12.238;NatDstPort(1010)=80;InitPktCount(1044)=1;InitByteCount(1046)=60;RplyPktCount(1045)=0;RplyByteCount(1047)=0;Event(1048)=(8)Session created;`,
			`{"kind":"session","event":"session-new","dialect":"huawei","action":"session-create","host":"XY-FW-F1050-1","src":"192.168.187.12","sport":40912,"dst":"47.95.12.238","dport":80,"nat_src":"112.35.18.188","nat_sport":9460,"nat_dst":"47.95.12.238","nat_dport":80,"proto":"tcp","bytes":60,"packets":1}`},
		{"h3c user log", `%@250005%Jul  7 04:20:04:72 2005 DeviceA USERLOG/7/NAT: ICMP; 192.168.1.6:768--->1.1.1.1:12288; 2.2.2.2:768; [2005/07/07 04:20:03-0000/00/00 00:00:00]; Operator 8: Data flow created`,
			`{"kind":"nat","event":"session-new","dialect":"huawei","action":"nat-create","src":"192.168.1.6","sport":768,"dst":"2.2.2.2","dport":768,"nat_src":"1.1.1.1","nat_sport":12288,"proto":"icmp"}`},
		{"pool used up", `Jan  1 00:00:00 ne40 %%01CGN/4/POOL_USEDUP(l): The port blocks of the address pool are used up.`,
			`{"kind":"nat-exhausted","event":"table-full","dialect":"huawei","host":"ne40","detail":"POOL_USEDUP"}`},
		{"nat444", `<NAT444>:<SessionA> 1438128000|-|10.0.0.1|192.0.2.1|1052|198.51.100.9|443|6`,
			`{"kind":"nat","event":"session-new","dialect":"huawei","action":"nat-create","src":"10.0.0.1","sport":1052,"dst":"198.51.100.9","dport":443,"nat_src":"192.0.2.1","proto":"tcp"}`},
	})
}
