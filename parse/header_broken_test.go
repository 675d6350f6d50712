package parse

import "testing"

func TestMalformed(t *testing.T) {
	for _, line := range []string{"<7>unparsable line", "(190>122 2018-11-22", "122 - - - - - -", "<>122 2018-11-22", "<19000021>122 x", "<192>x",
		"<aaa>122 2018-11-22", "<100> 2018-11-22", "<102>abc 2018-11-22", "<1>1 - - - - - []]"} {
		if rec := parseLine(line); rec.Word != "malformed" || rec.Kind != Unknown {
			t.Errorf("%s: %s %v", line, rec.Word, rec.Kind)
		}
	}
	for _, line := range []string{"<6>usb 1-1: new device", "<html>", "<flow type=\"new\">", "<134>id=firewall sn=1", "<4>[ 1.5] x", "(a) b > c", "<13>root: hello"} {
		if rec := parseLine(line); rec.Word == "malformed" {
			t.Errorf("%s is malformed", line)
		}
	}
}

// Devices that break the grammar of RFC 5424 in ways of their own are read nevertheless.
func TestMalformedButKnown(t *testing.T) {
	checkAll(t, []says{
		{"no zone in the stamp", `<14>1 2026-11-21T15:18:17.040 srx1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.26 source-address="10.0.0.26" source-port="37233" destination-address="198.51.100.13" destination-port="161" protocol-id="17" policy-name="drop"]`,
			`{"event":"session-denied","dialect":"junos","stamp":"2026-11-21T15:18:17.04","time":null,"host":"srx1","app":"RT_FLOW","src":"10.0.0.26","dport":161,"proto":"udp"}`},
		{"date in words", `<134>1 2026 Nov 21 10:30:45 192.0.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 203.0.113.28 - 12544 12671 - -]`,
			`{"kind":"nat-block","dialect":"cisco-cgn","stamp":"2026-11-21T10:30:45","host":"192.0.2.3","src":"10.1.32.45"}`},
		{"date in words and nothing known", `<134>1 2026 Nov 21 10:30:45 192.0.2.3 - - APP - [event 10.1.32.45]`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
