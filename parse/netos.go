package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// netosDialect describes what routers and switches of several vendors (Junos, NetIron, SONiC) log of their links and
// daemons.
func netosDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "netos",
			Devices: "Junos daemons, Brocade/Ruckus NetIron, SONiC",
			Sample:  "<14>Nov  6 13:36:28 HOSTNAME System: Interface ethernet 3/8, state down - remote fault",
			Reads: "Interfaces that come up or go down; the other messages of the daemons of Junos and SONiC by " +
				"name.",
			Enable: "Junos: set system syslog host 192.0.2.5 any info. NetIron: logging host 192.0.2.5.",
			Source: "Junos OS System Log Messages; napalm-logs profiles (junos, netiron, sonic); sonic-swss, " +
				"orchagent/portsorch.cpp",
		},
		known: "an interface's state, or a message name of a Junos daemon",
		tags: []string{"rpd", "mgd", "mib2d", "snmpd", "chassisd", "craftd", "alarmd", "jlaunchd", "dcd", "eswd",
			"l2ald",
			"cosd", "dfwd", "rmopd", "lacpd", "bfdd", "ppmd", "kmd", "jsrpd", "jcs", "cscript",
			"license-check", "init", "nsd", "idpd", "utmd", "authd", "dfcd", "spd", "PERF_MON"},
		begins: []string{":- ", "Interface "},
		read:   netos,
	}
}

// netos reads what routers and switches without a mnemonic of their own say of their links, and knows the daemons of
// Junos by name, so that their chatter is not counted as unknown: "mib2d[2300]: SNMP_TRAP_LINK_DOWN: … ifName
// ge-0/0/1", NetIron's "System: Interface ethernet 3/8, state down - remote fault", SONiC's "setHostIntfsOperStatus:
// Set operation status UP to host interface Ethernet28".
func netos(b []byte, rec *Record) bool {
	var name []byte
	switch {
	case b[0] == ':' && bytes.HasPrefix(b, []byte(":- setHostIntfsOperStatus: ")):
		state, _ := scan.Word(scan.After(b, "status "))
		name, _ = scan.Word(scan.After(b, "host interface "))
		rec.link(string(state) == "UP")
	case b[0] == ':' && bytes.HasPrefix(b, []byte(":- updatePortOperStatus: Port ")):
		name, _ = scan.Word(b[len(":- updatePortOperStatus: Port "):])
		state := scan.TrimBody(scan.After(b, " to "))
		if string(state) != "up" && string(state) != "down" {
			return false
		}
		rec.link(string(state) == "up")
	case b[0] == ':' && scan.Has(b, ":- ") && bytes.IndexByte(rec.App, '#') > 0: // SONiC's containers: swss#orchagent
		name = scan.Until(b[len(":- "):], ":")
		rec.plain(nil)
	case b[0] == 'I' && string(rec.App) == "System" && bytes.HasPrefix(b, []byte("Interface ")):
		name = scan.Until(b[len("Interface "):], ",")
		state := scan.After(b, ", state ")
		if !bytes.HasPrefix(state, []byte("up")) && !bytes.HasPrefix(state, []byte("down")) {
			return false
		}
		rec.link(state[0] == 'u')
	case scan.IsUpper(b[0]) && isJunosDaemon(rec.App):
		tag, rest := scan.Word(b)
		if n := len(tag); n < 5 || tag[n-1] != ':' || bytes.IndexByte(tag, '_') < 2 {
			return false
		}
		tag = tag[:len(tag)-1]
		name = tag
		if bytes.HasPrefix(tag, []byte("SNMP_TRAP_LINK_")) {
			name, _ = scan.Word(scan.After(rest, "ifName "))
			rec.link(bytes.HasSuffix(tag, []byte("UP")))
		} else {
			rec.plain(nil)
		}
	default:
		return false
	}
	if rec.Kind == Link {
		rec.InIf = name
	}
	rec.Dialect, rec.detail = "netos", name
	return len(name) > 0
}

// isJunosDaemon reports whether app is a daemon that logs with a message name (Junos OS System Log Messages).
func isJunosDaemon(app []byte) bool {
	switch string(app) {
	case "rpd", "mgd", "mib2d", "snmpd", "chassisd", "craftd", "alarmd", "jlaunchd", "dcd", "eswd", "l2ald", "cosd",
		"dfwd", "rmopd", "lacpd", "bfdd", "ppmd", "kmd", "jsrpd", "jcs", "cscript", "license-check", "init", "nsd",
		"idpd",
		"utmd", "authd", "dfcd", "spd", "PERF_MON":
		return true
	}
	return false
}
