package parse

import "uncloak/parse/scan"

// conntrackSaveDialect describes entries of Linux's connection tracking as `conntrack -o save` prints them: as the
// options of another call.
func conntrackSaveDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "conntrack-save",
			Devices: "Linux conntrack-tools, -o save",
			Sample:  "-A -t 999 -u SEEN_REPLY,ASSURED -s 192.168.1.10 -d 203.0.113.5 -r 203.0.113.5 -q 198.51.100.1 -p tcp --sport 5000 --dport 443 --reply-port-src 443 --reply-port-dst 5000 --state ESTABLISHED",
			Reads: "Both tuples (the translation is what the reply differs in), state, ASSURED and SEEN_REPLY. -A " +
				"is a row of the table at one moment.",
			Enable: "conntrack -L -o save",
			Source: "conntrack(8); conntrack-tools 1.4.7",
		},
		known:  "options that make an entry anew",
		begins: []string{"-A -", "-U -", "-D -", "conntrack -A -", "conntrack -U -", "conntrack -D -"},
		kind:   tool,
		read:   conntrackSave,
	}
}

// conntrackSave reads one entry: -A of a listing, -U of an update, -D of one that is gone.
func conntrackSave(b []byte, rec *Record) bool {
	if scan.Has(b, "conntrack ") {
		b = b[len("conntrack "):]
	}
	w, b := scan.Word(b)
	kind, action := Entry, ""
	switch string(w) {
	case "-U":
		kind, action = SessionUpdate, "session-update"
	case "-D":
		kind, action = SessionEnd, "session-delete"
	}
	var t [2]tuple
	seen := false
	for len(b) > 0 {
		var key, v []byte
		key, b = scan.Word(b)
		v, b = scan.Word(b)
		switch string(key) {
		case "-s":
			t[0].src = scan.Addr(v)
		case "-d":
			t[0].dst = scan.Addr(v)
		case "-r":
			t[1].src = scan.Addr(v)
		case "-q":
			t[1].dst = scan.Addr(v)
		case "-p":
			rec.Proto = protocol(v)
		case "--sport":
			t[0].sport = scan.Port(v)
		case "--dport":
			t[0].dport = scan.Port(v)
		case "--reply-port-src":
			t[1].sport = scan.Port(v)
		case "--reply-port-dst":
			t[1].dport = scan.Port(v)
		case "--icmp-id", "--icmpv6-id":
			t[0].id = scan.Port(v)
		case "--state":
			rec.State = stateOf(v)
		case "-u":
			seen, rec.Assured = scan.Within(v, "SEEN_REPLY"), scan.Within(v, "ASSURED")
		}
	}
	if rec.Proto == 0 || !t[0].src.IsValid() || !t[0].dst.IsValid() {
		return false
	}
	rec.Unreplied = !seen
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "conntrack-save", "conntrack", kind, action
	fillTuples(&t, &rec.Event)
	rec.State = sessionState(rec, t[1].src.IsValid())
	return true
}
