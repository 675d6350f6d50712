package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// ulogd reads the flow lines of ulogd's NFCT input through LOGEMU:
//
//	[DESTROY] ORIG: SRC=… DST=… PROTO=TCP SPT=… DPT=… PKTS=6 BYTES=338 , REPLY: SRC=… DST=… …
//
// NAT is read from the reply tuple as for conntrack.
func ulogd(b []byte, rec *Record) bool {
	kind, action, ok := eventWord(b)
	i := bytes.Index(b, []byte("ORIG: "))
	if !ok || i < 0 || kind == System {
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

// isULOGD knows a flow line by the word behind its event.
func isULOGD(b []byte) bool {
	return len(b) > 0 && b[0] == '[' && scan.Index(b[:min(len(b), 24)], "] ORIG: ") > 0
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
