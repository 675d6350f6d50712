package report

import (
	"fmt"
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
		"The message means: a program asked for memory, none could be freed any more, and the kernel ended the "+
			"process with the worst score, as a rule the largest.",
		"It need not be the one that is at fault.",
		interleaved(f, "lines in which a peer shrinks its TCP window"),
		"What may cause it: more processes or connections allowed than fit into memory, a program that leaks, too "+
			"little swap, the memory limit of a container.",
		"Sure: the kills. Not sure: the reason, which these lines do not give.", sure(f.Score))
	return []tip{
		{"oom-size", fmt.Sprintf("Count: the most processes of %s that its configuration allows, times the size of "+
			"one (ps -o rss,cmd -C %s), must stay below the memory of the machine.", proc, shellQuote(proc))},
		{"oom-read", "Read the lines around the kill (dmesg or journalctl -k): newer kernels list each process with " +
			"its size (rss) there. Watch free memory from now on."},
		{"oom-limit", "Lower the limit of processes or connections, or add memory or swap. A supervisor should " +
			"restart what was killed."},
	}
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
