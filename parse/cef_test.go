package parse

import "testing"

// Lines from VictoriaLogs, sentinel-agents, Tenzir, fortinet.com and cgn-ec-consumer, with example addresses.
func TestCEF(t *testing.T) {
	checkAll(t, []says{
		{"forcepoint allowed", `<6>Sep 14 14:12:51 10.0.0.143 CEF:0|FORCEPOINT|Firewall|6.8.6|70018|Connection_Allowed|0|deviceExternalId=NGFW1 node 1 dvchost=10.99.0.71 dvc=10.99.0.71 src=10.70.1.20 dst=203.0.113.44 spt=59358 dpt=443 proto=6 deviceInboundInterface=0 deviceOutboundInterface=1 act=Allow sourceTranslatedAddress=192.0.2.143 destinationTranslatedAddress=203.0.113.44 sourceTranslatedPort=27237 destinationTranslatedPort=443 deviceFacility=Packet Filtering rt=Sep 14 2021 14:12:51 app=HTTPS cs1Label=RuleID cs1=2100123.2 cs2Label=NatRuleId cs2=2099555.1`,
			`{"kind":"session","event":"session-new","dialect":"cef","action":"allow","stamp":"09-14T14:12:51","host":"10.0.0.143","src":"10.70.1.20","sport":59358,"dst":"203.0.113.44","dport":443,"nat_src":"192.0.2.143","nat_sport":27237,"proto":"tcp","detail":"Connection_Allowed","in_if":"0","out_if":"1","pri":6}`},
		{"forcepoint discarded", `<6>CEF:0|FORCEPOINT|Firewall|6.8.5|70019|Connection_Discarded|0|deviceExternalId=NGFW2 node 1 dvchost=10.99.0.149 src=10.99.0.4 dst=10.99.0.255 spt=138 dpt=138 proto=17 deviceInboundInterface=0 act=Discard msg=spoofed packet deviceFacility=Packet Filtering rt=Sep 14 2021 13:58:33 app=NetBIOS Datagram`,
			`{"kind":"session","event":"session-denied","dialect":"cef","action":"deny","stamp":"2021-09-14T13:58:33","host":"10.99.0.149","src":"10.99.0.4","sport":138,"dst":"10.99.0.255","dport":138,"proto":"udp","detail":"Connection_Discarded","in_if":"0","pri":6}`},
		{"forcepoint log", `Nov 13 16:59:59 host123 FOO: CEF:0|FORCEPOINT|Firewall|6.6.1|0|Generic|0|deviceExternalId=Master FW node 1 dvc=10.1.1.40 dvchost=10.1.1.40 msg=log server connection established deviceFacility=Logging System rt=Jan 17 2020 08:52:10`,
			`{"kind":"other","event":"system","dialect":"cef","stamp":"11-13T16:59:59","host":"host123","detail":"Generic","app":"FOO"}`},
		{"fortigate", `Dec 27 11:07:55 FGT-A-LOG CEF: 0|Fortinet|Fortigate|v6.0.3|00013|traffic:forward close|3|deviceExternalId=FGT5HD3915800610 FTNTFGTlogid=0000000013 cat=traffic:forward FTNTFGTsubtype=forward FTNTFGTlevel=notice FTNTFGTvd=vdom1 FTNTFGTeventtime=1545937675 src=10.1.100.11 spt=54190 deviceInboundInterface=port12 dst=52.53.140.235 dpt=443 deviceOutboundInterface=port11 externalId=402 proto=6 act=close FTNTFGTpolicyid=1 app=HTTPS FTNTFGTtrandisp=snat sourceTranslatedAddress=172.16.200.2 sourceTranslatedPort=54190 FTNTFGTduration=2 out=3652 in=146668 FTNTFGTsentpkt=58`,
			`{"kind":"session","event":"session-end","dialect":"cef","action":"session-delete","stamp":"12-27T11:07:55","host":"FGT-A-LOG","src":"10.1.100.11","sport":54190,"dst":"52.53.140.235","dport":443,"nat_src":"172.16.200.2","nat_sport":54190,"proto":"tcp","bytes":150320,"detail":"traffic:forward close","in_if":"port12","out_if":"port11","app":"CEF"}`},
		{"palo alto", `CEF:0|Palo Alto Networks|PAN-OS|10.0.0|end|TRAFFIC|1|rt=Feb 27 2021 20:16:21 GMT deviceExternalId=xxxxxxxxxxxxx src=1.1.1.1 dst=2.2.2.2 sourceTranslatedAddress=3.3.3.3 destinationTranslatedAddress=2.2.2.2 cs1Label=Rule cs1=InternetDNS app=dns spt=5000 dpt=53 sourceTranslatedPort=6000 destinationTranslatedPort=53 proto=udp act=allow flexNumber1Label=Total bytes flexNumber1=300 in=100 out=200`,
			`{"kind":"session","event":"session-end","dialect":"cef","action":"session-delete","stamp":"2021-02-27T20:16:21","time":"2021-02-27T20:16:21Z","src":"1.1.1.1","sport":5000,"dst":"2.2.2.2","dport":53,"nat_src":"3.3.3.3","nat_sport":6000,"proto":"udp","bytes":300,"detail":"TRAFFIC"}`},
		{"a10 port", `0|A10|CFW|6.0.0-P1|CGN 100|Nat Port Allocated|5|proto=TCP src=10.0.0.5 spt=5000 sourceTranslatedAddress=203.0.113.7 sourceTranslatedPort=6000`,
			`{"kind":"nat","event":"session-new","dialect":"cef","action":"nat-create","src":"10.0.0.5","sport":5000,"nat_src":"203.0.113.7","nat_sport":6000,"proto":"tcp","detail":"Nat Port Allocated"}`},
		{"a10 block", `CEF:0|A10|CFW|6.0.0-P1|CGN 106|Nat Port Batch Pool Allocated|5|proto=TCP src=10.0.0.5 sourceTranslatedAddress=203.0.113.7 sourceTranslatedPort=1024 cn3=1279 cn3Label=Last Nat Port`,
			`{"kind":"nat-block","event":"system","dialect":"cef","action":"nat-create","src":"10.0.0.5","nat_src":"203.0.113.7","proto":"tcp","detail":"Nat Port Batch Pool Allocated","port_low":1024,"port_high":1279}`},
		{"mikrotik lease", `2025-11-01T01:10:54.868+0200 1MB CEF:0|MikroTik|RB2011UAS|7.19.4 (stable)|16|dhcp,info|Low|dvchost=1MB dvc=10.10.10.225 msg=dhcp1 assigned 192.168.1.14 for AA:44:33:00:77:CC POCO`,
			`{"kind":"dhcp","event":"dhcp-lease","dialect":"mikrotik","stamp":"2025-11-01T01:10:54.868","time":"2025-11-01T01:10:54.868+02:00","host":"1MB","src":"192.168.1.14","detail":"POCO"}`},
		{"mikrotik login", `Oct  2 17:36:35 MikroTik CEF:0|MikroTik|hAP ax^2|7.25beta5|10|system,error,critical|High|dvchost=MikroTik dvc=192.168.88.36 msg=login failure for user guest from 192.168.88.17 via ssh app=ssh duser=guest outcome=failure src=192.168.88.17`,
			`{"kind":"fw-packet","event":"system","dialect":"mikrotik","action":"deny","stamp":"10-02T17:36:35","host":"MikroTik","src":"192.168.88.17","detail":"guest"}`},
		{"mikrotik firewall", `Oct  2 17:36:35 MikroTik CEF:0|MikroTik|CHR|7.18|12|firewall,info|Low|dvchost=MikroTik dvc=192.168.88.1 msg=fwd forward: in:bridge out:ether1, connection-state:new src-mac 52:54:00:a8:01:84, proto UDP, 192.168.1.132:51413->44.142.178.79:48892, len 60`,
			`{"kind":"fw-packet","event":"session-new","dialect":"mikrotik","stamp":"10-02T17:36:35","host":"MikroTik","src":"192.168.1.132","sport":51413,"dst":"44.142.178.79","dport":48892,"proto":"udp","in_if":"bridge","out_if":"ether1","rule":"fwd"}`},
		{"a10 waf", `<6> CEF:0|A10|vThunder|4.1.4-GR1-P12|WAF|session-id|2|rt=Nov 21 2025 10:00:00 src=1.1.1.1 spt=34860 dst=1.1.1.1 dpt=80 dhost=test.host.local cs1=uiext_sec_waf cs2=1 act=learn cs3=learn app=HTTP requestMethod=GET cn1=0 request=/sales/ msg=New session created: Id\=1`,
			`{"kind":"session","event":"system","dialect":"cef","stamp":"2025-11-21T10:00:00","src":"1.1.1.1","sport":34860,"dst":"1.1.1.1","dport":80,"detail":"session-id","pri":6}`},
		{"bare extension", `<132>1 2022-04-05T19:56:42.387000Z Barracuda - - - - src=10.1.1.1 spt=33217 dst=10.1.1.1 dpt=39971 actionTaken=DENY attackDescription=GEO_IP_BLOCK`,
			`{"kind":"session","event":"session-denied","dialect":"cef","action":"deny","stamp":"2022-04-05T19:56:42.387","time":"2022-04-05T19:56:42.387Z","host":"Barracuda","src":"10.1.1.1","sport":33217,"dst":"10.1.1.1","dport":39971,"pri":132}`},
	})
}

func TestCEFGlobalProtect(t *testing.T) {
	checkAll(t, []says{
		{"an address is given", "CEF:0|Palo Alto Networks|LF|2.0|GLOBALPROTECT|globalprotect|3|dtz=UTC rt=Mar 01 2021 20:35:54 start=Mar 01 2021 20:35:54 PanOSEventIDValue=gateway-connected PanOSStage=connected PanOSEndpointDeviceName=laptop7 PanOSPublicIPv4=198.51.100.7 PanOSPrivateIPv4=10.9.0.3",
			`{"event":"dhcp-lease","src":"10.9.0.3","detail":"laptop7"}`},
	})
}
