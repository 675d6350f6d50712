package parse

import "testing"

// Packets as nflog_snprintf_xml of libnetfilter_log writes them. The payloads were put together byte by byte after
// RFC 791, 8200, 9293, 768 and 792.
func TestNflogXML(t *testing.T) {
	const (
		ip4   = "45000028000140004006" + "0000" + "0a010105" + "c6336409" // 10.1.1.5 to 198.51.100.9, TCP
		ports = "c35001bb"                                                // 50000 to 443
		tcp   = ports + "0000000000000000" + "50"
	)
	checkAll(t, []says{
		{"document", "<packet>", `{"kind":"other","event":"system","dialect":"nflog-xml"}`},
		{"end of the document", "</packet>", `{"event":"system","dialect":"nflog-xml"}`},
		{"SYN", "<log><when><hour>10</hour><min>42</min><sec>01</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when>" +
			"<prefix>drop in</prefix><hook>1</hook><indev>2</indev><payload>" + ip4 + tcp + "02</payload></log>",
			`{"kind":"fw-packet","event":"session-denied","dialect":"nflog-xml","action":"deny","stamp":"2026-11-21T10:42:01","src":"10.1.1.5","sport":50000,"dst":"198.51.100.9","dport":443,"proto":"tcp","flags":"SYN","in_if":"2","out_if":null,"rule":"drop in"}`},
		{"both interfaces", "<log><prefix>new</prefix><hook>2</hook><indev>2</indev><outdev>3</outdev><payload>" + ip4 + tcp + "02</payload></log>",
			`{"event":"session-new","action":null,"in_if":"2","out_if":"3","rule":"new","stamp":null}`},
		{"reset", "<log><prefix>x</prefix><hook>2</hook><payload>" + ip4 + tcp + "14</payload></log>", `{"event":"reset","flags":"ACK RST"}`},
		{"later fragment", "<log><prefix>x</prefix><payload>450000280001200a4006" + "0000" + "0a010105" + "c6336409" + tcp + "02</payload></log>",
			`{"src":"10.1.1.5","proto":"tcp","sport":null,"dport":null,"flags":null}`},
		{"options in front of the ports", "<log><prefix>x</prefix><payload>4600002c000140004006" + "0000" + "0a010105" + "c6336409" + "94040000" + tcp + "02</payload></log>",
			`{"sport":50000,"dport":443,"flags":"SYN"}`},
		{"ping", "<log><prefix>x</prefix><payload>4500001c000140004001" + "0000" + "0a010105" + "c6336409" + "0800000000070001</payload></log>",
			`{"event":"session-new","proto":"icmp","sport":null,"dport":null}`},
		{"answer to a ping", "<log><prefix>x</prefix><payload>4500001c000140004001" + "0000" + "c6336409" + "0a010105" + "0000000000070001</payload></log>",
			`{"event":"system","proto":"icmp","src":"198.51.100.9"}`},
		{"IPv6", "<log><prefix>new</prefix><payload>6000000000141140" + "20010db8000000000000000000000005" + "20010db8000100000000000000000009" + "c350003500140000</payload></log>",
			`{"event":"session-new","src":"2001:db8::5","sport":50000,"dst":"2001:db8:1::9","dport":53,"proto":"udp"}`},
		{"no hexadecimal", "<log><prefix>new</prefix><payload>4500zz</payload></log>", `{"event":"unknown","dialect":null,"src":null}`},
		{"cut in the header", "<log><prefix>new</prefix><payload>450000280001</payload></log>", `{"event":"unknown","dialect":null,"rule":null}`},
		{"no payload", "<log><prefix>new</prefix><hook>2</hook></log>", `{"event":"unknown","dialect":null}`},
	})
}
