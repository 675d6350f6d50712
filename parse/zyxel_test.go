package parse

import "testing"

// Lines quoted in public collectors of USG FLEX logs; the limit's wording from ZyXEL's user guides.
func TestZyxel(t *testing.T) {
	checkAll(t, []says{
		{"broadcast", `<142>May 22 17:24:04 2026 usgflex700h src="0.0.0.0:68" dst="255.255.255.255:67" msg="Match default rule DROP" note="ACCESS BLOCK" user="" devID="f44d5c94f517" cat="Security Policy Control" action="Drop"`,
			`{"kind":"session","event":"session-denied","dialect":"zyxel","action":"deny","stamp":"2026-05-22T17:24:04","host":"usgflex700h","src":"0.0.0.0","sport":68,"dst":"255.255.255.255","dport":67,"rule":"Match default rule DROP","pri":142}`},
		{"drop", `<142>May 22 17:24:08 2026 usgflex700h src="157.230.49.33:11031" dst="193.149.142.45:23" msg="Match default rule DROP" note="ACCESS BLOCK" user="" devID="f44d5c94f517" cat="Security Policy Control" action="Drop"`,
			`{"kind":"session","event":"session-denied","dialect":"zyxel","action":"deny","stamp":"2026-05-22T17:24:08","host":"usgflex700h","src":"157.230.49.33","sport":11031,"dst":"193.149.142.45","dport":23,"rule":"Match default rule DROP","pri":142}`},
		{"traffic log", `<142>May 22 17:24:09 2026 usgflex700h src="192.168.40.7:53090" dst="52.1.2.3:443" msg="Traffic Log" note="" user="admin" devID="f44d5c94f517" cat="Traffic Log" action="" sourceTranslatedAddress=192.168.68.101 sourceTranslatedPort=53090 suser=admin sent=930790 rcvd=35808 dir=P5-Phones:P2-Uplink2 protoID=6 proto=https mac=04:0e:3c:ed:36:2a`,
			`{"kind":"session","event":"session-end","dialect":"zyxel","action":"session-delete","stamp":"2026-05-22T17:24:09","host":"usgflex700h","src":"192.168.40.7","sport":53090,"dst":"52.1.2.3","dport":443,"nat_src":"192.168.68.101","nat_sport":53090,"proto":"tcp","bytes":966598,"in_if":"P5-Phones","out_if":"P2-Uplink2","rule":"Traffic Log","pri":142}`},
		{"session limit", `<142>Jun 10 10:00:00 2026 usg src="192.168.1.33:5000" dst="1.2.3.4:80" msg="Maximum sessions per host (1000) was exceeded." note="ACCESS BLOCK" user="unknown" devID="x" cat="Sessions Limit" proto="tcp"`,
			`{"kind":"session-limit","event":"table-full","dialect":"zyxel","action":"deny","stamp":"2026-06-10T10:00:00","host":"usg","src":"192.168.1.33","sport":5000,"dst":"1.2.3.4","dport":80,"proto":"tcp","rule":"Maximum sessions per host (1000) was exceeded.","pri":142}`},
		{"zywall", `<142>Jun 10 10:00:00 2010 zywall src="192.168.1.33:5000" dst="1.2.3.4:80" msg="priority:9, from LAN to WAN, TCP, service others, DROP" note="ACCESS BLOCK" user="" devID="x" cat="Firewall"`,
			`{"kind":"session","event":"session-denied","dialect":"zyxel","action":"deny","stamp":"2010-06-10T10:00:00","host":"zywall","src":"192.168.1.33","sport":5000,"dst":"1.2.3.4","dport":80,"proto":"tcp","rule":"priority:9, from LAN to WAN, TCP, service others, DROP","pri":142}`},
	})
}

// The decimal form stands in the manuals of the Prestige 202H, the hexadecimal one in those of the 642R.
func TestZyNOSPorts(t *testing.T) {
	checkAll(t, []says{
		{"decimal", "Mar 03 12:01:06 202.132.155.97 ZyXEL: IP[Src=192.168.2.33 Dst=202.132.155.93 TCP spo=01170  dpo=00021]}S04>R01mF",
			`{"dialect":"zyxel","sport":1170,"dport":21}`},
		{"hexadecimal", "Jul 19 14:44:00 192.168.102.2 ZyXEL: IP[Src=192.168.102.20 Dst=202.132.154.1 UDP spo=05d4 dpo=0035]}S03>R01mF",
			`{"dialect":"zyxel","sport":1492,"dport":53}`},
	})
}
