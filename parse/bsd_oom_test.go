package parse

import "testing"

// Lines of FreeBSD from public notes.
func TestBSDOutOfMemory(t *testing.T) {
	checkAll(t, []says{
		{"of 12 and later", "<6>Nov  6 02:39:55 gw kernel: pid 42386 (unbound), jid 0, uid 59, was killed: out of swap space",
			`{"kind":"oom-kill","event":"oom-kill","dialect":"kernel","host":"gw","pid":42386,"proc":"unbound"}`},
		{"older", "Jul 27 23:52:19 freebsd1 kernel: pid 49901 (httpd), uid 1002, was killed: out of swap space",
			`{"event":"oom-kill","pid":49901,"proc":"httpd"}`},
		{"reclaim", "Apr  4 23:02:43 gw kernel: pid 862 (suricata), jid 0, uid 0, was killed: failed to reclaim memory",
			`{"event":"oom-kill","pid":862,"proc":"suricata"}`},
		{"its dmesg", "pid 862 (suricata), jid 0, uid 0, was killed: a thread waited too long to allocate a page",
			`{"event":"oom-kill","pid":862,"proc":"suricata"}`},
		{"another end", "Apr  4 23:02:43 gw kernel: pid 862 (suricata), jid 0, uid 0: exited on signal 11 (core dumped)", `{"pid":null}`},
		{"no name", "Apr  4 23:02:43 gw kernel: pid 862, was killed: out of swap space", `{"pid":null}`},
	})
}
