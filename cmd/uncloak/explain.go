package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"uncloak/report"
)

// howToSend asks for lines that uncloak does not know; the errors about them end with it.
const howToSend = "please send us such a line and the name of the device, as an issue of the project (addresses may " +
	"be replaced)"

func (a *app) explainCommand() *cobra.Command {
	var all, list bool
	var format string
	cmd := &cobra.Command{Use: "explain MESSAGE|ID|-",
		Short: "What a message of a router or kernel means, its causes, what to do",
		Long: "Explains a message: what it means, when exactly it is printed, its causes from likely to rare,\n" +
			"what to check and what to do. The message may have its stamp, host and tag in front. - reads\n" +
			"messages from stdin, one a line, and explains each kind once. Nothing is read but the program's\n" +
			"own encyclopaedia. Exit code 1: nothing is known about it.",
		Example: "uncloak explain 'nf_conntrack: table full, dropping packet'\nuncloak explain conntrack-full\n" +
			"dmesg | uncloak explain -\nuncloak explain --list",
		Args: cobra.ArbitraryArgs}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "every entry that the message fits, not only the best")
	f.BoolVar(&list, "list", false, "the ids and titles of all entries")
	f.StringVar(&format, "format", "text", "text or json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.flags = cmd.Flags()
		if err := oneOf("format", &format, "text", "json"); err != nil {
			return err
		}
		switch {
		case list && len(args) > 0:
			return usagef("--list takes no message; see: %s --help", cmd.CommandPath())
		case list:
			return a.showEntries(report.Entries(), nil, format, true)
		case len(args) == 0:
			return usagef("explain needs a message, an id, or - for stdin; see: %s --help", cmd.CommandPath())
		}
		var found, more []*report.Entry
		var err error
		if len(args) == 1 && args[0] == "-" {
			found, more, err = explainAll(withContext(cmd.Context(), a.stdin), all)
		} else {
			found, more, err = explainOne(strings.Join(args, " "), all)
		}
		if err != nil {
			return err
		}
		return a.showEntries(found, more, format, false)
	}
	return cmd
}

// explainOne finds the entries that fit a message or an ID. found holds the best one, or each if all is set; more holds
// the others.
func explainOne(message string, all bool) (found, more []*report.Entry, err error) {
	if e, err := report.Lookup(strings.ToLower(strings.TrimSpace(message))); err == nil {
		return []*report.Entry{e}, nil, nil
	}
	switch found = report.Explain(message); {
	case len(found) == 0 && !strings.ContainsAny(strings.TrimSpace(message), " \t:%"):
		near := ""
		ids := entriesLike(message)
		if len(ids) > 0 {
			near = "; did you mean " + strings.Join(ids, " or ") + "?"
		}
		return nil, nil, fmt.Errorf("nothing is known about %q, and no entry has that id: see uncloak explain "+
			"--list, or give the whole message%s", report.Clean(clip(message)), near)
	case len(found) == 0:
		return nil, nil, fmt.Errorf("nothing is known about %q: %s", report.Clean(clip(message)), howToSend)
	case all:
		return found, nil, nil
	}
	return found[:1], found[1:], nil
}

// entriesLike suggests up to three IDs for a mistyped one: similar IDs first, then entries that contain all of its
// parts.
func entriesLike(word string) (ids []string) {
	ids = report.Near(word, entryIDs(), 3)
	parts := strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return r == '-' || r == '_' })
	for _, e := range report.Entries() {
		text := strings.ToLower(e.ID + " " + e.Title + " " + e.Sample)
		if len(parts) > 0 && !slices.Contains(ids, e.ID) &&
			!slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(text, p) }) {
			ids = append(ids, e.ID)
		}
	}
	return ids[:min(len(ids), 3)]
}

func entryIDs() (ids []string) {
	for _, e := range report.Entries() {
		ids = append(ids, e.ID)
	}
	return ids
}

// explainAll finds the entries that fit the lines of r, each entry once, in the order of the lines.
func explainAll(r io.Reader, all bool) (found, more []*report.Entry, err error) {
	in, lines, first := bufio.NewReaderSize(r, 1<<16), 0, ""
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read stdin: %w", err)
		}
		message := strings.TrimSpace(string(line))
		if message == "" {
			continue
		}
		if lines++; lines == 1 {
			first = message
		}
		fits, rest, err := explainOne(message, all)
		if err != nil {
			continue // an error only if no line fits anything: see below
		}
		found, more = add(found, fits), add(more, rest)
	}
	switch {
	case lines == 0:
		return nil, nil, errors.New("stdin has no message")
	case len(found) == 0 && lines == 1:
		_, _, err := explainOne(first, all)
		return nil, nil, err
	case len(found) == 0:
		return nil, nil, fmt.Errorf("nothing is known about any of %d lines, such as %q: %s", lines,
			report.Clean(clip(first)), howToSend)
	}
	return found, slices.DeleteFunc(more, func(e *report.Entry) bool { return slices.Contains(found, e) }), nil
}

// add appends the entries of es that to does not have.
func add(to, es []*report.Entry) []*report.Entry {
	for _, e := range es {
		if !slices.Contains(to, e) {
			to = append(to, e)
		}
	}
	return to
}

// showEntries prints entries in full, or as a list of titles.
func (a *app) showEntries(found, more []*report.Entry, format string, titles bool) error {
	if format == "json" {
		return report.EntriesJSON(a.stdout, found)
	}
	return a.page(func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if titles {
			for _, e := range found {
				fmt.Fprintf(out, "%-30s  %s\n", e.ID, e.Title)
			}
			return out.Flush()
		}
		for i, e := range found {
			if i > 0 {
				fmt.Fprintln(out)
			}
			fmt.Fprint(out, e.Text(a.columns(100)))
		}
		if len(more) > 0 {
			ids := make([]string, len(more))
			for i, e := range more {
				ids[i] = e.ID
			}
			fmt.Fprintf(out, "\nIt fits these, too (--all): %s\n", strings.Join(ids, ", "))
		}
		return out.Flush()
	})
}

// columns returns the width of the text on stdout: that of the terminal, at most limit; limit for a file or a pipe.
func (a *app) columns(limit int) int {
	if fd, ok := a.onTerminal(); ok {
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			return min(w, limit)
		}
	}
	return limit
}

// clip shortens a message to the 120 bytes that an error may show.
func clip(s string) string {
	if len(s) <= 120 {
		return s
	}
	return strings.ToValidUTF8(s[:120], "") + "…"
}
