package parse

import "testing"

func TestPowerDNS(t *testing.T) {
	checkAll(t, []says{
		{"from the packet cache", `Nov 28 13:13:35 r pdns_recursor[99]: 3 question answered from packet cache tag=0 from 192.168.1.5:48936`,
			`{"event":"dns-query","dialect":"powerdns","src":"192.168.1.5","sport":48936,"qname":null}`},
		{"structured, from the packet cache", `Nov 28 13:13:35 msg="Question answered from packet cache" subsystem="in" level="0" prio="Notice" tid="2" ts="1795871615.161" proto="udp" qname="nx1.example.com" qtype="A" remote="127.0.0.1:48936" source="127.0.0.1:48936" tag="0"`,
			`{"event":"dns-query","time":"2026-11-28T13:13:35.161Z","src":"127.0.0.1","sport":48936,"proto":"udp","qname":"nx1.example.com","qtype":"A"}`},
		{"structured, doubled backslash", `Nov 28 13:13:35 msg="Question" subsystem="syncres" ts="1795871615.873" proto="udp" qname="foo\\032bar.example.com" qtype="A" remote="127.0.0.1:45015"`,
			`{"event":"dns-query","qname":"foo\\032bar.example.com"}`},
		{"structured answer", `Nov 28 13:13:35 msg="Answer" subsystem="syncres" ts="1795871615.042" answers="0" proto="udp" qname="nx1.example.com" qtype="A" rcode="3" remote="127.0.0.1:42714"`,
			`{"kind":"dns-reply","event":"system","dialect":"powerdns","src":"127.0.0.1","qname":"nx1.example.com"}`},
		{"recursor", `Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] question for 'www.example.com|A' from 192.168.1.5`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","qname":"www.example.com","qtype":"A","app":"pdns_recursor","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"authoritative", `Nov 21 10:00:00 r pdns_server[99]: Remote 192.168.1.5 wants 'example.com|SOA', do = 0, bufsize = 512: packetcache MISS`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","qname":"example.com","qtype":"SOA","app":"pdns_server","procid":"99","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"dnsdist", `Nov 21 10:00:00 r dnsdist[99]: Got query for example.com.|A from 192.168.1.5:12345 (UDP, 54 bytes), relayed to 8.8.8.8:53`,
			`{"kind":"dns-query","event":"dns-query","dialect":"powerdns","stamp":"11-21T10:00:00","host":"r","src":"192.168.1.5","sport":12345,"qname":"example.com","qtype":"A","app":"dnsdist","procid":"99","action":null,"nat_src":null,"nat_dst":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"recursor 5", `Nov 21 10:00:00 r pdns_recursor[99]: msg="Question" subsystem="syncres" level="0" prio="Info" tid="3" ts="1795255200.000" ecs="" mtid="3" proto="udp" qname="www.example.com" qtype="AAAA" remote="192.0.2.5:5353"`,
			`{"event":"dns-query","dialect":"powerdns","src":"192.0.2.5","sport":5353,"qname":"www.example.com","qtype":"AAAA"}`},
		{"dnsdist's LogAction", `Nov 21 10:45:00 lb dnsdist[1]: Packet from 192.0.2.5:50128 for www.example.com. AAAA with id 4244`,
			`{"event":"dns-query","dialect":"powerdns","src":"192.0.2.5","sport":50128,"qname":"www.example.com","qtype":"AAAA"}`},
		{"dnsdist, IPv6 client", `Got query for example.com.|MX from [2001:db8::5]:12345 (UDP, 54 bytes), relayed to 192.0.2.53:53`,
			`{"event":"dns-query","src":"2001:db8::5","sport":12345,"qname":"example.com","qtype":"MX"}`},
		{"an answer is no question", `Nov 21 10:00:00 r pdns_recursor[99]: 3 [24/1] answer to question 'www.example.com|A': 1 answers, 0 additional, took 1 packets, rcode=0`,
			`{"kind":"dns-reply","event":"system","qname":"www.example.com"}`},
		{"no client", `Got query for example.com.|A from nobody`, `{"event":"unknown","dialect":null,"qname":null,"qtype":null}`},
	})
}
