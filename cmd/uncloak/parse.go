package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"uncloak/parse"
)

// maxLine limits the bytes that are kept of a line on stdin.
const maxLine = 1 << 20

func (a *app) parseCommand() *cobra.Command {
	var explain bool
	var own string
	cmd := &cobra.Command{Use: "parse", Short: "Lines on stdin → what each says, as NDJSON",
		Long: "Reads lines on stdin and writes for each one JSON object with what it says. Nothing is stored. A\n" +
			"line that no dialect understands has kind unknown. A line beyond 1 MiB is cut.",
		Example: "uncloak parse < router.log | jq -c 'select(.kind == \"unknown\")'\n" +
			"uncloak parse --explain < router.log"}
	cmd.Flags().BoolVar(&explain, "explain", false,
		"say instead which dialect understood each line, and why, and what of it was not read")
	cmd.Flags().StringVar(&own, "dialect", "",
		"read the lines as those of a sender with routers: {dialect: …} (default found by looking)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := dialect(own)
		if err != nil {
			return usagef("--dialect: %w", err)
		}
		return parseLines(cmd.Context(), a.stdin, a.stdout, d, explain)
	}
	return cmd
}

// parseLines writes one JSON object, or one explanation, for each line of r. It flushes the output when no further line
// is waiting, so that the answers to tail -f or to typed lines appear at once.
func parseLines(ctx context.Context, r io.Reader, w io.Writer, d *parse.Dialect, explain bool) error {
	in, out := bufio.NewReaderSize(r, maxLine), bufio.NewWriterSize(w, 1<<16)
	p, rec, buf, n := parse.NewParser(), parse.Record{}, []byte(nil), 0
	for ctx.Err() == nil {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read stdin: %w", err)
		}
		p.LineOf(d, line, &rec)
		if explain {
			n++
			buf = explainLine(buf[:0], n, line, &rec)
		} else {
			buf = parse.AppendJSON(buf[:0], &rec)
		}
		if _, err := out.Write(append(buf, '\n')); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return ctx.Err()
}

// explainLine appends how the n-th line was read: its kind, its dialect and why, and the parts that were not read.
func explainLine(buf []byte, n int, line []byte, rec *parse.Record) []byte {
	kind := rec.Word
	if kind == "" {
		kind = "unknown"
	}
	buf = fmt.Appendf(buf, "%d: %s; %s", n, kind, parse.Explain(line, rec))
	switch rest := parse.Unread(rec); {
	case rec.Dialect == "" && len(rec.Body) > 0:
		buf = fmt.Appendf(buf, "; not read: %q", rec.Body[:min(len(rec.Body), 200)])
	case len(rest) > 0:
		buf = fmt.Appendf(buf, "; not read: %q", strings.Join(rest, " "))
	}
	return buf
}

// readLine returns the next line, which is valid until the next call. The part of a line beyond the buffer is skipped.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
		return line, nil
	case !errors.Is(err, bufio.ErrBufferFull):
		return nil, err
	}
	head := append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head, nil
}
