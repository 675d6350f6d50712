package parse

import "testing"

// The lines are those of testdata/vendors-a.log, whose sources vendors-a.md names.
func TestNetScreen(t *testing.T) {
	checkAll(t, []says{
		{"permit", `Jun  2 14:53:31 sample-host isg1000-A2: NetScreen device_id=0000011001000011 [Root]system-notification-00257(traffic): start_time="2015-11-11 10:02:10" duration=0 policy_id=244 service=https proto=6 src zone=Untrust dst zone=Trust action=Permit sent=0 rcvd=0 src=74.168.138.252 dst=72.72.72.72 src_port=1732 dst_port=443 src-xlated ip=1.255.20.1 port=22041 dst-xlated ip=1.244.136.50 port=443 session_id=488451 reason=Creation`,
			`{"kind":"session","event":"session-new","dialect":"netscreen","action":"allow","host":"sample-host","src":"74.168.138.252","sport":1732,"dst":"72.72.72.72","dport":443,"nat_src":"1.255.20.1","nat_sport":22041,"nat_dst":"1.244.136.50","nat_dport":443,"proto":"tcp","detail":"244"}`},
		{"deny without a header", `172.16.10.42 ns5gt: NetScreen device_id=ns5gt  [No Name]system-notification-00257(traffic): start_time="2005-03-16 16:33:22" duration=0 policy_id=320001 service=tcp/port:120 proto=6 src zone=Null dst zone=self action=Deny sent=0 rcvd=40 src=192.168.2.1 dst=1.2.3.4 src_port=31048 dst_port=120`,
			`{"kind":"session","event":"session-denied","dialect":"netscreen","action":"deny","src":"192.168.2.1","sport":31048,"dst":"1.2.3.4","dport":120,"proto":"tcp","bytes":40,"detail":"320001"}`},
		{"other", `Jan 20 13:59:56 fw ns: NetScreen device_id=myAppName  [Root]system-information-00536: IKE 127.0.0.1 Phase 1: Retransmission limit has been reached. (2021-01-20 13:59:56)`,
			`{"kind":"syslog","event":"system","dialect":"netscreen","host":"fw"}`},
		{"an attack", `Jul  7 05:02:34 fw ssg5: NetScreen device_id=ssg5  [Root]system-emergency-00005: SYN flood! From 192.168.18.53:41437 to 192.168.17.251:9612, proto TCP (zone Untrust int  ethernet0/0). Occurred 1 times. (2016-07-07 05:02:32)`,
			`{"kind":"fw-packet","event":"system","dialect":"netscreen","src":"192.168.18.53","sport":41437,"dst":"192.168.17.251","dport":9612,"proto":"tcp","in_if":"ethernet0/0","detail":"SYN flood","action":null}`},
	})
}
