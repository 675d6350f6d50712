package parse

import "testing"

var benchLinesC = map[string]string{
	"filterlog":     "Sep 30 14:35:50 pfSense filterlog: 53,,,1000102631,em0,match,block,in,4,0x0,,64,892,0,none,6,tcp,44,10.0.2.2,10.0.2.15,59576,25,0,S,17536001,,65535,,mss",
	"pflog":         "Mar 30 15:55:20 enigma pf: Mar 30 15:53:25.867973 rule 2/(match) pass in on xl0: 205.174.165.231.50425 > 192.168.2.10.22: . ack 2450721 win 73 <nop,nop,timestamp 1815380026 17589621,[|tcp]> (DF) [tos 0x10]",
	"ipfw":          "Aug 27 14:33:01 Macinfish ipfw:  12190 Deny TCP 192.168.13.1:2060 192.168.13.104:5000 in via en1",
	"conntrack-xml": `<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>51518</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>169.254.169.254</src><dst>10.10.0.7</dst></layer3><layer4 protonum="17" protoname="udp"><sport>53</sport><dport>51518</dport></layer4></meta><meta direction="independent"><timeout>30</timeout><id>1753837568</id><unreplied/></meta></flow>`,
	"ulogd-json":    `{"timestamp": "2026-11-21T20:28:21.123456+0100", "dvc": "Netfilter", "raw.pktlen": 60, "oob.prefix": "DROP ", "oob.mark": 0, "ip.protocol": 6, "tcp.seq": 1, "tcp.syn": 1, "src_port": 40000, "dest_port": 22, "oob.in": "eth0", "oob.out": "", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2"}`,
	"unbound":       "Oct  5 15:16:46 fw1 unbound[96103]: [96103:0] info: 192.168.1.100 daisy.ubuntu.com. A IN",
	"bind":          "21-Nov-2026 10:00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)",
	"technitium":    "[2026-06-29 18:49:35 UTC] [127.0.0.1:12345] [UDP] QNAME: example.com; QTYPE: A; QCLASS: IN; RCODE: NoError; ANSWER: [1.2.3.4]",
	"adguard":       `{"T":"2026-11-21T20:28:21.5+01:00","QH":"example.org","QT":"AAAA","QC":"IN","CP":"","Upstream":"https://dns10.quad9.net:443/dns-query","Answer":"abc==","IP":"192.168.1.5","Result":{"Reason":3,"IsFiltered":true},"Elapsed":1234}`,
	"powerdns":      "Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5",
	"knot":          "Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP",
	"dhcpd":         "Dec 11 18:08:44 study dhcpd: DHCPACK on 192.168.0.2 to 00:0c:6e:b1:56:9d (abbie-desktop) via eth0",
	"kea":           "2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/1234.140123] DHCP4_LEASE_ALLOC [hwtype=1 52:54:00:12:34:56], cid=[no info], tid=0x1: lease 10.0.0.5 has been allocated for 3600 seconds",
	"windows-dhcp":  "11,11/01/25,04:05:32,Renew,10.250.71.22,PC-SSD-4632,CC28AA86C37F,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
	"udhcpd":        "Nov 21 10:00:00 h udhcpd[9]: sending ACK to 192.168.1.100",
	"tcpdump":       "2013-10-22 07:06:11.997117 IP 127.0.0.1.56440 > 127.0.0.1.6633: Flags [R], seq 2428319660, win 0, length 0",
	"tcpdump -v":    "    172.16.1.51.6633 > 172.16.1.101.62216: Flags [R.], cksum 0x5d6c (correct), seq 0, ack 2928426029, win 0, length 0",
	"ping":          "64 bytes from 151.101.129.67 (151.101.129.67): icmp_seq=4 ttl=59 time=32.6 ms",
	"ping-windows":  "192.168.1.101 からの応答: バイト数 =32 時間 =18ms TTL=64",
	"traceroute":    " 2  76-220-24-1.lightspeed.sntcca.sbcglobal.net (76.220.24.1)  24.038 ms  23.911 ms  23.724 ms",
	"tracert":       "  3     1 ms    <1 ms    <1 ms  apache-svr [10.0.3.6]",
	"mtr":           "  2. outer-cake                    0.0%    10    3.2   2.6   2.4   3.2   0.3",
	"tshark-iostat": "| 10 <> 20 |   2696 | 3307638 |",
	"tshark-conv":   "10.240.42.159:57628        <-> 172.29.59.138:8002            1592 300 kB       1874 342 kB       3466 643 kB        0.430842000       345.4340",
	"arptables":     "Nov 21 10:00:00 fw kernel: DROP IN=eth0 OUT= MAC=ff:ff ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=00:11:22:33:44:55 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2",
	"pve":           "0 6 PVEFW-HOST-IN 24/Jul/2025:17:27:00 +0200 policy DROP: IN=vmbr0 PHYSIN=enp0s3 MAC=ae:b7:cd SRC=10.137.113.200 DST=10.3.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=128 ID=64406 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1",
}

func BenchmarkFamilyC(b *testing.B) { benchmarkLines(b, benchLinesC) }

func TestFamilyCDoesNotAllocate(t *testing.T) {
	for name, s := range benchLinesC {
		p, line := NewParser(), []byte(s)
		var rec Record
		p.Line(line, &rec)
		if n := testing.AllocsPerRun(100, func() { p.Line(line, &rec) }); n != 0 {
			t.Errorf("%s: %v allocations a line", name, n)
		}
		if rec.Kind == Unknown {
			t.Errorf("%s is not understood", name)
		}
	}
}
