package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// pingDialect describes what ping prints for each answer and at its end, on Unix and on Windows in any language.
func pingDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "ping",
			Devices: "ping on Linux, BSD, macOS, BusyBox, Windows (any language), RouterOS and IOS; fping",
			Sample:  "64 bytes from 1.1.1.1: seq=0 ttl=57 time=4.321 ms",
			Reads: "Round trip, sequence, TTL, size, who answered; timeouts and refusals with their reason; the " +
				"summary.",
			Enable: "ping -D adds a Unix stamp on Linux.",
			Source: "ping(8)",
		},
		known:  "a line as ping prints it",
		tags:   []string{"ping", "ping6", "fping"},
		first:  text,
		number: anything,
		looks:  looksPing,
		kind:   tool,
		read:   ping,
	}
}

// pingLine is one line of a ping, as far as it says it. Times are nanoseconds.
type pingLine struct {
	word                 string // ping-reply, ping-timeout, ping-unreachable, ping-summary, ping-rtt or other
	reason               string // of ping-unreachable
	src                  netip.Addr
	target               netip.Addr // of what was refused, where the line tells
	zone                 []byte
	seq, ttl, size       uint32
	rtt                  int64
	hasSeq, hasRTT       bool
	less, dup            bool // "<1ms"; a second answer
	sent, recv           uint32
	loss                 int64 // millionths of a per cent
	least, mean, longest int64
	dev                  int64
}

// ping reads the lines of ping on Linux, the BSDs, macOS, BusyBox and Windows (in any language), and of fping.
//
// A reply is Latency with Src = who answers, Count = the round trip in microseconds, Packets = 1 and Bytes = its size;
// a timeout and an unreachable are Latency without Count and Packets, with Detail "timeout" or the reason. The
// summaries say the same again, so they are System; `uncloak parse` shows their numbers.
func ping(b []byte, rec *Record) bool {
	var l pingLine
	if !readPing(b, &l) {
		return false
	}
	rec.Dialect, rec.Src, rec.Dst, rec.Zone = "ping", l.src, l.target, l.zone
	switch l.word {
	case "ping-reply":
		rec.Count, rec.Packets, rec.Bytes = scan.Microseconds(l.rtt), 1, uint64(l.size)
		return mark(rec, Latency, l.word)
	case "ping-timeout":
		rec.detail = rec.keep("timeout")
		return mark(rec, Latency, l.word)
	case "ping-unreachable":
		rec.detail = rec.keep(l.reason)
		return mark(rec, Latency, l.word)
	}
	return mark(rec, System, l.word)
}

// readPing reads b into l, which is empty.
func readPing(b []byte, l *pingLine) bool {
	if len(b) < 6 || len(b) > 512 {
		return false
	}
	if scan.IsDigit(b[0]) {
		n, rest, ok := scan.Leading(b)
		switch {
		case !ok:
		case scan.Has(rest, " bytes from "):
			l.size = scan.Saturate(n)
			return l.answer(rest[len(" bytes from "):])
		case scan.Has(rest, " packets transmitted, "):
			return l.summary(n, rest[len(" packets transmitted, "):])
		case scan.Has(rest, " packets transmitted"):
			return false
		case scan.Has(rest, " ") && l.routerRow(n, rest[1:]):
			return true
		case scan.Within(rest, " icmp_seq=") && bytes.HasSuffix(rest, []byte(" timeout")): // VPCS
			l.word = "ping-timeout"
			l.src = scan.Addr(scan.Until(b, " "))
			l.sequence(scan.After(rest, " icmp_seq="))
			return true
		}
	} else if known, ok := l.words(b); known {
		return ok
	}
	if b[len(b)-1] == ':' && isPingHeading(b) {
		l.word = "other"
		return true
	}
	return l.fping(b) || l.windows(b)
}

// words reads the lines that begin with a word of ping's own; known says that this is one.
func (l *pingLine) words(b []byte) (known, ok bool) {
	switch b[0] {
	case 'r':
		if scan.Has(b, "rtt min/avg/max") || scan.Has(b, "round-trip min/avg/max") {
			return true, l.times(b)
		}
	case 'R', 'n':
		if !scan.Has(b, "Request timeout for icmp_seq") && !scan.Has(b, "no answer yet for icmp_seq=") {
			break
		}
		l.word = "ping-timeout"
		_, n := scan.CutByte(b, '=')
		if n == nil {
			_, n = scan.CutByte(b[len("Request timeout for"):], 'q')
		}
		l.sequence(scan.TrimLeft(n))
		return true, true
	case 'F':
		if scan.Has(b, "From ") {
			return true, l.refusal(b[len("From "):])
		}
	case 'P':
		if isPingStart(b) {
			l.word = "other"
			return true, true
		}
		if scan.Has(b, "PING: transmit failed") {
			l.word, l.reason = "ping-unreachable", "not sent"
			return true, true
		}
	case 's', 'S':
		return l.routerWords(b)
	case 'G':
		if string(b) == "General failure." {
			l.word, l.reason = "ping-unreachable", "not sent"
			return true, true
		}
	case '-':
		if scan.Has(b, "--- ") && scan.Within(b, " ping statistics ---") {
			l.word = "other"
			return true, true
		}
	case 'p', 'c':
		if scan.Has(b, "ping: ") || scan.Has(b, "ping6: ") || scan.Has(b, "connect: Network is unreachable") {
			return true, l.complaint(b)
		}
	}
	return false, false
}

// routerWords reads what RouterOS and IOS say before and after their answers.
func (l *pingLine) routerWords(b []byte) (known, ok bool) {
	if scan.Has(b, "sent=") || scan.Has(b, "Success rate is ") {
		return true, l.routerTotal(b)
	}
	if scan.Has(b, "Sending ") && scan.Within(b, "-byte ICMP Echos to ") {
		l.word = "other"
		return true, true
	}
	return false, false
}

// isPingStart reports whether b is the first line of a ping, which says whom it asks with how many bytes.
func isPingStart(b []byte) bool {
	return scan.Has(b, "PING ") && (scan.Within(b, "data bytes") || scan.Within(b, " bytes of data")) ||
		scan.Has(b, "PING6(")
}

// sequence reads the number behind icmp_seq=.
func (l *pingLine) sequence(b []byte) {
	if n, _, ok := scan.Leading(b); ok {
		l.seq, l.hasSeq = scan.Saturate(n), true
	}
}

// who reads "10.0.0.1:", "fe80::1%en0," or "name (10.0.0.1):" and returns what follows.
func (l *pingLine) who(b []byte) (rest []byte) {
	w, rest := scan.Word(b)
	if in := scan.TrimLeft(rest); len(in) > 1 && in[0] == '(' {
		if a := scan.Addr(scan.Until(in[1:], ")")); a.IsValid() {
			w, rest = scan.Word(in)
			w = bytes.Trim(w, "():,")
		}
	}
	w = scan.TrimRight(w, ":,")
	l.src = scan.Addr(w)
	if i := bytes.IndexByte(w, '%'); i >= 0 && l.src.IsValid() {
		l.zone = w[i+1:]
	}
	return rest
}

// answer reads "10.0.0.1: icmp_seq=1 ttl=64 time=0.048 ms (DUP!)"; an answer without a time is an error from a router.
func (l *pingLine) answer(b []byte) bool {
	rest := l.who(b)
	for f := rest; len(f) > 0; {
		var w []byte
		w, f = scan.Word(f)
		key, value := scan.CutByte(w, '=')
		switch string(key) {
		case "icmp_seq", "seq":
			l.sequence(value)
		case "ttl", "hlim":
			if n := scan.Number32(value); n < 256 {
				l.ttl = n
			}
		case "time", "time<1":
			l.rtt, _, l.hasRTT = scan.Millionths(value)
		case "(DUP!)":
			l.dup = true
		}
	}
	l.dup = l.dup || scan.Within(rest, "(DUP!)")
	l.word = "ping-reply"
	if !l.hasRTT {
		if !scan.Within(rest, "seq=") {
			l.word, l.reason = "ping-unreachable", unreachable(rest)
			return l.reason != ""
		}
		if l.reason = unreachable(rest); l.reason != "" {
			l.word = "ping-unreachable"
		}
	}
	return l.src.IsValid() || l.hasSeq
}

// refusal reads "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable".
func (l *pingLine) refusal(b []byte) bool {
	rest := l.who(b)
	if i := bytes.Index(rest, []byte("icmp_seq=")); i >= 0 {
		l.sequence(rest[i+len("icmp_seq="):])
	}
	l.word, l.reason = "ping-unreachable", unreachable(rest)
	return l.reason != ""
}

// complaint reads what ping itself says: "ping: sendmsg: Network is unreachable", "ping: no.such: Name or service not
// known".
func (l *pingLine) complaint(b []byte) bool {
	l.word, l.reason = "ping-unreachable", unreachable(b)
	if l.reason == "" {
		l.word = "other"
	}
	return true
}

// unreachable is the reason in a few words that do not depend on the tool, or "": of those that a line has, the first
// here.
func unreachable(b []byte) string {
	reasons := [...]struct{ said, reason string }{
		{"host unreachable", "host unreachable"}, {"net unreachable", "net unreachable"},
		{"network is unreachable", "net unreachable"}, {"port unreachable", "port unreachable"},
		{"no route", "net unreachable"}, {"time to live exceeded", "ttl exceeded"}, {"ttl expired", "ttl exceeded"},
		{"time exceeded", "ttl exceeded"}, {"hop limit", "ttl exceeded"}, {"packet filtered", "prohibited"},
		{"prohibited", "prohibited"}, {"administratively", "prohibited"}, {"redirect", "redirect"},
		{"frag needed", "fragmentation needed"}, {"message too long", "fragmentation needed"},
		{"address unreachable", "host unreachable"}, {"unreachable", "unreachable"}, {"sendto", "not sent"},
		{"sendmsg", "not sent"},
	}
	best := len(reasons)
	for i, c := range b {
		if !scan.IsLetter(c) || i > 0 && scan.IsLetter(b[i-1]) {
			continue // each begins with a word
		}
		for j := range reasons[:best] {
			if s := reasons[j].said; c|0x20 == s[0] && len(b)-i >= len(s) && scan.EqualLower(b[i:i+len(s)], s) {
				best = j
				break
			}
		}
	}
	if best == len(reasons) {
		return ""
	}
	return reasons[best].reason
}

// summary reads "3 received, +13 duplicates, 25% packet loss, time 3005ms" and "3 packets received, 0.0% packet loss".
func (l *pingLine) summary(sent uint64, b []byte) bool {
	n, _, ok := scan.Leading(b)
	l.word, l.sent, l.recv = "ping-summary", scan.Saturate(sent), scan.Saturate(n)
	i := bytes.IndexByte(b, '%')
	if !ok || i < 0 {
		return ok
	}
	l.loss, _ = scan.WholeMillionths(b[bytes.LastIndexByte(b[:i], ' ')+1 : i])
	return true
}

// times reads "rtt min/avg/max/mdev = 27.656/33.717/36.758/2.814 ms".
func (l *pingLine) times(b []byte) bool {
	_, r := scan.CutByte(b, '=')
	r = scan.TrimLeft(r)
	var v [4]int64
	n := 0
	for n < len(v) {
		var ok bool
		if v[n], r, ok = scan.Millionths(r); !ok {
			break
		}
		if n++; len(r) == 0 || r[0] != '/' {
			break
		}
		r = r[1:]
	}
	l.word, l.least, l.mean, l.longest, l.dev = "ping-rtt", v[0], v[1], v[2], v[3]
	return n >= 3
}

// fping reads "10.0.0.1 : [0], 84 bytes, 1.23 ms (1.23 avg, 0% loss)", "10.0.0.1 : [1], timed out …".
func (l *pingLine) fping(b []byte) bool {
	if scan.Has(b, "ICMP ") {
		return l.fpingRefusal(b)
	}
	w, rest := scan.Word(b)
	if r := scan.TrimLeft(rest); scan.Has(r, ": ") && !scan.Has(r, ": [") {
		return l.fpingTotal(w, scan.TrimLeft(r[2:]))
	}
	if last := b[len(b)-1]; last != 'e' && last != ')' && bytes.IndexByte(b, '[') < 0 {
		return false
	}
	if !scan.Has(scan.TrimLeft(rest), ": [") {
		alive := scan.Has(rest, "is alive")
		if !alive && string(rest) != "is unreachable" {
			return false
		}
		l.word, l.src, l.reason = "ping-unreachable", scan.Addr(w), "unreachable"
		if alive {
			l.word = "ping-reply"
			if took := scan.After(rest, "is alive ("); took != nil { // -e
				l.rtt, _, l.hasRTT = scan.Millionths(took)
			}
		}
		return l.src.IsValid()
	}
	i := bytes.IndexByte(b, '[')
	l.src = scan.Addr(w)
	l.sequence(b[i+1:])
	_, rest = scan.CutByte(b[i:], ',')
	rest = scan.TrimLeft(rest)
	if scan.Has(rest, "timed out") {
		l.word = "ping-timeout"
		return true
	}
	n, rest, ok := scan.Leading(rest)
	if !ok || !scan.Has(rest, " bytes, ") {
		return false
	}
	l.size, l.word = scan.Saturate(n), "ping-reply"
	l.rtt, rest, l.hasRTT = scan.Millionths(rest[len(" bytes, "):])
	return l.hasRTT && scan.Has(rest, " ms")
}

// fpingRefusal reads "ICMP Host Unreachable from 10.2.0.2 for ICMP Echo sent to 10.3.0.77".
func (l *pingLine) fpingRefusal(b []byte) bool {
	from, to := scan.After(b, " from "), scan.After(b, " sent to ")
	if from == nil || to == nil {
		return false
	}
	who, _ := scan.Word(from)
	target, _ := scan.Word(to)
	l.src, l.target = scan.Addr(who), scan.Addr(bytes.Trim(target, "()"))
	l.word, l.reason = "ping-unreachable", unreachable(b)
	return l.src.IsValid() && l.reason != ""
}

// fpingTotal reads what fping says of a target at its end: "xmt/rcv/%loss = 3/2/33%, min/avg/max = 0.038/0.044/0.051",
// also with the outage, and the round trips of -C, "0.047 - 0.055", in which a dash is a probe without an answer.
func (l *pingLine) fpingTotal(target, b []byte) bool {
	if l.src = scan.Addr(target); !l.src.IsValid() {
		return false
	}
	if f := scan.After(b, "%loss = "); f != nil {
		sent, f, ok := scan.Leading(f)
		if !ok || len(f) < 2 {
			return false
		}
		recv, f, ok := scan.Leading(f[1:])
		if !ok || len(f) < 2 {
			return false
		}
		l.word, l.sent, l.recv = "ping-summary", scan.Saturate(sent), scan.Saturate(recv)
		l.loss, _, ok = scan.Millionths(f[1:])
		return ok
	}
	n, sum := int64(0), int64(0)
	for len(b) > 0 {
		var w []byte
		if w, b = scan.Word(b); isNil(w) || len(w) == 0 {
			continue
		}
		v, ok := scan.WholeMillionths(w)
		if !ok {
			return false
		}
		if n++; n == 1 || v < l.least {
			l.least = v
		}
		l.longest = max(l.longest, v)
		sum += v
	}
	l.word, l.reason = "ping-unreachable", "unreachable"
	if n > 0 {
		l.word, l.mean = "ping-rtt", sum/n
	}
	return true
}

// looksPing reports whether b may be a line of ping: no hop, and no row of a conversation.
func looksPing(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) {
		return len(b) <= 1024 && !isHop(b) && arrow(b) <= 0
	}
	return isText(b, rec)
}

// isHop reports whether b begins like a hop of traceroute, with two blanks behind its number, or of mtr: "3.|-- ".
func isHop(b []byte) bool {
	i := 1
	for i < len(b) && i < 5 && scan.IsDigit(b[i]) {
		i++
	}
	if i+1 >= len(b) {
		return false
	}
	return b[i] == ' ' && b[i+1] == ' ' || b[i] == '.' && (b[i+1] == '|' || b[i+1] == ' ')
}

// isText reports whether b may be a sentence of a tool: short, and without a host in front.
func isText(b []byte, rec *Record) bool { return len(rec.Host) == 0 && len(b) <= 240 }
