package parse

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"uncloak/parse/scan"
)

// Whole objects: their keys and their order are what scripts rely on.
func TestJSONObjects(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"packet", "<4>Nov 21 20:28:21 gw kernel: [ 5632.359712] DROP IN=br0 OUT=eth0 SRC=10.0.0.5 DST=198.51.100.9 PROTO=TCP SPT=40000 DPT=23 SYN",
			`{"kind":"fw-packet","event":"session-denied","dialect":"netfilter","action":"deny","stamp":"11-21T20:28:21","uptime":5632.359712,"host":"gw","src":"10.0.0.5","sport":40000,"dst":"198.51.100.9","dport":23,"proto":"tcp","flags":"SYN","in_if":"br0","out_if":"eth0","rule":"DROP","pri":4,"app":"kernel"}`},
		{"session with both sides", "[1795255200.250000]\t[DESTROY] tcp 6 TIME_WAIT src=10.0.0.5 dst=198.51.100.9 sport=40000 dport=443 packets=3 bytes=180 src=198.51.100.9 dst=203.0.113.5 sport=443 dport=1024 packets=2 bytes=120 [ASSURED]",
			`{"kind":"conntrack","event":"session-end","dialect":"conntrack","action":"session-delete","time":"2026-11-21T10:00:00.25Z","src":"10.0.0.5","sport":40000,"dst":"198.51.100.9","dport":443,"nat_src":"203.0.113.5","nat_sport":1024,"proto":"tcp","state":"TIME_WAIT","bytes":300,"packets":5,"assured":true}`},
		{"query", "Nov 21 20:28:21 gw dnsmasq[7]: query[AAAA] example.org from 2001:db8::5",
			`{"kind":"dns-query","event":"dns-query","dialect":"dnsmasq","stamp":"11-21T20:28:21","host":"gw","src":"2001:db8::5","qname":"example.org","qtype":"AAAA","app":"dnsmasq","procid":"7"}`},
		{"kill", "[    7.000001] Out of memory: Killed process 99 (a\"b) total-vm:1kB, anon-rss:1kB",
			`{"kind":"oom-kill","event":"oom-kill","dialect":"kernel","uptime":7.000001,"pid":99,"proc":"a\"b"}`},
		{"local port", "TCP: Treason uncloaked! Peer 192.0.2.7:39660/80 shrinks window 1:2. Repaired.",
			`{"kind":"tcp-window-shrunk","event":"window-shrink","dialect":"kernel","src":"192.0.2.7","sport":39660,"port":80,"proto":"tcp"}`},
		{"relayed", "<134>Nov 21 10:00:02 relay1 <4>Nov 21 10:00:01 gw kernel: " + fullText,
			`{"kind":"conntrack-full","event":"table-full","dialect":"kernel","stamp":"11-21T10:00:01","host":"gw","pri":4,"app":"kernel","relay":"relay1","relay_stamp":"11-21T10:00:02"}`},
		{"block of ports", "<134>Nov 21 10:19:02 thunder FIXED-NAT-PORTS 10.1.1.5->203.0.113.5:3000-4000",
			`{"kind":"nat-block","event":"system","dialect":"a10","action":"nat-create","stamp":"11-21T10:19:02","host":"thunder","src":"10.1.1.5","nat_src":"203.0.113.5","pri":134,"port_low":3000,"port_high":4000}`},
		{"swallowed messages", "Feb 12 14:10:22 sd systemd-journald[163]: Suppressed 33 messages from foo.service",
			`{"kind":"suppressed","event":"suppressed","dialect":"syslog","stamp":"02-12T14:10:22","host":"sd","count":33,"detail":"foo.service","app":"systemd-journald","procid":"163"}`},
		{"nobody's line", "a \"b\" \\ \t\x7f\x01 \u00fc", `{"kind":"unknown","event":"unknown","msg":"a \"b\" \\ \u0009\u007f\u0001 \u00fc"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.ReplaceAll(c.want, `\u00fc`, "\u00fc")
			if got := string(AppendJSON(nil, parseLine(c.line))); got != want {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
		})
	}
	if got := string(AppendJSON([]byte("x,"), parseLine(""))); got != `x,{"kind":"unknown","event":"unknown"}` {
		t.Errorf("what stood in front is gone: %s", got)
	}
}

// A teardown does not say which side opened the connection. JSON shows the sides in the line's own order, whatever is
// stored.
func TestJSONKeepsTheOrderOfTheLine(t *testing.T) {
	rec := parseLine("%ASA-6-302014: Teardown TCP connection 1 for outside:192.168.1.9/8443 to inside:10.0.0.67/57244 duration 0:00:30 bytes 1060 TCP FINs")
	checkJSON(t, AppendJSON(nil, rec), `{"src":"192.168.1.9","sport":8443,"dst":"10.0.0.67","dport":57244,"in_if":"outside","out_if":"inside","unordered":true}`)
	if s, d := rec.SrcPort().String(), rec.DstPort().String(); s != "10.0.0.67:57244" || d != "192.168.1.9:8443" {
		t.Errorf("stored as %s to %s", s, d)
	}
}

func TestEncodings(t *testing.T) {
	cases := map[string][]string{
		"euc-jp":    {"ログイン失敗 192.168.0.5", "接続 (PPPoE)", "接続"},
		"shift-jis": {"ログイン失敗 192.168.0.5", "接続", "PPPoE セッション切断"},
		"latin-1":   {"Größe überschritten", "création créée", "señor", "45°C", "Verbindung über Gerät"},
	}
	encodings := map[string]encoding.Encoding{"euc-jp": japanese.EUCJP, "shift-jis": japanese.ShiftJIS, "latin-1": charmap.ISO8859_1}
	for name, texts := range cases {
		for _, text := range texts {
			raw, err := encodings[name].NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			line := append([]byte("Nov 21 20:28:21 gw web: "), raw...)
			var rec Record
			NewParser().Line(line, &rec)
			if !bytes.Equal(rec.Body, raw) {
				t.Errorf("%s: the body is not the line's own bytes", text)
			}
			if out := AppendJSON(nil, &rec); !bytes.Contains(out, []byte(text)) {
				t.Errorf("%s, %s: %s", name, text, out)
			}
		}
	}
	for _, text := range []string{"\xff\xfe", "\x80", "a\xc3", "\xa4", "x \xf0\x9f y"} {
		if out := scan.Readable([]byte(text)); !bytes.Equal(out, []byte(text)) && !utf8.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
	}
}
