package parse

import (
	"net/netip"
	"testing"
)

// Lines of ss (iproute2 6.1), netstat (net-tools 2.10), and of the systems named.
func TestSockets(t *testing.T) {
	checkAll(t, []says{
		{"ss -tan", "ESTAB  0      0          192.168.1.20:42106 203.0.113.80:443         ",
			`{"kind":"entry","event":"entry","dialect":"sockets","src":"192.168.1.20","sport":42106,"dst":"203.0.113.80","dport":443,"proto":"tcp","state":"ESTABLISHED","unordered":true}`},
		{"ss -tunap", `tcp   ESTAB  0      0          192.168.1.20:42106 203.0.113.80:443  users:(("firefox",pid=1590,fd=8),("firefox",pid=1592,fd=8))`,
			`{"event":"entry","src":"192.168.1.20","dport":443,"proto":"tcp","state":"ESTABLISHED","detail":"firefox"}`},
		{"ss of a server", "ESTAB  0      0   [2001:db8::20]:443 [2001:db8::9]:51234 ", `{"event":"entry","src":"2001:db8::20","sport":443,"dst":"2001:db8::9","dport":51234,"unordered":true}`},
		{"ss, an answer that waits", "SYN-RECV 0 0 192.168.1.20:80 198.51.100.7:33000", `{"event":"entry","src":"198.51.100.7","dst":"192.168.1.20","dport":80,"state":"SYN_RECV"}`},
		{"ss, time-wait", "TIME-WAIT 0      0      192.168.1.20:54321 203.0.113.80:80  ", `{"event":"entry","state":"TIME_WAIT","dport":80}`},
		{"ss, mapped and with a zone", "udp   ESTAB 0      0      192.168.1.20%eth0:68       192.168.1.1:67", `{"event":"entry","proto":"udp","sport":68,"dport":67}`},
		{"ss, v4 in v6", "ESTAB 0 0 [::ffff:192.168.1.20]:22 [::ffff:192.168.1.9]:51234", `{"event":"entry","src":"192.168.1.20","dst":"192.168.1.9"}`},
		{"ss, listens", "LISTEN 0      128          0.0.0.0:22       0.0.0.0:*          ", `{"event":"system","dialect":"sockets","sport":22}`},
		{"ss, its header", "State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess", `{"event":"system","dialect":"sockets"}`},
		{"ss, unix", "u_str ESTAB  0      0                 /run/systemd/journal/stdout 16563            * 16562", `{"event":"system","dialect":"sockets"}`},
		{"netstat -nat", "tcp        0      0 192.168.1.20:42106      203.0.113.80:443        ESTABLISHED", `{"event":"entry","src":"192.168.1.20","dst":"203.0.113.80","state":"ESTABLISHED"}`},
		{"netstat -natp, v6", "tcp6       0      0 2001:db8::5:22          2001:db8::9:51234       ESTABLISHED 1234/sshd: root", `{"event":"entry","src":"2001:db8::5","sport":22,"dst":"2001:db8::9","dport":51234,"detail":"sshd"}`},
		{"netstat, listens", "tcp6       0      0 :::80                   :::*                    LISTEN     ", `{"event":"system"}`},
		{"netstat, udp", "udp        0      0 192.168.1.20:36000      192.168.1.1:53          ESTABLISHED", `{"event":"entry","proto":"udp","dport":53}`},
		{"netstat -an of FreeBSD", "tcp4       0      0  192.168.1.20.51079     203.0.113.14.443       ESTABLISHED", `{"event":"entry","src":"192.168.1.20","sport":51079,"dport":443}`},
		{"netstat -an of macOS", "tcp6       0      0  2001:db8::20.51079     2001:db8::9.443        FIN_WAIT_2 ", `{"event":"entry","src":"2001:db8::20","sport":51079,"dport":443,"state":"FIN_WAIT"}`},
		{"netstat -ano of Windows", "  TCP    192.168.1.20:50000     203.0.113.5:443        ESTABLISHED     1234", `{"event":"entry","sport":50000,"dport":443,"state":"ESTABLISHED"}`},
		{"netstat in German", "  TCP    192.168.1.20:50000     203.0.113.5:443        HERGESTELLT", `{"event":"entry","dport":443,"state":null}`},
		{"netstat of Windows, udp", "  UDP    0.0.0.0:123            *:*                                    1180", `{"event":"system"}`},
		{"names for ports", "tcp        0      0 192.168.1.20:42106      203.0.113.80:https      ESTABLISHED", `{"event":"entry","dport":443}`},
		{"names for hosts are not understood", "tcp        0      0 laptop:42106            example.com:https       ESTABLISHED", `{"event":"unknown"}`},
		{"cut", "tcp        0      0 192.168.1.20:42106      203.0.1", `{"event":"unknown"}`},
		{"a sentence", "TCP connection from somewhere 0 1 2", `{"event":"unknown"}`},
	})
	a := netip.MustParseAddr
	checkEvents(t, []stored{{"the client of a server's own row", "ESTAB 0 0 192.168.1.20:443 198.51.100.9:51234", "",
		Event{Kind: Entry, Proto: TCP, State: Established, Src: a("198.51.100.9"), SPort: 51234, Dst: a("192.168.1.20"), DPort: 443}}})
}
