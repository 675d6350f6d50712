package report

import (
	"fmt"
	"slices"

	"uncloak/detect"
)

func (w words) oom(f *detect.Finding) []tip {
	proc := label(f.Proc)
	if proc == "" {
		proc = w.Say("a process")
	}
	n := max(f.Kills, 1)
	f.Title = w.Say("out of memory%s: %s killed %s", w.on(f.Router), proc, w.times(n))
	f.Detail = w.sentences(
		w.Say("The kernel ran out of memory and killed %s %s%s, %s.", proc, w.times(n), w.pids(f), w.bounds(f)),
		w.limitKills(f),
		w.Say("The message means: a program asked for memory, none could be freed any more, and the kernel ended the "+
			"process with the worst score, as a rule the largest."),
		w.Say("It need not be the one that is at fault."),
		w.interleaved(f, w.Say("lines in which a peer shrinks its TCP window")),
		w.Say("What may cause it: more processes or connections allowed than fit into memory, a program that leaks, "+
			"too little swap, the memory limit of a container."),
		w.Say("Sure: the kills. Not sure: the reason, which these lines do not give."), w.sure(f.Score))
	tips := []tip{
		{"oom-size", w.Say("Count: the most processes of %s that its configuration allows, times the size of "+
			"one (ps -o rss,cmd -C %s), must stay below the memory of the machine.", proc, shellQuote(proc))},
		{"oom-read", w.Say("Read the lines around the kill (dmesg or journalctl -k): newer kernels list each process " +
			"with its size (rss) there. Watch free memory from now on.")},
		{"oom-limit", w.Say("Lower the limit of processes or connections, or add memory or swap. A supervisor should " +
			"restart what was killed.")},
	}
	if f.LimitKills > 0 {
		tips = slices.Insert(tips, 0, tip{"oom-group", w.Say("Raise the limit of the control group (memory.max, " +
			"memory.limit_in_bytes, the memory limit of the container), or find out what grows in it.")})
	}
	return tips
}

// limitKills says which kills were for the limit of a control group, and not for want of memory of the machine.
func (l Language) limitKills(f *detect.Finding) string {
	if f.LimitKills == 0 {
		return ""
	}
	s := l.Say("It was the memory limit of a control group (a container, say) that was hit")
	if f.LimitKills < f.Kills {
		s = l.Say("%s of the kills were for the memory limit of a control group (a container, say)", num(f.LimitKills))
	}
	if len(f.Groups) == 0 {
		return l.Say("%s, which the lines do not name; the machine itself may have memory left.", s)
	}
	var names []string
	for _, g := range f.Groups {
		names = append(names, label(g))
	}
	return l.Say("%s: %s; the machine itself may have memory left.", s, l.list(names))
}

func (l Language) pids(f *detect.Finding) string {
	if len(f.PIDs) == 0 {
		return ""
	}
	var out []string
	for _, p := range f.PIDs[:min(6, len(f.PIDs))] {
		out = append(out, fmt.Sprint(p))
	}
	if len(f.PIDs) > 6 {
		return l.Say(" (pids %s …)", l.items(out))
	}
	if len(out) == 1 {
		return l.Say(" (pid %s)", out[0])
	}
	return l.Say(" (pids %s)", l.list(out))
}
