package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// paloaltoDialect describes the CSV log of Palo Alto Networks' firewalls (PAN-OS): traffic, threats, system messages.
func paloaltoDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "paloalto",
			Devices: "Palo Alto Networks PAN-OS 8 to 11",
			Sample:  "<14>Nov 30 16:09:08 PA-220 1,2018/11/30 16:09:07,012801096514,TRAFFIC,end,2049,2018/11/30 16:09:07,192.168.15.207,175.16.199.1,192.168.1.63,175.16.199.1,new_outbound_from_trust,,,apple-maps,vsys1,trust,untrust,ethernet1/2,ethernet1/1,send_to_mac,2018/11/30 16:09:07,22751,1,55113,443,16418,443,0x400053,tcp,allow,7734,1758,5976,36,2018/11/30 15:59:04,586,computer-and-internet-info,0,32091112,0x0,192.168.0.0-192.168.255.255,United States,0,16,20,tcp-fin,0,0,0,0,,PA-220,from-policy",
			Reads: "columns of TRAFFIC (start, end, drop, deny), THREAT and DECRYPTION with the NAT columns, bytes " +
				"and packets; addresses that GLOBALPROTECT gives, and whom USERID, AUTHENTICATION, HIPMATCH and " +
				"CONFIG name; SYSTEM for exhausted NAT pools, full session tables and links",
			Enable: "Device > Server Profiles > Syslog, then Objects > Log Forwarding with that profile, and " +
				"Log at Session Start and End in the rules.",
			Source: "PAN-OS Syslog Field Descriptions",
		},
		console: OtherConsole,
		number:  ",",
		looks:   looksPaloAlto,
		read:    paloalto,
	}
}

// paloalto reads the CSV lines of PAN-OS: TRAFFIC, THREAT and SYSTEM. The columns are those of the "Syslog Field
// Descriptions" of PAN-OS 8 to 11; the ones that are read have not moved since.
//
// A session that end logs has its bytes and packets; start, drop and deny say what their names say.
func paloalto(b []byte, rec *Record) bool {
	var c [37][]byte
	n := csvColumns(b, c[:])
	if n < 15 {
		return false
	}
	switch string(c[3]) {
	case "TRAFFIC":
		if n < 31 {
			return false
		}
		paloSession(&c, rec)
		paloTraffic(&c, n, rec)
	case "THREAT":
		if n < 31 {
			return false
		}
		paloSession(&c, rec)
		kind, action := verdict(c[30])
		rec.Word, rec.Kind, rec.Action = "session", System, action
		if kind == SessionDenied {
			rec.Kind = SessionDenied
		}
	case "SYSTEM":
		paloSystem(&c, rec)
	case "DECRYPTION", "TUNNEL":
		if n < 31 {
			return false
		}
		paloSession(&c, rec)
		rec.Word, rec.Kind = "session", System
	default:
		if !paloWho(&c, n, rec) {
			return false
		}
	}
	rec.Dialect = "paloalto"
	if s, ok := wallStamp(c[6]); ok {
		ownStamp(rec, &s)
	}
	return true
}

// paloWho reads the logs that name a machine or a user and no session. GLOBALPROTECT gives a client an address inside
// with gateway-config-succ, which is a lease as any other.
func paloWho(c *[37][]byte, n int, rec *Record) bool {
	rec.Kind, rec.Word, rec.detail = System, "other", c[4]
	at := 0
	switch string(c[3]) {
	case "GLOBALPROTECT": // …,vsys,event,stage,method,tunnel,user,region,machine,public,public v6,private,private v6
		at, rec.detail = 15, c[8]
		if private := scan.Addr(c[17]); n > 18 && private.IsValid() && !private.IsUnspecified() {
			rec.Src, at = private, 0
			if scan.Within(c[8], "config-succ") || string(c[8]) == "gateway-connected" {
				rec.Kind, rec.Word, rec.detail = DHCPLease, "dhcp", c[14]
			}
		}
	case "USERID", "AUTHENTICATION", "AUTH", "IPTAG": // …,vsys,address,…
		at = 8
	case "CONFIG": // …,address of the administrator,…
		at = 7
	case "HIPMATCH": // …,user,vsys,machine,system,address,…
		at = 11
	case "CORRELATION", "GTP", "SCTP":
	default:
		return false
	}
	if at > 0 && at < n {
		rec.Src = scan.Addr(c[at])
	}
	return true
}

// csvColumns cuts a line at its commas; a column in quotes may hold commas and doubled quotes. It returns how many
// columns there are, at most len(c).
func csvColumns(b []byte, c [][]byte) (n int) {
	for n < len(c) {
		if len(b) > 0 && b[0] == '"' {
			end := 1
			for end < len(b) {
				i := bytes.IndexByte(b[end:], '"')
				if i < 0 {
					end = len(b)
					break
				}
				end += i + 1
				if end < len(b) && b[end] == '"' {
					end++
					continue
				}
				break
			}
			c[n] = bytes.TrimSuffix(b[1:end], []byte(`"`))
			b = b[end:]
		} else {
			i := bytes.IndexByte(b, ',')
			if i < 0 {
				i = len(b)
			}
			c[n], b = b[:i], b[i:]
		}
		n++
		if len(b) > 0 && b[0] == ',' {
			b = b[1:]
			continue
		}
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			return n
		}
		b = b[i+1:]
	}
	return n
}

// paloSession reads the columns that TRAFFIC and THREAT share.
func paloSession(c *[37][]byte, rec *Record) {
	rec.Src, rec.Dst = scan.Addr(c[7]), scan.Addr(c[8])
	rec.NATSrc, rec.NATDst = scan.Addr(c[9]), scan.Addr(c[10])
	rec.Rule, rec.detail = c[11], c[11]
	rec.InIf, rec.OutIf = c[18], c[19]
	rec.SPort, rec.DPort = scan.Port(c[24]), scan.Port(c[25])
	rec.NATSPort, rec.NATDPort = scan.Port(c[26]), scan.Port(c[27])
	rec.Proto = protocol(c[29])
	tidyNAT(&rec.Event)
}

func paloTraffic(c *[37][]byte, n int, rec *Record) {
	rec.Word = "session"
	if n > 34 {
		rec.Bytes, _ = scan.Number(c[31])
		rec.Packets = scan.Number32(c[34])
	}
	if n > 36 {
		rec.lastedSeconds(c[36]) // elapsed time
	}
	switch string(c[4]) {
	case "start":
		rec.Kind, rec.Action = SessionNew, "session-create"
	case "end", "":
		rec.Kind, rec.Action = SessionEnd, "session-delete"
		if n > 33 && string(c[33]) == "0" && rec.Bytes > 0 {
			rec.State = Unreplied
		}
	case "drop", "deny":
		rec.Kind, rec.Action = SessionDenied, "deny"
	default:
		rec.Kind = System
	}
	if kind, action := verdict(c[30]); kind == SessionDenied {
		rec.Kind, rec.Action = kind, action // a session that end logs may have been refused in its course
	}
}

// paloSystem reads "…,SYSTEM,nat,…,eventid,object,…,module,severity,description".
func paloSystem(c *[37][]byte, rec *Record) {
	rec.Kind, rec.Word, rec.detail = System, "other", c[8]
	text := c[14]
	switch {
	case scan.ContainsLower(text, "nat") &&
		(scan.ContainsLower(text, "exhaust") || scan.ContainsLower(text, "allocation failed") ||
			scan.ContainsLower(text, "oversubscri")):
		rec.Kind, rec.Word, rec.detail = TableFull, "nat-exhausted", text
	case scan.ContainsLower(text, "session table") &&
		(scan.ContainsLower(text, "full") || scan.ContainsLower(text, "exhaust") ||
			scan.ContainsLower(text, "reached")):
		rec.Kind, rec.Word, rec.detail = TableFull, "session-limit", text
	case scan.Has(c[8], "session-table-full"):
		rec.Kind, rec.Word, rec.detail = TableFull, "session-limit", c[8]
	case scan.ContainsLower(text, "link is up"), scan.ContainsLower(text, "link up"),
		bytes.HasSuffix(text, []byte(": Up")),
		bytes.HasPrefix(text, []byte("Port ")) && scan.ContainsLower(text, ": up "):
		rec.Kind, rec.Word, rec.detail = Link, "link-up", c[9]
	case scan.ContainsLower(text, "link is down"), scan.ContainsLower(text, "link down"),
		bytes.HasSuffix(text, []byte(": Down")),
		bytes.HasPrefix(text, []byte("Port ")) && scan.ContainsLower(text, ": down "):
		rec.Kind, rec.Word, rec.detail = Link, "link-down", c[9]
	case string(c[4]) == "dhcp":
		rec.Word = "dhcp"
	}
}

// looksPaloAlto reports whether b begins with a number, a comma and a date, of which a relay may have left the year
// (rsyslog ends a program's name at the first slash).
func looksPaloAlto(b []byte, _ *Record) bool {
	i := leadingDigits(b)
	return len(b) > i+6 && b[i] == ',' && (b[i+5] == '/' || b[i+5] == ' ')
}
