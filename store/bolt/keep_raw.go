package bolt

import (
	"fmt"

	"uncloak/parse"
	"uncloak/store"
)

// KeepRaw says which raw lines are stored. Events are stored whatever it says.
type KeepRaw uint8

const (
	KeepAll KeepRaw = iota
	// KeepFindings keeps lines that a report may quote as evidence: all but those of sessions begun, changed and ended
	KeepFindings
	KeepNone
)

// ParseKeepRaw reads the words of the config: all, findings, none; "" is all.
func ParseKeepRaw(s string) (KeepRaw, error) {
	switch s {
	case "", "all":
		return KeepAll, nil
	case "findings":
		return KeepFindings, nil
	case "none":
		return KeepNone, nil
	}
	return KeepAll, fmt.Errorf("%q: want all, findings or none", s)
}

// keeps reports whether the line of an event is stored. The line of a NAT that gives ports to a machine always is: no
// column holds the ports.
func (k KeepRaw) keeps(e *parse.Event) bool {
	if gives(e) {
		return true
	}
	kind := e.Kind
	switch k {
	case KeepNone:
		return false
	case KeepFindings:
		return kind != parse.SessionNew && kind != parse.SessionUpdate && kind != parse.SessionEnd
	}
	return true
}

// thinned replaces rows whose line is not to be stored by copies without it; the caller's entries stay as they are.
func (k KeepRaw) thinned(rows []*store.Entry) {
	if k == KeepAll {
		return
	}
	copies := make([]store.Entry, 0, len(rows))
	for i, r := range rows {
		if !k.keeps(&r.Event) {
			copies = append(copies, *r)
			rows[i] = &copies[len(copies)-1]
			thin(rows[i])
		}
	}
}
