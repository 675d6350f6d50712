package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// fritzboxDialect describes the event log of AVM's FRITZ!Box, as it is copied from its pages or saved from them.
func fritzboxDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "fritzbox",
			Devices: "AVM FRITZ!Box",
			Sample: "21.11.26 10:00:00 Internetverbindung wurde erfolgreich hergestellt. IP-Adresse: 203.0.113.5, " +
				"DNS-Server: 192.0.2.53 und 192.0.2.54, Gateway: 192.0.2.1, Breitband-PoP: bras1",
			Reads: "The line to the internet that comes and goes; which MAC address the machine on the radio has " +
				"that logs on. German and English.",
			Enable: "System > Event Log, copied or saved. The FRITZ!Box sends no syslog.",
			Source: "Event log of FRITZ!OS 5 to 8, as tools that read it have it in their tests",
		},
		known:   "a date with points and a clock, and one of FRITZ!OS's sentences",
		console: OtherConsole,
		number:  ".",
		looks:   looksFritzbox,
		kind:    file,
		read:    fritzbox,
	}
}

// fritzboxDate returns the stamp in front of b, "21.11.26 10:00:00" or with four digits of year, and what is behind it.
func fritzboxDate(b []byte) (s Stamp, rest []byte, ok bool) {
	if len(b) < 20 || b[2] != '.' || b[5] != '.' {
		return s, b, false
	}
	day, rest, ok1 := scan.Leading(b)
	mon, rest, ok2 := scan.Leading(rest[1:])
	if !ok1 || !ok2 || len(rest) < 12 || rest[0] != '.' {
		return s, b, false
	}
	y, rest, ok3 := scan.Leading(rest[1:])
	if y < 100 {
		y += 2000
	}
	if !ok3 || len(rest) < 9 || rest[0] != ' ' || y < 1990 || y > 2199 || day < 1 || day > 31 || mon < 1 || mon > 12 {
		return s, b, false
	}
	if rest, ok = s.clock(rest[1:]); !ok {
		return Stamp{}, b, false
	}
	s.Year, s.Month, s.Day = int16(y), uint8(mon), uint8(day)
	return s, scan.TrimLeft(rest), true
}

// fritzboxWords holds the words that messages of the event log begin with.
var fritzboxWords = [...]string{"Internet", "WLAN-", "DSL", "PPPoE", "Die ", "Anmeldung ", "Das WLAN", "FRITZ", "IPv6-",
	"Dynamic DNS", "DynDNS", "Wireless ", "Wi-Fi ", "Mesh", "Zeitüberschreitung", "USB-", "Mobilfunk", "Glasfaser",
	"Ethernet", "Es ", "The "}

// looksFritzbox reports whether b has the stamp, and begins with one of the words.
func looksFritzbox(b []byte, _ *Record) bool {
	_, rest, ok := fritzboxDate(b)
	if !ok {
		return false
	}
	for _, w := range fritzboxWords {
		if scan.Has(rest, w) {
			return true
		}
	}
	return false
}

// fritzbox reads a message of the event log.
func fritzbox(b []byte, rec *Record) bool {
	s, b, ok := fritzboxDate(b)
	if !ok {
		return false
	}
	ownStamp(rec, &s)
	rec.Dialect = "fritzbox"
	switch {
	case scan.Has(b, "Internetverbindung") && !scan.Within(b, "(Telefonie)"), scan.Has(b, "Internet connection"):
		up := scan.Within(b, "erfolgreich hergestellt") || scan.Within(b, "established")
		if up || scan.Within(b, "getrennt") || scan.Within(b, "cleared") {
			rec.link(up)
			rec.detail = rec.keep("internet")
			return true
		}
	case scan.Within(b, "angemeldet") || scan.Within(b, "registered") || scan.Within(b, "logged on"):
		for rest := b; len(rest) > 0; {
			var w []byte
			w, rest = scan.Word(rest)
			w = bytes.TrimRight(w, ",.")
			if a := scan.Addr(w); a.IsValid() {
				rec.Src = a
			}
			rec.hardware(w)
		}
		if rec.Src.IsValid() && rec.Aside != (Name{}) {
			return mark(rec, Neighbour, "other")
		}
		rec.Aside = Name{}
	}
	return mark(rec, System, "other")
}
