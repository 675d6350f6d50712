package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"uncloak/detect"
)

// JSON writes the model as JSON. Runes that would reach a terminal as control bytes are written as \u escapes, which
// any JSON reader turns back; bytes that are not UTF-8 become U+FFFD.
func JSON(w io.Writer, m *Model) error { return writeJSON(w, m) }

// FindingsJSON writes findings as an array.
func FindingsJSON(w io.Writer, fs []detect.Finding) error {
	if fs == nil {
		fs = []detect.Finding{}
	}
	return writeJSON(w, fs)
}

// EntriesJSON writes entries of the encyclopaedia as an array.
func EntriesJSON(w io.Writer, es []*Entry) error { return writeJSON(w, es) }

func writeJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = w.Write(append(inertJSON(b), '\n'))
	return err
}

// inertJSON escapes hostile runes. Such runes stand only within strings: the rest of the text is ASCII.
func inertJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r < 0x20 || !hostile(r):
			out = append(out, b[i:i+n]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		i += n
	}
	return out
}

// FindingsCSV writes findings as one row each, times in loc. Cells that a spreadsheet would take for a formula begin
// with an apostrophe.
func FindingsCSV(w io.Writer, fs []detect.Finding, loc *time.Location) error {
	if loc == nil {
		loc = time.UTC
	}
	c := csv.NewWriter(w)
	c.Write([]string{"id", "kind", "severity", "router", "host", "name", "start", "end", "score", "period_s", "minutes",
		"table_share", "causes", "title", "query"})
	for i := range fs {
		f := &fs[i]
		var minutes []string
		for _, m := range f.Minutes {
			minutes = append(minutes, strconv.Itoa(m))
		}
		row := []string{f.ID, f.Kind, string(f.Severity), f.Router, f.Host, f.Name,
			f.Start.In(loc).Format(time.RFC3339), f.End.In(loc).Format(time.RFC3339),
			number(f.Score), number(f.PeriodS), strings.Join(minutes, " "), number(f.TableShare), f.Causes, f.Title,
			f.Evidence.Query}
		for k := range row {
			row[k] = csvCell(row[k])
		}
		c.Write(row)
	}
	c.Flush() // Error returns the first error of the writes above
	return c.Error()
}

func number(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
