package parse

import "testing"

// Messages of systemd (src/oom/oomd-manager.c, src/core/unit.c) and of earlyoom (kill.c).
func TestOOMDaemons(t *testing.T) {
	checkAll(t, []says{
		{"pressure", `Nov 21 10:46:00 pc systemd-oomd[700]: Killed /user.slice/user-1000.slice/app-firefox.scope due to memory pressure for /user.slice/user-1000.slice being 61.00% > 50.00% for > 20s with reclaim activity`,
			`{"kind":"oom-kill","event":"oom-kill","dialect":"oomd","stamp":"11-21T10:46:00","host":"pc","proc":"app-firefox.scope","pid":null}`},
		{"memory and swap", `Nov 21 10:46:01 pc systemd-oomd[700]: Killed /system.slice/b.service due to memory used (8000) / total (8100) and swap used (950) / total (1000) being more than 90.00%`,
			`{"event":"oom-kill","proc":"b.service"}`},
		{"what systemd says of it is no second kill", `Nov 21 10:46:02 pc systemd[1]: b.service: systemd-oomd killed 12 process(es) in this unit.`,
			`{"kind":"other","event":"system","dialect":"oomd","detail":"b.service"}`},
		{"nor what it says of a kill by the kernel", `Nov 21 10:46:03 pc systemd[1]: b.service: A process of this unit has been killed by the OOM killer.`,
			`{"event":"system","dialect":"oomd","detail":"b.service"}`},
		{"nor the result of the unit", `Nov 21 10:46:03 pc systemd[1]: b.service: Failed with result 'oom-kill'.`, `{"event":"system","dialect":"oomd","detail":"b.service"}`},
		{"another result", `Nov 21 10:46:03 pc systemd[1]: b.service: Failed with result 'exit-code'.`, `{"event":"system","dialect":"daemon"}`},
		{"oomd otherwise", `Nov 21 10:46:00 pc systemd-oomd[700]: Failed to kill any processes`, `{"kind":"other","event":"system","dialect":"oomd"}`},
		{"earlyoom low", `Nov 21 10:46:04 pc earlyoom[701]: low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%`,
			`{"kind":"oom-invoked","event":"oom-invoked","dialect":"oomd","proc":"earlyoom"}`},
		{"earlyoom", `Nov 21 10:46:05 pc earlyoom[701]: sending SIGTERM to process 1985 uid 1000 "firefox": oom_score 733, VmRSS 900 MiB, cmdline "firefox"`,
			`{"kind":"oom-kill","event":"oom-kill","pid":1985,"proc":"firefox"}`},
		{"quotes in the name", `Nov 21 10:46:05 pc earlyoom[701]: sending SIGKILL to process 1986 uid 1000 "a"b": oom_score 733, VmRSS 3 MiB, cmdline "x"`,
			`{"event":"oom-kill","pid":1986,"proc":"a\"b"}`},
		{"escalation", `Nov 21 10:46:06 pc earlyoom[701]: escalating to SIGKILL after 10.0 seconds`, `{"event":"system","dialect":"oomd"}`},
		{"absurd pid", `Nov 21 10:46:05 pc earlyoom[701]: sending SIGTERM to process 99999999999 uid 1000 "firefox": oom_score 733`,
			`{"event":"oom-kill","pid":null,"proc":"firefox"}`},
		{"another program's words", `Nov 21 10:46:05 pc app[701]: sending SIGTERM to process 1985 uid 1000 "firefox"`, `{"event":"unknown","dialect":null}`},
	})
}
