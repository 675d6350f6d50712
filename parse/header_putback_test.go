package parse

import (
	"strings"
	"testing"
)

// TestRelaysAroundEachDialect puts the header of a relay around the sample of every dialect, in the forms in which
// rsyslog and syslog-ng send a line on that they do not take apart, and compares what is read with what the line says
// when it comes directly.
func TestRelaysAroundEachDialect(t *testing.T) {
	relays := map[string]string{
		"RSYSLOG_TraditionalForwardFormat": "<134>Nov 28 13:20:56 relay ",
		"RSYSLOG_ForwardFormat":            "<134>2026-11-28T13:37:10.327633+00:00 relay ",
		"syslog-protocol":                  "<134>1 2026-11-28T13:37:10.327633+00:00 relay - - - - ",
		"RSYSLOG_SyslogProtocol23Format":   "",
	}
	// A line of journalctl -o export, and what a command prints on a terminal.
	notSent := map[string]bool{"journal": true, "sockets": true, "mikrotik-table": true, "cisco-table": true,
		"cisco-ios-table": true, "pf-table": true, "junos-table": true, "fortigate-table": true,
		"mikrotik-tracking": true, "sysctl": true}
	// What stood behind the first slash of the first word, which rsyslog leaves out, cannot be put back.
	lost := map[string]bool{
		"ulogd-gprint": true, // without a blank it is all tag, and longer than an APP-NAME may be
		"windows-dhcp": true,
		"nflog-xml":    true,
	}
	p := NewParser()
	for _, f := range Formats() {
		if notSent[f.Name] {
			continue
		}
		for name, front := range relays {
			var direct, passed Record
			p.Line([]byte(f.Sample), &direct)
			want := meaning(&direct)
			line := front + f.Sample
			if front == "" {
				if lost[f.Name] {
					continue
				}
				line = protocol23(f.Sample)
			}
			p.Line([]byte(line), &passed)
			if got := meaning(&passed); got != want {
				t.Errorf("%s through %s:\n%v, directly\n%v\n%s", f.Name, name, got, want, line)
			}
		}
	}
}

// protocol23 gives the line that rsyslog 8 makes of a line that is sent to it and on with RSYSLOG_SyslogProtocol23Format: its parser
// of RFC 3164 (tools/pmrfc3164.c) takes a host and a tag where it can, and %app-name% ends at the first of ":[/".
func protocol23(line string) string {
	const head = "<134>1 2026-11-28T13:37:10.327633+00:00 "
	if rest, ok := strings.CutPrefix(line, "<"); ok {
		if pri, rest, ok := strings.Cut(rest, ">"); ok && len(pri) < 4 {
			line = rest
		}
	}
	if strings.HasPrefix(line, "1 ") { // pmrfc5424 passes it on as it is
		return "<134>" + line
	}
	host := "192.168.1.1"
	stamped := len(line) > 16 && line[3] == ' ' && line[9] == ':' && line[12] == ':' && line[15] == ' '
	if stamped {
		line = line[16:]
	} else if len(line) > 20 && line[4] == '-' && line[10] == 'T' {
		if i := strings.IndexByte(line, ' '); i > 18 {
			stamped, line = true, line[i+1:]
		}
	}
	isHostByte := func(c byte) bool {
		return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(".:_-", c) >= 0
	}
	i := 0
	for i < len(line) && isHostByte(line[i]) {
		i++
	}
	if i > 0 && i < len(line) && line[i] == ' ' && line[i-1] != ':' {
		host, line = line[:i], line[i+1:]
	}
	end := strings.IndexAny(line, " :")
	if line[0] == '[' {
		return head + host + " - - - - " + line
	}
	if end < 0 {
		end = len(line)
	}
	tag, msg := line[:end], strings.TrimPrefix(line[end:], ":")
	app, pid := tag, "-"
	if i := strings.IndexAny(tag, "[/"); i >= 0 {
		app = tag[:i]
		if in, ok := strings.CutSuffix(tag[i+1:], "]"); ok && tag[i] == '[' {
			pid = in
		}
	}
	return head + host + " " + app + " " + pid + " - - " + msg
}

// meaning holds what an event says, without its header.
func meaning(rec *Record) Event {
	e := rec.Event
	e.Router = Name{}
	return e
}

// TestPutBack reads lines whose first word a relay took for a tag.
func TestPutBack(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"FortiGate, date= as APP-NAME": {`<189>1 2026-11-28T13:19:32+00:00 192.168.1.1 date=2026-11-28 - - -  time=12:00:00 devname="FG" devid="X" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=192.168.1.10 srcport=50000 dstip=203.0.113.5 dstport=443 sessionid=4711 proto=6 action="close"`,
			"fortigate session-end FG 192.168.1.10:50000 203.0.113.5:443"},
		"ASA without its colon": {"<166>1 2026-11-28T12:00:00+00:00 192.168.1.1 %ASA-6-302013 - - -  Built outbound TCP connection 1 for outside:203.0.113.5/443 (203.0.113.5/443) to inside:192.168.1.10/50000 (198.51.100.1/50000)",
			"cisco session-new 192.168.1.1 192.168.1.10:50000 203.0.113.5:443"},
		"A10 session behind its tag": {"<134>1 2026-06-14T12:17:35+00:00 thunder NAT-TCP-F - - -  10.0.0.1:5000<->198.51.100.1:80,203.0.113.1:6000<-->198.51.100.1:80",
			"a10 session-end thunder 10.0.0.1:5000 198.51.100.1:80"},
		"host and port as APP-NAME": {"<134>1 2026-11-28T13:20:44+00:00 LSN_ADD 10.10.10.10%0 - - - 5000 6 203.0.113.1%0:6000 198.51.100.1 443",
			"f5-lsn session-new  10.10.10.10:5000 198.51.100.1:443"},
		"Palo Alto, its date cut at the slash": {"<14>1 2026-11-30T16:09:08+00:00 PA-220 1,2018 - - -  16:09:07,000000000001,TRAFFIC,end,2049,2018/11/30 16:09:07,192.168.15.207,198.51.100.199,192.168.1.63,198.51.100.199,rule1,,,apple-maps,vsys1,trust,untrust,ethernet1/2,ethernet1/1,x,2018/11/30 16:09:07,22751,1,55113,443,16418,443,0x400053,tcp,allow,7734,1758,5976,36,2018/11/30 15:59:04,586,any,0",
			"paloalto session-end PA-220 192.168.15.207:55113 198.51.100.199:443"},
		"NEC, its date cut at the slash": {"<134>1 2026-11-28T13:20:43+00:00 192.168.1.1 2023 - - -  00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in",
			"nec-ix session-denied 192.168.1.1 203.0.113.5:1234 192.0.2.1:23"},
		"Huawei, its message's name cut at the slash": {"<134>1 2026-05-13T07:04:08+00:00 usg %%01SECLOG - - - IPVer=4,protocol=tcp,SourceIP=192.168.1.20,DestinationIP=198.51.100.9,SourcePort=51770,DestinationPort=443,SendPkts=4,RcvPkts=3,CloseReason=aged-out.",
			"huawei session-end usg 192.168.1.20:51770 198.51.100.9:443"},
		"Meraki behind an empty APP-NAME": {"<134>1 2026-11-28T13:20:42.749183+00:00 192.168.1.1  - - - 1796040000.123456789 mx1 flows src=192.168.1.10 dst=203.0.113.5 mac=00:00:5e:00:53:01 protocol=tcp sport=50007 dport=443 pattern: allow all",
			"meraki session-new mx1 192.168.1.10:50007 203.0.113.5:443"},
		"a tag is not joined with a number": {"Jan  5 10:00:00 gw RT_FLOW: 1644 sessions", " unknown gw invalid AddrPort invalid AddrPort"},
		"Wazuh's archive": {`2019 Jul 25 14:53:10 log01->192.0.2.77 date=2019-07-25 time=13:53:16 devname="FGT-X" devid="FG" logid="0000000013" type="traffic" srcip=10.1.1.9 srcport=64310 dstip=198.51.100.9 dstport=443 proto=6 action="close"`,
			"fortigate session-end FGT-X 10.1.1.9:64310 198.51.100.9:443"},
		"tag behind the device's name": {"Jan 25 01:35:01 UDM-SE UDM-SE[-]:  dnsmasq[12]: query[A] a.example from 192.168.1.20",
			"dnsmasq dns-query UDM-SE 192.168.1.20:0 invalid AddrPort"},
		"carriage return written out": {"Jan  5 10:00:00 gw dnsmasq[12]: query[A] a.example from 192.168.1.20#015",
			"dnsmasq dns-query gw 192.168.1.20:0 invalid AddrPort"},
		"LEEF with its tabs written out": {"<134>Nov 28 13:20:31 192.168.1.1 LEEF: 1.0|Palo Alto Networks|PAN-OS|8.1.6|allow|cat=TRAFFIC#011src=10.0.0.1#011dst=192.0.2.7#011srcPort=5000#011dstPort=443#011proto=tcp#011action=allow",
			"leef session-new 192.168.1.1 10.0.0.1:5000 192.0.2.7:443"},
		"RFC 5424 inside RFC 3164": {"<134>Nov 28 13:20:56 192.168.1.1 1 2024-01-01T00:00:00Z nfw nat - - - A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT",
			"nfware session-new nfw 10.0.0.1:57938 185.165.123.206:443"},
		"Sophos with date= in front": {`<30>date=2023-12-01 time=14:43:23 timezone="CET" device_name="mydevice" device_id=D0 log_id=010202601001 log_type="Firewall" log_component="Invalid Traffic" log_subtype="Denied" status="Deny" src_ip=192.168.2.111 dst_ip=198.51.100.8 protocol="TCP" src_port=53586 dst_port=443`,
			"sophos session-denied mydevice 192.168.2.111:53586 198.51.100.8:443"},
	} {
		var rec Record
		NewParser().Line([]byte(c.line), &rec)
		got := strings.Join([]string{rec.Dialect, rec.Kind.String(), string(rec.Host), rec.SrcPort().String(),
			rec.DstPort().String()}, " ")
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// What relays made of lines of devices, as rsyslog 8.2302, syslog-ng 3.38 and inetutils-syslogd 2.4 wrote it.
func TestRelaysCutUp(t *testing.T) {
	checkAll(t, []says{
		{"a blank behind the hour", "<30>Nov 29 10:01:38 2006-09-19 03: 29:24 DROP UDP 192.168.1.9 203.0.113.250 2250 1900 250 - - - - - - - RECEIVE",
			`{"kind":"fw-packet","stamp":"2006-09-19T03:29:24","src":"192.168.1.9","dport":1900,"host":null}`},
		{"and behind BIND's", "<30>2026-11-29T10:01:38.744469+00:00 21-Nov-2026 10: 00:00.123 queries: info: client @0x7f88 10.0.0.1#53412 (example.com): query: example.com IN A +E(0)K (10.0.0.53)",
			`{"kind":"dns-query","stamp":"2026-11-21T10:00:00.123","src":"10.0.0.1","qname":"example.com","host":null}`},
		{"and in a list", "<30>Nov 29 10:01:38 gw 11,11/01/25,04: 05:32,Renew,10.250.71.22,PC-1,00005E005301,,274190949,0,,,,0x4D53465420352E30,MSFT 5.0,,,,0",
			`{"kind":"dhcp","src":"10.250.71.22"}`},
		{"and behind an address", "<30>Nov 29 10:01:38 LSN_ADD 10.10.10.10%0: 5000 6 203.0.113.1%0:6000 198.51.100.1 443",
			`{"kind":"nat","src":"10.10.10.10","sport":5000,"nat_sport":6000,"host":null}`},
		{"the first word as host", "<30>Nov 29 10:01:39 64 bytes from 203.0.113.1: seq=0 ttl=57 time=4.321 ms",
			`{"kind":"ping-reply","src":"203.0.113.1","rtt_ms":4.321}`},
		{"a tag without its colon", "<134>Jan  1 00:00:00 nfw nat A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 203.0.113.206:443 DIR OUT",
			`{"kind":"nat","host":"nfw","src":"10.0.0.1","nat_sport":28475}`},
		{"a version behind the stamp", "<134>Nov 29 10:01:39 1 2022-09-06T18:37:34+02:00 fw filterlog 69805 - - 103,,,40b9591224d055de2beec8b74ea486b1,re0,match,pass,in,4,0x0,,116,11172,0,none,17,udp,48,203.0.113.77,10.0.0.200,64752,51918,28",
			`{"kind":"fw-packet","host":"fw","stamp":"2022-09-06T18:37:34","src":"203.0.113.77","dport":51918}`},
		{"the year as host", `<142>2026-05-22T17:24:09+00:00 2026 usg src="192.168.40.7:53090" dst="203.0.113.3:443" msg="Traffic Log" note="" user="admin" devID="00005e005301" cat="Traffic Log" action=""`,
			`{"host":"usg","src":"192.168.40.7","dport":443}`},
		{"the year as host, RFC 5424", `<142>1 2026-05-22T17:24:09+00:00 2026 usg - - -  src="192.168.40.7:53090" dst="203.0.113.3:443" msg="Traffic Log" note="" user="admin" devID="00005e005301" cat="Traffic Log" action=""`,
			`{"host":"usg","src":"192.168.40.7","dport":443}`},
		{"half an endpoint as program", `<142>1 2026-05-22T17:24:09+00:00 usg src="192.168.40.7 - - - 53090" dst="203.0.113.3:443" msg="Traffic Log" note="" user="admin" devID="00005e005301" cat="Traffic Log" action=""`,
			`{"host":"usg","src":"192.168.40.7","sport":53090,"dport":443}`},
		{"brackets as process", "<30>1 2026-11-29T10:01:39+00:00 gw - INFO - - 192.0.2.5:50126 - 4242 \"A IN www.example.com. udp 45 false 1232\" NOERROR qr,rd,ra 106 0.000123s",
			`{"kind":"dns-query","src":"192.0.2.5","qname":"www.example.com"}`},
		{"one of their words", "<30>1 2026-11-29T10:01:39+00:00 gw - LAN - - access from remote] from 198.51.100.123:40216 to 10.100.0.100:59018, Friday, May 07,2021 00:37:22",
			`{"kind":"session","src":"198.51.100.123","dport":59018,"stamp":"2021-05-07T00:37:22"}`},
		{"a time in them", "<30>1 2026-11-29T10:01:39+00:00 gw - 1795292879.516758 - - \t    [NEW] ipv4     2 udp      17 10 src=192.168.128.1 dst=192.168.128.14 sport=54345 dport=514 [UNREPLIED] src=192.168.128.14 dst=192.168.128.1 sport=514 dport=54345",
			`{"kind":"conntrack","src":"192.168.128.1","time":"2026-11-21T20:27:59.516758Z"}`},
		{"verb and protocol as host and program", "<30>1 2006-09-19T03:29:24+00:00 DROP UDP - - - 192.168.1.9 203.0.113.250 2250 1900 250 - - - - - - - RECEIVE",
			`{"kind":"fw-packet","src":"192.168.1.9","sport":2250,"host":null}`},
		{"duration and protocol", "<30>1 2026-11-21T20:28:04+00:00 00:00:03.006 TCP - - -      192.168.50.10:40401 ->     198.51.100.9:9999         12      680     1",
			`{"kind":"flow","src":"192.168.50.10","packets":12,"host":null}`},
		{"a date as host", "<30>1 2026-11-29T10:01:38.759436+00:00 2013-10-22 07 - - - 06:11.997117 IP 192.0.2.1.56440 > 192.0.2.2.6633: Flags [R], seq 2428319660, win 0, length 0",
			`{"kind":"packet","src":"192.0.2.1","stamp":"2013-10-22T07:06:11.997117"}`},
		{"a date as program", "<30>1 2026-11-29T10:01:39+00:00 gw 2023/01/01 - - - 00:00:00 FLT.054: BLOCK tcp 203.0.113.5:1234 > 192.0.2.1:23, match deny-all, GigaEthernet0.0 in",
			`{"kind":"fw-packet","host":"gw","stamp":"2023-01-01T00:00:00","dport":23}`},
		{"a program longer than one may be", "<30>1 2026-11-29T10:01:39+00:00 gw orig.ip.saddr=10.9.0.2,orig.ip.daddr=203.0.113.5,orig.ip.protocol=6,orig.l4.sport=41039,orig.l4.dport=80,reply.ip.saddr=203.0.113.5,reply.ip.daddr=198.51.100.1,reply.l4.sport=80,reply.l4.dport=41039,ct.event=4 - - - ",
			`{"kind":"conntrack","host":"gw","src":"10.9.0.2","nat_src":"198.51.100.1"}`},
		{"a priority in front of JSON", `<30>2026-11-29T10:01:38.743860+00:00 192.0.2.1 <30>{"timestamp": "2026-11-21T20:28:21.123456+0100", "oob.prefix": "DROP ", "ip.protocol": 6, "src_port": 40000, "dest_port": 22, "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2"}`,
			`{"kind":"fw-packet","stamp":"2026-11-21T20:28:21.123456","dport":22}`},
		{"a record without its priority", "192.0.2.1: local0.info: 1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.1.32.45 INVRFA - 100.1.1.28 - 12544 12671 - -]",
			`{"kind":"nat-block","host":"192.168.2.3","stamp":"2011-05-31T10:30:45","port_low":12544}`},
		{"a clock near the relay's", "<30>2016-02-23T01:59:30+00:00 gw [INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)",
			`{"kind":"session","stamp":"2016-02-23T01:59:30"}`},
		{"a clock of another day", "<30>2026-11-29T10:01:38+00:00 gw [INSPECT] PP[01][out][101] TCP 192.168.0.2:51234 > 203.0.113.10:80 (2016/02/23 10:59:24)",
			`{"kind":"session","stamp":"2016-02-23T10:59:24"}`},
		{"a priority and the time since boot", "<30>2026-11-29T11:23:15.051868+00:00 192.0.2.1 <4>[ 1.000029] httpd[870]: segfault at 0 ip 00007f0000000000 sp 00007ffc00000000 error 4 in libc.so.6[7f0000000000+1b0000]",
			`{"event":"alarm","host":"192.0.2.1","detail":"httpd","uptime":1.000029,"pri":4}`},
		{"a bracket that is lost", "<4>1 2026-11-29T11:23:15+00:00 192.0.2.1 - - - - 5632.359712] nf_conntrack: table full, dropping packet",
			`{"kind":"conntrack-full","host":"192.0.2.1","uptime":5632.359712}`},
		{"Cisco's number as structured data", `<189>1 2026-11-29T11:23:15+00:00 192.0.2.1 gw-03 - - [meta sequenceId="117"] May  9 12:49:27.098: %LINK-5-CHANGED: Interface GigabitEthernet2, changed state to administratively down`,
			`{"host":"gw-03","stamp":"05-09T12:49:27.098","event":"link"}`},
		{"and behind it the node of IOS XR", `<187>1 2026-11-29T11:23:15+00:00 192.0.2.1 gw2 - - [meta sequenceId="94307"] LC/0/2/CPU0:Jul  7 20:16:14.834 : ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : Interface TenGigE0/2/0/4, changed state to Down`,
			`{"host":"gw2","stamp":"07-07T20:16:14.834","kind":"link-down"}`},
		{"Cisco's number as program", "<189>1 2026-11-29T11:23:14.065621+00:00 localhost 117 - - -  gw-03: May  9 12:49:27.098: %LINK-5-CHANGED: Interface GigabitEthernet2, changed state to administratively down",
			`{"host":"gw-03","stamp":"05-09T12:49:27.098","event":"link"}`},
		{"the year of NX-OS as program", "<190>1 2026-11-29T11:23:15+00:00 192.0.2.1 2018 - - - Apr 20 13:15:07 nexus %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/33 is down (Link failure)",
			`{"host":"nexus","stamp":"2018-04-20T13:15:07","kind":"link-down"}`},
		{"a date as host, the hour as program", "<29>1 2026-11-29T11:23:14+00:00 2018-7-23 01 - - - 00:34.270.1 sw1 %%01IFNET/4/IF_STATE(l)[4997]:Interface Ethernet0/0/8 has turned into DOWN state.",
			`{"host":"sw1","stamp":"2018-07-23T01:00:34.27","kind":"link-down"}`},
		{"the hour alone", "<30>1 2026-11-29T11:23:16+00:00 192.0.2.1 11 - - - 07:02.123456 rule 53/0(match): block in on em0: 198.51.100.7.4444 > 203.0.113.5.22: Flags [S], seq 1, win 1024, length 0",
			`{"event":"session-denied","in_if":"em0","src":"198.51.100.7"}`},
		{"the number of a guest", "<30>1 2026-11-29T11:23:15+00:00 192.0.2.1 101 - - - 1 tap101i0-IN 20/Jun/2022:13:12:46 +0200 REJECT: IN=fwbr101i0 OUT=fwbr101i0 SRC=10.3.95.34 DST=10.3.95.200 LEN=60 PROTO=TCP SPT=1 DPT=2",
			`{"event":"session-denied","rule":"REJECT"}`},
		{"a row of the table", "<30>Nov 29 11:23:14 udp      17 12 src=192.168.1.2 dst=192.168.1.255 sport=137 dport=137 [UNREPLIED] src=192.168.1.255 dst=192.168.1.2 sport=137 dport=137 use=1",
			`{"kind":"conntrack","proto":"udp","host":null}`},
		{"two blanks in front of the host", "<28>Jun 21 14:03:12 localhost  vmx01 rpd[2902]: RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer 192.0.2.1 (External AS 64500) changed state from Active to Idle (event Stop) (instance master)",
			`{"host":"vmx01","event":"system"}`},
		{"a blank within an endpoint", `<134>Nov 21 10:14:00 usg40 src="10.1.1.5: 50080" dst="198.51.100.9:443" msg="priority:1, from LAN1 to WAN, TCP, service others, ACCEPT" note="ACCESS FORWARD" user="unknown" devID="000000000001" cat="Security Policy Control"`,
			`{"src":"10.1.1.5","sport":50080}`},
		{"a colon that is lost", "<190>Nov 21 10:13:00 USG %%01SECLOG/6/SESSION_TEARDOWN(l) IPVer=4,Protocol=tcp,SourceIP=10.1.1.5,DestinationIP=198.51.100.9,SourcePort=50070,DestinationPort=443",
			`{"event":"session-end","src":"10.1.1.5","dport":443}`},
		{"the message's own name and time behind a relay's header", "<30>2026-11-29T11:34:05.580269+00:00 192.0.2.9 <30>CEF:0|FORCEPOINT|Firewall|6.10.1|70018|Connection_Allowed|0|dvc=192.0.2.1 dvchost=fw1 src=10.1.1.5 dst=198.51.100.9 spt=50040 dpt=443 proto=6 act=Allow rt=1795255502000",
			`{"host":"fw1","relay":"192.0.2.9","time":"2026-11-21T10:05:02Z","src":"10.1.1.5"}`},
		{"and the sender's address where it has no name", "<30>2026-11-29T11:34:05.580269+00:00 192.0.2.9 <30>CEF:0|FORCEPOINT|Firewall|6.10.1|70018|Connection_Allowed|0|src=10.1.1.5 dst=198.51.100.9 spt=50040 dpt=443 proto=6 act=Allow",
			`{"host":"192.0.2.9","time":"2026-11-29T11:34:05.580269Z"}`},
	})
}
