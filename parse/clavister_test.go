package parse

import "testing"

// Lines quoted in public parsers of Clavister logs and built from the cOS Core Log Reference Guide.
func TestClavister(t *testing.T) {
	checkAll(t, []says{
		{"close", `[2010-12-15 14:56:37] EFW: CONN: prio=1 id=00600005 rev=1 event=conn_close_natsat action=close rule=local_to_wan_http_alg conn=close connipproto=TCP connrecvif=core connsrcip=92.45.16.122 connsrcport=19920 conndestif=wan conndestip=81.8.63.21 conndestport=80 connnewsrcip=92.45.16.122 connnewsrcport=19920 connnewdestip=81.8.63.21 connnewdestport=80 origsent=1106 termsent=920`,
			`{"kind":"session","event":"session-end","dialect":"clavister","action":"session-delete","stamp":"2010-12-15T14:56:37","src":"92.45.16.122","sport":19920,"dst":"81.8.63.21","dport":80,"proto":"tcp","bytes":2026,"in_if":"core","out_if":"wan","rule":"local_to_wan_http_alg"}`},
		{"incontrol", `<1>1 2026-02-09T07:32:47Z 15c8cb06-465b-48b2-b7f7-b6c206e749dc CONN : id=600004 event=conn_open_natsat [message=Connection opened connrecvzone="" conndestzone="" ][conn [conn connsrcip=10.48.11.55 conndestip=20.242.39.171 connipproto=TCP conndestport=443 connrecvif=lan conndestif=wan connnewsrcip=62.111.230.212 ]]`,
			`{"kind":"session","event":"session-new","dialect":"clavister","action":"session-create","stamp":"2026-02-09T07:32:47","time":"2026-02-09T07:32:47Z","host":"15c8cb06-465b-48b2-b7f7-b6c206e749dc","src":"10.48.11.55","dst":"20.242.39.171","dport":443,"nat_src":"62.111.230.212","proto":"tcp","detail":"conn_open_natsat","in_if":"lan","out_if":"wan","pri":1,"app":"CONN"}`},
		{"rule", `Dec 15 14:56:37 gw EFW: RULE: prio=3 id=06000051 rev=1 event=ruleset_drop_packet action=drop rule=Default_Rule recvif=wan srcip=198.51.100.9 destip=192.0.2.1 ipproto=UDP ipdatalen=58 srcport=137 destport=137 udptotlen=58`,
			`{"kind":"fw-packet","event":"session-denied","dialect":"clavister","action":"deny","stamp":"12-15T14:56:37","host":"gw","src":"198.51.100.9","sport":137,"dst":"192.0.2.1","dport":137,"proto":"udp","in_if":"wan","rule":"Default_Rule","app":"EFW"}`},
		{"out of connections", `<133>1 2026-02-09T07:32:47Z gw EFW - - - CONN: prio=2 id=00600010 rev=1 event=out_of_connections action=reject recvif=lan srcip=10.0.0.7 destip=192.0.2.1 ipproto=TCP srcport=5000 destport=80 syn=1`,
			`{"kind":"session-limit","event":"table-full","dialect":"clavister","stamp":"2026-02-09T07:32:47","time":"2026-02-09T07:32:47Z","host":"gw","src":"10.0.0.7","sport":5000,"dst":"192.0.2.1","dport":80,"proto":"tcp","flags":"SYN","detail":"out_of_connections","in_if":"lan","pri":133,"app":"EFW"}`},
		{"open", `EFW: CONN: prio=1 id=00600001 rev=1 event=conn_open rule=allow_all conn=open connipproto=UDP connrecvif=lan connsrcip=10.0.0.7 connsrcport=5000 conndestif=wan conndestip=192.0.2.1 conndestport=53`,
			`{"kind":"session","event":"session-new","dialect":"clavister","action":"session-create","src":"10.0.0.7","sport":5000,"dst":"192.0.2.1","dport":53,"proto":"udp","in_if":"lan","out_if":"wan","rule":"allow_all"}`},
	})
}
