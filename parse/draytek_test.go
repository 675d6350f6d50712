package parse

import "testing"

func TestDraytek(t *testing.T) {
	checkAll(t, []says{
		{"a ping is blocked", "<134>Nov 21 10:00:00 DrayTek [FILTER][Block][LAN/RT/VPN->WAN, 0:10:22 ][@S:R=2:2, 192.168.1.11->198.51.100.8][ICMP][HLen=20, TLen=60, Type=8, Code=0]",
			`{"kind":"fw-packet","event":"session-denied","dialect":"draytek","action":"deny","src":"192.168.1.11","dst":"198.51.100.8","proto":"icmp","rule":"2:2"}`},
		{"an application is blocked", "<134>Nov 21 10:00:00 gw DrayTek: [CSM_AE][Block][FTP][@S:R=13:1, 198.51.100.21:34730->192.168.29.14:50337][TCP][HLen=20, TLen=1061, Flag=AP, Seq=3406493667, Ack=527650905, Win=2904]",
			`{"kind":"fw-packet","event":"session-denied","src":"198.51.100.21","sport":34730,"dport":50337,"proto":"tcp","flags":"ACK PSH"}`},
		{"a page is blocked", "<134>Nov 21 10:00:00 DrayTek [CSM_UF][Block][Type=KW(G:O=0:1)][@S:R=2:3, 192.168.1.11:50345->http://www.example.com/:80][HTTP][HLen=20, TLen=1465, Flag=AP, Seq=1, Ack=2, Win=260]",
			`{"event":"session-denied","src":"192.168.1.11","sport":50345,"dst":null}`},
		{"a rule lets through", "<134>Nov 21 10:00:00 DrayTek [FILTER][Pass][LAN/RT/VPN->WAN, 0:10:22 ][@S:R=2:1, 192.168.1.11:50345->198.51.100.8:443][TCP][HLen=20, TLen=60, Flag=S, Seq=1, Ack=0, Win=65535]",
			`{"event":"session-new","action":"allow","flags":"SYN"}`},
		{"a machine opens a session", "<150>Jun 20 12:21:45 Vigor: Local User (MAC=00-00-5E-00-53-01): 192.168.1.10:53124 -> 203.0.113.80:443 (TCP)",
			`{"kind":"session","event":"session-new","src":"192.168.1.10","sport":53124,"dst":"203.0.113.80","dport":443,"proto":"tcp","mac":"00:00:5e:00:53:01"}`},
		{"and asks for a name", "<150>Jun 20 12:21:45 Vigor: Local User (MAC=00-00-5E-00-53-01): 192.168.1.10 DNS -> 192.168.1.1 inquire www.Example.com",
			`{"kind":"dns-query","src":"192.168.1.10","qname":"www.Example.com","mac":"00:00:5e:00:53:01"}`},
		{"older firmware", "<150>Jun 20 12:21:45 Vigor: Local User: 192.168.1.10:52345 -> 203.0.113.5:443 (TCP)Web",
			`{"event":"session-new","src":"192.168.1.10","proto":"tcp"}`},
	})
}
