package parse

import (
	"bytes"
	"net/netip"

	"uncloak/parse/scan"
)

// mtrDialect describes the reports of mtr, which measures loss and round trips to each hop of a route.
func mtrDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "mtr",
			Devices: "mtr --report, --csv, --raw; WinMTR; traceroute on RouterOS",
			Sample:  "  3.|-- 68.85.118.13   0.0%    10    9.8  12.2   8.7  18.2   3.0",
			Reads:   "Hop, address, name, loss, probes and round trips.",
			Enable:  "mtr --report --no-dns ADDRESS",
			Source:  "mtr(8)",
		},
		known:  "a line as mtr prints it",
		tags:   []string{"mtr"},
		first:  text + "|",
		number: anything,
		looks:  looksMTR,
		kind:   tool,
		read:   mtrForms,
	}
}

// mtrHop is one hop of a report. Times are nanoseconds, the loss millionths of a per cent.
type mtrHop struct {
	n, snt                        uint32
	host                          []byte
	src                           netip.Addr
	loss                          int64
	last, avg, best, wrst, stddev int64
	start                         int64 // of the report, in seconds since 1970; 0: not said
}

// mtr reads the hops of `mtr --report` (with or without "|--", -b and -z), of --csv and of --raw:
//
//	3.|-- 68.85.118.13   0.0%    10    9.8  12.2   8.7  18.2   3.0
//	MTR.0.95,1700000000,OK,8.8.8.8,1,192.168.1.1,0.00,10,0,0.45,0.52,0.40,0.70,0.10
//	p 0 1234 33000
//
// A hop is Latency with Src = its address where one is printed, Detail = its name, Count = the average in microseconds
// and Packets = the probes sent. In --raw a line has hop, time in microseconds and sequence number.
func mtr(b []byte, rec *Record) bool {
	var h mtrHop
	if !readMTR(b, &h) {
		return false
	}
	rec.Dialect, rec.Src = "mtr", h.src
	rec.detail, rec.Packets, rec.Count = h.host, h.snt, scan.Microseconds(h.avg)
	if h.start > 0 && rec.Stamp == (Stamp{}) {
		rec.Stamp = Stamp{HasUnix: true, Unix: h.start * 1e9}
	}
	return mark(rec, Latency, "mtr-hop")
}

func readMTR(b []byte, h *mtrHop) bool {
	if len(b) > 512 {
		return false
	}
	switch {
	case scan.Has(b, "MTR."):
		return h.csv(b)
	case b[0] == '|':
		return h.winMTR(b)
	}
	n, rest, ok := scan.Leading(b)
	if ok && len(rest) > 2 && rest[0] == ' ' {
		h.n = uint32(min(n, 255))
		return h.routerOS(rest)
	}
	if !ok || n < 1 || n > 255 || len(rest) == 0 || rest[0] != '.' ||
		len(rest) > 1 && rest[1] != ' ' && rest[1] != '|' {
		return false
	}
	h.n = uint32(n)
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest[1:], []byte("|--")), " |`-")
	var f [24][]byte
	k := 0
	for ; k < len(f); k++ {
		if f[k], rest = scan.Word(rest); len(f[k]) == 0 {
			break
		}
	}
	if k < 8 || k == len(f) {
		return false
	}
	for i, w := range f[:k-7] {
		if scan.Has(w, "AS") && i == 0 && k > 8 {
			continue
		}
		if a := scan.Addr(bytes.Trim(w, "()")); a.IsValid() {
			h.src = a
		}
		if h.host == nil {
			h.host = w
		}
	}
	return h.numbers(f[k-7 : k])
}

// numbers reads Loss% Snt Last Avg Best Wrst StDev.
func (h *mtrHop) numbers(f [][]byte) bool {
	ok := [7]bool{}
	h.loss, ok[0] = scan.WholeMillionths(bytes.TrimRight(f[0], "%"))
	var snt int64
	snt, ok[1] = scan.WholeMillionths(f[1])
	h.snt = scan.Saturate(uint64(snt / 1_000_000))
	h.last, ok[2] = scan.WholeMillionths(f[2])
	h.avg, ok[3] = scan.WholeMillionths(f[3])
	h.best, ok[4] = scan.WholeMillionths(f[4])
	h.wrst, ok[5] = scan.WholeMillionths(f[5])
	h.stddev, ok[6] = scan.WholeMillionths(f[6])
	return ok == [7]bool{true, true, true, true, true, true, true}
}

// winMTR reads a row of WinMTR, which numbers no hop and whose columns stand in another order:
//
//	|            Host       -   %  | Sent | Recv | Best | Avrg | Wrst | Last |
//	|          198.51.100.1 -    1 |  522 |  521 |   37 |   39 |   50 |   38 |
//	| No response from host -  100 |  106 |    0 |    0 |    0 |    0 |    0 |
func (h *mtrHop) winMTR(b []byte) bool {
	if bytes.Count(b, []byte("|")) != 8 {
		return false
	}
	var f [9][]byte
	k := 0
	for rest := b[1:]; k < len(f) && rest != nil; k++ {
		f[k], rest = scan.CutByte(rest, '|')
		f[k] = bytes.TrimSpace(f[k])
	}
	i := bytes.LastIndex(f[0], []byte(" - "))
	if k != 8 || i < 1 || len(f[7]) > 0 {
		return false
	}
	h.host = bytes.TrimSpace(f[0][:i])
	h.src = scan.Addr(h.host)
	return h.numbers([][]byte{bytes.TrimSpace(f[0][i+3:]), f[1], f[6], f[4], f[3], f[5], []byte("0")})
}

// routerOS reads a row of the traceroute of RouterOS behind its number, whose address is missing where nobody answered:
//
//	192.168.88.1                     0%    3   0.5ms     0.5     0.5     0.6       0
//	                               100%   10 timeout
func (h *mtrHop) routerOS(b []byte) bool {
	w, rest := scan.Word(b)
	if h.src = scan.Addr(w); h.src.IsValid() {
		h.host = w
		w, rest = scan.Word(rest)
	}
	if len(w) < 2 || w[len(w)-1] != '%' {
		return false
	}
	var f [6][]byte
	for i := range f {
		f[i], rest = scan.Word(rest)
	}
	if string(f[1]) == "timeout" {
		var snt int64
		var ok, known bool
		h.loss, ok = scan.WholeMillionths(w[:len(w)-1])
		snt, known = scan.WholeMillionths(f[0])
		h.snt = scan.Saturate(uint64(snt / 1_000_000))
		return ok && known
	}
	last, ok := bytes.CutSuffix(f[1], []byte("ms"))
	return ok && h.numbers([][]byte{w, f[0], last, f[2], f[3], f[4], f[5]})
}

// csv reads version, time, status, target, hop, address and then the numbers; a column behind Snt is empty or a zero.
// Before 0.86 semicolons part the fields and the last is the average in microseconds.
func (h *mtrHop) csv(b []byte) bool {
	sep := byte(',')
	if i := bytes.IndexAny(b, ",;"); i > 0 {
		sep = b[i]
	}
	var f [16][]byte
	k := 0
	for ; k < len(f) && b != nil; k++ {
		f[k], b = scan.CutByte(b, sep)
		f[k] = bytes.TrimSpace(f[k])
	}
	n, ok := scan.Number(f[4])
	if k < 7 || !ok || n > 255 {
		return false
	}
	h.n, h.host, h.src = uint32(n), f[5], scan.Addr(f[5])
	if start, ok := scan.Number(f[1]); ok && start >= unixFrom && start < 9_000_000_000 {
		h.start = int64(start)
	}
	if k < 14 {
		us, ok := scan.Number(f[6])
		h.avg = int64(min(us, 1<<32)) * 1000
		return ok
	}
	v := f[6:]
	if scan.Has(v[0], "AS") {
		v = v[1:] // -z
	}
	return h.numbers([][]byte{v[0], v[1], v[3], v[4], v[5], v[6], v[7]})
}

// mtrRaw reads the lines of `mtr --raw`: "h 0 10.0.0.1" is a hop's address, "d 0 name" its name, "p 0 1234 33000" an
// answer after 1234 µs, "x 0 33000" a probe that was sent. Hops count from 0 there.
func mtrRaw(b []byte, rec *Record) bool {
	if len(b) < 5 || b[1] != ' ' || len(b) > 128 {
		return false
	}
	n, rest, ok := scan.Leading(b[2:])
	if !ok || n > 255 || len(rest) < 2 || rest[0] != ' ' {
		return false
	}
	first, more := scan.Word(rest)
	switch b[0] {
	case 'h':
		if rec.Src = scan.Addr(first); !rec.Src.IsValid() {
			return false
		}
		mark(rec, System, "mtr-hop")
	case 'd':
		rec.detail = first
		mark(rec, System, "mtr-hop")
	case 'x':
		if _, ok := scan.Number(first); !ok || len(scan.TrimLeft(more)) > 0 {
			return false
		}
		mark(rec, System, "mtr-hop")
	case 'p':
		us, ok := scan.Number(first)
		if _, ok2 := scan.Number(scan.TrimLeft(more)); !ok || !ok2 && len(more) > 0 {
			return false
		}
		rec.Count, rec.Packets = scan.Saturate(us), 1
		mark(rec, Latency, "mtr-hop")
	default:
		return false
	}
	rec.Dialect = "mtr"
	return true
}

// mtrNote reads the lines above a report, hops that say nothing, and further addresses of a hop.
func mtrNote(b []byte, rec *Record) bool {
	if b[0] == '|' && scan.Within(b, "WinMTR statistics") ||
		scan.Has(b, "# ADDRESS ") && scan.Within(b, " LOSS SENT ") {
		rec.Dialect = "mtr"
		return mark(rec, System, "other")
	}
	if scan.Has(b, "HOST: ") && scan.Within(b, "Loss%") || scan.Has(b, "Start: 20") || scan.Has(b, "Mtr_Version,") ||
		len(b) < 64 && bytes.HasSuffix(b, []byte(". (waiting for reply)")) ||
		scan.Has(b, "|") && scan.Within(b[:min(len(b), 8)], "|-- ") {
		rec.Dialect = "mtr"
		return mark(rec, System, "other")
	}
	return false
}

// looksMTR reports whether b may be a hop of a report, a line of --raw or --csv, or a heading.
func looksMTR(b []byte, rec *Record) bool {
	switch c := b[0]; {
	case scan.IsDigit(c):
		return len(b) <= 1024
	case c == '|':
		return scan.Within(b[:min(len(b), 8)], "|-- ") || len(b) <= 240 && b[len(b)-1] == '|'
	}
	return isText(b, rec) || isMTRVersion(b)
}

// isMTRVersion reports whether b begins with the version of mtr, as in --csv.
func isMTRVersion(b []byte) bool { return scan.Has(b, "MTR.") || scan.Has(b, "Mtr_") }

// mtrForms reads reports in all forms, and their headings.
func mtrForms(b []byte, rec *Record) bool {
	switch {
	case string(rec.App) == "mtr":
		return mtr(b, rec)
	case scan.IsDigit(b[0]) || b[0] == '|' || isMTRVersion(b):
		return mtr(b, rec) || mtrNote(b, rec)
	case len(b) > 5 && b[1] == ' ' && scan.IsDigit(b[2]) && mtrRaw(b, rec):
		return true
	}
	return mtrNote(b, rec)
}
