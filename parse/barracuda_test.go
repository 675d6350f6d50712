package parse

import "testing"

// Lines from campus.barracuda.com, "Firewall Activity Log", and built from its table of keys.
func TestBarracuda(t *testing.T) {
	checkAll(t, []says{
		{"block", `2018 01 30 13:12:21 Security +01:00 Block: type=FWD|proto=UDP|srcIF=eth0|srcIP=10.17.34.12|srcPort=54915|srcMAC=18:db:f2:13:ca:9c|dstIP=10.17.34.255|dstPort=54915|dstService=|dstIF=|rule=BLOCKALL|info=Block by Rule|srcNAT=0.0.0.0|dstNAT=0.0.0.0|duration=0|count=1|receivedBytes=0|sentBytes=0|receivedPackets=0|sentPackets=0|user=|protocol=|application=|target=|content=|urlcat=`,
			`{"kind":"session","event":"session-denied","dialect":"barracuda","action":"deny","stamp":"2018-01-30T13:12:21","time":"2018-01-30T13:12:21+01:00","src":"10.17.34.12","sport":54915,"dst":"10.17.34.255","dport":54915,"proto":"udp","in_if":"eth0","rule":"BLOCKALL"}`},
		{"remove", `<14>Dec  1 10:00:00 gw1 box_Firewall_Activity:  Info     gw1 Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.10.70|srcPort=60154|srcMAC=00:0c:29:9a:0a:78|dstIP=62.99.0.1|dstPort=443|dstService=https|dstIF=dhcp|rule=LAN-2-INTERNET|info=Normal Operation|srcNAT=62.99.0.69|dstNAT=62.99.0.1|duration=500|count=1|receivedBytes=5000|sentBytes=700|receivedPackets=8|sentPackets=9|user=`,
			`{"kind":"session","event":"session-end","dialect":"barracuda","action":"session-delete","stamp":"12-01T10:00:00","host":"gw1","src":"10.0.10.70","sport":60154,"dst":"62.99.0.1","dport":443,"nat_src":"62.99.0.69","proto":"tcp","bytes":5700,"packets":17,"in_if":"eth1","out_if":"dhcp","rule":"LAN-2-INTERNET","pri":14,"app":"box_Firewall_Activity"}`},
		{"without names", `<14>Dec  1 10:00:00 gw1 box_Firewall_Activity:  Info     gw1 Allow: FWD|TCP|eth1|10.0.10.70|60154|00:0c:29:9a:0a:78|62.99.0.1|443|https|dhcp|LAN-2-INTERNET|Normal Operation|62.99.0.69|62.99.0.1|0|1|0|0|0|0|||||`,
			`{"kind":"session","event":"session-new","dialect":"barracuda","action":"session-create","stamp":"12-01T10:00:00","host":"gw1","src":"10.0.10.70","sport":60154,"dst":"62.99.0.1","dport":443,"nat_src":"62.99.0.69","proto":"tcp","in_if":"eth1","out_if":"dhcp","rule":"LAN-2-INTERNET","pri":14,"app":"box_Firewall_Activity"}`},
	})
}
