package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// header reads everything in front of the message: priority, stamp, host, tag. What is left is Body. Where a relay put
// its own header in front of the sender's, the sender's counts and the relay is noted.
func header(b []byte, rec *Record) {
	if b[0] != '<' && !scan.IsUpper(b[0]) && b[0] != '[' || b[len(b)-1] == ')' {
		b, rec.times = digest(octetCount(b))
	}
	outer(b, rec)
	for range maxRelays {
		if rec.Word != "syslog" || !relayed(rec) {
			return
		}
	}
}

// outer reads one header.
func outer(b []byte, rec *Record) {
	b, hasPri := priority(b, rec)
	if !hasPri && len(b) > 0 && (b[0] == '<' || b[0] == '(') && brokenPriority(b) {
		rec.Word, rec.Body = "malformed", b
		return
	}
	if isVersion(b) && (hasPri || rfc5424Like(b)) {
		header5424(b, rec)
		return
	}
	b = scan.TrimLeft(b)
	if rest, ok := kmsg(b, rec); ok {
		rec.Body = rest
		return
	}
	rest, ok := rec.Stamp.bracketed(b)
	if ok {
		if !rec.Stamp.HasUnix {
			rest, rec.Word = callerID(rest), "other" // dmesg: the kernel speaks
			rec.dmesg = !scan.IsDigit(b[1])          // and nobody else, where it is no date in digits
		}
		bareTag(rest, rec)
		return
	}
	if rest, ok = rec.Stamp.stamp3164(b); ok {
		rec.Word = "syslog"
		hostAndTag(rest, rec)
		return
	}
	if len(b) > 0 && scan.IsDigit(b[0]) {
		if rest, ok = rec.Stamp.stampISO(b); ok && isDmesgISO(b) {
			rec.Body, rec.Word, rec.dmesg = scan.TrimLeft(rest), "other", true
			return
		}
		if ok && wrappedISO(rest, rec) {
			return
		}
		if ok && len(rest) > 0 && rest[0] == ':' {
			rec.Body = scan.TrimLeft(rest[1:])
			return
		}
		if ok {
			rec.Word = "syslog"
			hostAndTag(rest, rec)
			return
		}
	}
	oddHeader(b, hasPri, rec)
}

// priority reads <PRI>, 0 to 191.
func priority(b []byte, rec *Record) (rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '<' {
		return b, false
	}
	n, i := 0, 1
	for i < len(b) && i < 4 && scan.IsDigit(b[i]) {
		n = n*10 + int(b[i]-'0')
		i++
	}
	if i == 1 || n > 191 || i == len(b) || b[i] != '>' {
		return b, false
	}
	rec.Pri = n
	return b[i+1:], true
}

// isDmesgISO reports whether b begins with the stamp of `dmesg --time-format iso`, which alone puts a comma before the
// fraction; no host and no tag follow it.
func isDmesgISO(b []byte) bool { return len(b) > 19 && b[10] == 'T' && b[19] == ',' }

// hostAndTag reads "host tag[pid]: message" in which each part may be missing.
func hostAndTag(b []byte, rec *Record) {
	b = bytes.TrimPrefix(scan.TrimLeft(b), []byte(": ")) // ASA without a host: "Nov 02 2025 00:00:00 : %ASA-…"
	if isRepeat(b) || stampAhead(b) || len(b) > 2 && b[0] == '1' && b[1] == ' ' && rfc5424Like(b) {
		rec.Body = b
		return
	}
	w, rest := scan.Word(b)
	if len(w) > 7 && scan.IsDigit(w[0]) && dateAhead(b, w, rec) {
		return
	}
	if isYear(w) { // rsyslog leaves the year of "May 22 17:24:09 2026 gw" behind its own stamp
		b = scan.TrimLeft(rest)
		w, rest = scan.Word(b)
	}
	if len(w) > 1 && w[len(w)-1] == ':' && isRepeat(scan.TrimLeft(rest)) && !isDaemon(w[:len(w)-1]) {
		// "avas: last message repeated …": syslogd names the host only
		rec.Host, rec.Body, rec.hostOnly = w[:len(w)-1], scan.TrimLeft(rest), true
		return
	}
	if tag(b, w, rest, rec) || isLevel(w) && behindLevel(w, rest, rec) {
		return
	}
	if len(w) >= 16 {
		if name := unifiDevice(w); name != nil {
			w = name
		}
	}
	if !isHost(w) || isTableRow(w, rest) {
		rec.Body = b
		return
	}
	if !isNil(w) {
		rec.Host = bytes.TrimSuffix(w, []byte(":"))
	}
	behindHost(scan.TrimLeft(rest), rec)
}

// behindHost reads "tag[pid]: message" behind a host, and what some devices put between the two.
func behindHost(b []byte, rec *Record) {
	w, rest := scan.Word(b)
	if n := len(w); n > 2 && w[n-1] == ':' && !isRepeat(b) && tag(b, w, rest, rec) { // nearly all lines
		if isNil(rec.PID) {
			doubled(rec)
		}
		return
	}
	if string(w) == ":" || isNil(w) {
		b = scan.TrimLeft(rest) // "asa-fw : %ASA-…"
		w, rest = scan.Word(b)
	}
	if isLevel(w) {
		b = scan.TrimLeft(rest)
		w, rest = scan.Word(b)
	}
	if len(w) >= 16 && unifiDevice(w) != nil {
		b = scan.TrimLeft(rest)
		w, rest = scan.Word(b)
	}
	if isRepeat(b) || !tag(b, w, rest, rec) {
		rec.Body = b
		tagWithoutColon(w, rest, rec)
		return
	}
	if isNil(rec.PID) {
		doubled(rec)
	}
}

// isTableRow reports whether w, with what follows, begins a row of the kernel's table of connections, and is no host.
func isTableRow(w, rest []byte) bool {
	switch string(w) {
	case "tcp", "udp", "icmp", "icmpv6", "gre", "sctp", "dccp", "udplite", "unknown", "ipv4", "ipv6":
		rest = scan.TrimLeft(rest)
		return len(rest) > 0 && scan.IsDigit(rest[0]) && scan.Within(rest, "src=")
	}
	return false
}

// isYear reports whether w is a year of this century alone.
func isYear(w []byte) bool { return len(w) == 4 && w[0] == '2' && w[1] == '0' && scan.AllDigits(w) }

// behindLevel reads what stands behind a level, or behind facility and level: "kern.warn kernel: …" (OpenWrt's
// logread), "info kernel:…" (routers of Verizon), "daemon.info gw dnsmasq[12]: …". A level is no host. It is false for
// the severities in capitals that programs write in front of their messages.
func behindLevel(word, rest []byte, rec *Record) bool {
	b := scan.TrimLeft(rest)
	w, rest := scan.Word(b)
	if isRepeat(b) {
		rec.Body = b
		return true
	}
	if tag(b, w, rest, rec) {
		return true
	}
	if b2 := scan.TrimLeft(rest); isHost(w) && len(b2) > 0 {
		if w2, rest := scan.Word(b2); tag(b2, w2, rest, rec) {
			rec.Host = w
			return true
		}
	}
	if scan.IsUpper(word[0]) {
		return false
	}
	rec.Body = b
	tagWithoutColon(w, rest, rec)
	return true
}

// isLevel knows the words of syslog's levels, alone and behind a facility.
func isLevel(w []byte) bool {
	return len(w) > 2 && levelEnds>>(w[len(w)-1]&31)&1 != 0 && (levelWord(w) || isFacility(w))
}

// levelEnds has a bit for each letter that ends the word of a level: the last of emerg, alert, crit, err, warn, notice,
// info, debug, emergency, panic, critical and fatal. Most words of a line end otherwise.
const levelEnds = 1<<('g'&31) | 1<<('t'&31) | 1<<('r'&31) | 1<<('n'&31) | 1<<('e'&31) | 1<<('o'&31) | 1<<('y'&31) |
	1<<('c'&31) | 1<<('l'&31)

// levelStarts has a bit for each letter that begins the word of a level.
const levelStarts = 1<<('e'&31) | 1<<('a'&31) | 1<<('c'&31) | 1<<('w'&31) | 1<<('n'&31) | 1<<('i'&31) | 1<<('d'&31) |
	1<<('p'&31) | 1<<('f'&31)

// levelWord knows the words of syslog's levels, in any case.
func levelWord(w []byte) bool {
	var buf [9]byte
	if len(w) < 3 || len(w) > len(buf) || levelStarts>>(w[0]&31)&1 == 0 || levelEnds>>(w[len(w)-1]&31)&1 == 0 {
		return false
	}
	for i, c := range w {
		if !scan.IsLetter(c) {
			return false
		}
		buf[i] = c | 0x20
	}
	switch low := buf[:len(w)]; string(low) {
	case "emergency", "panic", "critical", "fatal":
		return true
	default:
		return level(low)
	}
}

// unifiDevice is the MAC address in the word by which UniFi's access points and switches call themselves, with model
// and firmware: "U7LR,788a20000001,v3.9.27.8537:", ("U7LT,18e829000001,v3.9.42.9152"),
// "18e829000001,UAP-AC-Pro-Gen2-4.3.20+11298:". It is nil for any other word.
func unifiDevice(w []byte) []byte {
	if len(w) < 16 || len(w) > 80 || w[0] == '%' || bytes.IndexByte(w, ',') < 0 || bytes.Count(w, []byte(",")) > 2 {
		return nil
	}
	w = bytes.Trim(w, `(")`)
	for len(w) > 0 {
		var part []byte
		part, w = scan.CutByte(bytes.TrimSuffix(w, []byte(":")), ',')
		hex := 0
		for hex < len(part) && scan.HexDigit(part[hex]) < 16 {
			hex++
		}
		if hex == 12 && len(part) == 12 {
			return part
		}
	}
	return nil
}

// doubled reads the tag behind the device's name where that stands as a tag of its own, without a number: "UDM-SE
// UDM-SE[-]:  sshd[2559]: …" (UniFi OS).
func doubled(rec *Record) {
	rec.PID = nil
	w, rest := scan.Word(rec.Body)
	tag(rec.Body, w, rest, rec)
}

// tagWithoutColon takes "sudo[123]" for a tag: nothing else has a number in brackets behind a name.
func tagWithoutColon(w, rest []byte, rec *Record) {
	n := len(w)
	open := bytes.IndexByte(w, '[')
	if open < 1 || n > 64 || w[n-1] != ']' || !scan.IsLetter(w[0]) || yamahaInterface(w) { // TUNNEL[1] Rejected at …
		return
	}
	if _, ok := scan.Number(w[open+1 : n-1]); !ok {
		return
	}
	rec.App, rec.PID, rec.Body = w[:open], w[open+1:n-1], scan.TrimLeft(rest)
}

// isDaemon reports whether b is the tag of a program that writes of repeated lines under its own name.
func isDaemon(b []byte) bool {
	switch string(b) {
	case "kernel", "syslogd", "rsyslogd", "klogd", "syslog-ng", "syslog", "last":
		return true
	}
	return false
}

func isNil(w []byte) bool { return len(w) == 1 && w[0] == '-' }

// tag takes w, the first word of b, as "name:" or "name[pid]:", if it is one.
func tag(b, w, rest []byte, rec *Record) bool {
	n := len(w)
	if n > len("kernel:") && scan.Has(w, "kernel:") {
		rec.App, rec.Body, rec.tagged = w[:len("kernel")], b[len("kernel:"):], b // "kernel:[FW] …"
		return true
	}
	if n < 2 || n > 64 || w[n-1] != ':' || w[0] == '%' || w[0] == '[' || w[0] == '"' || w[0] == '{' ||
		w[0] == '<' || w[0] == '(' && !scan.Within(w, ")[") { // "(squid-1)[12]:", of a child that has no name yet
		return false
	}
	name := w[:n-1]
	if scan.IsDigit(name[0]) {
		if _, ok := scan.Number(name); ok {
			return false // a sequence number
		}
	}
	if name[len(name)-1] == ']' {
		open := bytes.IndexByte(name, '[')
		if open < 1 {
			return false
		}
		rec.PID, name = name[open+1:len(name)-1], name[:open]
	}
	if !isName(name) {
		rec.PID = nil
		return false
	}
	rec.App, rec.Body, rec.tagged = name, scan.TrimLeft(rest), b
	if rec.Body == nil {
		rec.Body = b[len(b):]
	}
	return true
}

// isName reports whether b may be a program's name: no key, no list, no address.
func isName(b []byte) bool {
	for _, c := range b {
		if c == '=' || c == ',' {
			return false
		}
	}
	return !scan.IsDigit(b[0]) || !looksLikeAddr(b)
}

func looksLikeAddr(b []byte) bool {
	_, ok := scan.Addr4(b)
	return ok
}

// isHost reports whether w may be a host name or an address.
func isHost(w []byte) bool {
	if len(w) == 0 || len(w) > 255 || w[len(w)-1] == ':' && !looksLikeAddr(w[:len(w)-1]) {
		return false
	}
	for _, c := range w {
		if !inHost[c] {
			return false
		}
	}
	return true
}

// inHost has the bytes that names, addresses and chains of hosts consist of.
var inHost = func() (set [256]bool) {
	for i := range set {
		c := byte(i)
		set[i] = scan.IsLetter(c) || scan.IsDigit(c) || c >= 0x80 || in("-./:_@", c)
	}
	return set
}()

// isFacility reports whether w is facility and level as OpenWrt's logread prints them: "kern.warn".
func isFacility(w []byte) bool {
	if len(w) < 7 || len(w) > 16 || !scan.IsLetter(w[0]) { // lpr.err, authpriv.warning
		return false
	}
	i := bytes.IndexByte(w, '.')
	if i < 3 {
		return false
	}
	return facility(w[:i]) && level(w[i+1:])
}

func facility(b []byte) bool {
	switch string(b) {
	case "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "local0",
		"local1", "local2", "local3", "local4", "local5", "local6", "local7":
		return true
	}
	return false
}

func level(b []byte) bool {
	switch string(b) {
	case "emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug":
		return true
	}
	return false
}

// bareTag reads a message without a syslog stamp. Only "kernel:", "host kernel:", "dnsmasq:" and a tag with a pid are
// taken as tags here: "nf_conntrack: table full" is all message.
func bareTag(b []byte, rec *Record) {
	rec.Body = b
	w, rest := scan.Word(b)
	if string(w) == "kernel:" || bytes.HasPrefix(w, []byte("dnsmasq")) ||
		bytes.HasSuffix(w, []byte("]:")) && len(w) > 0 && w[0] != '[' {
		tag(b, w, rest, rec)
		return
	}
	if rest = scan.TrimLeft(rest); scan.Has(rest, "kernel:") && isHost(w) {
		if w2, rest2 := scan.Word(rest); len(w2) == len("kernel:") {
			rec.Host = w
			tag(rest, w2, rest2, rec)
		}
	} else if rec.Stamp.HasUptime && len(rest) > 0 && scan.IsLetter(rest[0]) && isHost(w) {
		// journalctl -o short-monotonic
		w2, rest2 := scan.Word(rest)
		if n := len(w2); n > 4 && w2[n-1] == ':' && w2[n-2] == ']' && scan.IsDigit(w2[n-3]) &&
			tag(rest, w2, rest2, rec) {
			rec.Host = w
		}
	}
}

// uptimePrefix reads the [uptime] that the kernel may put in front of its message.
func uptimePrefix(rec *Record) {
	b := rec.Body
	if len(b) < 5 || b[0] != '[' || rec.Stamp.HasUptime || !scan.IsDigit(b[1]) && b[1] != ' ' {
		return
	}
	s := rec.Stamp
	rest, ok := s.seconds(b[1:])
	if !ok {
		return
	}
	if s.HasUnix != rec.Stamp.HasUnix { // `conntrack -E -o timestamp | logger`: the inner stamp is the event's own
		if kind, _, ok := eventWord(scan.TrimLeft(rest)); !ok || kind == Entry {
			return
		}
	}
	rec.Stamp, rec.Body = s, callerID(scan.TrimLeft(rest))
}

// callerID skips the "[T14021]" or "[    C0]" of CONFIG_PRINTK_CALLER.
func callerID(b []byte) []byte {
	if len(b) < 4 || b[0] != '[' {
		return b
	}
	in := scan.TrimLeft(b[1:min(len(b), 12)])
	if len(in) < 3 || in[0] != 'T' && in[0] != 'C' {
		return b
	}
	_, rest, ok := scan.Leading(in[1:])
	if !ok || len(rest) == 0 || rest[0] != ']' {
		return b
	}
	return scan.TrimLeft(b[bytes.IndexByte(b, ']')+1:])
}
