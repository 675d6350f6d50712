package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// dialect reads b in the dialect that its looks choose, or its sender is known to write. It leaves nothing behind where
// that fails.
func (p *Parser) dialect(b []byte, rec *Record) bool {
	if p.own != nil {
		return p.asked(b, rec)
	}
	word := rec.Word
	if p.table.choose(b, rec) {
		return true
	}
	rec.clear(word)
	return false
}

// choose finds the dialect of b and reads it. The looks at the frequent dialects stand here, each before anything that
// costs more; all others are in the table, by tag and by first byte.
func (t *table) choose(b []byte, rec *Record) bool {
	if len(b) == 0 {
		return false
	}
	if bytes.HasPrefix(rec.App, []byte("dnsmasq")) {
		return dnsmasq(b, rec)
	}
	before := rec.Word
	switch {
	case isJunosFirst(b, rec):
		if junosMessage(b, rec) {
			return true
		}
		rec.clear(before)
	case bytes.IndexByte(b[:min(len(b), 48)], '%') >= 0: // a mnemonic of Cisco's
		if withMnemonic(b, rec) {
			return true
		}
		rec.clear(before)
	}
	equals := bytes.IndexByte(b, '=') // of the first pair: many lines have none
	if i := pairAt(b, equals, "SRC="); i >= 0 {
		if isULOGD(b) {
			return ulogd(b, rec)
		}
		if loggedPacket(b, i, rec) {
			return true
		}
		rec.clear(before) // an address in a web server's log, say
	}
	ofKernel := speaksKernel(rec)
	if ofKernel && isSigned(b, rec) {
		if kernelOfBSD(b, rec) || kernel(b, rec) {
			return true
		}
		rec.clear(before)
		ofKernel = false
	}
	if b[0] == '[' && len(b) > 8 {
		if i := pairAt(b, equals, "src="); i >= 0 {
			if conntrack(b, i, rec) {
				return true
			}
			rec.clear(before)
		}
	}
	if len(rec.Host) == 0 && tableEntry(b, rec) || equals < 0 && mikrotikEarly(b, rec) {
		return true
	}
	if t.walk(b, rec) {
		return true
	}
	if scan.IsDigit(b[0]) && t.walkBehind(b, rec) {
		return true
	}
	return chooseLast(b, equals, ofKernel, before, rec)
}

// mikrotikEarly reads a line of RouterOS that its beginning shows to be one.
func mikrotikEarly(b []byte, rec *Record) bool {
	return rec.PID == nil && isMikrotikFirst(b) && mikrotikLine(b, rec)
}

// pairAt finds the pair whose key is that, with its equals sign, in b, of which the first equals sign stands at equals
// (-1: there is none).
func pairAt(b []byte, equals int, key string) int {
	from := equals + 1 - len(key)
	if from < 0 {
		if from = 0; equals < 0 {
			return -1
		}
	}
	if i := scan.Index(b[from:], key); i >= 0 {
		return from + i
	}
	return -1
}

// loggedPacket reads a line of the Linux firewall whose SRC= stands at b[src].
func loggedPacket(b []byte, src int, rec *Record) bool {
	if len(b) > 20 && scan.IsDigit(b[0]) && pveFirewall(b, rec) {
		return true
	}
	return netfilter(b, src, rec) || arpLog(b, rec)
}

// isSigned reports whether the header of a kernel's message leaves no doubt that the Linux kernel wrote it: BSD's
// begins with a bracket.
func isSigned(b []byte, rec *Record) bool {
	return (rec.Stamp.HasUptime || string(rec.App) == "kernel") && b[0] != '['
}

// chooseLast looks once more for the frequent dialects, now with more in front than choose allows for, and then knows a
// daemon by its tag alone.
func chooseLast(b []byte, equals int, ofKernel bool, before string, rec *Record) bool {
	if i := pairAt(b, equals, "src="); i >= 0 {
		return conntrack(b, i, rec)
	}
	if mikrotikLine(b, rec) || ofKernel && kernel(b, rec) {
		return true
	}
	if len(rec.App) == 0 {
		return false
	}
	rec.clear(before)
	return everyday(b, rec)
}

// walkBehind asks the table about what stands behind a header that only some relays write.
func (t *table) walkBehind(b []byte, rec *Record) bool {
	if addr, rest := behindAddress(b); addr != nil && t.walk(rest, rec) {
		rec.Host = addr
		return true
	}
	rest, host, stamp := behindOldStamp(b)
	if rest == nil || !t.walk(rest, rec) {
		return false
	}
	if len(rec.Host) == 0 {
		rec.Host = host
	}
	if rec.Stamp == (Stamp{}) {
		rec.Stamp = stamp
	}
	return true
}

// withTag is the body with its tag where that tag may be the start of a kernel message: a sender that leaves out
// "kernel:" makes "nf_conntrack:" look like a tag. It is nil where that cannot be.
func withTag(rec *Record) []byte {
	if len(rec.App) == 0 || len(rec.PID) > 0 || string(rec.App) == "kernel" || rec.tagged == nil {
		return nil
	}
	return scan.TrimBody(rec.tagged)
}
