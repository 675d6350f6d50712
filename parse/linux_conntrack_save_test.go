package parse

import "testing"

// Lines of conntrack-tools 1.4.7.
func TestConntrackSave(t *testing.T) {
	checkAll(t, []says{
		{"tcp", "-A -t 999 -u SEEN_REPLY,ASSURED -s 192.168.1.10 -d 203.0.113.5 -r 203.0.113.5 -q 198.51.100.1 -p tcp --sport 5000 --dport 443 --reply-port-src 443 --reply-port-dst 5000 --state ESTABLISHED",
			`{"kind":"conntrack","event":"entry","dialect":"conntrack-save","src":"192.168.1.10","sport":5000,"dst":"203.0.113.5","dport":443,"nat_src":"198.51.100.1","nat_sport":5000,"proto":"tcp","state":"ESTABLISHED","assured":true}`},
		{"icmp", "-D -t 29 -u UNSET -s 192.168.1.10 -d 203.0.113.5 -r 203.0.113.5 -q 192.168.1.10 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77",
			`{"event":"session-end","sport":77,"proto":"icmp","unreplied":true}`},
		{"a zone", "-A -t 29 -u UNSET -w 3 -s 192.168.1.10 -d 203.0.113.5 -r 203.0.113.5 -q 192.168.1.10 -p udp --sport 5000 --dport 53 --reply-port-src 53 --reply-port-dst 5000",
			`{"event":"entry","dport":53,"nat_src":null}`},
		{"rules of iptables-save are none", "-A INPUT -s 192.168.1.10/32 -p tcp -j ACCEPT", `{"event":"unknown"}`},
	})
}

// What vyos-conntrack-logger writes: the entry's id in front, stamps of the kernel behind.
func TestVyOSConntrack(t *testing.T) {
	checkAll(t, []says{
		{"new", "Nov 21 10:00:00 gw vyos-conntrack-logger[1234]: [NEW]     2837466 tcp      6 120 SYN_SENT src=192.168.1.10 dst=203.0.113.5 sport=5000 dport=443 [UNREPLIED] src=203.0.113.5 dst=198.51.100.1 sport=443 dport=5000 mark=0",
			`{"kind":"conntrack","event":"session-new","src":"192.168.1.10","nat_src":"198.51.100.1","state":"SYN_SENT"}`},
		{"ended", "Nov 21 10:00:00 gw vyos-conntrack-logger[1234]: [DESTROY] 2837466 udp      17 src=192.168.1.10 dst=203.0.113.5 sport=5000 dport=53 packets=1 bytes=60 src=203.0.113.5 dst=198.51.100.1 sport=53 dport=5000 packets=1 bytes=90 portid=12 start=1795292879000000000 stop=1795292909000000000 delta=30.5 ",
			`{"event":"session-end","src":"192.168.1.10","bytes":150,"lasted_ms":30500}`},
	})
}
