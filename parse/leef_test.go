package parse

import "testing"

func TestLEEF(t *testing.T) {
	checkAll(t, []says{
		{"leef 1", "LEEF:1.0|Palo Alto Networks|PAN-OS Syslog Integration|8.1.6|allow|cat=TRAFFIC\tReceiveTime=2020/01/01 10:00:00\tsrc=10.0.0.1\tdst=192.0.2.7\tsrcPort=5000\tdstPort=443\tproto=tcp\taction=allow\tsrcPostNAT=203.0.113.1\tsrcPostNATPort=6000\tsrcBytes=10\tdstBytes=20",
			`{"kind":"session","event":"session-new","dialect":"leef","action":"allow","src":"10.0.0.1","sport":5000,"dst":"192.0.2.7","dport":443,"nat_src":"203.0.113.1","nat_sport":6000,"proto":"tcp","bytes":30,"detail":"allow"}`},
		{"leef 2", `LEEF:2.0|Check Point|VPN-1 & FireWall-1|1.0|Drop|^|cat=Firewall^src=10.0.0.1^dst=192.0.2.7^srcPort=5000^dstPort=23^proto=6^action=Drop`,
			`{"kind":"session","event":"session-denied","dialect":"leef","action":"deny","src":"10.0.0.1","sport":5000,"dst":"192.0.2.7","dport":23,"proto":"tcp","detail":"Drop"}`},
	})
}

func TestLEEFBars(t *testing.T) {
	checkAll(t, []says{
		{"PAN-OS", "LEEF:1.0|Palo Alto Networks|PAN-OS Syslog Integration|8.1.6|allow|cat=TRAFFIC|Type=TRAFFIC|Subtype=end|src=10.1.1.1|dst=203.0.113.1|srcPostNAT=198.51.100.1|srcPort=37404|dstPort=25|srcPostNATPort=4000|proto=tcp|action=allow|totalBytes=300",
			`{"kind":"session","dialect":"leef","src":"10.1.1.1","sport":37404,"dst":"203.0.113.1","dport":25,"nat_src":"198.51.100.1","proto":"tcp"}`},
	})
}
