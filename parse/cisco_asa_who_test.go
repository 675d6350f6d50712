package parse

import "testing"

// Messages of the ASA and FTD syslog guides as elastic/integrations (packages/cisco_asa) has them, with other addresses.
func TestCiscoWho(t *testing.T) {
	const front = "May  5 17:51:17 fw1 : "
	checkAll(t, []says{
		{"offloaded", front + "%FTD-6-805001: Offloaded TCP Flow for connection 1 from in:10.10.10.10/111 (203.0.113.4/111) to out:192.0.2.2/112 (192.0.2.2/112)",
			`{"event":"system","src":"10.10.10.10","sport":111,"nat_src":"203.0.113.4","dst":"192.0.2.2","dport":112,"proto":"tcp"}`},
		{"no longer offloaded", front + "%FTD-6-805002: TCP Flow is no longer offloaded for connection 9 from net:10.192.18.4/51261 (10.192.18.4/51261) to out:192.0.2.66/443 (192.0.2.66/443)",
			`{"event":"system","src":"10.192.18.4","dst":"192.0.2.66","nat_src":null}`},
		{"web page", front + "%ASA-5-304001: someuser@10.20.30.40 Accessed JAVA URL 192.0.2.41:http://192.0.2.41/", `{"event":"system","src":"10.20.30.40","dst":"192.0.2.41"}`},
		{"command", front + "%ASA-5-111010: User 'x', running 'CLI' from IP 10.10.0.87, executed 'clear'", `{"event":"system","src":"10.10.0.87"}`},
		{"login denied", front + `%ASA-6-605004: Login denied from 10.10.1.212/51923 to LAN:10.10.1.254/https for user "*****"`, `{"event":"system","action":"deny","src":"10.10.1.212","sport":51923,"dst":"10.10.1.254","dport":443}`},
		{"login permitted", front + `%ASA-6-605005: Login permitted from 10.10.0.87/6651 to LAN:10.10.1.254/ssh for user "admin"`, `{"event":"system","action":null,"src":"10.10.0.87","dport":22}`},
		{"authenticated", front + "%ASA-6-611101: User authentication succeeded: IP address: 10.10.0.87, Uname: admin", `{"event":"system","src":"10.10.0.87"}`},
		{"AAA rejected", front + "%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.10.1.2 : user = bob : user IP = 192.168.1.9", `{"event":"system","src":"192.168.1.9"}`},
		{"tunnel", front + "%ASA-5-713049: Group = 192.0.2.144, IP = 192.0.2.145, Security negotiation complete for LAN-to-LAN Group (192.0.2.144) Responder, Inbound SPI = 0x1", `{"event":"system","src":"192.0.2.145"}`},
		{"disconnected", front + "%ASA-4-113019: Group = g, Username = u, IP = 192.0.2.145, Session disconnected. Session Type: SSL, Duration: 0h:32m:16s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested", `{"event":"system","src":"192.0.2.145"}`},
		{"address given", front + "%ASA-4-722051: Group <g> User <john> IP <192.0.2.3> IPv4 Address <192.168.50.5> IPv6 address <::> assigned to session", `{"event":"dhcp-lease","src":"192.168.50.5","detail":"john"}`},
		{"IPv6 address given", front + "%ASA-4-722051: Group <g> User <john> IP <192.0.2.3> IPv4 Address <0.0.0.0> IPv6 address <2001:db8::5> assigned to session", `{"event":"dhcp-lease","src":"2001:db8::5"}`},
		{"from a pool", front + "%ASA-6-737026: IPAA: Client assigned 192.168.50.6 from local pool", `{"event":"dhcp-lease","src":"192.168.50.6"}`},
		{"IKE", front + "%ASA-5-750002: Local:203.0.113.4:7777 Remote:192.0.2.2:7777 Username:admin Received a IKE_INIT_SA request", `{"event":"system","src":"192.0.2.2"}`},
		{"security association", front + "%ASA-6-602303: IPSEC: An outbound LAN-to-LAN SA (SPI= 0xF81283) between 203.0.113.4 and 192.0.2.2 (user= admin) has been created.", `{"event":"system","src":"203.0.113.4","dst":"192.0.2.2"}`},
		{"host seen", front + "%ASA-7-609001: Built local-host net:192.168.2.2", `{"event":"system","src":"192.168.2.2","in_if":"net"}`},
		{"nothing to find", front + "%ASA-6-713904: All IPSec SA proposals found unacceptable!", `{"event":"system","src":null,"sport":null}`},
		{"IOS, ssh", "<189>1: *Sep 22 16:23:09.466: %SSH-5-SSH2_SESSION: SSH2 Session request from 192.168.1.9 (tty = 0) using crypto", `{"event":"system","dialect":"cisco-ios","src":"192.168.1.9","detail":"SSH-5-SSH2_SESSION"}`},
		{"IOS, logout", "<189>1: *Mar 29 17:03:26.255: %SYS-6-LOGOUT: User admin has exited tty session 4(192.168.1.9)", `{"event":"system","src":"192.168.1.9"}`},
		{"NX-OS, login", "<187>: 2018 Apr 20 13:15:07: %DAEMON-3-SYSTEM_MSG: error: PAM: Authentication failure for illegal user x from 192.168.1.9 - dcos_sshd[12]", `{"event":"system","src":"192.168.1.9"}`},
		{"NX-OS, ARP", "<187>: 2018 Apr 20 13:15:07: %ARP-3-DUP_SRC_IP: arp [3512] Source address of packet received from 0050.56b4.48be on Vlan2(Ethernet1/1) is duplicate of local, 10.0.0.1", `{"event":"system","src":"10.0.0.1"}`},
	})
}
