package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// chatterWord is the Detail of what a kernel says of its hardware and its drivers, and what is of no consequence: "usb
// 1-1: new high-speed USB device number 2 using xhci_hcd".
const chatterWord = "chatter"

// Chatter is the Detail of an event that is a kernel's chatter: understood, and of no consequence.
var Chatter = MakeName(chatterWord)

// chatter takes a line that no dialect knows for harmless, where the kernel wrote it, at a severity below error,
// without a word that tells of trouble, and without an address: a line with one may be a packet's, in a form that is to
// be learned. Its Word stays what the header said.
func chatter(rec *Record) bool {
	ofKernel := rec.dmesg || rec.Stamp.HasUptime || string(rec.App) == "kernel" ||
		rec.Stamp.HasClock && rec.Pri >= 0 && rec.Pri>>3 == 0
	if !ofKernel || rec.Pri >= 0 && rec.Pri&7 <= 3 || len(rec.Body) == 0 || rec.Body[0] == '%' {
		return false
	}
	if troubled(rec.App) || troubled(rec.Body) || bytes.Contains(rec.Body, []byte("SRC=")) {
		return false
	}
	rec.Dialect, rec.detail = "kernel", rec.keep(chatterWord)
	if rec.Word == "" {
		rec.Word = "other"
	}
	rec.Kind = System
	return true
}

// troubles are the beginnings of words that keep a line from being chatter, by their first letter.
var troubles = ['z' - 'a' + 1][]string{
	0:         {"abort", "attack"},
	'b' - 'a': {"bad", "blocked", "blocking", "broken", "bug:"},
	'c' - 'a': {"cannot", "can't", "collision", "conflict", "corrupt", "could not", "couldn't", "critical"},
	'd' - 'a': {"damage", "dead", "denied", "deny", "died", "drop"},
	'e' - 'a': {"err", "exceed", "exhaust", "expire"},
	'f' - 'a': {"fail", "fatal", "fault", "flood", "full,", "full:", "full!"},
	'h' - 'a': {"hang", "hung"},
	'i' - 'a': {"illegal", "invalid"},
	'k' - 'a': {"kill"},
	'l' - 'a': {"leak", "locked up", "lockup", "lost"},
	'm' - 'a': {"malformed", "mismatch", "missing"},
	'n' - 'a': {"no buffer", "no memory", "no space", "not enough", "not found", "not ready", "not respond"},
	'o' - 'a': {"oops", "oom", "out of", "overflow", "overheat", "overrun"},
	'p' - 'a': {"panic"},
	'r' - 'a': {"refus", "reject", "retries", "retry"},
	's' - 'a': {"stall", "starv", "stuck", "suppress"},
	't' - 'a': {"table full", "throttl", "timed out", "timeout", "too many", "trap"},
	'u' - 'a': {"unable", "underrun", "unexpected", "unreach", "unrecover"},
	'v' - 'a': {"violat"},
	'w' - 'a': {"warn", "wedge"},
}

// secondLetters has, by the first letter of troubles, a bit for the second one.
var secondLetters = func() (t ['z' - 'a' + 1]uint32) {
	for i, words := range troubles {
		for _, w := range words {
			t[i] |= 1 << (w[1] & 31)
		}
	}
	return t
}()

// troubled reports whether the text has a word that tells of trouble, or an IPv4 address.
func troubled(b []byte) bool {
	b = b[:min(len(b), 512)]
	before := byte(' ')
	for i, c := range b {
		switch {
		case scan.IsLetter(c):
			if !scan.IsLetter(before) && troubleAt(b[i:]) {
				return true
			}
		case scan.IsDigit(c) && !scan.IsDigit(before) && before != '.' && before != '-' && dotted(b[i:]):
			return true
		}
		before = c
	}
	return false
}

// troubleAt reports whether b, which begins with a letter, begins with one of troubles.
func troubleAt(b []byte) bool {
	first := b[0]&31 - 1
	if len(b) < 3 || secondLetters[first]>>(b[1]&31)&1 == 0 {
		return false
	}
	for _, w := range troubles[first] {
		if foldedPrefix(b, w) {
			return true
		}
	}
	return false
}

// foldedPrefix reports whether b begins with the text, whose letters are small, in any case.
func foldedPrefix(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	for i := range len(text) {
		if c := b[i]; c != text[i] && (c < 'A' || c > 'Z' || c|0x20 != text[i]) {
			return false
		}
	}
	return true
}

// dotted reports whether b begins with an IPv4 address.
func dotted(b []byte) bool {
	n := 0
	for n < len(b) && (scan.IsDigit(b[n]) || b[n] == '.') {
		n++
	}
	return n >= len("1.1.1.1") && scan.Addr(bytes.TrimRight(b[:n], ".")).Is4()
}
