package parse

import (
	"net/netip"
	"testing"
)

// Lines of pfSense and OPNsense; the fields are those of Netgate's "Raw Filter Log Format". testdata/servers-tools.md
// says where the lines come from.
func TestFilterlog(t *testing.T) {
	checkAll(t, []says{
		{"tcp reset by the sender", `Sep 28 10:38:41 pfSense filterlog: 6,,,1000102434,em0,match,block,out,4,0x0,,64,0,0,DF,6,tcp,40,10.0.2.15,10.0.2.2,22,53742,0,FA,3617062173,29633380,65535,,`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"09-28T10:38:41","host":"pfSense","src":"10.0.2.15","sport":22,"dst":"10.0.2.2","dport":53742,"proto":"tcp","flags":"ACK FIN","out_if":"em0","rule":"1000102434","app":"filterlog","nat_src":null,"nat_dst":null,"in_if":null,"detail":null}`},
		{"opnsense in RFC 5424", `<134>1 2022-09-06T18:51:28+02:00 opnsense filterlog 69805 - [meta sequenceId="2654146"] 10,,,02f4bab031b57d1e30553ce08e0ec131,re0,match,block,in,4,0x0,,47,59064,0,DF,6,tcp,60,154.6.147.87,37.120.48.198,48473,13680,0,S,3023053886,,7300,,mss;sackOK;TS;nop;wscale`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"2022-09-06T18:51:28","time":"2022-09-06T18:51:28+02:00","host":"opnsense","src":"154.6.147.87","sport":48473,"dst":"37.120.48.198","dport":13680,"proto":"tcp","flags":"SYN","in_if":"re0","rule":"02f4bab031b57d1e30553ce08e0ec131","pri":134,"app":"filterlog","procid":"69805","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"ipv6", `<134>1 2025-11-06T11:42:14.270789+00:00 firewall.lan filterlog 92653 - - 621,,,1644355515,vtnet0.10,match,block,in,6,0x00,0x07c63,64,TCP,6,44,fdfd:ace:ace:10:d8:cdbf:f6f8:6d69,fdfd:ace:ace:5::6,65382,443,0,S,1927530165,,0,,mss;nop;wscale;nop;nop;TS;sackOK;eol`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"2025-11-06T11:42:14.270789","time":"2025-11-06T11:42:14.270789Z","host":"firewall.lan","src":"fdfd:ace:ace:10:d8:cdbf:f6f8:6d69","sport":65382,"dst":"fdfd:ace:ace:5::6","dport":443,"proto":"tcp","flags":"SYN","in_if":"vtnet0.10","rule":"1644355515","pri":134,"app":"filterlog","procid":"92653","nat_src":null,"nat_dst":null,"out_if":null,"detail":null}`},
		{"udp passes", `<134>1 2022-09-06T18:37:34+02:00 opnsense filterlog 69805 - [meta sequenceId="2633354"] 103,,,40b9591224d055de2beec8b74ea486b1,re0,match,pass,in,4,0x0,,116,11172,0,none,17,udp,48,68.41.165.77,10.0.0.200,64752,51918,28`,
			`{"kind":"fw-packet","event":"session-new","dialect":"pf","action":"allow","stamp":"2022-09-06T18:37:34","time":"2022-09-06T18:37:34+02:00","host":"opnsense","src":"68.41.165.77","sport":64752,"dst":"10.0.0.200","dport":51918,"proto":"udp","in_if":"re0","rule":"40b9591224d055de2beec8b74ea486b1","pri":134,"app":"filterlog","procid":"69805","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"old icmp", `Jan 22 18:34:00 filterlog: 65,,,0,vmx1,match,pass,out,4,0x0,,63,21011,0,none,1,icmp,56,192.168.105.11,192.168.105.1,datalength=36`,
			`{"kind":"fw-packet","event":"session-new","dialect":"pf","action":"allow","stamp":"01-22T18:34:00","src":"192.168.105.11","dst":"192.168.105.1","proto":"icmp","out_if":"vmx1","rule":"65","app":"filterlog","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"detail":null}`},
		{"icmp request", `Nov 21 10:00:00 gw filterlog: 76,16777216,,1424720618,em1,match,pass,out,4,0x0,,63,43195,0,none,1,icmp,84,10.0.0.2,8.8.8.8,request,12345,1,64`,
			`{"kind":"fw-packet","event":"session-new","dialect":"pf","action":"allow","stamp":"11-21T10:00:00","host":"gw","src":"10.0.0.2","dst":"8.8.8.8","proto":"icmp","out_if":"em1","rule":"1424720618","app":"filterlog","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"detail":null}`},
		{"icmp error", `Nov 21 10:00:00 pfsense filterlog[1]: 134,,,0,igb0,match,block,in,4,0x0,,64,0,0,none,1,icmp,56,10.0.0.1,10.0.0.2,unreachport,10.0.0.2,17,53`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"11-21T10:00:00","host":"pfsense","src":"10.0.0.1","dst":"10.0.0.2","proto":"icmp","in_if":"igb0","rule":"134","app":"filterlog","procid":"1","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"igmp", `Nov 21 10:00:00 gw filterlog[1234]: 9,,,1000002665,em0,match,block,in,4,0x0,,1,59709,0,none,2,igmp,32,192.168.1.1,224.0.0.1,datalength=8`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"11-21T10:00:00","host":"gw","src":"192.168.1.1","dst":"224.0.0.1","proto":"igmp","in_if":"em0","rule":"1000002665","app":"filterlog","procid":"1234","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"carp", `Nov 21 10:00:00 gw filterlog: 4,,,1000000103,lagg0,match,pass,in,4,0x10,,255,0,0,DF,112,carp,56,10.0.0.1,224.0.0.18,advertise,255,1,2,0,1`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":"allow","stamp":"11-21T10:00:00","host":"gw","src":"10.0.0.1","dst":"224.0.0.18","proto":"112","in_if":"lagg0","rule":"1000000103","app":"filterlog","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"ipv6 options", `Nov 21 10:00:00 pfsense filterlog[1]: 134,,,0,igb0,match,pass,in,6,0x00,0x00000,1,Options,0,36,fe80::1,ff02::16,HBHOPT,RTALERT,0x0000,PADN,`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":"allow","stamp":"11-21T10:00:00","host":"pfsense","src":"fe80::1","dst":"ff02::16","in_if":"igb0","rule":"134","app":"filterlog","procid":"1","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"icmpv6", `Aug  6 16:26:17 filterlog[54318]: 5,,,1000000003,hn0,match,block,in,6,0x00,0x00000,255,ICMPv6,58,32,fe80::1,ff02::1,HBHOPT,PADN,RTALERT,0x0000,`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","stamp":"08-06T16:26:17","src":"fe80::1","dst":"ff02::1","proto":"icmpv6","in_if":"hn0","rule":"1000000003","app":"filterlog","procid":"54318","nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"out_if":null,"detail":null}`},
		{"no state left", `Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,state-limit,block,in,4,0x0,,63,43195,0,none,17,udp,84,10.0.0.2,8.8.8.8,5353,53,64`,
			`{"kind":"fw-packet","event":"table-full","dialect":"pf","action":"deny","stamp":"11-21T10:00:00","host":"gw","src":"10.0.0.2","sport":5353,"dst":"8.8.8.8","dport":53,"proto":"udp","in_if":"em1","rule":"1424720618","app":"filterlog","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"translation, absurd ports", `Nov 21 10:00:00 gw filterlog: 76,,acme/web,0,em1,match,rdr,in,4,0x0,,63,43195,0,none,6,tcp,84,10.0.0.2,8.8.8.8,70000,99999,0,SEC,1,,2,,mss`,
			`{"kind":"fw-packet","event":"system","dialect":"pf","stamp":"11-21T10:00:00","host":"gw","src":"10.0.0.2","dst":"8.8.8.8","proto":"tcp","flags":"CWR ECE SYN","in_if":"em1","rule":"76","app":"filterlog","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"out_if":null,"detail":null}`},
		{"cut short", `filterlog[12345]: 1,,,910004,vtnet0,match,block,in,4,0x0,,64,0,0,none,6,tcp,60,203.0.113.104,10.10.50.10,55001,22`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"pf","action":"deny","src":"203.0.113.104","sport":55001,"dst":"10.10.50.10","dport":22,"proto":"tcp","in_if":"vtnet0","rule":"910004","app":"filterlog","procid":"12345","nat_src":null,"nat_dst":null,"flags":null,"out_if":null,"detail":null}`},
		{"no IP version", `Nov 21 10:00:00 gw filterlog: 5,,,1,em0,match,block,in,7,0x0,,64,0,0,none,6,tcp,60,1.2.3.4,1.2.3.4,1,2`,
			`{"kind":"syslog","event":"unknown","stamp":"11-21T10:00:00","host":"gw","app":"filterlog","action":null,"nat_src":null,"nat_dst":null,"sport":null,"dport":null,"flags":null,"in_if":null,"out_if":null,"detail":null}`},
		{"wrong sum passes", `Nov 21 10:00:00 gw filterlog: 5,,,1,em0,bad-offset,pass,out,6,0x00,0x00000,64,UDP,17,32,2001:db8::1,2001:db8::2,65536,53,24`,
			`{"kind":"fw-packet","event":"session-new","dialect":"pf","action":"allow","stamp":"11-21T10:00:00","host":"gw","src":"2001:db8::1","dst":"2001:db8::2","dport":53,"proto":"udp","out_if":"em0","rule":"1","app":"filterlog","nat_src":null,"nat_dst":null,"sport":null,"flags":null,"in_if":null,"detail":null}`},
	})
}

// TestFilterlogUnknownAction reads the action that pfSense writes where its filterlog has no word for it.
func TestFilterlogUnknownAction(t *testing.T) {
	checkAll(t, []says{
		{"a match rule", "<134>1 2025-09-09T09:50:55.089267+00:00 fw1 filterlog 15508 - - 155,,,1757403802,lagg0.3,match,unkn(%u),in,4,0x0,,64,9568,0,none,17,udp,85,192.168.1.1,198.51.100.9,49801,53,65",
			`{"kind":"fw-packet","event":"system","dialect":"pf","action":null,"src":"192.168.1.1","sport":49801,"dst":"198.51.100.9","dport":53,"proto":"udp","in_if":"lagg0.3","rule":"1757403802"}`},
	})
}

func TestFilterlogEvents(t *testing.T) {
	a := netip.MustParseAddr
	checkEvents(t, []stored{
		{"pf refuses", "Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,match,block,in,4,0x0,,63,43195,0,none,6,tcp,84,10.0.0.2,8.8.8.8,5353,53,64,S,1,,2,,", "1424720618",
			Event{Kind: SessionDenied, Src: a("10.0.0.2"), SPort: 5353, Dst: a("8.8.8.8"), DPort: 53, Proto: TCP, Flags: SYN}},
		{"pf has no state left", "Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,state-limit,block,in,4,0x0,,63,43195,0,none,17,udp,84,10.0.0.2,8.8.8.8,5353,53,64", "state-limit",
			Event{Kind: TableFull, Src: a("10.0.0.2"), SPort: 5353, Dst: a("8.8.8.8"), DPort: 53, Proto: UDP}},
	})
}
