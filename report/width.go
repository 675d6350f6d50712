package report

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// This file measures text in columns of a terminal: a Japanese letter takes two, a combining mark 0.

// letter splits s behind its first letter with the marks on it, and says how many columns that takes. The two marks of
// half-width Japanese letters have a column of their own, which uniseg does not count.
func letter(s string) (first, rest string, columns int) {
	first, rest, columns, _ = uniseg.FirstGraphemeClusterInString(s, -1)
	return first, rest, columns + strings.Count(first, "\uff9e") + strings.Count(first, "\uff9f")
}

// width returns how many columns s takes.
func width(s string) (columns int) {
	for s != "" {
		_, rest, n := letter(s)
		s, columns = rest, columns+n
	}
	return columns
}

// pad fills s up to n columns, with blanks behind it.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// padLeft fills s up to n columns, with blanks in front of it.
func padLeft(s string, n int) string { return strings.Repeat(" ", max(0, n-width(s))) + s }

// cut splits s behind the last whole letter that fits into n columns. A letter and its combining marks stay together.
func cut(s string, n int) (front, rest string) {
	for rest = s; rest != ""; {
		_, behind, columns := letter(rest)
		if n -= columns; n < 0 {
			break
		}
		rest = behind
	}
	return s[:len(s)-len(rest)], rest
}

// marksPerColumn bounds how many runes clip keeps for each column: marks pile up on a letter without taking room.
const marksPerColumn = 4

// clip cuts s after n columns and marks the cut with an ellipsis.
func clip(s string, n int) string {
	if len(s) <= n { // no letter takes more columns than bytes
		return s
	}
	if width(s) <= n && utf8.RuneCountInString(s) <= marksPerColumn*n {
		return s
	}
	front, _ := cut(s, n-1)
	runes := 0
	for k := range front {
		if runes++; runes > marksPerColumn*n {
			front = front[:k]
			break
		}
	}
	return front + "…"
}

// Fit makes s exactly n columns wide: cut with an ellipsis, or filled up with blanks behind it.
func Fit(s string, n int) string { return pad(clipped(s, n), n) }

// FitRight is Fit with the blanks in front.
func FitRight(s string, n int) string { return padLeft(clipped(s, n), n) }

// clipped is clip, but nothing fits into no column: not even the ellipsis.
func clipped(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return clip(s, n)
}

// clipFront cuts s down to its last columns, n of them: the end of a path tells more than its beginning.
func clipFront(s string, n int) string {
	over := width(s) - n
	if over <= 0 {
		return s
	}
	for over++; over > 0 && s != ""; { // one column more for the ellipsis
		_, rest, columns := letter(s)
		s, over = rest, over-columns
	}
	return "…" + s
}
