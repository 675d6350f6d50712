package report

import (
	"fmt"
	"slices"
	"strings"

	"uncloak/detect"
)

func (w words) oom(f *detect.Finding) []tip {
	proc := label(f.Proc)
	if proc == "" {
		proc = "a process"
	}
	n := max(f.Kills, 1)
	f.Title = fmt.Sprintf("out of memory%s: %s killed %s", on(f.Router), proc, times(n))
	f.Detail = sentences(
		fmt.Sprintf("The kernel ran out of memory and killed %s %s%s, %s.", proc, times(n), pids(f), w.bounds(f)),
		limits(f),
		"The message means: a program asked for memory, none could be freed any more, and the kernel ended the "+
			"process with the worst score, as a rule the largest.",
		"It need not be the one that is at fault.",
		interleaved(f, "lines in which a peer shrinks its TCP window"),
		"What may cause it: more processes or connections allowed than fit into memory, a program that leaks, too "+
			"little swap, the memory limit of a container.",
		"Sure: the kills. Not sure: the reason, which these lines do not give.", sure(f.Score))
	tips := []tip{
		{"oom-size", fmt.Sprintf("Count: the most processes of %s that its configuration allows, times the size of "+
			"one (ps -o rss,cmd -C %s), must stay below the memory of the machine.", proc, shellQuote(proc))},
		{"oom-read", "Read the lines around the kill (dmesg or journalctl -k): newer kernels list each process with " +
			"its size (rss) there. Watch free memory from now on."},
		{"oom-limit", "Lower the limit of processes or connections, or add memory or swap. A supervisor should " +
			"restart what was killed."},
	}
	if f.LimitKills > 0 {
		tips = slices.Insert(tips, 0, tip{"oom-group", "Raise the limit of the control group (memory.max, " +
			"memory.limit_in_bytes, the memory limit of the container), or find out what grows in it."})
	}
	return tips
}

// limits says which kills were for the limit of a control group, and not for want of memory of the machine.
func limits(f *detect.Finding) string {
	if f.LimitKills == 0 {
		return ""
	}
	s := "It was the memory limit of a control group (a container, say) that was hit"
	if f.LimitKills < f.Kills {
		s = num(f.LimitKills) + " of the kills were for the memory limit of a control group (a container, say)"
	}
	if len(f.Groups) == 0 {
		return s + ", which the lines do not name; the machine itself may have memory left."
	}
	var names []string
	for _, g := range f.Groups {
		names = append(names, label(g))
	}
	return s + ": " + list(names) + "; the machine itself may have memory left."
}

func pids(f *detect.Finding) string {
	if len(f.PIDs) == 0 {
		return ""
	}
	var out []string
	for _, p := range f.PIDs[:min(6, len(f.PIDs))] {
		out = append(out, fmt.Sprint(p))
	}
	if len(f.PIDs) > 6 {
		return " (pids " + strings.Join(out, ", ") + " …)"
	}
	if len(out) == 1 {
		return " (pid " + out[0] + ")"
	}
	return " (pids " + list(out) + ")"
}
