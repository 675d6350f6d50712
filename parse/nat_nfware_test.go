package parse

import "testing"

// Forms of docs.nfware.com; addresses are examples.
func TestNFWare(t *testing.T) {
	checkAll(t, []says{
		{"address", `A VRF 0 INT 10.0.0.1 EXT 100.64.0.1`,
			`{"kind":"nat","event":"system","dialect":"nfware","action":"nat-create","src":"10.0.0.1","nat_src":"100.64.0.1"}`},
		{"port", `D VRF 0 17 INT 10.0.0.1:5000 EXT 100.64.0.1:6000`,
			`{"kind":"nat","event":"session-end","dialect":"nfware","action":"nat-delete","src":"10.0.0.1","sport":5000,"nat_src":"100.64.0.1","nat_sport":6000,"proto":"udp"}`},
		{"block", `<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 3 INT 10.0.0.1 EXT 100.64.0.1:1024-2047`,
			`{"kind":"nat-block","event":"system","dialect":"nfware","action":"nat-create","stamp":"2024-01-01T00:00:00","time":"2024-01-01T00:00:00Z","host":"nfw","src":"10.0.0.1","nat_src":"100.64.0.1","port_low":1024,"port_high":2047,"pri":134,"app":"nat"}`},
		{"inbound", `A VRF 0 6 INT 10.0.0.1:80 EXT 100.64.0.1:8080 DST 185.165.123.206:5443 DIR IN`,
			`{"kind":"nat","event":"session-new","dialect":"nfware","action":"nat-create","src":"185.165.123.206","sport":5443,"dst":"100.64.0.1","dport":8080,"nat_dst":"10.0.0.1","nat_dport":80,"proto":"tcp"}`},
		{"session", `<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 198.51.100.206:443 DIR OUT`,
			`{"kind":"nat","event":"session-new","action":"nat-create","src":"10.0.0.1","sport":57938,"dst":"198.51.100.206","dport":443,"nat_src":"100.64.0.1","nat_sport":28475,"proto":"tcp","nat_dst":null}`},
		{"session ends", `<134>1 2024-01-01T00:00:09Z nfw nat - - - D VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 198.51.100.206:443 DIR OUT`,
			`{"event":"session-end","action":"nat-delete","dst":"198.51.100.206","dport":443}`},
		{"no outside address", `A VRF 0 6 INT 10.0.0.1:57938 OUT`, `{"event":"unknown","dialect":null,"src":null,"proto":null}`},
		{"a VRF of something else", `A VRF is a table of routes, and INT 10.0.0.1 is an interface`, `{"event":"unknown","dialect":null,"src":null}`},
	})
}
