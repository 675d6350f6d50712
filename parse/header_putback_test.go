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
	}
	notYet := map[string]bool{ // read directly only
		"sophos":     true, // its sample has a host of its own and no program behind the stamp
		"ulogd-json": true, // of an object, relays take the first key for a tag
		"journal":    true,
		"syslog":     true, // "last message repeated" counts only behind its own header
	}
	p := NewParser()
	for _, f := range Formats() {
		if notYet[f.Name] {
			continue
		}
		for name, front := range relays {
			var direct, passed Record
			p.Line([]byte(f.Sample), &direct)
			want := meaning(&direct)
			p.Line([]byte(front+f.Sample), &passed)
			if got := meaning(&passed); got != want {
				t.Errorf("%s through %s:\n%v, directly\n%v", f.Name, name, got, want)
			}
		}
	}
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
