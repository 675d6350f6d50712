package parse

import "testing"

// Rows that owners have published, and those of help.mikrotik.com, with other addresses. An import joins the lines of
// the detailed form.
func TestMikrotikTable(t *testing.T) {
	checkAll(t, []says{
		{"detail", " 1  SAC  s  protocol=tcp src-address=192.168.10.123:49858 dst-address=198.51.100.109:443 reply-src-address=198.51.100.109:443 reply-dst-address=203.0.113.65:49860 tcp-state=established timeout=23h59m20s orig-packets=40 orig-bytes=12 090 orig-fasttrack-packets=0 orig-fasttrack-bytes=0 repl-packets=35 repl-bytes=1 006 169 orig-rate=0bps",
			`{"kind":"entry","event":"entry","dialect":"mikrotik-table","src":"192.168.10.123","sport":49858,"dst":"198.51.100.109","dport":443,"nat_src":"203.0.113.65","nat_sport":49860,"nat_dst":null,"state":"ESTABLISHED","assured":true,"packets":75,"bytes":1018259,"timeout_s":86360}`},
		{"terse, ports of their own", "0 SAC protocol=tcp src-address=172.31.255.29 src-port=56454 dst-address=172.31.255.30 dst-port=22 reply-src-address=172.31.255.30 reply-src-port=22 reply-dst-address=172.31.255.29 reply-dst-port=56454 tcp-state=established timeout=23h59m52s orig-packets=520 orig-bytes=47 603",
			`{"event":"entry","sport":56454,"dport":22,"nat_src":null,"nat_dst":null,"bytes":47603}`},
		{"icmp", "1 S Cs protocol=icmp src-address=192.168.80.254 dst-address=198.51.100.142 reply-src-address=198.51.100.142 reply-dst-address=203.0.113.30 icmp-type=8 icmp-code=0 icmp-id=69 timeout=9s orig-packets=7 269 orig-bytes=610 596",
			`{"event":"entry","proto":"icmp","sport":69,"nat_src":"203.0.113.30","packets":7269,"bytes":610596,"timeout_s":9}`},
		{"plain", " 4 SA tcp  10.5.101.147:48984    10.5.101.1:8291       established 4m59s",
			`{"event":"entry","src":"10.5.101.147","dport":8291,"state":"ESTABLISHED","timeout_s":299}`},
		{"plain, not answered", " 0    udp  10.5.8.176:5678       255.255.255.255:5678              0s", `{"event":"entry","proto":"udp","unreplied":true,"timeout_s":null}`},
		{"plain, no ports", " 2    ospf 10.5.101.161          224.0.0.5                         9m58s", `{"event":"entry","src":"10.5.101.161","timeout_s":598}`},
		{"plain of 7 with ports of their own", " 0  SAC Fs tcp       192.168.88.5  50123  198.51.100.1  443  established  23h59m  0bps", `{"event":"entry","sport":50123,"dport":443,"timeout_s":86340}`},
		{"the lines above", "Flags: S - seen-reply, A - assured", `{"event":"system","dialect":"mikrotik-table"}`},
		{"the columns", " #    PR.. SRC-ADDRESS           DST-ADDRESS           TCP-STATE   TIMEOUT", `{"event":"system"}`},
		{"a row that is cut", " 1  SAC  s  protocol=tcp src-address=192.168.10.123:49858", `{"event":"unknown"}`},
		{"another list of RouterOS", " 0 X  address=192.168.3.0/24 list=x", `{"event":"unknown"}`},
	})
}
