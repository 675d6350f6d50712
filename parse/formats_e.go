package parse

// formatsE describes the servers and NATs that log in forms of their own.
func formatsE() []Format {
	return []Format{
		{
			Name:    "windows-dns",
			Devices: "Windows Server, DNS debug log",
			Sample:  "11/21/2026 10:00:00 AM 0F4C PACKET  000002DAEC36D650 UDP Rcv 192.0.2.5       d07e   Q [0001   D   NOERROR] A      (3)www(7)example(3)com(0)",
			Reads:   "Questions that the server received, with client, name and type; its answers and its own questions to others are told apart. The server's local time; month first where AM or PM stands, else day first.",
			Enable:  "Set-DnsServerDiagnostics -Queries $true -QuestionTransactions $true -ReceivePackets $true -UdpPackets $true -TcpPackets $true -EnableLoggingToFile $true.",
			Source:  "Microsoft, Set-DnsServerDiagnostics; DNS Logging and Diagnostics",
		},
		{
			Name:    "coredns",
			Devices: "CoreDNS, Kubernetes",
			Sample:  `[INFO] 192.0.2.5:50126 - 4242 "A IN www.example.com. udp 45 false 1232" NOERROR qr,rd,ra 106 0.000123s`,
			Reads:   "Queries with client, port, protocol, name and type, one line for each.",
			Enable:  "The line log in the server block of the Corefile.",
			Source:  "coredns.io/plugins/log",
		},
		{
			Name:    "nft-trace",
			Devices: "Linux nftables",
			Sample:  `trace id a95ea7ef inet filter forward packet: iif "br0" oif "ppp0" ip saddr 192.0.2.5 ip daddr 198.51.100.9 ip protocol tcp ip length 60 tcp sport 50000 tcp dport 443`,
			Reads:   "The packet with addresses, ports and interfaces; table and chain; what each rule did with it. It is not counted as a session: every chain tells of it again.",
			Enable:  "nft add rule inet filter forward ip saddr 192.0.2.5 meta nftrace set 1; nft monitor trace | uncloak parse.",
			Source:  "nft(8), monitor; wiki.nftables.org, Ruleset debug/tracing",
		},
		{
			Name:    "odhcpd",
			Devices: "OpenWrt",
			Sample:  "Nov 21 10:10:04 gw odhcpd[1]: DHCPV6 REQUEST IA_NA from 000100012a00000000005e005303 on br-lan: ok 2001:db8::50/128",
			Reads:   "Leases of DHCPv6 with address and interface.",
			Enable:  "uci set dhcp.odhcpd.loglevel=6; uci commit dhcp; service odhcpd restart.",
			Source:  "OpenWrt odhcpd src/dhcpv6-ia.c",
		},
		{
			Name:    "efficientip",
			Devices: "EfficientIP SOLIDserver DDI, DNS Guardian",
			Sample:  "Nov 21 10:40:04 ddi named[74943]: ARMING trigger on 192.0.2.147.00:00:5e:00:53:01.x (action:QUARANTINE) (Suspicious Behavior)",
			Reads:   "Triggers that arm and disarm on a client, matched lists. Its queries, answers and leases are in the words of BIND and ISC dhcpd and are read as theirs.",
			Enable:  "Administration, Monitoring, Configuration: add a target for the services named and dhcpd.",
			Source:  "SEKOIA.IO, EfficientIP SOLIDServer DDI; its public test lines",
		},
		{
			Name:    "nat-syslog",
			Devices: "FD.io VPP (NAT44-ED, NAT64, DS-Lite)",
			Sample:  `<134>1 2026-11-21T10:41:00.087236Z 192.0.2.1 NAT 15634 SADD [nsess SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6" XDADDR="198.51.100.2" XDPORT="80"]`,
			Reads:   "Sessions that begin and end with inside and outside endpoints and destination (SADD, SDEL); mappings of ports (APMADD, APMDEL), which are not counted as sessions.",
			Enable:  "set syslog sender 192.0.2.5 collector 192.0.2.1; set syslog filter severity info.",
			Source:  "draft-ietf-behave-syslog-nat-logging-06; FD.io VPP src/plugins/nat/lib/nat_syslog.c",
		},
		{
			Name:    "nflog-xml",
			Devices: "Linux ulogd 2 (XML of NFLOG)",
			Sample:  "<log><when><hour>10</hour><min>42</min><sec>01</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when><prefix>drop in</prefix><hook>1</hook><indev>2</indev><payload>4500003c1c4640004006b1e6c63364070a010105115c0016000000000000000050020000</payload></log>",
			Reads:   "Prefix, numbers of the interfaces, and from the packet itself addresses, ports, protocol and TCP flags.",
			Enable:  "In ulogd.conf: stack=log1:NFLOG,xml1:XML; NFLOG must copy at least 60 bytes of each packet (--nflog-size).",
			Source:  "ulogd 2 output/ulogd_output_XML.c; libnetfilter_log, nflog_snprintf_xml",
		},
		{
			Name:    "oomd",
			Devices: "systemd-oomd, earlyoom, systemd",
			Sample:  "Nov 21 10:46:05 pc earlyoom[701]: sending SIGTERM to process 1985 uid 1000 \"firefox\": oom_score 733, VmRSS 900 MiB, cmdline \"firefox\"",
			Reads:   "Kills with control group or process and pid, each counted once: what systemd and earlyoom say after it is understood, but no second kill.",
			Enable:  "Nothing to switch on. Send daemon.* to uncloak.",
			Source:  "systemd src/oom/oomd-manager.c; earlyoom kill.c",
		},
	}
}
