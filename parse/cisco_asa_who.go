package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// asaAssigned reads which inside address the VPN gave to a user: "Group <g> User <u> IP <192.0.2.5> IPv4 Address
// <192.168.50.5> IPv6 address <::> assigned to session" (722051) and "IPAA: Client assigned 192.168.50.5 from local
// pool" (737026). Detail is the user.
func asaAssigned(b []byte, rec *Record) bool {
	given := scan.Until(scan.After(b, "IPv4 Address <"), ">")
	if given == nil {
		given, _ = scan.Word(scan.After(b, "lient assigned "))
	}
	rec.plain(nil)
	if rec.Src = scan.Addr(given); !rec.Src.IsValid() || rec.Src.IsUnspecified() {
		rec.Src = scan.Addr(scan.Until(scan.After(b, "IPv6 address <"), ">"))
	}
	if !rec.Src.IsValid() || rec.Src.IsUnspecified() {
		rec.Src = scan.Addr(nil)
		return true
	}
	rec.detail = scan.Until(scan.After(b, "User <"), ">")
	return mark(rec, DHCPLease, "dhcp")
}

// asaWho finds the addresses in a message that opens and refuses no connection: logins, VPN, AAA, offloaded flows, web
// pages. The message stays System; a login that is denied has Action deny.
func asaWho(code int, b []byte, rec *Record) {
	switch code {
	case 805001, 805002, 507003, 607001, 109005, 109006, 109007, 109008, 605004, 605005: // … from A to B, … for A to B
		r := scan.After(b, " from ")
		if code == 607001 {
			r = scan.After(b, " for ")
		}
		from, r := readEndpoint(r)
		to, _ := readEndpoint(scan.After(r, "to "))
		if !from.ok || !to.ok {
			return
		}
		ciscoFill(from, to, rec)
		tidyNAT(&rec.Event)
		rec.Proto = firstProtocol(b[:min(len(b), 64)])
		if code == 605004 || code == 109006 || code == 109008 {
			rec.Action = "deny"
		}
		return
	case 304001: // user@192.168.1.20 Accessed JAVA URL 198.51.100.7:http://…
		w, r := scan.Word(b)
		rec.Src = scan.Addr(w[bytes.LastIndexByte(w, '@')+1:])
		w, _ = scan.Word(scan.After(r, "URL "))
		if i := bytes.Index(w, []byte(":http")); i > 0 {
			rec.Dst = scan.Addr(w[bytes.LastIndexByte(w[:i], '@')+1 : i])
		}
		return
	case 609001, 609002: // Built local-host inside:192.168.1.20
		e, _ := readEndpoint(scan.After(b, "local-host "))
		rec.Src, rec.InIf = e.addr, e.intf
		return
	case 602303, 602304: // … between A and B (user= …
		w, r := scan.Word(scan.After(b, "between "))
		rec.Src = scan.Addr(w)
		w, _ = scan.Word(scan.After(r, "and "))
		rec.Dst = scan.Addr(w)
		return
	}
	switch code / 1000 {
	case 109, 111, 113, 611, 713, 714, 715, 716, 717, 720, 721, 722, 725, 733, 734, 737, 746, 750, 751, 752:
		asaPeer(b, rec)
	}
}

// asaPeer finds the address of the user or the peer that a message of the VPN, of AAA or of the command line names.
func asaPeer(b []byte, rec *Record) {
	for _, front := range [...]string{"user IP = ", " IP = ", "IP = ", "IP <", "IP address: ", " from IP ", " IP ",
		"Remote:",
		"client ", "peer "} {
		r := scan.After(b, front)
		if r == nil {
			continue
		}
		w, _ := scan.Word(r)
		w = bytes.Trim(scan.Until(w, ">,;)"), "'<.")
		if rec.Src = scan.Addr(w); rec.Src.IsValid() {
			return
		}
		e, _ := readEndpoint(w)
		if rec.Src, rec.SPort = e.addr, e.port; rec.Src.IsValid() {
			return
		}
		if rec.Src, rec.SPort = scan.HostPort(w, ':'); rec.Src.IsValid() {
			return
		}
	}
	rec.SPort = 0
}
