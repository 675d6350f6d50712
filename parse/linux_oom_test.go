package parse

import (
	"strings"
	"testing"
)

func TestOOM(t *testing.T) {
	checkAll(t, []says{
		{"2.4", "Out of Memory: Killed process 870 (httpd).", `{"kind":"oom-kill","event":"oom-kill","pid":870,"proc":"httpd","count":null}`},
		{"announcement", "Out of memory: Kill process 6576 (java) score 651 or sacrifice child", `{"kind":"oom-kill","event":"system","pid":6576,"proc":"java"}`},
		{"2.6.24", "Out of memory: kill process 6576 (java) score 651 or a child", `{"event":"system","pid":6576}`},
		{"kill of 3 and 4", "[11686.043647] Killed process 2603 (flasherav) total-vm:1498536kB, anon-rss:721784kB, file-rss:4228k", `{"event":"oom-kill","pid":2603,"proc":"flasherav"}`},
		{"with a user", "Killed process 870, UID 48, (httpd) total-vm:1kB", `{"event":"oom-kill","pid":870,"proc":"httpd"}`},
		{"5 and later", "[ 1630.161867][T14021] Out of memory: Killed process 23173 (normal-priority) total-vm:4228kB, anon-rss:88kB", `{"event":"oom-kill","pid":23173,"uptime":1630.161867}`},
		{"cgroup", "Memory cgroup out of memory: Killed process 3902942 (php-fpm) total-vm:14740176kB", `{"event":"oom-kill","pid":3902942,"proc":"php-fpm","group":"(not named)"}`},
		{"cgroup announcement", "Memory cgroup out of memory: Kill process 1012 (heapster) score 1035 or sacrifice child", `{"event":"system","kind":"oom-kill"}`},
		{"parentheses in the name", "Out of memory: Killed process 5 ((sd-pam)) total-vm:1kB", `{"proc":"(sd-pam)"}`},
		{"invoked", "npm invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0", `{"kind":"oom-invoked","event":"oom-invoked","proc":"npm"}`},
		{"constraint", "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=node,pid=11948,uid=0", `{"kind":"oom-constraint","event":"oom-kill","group":null,"proc":"node","pid":11948}`},
		{"constraint of a group", "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/lxc/a,task_memcg=/lxc/a/b,task=httpd,pid=870,uid=0", `{"event":"oom-kill","proc":"httpd","pid":870,"group":"/lxc/a"}`},
		{"constraint, cut off", "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/", `{"event":"system"}`},
		{"reaped", "oom_reaper: reaped process 473206 (doxygen), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB", `{"kind":"oom-reaped","event":"system","pid":473206,"proc":"doxygen"}`},
		{"limit", "Task in /mem2 killed as a result of limit of /mem3", `{"kind":"oom-cgroup","event":"system","group":null}`},
		{"absurd pid", "Out of Memory: Killed process 99999999999 (httpd).", `{"event":"oom-kill","pid":null,"proc":"httpd"}`},
	})
}

// Each version of the kernel prints other lines around a kill; all that are kills tell of one pid.
func TestOOMKillsCountOnce(t *testing.T) {
	ages := map[string]string{
		"2.4": "Out of Memory: Killed process 870 (httpd).",
		"2.6.11": `oom-killer: gfp_mask=0xd0
Out of Memory: Kill process 870 (httpd) score 12 and children.
Out of memory: Killed process 871 (httpd).`,
		"4": `java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0
Task in /docker/2e killed as a result of limit of /docker/2e
Memory cgroup out of memory: Kill process 6576 (java) score 651 or sacrifice child
Killed process 6576 (java) total-vm:33914892kB, anon-rss:20629004kB, file-rss:0kB
oom_reaper: reaped process 6576 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`,
		"6": `memhog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/netlab,task_memcg=/netlab,task=memhog,pid=6302,uid=0
Memory cgroup out of memory: Killed process 6302 (memhog) total-vm:70756kB, anon-rss:64836kB`,
	}
	for age, text := range ages {
		kills := map[uint32]bool{}
		for _, l := range strings.Split(text, "\n") {
			if rec := parseLine(l); rec.Kind == OOMKill {
				kills[rec.Count] = true
			}
		}
		if len(kills) != 1 {
			t.Errorf("kernel %s: %d kills", age, len(kills))
		}
	}
}

func TestOldAndAndroidKills(t *testing.T) {
	checkAll(t, []says{
		{"2.6.9", "oom-killer: gfp_mask=0xd0, order=0", `{"kind":"oom-invoked","event":"oom-invoked","proc":null}`},
		{"2.4 fault", "VM: killing process httpd", `{"kind":"oom-kill","event":"oom-kill","proc":"httpd"}`},
		{"lowmemorykiller", "lowmemorykiller: Killing 'com.foo' (1234), adj 906,", `{"event":"oom-kill","pid":1234,"proc":"com.foo"}`},
		{"older lowmemorykiller", "send sigkill to 1234 (com.foo), adj 15, size 3000", `{"event":"oom-kill","pid":1234,"proc":"com.foo"}`},
		{"not reaped", "oom_reaper: unable to reap pid:77 (java)", `{"kind":"oom-reaped","pid":77,"proc":"java"}`},
		{"group", "Tasks in /a/b are going to be killed due to memory.oom.group set", `{"kind":"oom-cgroup","event":"system"}`},
		{"no victim", "Out of memory and no killable processes...", `{"event":"alarm","alarm":"oom-none-left"}`},
	})
}
