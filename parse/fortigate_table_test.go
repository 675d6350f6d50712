package parse

import "testing"

// Sessions of the FortiOS handbook and Fortinet's community pages, with other addresses, their lines joined as an import
// does.
func TestFortigateTable(t *testing.T) {
	checkAll(t, []says{
		{"source NAT", "session info: proto=6 proto_state=05 duration=14 expire=1 timeout=3600 flags=00000000 socktype=0 use=3 origin-shaper= reply-shaper= per_ip_shaper= class_id=0 ha_id=0 policy_dir=0 tunnel=/ vlan_cos=0/255 state=may_dirty statistic(bytes/packets/allow_err): org=860/7/1 reply=555/8/1 tuples=2 tx speed(Bps/kbps): 60/0 rx speed(Bps/kbps): 38/0 orgin->sink: org pre->post, reply pre->post dev=9->6/6->9 gwy=192.0.2.1/192.168.0.10 hook=post dir=org act=snat 192.168.0.10:49531->198.51.100.114:443(203.0.113.201:61776) hook=pre dir=reply act=dnat 198.51.100.114:443->203.0.113.201:61776(192.168.0.10:49531) pos/(before,after) 0/(0,0), 0/(0,0) misc=0 policy_id=2",
			`{"kind":"entry","event":"entry","dialect":"fortigate-table","src":"192.168.0.10","sport":49531,"dst":"198.51.100.114","dport":443,"nat_src":"203.0.113.201","nat_sport":61776,"nat_dst":null,"state":"TIME_WAIT","packets":15,"bytes":1415,"timeout_s":1}`},
		{"both translated", "session info: proto=6 proto_state=01 expire=3599 timeout=3600 statistic(bytes/packets/allow_err): org=1/1/1 reply=1/1/1 tuples=3 hook=pre dir=org act=dnat 198.51.100.9:5000->203.0.113.1:443(10.1.1.5:8443) hook=post dir=org act=snat 198.51.100.9:5000->10.1.1.5:8443(10.1.1.1:50000) hook=post dir=reply act=snat 10.1.1.5:8443->198.51.100.9:5000(203.0.113.1:443)",
			`{"src":"198.51.100.9","dst":"203.0.113.1","dport":443,"nat_dst":"10.1.1.5","nat_dport":8443,"nat_src":"10.1.1.1","nat_sport":50000,"state":"ESTABLISHED"}`},
		{"udp, not answered", "session info: proto=17 proto_state=00 duration=59 expire=128 timeout=0 statistic(bytes/packets/allow_err): org=385/5/1 reply=0/0/0 tuples=2 hook=pre dir=org act=noop 10.1.1.9:5000->198.51.100.9:6881(0.0.0.0:0)", `{"proto":"udp","unreplied":true,"nat_src":null}`},
		{"icmp", "session info: proto=1 proto_state=00 duration=29 expire=31 timeout=0 statistic(bytes/packets/allow_err): org=168/2/1 reply=168/2/1 tuples=2 hook=post dir=org act=snat 192.168.1.10:2691->198.51.100.114:8(203.0.113.2:63107)", `{"proto":"icmp","sport":2691,"dport":null,"nat_src":"203.0.113.2","state":null}`},
		{"v6", "session6 info: proto=6 proto_state=01 expire=3599 timeout=3600 statistic(bytes/packets/allow_err): org=1/1/1 reply=1/1/1 tuples=2 hook=pre dir=org act=noop 2001:db8::9:5000->2001:db8:1::1:443(:::0)", `{"src":"2001:db8::9","sport":5000,"dst":"2001:db8:1::1","dport":443,"nat_src":null}`},
		{"how many", "total session 1", `{"event":"system","dialect":"fortigate-table"}`},
		{"torn before its ends", "session info: proto=6 proto_state=01 duration=11 expire=3599 timeout=3600 flags=00000000", `{"event":"unknown"}`},
		{"torn within them", "session info: proto=6 proto_state=01 duration=11 expire=3599 timeout=3600 hook=post dir=org act=snat 192.168.0.10:49531->198.5", `{"event":"unknown"}`},
	})
}
