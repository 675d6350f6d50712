package parse

import "testing"

func TestMiniupnpd(t *testing.T) {
	checkAll(t, []says{
		{"redirected", "Nov 21 10:00:00 gw miniupnpd[812]: redirecting port 51413 to 192.168.1.50:51414 protocol UDP for: Transmission at 51413",
			`{"kind":"nat","event":"system","dialect":"miniupnpd","action":"nat-create","src":"192.168.1.50","sport":51414,"nat_sport":51413,"proto":"udp","detail":"Transmission at 51413"}`},
		{"again", "Nov 21 10:00:00 gw miniupnpd[812]: port 51413 protocol TCP already redirected to 192.168.1.50:51413", `{"dialect":"miniupnpd","src":"192.168.1.50","sport":51413,"proto":"tcp"}`},
		{"something else", "Nov 21 10:00:00 gw miniupnpd[812]: HTTP listening on port 5000", `{"dialect":"daemon","src":null,"sport":null}`},
	})
}
