package parse

import "testing"

func TestRepeated(t *testing.T) {
	checkAll(t, []says{
		{"with host", "Jun  3 07:46:22 router1 last message repeated 9 times", `{"kind":"suppressed","event":"repeated","count":9,"host":"router1"}`},
		{"without host", "Jun  3 07:46:22 last message repeated 9 times", `{"event":"repeated","count":9,"host":null}`},
		{"with tag", "Jun  3 07:46:22 gw kernel: last message repeated 2 times", `{"event":"repeated","count":2,"app":"kernel"}`},
		{"dashes", "Mar 24 14:26:01 --- last message repeated 1 time ---", `{"event":"repeated","count":1}`},
		{"inner table full", "Mar  5 07:08:09 gw kernel: message repeated 7 times: [ [ 12.345678] nf_conntrack: table full, dropping packet]", `{"event":"table-full","kind":"conntrack-full","count":7,"uptime":12.345678}`},
		{"inner daemon", "Mar  5 07:08:09 gw sshd[7]: message repeated 7 times: [ Failed password for root]", `{"event":"system","count":7}`},
		{"inner suppressed", "gw kernel: message repeated 3 times: [ net_ratelimit: 10 callbacks suppressed]", `{"event":"suppressed","count":30}`},
		{"inner kill keeps its pid", "gw kernel: message repeated 3 times: [ Out of Memory: Killed process 870 (httpd).]", `{"event":"oom-kill","pid":870}`},
		{"a sentence", "Mar  5 07:08:09 gw app: message repeated often", `{"event":"unknown"}`},
		{"absurd", "last message repeated 99999999999999999999 times", `{"event":"repeated","count":0}`},
		{"old repeat", "Mar  8 15:18:40 avas: last message repeated 11 times", `{"kind":"syslog","event":"repeated","count":11,"host":"avas"}`},
		{"repeat of the kernel", "Mar  8 15:18:40 gw kernel: last message repeated 11 times", `{"kind":"suppressed","count":11,"host":"gw"}`},
	})
}
