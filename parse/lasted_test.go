package parse

import (
	"testing"
	"time"
)

// TestHowLongSessionsLasted has a line of each dialect that says so.
func TestHowLongSessionsLasted(t *testing.T) {
	p := NewParser()
	for _, c := range []struct {
		line string
		want time.Duration // 0: not told
	}{
		{"[1795871876.684067]\t[DESTROY] udp      17 src=192.168.10.2 dst=203.0.113.5 sport=46859 dport=53 packets=1 bytes=29 src=203.0.113.5 " +
			"dst=198.51.100.1 sport=53 dport=46859 packets=1 bytes=29 delta-time=33", 33500 * time.Millisecond},
		{"[DESTROY] tcp      6 src=192.168.10.2 dst=203.0.113.5 sport=46859 dport=80 src=203.0.113.5 dst=198.51.100.1 sport=80 dport=46859 " +
			"[ASSURED] delta-time=0", 500 * time.Millisecond},
		{"[DESTROY] tcp      6 src=192.168.10.2 dst=203.0.113.5 sport=46859 dport=80 src=203.0.113.5 dst=198.51.100.1 sport=80 dport=46859", 0},
		{`{"timestamp": "2026-11-28T13:17:56", "dvc": "Netfilter", "orig.ip.protocol": 17, "orig.l4.sport": 46859, "orig.l4.dport": 53, ` +
			`"ct.event": 4, "flow.start.sec": 1795871843, "flow.start.usec": 283878, "flow.end.sec": 1795871876, "flow.end.usec": 683900, ` +
			`"src_ip": "192.168.10.2", "dest_ip": "203.0.113.5", "reply.ip.saddr.str": "203.0.113.5", "reply.ip.daddr.str": "198.51.100.1"}`,
			33400 * time.Millisecond},
		{"%ASA-6-302014: Teardown TCP connection 1 for outside:203.0.113.14/22 to inside:192.168.10.67/57244 duration 26:02:30 bytes 1060 TCP FINs",
			26*time.Hour + 2*time.Minute + 30*time.Second + 500*time.Millisecond},
		{"%ASA-6-302016: Teardown UDP connection 1 for outside:203.0.113.14/53 to inside:192.168.10.67/57244 duration 0:00:00 bytes 60",
			500 * time.Millisecond},
		{`date=2025-05-10 time=11:37:47 devname="FG1" devid="FG1K" logid="0000000013" type="traffic" subtype="forward" srcip=192.168.10.11 ` +
			`srcport=58012 dstip=203.0.113.142 dstport=80 proto=6 action="close" duration=116 sentbyte=1188 rcvdbyte=1224`, 116500 * time.Millisecond},
		{`<14>1 2025-04-12T14:29:06.576Z srx9 RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 reason="TCP FIN" ` +
			`source-address="192.168.10.3" source-port="47776" destination-address="203.0.113.15" destination-port="80" protocol-id="6" ` +
			`packets-from-client="6" bytes-from-client="337" elapsed-time="2"]`, 2500 * time.Millisecond},
		{"Jan 1 00:00:00 1,2025/04/25 19:03:02,007200000,TRAFFIC,end,1,2025/04/25 19:03:02,192.168.10.6,203.0.113.3,198.51.100.1,203.0.113.3,out,,," +
			"ssl,vsys1,trust,untrust,ethernet1/1,ethernet1/2,fwd,2025/04/25 19:03:02,1234,1,63141,443,50112,443,0x400019,tcp,allow,6000,2000,4000,20," +
			"2025/04/25 19:02:10,47,any,0", 47500 * time.Millisecond},
		{"%FTD-6-430003: AccessControlRuleAction: Allow, SrcIP: 192.168.10.5, DstIP: 203.0.113.9, SrcPort: 51000, DstPort: 443, Protocol: tcp, " +
			"ConnectionDuration: 12, InitiatorBytes: 100, ResponderBytes: 200", 12500 * time.Millisecond},
		{`id=firewall time="2025-02-24 16:38:01" fw="gw" tz=+0100 startime="2025-02-24 16:38:00" pri=5 srcif="Ethernet0" ipproto=udp proto=dns ` +
			`src=192.168.10.11 srcport=49907 dst=203.0.113.10 dstport=53 sent=60 rcvd=90 duration=1.25 action=pass logtype="connection"`,
			1250 * time.Millisecond},
	} {
		var rec Record
		p.Line([]byte(c.line), &rec)
		if got, ok := rec.Lasted(); rec.Kind != SessionEnd || got != c.want || ok != (c.want > 0) {
			t.Errorf("%s by %q lasted %v, want %v: %s", rec.Kind, rec.Dialect, got, c.want, c.line)
		}
	}
}

func TestLastedIsBounded(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint32
	}{{"", 0}, {"x", 0}, {"-1", 0}, {"0", 500}, {"9", 9500}, {"9.25", 9250}, {"0.0001", 1}, {"4294967295", 1<<32 - 1}, {"99999999999", 0}, {"3m", 0},
		{"3 sec", 3500}} {
		var rec Record
		if rec.lastedSeconds([]byte(c.text)); rec.lasted != c.want {
			t.Errorf("%q lasted %d ms, want %d", c.text, rec.lasted, c.want)
		}
	}
	for text, want := range map[string]uint32{"0:00:00": 500, "1:02:03": 3723500, "99999999:00:00": 0, "0:61:00": 0, "0:00": 0, "::": 0} {
		var rec Record
		if rec.lastedClock([]byte(text)); rec.lasted != want {
			t.Errorf("%q lasted %d ms, want %d", text, rec.lasted, want)
		}
	}
}

// TestFlowEndIsTheTime has ulogd's stamp of whole seconds, which has no zone where the machine is in UTC.
func TestFlowEndIsTheTime(t *testing.T) {
	p := NewParser()
	var rec Record
	p.Line([]byte(`{"timestamp": "2026-11-28T13:16:08", "orig.ip.protocol": 17, "orig.l4.sport": 59434, "orig.l4.dport": 53, "ct.event": 4, `+
		`"flow.start.sec": 1795871757, "flow.start.usec": 824445, "flow.end.sec": 1795871768, "flow.end.usec": 573703, `+
		`"src_ip": "192.168.10.2", "dest_ip": "203.0.113.5", "reply.ip.saddr.str": "203.0.113.5", "reply.ip.daddr.str": "198.51.100.1"}`), &rec)
	if !rec.Stamp.HasUnix || rec.Stamp.Unix != 1795871768573703000 || rec.Stamp.HasClock {
		t.Errorf("%+v", rec.Stamp)
	}
}
