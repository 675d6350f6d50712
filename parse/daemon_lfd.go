package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// lfdDialect describes the log of lfd, the login failure daemon of ConfigServer Firewall: which address it blocked, and
// why.
func lfdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "lfd",
			Devices: "ConfigServer Firewall (csf), lfd",
			Sample:  "May 15 05:23:59 cp lfd[28641]: *Port Scan* detected from 203.0.113.5 (US/United States/-). 11 hits in the last 100 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]",
			Reads: "who was blocked and for which trigger; CT_LIMIT is a connection limit that was exceeded, " +
				"with the number of connections",
			Enable: `csf writes /var/log/lfd.log by itself; CT_LIMIT = "300" in /etc/csf/csf.conf switches the ` +
				"connection limit on.",
			Source: "csf readme.txt",
		},
		tags: []string{"lfd"},
		read: lfd,
	}
}

// lfd reads the login failure daemon of ConfigServer Firewall (csf): who was blocked, and for what.
//
//	(sshd) Failed SSH login from 93.108.242.140 (PT/Portugal/…): 5 in the last 300 secs - *Blocked in csf* [LF_SSHD]
//	*Port Scan* detected from 203.0.113.5 (US/…). 11 hits in the last 100 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]
//	(CT) IP 203.0.113.5 (…) found to have 301 connections - *Blocked in csf* for 1800 secs [CT_LIMIT]
//
// A block is no session, so its Kind is System; a full connection limit (CT_LIMIT) is one.
func lfd(b []byte, rec *Record) bool {
	rec.Dialect, rec.Kind, rec.Word = "lfd", System, "other"
	for w, rest := scan.Word(b); len(w) > 0; w, rest = scan.Word(rest) {
		if a := scan.Addr(bytes.Trim(w, "()[],.:")); a.IsValid() {
			rec.Src = a
			break
		}
	}
	if i := bytes.LastIndexByte(b, '['); i >= 0 && b[len(b)-1] == ']' {
		rec.Rule = b[i+1 : len(b)-1]
		rec.detail = rec.Rule
	}
	if bytes.Contains(b, []byte("locked in csf*")) {
		rec.Action = "deny"
	}
	if string(rec.Rule) == "CT_LIMIT" {
		rec.Kind, rec.Word = TableFull, "session-limit"
		w, _ := scan.Word(scan.After(b, "found to have "))
		rec.Count = scan.Number32(w)
	}
	return true
}
