package parse

import "testing"

func TestLost(t *testing.T) {
	checkAll(t, []says{
		{"journald", "Feb 12 14:10:21 sd systemd-journald[163]: Suppressed 3322 messages from foo.service", `{"kind":"suppressed","count":3322,"detail":"foo.service"}`},
		{"older journald", "Feb 12 14:10:21 sd systemd-journal[163]: Suppressed 33 messages from /system.slice/foo.service", `{"count":33}`},
		{"rsyslog", "Feb 12 14:10:21 sd rsyslogd: imuxsock lost 120 messages from pid 345 due to rate-limiting", `{"kind":"suppressed","count":120,"detail":"345"}`},
		{"imjournal", "Feb 12 14:10:21 sd rsyslogd: imjournal: 2345 messages lost due to rate-limiting", `{"count":2345}`},
		{"kernel lines missed", "Feb 12 14:10:21 sd systemd-journald[163]: Missed 12 kernel messages", `{"count":12,"detail":"kernel"}`},
	})
}
