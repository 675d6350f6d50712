package parse

import (
	"net/netip"
	"strconv"

	"uncloak/parse/scan"
)

// tool writes what the lines of ping, traceroute, mtr and tshark say beyond an Event. They are read a second time from
// Body, so that a Record does not carry fields that no log line has. Times are milliseconds.
func (w *jsonWriter) tool(rec *Record) {
	switch rec.Dialect {
	case "ping":
		w.ping(rec)
	case "traceroute":
		w.hop(rec)
	case "mtr":
		w.mtr(rec)
	case "tshark":
		w.tshark(rec)
	}
}

func (w *jsonWriter) ping(rec *Record) {
	var l pingLine
	if !readPing(rec.Body, &l) {
		return
	}
	if l.hasSeq {
		w.number("seq", uint64(l.seq))
	}
	if l.ttl > 0 {
		w.number("ttl", uint64(l.ttl))
	}
	switch l.word {
	case "ping-reply":
		if l.hasRTT {
			w.decimal("rtt_ms", l.rtt)
		}
		w.flag("lt", l.less)
		w.flag("dup", l.dup)
	case "ping-summary":
		w.number("sent", uint64(l.sent))
		w.number("recv", uint64(l.recv))
		w.decimal("loss_pct", l.loss)
	case "ping-rtt":
		w.decimal("min", l.least)
		w.decimal("avg", l.mean)
		w.decimal("max", l.longest)
	}
}

func (w *jsonWriter) hop(rec *Record) {
	var h hop
	if rec.Word != "trace-hop" || !readHop(rec.Body, rec.indent, &h) {
		return
	}
	if h.n > 0 {
		w.number("hop", uint64(h.n))
	}
	w.key("ips")
	w.b = append(w.b, '[')
	for i, a := range h.ips[:h.nIP] {
		w.comma(i)
		w.b = append(a.AppendTo(append(w.b, '"')), '"')
	}
	w.b = append(w.b, ']')
	w.key("rtts")
	w.b = append(w.b, '[')
	for i, v := range h.rtts[:h.nRTT] {
		w.comma(i)
		w.b = appendDecimal(w.b, v)
	}
	w.b = append(w.b, ']')
	w.flag("timeout", h.nRTT == 0)
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.b = append(w.b, ',')
	}
}

func (w *jsonWriter) mtr(rec *Record) {
	var h mtrHop
	if rec.Word != "mtr-hop" {
		return
	}
	if !readMTR(rec.Body, &h) {
		if n, _, ok := scan.Leading(rec.Body[2:]); ok {
			w.number("hop", n+1)
		}
		if rec.Kind == Latency {
			w.decimal("rtt_ms", int64(rec.Count)*1000)
		}
		return
	}
	if h.n > 0 { // WinMTR numbers no hop
		w.number("hop", uint64(h.n))
	}
	if rec.Host == nil {
		w.bytes("host", h.host)
	}
	w.decimal("loss_pct", h.loss)
	w.number("snt", uint64(h.snt))
	w.decimal("last", h.last)
	w.decimal("avg", h.avg)
	w.decimal("best", h.best)
	w.decimal("wrst", h.wrst)
	w.decimal("stdev", h.stddev)
}

func (w *jsonWriter) tshark(rec *Record) {
	var r tsharkRow
	if rec.Word == "other" || !readTshark(rec.Body, rec.indent, &r) {
		return
	}
	switch r.word {
	case "tshark-iostat", "tshark-iostat-count":
		w.decimalText("frm", r.from)
		w.decimalText("to", r.to)
		if r.word == "tshark-iostat" {
			w.number("frames", r.frames)
		}
	case "tshark-conv":
		w.addr("a", r.a)
		w.port("aport", r.aport)
		w.addr("b", r.b)
		w.port("bport", r.bport)
		w.number("frames_ba", r.framesBA)
		w.number("frames_ab", r.framesAB)
		w.number("frames", r.frames)
		w.bytes("bytes_text", r.bytesText)
		w.bytes("start", r.start)
		w.bytes("duration", r.duration)
	case "tshark-http-req":
		w.number("depth", uint64(r.depth))
		w.bytes("item", r.item)
	}
}

// decimalText writes a number as a number and anything else ("Dur") as text.
func (w *jsonWriter) decimalText(k string, b []byte) {
	if v, ok := scan.WholeMillionths(b); ok {
		w.decimal(k, v)
	} else {
		w.bytes(k, b)
	}
}

// decimal writes millionths.
func (w *jsonWriter) decimal(k string, v int64) {
	w.key(k)
	w.b = appendDecimal(w.b, v)
}

func appendDecimal(b []byte, v int64) []byte {
	b = strconv.AppendInt(b, v/1_000_000, 10)
	if v %= 1_000_000; v == 0 {
		return b
	}
	b = appendPadded(append(b, '.'), uint64(v), 6)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// zoned writes an address with the zone that the line gave it.
func (w *jsonWriter) zoned(k string, a netip.Addr, zone []byte) {
	if len(zone) == 0 || !a.Is6() {
		w.addr(k, a)
		return
	}
	var buf [64]byte
	w.key(k)
	w.b = appendQuoted(w.b, append(append(a.AppendTo(buf[:0]), '%'), zone...))
}
