package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// loginDialect describes what the SSH servers OpenSSH and dropbear log for each login and each attempt.
func loginDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "login",
			Devices: "OpenSSH, dropbear",
			Sample:  "Jun 10 12:32:00 dropbear: Login succeeded for 'admin' from 192.0.2.20:51000",
			Reads:   "The address and the port from which somebody logged in or tried to.",
			Enable:  "Send auth.* and authpriv.* to uncloak.",
			Source:  "OpenSSH auth.c; dropbear src/svr-auth.c",
		},
		known: "tag sshd or dropbear, and an address behind from",
		tags:  []string{"sshd", "sshd-session", "dropbear"},
		read:  login,
	}
}

// login reads the user and the address of a login, or of an attempt: "Failed password for root from 192.0.2.1 port 22
// ssh2" (sshd), "Bad password attempt for 'root' from 192.0.2.1:5100" (dropbear).
func login(b []byte, rec *Record) bool {
	r := b
	switch i := bytes.LastIndex(b, []byte(" from ")); {
	case i >= 0:
		r = b[i+6:]
	case bytes.HasPrefix(b, []byte("Connection ")) || bytes.HasPrefix(b, []byte("Disconnected ")):
		if i = bytes.Index(b, []byte(" port ")); i < 0 {
			return false
		}
		r = scan.LastWord(b[:i])
		rec.SPort = scan.Port(scan.Until(b[i+6:], " "))
	default:
		return false
	}
	w, rest := scan.Word(r)
	w = bytes.Trim(w, "<>,;:")
	if rec.Src = scan.Addr(w); !rec.Src.IsValid() {
		if rec.Src, rec.SPort = scan.HostPort(w, ':'); !rec.Src.IsValid() {
			return false
		}
	}
	if at, ok := bytes.CutPrefix(rest, []byte("port ")); ok {
		rec.SPort = scan.Port(scan.Until(at, " :"))
	}
	rec.Dialect = "login"
	return mark(rec, System, "syslog")
}
