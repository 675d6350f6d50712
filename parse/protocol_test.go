package parse

import "testing"

// The third column of pfirewall.log is a protocol's name or number.
func TestProtocol(t *testing.T) {
	for word, want := range map[string]string{
		"TCP": `"tcp"`, "udp": `"udp"`, "ICMP": `"icmp"`, "ICMPv6": `"icmpv6"`, "icmp6": `"icmpv6"`, "IPv6-ICMP": `"icmpv6"`, "IGMP": `"igmp"`,
		"GRE": `"gre"`, "ESP": `"esp"`, "AH": `"ah"`, "SCTP": `"sctp"`, "DCCP": `"33"`, "UDPLite": `"136"`,
		"1": `"icmp"`, "6": `"tcp"`, "17": `"udp"`, "47": `"gre"`, "58": `"icmpv6"`, "89": `"89"`, "255": `"255"`, "256": "null", "-": "null", "tcpx": "null",
	} {
		t.Run(word, func(t *testing.T) {
			line := "2026-11-21 10:00:03 DROP " + word + " 192.0.2.1 198.51.100.2 5000 80 36 - - - - - - - RECEIVE"
			checkJSON(t, AppendJSON(nil, parseLine(line)), `{"dialect":"windows-fw","event":"session-denied","proto":`+want+`}`)
		})
	}
}

// SonicWall puts a service or the protocol's name behind a slash.
func TestProtocolWithService(t *testing.T) {
	for word, want := range map[string]string{"tcp/https": "tcp", "udp/53": "udp", "6/443": "tcp", "https/tcp": "tcp", "icmp": "icmp"} {
		t.Run(word, func(t *testing.T) {
			line := `<134>  id=firewall sn=0040103CE114 time="2026-11-21 10:00:00 UTC" fw=192.0.2.1 pri=6 c=262144 m=98 msg="Connection Opened" n=1 ` +
				`src=10.0.0.5:40000:X0 dst=198.51.100.9:443:X1 proto=` + word
			checkJSON(t, AppendJSON(nil, parseLine(line)), `{"dialect":"sonicwall","event":"session-new","proto":"`+want+`"}`)
		})
	}
}

func TestFlagLetters(t *testing.T) {
	for letters, want := range map[string]string{
		"S": `"SYN"`, "SA": `"ACK SYN"`, "FA": `"ACK FIN"`, "R": `"RST"`, "PA": `"ACK PSH"`, "SEW": `"CWR ECE SYN"`, "UPRF": `"FIN PSH RST URG"`, "A": `"ACK"`, "": "null",
	} {
		t.Run("pf "+letters, func(t *testing.T) {
			line := "Nov 21 10:00:00 gw filterlog: 76,,,1424720618,em1,match,block,in,4,0x0,,63,43195,0,none,6,tcp,84,10.0.0.2,198.51.100.9,5353,53,64," + letters + ",1,,2,,"
			checkJSON(t, AppendJSON(nil, parseLine(line)), `{"dialect":"pf","dport":53,"flags":`+want+`}`)
		})
	}
	for letters, want := range map[string]string{"S": `"SYN"`, "AP": `"ACK PSH"`, "AR": `"ACK RST"`, "FU": `"FIN URG"`, "-": "null"} {
		t.Run("Windows "+letters, func(t *testing.T) {
			line := "2026-11-21 10:00:03 DROP TCP 192.0.2.1 198.51.100.2 5000 80 60 " + letters + " 1 0 64240 - - - RECEIVE"
			checkJSON(t, AppendJSON(nil, parseLine(line)), `{"dialect":"windows-fw","flags":`+want+`}`)
		})
	}
}

// Where both addresses are of IPv6, a device that writes ICMP means ICMPv6.
func TestICMPOfIPv6(t *testing.T) {
	checkAll(t, []says{
		{"IPv6", "Nov 21 10:02:11 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D icmp 2001:db8::7 2001:db8:1::1 128 0 (1 packets)", `{"proto":"icmpv6","sport":null,"dport":null}`},
		{"IPv4", "Nov 21 10:02:11 mx1 fpc0 PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D icmp 192.0.2.7 198.51.100.1 8 0 (1 packets)", `{"proto":"icmp","sport":null,"dport":null}`},
	})
}
