package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// tsharkDialect describes the tables of statistics that tshark (Wireshark's terminal program) prints at the end of a
// capture.
func tsharkDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "tshark",
			Devices: "tshark -q -z io,stat / conv,tcp / http_req,tree",
			Sample:  "| 10 <> 20 |   2696 | 3307638 |",
			Reads: "Frames and bytes of an interval, a conversation or an end; counts. Packets of the list: " +
				"addresses, ports, flags, DNS questions.",
			Enable: "tshark -q -z conv,tcp -r file.pcap",
			Source: "tshark(1)",
		},
		known: "a line as tshark prints it",
		looks: looksTshark,
		kind:  tool,
		read:  tsharkForms,
	}
}

// tsharkRow is one row of a table of `tshark -q -z …`.
type tsharkRow struct {
	word                       string
	from, to                   []byte // io,stat
	frames, bytes              uint64
	a, b                       netip.Addr // conv
	aport, bport               uint16
	framesBA, framesAB         uint64
	bytesText, start, duration []byte
	item                       []byte // http_req,tree
	stamp                      Stamp  // io,stat with -t ad
	count                      uint64
	depth                      int
}

// tshark reads the tables io,stat, conv and http_req,tree in the old and the new layout:
//
//	000.000-001.000     535     78577                        |  0 <> 10 |   1051 |  929332 |
//	10.240.42.159:57628  <-> 172.29.59.138:8002   1592 300 kB   1874 342 kB   3466 643 kB   0.430842000   345.4340
//	 HTTP Requests by HTTP Host           2       0.000225
//
// A row is Traffic with Packets and Bytes (Src and Dst of a conversation); a row that only counts is System with Count.
func tshark(b []byte, rec *Record) bool {
	var r tsharkRow
	if !readTshark(b, rec.indent, &r) {
		return false
	}
	rec.Dialect = "tshark"
	switch r.word {
	case "tshark-conv":
		rec.Src, rec.SPort, rec.Dst, rec.DPort = r.a, r.aport, r.b, r.bport
		fallthrough
	case "tshark-iostat", "tshark-endpoint":
		if r.stamp.HasClock && rec.Stamp == (Stamp{}) {
			rec.Stamp = r.stamp
		}
		rec.Packets, rec.Bytes = scan.Saturate(r.frames), r.bytes
		if r.word == "tshark-endpoint" { // a table of ends says again what one of conversations does
			rec.Src, rec.SPort = r.a, r.aport
			return mark(rec, System, r.word)
		}
		return mark(rec, Traffic, r.word)
	case "tshark-http-req":
		rec.detail = r.item
	}
	rec.Count = scan.Saturate(r.count)
	return mark(rec, System, r.word)
}

// readTshark reads b into r, which is empty.
func readTshark(b []byte, indent int, r *tsharkRow) bool {
	if len(b) < 8 || len(b) > 1024 {
		return false
	}
	if b[0] == '|' {
		return r.ioStat(b)
	}
	if i := arrow(b); i > 0 {
		return r.conv(b, i)
	}
	if r.endpoint(b) {
		return true
	}
	if scan.IsDigit(b[0]) && r.oldIOStat(b) {
		return true
	}
	return r.tree(b, indent)
}

// arrow finds the " <-> " of a conversation; -1 is none. No blank is looked for: text is full of them.
func arrow(b []byte) int {
	i := bytes.IndexByte(b, '<')
	if i < 1 || !scan.Has(b[i-1:], " <-> ") {
		return -1
	}
	return i - 1
}

// ioStat reads "| 10 <> 20 |   2696 | 3307638 |" and, of -t ad, "| 2026-11-21 20:28:09 |   2696 | 3307638 |"; with one
// column it counts. With more the pairs of columns are added up. Which of a pair is which the heading says, several
// lines above; but a frame has bytes, so that the larger number is theirs.
func (r *tsharkRow) ioStat(b []byte) bool {
	in, rest := scan.CutByte(b[1:], '|')
	from, to := cutByte2(in, "<>")
	if rest == nil {
		return false
	}
	if to == nil {
		if after, ok := r.stamp.stampISO(bytes.TrimSpace(in)); !ok || len(after) > 0 {
			return false
		}
	} else if r.from, r.to = bytes.TrimSpace(from), bytes.TrimSpace(to); len(r.from) == 0 {
		return false
	} else if _, _, ok := scan.Millionths(r.from); !ok {
		return false
	}
	var v [2]uint64
	n, last := 0, uint64(0)
	for len(rest) > 0 {
		var f []byte
		f, rest = scan.CutByte(rest, '|')
		if f = bytes.TrimSpace(f); len(f) == 0 {
			continue
		}
		value, ok := scan.Number(f)
		if !ok || value > 1<<48 {
			return false
		}
		if n++; n%2 == 1 {
			last = value
			continue
		}
		v[0], v[1] = v[0]+min(last, value), v[1]+max(last, value)
	}
	if n == 1 {
		v[0] = last
	}
	return r.columns(n, v)
}

// columns tells a count from frames and bytes.
func (r *tsharkRow) columns(n int, v [2]uint64) bool {
	switch n {
	case 0:
		return false
	case 1:
		r.word, r.count = "tshark-iostat-count", v[0]
	default:
		r.word, r.frames, r.bytes = "tshark-iostat", v[0], v[1]
	}
	return true
}

// oldIOStat reads "000.000-001.000     535     78577".
func (r *tsharkRow) oldIOStat(b []byte) bool {
	w, rest := scan.Word(b)
	r.from, r.to = scan.CutByte(w, '-')
	_, ok := scan.WholeMillionths(r.from)
	_, ok2 := scan.WholeMillionths(r.to)
	if !ok || !ok2 || bytes.IndexByte(r.from, '.') < 0 {
		return false
	}
	var v [2]uint64
	n := 0
	for {
		if w, rest = scan.Word(rest); len(w) == 0 {
			break
		}
		value, ok := scan.Number(w)
		if !ok {
			return false
		}
		if n < 2 {
			v[n] = value
		}
		n++
	}
	return r.columns(n, v)
}

// conv reads a conversation: both ends, then frames and bytes of <-, -> and both, start and duration. Bytes may have a
// unit behind them. i is where the arrow stands.
func (r *tsharkRow) conv(b []byte, i int) bool {
	left, rest := bytes.TrimSpace(b[:i]), b[i+len(" <-> "):]
	right, rest := scan.Word(rest)
	r.a, r.aport = tsharkEnd(left)
	r.b, r.bport = tsharkEnd(right)
	if !r.a.IsValid() || !r.b.IsValid() {
		return false
	}
	var v [6]uint64
	for k := range v {
		w, after := scan.Word(rest)
		for string(w) == "|" {
			rest = after
			w, after = scan.Word(rest)
		}
		n, ok := commaNumber(w)
		if !ok {
			return false
		}
		if unit, after2 := scan.Word(after); k%2 == 1 && len(unit) > 0 && scan.IsLetter(unit[0]) {
			r.bytesText = w[:len(w):len(w)]
			if start := bytes.Index(rest, w); start >= 0 && k == 5 {
				r.bytesText = rest[start : start+len(w)+1+bytes.Index(rest[start+len(w)+1:], unit)+len(unit)]
			}
			n, after = n*byteUnit(unit), after2
		} else if k == 5 {
			r.bytesText = w
		}
		v[k], rest = n, after
	}
	r.framesBA, r.framesAB, r.frames, r.bytes = v[0], v[2], v[4], v[5]
	for n := 0; n < 2; {
		var w []byte
		if w, rest = scan.Word(rest); len(w) == 0 {
			break
		}
		if string(w) == "|" {
			continue
		}
		if n++; n == 1 {
			r.start = w
		} else {
			r.duration = w
		}
	}
	r.word = "tshark-conv"
	return true
}

// tsharkEnd reads an address, and a port behind a colon. Addresses of IPv6 stand without brackets there: what is behind
// the last colon is the port where an address is left in front.
func tsharkEnd(b []byte) (netip.Addr, uint16) {
	if i := bytes.LastIndexByte(b, ':'); i > 0 && bytes.Count(b[:i], []byte(":")) > 1 {
		if n, ok := scan.Number(b[i+1:]); ok && n < 1<<16 && b[i+1] != '0' {
			if a := scan.Addr(b[:i]); a.IsValid() {
				return a, uint16(n)
			}
		}
	}
	if bytes.Count(b, []byte(":")) != 1 {
		if a := scan.Addr(b); a.IsValid() && bytes.Count(b, []byte(":")) < 8 {
			return a, 0
		}
	}
	return scan.HostPort(b, ':')
}

// endpoint reads a row of endpoints: address, port where the protocol has one, then packets and bytes of all, sent and
// received. Bytes may have a unit behind them.
func (r *tsharkRow) endpoint(b []byte) bool {
	w, rest := scan.Word(b)
	if len(w) < 3 || bytes.IndexByte(w, '.') < 0 && bytes.IndexByte(w, ':') < 0 || len(rest) < 12 {
		return false
	}
	if r.a = scan.Addr(w); !r.a.IsValid() {
		return false
	}
	var v [7]uint64
	n := 0
	for n < len(v) {
		w, after := scan.Word(rest)
		value, ok := commaNumber(w)
		if !ok {
			break
		}
		if unit, after2 := scan.Word(after); len(unit) > 0 && (byteUnit(unit) > 1 || string(unit) == "bytes") {
			value, after = value*byteUnit(unit), after2
		}
		v[n], rest = value, after
		n++
	}
	switch {
	case n == 7 && v[0] < 1<<16 && v[1] == v[3]+v[5] && v[1] > 0:
		r.aport, r.frames, r.bytes = uint16(v[0]), v[1], v[2]
	case n == 6 && v[0] == v[2]+v[4] && v[0] > 0:
		r.frames, r.bytes = v[0], v[1]
	default:
		return false
	}
	r.word = "tshark-endpoint"
	return true
}

// byteUnit returns the number of bytes that a unit stands for; tshark counts in powers of ten.
func byteUnit(u []byte) uint64 {
	switch string(u) {
	case "kB", "KB":
		return 1_000
	case "MB":
		return 1_000_000
	case "GB":
		return 1_000_000_000
	case "TB":
		return 1_000_000_000_000
	}
	return 1
}

// commaNumber reads 1234 and 1,234, up to twelve digits.
func commaNumber(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c == ',' {
			continue
		}
		if !scan.IsDigit(c) || n > 1e12 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(b) > 0
}

// tree reads "  rakuten.co.jp       1       0.000112          50.00%" (old: item, value, rate, share) and
// " rakuten.co.jp  1   0.0001   50.00%   0.0100   0.000" (new). The depth is the indentation, which counts from one in
// the old layout and from zero in the new one.
func (r *tsharkRow) tree(b []byte, indent int) bool {
	if !endsRow(b) {
		return false
	}
	gap := bytes.Index(b, []byte("  "))
	if gap < 1 {
		return false
	}
	r.item = b[:gap]
	count, rest := scan.Word(b[gap:])
	n, ok := scan.Number(count)
	rate, rest := scan.Word(rest)
	if !ok || len(rate) < 4 || bytes.IndexByte(rate, '.') < 0 && rate[len(rate)-1] != '%' ||
		len(rate) < 6 && len(rest) == 0 {
		return false
	}
	if _, ok = scan.WholeMillionths(bytes.TrimRight(rate, "%")); !ok {
		return false
	}
	burst := false
	for k := 0; ; k++ {
		var w []byte
		if w, rest = scan.Word(rest); len(w) == 0 {
			break
		}
		if _, ok := scan.WholeMillionths(bytes.TrimRight(w, "%")); !ok || k > 5 {
			return false
		}
		burst = burst || k > 0
	}
	r.word, r.count, r.depth = "tshark-http-req", n, indent
	if burst {
		r.depth++
	}
	return true
}

// cutByte2 cuts at a separator of more than one byte; rest is nil where there is none.
func cutByte2(b []byte, sep string) (f, rest []byte) {
	if i := bytes.Index(b, []byte(sep)); i >= 0 {
		return b[:i], b[i+len(sep):]
	}
	return b, nil
}

// tsharkNote reads the frames and headings of the tables, which say nothing.
func tsharkNote(b []byte, rec *Record) bool {
	if !isTsharkNote(b) {
		return false
	}
	rec.Dialect = "tshark"
	return mark(rec, System, "other")
}

// isTsharkNote reports whether b is a frame or a heading of a table.
func isTsharkNote(b []byte) bool {
	var notes []string
	switch b[0] {
	case '=':
		notes = tsharkFrames[:1]
	case '-':
		return scan.Has(b, "----") && len(bytes.Trim(b, "-")) == 0
	case '|':
		notes = tsharkFrames[1:]
	case 'H', 'T', 'I', 'U', 'F':
		notes = tsharkHeadings[:]
	}
	for _, s := range notes {
		if scan.Has(b, s) {
			return true
		}
	}
	return false
}

// Beginnings of the lines of a table that are no rows.
var (
	tsharkFrames = [...]string{
		"====", "|====", "|----", "| IO Statistics", "| Interval", "|Interval", "| Duration:", "|Duration:", "| Col ",
		"|Col ",
	}
	tsharkHeadings = [...]string{
		"HTTP/Requests:", "TCP Conversations", "IPv4 Conversations", "UDP Conversations", "Filter:<", "TCP Endpoints",
		"UDP Endpoints", "IPv4 Endpoints", "IPv6 ", "IO Statistics", "Topic / Item",
	}
)

// looksTshark reports whether b may be a row of a table, or a frame or heading of one.
func looksTshark(b []byte, rec *Record) bool {
	switch c := b[0]; {
	case scan.IsDigit(c):
		return len(b) <= 1024
	case c == '|':
		return true
	}
	return isText(b, rec) && !isTcpdumpWord(b)
}

// tsharkForms reads rows, frames and headings.
func tsharkForms(b []byte, rec *Record) bool {
	switch {
	case tsharkPacket(b, rec):
		return true
	case scan.IsDigit(b[0]):
		return tshark(b, rec)
	case b[0] == '|':
		return tshark(b, rec) || tsharkNote(b, rec)
	default:
		return tsharkNote(b, rec) || endsRow(b) && tshark(b, rec)
	}
}

// endsRow reports whether b ends like a row of a table: in a number, or in the frame behind it.
func endsRow(b []byte) bool {
	last := b[len(b)-1]
	return scan.IsDigit(last) || last == '%' || last == '|'
}
