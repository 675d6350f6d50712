package parse

// formatsC describes the dialects of this family for docs/formats.md.
func formatsC() []Format {
	return []Format{
		{"pf", "pfSense, OPNsense (filterlog); OpenBSD, FreeBSD, older pfSense (pflog through tcpdump)",
			"<134>1 2022-09-06T18:37:34+02:00 opnsense filterlog 69805 - - 103,,,40b9591224d055de2beec8b74ea486b1,re0,match,pass,in,4,0x0,,116,11172,0,none,17,udp,48,68.41.165.77,10.0.0.200,64752,51918,28",
			"Verdict, direction and interface, addresses, ports, protocol, TCP flags; the tracker (or the rule's number) as the rule. Reasons state-limit, src-limit and memory, and the kernel's \"PF states limit reached\", are a full table.",
			"pfSense: Status > System Logs > Settings, send firewall events to this host. OPNsense: System > Settings > Logging > Remote, application filterlog. Rules log where \"log\" is ticked. OpenBSD: tcpdump -n -e -l -i pflog0 | logger -t pf.",
			"Netgate, Raw Filter Log Format; pflog(4)"},
		{"ipfw", "FreeBSD, macOS to 10.6, wipfw on Windows",
			"Aug 27 14:33:01 Macinfish ipfw:  12190 Deny TCP 192.168.13.1:2060 192.168.13.104:5000 in via en1",
			"Rule, verdict, protocol, addresses and ports, interface; connections to closed ports (log_in_vain, stealth mode); \"Too many dynamic rules\" as a full table.",
			"Add the word log to a rule and set sysctl net.inet.ip.fw.verbose=1.",
			"ipfw(8), section log"},
		{"conntrack-xml", "conntrack-tools, ulogd (XML)",
			`<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>51518</sport><dport>53</dport></layer4></meta><meta direction="reply">…</meta></flow>`,
			"What conntrack says: both tuples and NAT, state, assured, unreplied, counters, the stamp of -o timestamp.",
			"conntrack -E -o xml,timestamp, one flow a line.",
			"conntrack(8); libnetfilter_conntrack"},
		{"ulogd-json", "ulogd 2 (JSON output)",
			`{"timestamp": "2026-11-21T20:28:21.123456+0100", "oob.prefix": "DROP ", "ip.protocol": 6, "tcp.syn": 1, "src_port": 40000, "dest_port": 22, "oob.in": "eth0", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2"}`,
			"Packets: prefix, interfaces, addresses, ports, flags, action. Flows: both tuples and NAT, counters, event.",
			"In ulogd.conf: stack=log2:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON, or ct1:NFCT,ip2str1:IP2STR,json1:JSON for flows.",
			"ulogd.conf, output plugin JSON"},
		{"unbound", "Unbound; OPNsense and pfSense resolvers",
			"Oct  5 15:16:46 fw1 unbound[96103]: [96103:0] info: 192.168.1.100 daisy.ubuntu.com. A IN",
			"Queries with client, name and type; answers and local actions.",
			"In unbound.conf, server: log-queries: yes (and log-replies, log-local-actions).",
			"unbound.conf(5)"},
		{"bind", "BIND 9",
			"21-Nov-2026 10:00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)",
			"Queries with client, port, name and type; queries, transfers and updates that are denied; failures and policy zones.",
			"rndc querylog on, or a logging channel for the category queries.",
			"BIND 9 Administrator Reference Manual, logging"},
		{"nsd", "NSD", "Nov 21 10:00:00 n nsd[99]: axfr for example.com. from 10.0.0.5 refused, no acl matches.",
			"Who asks for a zone and is refused. NSD logs no queries.", "On by default; verbosity: 1 says more.", "nsd.conf(5)"},
		{"knot", "Knot DNS, Knot Resolver", "Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP",
			"Who is denied, with port.", "On by default.", "Knot DNS documentation, logging section"},
		{"powerdns", "PowerDNS Recursor, Authoritative Server, dnsdist", "Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5",
			"Questions with client, name and type, in the plain and the structured form.",
			"Recursor: quiet=no. Authoritative: log-dns-queries=yes and loglevel=5. dnsdist: setVerbose(true).", "PowerDNS settings reference"},
		{"adguard", "AdGuard Home", `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Answer":"…","IP":"192.168.1.5","Elapsed":1234}`,
			"Queries with client, name, type and time; failed logins of the text log.", "Settings > General > Query log; the file is data/querylog.json.", "AdGuard Home wiki, Configuration"},
		{"technitium", "Technitium DNS Server", "[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]",
			"Questions with client, port, transport, name and type.", "Settings > Logging: Enable Logging, Log All Queries.", "Technitium DNS Server, settings help"},
		{"pihole", "Pi-hole FTL", "[2026-11-21 10:00:00.123 1234M] INFO: PID of FTL process: 1234",
			"The stamp. Pi-hole's queries are in pihole.log and read as dnsmasq.", "On by default: /var/log/pihole/.", "docs.pi-hole.net, ftldns"},
		{"dhcpd", "ISC DHCP server", "Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (abbie-desktop) via eth0",
			"Leases with address, the host's own name and interface; all other messages of the protocol.", "On by default (facility daemon; log-facility changes it).", "dhcpd(8), dhcpd.conf(5)"},
		{"kea", "ISC Kea", "2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds",
			"Leases with their address.", "On by default; \"output_options\": [{\"output\": \"syslog\"}] sends them to syslog.", "Kea Messages Manual"},
		{"windows-dhcp", "Windows DHCP server (audit log)", "11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
			"Leases new and renewed, with host name and local time.", "On by default: C:\\Windows\\System32\\dhcp\\DhcpSrvLog-*.log.", "Microsoft Learn, DHCP audit log"},
		{"udhcpd", "BusyBox", "Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100", "Leases with their address.", "udhcpd -S logs to syslog.", "BusyBox, networking/udhcp"},
		{"tcpdump", "tcpdump on any system, with -n", "2013-10-22 07:06:11.997117 IP 127.0.0.1.56440 > 127.0.0.1.6633: Flags [R], seq 2428319660, win 0, length 0",
			"Addresses, ports, protocol, TCP flags, payload; DNS questions; ARP. A bare SYN is a new session, a RST a reset, the rest traffic.",
			"tcpdump -n -tttt -l; -tttt gives the date.", "tcpdump(1), output format"},
		{"tshark", "tshark -q -z io,stat / conv,tcp / http_req,tree", "| 10 <> 20 |   2696 | 3307638 |",
			"Frames and bytes of an interval or a conversation; counts.", "tshark -q -z conv,tcp -r file.pcap", "tshark(1)"},
		{"ping", "ping on Linux, BSD, macOS, BusyBox and Windows (any language); fping", "64 bytes from 1.1.1.1: seq=0 ttl=57 time=4.321 ms",
			"Round trip, sequence, TTL, size, who answered; timeouts and refusals with their reason; the summary.", "ping -D adds a Unix stamp on Linux.", "ping(8)"},
		{"traceroute", "traceroute, tracepath, tracert", " 5  host.example.net (86.50.255.220) [AS1741]  3.810 ms  3.845 ms *",
			"Hop, addresses, name, round trips.", "traceroute -n is the shortest to read.", "traceroute(8)"},
		{"mtr", "mtr --report, --csv, --raw", "  3.|-- 68.85.118.13   0.0%    10    9.8  12.2   8.7  18.2   3.0",
			"Hop, address, name, loss, probes and round trips.", "mtr --report --no-dns ADDRESS", "mtr(8)"},
	}
}

// whyC says what gave a line of this family away; see Explain.
func whyC(dialect string) string {
	switch dialect {
	case "pf":
		return "tag filterlog and its comma separated fields, or pflog's rule N/(reason) action dir on interface"
	case "ipfw":
		return "ipfw: rule, verdict, protocol and two addresses, or the kernel's note about a connection in vain"
	case "conntrack-xml":
		return "a <flow> element with two tuples"
	case "ulogd-json":
		return "a JSON object with ulogd's keys"
	case "unbound", "bind", "nsd", "knot", "powerdns", "dhcpd", "kea", "udhcpd":
		return "tag or first words of " + dialect
	case "adguard", "technitium", "pihole", "windows-dhcp":
		return "the shape of a line in the log file of " + dialect
	case "tcpdump", "tshark", "ping", "traceroute", "mtr":
		return "a line as " + dialect + " prints it"
	}
	return ""
}
