package parse

import "testing"

// What a firewall's own word for its deed means, whatever its spelling.
func TestVerdict(t *testing.T) {
	for word, want := range map[string]string{
		"Accept": `{"event":"session-new","action":"allow"}`, "permitted": `{"event":"session-new","action":"allow"}`, "PASS": `{"event":"session-new","action":"allow"}`,
		"Deny": `{"event":"session-denied","action":"deny"}`, "drop": `{"event":"session-denied","action":"deny"}`, "reset-both": `{"event":"session-denied","action":"deny"}`,
		"Blocked": `{"event":"session-denied","action":"deny"}`, "sinkhole": `{"event":"session-denied","action":"deny"}`,
		"alert": `{"event":"system","action":null}`,
	} {
		t.Run(word, func(t *testing.T) {
			line := "CEF:0|Example|Firewall|1|100|Traffic|3|src=10.0.0.5 spt=40000 dst=198.51.100.9 dpt=443 proto=TCP act=" + word
			checkJSON(t, AppendJSON(nil, parseLine(line)), want)
		})
	}
}

// A translation that changes nothing is left out.
func TestTranslationThatIsNone(t *testing.T) {
	const head = `<134>1 2026-11-21T07:20:35Z gw1 CheckPoint 1930 - [action:"Accept"; src:"10.0.0.5"; s_port:"40000"; dst:"198.51.100.9"; service:"443"; proto:"6"; `
	checkAll(t, []says{
		{"unspecified", head + `xlatesrc:"0.0.0.0"; xlatesport:"0"; xlatedst:"0.0.0.0"; xlatedport:"0"]`, `{"src":"10.0.0.5","nat_src":null,"nat_sport":null,"nat_dst":null,"nat_dport":null}`},
		{"the same endpoint", head + `xlatesrc:"10.0.0.5"; xlatesport:"40000"; xlatedst:"198.51.100.9"; xlatedport:"443"]`, `{"nat_src":null,"nat_sport":null,"nat_dst":null,"nat_dport":null}`},
		{"another port", head + `xlatesrc:"10.0.0.5"; xlatesport:"10001"; xlatedst:"0.0.0.0"; xlatedport:"0"]`, `{"nat_src":"10.0.0.5","nat_sport":10001,"nat_dst":null}`},
		{"another address", head + `xlatesrc:"203.0.113.5"; xlatesport:"10001"; xlatedst:"0.0.0.0"; xlatedport:"0"]`, `{"nat_src":"203.0.113.5","nat_sport":10001,"nat_dst":null}`},
	})
}

// A session that ended and in which only its opener sent is stored as one without an answer, in each dialect that counts
// both ways.
func TestUnansweredSession(t *testing.T) {
	const (
		forti = `<189>date=2026-11-21 time=11:37:47 devname="FG1" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.1.100.11 srcport=58012 ` +
			`dstip=198.51.100.9 dstport=80 proto=6 action="close" policyid=1 `
		junos = `<14>Nov 21 17:01:02 srx RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed idle Timeout: 10.0.0.5/50000->198.51.100.9/8080 0x0 None ` +
			`203.0.113.5/50000->198.51.100.9/8080 0x0 N/A N/A N/A N/A 6 1 trust untrust 7 `
		junosSD = `<14>1 2026-11-21T14:29:06.576Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 reason="idle Timeout" source-address="10.0.0.5" ` +
			`source-port="50000" destination-address="198.51.100.9" destination-port="8080" protocol-id="6" `
		huawei = `<188>Nov 21 11:56:41 gw 2026-11-21 10:05:11 FW %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=10.0.0.5,` +
			`DestinationIP=198.51.100.9,SourcePort=52451,DestinationPort=8080,`
		ftd = `<189>2026-11-21T10:00:09Z ftd1 %FTD-1-430003: AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 198.51.100.9, SrcPort: 40000, ` +
			`DstPort: 8080, Protocol: tcp, ACPolicy: Base, `
	)
	for name, c := range map[string]struct {
		line string
		want State
	}{
		"nothing came back":           {forti + "sentbyte=180 rcvdbyte=0 sentpkt=3 rcvdpkt=0", Unreplied},
		"answered":                    {forti + "sentbyte=1188 rcvdbyte=1224 sentpkt=17 rcvdpkt=16", NoState},
		"no counters":                 {forti + "duration=116", NoState},
		"Junos, nothing came back":    {junos + "3(180) 0(0) 20 UNKNOWN UNKNOWN N/A(N/A) reth2.0", Unreplied},
		"Junos, answered":             {junos + "10(550) 9(709) 1 UNKNOWN UNKNOWN N/A(N/A) reth2.0", NoState},
		"Junos, cut short":            {junos + "3(180)", NoState},
		"Junos, data, nothing":        {junosSD + `packets-from-client="3" packets-from-server="0"]`, Unreplied},
		"Junos, data, answered":       {junosSD + `packets-from-client="3" packets-from-server="2"]`, NoState},
		"Junos, data, cut short":      {junosSD + `packets-from-client="3"`, NoState},
		"Huawei, nothing came back":   {huawei + "SendPkts=3,SendBytes=180,RcvPkts=0,RcvBytes=0", Unreplied},
		"Huawei, answered":            {huawei + "SendPkts=3,SendBytes=180,RcvPkts=2,RcvBytes=80", NoState},
		"Firepower, nothing came":     {ftd + "InitiatorPackets: 3, ResponderPackets: 0, InitiatorBytes: 180, ResponderBytes: 0", Unreplied},
		"Firepower, answered":         {ftd + "InitiatorPackets: 3, ResponderPackets: 2", NoState},
		"Firepower, without counters": {ftd + "InitiatorBytes: 180", NoState},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := parseLine(c.line); rec.Kind != SessionEnd || rec.State != c.want {
				t.Errorf("%v with the state %q, want %q", rec.Kind, rec.State, c.want)
			}
		})
	}
}
