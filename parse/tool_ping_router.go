package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// routerRow reads a row of RouterOS' table of answers, behind its number: who was asked or answered, size, TTL and
// time, and what went wrong.
//
//	0 198.51.100.8                               56 117 9ms123us
//	1 198.51.100.8                                               timeout
//	2 192.168.88.1                               84  64 13ms     host unreachable
func (l *pingLine) routerRow(seq uint64, b []byte) bool {
	w, rest := scan.Word(b)
	if l.src = scan.Addr(w); !l.src.IsValid() {
		return false
	}
	l.seq, l.hasSeq, l.word = scan.Saturate(seq), true, "ping-timeout"
	if string(bytes.TrimSpace(rest)) == "timeout" {
		return true
	}
	size, rest := scan.Word(rest)
	ttl, rest := scan.Word(rest)
	took, status := scan.Word(rest)
	if !scan.AllDigits(size) || !scan.AllDigits(ttl) || !l.routerTime(took) {
		return false
	}
	l.size, l.ttl, l.word = scan.Number32(size), scan.Number32(ttl), "ping-reply"
	if status = bytes.TrimSpace(status); len(status) > 0 {
		l.word, l.reason = "ping-unreachable", unreachable(status)
		if bytes.Equal(status, []byte("TTL exceeded")) {
			l.reason = "ttl exceeded"
		}
	}
	return l.word == "ping-reply" || l.reason != ""
}

// routerTime reads "9ms", "9ms123us", "123us" and "1s20ms".
func (l *pingLine) routerTime(b []byte) bool {
	for len(b) > 0 {
		n, rest, ok := scan.Leading(b)
		if !ok || n > 1e9 {
			return false
		}
		switch {
		case scan.Has(rest, "ms"):
			l.rtt, b = l.rtt+int64(n)*1e6, rest[2:]
		case scan.Has(rest, "us"):
			l.rtt, b = l.rtt+int64(n)*1e3, rest[2:]
		case scan.Has(rest, "s"):
			l.rtt, b = l.rtt+int64(n)*1e9, rest[1:]
		default:
			return false
		}
		l.hasRTT = true
	}
	return l.hasRTT
}

// routerTotal reads the last line of a ping on RouterOS and on IOS:
//
//	sent=10 received=8 packet-loss=20% min-rtt=9ms avg-rtt=10ms max-rtt=12ms
//	Success rate is 80 percent (4/5), round-trip min/avg/max = 1/2/4 ms
func (l *pingLine) routerTotal(b []byte) bool {
	var sent, recv uint64
	var ok bool
	if r := scan.After(b, "Success rate is "); r != nil {
		if recv, r, ok = scan.Leading(scan.After(r, " percent (")); !ok || len(r) < 2 {
			return false
		}
		sent, _, ok = scan.Leading(r[1:])
	} else {
		if sent, _, ok = scan.Leading(scan.After(b, "sent=")); !ok {
			return false
		}
		recv, _, ok = scan.Leading(scan.After(b, " received="))
	}
	if !ok || recv > sent || sent == 0 {
		return false
	}
	l.word, l.sent, l.recv = "ping-summary", scan.Saturate(sent), scan.Saturate(recv)
	l.loss = int64((sent - recv) * 100e6 / sent)
	return true
}
