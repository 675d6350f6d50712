package parse

// formatsA describes the dialects of familyA for docs/formats.md.
func formatsA() []Format {
	return []Format{
		{
			Name:    "cisco",
			Devices: "Cisco ASA, Secure Firewall (FTD), PIX",
			Sample:  "Nov 02 2025 00:00:00 asa-fw : %ASA-6-302013: Built outbound TCP connection 1 for outside:153.30.140.114/22 (153.30.140.114/22) to inside:10.0.0.67/57244 (203.0.113.7/57244)",
			Reads:   "Connections and their ends with real and mapped addresses, bytes and the reason (302003–302027, 302303–302306), translations (305009–305012) and port blocks (305014, 305015, 305017), denials (106xxx, 305005, 305006, 313xxx, 338xxx, 710xxx …) with rule and TCP flags, pools and limits that are used up (202001, 202010, 305016, 305023, 201xxx, 450001), interfaces (411001, 411002), connection events of FTD (430001–430005). A teardown does not say who opened the connection: it is marked as unordered.",
			Enable:  "logging enable; logging timestamp; logging trap informational; logging host inside 192.0.2.5. FTD: Platform Settings, Syslog, and logging at the beginning and end of connection in the access rule.",
			Source:  "Cisco Secure Firewall ASA Series Syslog Messages; Cisco Secure Firewall Threat Defense Syslog Messages",
		},
		{
			Name:    "cisco-ios",
			Devices: "Cisco IOS, IOS-XE, IOS-XR, NX-OS; Arista EOS, SONiC",
			Sample:  "000123: *Nov 21 20:28:01.123 UTC: %SEC-6-IPACCESSLOGP: list 101 denied tcp 198.51.100.7(4444) (GigabitEthernet0/0 0011.2233.4455) -> 192.0.2.1(22), 1 packet",
			Reads:   "Header with sequence numbers, host, clock marks, zone and process; access-list logs of IPv4 and IPv6 with rule, packets and interface, and how many were not logged; NAT translations with all four addresses; exhausted pools; sessions and drops of the zone firewall; links. Any other mnemonic is kept by name.",
			Enable:  "The keyword log or log-input at the end of an access-list entry; ip nat log translations syslog; ip inspect audit-trail; logging host 192.0.2.5 and logging trap informational.",
			Source:  "Cisco IOS System Message Guide; Cisco IOS XE NAT Configuration Guide (Monitoring and Maintaining NAT); Nexus 7000 Optimized ACL Logging (document 118907)",
		},
		{
			Name:    "cisco-cgn",
			Devices: "Cisco IOS-XR CGN (CRS, ASR 9000), others with the same records",
			Sample:  "<134>1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]",
			Reads:   "Blocks of ports per subscriber, sessions, and subscribers that have run out of ports.",
			Enable:  "service cgn; service-type nat44; inside-vrf; external-logging syslog server address 192.0.2.5 port 514.",
			Source:  "Cisco IOS XR Carrier Grade NAT Configuration Guide, External Logging, Syslog Message Format",
		},
		{
			Name:    "junos",
			Devices: "Juniper SRX, vSRX, MX with SPC3",
			Sample:  "<14>Jun 16 17:01:02 TA-FW_SRX1500 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 122.35.0.54/59287->10.1.2.200/3306 0x0 None 122.35.0.54/59287->10.1.2.200/3306 0x0 N/A N/A N/A N/A 6 1 V40 Untrust 1714411 10(550) 9(709) 1 UNKNOWN UNKNOWN N/A(N/A) reth2.0",
			Reads:   "Sessions (RT_FLOW, APPTRACK) as text of all releases and as structured data: both address pairs, policy or reason, packets, bytes, interface; denials; screens (RT_IDS); port blocks, matched rules and exhausted pools of NAT (RT_NAT).",
			Enable:  "set security log mode stream; set security log format sd-syslog; set security log stream u host 192.0.2.5; in each policy: then log session-init session-close.",
			Source:  "Junos OS System Log Messages (RT_FLOW, RT_IDS, RT_NAT), System Log Explorer",
		},
		{
			Name:    "junos-services",
			Devices: "Juniper MX with MS-DPC, MS-MIC or MS-MPC",
			Sample:  "Nov 10 01:07:27 testname1 (FPC Slot 8, PIC Slot 2) 2012-11-10 01:07:27 NAT444{nat444}[FWNAT]: ASP_SFW_DELETE_FLOW: proto 17 (UDP) application: any, ge-1/0/0.120:192.168.0.130:17700 -> 66.129.224.36:55261, deleting  forward or watch flow ; source address and port translate to 192.168.0.230:19700",
			Reads:   "Flows and sessions with translated addresses, matched and discarding rules, port blocks, pools out of ports or addresses.",
			Enable:  "set services service-set S syslog host 192.0.2.5 services info; class session-logs, nat-logs, stateful-firewall-logs.",
			Source:  "Junos OS System Log Messages (ASP, JSERVICES)",
		},
		{
			Name:    "netscreen",
			Devices: "Juniper NetScreen, SSG, ISG (ScreenOS)",
			Sample:  `Jun  2 14:53:31 sample-host isg1000-A2: NetScreen device_id=0000011001000011 [Root]system-notification-00257(traffic): start_time="2015-11-11 10:02:10" duration=0 policy_id=244 service=https proto=6 src zone=Untrust dst zone=Trust action=Permit sent=0 rcvd=0 src=74.168.138.252 dst=72.72.72.72 src_port=1732 dst_port=443 src-xlated ip=1.255.20.1 port=22041 dst-xlated ip=1.244.136.50 port=443 session_id=488451 reason=Creation`,
			Reads:   "Traffic of a policy with translated addresses, bytes, policy or reason; session limits.",
			Enable:  "set policy id 244 log session-init; set syslog config 192.0.2.5; set syslog config 192.0.2.5 log traffic; set syslog enable.",
			Source:  "ScreenOS Message Log Reference Guide (notification 00257)",
		},
		{
			Name:    "huawei",
			Devices: "Huawei USG, NE and switches; H3C SecPath and Comware",
			Sample:  "May 13 2026 07:04:08 WUH-B-DC-USG6712E-1 %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=10.251.67.69, source-port=51770, destination-ip=172.64.155.209, destination-port=443, time=May 13 2026 14:04:08, source-zone=WUH_Staff, destination-zone=untrust, application-name=QUIC, rule-name=To-Internet.",
			Reads:   "Policy hits, sessions with translated addresses, packets, bytes and reason, NAT flows, port blocks, used-up pools and limits, links. Any other message is kept by name.",
			Enable:  "Huawei: info-center enable; info-center loghost 192.0.2.5; in the rule: policy logging, session logging. H3C: info-center loghost 192.0.2.5; nat log enable; nat log flow-begin; nat log flow-end.",
			Source:  "Huawei USG Log Reference; H3C SecPath System Log Messages; HP MSR Layer 3 IP Services Configuration Guide (NAT logging)",
		},
		{
			Name:    "netos",
			Devices: "Junos daemons, Brocade/Ruckus NetIron, SONiC",
			Sample:  "<14>Nov  6 13:36:28 HOSTNAME System: Interface ethernet 3/8, state down - remote fault",
			Reads:   "Interfaces that come up or go down; the other messages of Junos' daemons by name.",
			Enable:  "Junos: set system syslog host 192.0.2.5 any info. NetIron: logging host 192.0.2.5.",
			Source:  "Junos OS System Log Messages; napalm-logs profiles (junos, netiron, sonic)",
		},
	}
}
