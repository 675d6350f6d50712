package parse

import "testing"

func TestFTD(t *testing.T) {
	checkAll(t, []says{
		{"blocks", "%FTD-1-430003: AccessControlRuleAction: Block, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, SrcPort: 4000, DstPort: 80, Protocol: tcp, AccessControlRuleName: no", `{"event":"session-denied","kind":"session","action":"deny","detail":"no"}`},
		{"user agent", "%FTD-1-430003: AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 198.51.100.1, UserAgent: a, SrcIP: 6.6.6.6, DstPort: 80", `{"src":"10.0.0.5","dport":80}`},
	})
}
