package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// conntrackDialect describes entries of Linux's connection tracking, as `conntrack -E`, `conntrack -L` and
// /proc/net/nf_conntrack print them.
func conntrackDialect() dialect {
	return dialect{
		Format: Format{
			Name: "conntrack",
			Devices: "Linux conntrack-tools, /proc/net/nf_conntrack, /proc/net/ip_conntrack; VyOS (system conntrack " +
				"log)",
			Sample: "[1795292879.516758]\t    [NEW] ipv4     2 udp      17 10 src=192.168.128.1 dst=192.168.128.14 sport=54345 dport=514 [UNREPLIED] src=192.168.128.14 dst=192.168.128.1 sport=514 dport=54345",
			Reads: "Both tuples (the translation is what the reply differs in), state, ASSURED and UNREPLIED, " +
				"packets and bytes where accounting is on.",
			Enable: "conntrack -E -o timestamp | logger -t conntrack; sysctl net.netfilter.nf_conntrack_acct=1 " +
				"for bytes.",
			Source: "conntrack(8); Linux net/netfilter/nf_conntrack_standalone.c",
		},
		known:  "protocol, then src= and dst= tuples",
		begins: []string{"WARNING: We have hit ENOBUFS", "cpu="},
		tags:   []string{"conntrack", "vyos-conntrack-logger"},
		read:   conntrackLine,
	}
}

// conntrack reads the lines of `conntrack -E`, `conntrack -L` and /proc/net/nf_conntrack, which differ in what stands
// in front:
//
//	[NEW] ipv4     2 tcp      6 120 SYN_SENT src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=…
//
// src: the place of "src=". The first tuple is the session as it was opened, the second what an answer looks like:
// an answer that does not go back to the source goes to the translated source, one that does not come from the
// destination comes from the translated destination. Packets and bytes of both directions are added up.
//
// The id of an ICMP echo is put into SPort, which tells apart sessions that otherwise look the same. A line without
// [NEW], [UPDATE] or [DESTROY] is a row of the table at one moment: its Kind is Entry.
func conntrack(b []byte, src int, rec *Record) bool {
	head := b[:src]
	kind, action, ok := eventWord(head)
	if !ok {
		return false
	}
	var t [2]tuple
	rest := conntrackHead(head, rec)
	if rec.Proto == 0 || len(rest) > 0 {
		return false
	}
	tuples(b[src:], &t, rec)
	if !t[0].src.IsValid() || !t[0].dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "conntrack", "conntrack", kind, action
	if kind == SessionEnd {
		rec.Count = 0 // nothing is left of its time
	}
	fillTuples(&t, &rec.Event)
	rec.State = sessionState(rec, t[1].src.IsValid())
	return true
}

// sessionState is the named TCP state, else whether an answer was seen. A TCP line without a state (a DESTROY of older
// tools) says nothing unless it says [UNREPLIED].
func sessionState(rec *Record, hasReply bool) State {
	switch {
	case rec.State != NoState:
		return rec.State
	case rec.Unreplied:
		return Unreplied
	case rec.Proto != TCP && hasReply:
		return Replied
	}
	return NoState
}

// eventWord reads the bracketed word in front; ok is false where another word stands in brackets.
func eventWord(head []byte) (kind Kind, action string, ok bool) {
	i := bytes.IndexByte(head, '[')
	if i < 0 {
		return Entry, "", true
	}
	w := head[i:]
	switch {
	case bytes.HasPrefix(w, []byte("[NEW]")):
		return SessionNew, "session-create", true
	case bytes.HasPrefix(w, []byte("[UPDATE]")):
		return SessionUpdate, "session-update", true
	case bytes.HasPrefix(w, []byte("[DESTROY]")):
		return SessionEnd, "session-delete", true
	}
	return Unknown, "", false
}

// tableEntry reads a line of `conntrack -L` or /proc/net/nf_conntrack, which begins with the name of its protocol or
// family. A table has as many lines as there are sessions, so it is worth a look of its own.
func tableEntry(b []byte, rec *Record) bool {
	if b[0] != 't' && b[0] != 'u' && b[0] != 'i' {
		return false
	}
	w := b[:scan.Blank(b[:min(len(b), 16)])]
	if protocol(w) == 0 && string(w) != "ipv4" && string(w) != "ipv6" {
		return false
	}
	i := scan.Index(b, "src=")
	return i >= 0 && conntrack(b, i, rec)
}

// conntrackHead reads protocol and state from the words before the first tuple and returns the words that are neither.
func conntrackHead(b []byte, rec *Record) (rest []byte) {
	if i := bytes.IndexByte(b, ']'); i >= 0 {
		b = b[i+1:]
	}
	w, b := scan.Word(b)
	if len(w) > 3 && scan.AllDigits(w) { // the entry's id, which VyOS puts in front
		w, b = scan.Word(b)
	}
	if string(w) == "ipv4" || string(w) == "ipv6" {
		_, b = scan.Word(b) // the number of the family
		w, b = scan.Word(b)
	}
	if rec.Proto = protocol(w); rec.Proto == 0 && string(w) != "unknown" {
		return w
	}
	w, b = scan.Word(b)
	if n := protocol(w); n != 0 {
		rec.Proto = n
	} else if len(w) > 0 {
		return w
	}
	for {
		w, b = scan.Word(b)
		if len(w) == 0 {
			return nil
		}
		if scan.IsDigit(w[0]) { // seconds until the entry expires
			if n, ok := scan.Number(w); ok {
				rec.Count = scan.Saturate(n)
			}
			continue
		}
		if bytes.IndexByte(w, '=') > 0 {
			continue // what GRE says of itself ("timeout=30,")
		}
		if rec.State = stateOf(w); rec.State == NoState && string(w) != "NONE" && string(w) != "LISTEN" &&
			string(w) != "SYN_SENT2" {
			return notTCPState(w)
		}
	}
}

// notTCPState lets pass what other protocols print as a state (SCTP, DCCP: capitals), and nothing else.
func notTCPState(w []byte) []byte {
	for _, c := range w {
		if !scan.IsUpper(c) && c != '_' && !scan.IsDigit(c) {
			return w
		}
	}
	return nil
}

// stateOf returns the State that the kernel spells like w; NoState for any other word.
func stateOf(w []byte) State {
	switch string(w) {
	case "SYN_SENT":
		return SynSent
	case "SYN_RECV":
		return SynRecv
	case "ESTABLISHED":
		return Established
	case "FIN_WAIT":
		return FinWait
	case "CLOSE_WAIT":
		return CloseWait
	case "LAST_ACK":
		return LastAck
	case "TIME_WAIT":
		return TimeWait
	case "CLOSE":
		return Close
	}
	return NoState
}

// tuples reads key=value words into the original and the reply tuple.
func tuples(b []byte, t *[2]tuple, rec *Record) {
	cur := -1
	for len(b) > 0 {
		var w []byte
		w, b = scan.Word(b)
		if len(w) == 0 {
			continue
		}
		if w[0] == '[' {
			switch string(w) {
			case "[UNREPLIED]":
				rec.Unreplied = true
			case "[ASSURED]":
				rec.Assured = true
			}
			continue
		}
		eq := bytes.IndexByte(w, '=')
		if eq < 0 {
			continue
		}
		if key := string(w[:eq]); key == "src" {
			if cur++; cur > 1 {
				return
			}
			t[cur].src = scan.Addr(w[eq+1:])
			continue
		}
		switch {
		case w[0] == 'd' && (string(w[:eq]) == "delta-time" || string(w[:eq]) == "delta"):
			// with nf_conntrack_timestamp=1, by conntrack-tools and by VyOS
			rec.lastedSeconds(w[eq+1:])
		case cur >= 0:
			t[cur].set(w[:eq], w[eq+1:])
		}
	}
}

// conntrackLine reads an event or an entry of the table, wherever its tuples begin.
func conntrackLine(b []byte, rec *Record) bool {
	if conntrackNote(b, rec) {
		return true
	}
	i := scan.Index(b, "src=")
	return i >= 0 && conntrack(b, i, rec) || tableEntry(b, rec)
}

// conntrackNote reads what conntrack-tools say beside entries: that events of the kernel were lost, at least one (the
// kernel does not count them), and the counters of `conntrack -S`, which run since the boot.
//
//	WARNING: We have hit ENOBUFS! We are losing events.
//	cpu=0   found=0 invalid=130 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0
func conntrackNote(b []byte, rec *Record) bool {
	switch {
	case scan.Has(b, "WARNING: We have hit ENOBUFS"):
		rec.Kind, rec.Word, rec.Count, rec.detail = Suppressed, "suppressed", 1, rec.keep("conntrack events")
	case scan.Has(b, "cpu=") && scan.Within(b, " insert_failed=") && scan.Within(b, " drop="):
		rec.Kind, rec.Word, rec.detail = System, "other", rec.keep("conntrack -S")
	default:
		return false
	}
	rec.Dialect = "conntrack"
	return true
}
