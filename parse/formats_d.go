package parse

// formatsD describes the dialects of Linux, its daemons and the first vendors.
func formatsD() []Format {
	return []Format{
		{
			Name:    "netfilter",
			Devices: "Linux iptables and nftables, OpenWrt, ufw, UniFi, ASUS, DD-WRT, Tomato, Shorewall, Vuurmuur",
			Sample:  "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] [NEW] IN=br-lan OUT=wan0 MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:01:08:00 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0",
			Reads:   "Addresses, ports, protocol, TCP flags, interfaces, and the rule's prefix, which alone says whether the packet passed. An ICMP error's quoted packet is not taken for the packet.",
			Enable:  "nft add rule inet fw4 forward ct state new log prefix \"[NEW] \", or iptables -I FORWARD -m conntrack --ctstate NEW -j LOG --log-prefix '[NEW] '.",
			Source:  "Linux net/netfilter/nf_log_syslog.c",
		},
		{
			Name:    "conntrack",
			Devices: "Linux conntrack-tools, /proc/net/nf_conntrack, /proc/net/ip_conntrack",
			Sample:  "[1795292879.516758]\t    [NEW] ipv4     2 udp      17 10 src=192.168.128.1 dst=192.168.128.14 sport=54345 dport=514 [UNREPLIED] src=192.168.128.14 dst=192.168.128.1 sport=514 dport=54345",
			Reads:   "Both tuples (the translation is what the reply differs in), state, ASSURED and UNREPLIED, packets and bytes where accounting is on.",
			Enable:  "conntrack -E -o timestamp | logger -t conntrack; sysctl net.netfilter.nf_conntrack_acct=1 for bytes.",
			Source:  "conntrack(8); Linux net/netfilter/nf_conntrack_standalone.c",
		},
		{
			Name:    "ulogd",
			Devices: "Linux ulogd 2 (NFCT, LOGEMU)",
			Sample:  "<141>Nov 21 20:43:16 router ulogd[6017]: [DESTROY] ORIG: SRC=192.168.128.10 DST=198.18.26.19 PROTO=TCP SPT=55866 DPT=80 PKTS=6 BYTES=338 , REPLY: SRC=198.18.26.19 DST=100.64.7.2 PROTO=TCP SPT=80 DPT=55866 PKTS=5 BYTES=1187",
			Reads:   "New, changed and ended sessions with both tuples, packets and bytes.",
			Enable:  "In ulogd.conf: stack=ct1:NFCT,ip2str1:IP2STR,print1:PRINTFLOW,sys1:SYSLOG, and event_mask=0x5 for new and ended sessions.",
			Source:  "ulogd 2 documentation, ulogd.conf",
		},
		{
			Name:    "kernel",
			Devices: "Linux 2.2 to 6.x, FreeBSD; any way in which their messages come: syslog, dmesg in all its forms, /dev/kmsg, the journal, logwatch",
			Sample:  "<4>Nov 21 20:28:21 router kernel: [ 5632.359712] nf_conntrack: nf_conntrack: table full in netns 4026532177, dropping packet",
			Reads:   "Full tables (Detail says which; none is the session table), swallowed messages with their number, every line of an OOM kill (counted once), window shrinks, SYN floods, orphans, TCP memory, neighbours, martians (the first address is the destination), bad UDP packets, links, bridges, hung tasks, crashes, I/O errors, heat.",
			Enable:  "Nothing to switch on. Send kern.* to uncloak, or run uncloak serve --kmsg on the router itself.",
			Source:  "Linux and FreeBSD sources; uncloak explain names file and function of each message",
		},
		{
			Name:    "dnsmasq",
			Devices: "dnsmasq (OpenWrt, ASUS, DD-WRT, Pi-hole)",
			Sample:  "<30>Nov 21 20:28:21 router dnsmasq[6022]: 17 192.168.128.10/40123 query[PTR] 9.2.0.192.in-addr.arpa from 192.168.128.10",
			Reads:   "Queries with client, name and type; answers and forwards; leases with address and host name.",
			Enable:  "log-queries=extra and log-dhcp in dnsmasq.conf; on OpenWrt: uci set dhcp.@dnsmasq[0].logqueries=1.",
			Source:  "dnsmasq(8); dnsmasq src/cache.c log_query",
		},
		{
			Name:    "mikrotik",
			Devices: "MikroTik RouterOS 6 and 7",
			Sample:  "Dec 31 00:00:14 mikrotik firewall,info nat-new forward: in:bridge out:ether1, connection-state:new src-mac 52:54:00:a8:01:84, proto UDP, 192.168.1.132:51413->44.142.178.79:48892, len 60",
			Reads:   "Chain, interfaces, state, protocol, flags, addresses and ports, both sides of a translation, the rule's prefix.",
			Enable:  "/ip firewall filter add chain=forward connection-state=new action=log log-prefix=nat-new place-before=0; /system logging action set remote remote=192.0.2.5; /system logging add topics=firewall action=remote.",
			Source:  "MikroTik, Manual:IP/Firewall/Filter and Manual:System/Log",
		},
		{
			Name:    "cisco",
			Devices: "Cisco ASA, PIX, Secure Firewall (FTD)",
			Sample:  "Nov 02 2025 00:00:00 asa-fw : %ASA-6-302013: Built outbound TCP connection 1 for outside:153.30.140.114/22 (153.30.140.114/22) to inside:10.0.0.67/57244 (203.0.113.7/57244)",
			Reads:   "Connections built and taken down with translated addresses, bytes and reason; denials; translations; exhausted pools.",
			Enable:  "logging enable; logging timestamp; logging trap informational; logging host inside 192.0.2.5.",
			Source:  "Cisco ASA Series Syslog Messages",
		},
		{
			Name:    "syslog",
			Devices: "syslogd, rsyslog, systemd-journald",
			Sample:  "Jun  3 07:46:22 router1 last message repeated 9 times",
			Reads:   "Repeated lines (a message in brackets is read as itself and counted so often) and lines that the daemon threw away, with their number.",
			Enable:  "Nothing to switch on. For exact counts switch it off: $RepeatedMsgReduction off, RateLimitBurst=0.",
			Source:  "rsyslog runtime/ratelimit.c; journald.conf(5)",
		},
		{
			Name:    "login",
			Devices: "OpenSSH, dropbear",
			Sample:  "Jun 10 12:32:00 dropbear: Login succeeded for 'admin' from 192.0.2.20:51000",
			Reads:   "The address and the port from which somebody logged in or tried to.",
			Enable:  "Send auth.* and authpriv.* to uncloak.",
			Source:  "OpenSSH auth.c; dropbear src/svr-auth.c",
		},
		{
			Name:    "link",
			Devices: "pppd, netifd, systemd-networkd, NetworkManager, dhcpcd",
			Sample:  "Feb 12 14:10:21 gw netifd: Interface 'wan' is now down",
			Reads:   "Interfaces and PPP sessions that come and go.",
			Enable:  "Send daemon.* to uncloak.",
			Source:  "pppd(8); OpenWrt netifd interface.c",
		},
		{
			Name:    "daemon",
			Devices: "cron, hostapd, wpa_supplicant, systemd, NTP clients, miniupnpd, sudo; what else sshd, dropbear, pppd and dhcpcd say",
			Sample:  "Nov 29 00:08:11 gw crond[445]: USER root pid 3295 cmd /usr/sbin/ddns-update",
			Reads:   "The tag: such lines are system, and of no consequence to any finding.",
			Enable:  "On by default.",
			Source:  "their manual pages",
		},
		{
			Name:    "journal",
			Devices: "systemd",
			Sample:  "__REALTIME_TIMESTAMP=1795292901195360",
			Reads:   "Fields of journalctl -o export, one a line, and the notes between the lines (-- Boot …). Whole objects of -o json are read as the message in them.",
			Enable:  "journalctl -o json -f | uncloak import -.",
			Source:  "systemd.journal-fields(7); Journal Export Formats",
		},
	}
}

// headerForms describes what may stand in front of a message, in every dialect.
func headerForms() []Format {
	const full = "nf_conntrack: table full, dropping packet"
	return []Format{
		{Name: "RFC 3164", Sample: "<4>Nov 21 20:28:21 router kernel: " + full, Reads: "Priority, stamp, host, tag; each may be missing. Fractions, a year before or behind the clock, names of zones."},
		{Name: "RFC 5424", Sample: "<4>1 2026-11-21T20:28:49.003853+00:00 router kernel - - [x@1 a=\"b\"] " + full, Reads: "The whole header; structured data is skipped. A line that breaks the grammar is malformed and kept whole."},
		{Name: "ISO", Sample: "2026-11-21T20:28:21.195+09:00 router kernel: " + full, Reads: "T or blank, dashes or slashes, point or comma, zone as Z, +09:00, +0900, +09, a name or none."},
		{Name: "dmesg", Sample: "[ 5632.359712][T14021] " + full, Reads: "Seconds since boot; the caller is skipped."},
		{Name: "dmesg -T", Sample: "[土 11月 21 20:27:58 2026] " + full, Reads: "The wall clock, with the month in the languages of glibc that routers' owners use."},
		{Name: "dmesg -x, -e, -d", Sample: "kern  :warn  : [ 5632.359712 <    0.000012>] " + full, Reads: "Facility and level in words, relative and delta stamps."},
		{Name: "dmesg --time-format iso", Sample: "2026-11-21T20:28:20,123456+00:00 " + full, Reads: "Stamp and zone."},
		{Name: "/dev/kmsg", Sample: "4,37812,5632359712,-;" + full, Reads: "Priority and microseconds since boot."},
		{Name: "journalctl -o json", Sample: `{"__REALTIME_TIMESTAMP":"1795292901195360","_TRANSPORT":"kernel","PRIORITY":"4","_HOSTNAME":"router","MESSAGE":"` + full + `"}`, Reads: "Message, time, host, identifier, PID, and the kernel's own uptime."},
		{Name: "journalctl -o short-full", Sample: "Sat 2026-11-21 20:28:21 UTC router kernel: " + full, Reads: "Stamp and zone. short, short-iso, short-precise, short-monotonic and short-unix too, and short in other languages."},
		{Name: "logread (OpenWrt)", Sample: "Tue Mar  5 07:08:09 2024 kern.warn kernel: [ 12345.678901] " + full, Reads: "Stamp with year, uptime."},
		{Name: "logwatch", Sample: " 3 Time(s): " + full, Reads: "How often the line was there."},
		{Name: "Cisco", Sample: "<189>117: gw-03: *May  9 12:49:27.098 UTC: %SYS-5-RESTART: System restarted", Reads: "Sequence numbers, origin-id, the node of IOS XR, zone, and the mark * of a clock that is not set."},
		{Name: "NX-OS, Huawei, RouterOS", Sample: "<190>2018 Apr 20 13:15:07 nexus %ETHPORT-5-IF_UP: Interface Ethernet1/33 is up", Reads: "The year in front; months of one digit; mar/05/2024."},
		{Name: "relayed", Sample: "<134>Nov 21 20:28:22 relay1 <4>Nov 21 20:28:21 router kernel: " + full, Reads: "The inner host and stamp are the event's; the relay is noted. Up to three headers inside each other."},
		{Name: "octet counting", Sample: "59 <4>Nov 21 20:28:21 router kernel: " + full, Reads: "A length left in front by RFC 6587 is skipped."},
	}
}
