package parse

import "testing"

// Lines as FD.io VPP writes them (src/plugins/nat/lib/nat_syslog.c); addresses are examples.
func TestNATSyslog(t *testing.T) {
	checkAll(t, []says{
		{"session", `<134>1 2026-11-21T10:41:00.087236Z 192.0.2.1 NAT 15634 SADD [nsess SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6" XDADDR="198.51.100.2" XDPORT="80"]`,
			`{"kind":"nat","event":"session-new","dialect":"nat-syslog","action":"nat-create","time":"2026-11-21T10:41:00.087236Z","host":"192.0.2.1","app":"NAT","procid":"15634","src":"10.1.1.2","sport":6303,"dst":"198.51.100.2","dport":80,"nat_src":"203.0.113.3","nat_sport":16253,"nat_dst":null,"nat_dport":null,"proto":"tcp"}`},
		{"session of NAT64 ends", `<134>1 2026-11-21T10:41:01.087236Z 192.0.2.1 NAT 15634 SDEL [nsess SSUBIX="0" SVLAN="0" IATYP="IPv6" ISADDR="2001:db8::2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="17" XDADDR="198.51.100.2" XDPORT="53"]`,
			`{"kind":"nat","event":"session-end","action":"nat-delete","src":"2001:db8::2","sport":6303,"nat_src":"203.0.113.3","nat_sport":16253,"dst":"198.51.100.2","dport":53,"proto":"udp"}`},
		{"twice-NAT", `<134>1 2026-11-21T10:41:02Z 192.0.2.1 NAT 15634 SADD [nsess SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6" IDADDR="10.9.9.9" IDPORT="8080" XDADDR="198.51.100.2" XDPORT="80"]`,
			`{"event":"session-new","dst":"10.9.9.9","dport":8080,"nat_dst":"198.51.100.2","nat_dport":80,"nat_src":"203.0.113.3"}`},
		{"mapping", `<134>1 2026-11-21T10:41:02.087236Z 192.0.2.1 NAT 15634 APMADD [napmap SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6"]`,
			`{"kind":"nat","event":"system","dialect":"nat-syslog","action":"nat-create","src":"10.1.1.2","sport":6303,"nat_src":"203.0.113.3","nat_sport":16253,"proto":"tcp","dst":null}`},
		{"mapping removed", `<134>1 2026-11-21T10:41:03.087236Z 192.0.2.1 NAT 15634 APMDEL [napmap SSUBIX="0" SVLAN="0" IATYP="IPv4" ISADDR="10.1.1.2" ISPORT="6303" XATYP="IPv4" XSADDR="203.0.113.3" XSPORT="16253" PROTO="6"]`,
			`{"event":"system","action":"nat-delete","nat_sport":16253}`},
		{"no outside address", `<134>1 2026-11-21T10:41:04Z 192.0.2.1 NAT 15634 SADD [nsess SSUBIX="0" ISADDR="10.1.1.2" ISPORT="6303" PROTO="6"]`,
			`{"event":"unknown","dialect":null,"src":null,"sport":null}`},
		{"another message name", `<134>1 2026-11-21T10:41:05Z 192.0.2.1 NAT 15634 RENEW [nsess ISADDR="10.1.1.2" XSADDR="203.0.113.3"] x`,
			`{"event":"unknown","dialect":null,"src":null}`},
	})
}
