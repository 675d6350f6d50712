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

// A session that ended and in which only its opener sent is stored as one without an answer.
func TestUnansweredSession(t *testing.T) {
	const head = `<189>date=2026-11-21 time=11:37:47 devname="FG1" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.1.100.11 srcport=58012 ` +
		`dstip=198.51.100.9 dstport=80 proto=6 action="close" policyid=1 `
	for name, c := range map[string]struct {
		counters string
		want     State
	}{
		"nothing came back": {"sentbyte=180 rcvdbyte=0 sentpkt=3 rcvdpkt=0", Unreplied},
		"answered":          {"sentbyte=1188 rcvdbyte=1224 sentpkt=17 rcvdpkt=16", NoState},
		"no counters":       {"duration=116", NoState},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := parseLine(head + c.counters); rec.Kind != SessionEnd || rec.State != c.want {
				t.Errorf("%v with the state %q, want %q", rec.Kind, rec.State, c.want)
			}
		})
	}
}
