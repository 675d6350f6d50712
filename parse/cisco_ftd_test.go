package parse

import "testing"

func TestFTD(t *testing.T) {
	checkAll(t, []says{
		{"blocks", "%FTD-1-430003: AccessControlRuleAction: Block, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, SrcPort: 4000, DstPort: 80, Protocol: tcp, AccessControlRuleName: no", `{"event":"session-denied","kind":"session","action":"deny","detail":"no"}`},
		{"user agent", "%FTD-1-430003: AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, UserAgent: a, SrcIP: 6.6.6.6, DstPort: 80", `{"src":"10.0.0.5","dport":80}`},
		{"start", `<189>2026-11-21T10:00:01Z ftd1 %FTD-1-430002: EventPriority: Low, DeviceUUID: 0a1b2c3d-0000-1111-2222-333344445555, AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, SrcPort: 40000, DstPort: 443, Protocol: tcp, IngressInterface: inside, EgressInterface: outside, ACPolicy: Base, AccessControlRuleName: out`,
			`{"kind":"session","event":"session-new","dialect":"cisco","action":"session-create","host":"ftd1","src":"10.0.0.5","sport":40000,"dst":"198.51.100.1","dport":443,"proto":"tcp","in_if":"inside","out_if":"outside","detail":"out"}`},
		{"end, translated", `<189>2026-11-21T10:00:09Z ftd1 %FTD-1-430003: AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, SrcPort: 40000, DstPort: 443, Protocol: tcp, ACPolicy: Base, InitiatorPackets: 11, ResponderPackets: 6, InitiatorBytes: 7023, ResponderBytes: 875, NAT_InitiatorPort: 22294, NAT_ResponderPort: 443, NAT_InitiatorIP: 203.0.113.5, NAT_ResponderIP: 198.51.100.1`,
			`{"event":"session-end","action":"session-delete","bytes":7898,"packets":17,"nat_src":"203.0.113.5","nat_sport":22294,"detail":"Base"}`},
		{"blocked with a reset", `%FTD-1-430002: AccessControlRuleAction: Block with reset, AccessControlRuleReason: IP Block, SrcIP: 2001:db8::5, DstIP: 2001:db8:1::1, SrcPort: 40000, DstPort: 23, Protocol: tcp`,
			`{"event":"session-denied","action":"deny","src":"2001:db8::5","dst":"2001:db8:1::1","dport":23,"detail":"IP Block"}`},
		{"a finding about a connection is no session", `%FTD-1-430001: SrcIP: 10.0.0.5, DstIP: 198.51.100.1, SrcPort: 40000, DstPort: 80, Protocol: tcp, Priority: 1, GID: 133, SID: 59, Message: DCE2_EVENT`,
			`{"event":"system","dialect":"cisco","action":null,"src":"10.0.0.5","dst":"198.51.100.1","dport":80}`},
		{"no addresses", `%FTD-1-430002: AccessControlRuleAction: Allow, Protocol: tcp`, `{"event":"unknown","dialect":null,"proto":null}`},
	})
}
