package parse

import "testing"

var benchA = map[string]string{
	"asa-built":     `<142>Oct 06 2023 10:26:54 myAsaHostname : %ASA-6-302013: Built inbound TCP connection 79766144 for outside:192.168.2.2/62848 (192.168.2.2/62848)(LOCAL\myUser1234, 9999:my_SgtName) to inside:192.168.2.3/443 (192.168.2.3/443) (myUser1234)`,
	"asa-end":       `<142>Oct 06 2023 10:17:54 myAsaHostname : %ASA-6-302014: Teardown TCP connection 79710069 for outside:192.168.2.2/59774(LOCAL\myUser1234, 9999:my_SgtName) to inside:192.168.2.3/443 duration 0:01:04 bytes 16874 TCP FINs from outside (myUser1234)`,
	"asa-deny":      `<140>Oct 06 2023 09:22:19 myAsaHostname : %ASA-4-106023: Deny tcp src outside:192.168.2.2/51982(9999:my_SgtName) dst inside:192.168.2.3/443 by access-group "outside_access_in" [0x2a9e189a, 0x0]`,
	"asa-acl":       `May  5 19:02:26 dev01: %ASA-6-106100: access-list fw111_out permitted tcp net/192.168.2.2(49033) -> fw111/10.10.10.10(6007) hit-cnt 2 300-second interval [0x38ff326b, 0x00000000]`,
	"asa-nat":       `Oct 10 2018 12:34:56 localhost CiscoASA[999]: %ASA-6-305011: Built dynamic TCP translation from inside:172.31.98.44/1772 to outside:100.66.98.44/8256`,
	"ftd-end":       `<185>2020-07-24T13:13:45Z   %FTD-1-430003: DeviceUUID: 854f1702-0ecf-1de8-0df9-e7e6f1185fdb, AccessControlRuleAction: Allow, SrcIP: 192.0.2.143, DstIP: 192.0.2.74, SrcPort: 48522, DstPort: 80, Protocol: tcp, IngressInterface: Outside, EgressInterface: VX-DMZ, AccessControlRuleName: MyFromOutsideRule, UserAgent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko), InitiatorPackets: 11, ResponderPackets: 6, InitiatorBytes: 7023, ResponderBytes: 875, NAT_InitiatorPort: 22294, NAT_ResponderPort: 80, NAT_InitiatorIP: 4.3.2.1, NAT_ResponderIP: 8.7.6.5`,
	"ios-acl":       `<174>15162564: BGP-BETA: 29391555: Jun 26 16:44:58.802 CEST: %FMANFP-6-IPACCESSLOGP: F0/0: fman_fp_image: list acl_Te0-1-1_in denied tcp 00-00-5E-00-53-23 198.51.100.10(56279) TenGigabitEthernet0/1/1-> 203.0.113.20(45240), 1 packet`,
	"ios-acl-plain": `000123: *Nov 21 20:28:01.123 UTC: %SEC-6-IPACCESSLOGP: list 101 denied tcp 198.51.100.7(4444) (GigabitEthernet0/0 0011.2233.4455) -> 192.0.2.1(22), 1 packet`,
	"ios-nat":       `12:17:12.503: %IPNAT-6-NAT_CREATED: Created tcp 10.0.0.1:43800 10.17.3.32:1024 192.168.0.1:80 10.17.3.2:80`,
	"ios-link":      `<189>2024-10-11T10:15:31.208321-05:00 TestDevice %LINEPROTO-5-UPDOWN: Line protocol on Interface TenGigabitEthernet1/0/1, changed state to up`,
	"nxos-acl":      `2019 May 22 16:20:45 ha01-n7010-01 %ACLLOG-5-ACLLOG_FLOW_INTERVAL: Src IP: 172.30.10.100, Dst IP: 15.15.15.2, Src Port: 0, Dst Port: 0, Src Intf: Ethernet3/3, Protocol: "IP"(253), ACL Name: match-ef-acl, ACE Action: Permit, Appl Intf: Vlan10, Hit-count: 600`,
	"rtflow-plain":  `Jan 12 12:00:06 FW7-Gi1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP CLIENT RST: 10.28.245.77/49706->142.250.120.156/443 0x0 junos-https 94.139.153.77/47698->142.250.120.156/443 0x0 source rule internet_offload2 N/A N/A 6 internet offload2_ssr offload2_bgw 1357210026769 10(2358) 7(5379) 25 UNKNOWN UNKNOWN N/A(N/A) reth1.0 UNKNOWN`,
	"rtflow-sd":     `<14>1 2019-04-12T14:29:06.576Z cixi RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 reason="TCP FIN" source-address="10.3.255.203" source-port="47776" destination-address="67.43.156.15" destination-port="80" connection-tag="0" service-name="junos-http" nat-source-address="10.3.136.49" nat-source-port="19162" nat-destination-address="67.43.156.15" nat-destination-port="80" nat-connection-tag="0" src-nat-rule-type="source rule" src-nat-rule-name="nat1" dst-nat-rule-type="N/A" dst-nat-rule-name="N/A" protocol-id="6" policy-name="permit_all" source-zone-name="trust" destination-zone-name="untrust" session-id-32="5" packets-from-client="6" bytes-from-client="337" packets-from-server="4" bytes-from-server="535" elapsed-time="1" application="HTTP" packet-incoming-interface="ge-0/0/0.0"]`,
	"rtflow-deny":   `Sep 29 23:49:20 SRX-1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.0.0.1/54924->192.168.1.1/53 junos-dns-udp 17(0) default-deny(global) trust trust UNKNOWN UNKNOWN N/A(N/A) ge-0/0/0.0 UNKNOWN policy deny`,
	"rt-pba":        `<14>Jun 30 22:44:25 SITE-B-BNG-01 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 100.64.60.74 used/maximum [10/15] blocks, allocates port block [24064-24191] from 203.0.113.100 in source pool EXAMPLE_POOL lsys_id: 0 epoch 0x6a44007a`,
	"rt-screen":     `Jul 19 18:19:02 rtr199 RT_IDS: RT_SCREEN_TCP: SYN flood! source: 1.128.3.4:40001, destination: 81.2.69.143:50010, zone name: trustZone, interface name: ge-0/0/1.0, action: drop`,
	"mx-flow":       `Nov 10 01:07:27 testname1 (FPC Slot 8, PIC Slot 2) 2012-11-10 01:07:27 NAT444{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: proto 17 (UDP) application: any, ge-1/0/0.120:192.168.0.130:17700 -> 66.129.224.36:55261, deleting  forward or watch flow ; source address and port translate to 192.168.0.230:19700`,
	"mx-open":       `Oct 15 13:38:20 mx1 JSERVICES_SESSION_OPEN: application:icmpv6, ge-2/1/4.0 2001::2:54045 [80.0.0.8:1024] -> [100.1.1.2] 64:ff9b::6401:102:32768 (ICMPV6 ECHO REQUEST)`,
	"netscreen":     `Jun  2 14:53:31 sample-host isg1000-A2: NetScreen device_id=0000011001000011 [Root]system-notification-00257(traffic): start_time="2015-11-11 10:02:10" duration=0 policy_id=244 service=https proto=6 src zone=Untrust dst zone=Trust action=Permit sent=0 rcvd=0 src=74.168.138.252 dst=72.72.72.72 src_port=1732 dst_port=443 src-xlated ip=1.255.20.1 port=22041 dst-xlated ip=1.244.136.50 port=443 session_id=488451 reason=Creation`,
	"huawei-end":    `<188>Sep 9 11:56:41 10.123.169.1 2020-09-09 10:05:11 FW-OUT-01 %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=udp,SourceIP=10.123.169.167,DestinationIP=8.8.8.8,SourcePort=52451,DestinationPort=53,SourceNatIP=84.10.61.54,SourceNatPort=3711,BeginTime=1599645876,EndTime=1599645911,SendPkts=1,SendBytes=74,RcvPkts=1,RcvBytes=120,SourceVpnID=0,DestinationVpnID=0,SourceZone=untrust,DestinationZone=untrust,PolicyName=Permit_all,UserName=jakub.gawinkowski,CloseReason=aged-out.`,
	"huawei-policy": `May 13 2026 07:04:08 WUH-B-DC-USG6712E-1 %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=10.251.67.69, source-port=51770, destination-ip=172.64.155.209, destination-port=443, time=May 13 2026 14:04:08, source-zone=WUH_Staff, destination-zone=untrust, application-name=QUIC, rule-name=To-Internet.`,
	"h3c":           `<6> Dec 01 16:15:43 2019 GB-FW-F1050-1 %%10session/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;Application(1002)=http;SrcIPAddr(1003)=192.168.187.12;SrcPort(1004)=40912;NatSrcIPAddr(1005)=112.35.18.188;NatSrcPort(1006)=9460;DstIPAddr(1007)=47.95.12.238;DstPort(1008)=80;NatDstIPAddr(1009)=47.95.12.238;NatDstPort(1010)=80;InitPktCount(1044)=1;InitByteCount(1046)=60;RplyPktCount(1045)=0;RplyByteCount(1047)=0;Event(1048)=(8)Session created;`,
	"cgn":           `<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]`,
}

// BenchmarkFamilyA measures one line of each dialect of familyA.
func BenchmarkFamilyA(b *testing.B) { benchmarkLines(b, benchA) }

func TestFamilyADoesNotAllocate(t *testing.T) {
	for name, s := range benchA {
		p, line := NewParser(), []byte(s)
		var rec Record
		p.Line(line, &rec)
		if rec.Kind == Unknown {
			t.Errorf("%s is not understood", name)
		}
		if n := testing.AllocsPerRun(100, func() { p.Line(line, &rec) }); n != 0 {
			t.Errorf("%s: %v allocations a line", name, n)
		}
	}
}

// TestFamilyAHugeLines feeds each dialect a line of 128 kB that begins like one of its own. A reader that is worse
// than linear would not end.
func TestFamilyAHugeLines(t *testing.T) {
	p := NewParser()
	var rec Record
	starts := []string{"%ASA-6-302013: Built outbound TCP connection 9 for ", "%ASA-6-106100: access-list a permitted tcp ", "%ASA-4-106023: Deny tcp src ", "%FTD-1-430002: ",
		"%SEC-6-IPACCESSLOGP: list ", "%FW-6-DROP_PKT: ", "%ACLLOG-5-ACLLOG_FLOW_INTERVAL: ", "%IPNAT-6-CREATED: ", "%NAT-6-X: ", "%IOSXE-6-PLATFORM: ", "%", "1: ",
		"RT_FLOW: RT_FLOW_SESSION_CREATE: session created ", "RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@1 ", "RT_IDS: RT_SCREEN_TCP: ", "RT_NAT: RT_NAT_RULE_MATCH: ", "RT_NAT: RT_SRC_NAT_PBA_ALLOC: ",
		"ASP_SFW_DELETE_FLOW: ", "JSERVICES_SESSION_OPEN: ", "NetScreen device_id=", "NetScreen device_id=x: action=x src=", "%%01SECLOG/6/SESSION_TEARDOWN(l):", "%@1%USERLOG/7/NAT: ", "<NAT444>:<A> ", "NAT44 - [UserbasedA "}
	for _, s := range starts {
		for _, r := range []string{"a", " ", "->", "a=\"b\" ", ",", "x:1/2(", "1.2.3.4:5 ", "%A-6-B: ", "\\", "(", "src "} {
			line := []byte("Nov 21 20:28:01 h " + s)
			for len(line) < 1<<17 {
				line = append(line, r...)
			}
			p.Line(line, &rec)
		}
	}
}

// TestFamilyALeavesNothing holds that a line which begins like a vendor's, and is none, is read by its own dialect alone.
func TestFamilyALeavesNothing(t *testing.T) {
	checkAll(t, []says{
		{"conntrack with a mark", `[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.1 sport=4000 dport=80 [UNREPLIED] src=198.51.100.1 dst=192.0.2.1 sport=80 dport=4000 %ASA-6-302013: Built outbound TCP connection 9 for outside:1.2.3.4/5 (1.2.3.4/5) to inside:192.`,
			`{"kind":"conntrack","dialect":"conntrack","src":"10.0.0.1","in_if":null,"unordered":null}`},
		{"truncated", "%ASA-6-302014: Teardown TCP connection 2533 for outside:115.83.96.133/6881 to inside:192.", `{"src":null,"proto":null,"in_if":null,"unordered":null,"dialect":null}`},
	})
}
