package parse

// everyday is a line of a daemon that speaks of no session and no table: whatever else it says is understood by its tag alone.
func everyday(rec *Record) bool {
	switch string(rec.App) {
	case "sshd", "sshd-session", "dropbear", "pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd", "cron", "crond", "CRON", "CROND",
		"anacron", "crontab", "hostapd", "wpa_supplicant", "systemd", "systemd-logind", "systemd-timesyncd", "ntpd", "chronyd", "ntpdate",
		"miniupnpd", "udhcpc", "procd", "sudo", "su", "logrotate", "dbus-daemon":
		rec.Dialect = "daemon"
		return mark(rec, System, "syslog")
	}
	return false
}
