package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ulogdDialect describes the lines that the Linux daemon ulogd writes for each session that connection tracking has
// seen.
func ulogdDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "ulogd",
			Devices: "Linux ulogd 2 (NFCT, LOGEMU)",
			Sample:  "<141>Nov 21 20:43:16 router ulogd[6017]: [DESTROY] ORIG: SRC=192.168.128.10 DST=198.18.26.19 PROTO=TCP SPT=55866 DPT=80 PKTS=6 BYTES=338 , REPLY: SRC=198.18.26.19 DST=100.64.7.2 PROTO=TCP SPT=80 DPT=55866 PKTS=5 BYTES=1187",
			Reads:   "New, changed and ended sessions with both tuples, packets and bytes.",
			Enable: "In ulogd.conf: stack=ct1:NFCT,ip2str1:IP2STR,print1:PRINTFLOW,sys1:SYSLOG, and " +
				"event_mask=0x5 for new and ended sessions.",
			Source: "ulogd 2 documentation, ulogd.conf",
		},
		known: "[EVENT] ORIG: … REPLY: tuples",
		read:  ulogd,
	}
}

// ulogd reads the flow lines of ulogd's NFCT input through LOGEMU:
//
//	[DESTROY] ORIG: SRC=… DST=… PROTO=TCP SPT=… DPT=… PKTS=6 BYTES=338 , REPLY: SRC=… DST=… …
//
// NAT is read from the reply tuple as for conntrack.
func ulogd(b []byte, rec *Record) bool {
	if !isULOGD(b) {
		return false
	}
	kind, action, ok := eventWord(b)
	i := bytes.Index(b, []byte("ORIG: "))
	if !ok || i < 0 || kind == Entry {
		return false
	}
	var t [2]tuple
	cur := 0
	for b = b[i+6:]; len(b) > 0; {
		var w []byte
		w, b = scan.Word(b)
		eq := bytes.IndexByte(w, '=')
		switch {
		case string(w) == "REPLY:":
			cur = 1
		case eq < 0:
		case string(w[:eq]) == "PROTO":
			rec.Proto = protocol(w[eq+1:])
		default:
			t[cur].set(w[:eq], w[eq+1:])
		}
	}
	if !t[0].src.IsValid() || !t[0].dst.IsValid() {
		return false
	}
	rec.Dialect, rec.Word, rec.Kind, rec.Action = "ulogd", "conntrack", kind, action
	fillTuples(&t, &rec.Event)
	rec.State = ulogdState(&t, rec.Proto)
	return true
}

// isULOGD reports whether b is a flow line of ulogd, by the word behind its event.
func isULOGD(b []byte) bool {
	if len(b) == 0 || b[0] != '[' {
		return false
	}
	head := b[:min(len(b), 24)]
	return bytes.IndexByte(head, 'G') > 0 && scan.Index(head, "] ORIG: ") > 0 // G is rare, closing brackets are not
}

// ulogdState tells an answered session from an unanswered one by the packets that came back.
func ulogdState(t *[2]tuple, proto uint8) State {
	switch {
	case t[0].packets == 0 && t[1].packets == 0:
		return NoState // no accounting
	case t[1].packets == 0:
		return Unreplied
	case proto != TCP:
		return Replied
	}
	return NoState
}
