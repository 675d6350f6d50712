package parse

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Lines that the benchmark, the fuzz tests and the test for allocations use, one of each dialect.
var familyBLines = map[string]string{
	"fortigate":   `<189>date=2019-05-10 time=11:37:47 devname="FG1" devid="FG1K" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="vdom1" eventtime=1557513467369913239 srcip=10.1.100.11 srcport=58012 srcintf="port12" srcintfrole="undefined" dstip=81.2.69.142 dstport=80 dstintf="port11" dstintfrole="undefined" sessionid=105048 proto=6 action="close" policyid=1 policytype="policy" service="HTTP" dstcountry="Canada" srccountry="Reserved" trandisp="snat" transip=172.16.200.2 transport=58012 duration=116 sentbyte=1188 rcvdbyte=1224 sentpkt=17 rcvdpkt=16 appcat="unscanned"`,
	"paloalto":    `<14>Nov 30 16:09:08 PA-220 1,2018/11/30 16:09:07,012801096514,TRAFFIC,end,2049,2018/11/30 16:09:07,192.168.15.207,175.16.199.1,192.168.1.63,175.16.199.1,new_outbound_from_trust,,,apple-maps,vsys1,trust,untrust,ethernet1/2,ethernet1/1,send_to_mac,2018/11/30 16:09:07,22751,1,55113,443,16418,443,0x400053,tcp,allow,7734,1758,5976,36,2018/11/30 15:59:04,586,computer-and-internet-info,0,32091112,0x0,192.168.0.0-192.168.255.255,United States,0,16,20,tcp-fin,0,0,0,0,,PA-220,from-policy`,
	"checkpoint":  `<134>1 2020-03-30T07:20:35Z gw-da58d3 CheckPoint 1930 - [action:"Accept"; flags:"411908"; ifdir:"inbound"; ifname:"eth0"; logid:"0"; loguid:"{0x5e819dc3,0x0,0x353707c7,0xee78a1dc}"; origin:"192.168.1.100"; time:"1585552835"; version:"5"; dst:"192.168.1.153"; inzone:"External"; nat_rulenum:"0"; proto:"6"; rule_name:"Network"; s_port:"58618"; service:"443"; service_id:"https"; src:"192.168.1.100"; xlatesrc:"203.0.113.9"; xlatesport:"10001"; xlatedst:"0.0.0.0"; xlatedport:"0"]`,
	"sonicwall":   `<134>  id=firewall sn=0040103CE114 time="2022-05-16 15:22:28 UTC" fw=10.0.0.96 pri=6 c=262144 m=98 msg="Connection Opened" app=12 sess="Web" n=780 usr="admin" src=81.2.69.193:65058:X1 dst=10.0.0.96:443:X1 proto=tcp/https sent=64 dpi=0 fw_action="NA"`,
	"stormshield": `id=firewall time="2019-02-24 16:38:01" fw="SN310A17B0323A7" tz=+0100 startime="2019-02-24 16:38:00" pri=5 confid=00 slotlevel=2 ruleid=4 rulename="1690fb96019_7" srcif="Ethernet0" srcifname="out" ipproto=udp proto=ssdp src=10.11.11.11 srcport=49907 srcportname=ephemeral_fw_udp srcname=user1 dst=10.10.10.10 dstport=1900 ipv=4 sent=0 rcvd=0 duration=0.00 action=pass logtype="filter"`,
	"sophos-utm":  `<30>2023:04:28-00:50:54 sophos-test-vm1 ulogd[12511]: id="2021" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped (GEOIP)" action="drop" fwrule="60019" initf="eth6" srcmac="1a:fc:2b:33:4d:5f" dstmac="00:11:22:33:44:55" srcip="67.43.156.2" dstip="89.160.20.129" proto="6" length="88" tos="0x00" prec="0x00" ttl="227" srcport="443" dstport="42181" tcpflags="ACK PSH"`,
	"sophos-xg":   `Nov 16 00:25:00 sophos device_name="SFW" timestamp="2021-11-15T18:25:00-0600" device_model="SFVH" log_id="010101600001" log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" log_version=1 severity="Information" fw_rule_id="12" in_interface="Port1" out_interface="Port2" src_ip="192.168.2.111" src_country="R1" dst_ip="89.160.20.156" dst_country="USA" protocol="TCP" src_port=50875 dst_port=443 src_trans_ip="192.168.1.2" con_event="Start" con_id="3153941760"`,
	"meraki":      `<134>1 1647479278.997155282 Nashville_MX100 ip_flow_start src=10.0.0.234 dst=81.2.69.145 protocol=tcp sport=34294 dport=80 translated_src_ip=1.128.3.4 translated_port=34294`,
	"watchguard":  `<142>May 10 15:19:06 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:05) firewall[10]: msg_id="3000-0148" Allow Firebox 0-External 52 tcp 20 127 10.0.1.2 81.2.69.192 62443 80 offset 8 S 832026162 win 8192 (HTTP-00)`,
	"barracuda":   `<14>Dec  1 10:00:00 gw1 box_Firewall_Activity:  Info     gw1 Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.10.70|srcPort=60154|srcMAC=00:0c:29:9a:0a:78|dstIP=62.99.0.1|dstPort=443|dstService=https|dstIF=dhcp|rule=LAN-2-INTERNET|info=Normal Operation|srcNAT=62.99.0.69|dstNAT=62.99.0.1|duration=500|count=1|receivedBytes=5000|sentBytes=700|receivedPackets=8|sentPackets=9|user=`,
	"clavister":   `[2010-12-15 14:56:37] EFW: CONN: prio=1 id=00600005 rev=1 event=conn_close_natsat action=close rule=local_to_wan_http_alg conn=close connipproto=TCP connrecvif=core connsrcip=92.45.16.122 connsrcport=19920 conndestif=wan conndestip=81.8.63.21 conndestport=80 connnewsrcip=92.45.16.122 connnewsrcport=19920 connnewdestip=81.8.63.21 connnewdestport=80 origsent=1106 termsent=920`,
	"zyxel":       `<142>May 22 17:24:09 2026 usgflex700h src="192.168.40.7:53090" dst="52.1.2.3:443" msg="Traffic Log" note="" user="admin" devID="f44d5c94f517" cat="Traffic Log" action="" sourceTranslatedAddress=192.168.68.101 sourceTranslatedPort=53090 suser=admin sent=930790 rcvd=35808 dir=P5-Phones:P2-Telmex2 protoID=6 proto=https mac=04:0e:3c:ed:36:2a`,
	"zynos":       `Jul 19 14:44:09 192.168.1.1 ZyXEL Communications Corp.: IP[Src=202.132.154.1 Dst=192.168.1.33 UDP spo=0035 dpo=05d4]}S03>R01mF`,
	"yamaha":      `<134>[INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)`,
	"yamaha-deny": `Oct  6 12:00:00 192.168.1.254 TUNNEL[1] Rejected at IN(300) filter: UDP 192.0.2.1:67 > 192.0.2.2:68`,
	"nec-ix":      `2023/01/01 00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in`,
	"buffalo":     `Dec  1 10:00:00 WHR-G54S FIREWALL: TCP connection denied from 203.0.113.5:2345 to 192.0.2.1:135 (ppp0)`,
	"cef":         `<6>Sep 14 14:12:51 10.0.0.143 CEF:0|FORCEPOINT|Firewall|6.8.6|70018|Connection_Allowed|0|deviceExternalId=NGFW1 node 1 dvchost=10.99.0.71 dvc=10.99.0.71 src=10.70.1.20 dst=203.0.113.44 spt=59358 dpt=443 proto=6 deviceInboundInterface=0 deviceOutboundInterface=1 act=Allow sourceTranslatedAddress=192.0.2.143 destinationTranslatedAddress=203.0.113.44 sourceTranslatedPort=27237 destinationTranslatedPort=443 deviceFacility=Packet Filtering rt=Sep 14 2021 14:12:51 app=HTTPS cs1Label=RuleID cs1=2100123.2`,
	"leef":        "LEEF:1.0|Palo Alto Networks|PAN-OS|8.1.6|allow|cat=TRAFFIC\tReceiveTime=2020/01/01 10:00:00\tsrc=10.0.0.1\tdst=192.0.2.7\tsrcPort=5000\tdstPort=443\tproto=tcp\taction=allow\tsrcPostNAT=203.0.113.1\tsrcPostNATPort=6000\tsrcBytes=10\tdstBytes=20",
	"windows-fw":  `2006-09-19 03:29:24 DROP UDP 172.20.73.241 239.255.255.250 2250 1900 250 - - - - - - - RECEIVE`,
	"lfd":         `May 15 05:23:59 cp lfd[28641]: *Port Scan* detected from 203.0.113.5 (US/United States/-). 11 hits in the last 100 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]`,
	"a10":         `Jun 14 12:17:35 thunder NAT-TCP-F: 10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80`,
	"6wind":       `Jun 14 12:17:35 dut-vm fp-cgnat[2484]: NEW CONN: fwd proto 6 10.100.0.1:4241 -> 10.200.0.1:33815, back proto 6 10.200.0.1:33815 --> 10.175.0.3:10752`,
	"nfware":      `<134>1 2024-01-01T00:00:00Z nfw nat - - - A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT`,
	"f5-lsn":      `LSN_ADD 10.10.10.10%0:5000 6 203.0.113.1%0:6000 198.51.100.1 443`,
	"nokia-isa":   `<187>Aug 17 15:31:39 sr7750 TMNX: 19 Base NAT-MINOR-tmnxNatPlBlockAllocationLsn-2012 [NAT]:  {1} Map  192.0.2.28 [2001-2005] MDA 1/2 -- 276824064 classic-lsn-sub %3 vprn101 10.0.1.2 at 2012/08/17 15:31:39`,
	"ros-dhcp":    `dhcp,info defconf assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop`,
}

func BenchmarkFamilyB(b *testing.B) { benchmarkLines(b, familyBLines) }

func TestFamilyBDoesNotAllocate(t *testing.T) {
	for name, s := range familyBLines {
		p, line := NewParser(), []byte(s)
		var rec Record
		p.Line(line, &rec)
		if rec.Kind == Unknown {
			t.Errorf("%s is not understood", name)
		}
		if n := testing.AllocsPerRun(100, func() { p.Line(line, &rec) }); n != 0 {
			t.Errorf("%s: %v allocations a line", name, n)
		}
	}
}

// A line that is cut anywhere, or holds numbers that are too large, is read without a panic, and what is left of it is never
// another number than the line says.
func TestFamilyBCutShort(t *testing.T) {
	p := NewParser()
	var rec Record
	for name, s := range familyBLines {
		for i := range s {
			p.Line([]byte(s[:i]), &rec)
			if out := AppendJSON(nil, &rec); !json.Valid(out) {
				t.Fatalf("%s cut at %d: %s", name, i, out)
			}
		}
	}
}

// Lines of a megabyte that repeat what the dialects look for are read in linear time.
func TestFamilyBHugeLines(t *testing.T) {
	p := NewParser()
	var rec Record
	for _, head := range []string{"date=2019-05-10 ", "id=firewall sn=1 ", "id=firewall time=1 ", `id="1" `, "CEF:0|a|b|c|d|e|f|", "LEEF:2.0|a|b|c|d|^|", `[action:"a"; `,
		"1,2018/11/30 16:09:07,0,TRAFFIC,", "<134>1 1647478988.289402144 h flows ", "EFW: CONN: ", "NAT-TCP-N: ", "A VRF 0 6 INT ", "LSN_ADD ", "PP[01] Rejected at IN(1) filter: ",
		"[INSPECT] ", "Jan  1 00:00:00 h lfd[1]: ", "dhcp,info ", `src="`, "time=1|", "Jan  1 00:00:00 g f: Info g Allow: type=FWD|", `x FVE6035FD3AE3 (2024-01-10T09:49:05) f: msg_id="1" Allow `} {
		for _, s := range []string{"a", "a=", `a="`, `a="b" `, "=", `"`, `\"`, "|", ",", ":", ";", " ", "1", "1.2.3.4:5 ", "[", "->", "{", "a:", `a:"b"; `, `",`, "^a=b"} {
			p.Line(append([]byte(head), bytes.Repeat([]byte(s), 1<<20/len(s))...), &rec)
		}
	}
}
