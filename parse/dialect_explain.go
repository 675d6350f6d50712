package parse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Explain says in one line of English how rec was read from its line: header, dialect and what gave it away. It is
// what `uncloak parse --explain` prints.
func Explain(line []byte, rec *Record) string {
	why := "no dialect knows the message"
	for _, d := range dialects() {
		if d.Name == rec.Dialect {
			if why = d.known; why == "" {
				why = d.Reads
			}
			why = strings.ReplaceAll(why, "{word}", rec.Word)
		}
	}
	name := rec.Dialect
	if name == "" {
		name = "none"
	}
	return "dialect " + name + ": " + why + "; header: " + explainHeader(line, rec)
}

// explainHeader lists what the header gave.
func explainHeader(line []byte, rec *Record) string {
	var parts []string
	add := func(is bool, s string) {
		if is {
			parts = append(parts, s)
		}
	}
	s := &rec.Stamp
	add(len(line) > 0 && line[0] == '{', "journal JSON")
	add(rec.Pri >= 0, "priority")
	add(s.HasUnix, "Unix stamp")
	add(s.HasClock && s.Year == 0, "stamp without a year")
	add(s.HasClock && s.Year != 0 && !s.HasZone, "stamp without a zone")
	add(s.HasClock && s.Year != 0 && s.HasZone, "full stamp")
	add(s.HasUptime, "uptime")
	add(len(rec.Host) > 0, "host")
	add(len(rec.App) > 0, "tag")
	add(rec.Relay != nil || rec.RelayStamp != Stamp{}, "relay's header around it")
	add(rec.Word == "malformed", "grammar broken")
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// maxUnread bounds what Unread lists.
const maxUnread = 12

// Unread returns what the record does not hold of its message, as far as it looks like data: words with a digit or an
// equals sign whose values none of the keys of AppendJSON has. At most maxUnread words; `uncloak parse --explain` lists
// them.
func Unread(rec *Record) (out []string) {
	if rec.Dialect == "" {
		return nil
	}
	var keys map[string]any
	dec := json.NewDecoder(bytes.NewReader(AppendJSON(nil, rec)))
	dec.UseNumber()
	if dec.Decode(&keys) != nil {
		return nil
	}
	read := map[string]bool{}
	for _, v := range keys {
		read[strings.ToLower(strings.Trim(fmt.Sprint(v), "[]"))] = true
	}
	body := rec.Body[:min(len(rec.Body), 4096)]
	for _, word := range strings.FieldsFunc(string(body),
		func(r rune) bool { return r <= ' ' || strings.ContainsRune(`,;"()[]{}<>|`, r) }) {
		word = strings.Trim(word, ".:-%")
		if !strings.ContainsAny(word, "=0123456789") || isRead(word, read) {
			continue
		}
		if len(out) == maxUnread {
			return append(out, "…")
		}
		out = append(out, word)
	}
	return out
}

// isRead reports whether the value of a word, or each of the parts of one like 192.0.2.7:39660/80, is known.
func isRead(word string, read map[string]bool) bool {
	word = strings.ToLower(word)
	if _, v, ok := strings.Cut(word, "="); ok {
		if v == "" {
			return true
		}
		word = v
	}
	if read[word] {
		return true
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(":/>-", r) })
	for _, p := range parts {
		if !read[p] && strings.ContainsAny(p, "0123456789") {
			return false
		}
	}
	return len(parts) > 1
}
