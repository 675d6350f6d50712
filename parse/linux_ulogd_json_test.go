package parse

import "testing"

// Objects of ulogd's output/ulogd_output_JSON.c.
func TestULOGDJSON(t *testing.T) {
	checkAll(t, []says{
		{"packet", `{"timestamp": "2026-11-21T20:28:21.123456+0100", "dvc": "Netfilter", "raw.pktlen": 60, "raw.pktcount": 1, "oob.prefix": "DROP ", "oob.time.sec": 1, "oob.mark": 0, "oob.ifindex_in": 2, "oob.hook": 1, "raw.mac_len": 14, "oob.family": 2, "oob.protocol": 2048, "raw.label": 0, "raw.type": 1, "raw.mac.addrlen": 6, "ip.protocol": 6, "ip.tos": 0, "ip.ttl": 64, "tcp.seq": 1, "tcp.ackseq": 0, "tcp.syn": 1, "src_port": 40000, "dest_port": 22, "oob.in": "eth0", "oob.out": "", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "mac.saddr.str": "00:11"}`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"ulogd-json","action":"deny","stamp":"2026-11-21T20:28:21.123456","time":"2026-11-21T20:28:21.123456+01:00","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":22,"proto":"tcp","flags":"SYN","in_if":"eth0","rule":"DROP","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"flow", `{"timestamp": "2026-11-21T20:28:21", "orig.ip.saddr.str": "192.168.1.2", "orig.ip.daddr.str": "9.9.9.9", "orig.ip.protocol": 17, "orig.l4.sport": 5000, "orig.l4.dport": 53, "orig.raw.pktlen": 60, "orig.raw.pktcount": 1, "reply.ip.saddr.str": "9.9.9.9", "reply.ip.daddr.str": "203.0.113.5", "reply.l4.sport": 53, "reply.l4.dport": 1024, "reply.raw.pktlen": 160, "reply.raw.pktcount": 1, "ct.event": 4}`,
			`{"kind":"conntrack","event":"session-end","dialect":"ulogd-json","action":"session-delete","stamp":"2026-11-21T20:28:21","src":"192.168.1.2","sport":5000,"dst":"9.9.9.9","dport":53,"nat_src":"203.0.113.5","nat_sport":1024,"proto":"udp","bytes":220,"packets":2,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"cut short", `{"src_ip":"10.0.0.1"`,
			`{"kind":"unknown","event":"unknown","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}
