package parse

import "testing"

func TestMikrotik(t *testing.T) {
	checkAll(t, []says{
		{"new", lineMikrotik, `{"kind":"fw-packet","event":"session-new","host":"mikrotik","src":"192.168.1.132","sport":51413,"dst":"44.142.178.79","dport":48892,"proto":"udp","in_if":"bridge","out_if":"ether1","rule":"nat-new"}`},
		{"source nat", "firewall,info forward: in:ether5-LAN out:ether1, src-mac 00:19:e7:90:d4:45, proto TCP (SYN), 10.0.10.76:61127->40.127.110.237:443, NAT (10.0.10.76:61127->10.0.100.254:61128)->40.127.110.237:443, len 52",
			`{"event":"session-new","flags":"SYN","nat_src":"10.0.100.254","nat_sport":61128,"nat_dst":null,"rule":null}`},
		{"destination nat", "firewall,info fwd forward: in:wan out:lan, connection-state:new,dnat proto TCP (SYN), 1.2.3.4:5->192.168.1.9:80, NAT 1.2.3.4:5->(203.0.113.7:80->192.168.1.9:8080), len 52", `{"dst":"203.0.113.7","dport":80,"nat_dst":"192.168.1.9","nat_dport":8080,"nat_src":null}`},
		{"answer to a session that was translated", "firewall,info forward: in:wan out:lan, src-mac 00:00:5e:00:53:c0, proto TCP (ACK,FIN), 198.51.100.19:443->172.16.11.224:39010, NAT 198.51.100.19:443->(192.0.2.12:39010->172.16.11.224:39010), len 52",
			`{"event":"system","src":"198.51.100.19","dst":"192.0.2.12","dport":39010,"nat_dst":"172.16.11.224","nat_dport":39010}`},
		{"established", "firewall,info x forward: in:3BEA VLAN out:Inspira Fibre Uplink, connection-state:established,snat src-mac a8:7e:ea:33:f7:57, proto TCP (ACK), 10.10.12.32:50849->52.123.135.5:443, len 40",
			`{"event":"system","flags":"ACK","in_if":"3BEA VLAN","out_if":"Inspira Fibre Uplink"}`},
		{"related udp", "firewall,info x forward: in:a out:b, connection-state:established proto UDP, 10.10.12.32:50849->52.123.135.5:443, len 40", `{"event":"system"}`},
		{"dropped", "2023-03-18T20:36:59.594792+01:00 10.120.127.1 firewall,info drop-tcp input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac 00:17:10:88:bc:02, proto TCP (SYN), 36.97.161.219:59388->81.82.202.145:23, len 40",
			`{"event":"session-denied","action":"deny","out_if":null,"host":"10.120.127.1","time":"2023-03-18T20:36:59.594792+01:00"}`},
		{"ipv6", "gw firewall,info input: in:WAN out:(unknown 0), connection-state:new proto TCP (SYN), [2001:db8:1234::1]:40384->[2001:db8:1234::2]:20461, len 24", `{"src":"2001:db8:1234::1","sport":40384,"dst":"2001:db8:1234::2","dport":20461}`},
		{"ping", "<134>2026-04-29T19:16:14.0000+0000 MikroTik conn-new forward: in:ether2 out:ether1, connection-state:new src-mac 52:54:00:00:02:01, proto ICMP (type 8, code 0), 192.168.88.254->1.1.1.1, len 84",
			`{"event":"session-new","proto":"icmp","dst":"1.1.1.1"}`},
		{"ping answer", "x forward: in:a out:b, proto ICMP (type 0, code 0), 192.168.88.254->1.1.1.1, len 84", `{"event":"system"}`},
		{"several flags", "x forward: in:a out:b, proto TCP (SYN,ACK), 1.1.1.1:443->192.168.88.254:5, len 84", `{"event":"system","flags":"ACK SYN"}`},
		{"cut short", "firewall,info nat-new forward: in:bridge out:ether1, connection-state:new src-mac 52:54:00:a8:01:84, proto UDP, 192.168.1.132:51", `{"event":"unknown","in_if":null}`},
	})
}
