package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// oomdDialect describes what systemd-oomd and earlyoom, which kill processes before memory runs out, log for each kill.
func oomdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "oomd",
			Devices: "systemd-oomd, earlyoom, systemd",
			Sample:  `Nov 21 10:46:05 pc earlyoom[701]: sending SIGTERM to process 1985 uid 1000 "firefox": oom_score 733, VmRSS 900 MiB, cmdline "firefox"`,
			Reads: "Kills with control group or process and pid, each counted once: what systemd and earlyoom " +
				"say after it is understood, but no second kill.",
			Enable: "Nothing to switch on. Send daemon.* to uncloak.",
			Source: "systemd src/oom/oomd-manager.c; earlyoom kill.c",
		},
		known: "tag systemd-oomd, earlyoom or systemd, and what they say of a kill",
		tags:  []string{"systemd-oomd", "earlyoom", "systemd"},
		kind:  file,
		read:  oomDaemon,
	}
}

// userOOM reads the daemons that kill before the kernel has to:
//
//	systemd-oomd  Killed /user.slice/a.scope due to memory pressure for /user.slice being 61.00% > 50.00% for > 20s with reclaim activity
//	              Killed /system.slice/b.service due to memory used (1) / total (2) and swap used (3) / total (4) being more than 90.00%
//	earlyoom      sending SIGTERM to process 1985 uid 1000 "firefox": oom_score 733, VmRSS 3 MiB
//
// Each such line is one OOMKill, with Detail = the control group's last name or the process, and Count = the pid where
// there is one. What follows a kill (systemd's "killed 12 process(es) in this unit", earlyoom's "escalating to SIGKILL"
// and "process exited") is System, so that a kill is counted once. Sources: systemd src/oom/oomd-manager.c, earlyoom
// kill.c.
func userOOM(b []byte, rec *Record) bool {
	rec.Dialect = "oomd"
	if string(rec.App) == "systemd-oomd" {
		group, rest := scan.Word(scan.After(b, "Killed "))
		if bytes.HasPrefix(b, []byte("Killed ")) && bytes.HasPrefix(rest, []byte("due to memory ")) {
			rec.detail = group[bytes.LastIndexByte(group, '/')+1:]
			return mark(rec, OOMKill, "oom-kill")
		}
		return mark(rec, System, "other")
	}
	sig, rest := scan.Word(scan.After(b, "sending "))
	pid, ok := bytes.CutPrefix(rest, []byte("to process "))
	if !ok || !bytes.HasPrefix(sig, []byte("SIG")) {
		if bytes.HasPrefix(b, []byte("low memory! ")) {
			rec.detail = rec.keep("earlyoom")
			return mark(rec, OOMInvoked, "oom-invoked")
		}
		return mark(rec, System, "other")
	}
	if n, _, ok := scan.Leading(pid); ok && n < 1<<32 {
		rec.Count = uint32(n)
	}
	name := scan.After(pid, `"`)
	end := bytes.Index(name, []byte(`": `)) // a process may have quotes in its name
	if end < 0 {
		end = max(bytes.LastIndexByte(name, '"'), 0)
	}
	rec.detail = name[:end]
	return mark(rec, OOMKill, "oom-kill")
}

// unitOOM reads what systemd says of a unit that lost a process: the kernel or systemd-oomd has told of the kill
// itself.
func unitOOM(b []byte, rec *Record) bool {
	i := bytes.Index(b, []byte(": "))
	if i < 1 {
		return false
	}
	r := b[i+2:]
	if !bytes.HasPrefix(r, []byte("A process of this unit has been killed by the OOM killer")) &&
		!bytes.HasPrefix(r, []byte("systemd-oomd killed ")) &&
		!bytes.HasPrefix(r, []byte("Failed with result 'oom-kill'")) {
		return false
	}
	rec.Dialect, rec.detail = "oomd", b[:i]
	return mark(rec, System, "other")
}

// oomDaemon reads the daemons that kill, and what systemd says of it afterwards.
func oomDaemon(b []byte, rec *Record) bool {
	if string(rec.App) == "systemd" {
		return unitOOM(b, rec)
	}
	return userOOM(b, rec)
}
