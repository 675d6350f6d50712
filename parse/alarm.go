package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// This file knows the messages in which a kernel or a daemon tells of trouble. Such a line has Kind Alarm, and its
// Aside is the ID of the message's entry in the encyclopaedia (uncloak explain ID says what it means). Messages that
// have a kind of their own, such as full tables and OOM kills, do not stand here.

// sign gives a message away: it begins with begins and has has behind that, one of both may be empty.
type sign struct{ begins, has, id string }

// kernelSigns are those of the kernel's messages that begin with words of their own. The first that fits decides.
var kernelSigns = [...]sign{
	{"Kernel panic - not syncing", "", "kernel-panic"},
	{"Out of memory and no killable", "", "oom-none-left"},
	{"System is deadlocked on memory", "", "oom-none-left"},
	{"oom_reaper: unable to reap", "", "oom-not-reaped"},
	{"watchdog: BUG: soft lockup", "", "soft-lockup"},
	{"BUG: soft lockup", "", "soft-lockup"},
	{"watchdog: ", "LOCKUP", "soft-lockup"},
	{"NMI watchdog: ", "ockup", "soft-lockup"},
	{"NMI watchdog: ", "LOCKUP", "soft-lockup"},
	{"BUG: ", "", "kernel-oops"},
	{"kernel BUG at ", "", "kernel-oops"},
	{"Oops", "", "kernel-oops"},
	{"Internal error: ", "", "kernel-oops"},
	{"Unable to handle kernel ", "", "kernel-oops"},
	{"general protection fault: ", "[#", "kernel-oops"},
	{"general protection fault, ", "[#", "kernel-oops"},
	{"invalid opcode: ", "[#", "kernel-oops"},
	{"divide error: ", "[#", "kernel-oops"},
	{"WARNING: CPU", "", "kernel-warning"},
	{"WARNING: at ", "", "kernel-warning"},
	{"INFO: task ", "blocked for more than ", "hung-task"},
	{"INFO: rcu_", "", "rcu-stall"},
	{"rcu: INFO: ", "", "rcu-stall"},
	{"rcu: ", "kthread starved", "rcu-stall"},
	{"page allocation failure", "", "page-allocation-failure"},
	{"__alloc_pages: ", "failed", "page-allocation-failure"},
	{"SLUB: Unable to allocate", "", "page-allocation-failure"},
	{"mce: [Hardware Error]", "", "mce"},
	{"[Hardware Error]", "", "mce"},
	{"EDAC ", " UE ", "mce"},
	{"EDAC ", " CE ", "mce"},
	{"EXT2-fs error", "", "fs-error"},
	{"EXT3-fs error", "", "fs-error"},
	{"EXT4-fs error", "", "fs-error"},
	{"EXT4-fs ", "emounting filesystem read-only", "fs-error"},
	{"EXT3-fs ", "emounting filesystem read-only", "fs-error"},
	{"EXT4-fs ", "mounting fs with errors", "fs-error"},
	{"EXT4-fs ", "error count since last fsck", "fs-error"},
	{"Aborting journal on device", "", "fs-error"},
	{"JBD2: Error", "", "fs-error"},
	{"XFS ", "orruption", "fs-error"},
	{"XFS ", "I/O error", "fs-error"},
	{"XFS ", "hut down", "fs-error"},
	{"XFS ", "hutting down", "fs-error"},
	{"BTRFS error", "", "fs-error"},
	{"BTRFS critical", "", "fs-error"},
	{"BTRFS: error", "", "fs-error"},
	{"FAT-fs ", "error", "fs-error"},
	{"FAT-fs ", "failed", "fs-error"},
	{"SQUASHFS error", "", "fs-error"},
	{"F2FS-fs ", "nconsisten", "fs-error"},
	{"UBIFS error", "", "flash-error"},
	{"UBI error", "", "flash-error"},
	{"ubi", " error: ", "flash-error"},
	{"jffs2: error", "", "flash-error"},
	{"jffs2_", "failed", "flash-error"},
	{"JFFS2 error", "", "flash-error"},
	{"md/raid", "Disk failure", "raid-failure"},
	{"md/raid", "disk failure", "raid-failure"},
	{"blk_update_request: ", " error", "io-error"},
	{"print_req_error: ", " error", "io-error"},
	{"end_request: ", " error", "io-error"},
	{"Buffer I/O error on ", "", "io-error"},
	{"I/O error, dev ", "", "io-error"},
	{"critical ", " error, dev ", "io-error"},
	{"Read-error on swap-device", "", "io-error"},
	{"Write-error on swap-device", "", "io-error"},
	{"nvme nvme", "timeout, ", "nvme-reset"},
	{"nvme nvme", "controller is down", "nvme-reset"},
	{"nvme nvme", "emoving after probe failure", "nvme-reset"},
	{"nvme nvme", "aborting reset", "nvme-reset"},
	{"mmc", ": error ", "mmc-error"},
	{"mmc", "error -", "mmc-error"},
	{"mmc", "imed out sending", "mmc-error"},
	{"mmc", "Timeout waiting for hardware", "mmc-error"},
	{"ata", ": exception Emask", "ata-exception"},
	{"ata", ": failed command: ", "ata-exception"},
	{"ata", "COMRESET failed", "ata-exception"},
	{"NETDEV WATCHDOG: ", "", "netdev-watchdog"},
	{"TCP: out of memory", "", "tcp-mem"},
	{"Out of socket memory", "", "tcp-mem"},
	{"TCP: ", "suspect GRO", "tcp-gro"},
	{"nf_ct_", "dropping packet", "conntrack-helper-drop"},
	{"nf_conntrack: ", "helper dropping packet", "conntrack-helper-drop"},
	{"CPU", " threshold", "thermal-throttle"},
	{"Under-voltage detected", "", "under-voltage"},
	{"unregister_netdevice: waiting for ", "", "unregister-netdevice"},
	{"clocksource: ", "Marking clocksource ", "clocksource-unstable"},
	{"clocksource: ", "arking ", "clocksource-unstable"},
	{"Limiting ", "packets/sec", "bsd-reset-limit"},
	{"nfs: server ", "not responding", "file-server-silent"},
	{"nfs: server ", "timed out", "file-server-silent"},
	{"CIFS: ", "has not responded in ", "file-server-silent"},
	{"usb ", "device descriptor read", "usb-error"},
	{"usb ", "device not accepting address", "usb-error"},
	{"usb ", "over-current ", "usb-error"},
	{"usb ", "unable to enumerate USB device", "usb-error"},
	{"hub ", "over-current ", "usb-error"},
	{"traps: ", " general protection", "general-protection"},
	{"traps: ", " trap ", "general-protection"},
	{"IPv6: ", "duplicate address", "duplicate-address"},
	{"irq ", "nobody cared", "irq-nobody-cared"},
	{"Disabling IRQ #", "", "irq-nobody-cared"},
}

// signsByByte holds the same by their first byte.
var signsByByte = func() (t [256][]sign) {
	for _, s := range kernelSigns {
		t[s.begins[0]] = append(t[s.begins[0]], s)
	}
	return t
}()

// find returns the ID of the first sign that fits b, or "".
func find(signs []sign, b []byte) string {
	for i := range signs {
		s := &signs[i]
		if scan.Has(b, s.begins) && (s.has == "" || bytes.Contains(b[len(s.begins):], []byte(s.has))) {
			return s.id
		}
	}
	return ""
}

// kernelAlarm makes an alarm of a message of the kernel that tells of trouble, and reports whether it did.
func kernelAlarm(b []byte, rec *Record) bool {
	return len(b) > 0 && rec.alarm(find(signsByByte[b[0]], b))
}

// alarm makes an alarm of the line. It does nothing and reports false where id is "". Word, Action and Detail stay.
func (rec *Record) alarm(id string) bool {
	if id == "" {
		return false
	}
	rec.Kind, rec.aside = Alarm, rec.keep(id)
	return true
}

// daemonSigns are those of daemons' messages, by the program that writes them. The messages of vendors' own logs are
// marked where they are read.
var daemonSigns = map[string][]sign{
	"dnsmasq": {
		{"reducing DNS packet size for nameserver ", "", "dnsmasq-edns"},
		{"possible DNS-rebind attack detected", "", "dnsmasq-rebind"},
		{"nameserver ", " refused to do a recursive query", "dnsmasq-refused"},
		{"no address range available for DHCP request", "", "dnsmasq-no-range"},
		{"DHCP packet received on ", " which has no address", "dnsmasq-no-range"},
	},
	"hostapd": {{"", "DFS-RADAR-DETECTED", "hostapd-radar"}},
	"openvpn": {
		{"", "Inactivity timeout (--ping-restart)", "openvpn-inactivity"},
		{"", "bad packet ID (may be a replay)", "openvpn-replay"},
		{"", "TLS key negotiation failed to occur", "openvpn-tls"},
	},
	"pppd": {
		{"", "authentication failed", "pppd-auth"},
		{"No response to ", " echo-requests", "pppd-echo"},
		{"Timeout waiting for PADO packets", "", "pppoe-pado"},
	},
}

// daemonAlarm makes an alarm of a message of that daemon that tells of trouble.
func daemonAlarm(name string, b []byte, rec *Record) { rec.alarm(find(daemonSigns[name], b)) }

// maxShape bounds the shape of a line, in bytes.
const maxShape = 64

// severe gives a line of severity err or above that says nothing to any detector its severity as State, and its shape
// as Aside. Logins are left out: a severity says little of them.
func (rec *Record) severe() {
	if rec.Pri < 0 || rec.Pri&7 > 3 || rec.Dialect == "login" {
		return
	}
	if rec.Kind != Unknown && (rec.Kind != System || rec.Word != "other" && rec.Word != "syslog") {
		return
	}
	rec.State = Emergency + State(rec.Pri&7)
	rec.aside = rec.shape()
}

// shape is the program and the beginning of the message, with # for each number and address, so that lines of one sort
// have one shape.
func (rec *Record) shape() []byte {
	m := rec.mem
	start := len(m.scratch)
	if len(rec.App) > 0 {
		m.scratch = append(append(m.scratch, rec.App[:min(len(rec.App), 24)]...), ": "...)
	}
	for b := rec.Body; len(b) > 0 && len(m.scratch)-start < maxShape; {
		n, digits := 0, false
		for n < len(b) && (b[n] == '.' || b[n] == ':' || scan.HexDigit(b[n]) < 16) {
			digits = digits || scan.IsDigit(b[n])
			n++
		}
		switch {
		case n == 0:
			m.scratch = append(m.scratch, b[0])
			n = 1
		case digits:
			m.scratch = append(m.scratch, '#')
			if b[n-1] == ':' {
				m.scratch = append(m.scratch, ':')
			}
		default:
			m.scratch = append(m.scratch, b[:min(n, maxShape)]...)
		}
		b = b[n:]
	}
	s := m.scratch[start:min(len(m.scratch), start+maxShape)]
	return s[:len(s):len(s)]
}
