package parse

import (
	"strings"
	"testing"
)

func TestRelayedHeaders(t *testing.T) {
	checkAll(t, []says{
		{"stamp in front", "<134>Oct 11 22:14:15 relay1 Oct 11 22:14:14 gw kernel: [ 12.5] " + fullText, `{"host":"gw","stamp":"10-11T22:14:14","relay":"relay1","relay_stamp":"10-11T22:14:15","pri":134,"event":"table-full","uptime":12.5}`},
		{"priority in front", "<134>Oct 11 22:14:15 relay1 <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","pri":4,"relay":"relay1","stamp":"10-11T22:14:14"}`},
		{"behind a tag", "Oct 11 22:14:15 relay1 fwd[1]: <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","relay":"relay1","app":"kernel"}`},
		{"5424 in 5424", "<13>1 2026-11-21T20:28:49Z relay - - - - <34>1 2026-11-21T20:28:48Z gw kernel - - - " + fullText, `{"host":"gw","time":"2026-11-21T20:28:48Z","relay":"relay","relay_stamp":"2026-11-21T20:28:49"}`},
		{"two relays", "<13>Oct 11 22:14:16 r2 <13>Oct 11 22:14:15 r1 <4>Oct 11 22:14:14 gw kernel: " + fullText, `{"host":"gw","relay":"r2","relay_stamp":"10-11T22:14:16"}`},
		{"cisco", "Mar  1 18:46:10 10.0.0.1 123: Mar  1 18:46:11.123: %SYS-5-CONFIG_I: x", `{"host":"10.0.0.1","stamp":"03-01T18:46:11.123","msg":"%SYS-5-CONFIG_I: x"}`},
		{"a clock that is not set gives way", "Mar  1 18:46:10 10.0.0.1 123: *Jan  1 00:00:11.123: %SYS-5-CONFIG_I: x", `{"host":"10.0.0.1","stamp":"03-01T18:46:10","relay_stamp":"01-01T00:00:11.123"}`},
		{"a program's own stamp", "Mar  5 07:08:09 gw app: 2024-03-05 07:08:08 INFO x", `{"stamp":"03-05T07:08:09","relay":null,"app":"app"}`},
		{"a word is no host", "Mar  5 07:08:09 gw 2024-03-05 07:08:08 INFO x", `{"stamp":"2024-03-05T07:08:08","host":"gw","msg":"INFO x"}`},
		{"an address is no stamp", "Mar  5 07:08:09 gw 10.1.2.3 said nothing", `{"stamp":"03-05T07:08:09","relay":null}`},
	})
	deep := strings.Repeat("<4>Oct 11 22:14:14 gw ", 1000) + "kernel: " + fullText
	if rec := parseLine(deep); len(rec.Body) < len(deep)-22*(maxRelays+2) {
		t.Errorf("%d bytes are left of %d: more than %d relays were followed", len(rec.Body), len(deep), maxRelays)
	}
}
