package parse

// daemonDialect describes the daily lines of common daemons (cron, hostapd, sudo …), which no finding depends on.
func daemonDialect() dialect {
	return dialect{
		Format: Format{
			Name: "daemon",
			Devices: "cron, hostapd, wpa_supplicant, systemd, NTP clients, miniupnpd, OpenVPN, sudo; what else sshd, " +
				"dropbear, pppd and dhcpcd say",
			Sample: "Nov 29 00:08:11 gw crond[445]: USER root pid 3295 cmd /usr/sbin/ddns-update",
			Reads: "The tag: such lines are system, and of no consequence to any finding, but for the alarms that " +
				"uncloak explain knows.",
			Enable: "On by default.",
			Source: "their manual pages",
		},
		known: "the tag is a daemon's that speaks of no session",
		read:  everyday,
	}
}

// everyday takes a line of a daemon whose lines tell of no session and no table, but perhaps of trouble.
func everyday(b []byte, rec *Record) bool {
	switch string(rec.App) {
	case "sshd", "sshd-session", "dropbear", "pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd", "cron",
		"crond", "CRON", "CROND", "anacron", "crontab", "hostapd", "wpa_supplicant", "systemd", "systemd-logind",
		"systemd-timesyncd", "ntpd", "chronyd", "ntpdate", "miniupnpd", "openvpn", "udhcpc", "procd", "sudo", "su",
		"logrotate", "dbus-daemon":
	case "rsyslogd", "syslogd", "klogd", "systemd-modules-load", "systemd-udevd", "systemd-sysctl", "systemd-journald",
		"systemd-resolved", "systemd-fsck", "systemd-random-seed", "systemd-sysusers", "systemd-tmpfiles",
		"systemd-fstab-generator", "kmodloader", "mount_root", "block", "urngd", "rngd", "firewall", "sysntpd", "rpcd",
		"uhttpd", "polkitd", "irqbalance", "agetty":
		if troubled(b) {
			return false // it may be about the log itself, or about the machine
		}
	default:
		return false
	}
	rec.Dialect = "daemon"
	mark(rec, System, "syslog")
	daemonAlarm(string(rec.App), b, rec)
	return true
}
