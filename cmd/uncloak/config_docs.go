package main

// keyDoc describes one key of the config for uncloak config, and for the errors about it.
type keyDoc struct {
	key     string
	says    string
	example string // its value as YAML writes it, on one line
	secret  bool   // the value is never shown
}

// keyDocs describes all keys, in the order of the config's fields. A key below another follows those beside it.
func keyDocs() []keyDoc {
	docs := []keyDoc{
		{key: "data", says: "directory of the data", example: "/var/lib/uncloak"},
		{key: "timezone", says: "zone of the wall clock, whose :00 and :30; local is this machine's",
			example: "Europe/Berlin"},
		{key: "lang", says: "language of reports, pages and mails: en or ja; default that of the environment",
			example: "ja"},
		{key: "lan", says: "inside networks; default all private ranges", example: "[192.168.0.0/16, fd00::/8]"},
		{key: "table", says: "entries that the router's session table takes (net.netfilter.nf_conntrack_max)",
			example: "16384"},
		{key: "link", says: "Mbit/s of the line", example: "100"},
		{key: "timeouts.system", says: "system whose defaults the other timeouts start from: linux, linux-4 or openwrt",
			example: "openwrt"},
	}
	for _, t := range [][2]string{{"syn_sent", "120s"}, {"syn_recv", "60s"}, {"established", "7440s"},
		{"fin_wait", "120s"}, {"close_wait", "60s"}, {"last_ack", "30s"}, {"time_wait", "120s"}, {"close", "10s"},
		{"udp", "30s"}, {"udp_stream", "120s"}, {"icmp", "30s"}, {"generic", "10m"}, {"typical_tcp", "5m"}} {
		docs = append(docs, keyDoc{key: "timeouts." + t[0],
			says: "how long the router keeps such an entry after the last packet", example: t[1]})
	}
	return append(docs, []keyDoc{
		{key: "routers", says: "what you know of single senders; also timezone, timeouts, rate and dialect of each",
			example: "[{address: 192.168.1.1, name: gw, table: 16384}]"},
		{key: "listen.udp", says: "addresses for datagrams", example: `[":514"]`},
		{key: "listen.tcp", says: "addresses for streams", example: `[":514"]`},
		{key: "listen.unix", says: "paths of unix datagram sockets", example: "[/run/uncloak/log]"},
		{key: "listen.unix_stream", says: "paths of unix stream sockets", example: "[/run/uncloak/stream]"},
		{key: "listen.socket_mode", says: "permissions of the unix sockets; default as the umask has it",
			example: "0660"},
		{key: "listen.tls", says: "addresses for TLS; default :6514 where a certificate is given",
			example: `[":6514"]`},
		{key: "listen.http", says: "address for the pages, /metrics and /healthz; default nowhere",
			example: "127.0.0.1:8514"},
		{key: "web.cert", says: "PEM file of the certificate for the pages", example: "/etc/uncloak/pages.crt"},
		{key: "web.key", says: "PEM file of its key", example: "/etc/uncloak/pages.key"},
		{key: "web.insecure", says: "let the password for the pages pass the network without TLS", example: "true"},
		{key: "web.users", says: "who may see the pages: name:hash, as htpasswd -nB writes it",
			example: `["anna:$2y$10$Q7pTSE1Cq4Wm0GhvD6GNROQYGf8tGXhkbnf0YzGxLM5m8Zp3Jw7cK"]`, secret: true},
		{key: "web.token", says: "one secret in place of users, of at least 16 characters",
			example: "2f1c7d8e9a0b4c5d", secret: true},
		{key: "web.hosts", says: "further names by which browsers may ask for the pages",
			example: "[logs.example.net]"},
		{key: "tls.cert", says: "PEM file of serve's certificate", example: "/etc/uncloak/logs.crt"},
		{key: "tls.key", says: "PEM file of its key", example: "/etc/uncloak/logs.key"},
		{key: "tls.client_ca", says: "PEM file of the authority that clients must have a certificate of",
			example: "/etc/uncloak/ca.crt"},
		{key: "tls.allowed_names", says: "names of clients; default all that the authority knows",
			example: "[gw.example.net]"},
		{key: "allow", says: "networks and addresses that may send; private, or all",
			example: "[private, 203.0.113.7]"},
		{key: "rate.lines", says: "lines a second that one sender may send; default no limit", example: "5000"},
		{key: "rate.burst", says: "lines at once", example: "50000"},
		{key: "follow", says: "files to read as they grow", example: "[/var/log/router.log]"},
		{key: "kmsg", says: "read the messages of this machine's kernel", example: "true"},
		{key: "journal", says: "read systemd's journal: local, or a directory with its files", example: "local"},
		{key: "stdin", says: "read standard input to its end", example: "true"},
		{key: "probe.targets", says: "addresses or names whose way is measured, hop by hop; at most 16",
			example: "[game.example.net, 198.51.100.7]"},
		{key: "probe.interval", says: "time between two probes of a hop, from 1s; default 5s", example: "5s"},
		{key: "limits.line", says: "bytes that are kept of a line", example: "8192"},
		{key: "limits.connections", says: "streams at once", example: "1024"},
		{key: "limits.per_sender", says: "streams at once from one address", example: "64"},
		{key: "limits.idle", says: "after this a silent stream is closed", example: "10m"},
		{key: "limits.handshake", says: "how long a TLS handshake may take", example: "10s"},
		{key: "memory", says: "MB that serve may take, whatever is sent", example: "512"},
		{key: "names.resolver", says: "DNS server that is asked for names of inside hosts", example: "192.168.1.1:53"},
		{key: "mmdb", says: "files in MaxMind's format that tell country and network of outside addresses",
			example: "[/var/lib/GeoIP/GeoLite2-Country.mmdb, /var/lib/GeoIP/GeoLite2-ASN.mmdb]"},
		{key: "log.level", says: "debug, info, warn or error", example: "info"},
		{key: "log.format", says: "text or json", example: "text"},
		{key: "known", says: "findings that are no news", example: "[{host: 192.168.1.20, kind: burst, note: backup}]"},
		{key: "retain.days", says: "days that are kept; default all", example: "180"},
		{key: "retain.bytes", says: "how much is kept; default all", example: "20GB"},
		{key: "retain.raw_days", says: "after so many days the lines as received are dropped", example: "30"},
		{key: "mail.from", says: "address of the sender; default uncloak at this machine",
			example: "uncloak@example.net"},
		{key: "mail.to", says: "who gets the report of report.at", example: "[me@example.net]"},
		{key: "mail.server", says: "SMTP server; default the sendmail of this machine",
			example: "mail.example.net:587"},
		{key: "mail.tls", says: "starttls, tls (at once), try or none; default by server and port",
			example: "starttls"},
		{key: "mail.username", says: "for a server that wants a login", example: "me"},
		{key: "mail.password", says: "its password; better as UNCLOAK_MAIL_PASSWORD",
			example: "secret", secret: true},
		{key: "mail.ca", says: "PEM file of the server's authority; default those of the system",
			example: "/etc/uncloak/ca.crt"},
		{key: "mail.sendmail", says: "path of sendmail", example: "/usr/sbin/sendmail"},
		{key: "report.at", says: "time of day at which serve mails the report of the day before", example: `"06:30"`},
		{key: "alerts", says: "ways in which serve tells of findings as they happen",
			example: "[{type: ntfy, url: \"https://ntfy.sh/TOPIC\", severity: critical, quiet: \"22:00-07:00\"}]"},
		{key: "keep_raw", says: "lines as received that are stored: all, findings or none", example: "all"},
	}...)
}

// docOf returns the description of a key; the zero value for one that is none.
func docOf(key string) keyDoc {
	for _, d := range keyDocs() {
		if d.key == key {
			return d
		}
	}
	return keyDoc{}
}
