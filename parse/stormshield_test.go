package parse

import "testing"

// Lines from the tests of elastic/integrations (packages/stormshield).
func TestStormshield(t *testing.T) {
	checkAll(t, []says{
		{"connection", `id=firewall time="2024-03-08 17:29:30" fw="stormy-1" tz=+0000 startime="2024-03-08 12:27:28" pri=5 confid=01 slotlevel=0 ruleid=7 ipproto=udp dstif="Ethernet0" dstifname="out" proto=ntp src=192.168.197.134 srcport=123 srcportname=ntp srcname=Firewall_out dst=1.128.0.1 dstport=123 dstportname=ntp dstname=ntp2.example.eu dstcontinent="eu" dstcountry="fr" modsrc=192.168.197.134 modsrcport=123 origdst=89.160.20.182 origdstport=123 ipv=4 sent=48 rcvd=48 duration=0.09 action=pass logtype="connection"`,
			`{"kind":"session","event":"session-end","dialect":"stormshield","action":"allow","stamp":"2024-03-08T17:29:30","time":"2024-03-08T17:29:30Z","host":"stormy-1","src":"192.168.197.134","sport":123,"dst":"89.160.20.182","dport":123,"nat_dst":"1.128.0.1","nat_dport":123,"proto":"udp","bytes":96,"out_if":"Ethernet0","rule":"7"}`},
		{"filter", `id=firewall time="2019-02-24 16:38:01" fw="SN310A17B0323A7" tz=+0100 startime="2019-02-24 16:38:00" pri=5 confid=00 slotlevel=2 ruleid=4 rulename="1690fb96019_7" srcif="Ethernet0" srcifname="out" ipproto=udp proto=ssdp src=10.11.11.11 srcport=49907 srcportname=ephemeral_fw_udp srcname=user1 srcmac=11:11:11:11:11:11 dst=10.10.10.10 dstport=1900 dstportname=sdp ipv=4 sent=0 rcvd=0 duration=0.00 action=pass logtype="filter"`,
			`{"kind":"session","event":"session-new","dialect":"stormshield","action":"allow","stamp":"2019-02-24T16:38:01","time":"2019-02-24T16:38:01+01:00","host":"SN310A17B0323A7","src":"10.11.11.11","sport":49907,"dst":"10.10.10.10","dport":1900,"proto":"udp","in_if":"Ethernet0","rule":"1690fb96019_7"}`},
		{"system", `id=firewall time="2024-03-08 18:14:59" fw="stormy-1" tz=+0000 startime="2024-03-08 18:14:59" pri=5 service=userreqd msg="reloading daemon configuration (reason: SIGHUP)" logtype="system"`,
			`{"kind":"other","event":"system","dialect":"stormshield","stamp":"2024-03-08T18:14:59","time":"2024-03-08T18:14:59Z","host":"stormy-1","detail":"reloading daemon configuration (reason: SIGHUP)"}`},
		{"blocked", `Mar  8 17:29:51 fw1 id=firewall time="2024-03-08 17:29:51" fw="stormy-1" tz=+0100 startime="2024-03-08 17:29:51" pri=4 ruleid=12 srcif="Ethernet0" ipproto=tcp src=198.51.100.7 srcport=40000 dst=192.0.2.1 dstport=23 action=block logtype="filter"`,
			`{"kind":"session","event":"session-denied","dialect":"stormshield","action":"deny","stamp":"2024-03-08T17:29:51","time":"2024-03-08T17:29:51+01:00","host":"fw1","src":"198.51.100.7","sport":40000,"dst":"192.0.2.1","dport":23,"proto":"tcp","in_if":"Ethernet0","rule":"12"}`},
		{"alarm", `id=firewall time="2026-03-02 11:05:33" fw="SN310A0000000001" tz=+0100 startime="2026-03-02 11:05:33" pri=1 class=protocol classification=0 alarmid=157 repeat=3 srcif="Ethernet1" ipproto=tcp proto=http src=192.0.2.10 srcport=51234 dst=192.0.2.80 dstport=80 ipv=4 action=block msg="Possible port scan" logtype="alarm"`,
			`{"kind":"session","event":"session-denied","dialect":"stormshield","action":"deny","stamp":"2026-03-02T11:05:33","time":"2026-03-02T11:05:33+01:00","host":"SN310A0000000001","src":"192.0.2.10","sport":51234,"dst":"192.0.2.80","dport":80,"proto":"tcp","detail":"Possible port scan","in_if":"Ethernet1"}`},
		{"connection without an action", `id=firewall time="2026-03-02 16:10:00" fw="SN310A0000000001" tz=+0100 startime="2026-03-02 16:09:59" pri=5 srcif="Ethernet0" srcifname="out" ipproto=udp proto=dns src=192.0.2.50 srcport=51000 dst=192.168.1.10 dstport=53 origdst=192.168.200.1 origdstport=53 modsrc=203.0.113.1 modsrcport=51000 ipv=4 sent=64 rcvd=128 duration=0.02 logtype="connection"`,
			`{"kind":"session","event":"session-end","dialect":"stormshield","stamp":"2026-03-02T16:10:00","time":"2026-03-02T16:10:00+01:00","host":"SN310A0000000001","src":"192.0.2.50","sport":51000,"dst":"192.168.200.1","dport":53,"nat_src":"203.0.113.1","nat_sport":51000,"nat_dst":"192.168.1.10","nat_dport":53,"proto":"udp","bytes":192,"in_if":"Ethernet0"}`},
		{"vpn", `id=firewall time="2026-03-02 08:00:05" fw="SN310A0000000001" tz=+0100 startime="2026-03-02 08:00:03" pri=5 phase=1 side=initiator ikev=2 src=203.0.113.1 srcname=Firewall_out dst=203.0.113.50 msg="Phase established" logtype="vpn"`,
			`{"kind":"session","event":"system","dialect":"stormshield","stamp":"2026-03-02T08:00:05","time":"2026-03-02T08:00:05+01:00","host":"SN310A0000000001","src":"203.0.113.1","dst":"203.0.113.50","detail":"Phase established"}`},
	})
}
