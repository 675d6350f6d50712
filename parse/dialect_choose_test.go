package parse

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"testing"
)

// dialectLines holds lines of the dialects by a name of their own, for what is true of every dialect: reading allocates
// nothing, a line may be cut short anywhere. The lines of benchLines are not among them.
var dialectLines = map[string]string{
	// Cisco, Juniper, Huawei
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
	"rtflow-sd":     `<14>1 2019-04-12T14:29:06.576Z srx9 RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 reason="TCP FIN" source-address="10.3.255.203" source-port="47776" destination-address="67.43.156.15" destination-port="80" connection-tag="0" service-name="junos-http" nat-source-address="10.3.136.49" nat-source-port="19162" nat-destination-address="67.43.156.15" nat-destination-port="80" nat-connection-tag="0" src-nat-rule-type="source rule" src-nat-rule-name="nat1" dst-nat-rule-type="N/A" dst-nat-rule-name="N/A" protocol-id="6" policy-name="permit_all" source-zone-name="trust" destination-zone-name="untrust" session-id-32="5" packets-from-client="6" bytes-from-client="337" packets-from-server="4" bytes-from-server="535" elapsed-time="1" application="HTTP" packet-incoming-interface="ge-0/0/0.0"]`,
	"rtflow-deny":   `Sep 29 23:49:20 SRX-1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.0.0.1/54924->192.168.1.1/53 junos-dns-udp 17(0) default-deny(global) trust trust UNKNOWN UNKNOWN N/A(N/A) ge-0/0/0.0 UNKNOWN policy deny`,
	"rt-pba":        `<14>Jun 30 22:44:25 SITE-B-BNG-01 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 100.64.60.74 used/maximum [10/15] blocks, allocates port block [24064-24191] from 203.0.113.100 in source pool EXAMPLE_POOL lsys_id: 0 epoch 0x6a44007a`,
	"rt-screen":     `Jul 19 18:19:02 rtr199 RT_IDS: RT_SCREEN_TCP: SYN flood! source: 1.128.3.4:40001, destination: 81.2.69.143:50010, zone name: trustZone, interface name: ge-0/0/1.0, action: drop`,
	"mx-flow":       `Nov 10 01:07:27 testname1 (FPC Slot 8, PIC Slot 2) 2012-11-10 01:07:27 NAT444{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: proto 17 (UDP) application: any, ge-1/0/0.120:192.168.0.130:17700 -> 66.129.224.36:55261, deleting  forward or watch flow ; source address and port translate to 192.168.0.230:19700`,
	"mx-open":       `Oct 15 13:38:20 mx1 JSERVICES_SESSION_OPEN: application:icmpv6, ge-2/1/4.0 2001::2:54045 [80.0.0.8:1024] -> [100.1.1.2] 64:ff9b::6401:102:32768 (ICMPV6 ECHO REQUEST)`,
	"netscreen":     `Jun  2 14:53:31 sample-host isg1000-A2: NetScreen device_id=0000011001000011 [Root]system-notification-00257(traffic): start_time="2015-11-11 10:02:10" duration=0 policy_id=244 service=https proto=6 src zone=Untrust dst zone=Trust action=Permit sent=0 rcvd=0 src=74.168.138.252 dst=72.72.72.72 src_port=1732 dst_port=443 src-xlated ip=1.255.20.1 port=22041 dst-xlated ip=1.244.136.50 port=443 session_id=488451 reason=Creation`,
	"huawei-end":    `<188>Sep 9 11:56:41 10.123.169.1 2020-09-09 10:05:11 FW-OUT-01 %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=udp,SourceIP=10.123.169.167,DestinationIP=8.8.8.8,SourcePort=52451,DestinationPort=53,SourceNatIP=84.10.61.54,SourceNatPort=3711,BeginTime=1599645876,EndTime=1599645911,SendPkts=1,SendBytes=74,RcvPkts=1,RcvBytes=120,SourceVpnID=0,DestinationVpnID=0,SourceZone=untrust,DestinationZone=untrust,PolicyName=Permit_all,UserName=firstname.surname,CloseReason=aged-out.`,
	"huawei-policy": `May 13 2026 07:04:08 ABC-B-DC-USG6712E-1 %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=10.251.67.69, source-port=51770, destination-ip=172.64.155.209, destination-port=443, time=May 13 2026 14:04:08, source-zone=ABC_Staff, destination-zone=untrust, application-name=QUIC, rule-name=To-Internet.`,
	"h3c":           `<6> Dec 01 16:15:43 2019 XY-FW-F1050-1 %%10session/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;Application(1002)=http;SrcIPAddr(1003)=192.168.187.12;SrcPort(1004)=40912;NatSrcIPAddr(1005)=112.35.18.188;NatSrcPort(1006)=9460;DstIPAddr(1007)=47.95.12.238;DstPort(1008)=80;NatDstIPAddr(1009)=47.95.12.238;NatDstPort(1010)=80;InitPktCount(1044)=1;InitByteCount(1046)=60;RplyPktCount(1045)=0;RplyByteCount(1047)=0;Event(1048)=(8)Session created;`,
	"cgn":           `<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]`,

	// other vendors' firewalls and carrier-grade NAT
	"fortigate":   `<189>date=2019-05-10 time=11:37:47 devname="FG1" devid="FG1K" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="vdom1" eventtime=1557513467369913239 srcip=10.1.100.11 srcport=58012 srcintf="port12" srcintfrole="undefined" dstip=81.2.69.142 dstport=80 dstintf="port11" dstintfrole="undefined" sessionid=105048 proto=6 action="close" policyid=1 policytype="policy" service="HTTP" dstcountry="Canada" srccountry="Reserved" trandisp="snat" transip=172.16.200.2 transport=58012 duration=116 sentbyte=1188 rcvdbyte=1224 sentpkt=17 rcvdpkt=16 appcat="unscanned"`,
	"paloalto":    `<14>Nov 30 16:09:08 PA-220 1,2018/11/30 16:09:07,012801096514,TRAFFIC,end,2049,2018/11/30 16:09:07,192.168.15.207,175.16.199.1,192.168.1.63,175.16.199.1,new_outbound_from_trust,,,apple-maps,vsys1,trust,untrust,ethernet1/2,ethernet1/1,send_to_mac,2018/11/30 16:09:07,22751,1,55113,443,16418,443,0x400053,tcp,allow,7734,1758,5976,36,2018/11/30 15:59:04,586,computer-and-internet-info,0,32091112,0x0,192.168.0.0-192.168.255.255,United States,0,16,20,tcp-fin,0,0,0,0,,PA-220,from-policy`,
	"checkpoint":  `<134>1 2020-03-30T07:20:35Z gw-da58d3 CheckPoint 1930 - [action:"Accept"; flags:"411908"; ifdir:"inbound"; ifname:"eth0"; logid:"0"; loguid:"{0x5e819dc3,0x0,0x353707c7,0xee78a1dc}"; origin:"192.168.1.100"; time:"1585552835"; version:"5"; dst:"192.168.1.153"; inzone:"External"; nat_rulenum:"0"; proto:"6"; rule_name:"Network"; s_port:"58618"; service:"443"; service_id:"https"; src:"192.168.1.100"; xlatesrc:"203.0.113.9"; xlatesport:"10001"; xlatedst:"0.0.0.0"; xlatedport:"0"]`,
	"sonicwall":   `<134>  id=firewall sn=0040103CE114 time="2022-05-16 15:22:28 UTC" fw=10.0.0.96 pri=6 c=262144 m=98 msg="Connection Opened" app=12 sess="Web" n=780 usr="admin" src=81.2.69.193:65058:X1 dst=10.0.0.96:443:X1 proto=tcp/https sent=64 dpi=0 fw_action="NA"`,
	"stormshield": `id=firewall time="2019-02-24 16:38:01" fw="SN310A17B0323A7" tz=+0100 startime="2019-02-24 16:38:00" pri=5 confid=00 slotlevel=2 ruleid=4 rulename="1690fb96019_7" srcif="Ethernet0" srcifname="out" ipproto=udp proto=ssdp src=10.11.11.11 srcport=49907 srcportname=ephemeral_fw_udp srcname=user1 dst=10.10.10.10 dstport=1900 ipv=4 sent=0 rcvd=0 duration=0.00 action=pass logtype="filter"`,
	"sophos-utm":  `<30>2023:04:28-00:50:54 sophos-test-vm1 ulogd[12511]: id="2021" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped (GEOIP)" action="drop" fwrule="60019" initf="eth6" srcmac="1a:fc:2b:33:4d:5f" dstmac="00:11:22:33:44:55" srcip="67.43.156.2" dstip="89.160.20.129" proto="6" length="88" tos="0x00" prec="0x00" ttl="227" srcport="443" dstport="42181" tcpflags="ACK PSH"`,
	"sophos-xg":   `Nov 16 00:25:00 sophos device_name="SFW" timestamp="2021-11-15T18:25:00-0600" device_model="SFVH" log_id="010101600001" log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" log_version=1 severity="Information" fw_rule_id="12" in_interface="Port1" out_interface="Port2" src_ip="192.168.2.111" src_country="R1" dst_ip="89.160.20.156" dst_country="USA" protocol="TCP" src_port=50875 dst_port=443 src_trans_ip="192.168.1.2" con_event="Start" con_id="3153941760"`,
	"meraki":      `<134>1 1647479278.997155282 Somewhere_MX100 ip_flow_start src=10.0.0.234 dst=81.2.69.145 protocol=tcp sport=34294 dport=80 translated_src_ip=1.128.3.4 translated_port=34294`,
	"watchguard":  `<142>May 10 15:19:06 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:05) firewall[10]: msg_id="3000-0148" Allow Firebox 0-External 52 tcp 20 127 10.0.1.2 81.2.69.192 62443 80 offset 8 S 832026162 win 8192 (HTTP-00)`,
	"barracuda":   `<14>Dec  1 10:00:00 gw1 box_Firewall_Activity:  Info     gw1 Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.10.70|srcPort=60154|srcMAC=00:0c:29:9a:0a:78|dstIP=62.99.0.1|dstPort=443|dstService=https|dstIF=dhcp|rule=LAN-2-INTERNET|info=Normal Operation|srcNAT=62.99.0.69|dstNAT=62.99.0.1|duration=500|count=1|receivedBytes=5000|sentBytes=700|receivedPackets=8|sentPackets=9|user=`,
	"clavister":   `[2010-12-15 14:56:37] EFW: CONN: prio=1 id=00600005 rev=1 event=conn_close_natsat action=close rule=local_to_wan_http_alg conn=close connipproto=TCP connrecvif=core connsrcip=92.45.16.122 connsrcport=19920 conndestif=wan conndestip=81.8.63.21 conndestport=80 connnewsrcip=92.45.16.122 connnewsrcport=19920 connnewdestip=81.8.63.21 connnewdestport=80 origsent=1106 termsent=920`,
	"zyxel":       `<142>May 22 17:24:09 2026 usgflex700h src="192.168.40.7:53090" dst="52.1.2.3:443" msg="Traffic Log" note="" user="admin" devID="f44d5c94f517" cat="Traffic Log" action="" sourceTranslatedAddress=192.168.68.101 sourceTranslatedPort=53090 suser=admin sent=930790 rcvd=35808 dir=P5-Phones:P2-Uplink2 protoID=6 proto=https mac=04:0e:3c:ed:36:2a`,
	"zynos":       `Jul 19 14:44:09 192.168.1.1 ZyXEL Communications Corp.: IP[Src=202.132.154.1 Dst=192.168.1.33 UDP spo=0035 dpo=05d4]}S03>R01mF`,
	"yamaha":      `<134>[INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)`,
	"yamaha-deny": `Oct  6 12:00:00 192.168.1.254 TUNNEL[1] Rejected at IN(300) filter: UDP 192.0.2.1:67 > 192.0.2.2:68`,
	"nec-ix":      `2023/01/01 00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in`,
	"buffalo":     `Dec  1 10:00:00 WHR-G54S FIREWALL: TCP connection denied from 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)`,
	"cef":         `<6>Sep 14 14:12:51 10.0.0.143 CEF:0|FORCEPOINT|Firewall|6.8.6|70018|Connection_Allowed|0|deviceExternalId=NGFW1 node 1 dvchost=10.99.0.71 dvc=10.99.0.71 src=10.70.1.20 dst=203.0.113.44 spt=59358 dpt=443 proto=6 deviceInboundInterface=0 deviceOutboundInterface=1 act=Allow sourceTranslatedAddress=192.0.2.143 destinationTranslatedAddress=203.0.113.44 sourceTranslatedPort=27237 destinationTranslatedPort=443 deviceFacility=Packet Filtering rt=Sep 14 2021 14:12:51 app=HTTPS cs1Label=RuleID cs1=2100123.2`,
	"leef":        "LEEF:1.0|Palo Alto Networks|PAN-OS|8.1.6|allow|cat=TRAFFIC\tReceiveTime=2020/01/01 10:00:00\tsrc=10.0.0.1\tdst=192.0.2.7\tsrcPort=5000\tdstPort=443\tproto=tcp\taction=allow\tsrcPostNAT=203.0.113.1\tsrcPostNATPort=6000\tsrcBytes=10\tdstBytes=20",
	"windows-fw":  `2006-09-19 03:29:24 DROP UDP 172.20.73.241 239.255.255.250 2250 1900 250 - - - - - - - RECEIVE`,
	"lfd":         `May 15 05:23:59 cp lfd[28641]: *Port Scan* detected from 203.0.113.5 (US/United States/-). 11 hits in the last 100 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]`,
	"a10":         `Jun 14 12:17:35 thunder NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80`,
	"6wind":       `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752`,
	"nfware":      `<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT`,
	"f5-lsn":      `LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443`,
	"nokia-isa":   `<187>Aug 17 15:31:39 sr7750 TMNX: 19 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {1} Map  192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39`,
	"ros-dhcp":    `dhcp,info defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop`,

	// BSD, DNS and DHCP servers, tools
	"filterlog":     "Sep 30 14:35:50 pfSense filterlog: 53,,,1000102631,em0,match,block,in,4,0x0,,64,892,0,none,6,tcp,44,10.0.2.2,10.0.2.15,59576,25,0,S,17536001,,65535,,mss",
	"pflog":         "Mar 30 15:55:20 enigma pf: Mar 30 15:53:25.867973 rule 2/(match) pass in on xl0: 205.174.165.231.50425 > 192.168.2.10.22: . ack 2450721 win 73 <nop,nop,timestamp 1815380026 17589621,[|tcp]> (DF) [tos 0x10]",
	"ipfw":          "Aug 27 14:33:01 Macintosh ipfw:  12190 Deny TCP 192.168.13.1:2060 192.168.13.104:5000 in via en1",
	"conntrack-xml": `<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>51518</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>169.254.169.254</src><dst>10.10.0.7</dst></layer3><layer4 protonum="17" protoname="udp"><sport>53</sport><dport>51518</dport></layer4></meta><meta direction="independent"><timeout>30</timeout><id>1753837568</id><unreplied/></meta></flow>`,
	"ulogd-json":    `{"timestamp": "2026-11-21T20:28:21.123456+0100", "dvc": "Netfilter", "raw.pktlen": 60, "oob.prefix": "DROP ", "oob.mark": 0, "ip.protocol": 6, "tcp.seq": 1, "tcp.syn": 1, "src_port": 40000, "dest_port": 22, "oob.in": "eth0", "oob.out": "", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2"}`,
	"unbound":       "Oct  5 15:16:46 fw1 unbound[96103]: [96103:0] info: 192.168.1.100 host.example.com. A IN",
	"bind":          "21-Nov-2026 10:00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)",
	"technitium":    "[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]",
	"adguard":       `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Upstream":"https://dns10.quad9.net:443/dns-query","Answer":"abc==","IP":"192.168.1.5","Result":{"Reason":3,"IsFiltered":true},"Elapsed":1234}`,
	"powerdns":      "Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5",
	"knot":          "Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP",
	"dhcpd":         "Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (alice-desktop) via eth0",
	"kea":           "2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds",
	"windows-dhcp":  "11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
	"udhcpd":        "Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100",
	"tcpdump":       "2013-10-22 07:06:11.997117 IP 127.0.0.1.56440 > 127.0.0.1.6633: Flags [R], seq 2428319660, win 0, length 0",
	"tcpdump -v":    "    172.16.1.51.6633 > 172.16.1.101.62216: Flags [R.], cksum 0x5d6c (correct), seq 0, ack 2928426029, win 0, length 0",
	"ping":          "64 bytes from 151.101.129.67 (151.101.129.67): icmp_seq=4 ttl=59 time=32.6 ms",
	"ping-windows":  "192.168.1.101 からの応答: バイト数 =32 時間 =18ms TTL=64",
	"traceroute":    " 2  76-220-24-1.dsl-customers.citya.example.net (76.220.24.1)  24.038 ms  23.911 ms  23.724 ms",
	"tracert":       "  3     1 ms    <1 ms    <1 ms  apache-svr [10.0.3.6]",
	"mtr":           "  2. outer-cake                    0.0%    10    3.2   2.6   2.4   3.2   0.3",
	"tshark-iostat": "| 10 <> 20 |   2696 | 3307638 |",
	"tshark-conv":   "10.240.42.159:57628        <-> 172.29.59.138:8002            1592 300 kB       1874 342 kB       3466 643 kB        0.430842000       345.4340",
	"arptables":     "Nov 21 10:00:00 fw kernel: DROP IN=eth0 OUT= MAC=ff:ff ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=00:11:22:33:44:55 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2",
	"pve":           "0 6 PVEFW-HOST-IN 24/Jul/2025:17:27:00 +0200 policy DROP: IN=vmbr0 PHYSIN=enp0s3 MAC=ae:b7:cd SRC=10.137.113.200 DST=10.3.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=128 ID=64406 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1",
}

// oddLines holds lines under rare headers, and lines that no dialect understands.
var oddLines = map[string]string{
	"web":            `10.0.0.1 - - [21/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
	"text":           "something happened in a program that writes plain sentences of middling length into its own file",
	"cisco-ios":      "<189>117: gw-03: *May  9 12:49:27.098 UTC: %SYS-5-RESTART: System restarted",
	"relayed":        "<134>Nov 21 20:28:22 relay1 <4>Nov 21 20:28:21 router kernel: nf_conntrack: table full, dropping packet",
	"dmesg-japanese": "[土 11月 21 20:27:58 2026] nf_conntrack: table full, dropping packet",
	"sshd":           "Feb 12 14:10:21 sd sshd[16378]: Failed password for root from 192.0.2.20 port 53502 ssh2",
	"kernel-other":   "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] br-lan: port 2(eth1) entered forwarding state",
	"kernel-unknown": "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] i810_audio: Connection 0 with codec id 2",
	"foreign":        "Nov 21 20:28:21 router myprog[12]: something that nobody knows, with 3 numbers and 1.2.3.4",
	"malformed":      "<7>unparsable line",
}

func BenchmarkDialect(b *testing.B) { benchmarkLines(b, dialectLines) }

func BenchmarkOddLines(b *testing.B) { benchmarkLines(b, oddLines) }

func TestLineDoesNotAllocate(t *testing.T) {
	lines := maps.Clone(oddLines)
	maps.Copy(lines, benchLines)
	maps.Copy(lines, dialectLines)
	for _, f := range Formats() {
		lines["sample of "+f.Name] = f.Sample
	}
	for name, s := range lines {
		t.Run(name, func(t *testing.T) {
			p, line := NewParser(), []byte(s)
			var rec Record
			p.Line(line, &rec)
			if _, odd := oddLines[name]; !odd && rec.Kind == Unknown {
				t.Error("not understood")
			}
			if n := testing.AllocsPerRun(100, func() { p.Line(line, &rec) }); n != 0 {
				t.Errorf("%v allocations a line", n)
			}
		})
	}
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"nat-burst", "scenario", "servers-tools"} {
		t.Run(name, func(t *testing.T) {
			p := NewParser()
			var rec Record
			var got []byte
			for _, l := range readLines(t, name+".log") {
				p.Line(l, &rec)
				got = append(AppendJSON(got, &rec), '\n')
			}
			file := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; look at the difference, then run with -update:\n%s", file, firstDifference(got, want))
			}
		})
	}
}

// A line that is cut anywhere is read without a panic, and what is left of it is one JSON object.
func TestCutShort(t *testing.T) {
	lines := readLines(t, "servers-tools.log")
	for _, s := range dialectLines {
		lines = append(lines, []byte(s))
	}
	p := NewParser()
	var rec Record
	var out []byte
	for _, l := range lines {
		for i := range l {
			p.Line(l[:i], &rec)
			if out = AppendJSON(out[:0], &rec); !json.Valid(out) {
				t.Fatalf("%q: %s", l[:i], out)
			}
			if (rec.Kind == Unknown) != (rec.Dialect == "") {
				t.Fatalf("kind %v of dialect %q: %q", rec.Kind, rec.Dialect, l[:i])
			}
		}
	}
}

func TestHugeLines(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, s := range []string{"IN=", "SRC=", "src=", "[", "{", "a", " ", "IN=x OUT= SRC=", `"\\u`, "%ASA-", " proto ", "Peer ", "link: ", "[a b=\"", "\x00", "<"} {
		line := bytes.Repeat([]byte(s), 4<<20/len(s))
		p.Line(line, &rec)
		p.Line(append([]byte("<4>Nov 21 20:28:21 router kernel: "), line...), &rec)
		p.Line(append([]byte("<4>1 - - - - - "), line...), &rec)
		p.Line(append([]byte(`{"MESSAGE":"`), line...), &rec)
		p.Line(append(append([]byte(nil), line...), " SRC=1.2.3.4 DST=1.2.3.4"...), &rec)
	}
	if cap(p.mem.scratch) > 16<<20 {
		t.Errorf("scratch holds %d bytes", cap(p.mem.scratch))
	}
	p.Line([]byte(`{"MESSAGE":"a\tb"}`), &rec)
	if cap(p.mem.scratch) > maxScratch {
		t.Errorf("scratch still holds %d bytes", cap(p.mem.scratch))
	}
}

// Long lines that begin like a line of some dialect, and go on with what its reader looks for, are read in linear
// time: a reader that is worse would not end.
func TestHugeLinesWithHeads(t *testing.T) {
	for _, c := range []struct {
		name           string
		size           int
		heads, fillers []string
	}{
		{"Cisco, Juniper, Huawei", 1 << 17,
			[]string{
				"Nov 21 20:28:01 h %ASA-6-302013: Built outbound TCP connection 9 for ",
				"Nov 21 20:28:01 h %ASA-6-106100: access-list a permitted tcp ",
				"Nov 21 20:28:01 h %ASA-4-106023: Deny tcp src ", "Nov 21 20:28:01 h %FTD-1-430002: ",
				"Nov 21 20:28:01 h %SEC-6-IPACCESSLOGP: list ", "Nov 21 20:28:01 h %FW-6-DROP_PKT: ",
				"Nov 21 20:28:01 h %ACLLOG-5-ACLLOG_FLOW_INTERVAL: ", "Nov 21 20:28:01 h %IPNAT-6-CREATED: ",
				"Nov 21 20:28:01 h %NAT-6-X: ", "Nov 21 20:28:01 h %IOSXE-6-PLATFORM: ", "Nov 21 20:28:01 h %",
				"Nov 21 20:28:01 h 1: ", "Nov 21 20:28:01 h RT_FLOW: RT_FLOW_SESSION_CREATE: session created ",
				"Nov 21 20:28:01 h RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@1 ",
				"Nov 21 20:28:01 h RT_IDS: RT_SCREEN_TCP: ", "Nov 21 20:28:01 h RT_NAT: RT_NAT_RULE_MATCH: ",
				"Nov 21 20:28:01 h RT_NAT: RT_SRC_NAT_PBA_ALLOC: ", "Nov 21 20:28:01 h ASP_SFW_DELETE_FLOW: ",
				"Nov 21 20:28:01 h JSERVICES_SESSION_OPEN: ", "Nov 21 20:28:01 h NetScreen device_id=",
				"Nov 21 20:28:01 h NetScreen device_id=x: action=x src=",
				"Nov 21 20:28:01 h %%01SECLOG/6/SESSION_TEARDOWN(l):", "Nov 21 20:28:01 h %@1%USERLOG/7/NAT: ",
				"Nov 21 20:28:01 h <NAT444>:<A> ", "Nov 21 20:28:01 h NAT44 - [UserbasedA ",
			},
			[]string{"a", " ", "->", "a=\"b\" ", ",", "x:1/2(", "1.2.3.4:5 ", "%A-6-B: ", "\\", "(", "src "}},
		{"vendors", 1 << 20,
			[]string{
				"date=2019-05-10 ", "id=firewall sn=1 ", "id=firewall time=1 ", `id="1" `,
				"CEF:0|a|b|c|d|e|f|", "LEEF:2.0|a|b|c|d|^|", `[action:"a"; `,
				"1,2018/11/30 16:09:07,0,TRAFFIC,", "<134>1 1647478988.289402144 h flows ", "EFW: CONN: ",
				"NAT-TCP-N: ", "A VRF 0 6 INT ", "LSN_ADD ", "PP[01] Rejected at IN(1) filter: ", "[INSPECT] ",
				"Jan  1 00:00:00 h lfd[1]: ", "dhcp,info ", `src="`, "time=1|",
				"Jan  1 00:00:00 g f: Info g Allow: type=FWD|",
				`x FVE6035FD3AE3 (2024-01-10T09:49:05) f: msg_id="1" Allow `,
			},
			[]string{"a", "a=", `a="`, `a="b" `, "=", `"`, `\"`, "|", ",", ":", ";", " ", "1",
				"1.2.3.4:5 ", "[", "->", "{", "a:", `a:"b"; `, `",`, "^a=b"}},
		{"servers and tools", 1 << 18,
			[]string{
				"", " 1  ", "<flow type=\"new\">", "{\"src_ip\":", "Nov 21 20:28:21 gw filterlog: ",
				"Nov 21 20:28:21 gw named: client ", "Nov 21 20:28:21 gw unbound: info: ",
				"10:00:00.123456 IP ", "Nov 21 20:28:21 gw pf: rule ", "Nov 21 20:28:21 gw kea-dhcp4: ",
				"64 bytes from ", "| ", "Nov 21 20:28:21 gw ipfw: 1 Deny ",
			},
			[]string{"1,", "<flow ", "<src>", " > ", "1 ms ", " * ", "a=1ms ", "= 1", "{\"_ip\":{", "\"QH\"", "::", "a ",
				"  1", "rule /", "| 1 <> 2 ", " <-> ", "[", "1.1.1.1 ", "\"\\"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewParser()
			var rec Record
			var out []byte
			for _, head := range c.heads {
				for _, filler := range c.fillers {
					p.Line(append([]byte(head), bytes.Repeat([]byte(filler), c.size/len(filler))...), &rec)
					out = AppendJSON(out[:0], &rec)
				}
			}
		})
	}
}

// Lines of a megabyte that begin like a line of each dialect, and go on with what it consists of or with what its
// reader looks for, are read in linear time: a reader that is worse would not end.
func TestHugeLinesOfEachDialect(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, f := range Formats() {
		for _, filler := range []string{f.Sample[len(f.Sample)/2:], `a="`, " ", ": "} {
			line := append([]byte(f.Sample), bytes.Repeat([]byte(filler), 1<<20/len(filler))...)
			p.Line(line, &rec)
			if len(rec.Body) > len(line) {
				t.Errorf("%s: the body is longer than the line", f.Name)
			}
		}
	}
}

// Plain text and the output of other programs may begin like a line of some dialect: no dialect takes it.
func TestChooseLeavesOthersAlone(t *testing.T) {
	for _, line := range []string{
		"2 dogs and 3 cats", "10 packets", "1. first item of a list", "From here to there", "12:30:00 lunch", "2026-11-21 10:00:00 app started > ready: yes",
		"a  1  2", "| table | row |", "[error] something failed", "<html>", "{\"level\":\"info\",\"msg\":\"started\"}", "client connected", "a = 1, b = 2, c = 3",
		"Nov 21 10:00:00 host app: 64 bytes from nowhere", "eth0      Link encap:Ethernet  HWaddr 00:11:22:33:44:55",
	} {
		if rec := parseLine(line); rec.Kind != Unknown {
			t.Errorf("%q is taken for %s %s", line, rec.Dialect, rec.Word)
		}
	}
}

// A dialect that looked at a line and did not understand it leaves none of its values behind.
func TestChooseLeavesNothing(t *testing.T) {
	checkAll(t, []says{
		{"conntrack with a mark", `[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.1 sport=4000 dport=80 [UNREPLIED] src=198.51.100.1 dst=192.0.2.1 sport=80 dport=4000 %ASA-6-302013: Built outbound TCP connection 9 for outside:1.2.3.4/5 (1.2.3.4/5) to inside:192.`,
			`{"kind":"conntrack","dialect":"conntrack","src":"10.0.0.1","in_if":null,"unordered":null}`},
		{"truncated", "%ASA-6-302014: Teardown TCP connection 2533 for outside:115.83.96.133/6881 to inside:192.", `{"src":null,"proto":null,"in_if":null,"unordered":null,"dialect":null}`},
	})
}
