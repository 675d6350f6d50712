package parse

import "bytes"

// familyD reads what the common daemons of a router say about logins, links and lost messages. It goes by the tag.
func (p *Parser) familyD(b []byte, rec *Record) bool {
	if len(rec.App) < 3 || len(b) < 8 {
		return false
	}
	switch string(rec.App) {
	case "sshd", "sshd-session", "dropbear":
		return p.login(b, rec)
	case "systemd-journald", "systemd-journal", "journald", "journal", "rsyslogd", "rsyslogd-2177", "imuxsock", "imjournal", "syslog-ng":
		return p.lost(b, rec)
	case "pppd", "netifd", "systemd-networkd", "NetworkManager", "dhcpcd":
		return p.linkDaemon(b, rec)
	}
	if bytes.HasPrefix(b, []byte("segfault at ")) || bytes.HasPrefix(b, []byte("general protection")) || bytes.HasPrefix(b, []byte("trap ")) {
		rec.Detail, rec.Dialect = p.name(rec.App), "kernel" // the kernel says "httpd[870]: segfault at …": no tag, but a process
		return mark(rec, System, "other")
	}
	return false
}

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

// login reads who tried to log in, from where: "Failed password for root from 192.0.2.1 port 22 ssh2" (sshd), "Bad
// password attempt for 'root' from 192.0.2.1:5100" (dropbear).
func (p *Parser) login(b []byte, rec *Record) bool {
	r := b
	switch i := bytes.LastIndex(b, []byte(" from ")); {
	case i >= 0:
		r = b[i+6:]
	case bytes.HasPrefix(b, []byte("Connection ")) || bytes.HasPrefix(b, []byte("Disconnected ")):
		if i = bytes.Index(b, []byte(" port ")); i < 0 {
			return false
		}
		r = lastWord(b[:i])
		rec.SPort = port(until(b[i+6:], " "))
	default:
		return false
	}
	w, rest := word(r)
	w = bytes.Trim(w, "<>,;:")
	if rec.Src = addr(w); !rec.Src.IsValid() {
		if rec.Src, rec.SPort = hostPort(w, ':'); !rec.Src.IsValid() {
			return false
		}
	}
	if at, ok := bytes.CutPrefix(rest, []byte("port ")); ok {
		rec.SPort = port(until(at, " :"))
	}
	rec.Dialect = "login"
	return mark(rec, System, "syslog")
}

// lost reads what log daemons say of messages that they did not take: Count of them, Detail is who said too much.
func (p *Parser) lost(b []byte, rec *Record) bool {
	var n uint64
	var who []byte
	ok := false
	switch {
	case bytes.HasPrefix(b, []byte("Suppressed ")): // journald: "Suppressed 3322 messages from unit foo.service"
		var r []byte
		if n, r, ok = leading(b[len("Suppressed "):]); ok {
			who, _ = word(after(r, "from "))
			if string(who) == "unit" {
				who, _ = word(after(r, "unit "))
			}
		}
	case bytes.Contains(b, []byte(" messages lost due to rate-limiting")): // imjournal: "imjournal: 2345 messages lost due to rate-limiting"
		i := bytes.Index(b, []byte(" messages lost"))
		n, ok = number(lastWord(b[:i]))
		who = rec.App
	case bytes.Contains(b, []byte(" lost ")) && bytes.Contains(b, []byte("rate-limiting")): // imuxsock: "imuxsock lost 120 messages from pid 345 due to rate-limiting"
		n, _, ok = leading(after(b, " lost "))
		who, _ = word(after(b, " from pid "))
	case bytes.HasPrefix(b, []byte("Missed ")) && bytes.HasSuffix(b, []byte(" kernel messages")): // journald: "Missed 12 kernel messages"
		n, _, ok = leading(b[len("Missed "):])
		who = []byte("kernel")
	}
	if !ok {
		return false
	}
	rec.Count, rec.Detail, rec.Dialect = saturate(n), p.name(who), "syslog"
	return mark(rec, Suppressed, "suppressed")
}

// linkDaemon reads lines that come and go as the daemons in charge of them say it; Detail is the interface.
func (p *Parser) linkDaemon(b []byte, rec *Record) bool {
	up, down := false, false
	var name []byte
	switch {
	case string(rec.App) == "pppd":
		up = bytes.HasPrefix(b, []byte("Connect: "))
		name, _ = word(after(b, "Connect: "))
		down = bytes.HasPrefix(b, []byte("Connection terminated")) || bytes.HasPrefix(b, []byte("Modem hangup")) || bytes.HasPrefix(b, []byte("LCP terminated by peer"))
	case bytes.HasPrefix(b, []byte("Network device '")), bytes.HasPrefix(b, []byte("Interface '")): // netifd
		up, down = bytes.HasSuffix(b, []byte("link is up")) || bytes.HasSuffix(b, []byte(" is now up")), bytes.HasSuffix(b, []byte("link is down")) || bytes.HasSuffix(b, []byte(" is now down"))
		name = until(after(b, "'"), "'")
	default:
		i := bytes.Index(b, []byte(": "))
		if i < 1 {
			return false
		}
		name = b[:i]
		up = bytes.Contains(b, []byte("Gained carrier")) || bytes.Contains(b, []byte("carrier acquired")) || bytes.Contains(b, []byte("carrier: link connected"))
		down = bytes.Contains(b, []byte("Lost carrier")) || bytes.Contains(b, []byte("carrier lost")) || bytes.Contains(b, []byte("carrier: link disconnected"))
		if d := after(b, "device ("); d != nil {
			name = until(d, ")")
		}
	}
	if !up && !down {
		return false
	}
	rec.Detail, rec.Dialect = p.name(name), "link"
	if up {
		return mark(rec, Link, "link-up")
	}
	return mark(rec, Link, "link-down")
}
