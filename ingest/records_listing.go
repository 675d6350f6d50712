package ingest

import (
	"bytes"
	"strings"
)

// listingRows tells of a listing of a session table how its rows go on: the function that it returns reports whether a
// line belongs to the row above it. It is nil where the head of the text is no such listing, or one whose rows are one
// line each.
func listingRows(head []byte) func(line []byte) bool {
	for n := 0; n < 40 && len(head) > 0; n++ {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		text := string(bytes.TrimLeft(line, " \t"))
		switch {
		case strings.HasPrefix(text, "session info: proto="), strings.HasPrefix(text, "session6 info: proto="):
			return untilOf("session info:", "session6 info:", "total session")
		case strings.HasPrefix(text, "Session ID: ") && (strings.Contains(text, "Policy name: ") ||
			strings.Contains(text, "Status: ")):
			return untilOf("Session ID:", "Total sessions", "Flow Sessions", "Valid sessions")
		case strings.Contains(text, " in use, ") && strings.Contains(text, " most used"):
			return func(l []byte) bool { return isIndented(l) || bytes.HasPrefix(l, []byte("flags ")) }
		case strings.HasPrefix(text, "Pro") && strings.Contains(text, "nside global"):
			return iosGoesOn
		case mikrotikRowBegins(text):
			return func(l []byte) bool {
				return isIndented(l) && !mikrotikRowBegins(string(bytes.TrimLeft(l, " \t")))
			}
		case strings.Contains(text, " -> ") || strings.Contains(text, " <- "):
			next, _, _ := bytes.Cut(rest, []byte("\n"))
			if n := string(bytes.TrimLeft(next, " \t")); isIndented(next) &&
				(strings.HasPrefix(n, "age ") && strings.Contains(n, "expires in ") || strings.HasPrefix(n, "[")) {
				return isIndented
			}
		case strings.HasPrefix(text, "State ") || strings.HasPrefix(text, "Netid "): // ss -i
			return func(l []byte) bool { return l[0] == '\t' }
		}
		head = rest
	}
	return nil
}

// untilOf returns a function that takes all lines for a part of the row above but those that begin in one of the ways.
func untilOf(begins ...string) func(line []byte) bool {
	return func(line []byte) bool {
		return !beginsWith(line, begins...)
	}
}

// beginsWith reports whether a line begins, behind its indent, in one of the ways.
func beginsWith(line []byte, ways ...string) bool {
	line = bytes.TrimLeft(line, " \t")
	for _, w := range ways {
		if bytes.HasPrefix(line, []byte(w)) {
			return true
		}
	}
	return false
}

func isIndented(line []byte) bool { return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') }

// iosGoesOn reports whether a line of show ip nat translations verbose tells of the translation above it.
func iosGoesOn(line []byte) bool {
	return beginsWith(line, "create", "Map-Id", "Mac-Address", "entry-id", "flags", "none,", "extended", "use_count",
		"VRF", "timeout", "left ", "Flow-Id", "ipsec", "nat")
}

// mikrotikRowBegins reports whether a text begins like a row of RouterOS' print detail: a number, flags, and the first
// field or a comment.
func mikrotikRowBegins(text string) bool {
	words := strings.Fields(text[:min(len(text), 80)])
	if len(words) < 2 || strings.Trim(words[0], "0123456789") != "" {
		return false
	}
	for _, w := range words[1:] {
		switch {
		case strings.HasPrefix(w, "protocol="), strings.HasPrefix(w, "src-address="), w == ";;;":
			return true
		case strings.Trim(w, "ESACDFHsd") != "":
			return false
		}
	}
	return false
}
