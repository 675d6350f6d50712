package parse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Explain says in one line of English how rec was read from its line: header, dialect and what gave it away. It is
// what `uncloak parse --explain` prints.
func Explain(line []byte, rec *Record) string {
	why := "no dialect knows the message"
	switch rec.Dialect {
	case "daemon":
		why = "the tag is a daemon's that speaks of no session"
	case "netfilter":
		why = "IN=/OUT= followed by fields, SRC= and DST= are addresses"
	case "conntrack":
		why = "protocol, then src= and dst= tuples"
	case "ulogd":
		why = "[EVENT] ORIG: … REPLY: tuples"
	case "kernel":
		why = "a known kernel message (" + rec.Word + ")"
	case "dnsmasq":
		why = "tag dnsmasq and one of its sentences"
	case "mikrotik":
		why = "chain: in:… out:…, proto …, address->address"
	case "cisco":
		why = "%ASA-, %PIX- or %FTD- with a known message number"
	case "cisco-ios", "cisco-cgn":
		why = "%FACILITY-SEVERITY-MNEMONIC, or a CGN record in brackets"
	case "junos", "junos-services":
		why = "a message name of Junos (RT_…, APPTRACK_…, ASP_…, JSERVICES_…)"
	case "netscreen":
		why = "NetScreen device_id="
	case "huawei":
		why = "%%, a version and MODULE/severity/NAME, or a NAT record of Huawei or H3C"
	case "netos":
		why = "an interface's state, or a message name of a Junos daemon"
	case "syslog":
		why = "a log daemon's note about repeated or lost lines"
	case "login":
		why = "tag sshd or dropbear, and an address behind from"
	case "link":
		why = "the tag of a daemon that watches links, and one of its sentences"
	case "journal":
		why = "a field of journalctl -o export, or a note between the lines"
	default:
		for _, f := range formatsB() {
			if f.Name == rec.Dialect {
				why = f.Reads
			}
		}
	}
	for _, w := range [...]string{whyC(rec.Dialect), whyE(rec.Dialect)} {
		if w != "" {
			why = w
		}
	}
	dialect := rec.Dialect
	if dialect == "" {
		dialect = "none"
	}
	return "dialect " + dialect + ": " + why + "; header: " + explainHeader(line, rec)
}

// explainHeader lists what the header gave.
func explainHeader(line []byte, rec *Record) string {
	var parts []string
	add := func(is bool, s string) {
		if is {
			parts = append(parts, s)
		}
	}
	s := &rec.Stamp
	add(len(line) > 0 && line[0] == '{', "journal JSON")
	add(rec.Pri >= 0, "priority")
	add(s.HasUnix, "Unix stamp")
	add(s.HasClock && s.Year == 0, "stamp without a year")
	add(s.HasClock && s.Year != 0 && !s.HasZone, "stamp without a zone")
	add(s.HasClock && s.Year != 0 && s.HasZone, "full stamp")
	add(s.HasUptime, "uptime")
	add(len(rec.Host) > 0, "host")
	add(len(rec.App) > 0, "tag")
	add(rec.Relay != nil || rec.RelayStamp != Stamp{}, "relay's header around it")
	add(rec.Word == "malformed", "grammar broken")
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// maxUnread bounds what Unread lists.
const maxUnread = 12

// Unread is what the record does not hold of its message, as far as it looks like data: words with a digit or an equals sign
// whose values none of the keys of AppendJSON has. At most maxUnread words; `uncloak parse --explain` lists them.
func Unread(rec *Record) (out []string) {
	if rec.Dialect == "" {
		return nil
	}
	var keys map[string]any
	dec := json.NewDecoder(bytes.NewReader(AppendJSON(nil, rec)))
	dec.UseNumber()
	if dec.Decode(&keys) != nil {
		return nil
	}
	read := map[string]bool{}
	for _, v := range keys {
		read[strings.ToLower(strings.Trim(fmt.Sprint(v), "[]"))] = true
	}
	body := rec.Body[:min(len(rec.Body), 4096)]
	for _, word := range strings.FieldsFunc(string(body), func(r rune) bool { return r <= ' ' || strings.ContainsRune(`,;"()[]{}<>|`, r) }) {
		word = strings.Trim(word, ".:-%")
		if !strings.ContainsAny(word, "=0123456789") || isRead(word, read) {
			continue
		}
		if len(out) == maxUnread {
			return append(out, "…")
		}
		out = append(out, word)
	}
	return out
}

// isRead says whether the value of a word, or each of the parts of one like 192.0.2.7:39660/80, is known.
func isRead(word string, read map[string]bool) bool {
	word = strings.ToLower(word)
	if _, v, ok := strings.Cut(word, "="); ok {
		if v == "" {
			return true
		}
		word = v
	}
	if read[word] {
		return true
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(":/>-", r) })
	for _, p := range parts {
		if !read[p] && strings.ContainsAny(p, "0123456789") {
			return false
		}
	}
	return len(parts) > 1
}

// whyC says what gave a line of this family away; see Explain.
func whyC(dialect string) string {
	switch dialect {
	case "pf":
		return "tag filterlog and its comma separated fields, or pflog's rule N/(reason) action dir on interface"
	case "ipfw":
		return "ipfw: rule, verdict, protocol and two addresses, or the kernel's note about a connection in vain"
	case "conntrack-xml":
		return "a <flow> element with two tuples"
	case "ulogd-json":
		return "a JSON object with ulogd's keys"
	case "unbound", "bind", "nsd", "knot", "powerdns", "dhcpd", "kea", "udhcpd":
		return "tag or first words of " + dialect
	case "adguard", "technitium", "pihole", "windows-dhcp":
		return "the shape of a line in the log file of " + dialect
	case "tcpdump", "tshark", "ping", "traceroute", "mtr":
		return "a line as " + dialect + " prints it"
	}
	return ""
}

// whyE says what gave a dialect of formatsE away.
func whyE(dialect string) string {
	switch dialect {
	case "windows-dns":
		return "PACKET behind a stamp and a thread's number, and labels with their lengths"
	case "coredns":
		return "a client, a number, and the question in quotes"
	case "nft-trace":
		return "trace id, then packet, rule, verdict or policy"
	case "odhcpd":
		return "tag odhcpd"
	case "efficientip":
		return "tag named, and a sentence of DNS Guardian"
	case "nat-syslog":
		return "SADD, SDEL, APMADD or APMDEL as message name, and ISADDR= … XSADDR="
	case "nflog-xml":
		return "a <log> element with a packet in hexadecimal"
	case "oomd":
		return "tag systemd-oomd, earlyoom or systemd, and what they say of a kill"
	}
	return ""
}
