package parse

import "testing"

func TestLost(t *testing.T) {
	checkAll(t, []says{
		{"rsyslog begins", "Feb 12 14:10:21 sd rsyslogd-2177: imuxsock begins to drop messages from pid 345 due to rate-limiting", `{"event":"system","dialect":"syslog"}`},
		{"journald", "Feb 12 14:10:21 sd systemd-journald[163]: Suppressed 3322 messages from foo.service", `{"kind":"suppressed","count":3322,"detail":"foo.service"}`},
		{"older journald", "Feb 12 14:10:21 sd systemd-journal[163]: Suppressed 33 messages from /system.slice/foo.service", `{"count":33}`},
		{"rsyslog", "Feb 12 14:10:21 sd rsyslogd: imuxsock lost 120 messages from pid 345 due to rate-limiting", `{"kind":"suppressed","count":120,"detail":"345"}`},
		{"imjournal", "Feb 12 14:10:21 sd rsyslogd: imjournal: 2345 messages lost due to rate-limiting", `{"count":2345}`},
		{"kernel lines missed", "Feb 12 14:10:21 sd systemd-journald[163]: Missed 12 kernel messages", `{"count":12,"detail":"kernel"}`},
		{"journald of a unit", "Feb 12 14:10:22 sd systemd-journald[163]: Suppressed 33 messages from unit foo.service", `{"kind":"suppressed","event":"suppressed","dialect":"syslog","count":33,"detail":"foo.service"}`},
		{"more than can be counted", "Feb 12 14:10:22 sd systemd-journald[163]: Suppressed 99999999999 messages from foo.service", `{"event":"suppressed","count":4294967295}`},
		{"no number", "Feb 12 14:10:23 sd systemd-journald[163]: Suppressed some messages from foo.service", `{"count":null,"detail":null}`},
		{"another program's words", "Feb 12 14:10:24 sd app[163]: Suppressed 3322 messages from foo.service", `{"event":"unknown","dialect":null,"count":null}`},
	})
}
