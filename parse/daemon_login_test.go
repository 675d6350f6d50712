package parse

import "testing"

func TestLogin(t *testing.T) {
	checkAll(t, []says{
		{"dropbear", "Jun 10 12:32:00 dropbear: Login succeeded for 'admin' from 192.0.2.20:51000", `{"kind":"syslog","event":"system","dialect":"login","src":"192.0.2.20","sport":51000}`},
		{"dropbear leaves", "Jun 10 12:32:00 gw dropbear[7]: Exit before auth from <192.0.2.20:47926>: Exited normally", `{"src":"192.0.2.20","sport":47926}`},
		{"sshd", "Feb 12 14:10:21 sd sshd[16378]: Invalid user admins from 192.0.2.20 port 53502", `{"src":"192.0.2.20","sport":53502,"event":"system"}`},
		{"sshd password", "Feb 12 14:10:21 sd sshd[16378]: Failed password for root from 2001:db8::1 port 22 ssh2", `{"src":"2001:db8::1","sport":22}`},
		{"sshd close", "Feb 12 14:10:21 sd sshd[16378]: Connection closed by 192.0.2.20 port 53502 [preauth]", `{"src":"192.0.2.20","sport":53502}`},
		{"sshd without an address", "Feb 12 14:10:21 sd sshd[16378]: Server listening on port 22", `{"event":"system","dialect":"daemon"}`},
		{"accepted key", "Feb 12 14:10:22 sd sshd[16379]: Accepted publickey for admin from 192.0.2.20 port 53503 ssh2: ED25519 SHA256:abc", `{"event":"system","dialect":"login","src":"192.0.2.20","sport":53503}`},
		{"a name that says from", "Feb 12 14:10:23 sd sshd[16379]: Invalid user from from 192.0.2.21 port 53504", `{"dialect":"login","src":"192.0.2.21","sport":53504}`},
		{"another program's words", "Feb 12 14:10:24 sd app[16379]: Accepted publickey for admin from 192.0.2.20 port 53503 ssh2", `{"event":"unknown","dialect":null,"src":null}`},
	})
}
