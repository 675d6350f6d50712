package report

import (
	"strings"

	"uncloak/detect"
	"uncloak/parse"
)

// device names the command line of a router, by which advice offers commands that the router knows.
type device parse.Console

const (
	linuxBox = device(parse.LinuxShell) // also where the device is not known
	routerOS = device(parse.RouterOS)
	asa      = device(parse.ASA)
	otherBox = device(parse.OtherConsole) // known not to be a Linux that one can log in to
)

// deviceOf guesses the device from the dialect of the first line behind the finding.
func deviceOf(f *detect.Finding) device {
	if len(f.Evidence.Lines) == 0 {
		return linuxBox
	}
	var rec parse.Record
	parse.NewParser().Line([]byte(f.Evidence.Lines[0]), &rec)
	return device(parse.ConsoleOf(rec.Dialect))
}

// limitRule returns the command that allows a host n sessions at once. RouterOS: connection-limit is number,netmask;
// ASA: per-client-max under set connection of a policy map (CLI Book 2, Connection Settings).
func (d device) limitRule(l Language, host string, n int) string {
	v6 := strings.Contains(host, ":")
	switch d {
	case routerOS:
		menu, mask := "/ip", 32
		if v6 {
			menu, mask = "/ipv6", 128
		}
		return l.Say("%s firewall filter add chain=forward src-address=%s connection-state=new "+
			"connection-limit=%d,%d action=drop place-before=0 (older RouterOS wants protocol=tcp with it).", menu,
			host, n, mask)
	case asa:
		return l.Say("a class-map that matches an access-list with %s as the source, and for it in policy-map "+
			"global_policy: set connection per-client-max %d.", host, n)
	case otherBox:
		return l.Say("the manual of the device says how to limit the sessions of one source address (%s).", host)
	}
	return l.Say("nft insert rule inet filter forward %s saddr %s ct state new ct count over %d counter drop "+
		"(the table and chain may be called otherwise on yours).", family(host), host, n)
}

// blockRule returns the command that keeps a host from one port.
func (d device) blockRule(l Language, host, proto string, port int) string {
	v6 := strings.Contains(host, ":")
	switch d {
	case routerOS:
		menu := "/ip"
		if v6 {
			menu = "/ipv6"
		}
		return l.Say("%s firewall filter add chain=forward src-address=%s protocol=%s dst-port=%d action=drop "+
			"place-before=0.", menu, host, proto, port)
	case asa:
		return l.Say("access-list NAME line 1 extended deny %s host %s any eq %d, NAME being the list of the "+
			"inside interface.", proto, host, port)
	case otherBox:
		return l.Say("a rule for source %s, %s port %d, ahead of the one that lets it out.", host, proto, port)
	}
	return l.Say("nft insert rule inet filter forward %s saddr %s %s dport %d counter drop (the table and "+
		"chain may be called otherwise on yours).", family(host), host, proto, port)
}
