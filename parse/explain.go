package parse

import "strings"

// Explain says in one line of English how rec was read from its line: header, dialect and what gave it away. It is
// what `uncloak parse --explain` prints.
func Explain(line []byte, rec *Record) string {
	why := "no dialect knows the message"
	switch rec.Dialect {
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
