package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// tracerouteDialect describes what traceroute, tracepath and Windows' tracert print for each hop of a route.
func tracerouteDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "traceroute",
			Devices: "traceroute, tracepath, tracert",
			Sample:  " 5  host.example.net (86.50.255.220) [AS1741]  3.810 ms  3.845 ms *",
			Reads:   "Hop, addresses, name, round trips.",
			Enable:  "traceroute -n is the shortest to read.",
			Source:  "traceroute(8)",
		},
		known:  "a line as traceroute prints it",
		tags:   []string{"traceroute"},
		first:  text,
		number: anything,
		looks:  looksTraceroute,
		kind:   tool,
		read:   tracerouteForms,
	}
}

// Bounds of what is kept of one hop: traceroute sends three probes unless it is told otherwise.
const (
	maxProbes = 16
	maxHopIPs = 8
)

// hop is one line of a traceroute, tracert or tracepath, or of an mtr report. Times are nanoseconds.
type hop struct {
	n         uint32 // 0 on a line that goes on with the hop before
	name      []byte
	ips       [maxHopIPs]netip.Addr
	rtts      [maxProbes]int64
	nIP, nRTT int
	lost      int // probes without an answer
	less      bool
}

// traceroute reads a hop as printed on Linux, the BSDs and macOS (with [AS…] too), BusyBox, by tracepath, and by
// Windows' tracert, which puts the times first:
//
//	5  host.example.net  (86.50.255.220) [AS1741]  3.810 ms * 3.820 ms !X
//	3     1 ms    <1 ms    <1 ms  apache-svr [10.0.3.6]
//
// A hop is Latency with Src = the first address, Detail = its name, Count = the shortest round trip in microseconds and
// Packets = the answers; without any answer it has Detail "timeout".
func traceroute(b []byte, rec *Record) bool {
	var h hop
	if !readHop(b, rec.indent, &h) {
		return false
	}
	rec.Dialect, rec.Packets = "traceroute", uint32(h.nRTT)
	if h.nIP > 0 {
		rec.Src = h.ips[0]
	}
	switch {
	case h.nRTT > 0:
		rec.detail = h.name
	case h.nIP > 0:
		rec.detail = rec.keep(unreachable(b)) // tracert: "10.0.0.1 reports: Destination host unreachable."
	case scan.Within(b, "[LOCALHOST]"):
		return mark(rec, System, "other")
	default:
		rec.detail = rec.keep("timeout")
	}
	for i, v := range h.rtts[:h.nRTT] {
		if us := scan.Microseconds(v); i == 0 || us < rec.Count {
			rec.Count = us
		}
	}
	return mark(rec, Latency, "trace-hop")
}

// readHop reads b into h, which is empty.
func readHop(b []byte, indent int, h *hop) bool {
	if len(b) < 3 || len(b) > 1024 {
		return false
	}
	rest, ok := h.number(b, indent)
	if !ok {
		return false
	}
	sure, ok := h.words(rest)
	return ok && h.complete(b, sure)
}

// number reads the hop's number and returns what follows. A line without one belongs to the hop before and is indented.
func (h *hop) number(b []byte, indent int) (rest []byte, ok bool) {
	n, rest, ok := scan.Leading(b)
	if ok && n >= 1 && n <= 255 && endsHopNumber(rest) {
		h.n = uint32(n)
		return bytes.TrimLeft(rest, "?:"), true
	}
	return b, indent >= 3 && (scan.Within(b, " ms") || scan.Within(b, "ms "))
}

// endsHopNumber reports whether b may stand behind a hop's number.
func endsHopNumber(b []byte) bool {
	return len(b) > 1 && (b[0] == ' ' || b[0] == '\t' || b[0] == ':' || scan.Has(b, "?:"))
}

// words reads names, addresses, round trips and stars. sure says that one of the words is an address in parentheses, as
// only a hop has it; ok is false where a word is none of all these.
func (h *hop) words(rest []byte) (sure, ok bool) {
	for {
		var w []byte
		if w, rest = scan.Word(rest); len(w) == 0 {
			return sure, true
		}
		switch {
		case string(w) == "*":
			h.lost++
		case scan.Has(w, "[AS") && len(w) == 3: // IOS: "[AS 65000]"
			_, rest = scan.Word(rest)
		case w[0] == '!' || scan.Has(w, "[AS") || scan.Has(w, "[*"):
		case w[0] == '(' || w[0] == '[':
			if h.ip(bytes.Trim(w, "()[]")) {
				sure = true
			}
		case w[0] == '<' && (len(w) == 1 || !scan.IsDigit(w[1])): // tcptraceroute's flags
		default:
			if (scan.IsDigit(w[0]) || w[0] == '<') && h.time(w, &rest) {
				continue
			}
			if w[len(w)-1] == '%' || !h.ip(w) && !h.host(w) { // a share is of a table of RouterOS or mtr
				return false, false
			}
		}
	}
}

// complete reports whether what was read of b is enough for a hop.
func (h *hop) complete(b []byte, sure bool) bool {
	if h.nRTT > 0 {
		return h.nIP > 0 ||
			h.lost > 0 && h.n > 0 && !sure ||
			h.n > 0 && len(h.name) > 0 && h.nRTT+h.lost >= 3
	}
	if h.lost > 0 {
		return h.n > 0 && h.nIP == 0 && (len(h.name) == 0 || h.lost >= 3)
	}
	return h.n > 0 && (scan.Has(h.name, "no") && scan.Within(b, "no reply") ||
		scan.Within(b, "[LOCALHOST]") ||
		scan.Within(b, "reports: ") && h.nIP > 0)
}

// time reads "24.038 ms", "0.5ms" or "<1 ms".
func (h *hop) time(w []byte, rest *[]byte) bool {
	less := w[0] == '<'
	if less {
		w = w[1:]
	}
	v, tail, ok := scan.Millionths(w)
	if !ok {
		return false
	}
	if len(tail) == 0 {
		unit, after := scan.Word(*rest)
		switch string(unit) {
		case "ms", "мс", "ms,", "msec":
		default:
			return false
		}
		*rest = after
	} else if string(tail) != "ms" {
		return false
	}
	if h.nRTT < maxProbes {
		h.rtts[h.nRTT] = v
		h.nRTT++
	}
	h.less = h.less || less
	return true
}

// ip keeps an address of a hop, once.
func (h *hop) ip(w []byte) bool {
	a := scan.Addr(w)
	if !a.IsValid() {
		return false
	}
	for _, old := range h.ips[:h.nIP] {
		if old == a {
			return true
		}
	}
	if h.nIP < maxHopIPs {
		h.ips[h.nIP] = a
		h.nIP++
	}
	return true
}

// host keeps the first name of a hop. It is false for a further one: more words than a name has are the text of an
// error.
func (h *hop) host(w []byte) bool {
	if h.name == nil {
		h.name = w
	}
	return len(w) <= 255
}

// traceNote reads the lines above and below the hops, which tell of no hop.
func traceNote(b []byte, rec *Record) bool {
	if (scan.Has(b, "traceroute to ") || scan.Has(b, "traceroute6 to ") || scan.Has(b, "traceroute: ")) ||
		scan.Has(b, "Resume: pmtu ") || scan.Has(b, "Tracing route to ") || scan.Has(b, "Trace complete.") ||
		b[len(b)-1] >= 0x80 && scan.Within(b, "トレースしてい") || scan.Has(b, "トレースを完了しました") {
		rec.Dialect = "traceroute"
		return mark(rec, System, "other")
	}
	return false
}

// looksTraceroute reports whether b may be a hop or a heading.
func looksTraceroute(b []byte, rec *Record) bool {
	if scan.IsDigit(b[0]) {
		_, rest, _ := scan.Leading(b)
		return len(b) <= 1024 && (endsHopNumber(rest) || rec.indent >= 3)
	}
	return isText(b, rec)
}

// tracerouteForms reads hops, with or without a number, and headings.
func tracerouteForms(b []byte, rec *Record) bool {
	if string(rec.App) == "traceroute" || scan.IsDigit(b[0]) {
		return traceroute(b, rec)
	}
	return traceNote(b, rec) || rec.indent > 0 && traceroute(b, rec)
}
