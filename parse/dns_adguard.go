package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// adguardText reads AdGuard Home's own log, of which only failed logins name anybody:
//
//	[error] POST 192.168.1.1 /control/login: from ip 192.168.1.3: invalid username or password
func adguardText(b []byte, rec *Record) bool {
	from := scan.After(b, "from ip ")
	if from == nil || !scan.Within(b, "/control/") {
		return false
	}
	w, _ := scan.Word(from)
	if rec.Src = scan.Addr(bytes.TrimRight(w, ":")); !rec.Src.IsValid() {
		return false
	}
	rec.Dialect = "adguard"
	return mark(rec, System, "other")
}
