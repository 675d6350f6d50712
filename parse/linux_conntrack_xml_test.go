package parse

import (
	"net/netip"
	"testing"
)

// Objects of conntrack -o xml. The sources of the lines are in testdata/servers-tools.md.
func TestConntrackXML(t *testing.T) {
	checkAll(t, []says{
		{"new", `<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>51518</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>169.254.169.254</src><dst>10.10.0.7</dst></layer3><layer4 protonum="17" protoname="udp"><sport>53</sport><dport>51518</dport></layer4></meta><meta direction="independent"><timeout>30</timeout><id>1753837568</id><unreplied/></meta></flow>`,
			`{"kind":"conntrack","event":"session-new","dialect":"conntrack-xml","action":"session-create","src":"10.10.0.7","sport":51518,"dst":"169.254.169.254","dport":53,"proto":"udp","unreplied":true,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"update", `<flow type="update"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>130.211.1.181</src><dst>10.10.0.7</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>36562</sport><dport>80</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>130.211.1.181</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>80</sport><dport>36562</dport></layer4></meta><meta direction="independent"><state>ESTABLISHED</state><timeout>432000</timeout><id>930200704</id><assured/></meta></flow>`,
			`{"kind":"conntrack","event":"session-update","dialect":"conntrack-xml","action":"session-update","src":"130.211.1.181","sport":36562,"dst":"10.10.0.7","dport":80,"proto":"tcp","state":"ESTABLISHED","assured":true,"nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"destroy", `<flow type="destroy"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>41276</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>169.254.169.254</src><dst>10.10.0.7</dst></layer3><layer4 protonum="17" protoname="udp"><sport>53</sport><dport>41276</dport></layer4></meta><meta direction="independent"><id>1745394496</id></meta></flow>`,
			`{"kind":"conntrack","event":"session-end","dialect":"conntrack-xml","action":"session-delete","src":"10.10.0.7","sport":41276,"dst":"169.254.169.254","dport":53,"proto":"udp","nat_src":null,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"icmp", `<flow type="update"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>74.125.124.147</dst></layer3><layer4 protonum="1" protoname="icmp"></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>74.125.124.147</src><dst>10.10.0.7</dst></layer3><layer4 protonum="1" protoname="icmp"></layer4></meta><meta direction="independent"><timeout>30</timeout><id>1725048384</id></meta></flow>`,
			`{"kind":"conntrack","event":"session-update","dialect":"conntrack-xml","action":"session-update","src":"10.10.0.7","dst":"74.125.124.147","proto":"icmp","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"stamp, counters and NAT", `<flow type="new"><when><hour>10</hour><min>01</min><sec>02</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when><meta direction="original"><layer3 protonum="10" protoname="ipv6"><src>2001:db8::1</src><dst>2001:db8::2</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>40000</sport><dport>443</dport></layer4><counters><packets>3</packets><bytes>180</bytes></counters></meta><meta direction="reply"><layer3 protonum="10" protoname="ipv6"><src>2001:db8::2</src><dst>2001:db8::9</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>443</sport><dport>40001</dport></layer4><counters><packets>2</packets><bytes>100</bytes></counters></meta><meta direction="independent"><state>SYN_SENT</state><timeout>120</timeout><id>1</id><unreplied/></meta></flow>`,
			`{"kind":"conntrack","event":"session-new","dialect":"conntrack-xml","action":"session-create","stamp":"2026-11-21T10:01:02","src":"2001:db8::1","sport":40000,"dst":"2001:db8::2","dport":443,"nat_src":"2001:db8::9","nat_sport":40001,"proto":"tcp","state":"SYN_SENT","bytes":280,"packets":5,"unreplied":true,"nat_dst":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"prologue", `<?xml version="1.0" encoding="utf-8"?>`,
			`{"kind":"other","event":"system","dialect":"conntrack-xml","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"cut short, absurd port", `<flow type="new"><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.10.0.7</src><dst>169.254.169.254</dst></layer3><layer4 protonum="17" protoname="udp"><sport>99999</sport`,
			`{"kind":"conntrack","event":"session-new","dialect":"conntrack-xml","action":"session-create","src":"10.10.0.7","dst":"169.254.169.254","proto":"udp","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
	})
}

func TestConntrackXMLEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"unanswered flow", `<flow type="destroy"><meta direction="original"><layer3 protonum="2"><src>10.10.0.7</src><dst>9.9.9.9</dst></layer3><layer4 protonum="17"><sport>41276</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3><src>9.9.9.9</src><dst>203.0.113.1</dst></layer3><layer4 protonum="17"><sport>53</sport><dport>1024</dport></layer4></meta><meta direction="independent"><unreplied/></meta></flow>`, "",
			Event{Kind: SessionEnd, Src: a("10.10.0.7"), SPort: 41276, Dst: a("9.9.9.9"), DPort: 53, NATSrc: a("203.0.113.1"), NATSPort: 1024, Proto: UDP, State: Unreplied}},
	})
}
