// Command bentlines writes log lines that are nearly right, for comparing two builds of the parser: every line of the
// files that it is given, then -n lines made from them, each cut, spliced with another, or with a byte, a number or a
// word changed. The same files and the same -seed give the same lines on every machine.
//
//	go run ./testdata/bentlines -n 150000 parse/testdata/*.log | uncloak parse
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/therootcompany/xz"
)

func main() {
	n := flag.Int("n", 150000, "how many bent lines to make")
	seed := flag.Uint64("seed", 1, "of the random numbers")
	whole := flag.Bool("whole", true, "write the lines as they are, too")
	flag.Parse()
	if err := run(os.Stdout, flag.Args(), *n, *seed, *whole); err != nil {
		log.Fatal(err)
	}
}

// run writes the lines of the files, then n bent ones, to w.
func run(w io.Writer, files []string, n int, seed uint64, whole bool) error {
	var lines [][]byte
	for _, name := range files {
		text, err := read(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		for line := range bytes.Lines(text) {
			if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		return fmt.Errorf("no line in %d files", len(files))
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if whole {
		for _, line := range lines {
			fmt.Fprintf(out, "%s\n", line)
		}
	}
	r := rand.New(rand.NewPCG(seed, seed))
	for range n {
		fmt.Fprintf(out, "%s\n", bent(r, lines))
	}
	return out.Flush()
}

// read returns the text of a file, unpacked where its name ends in .xz.
func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".xz") {
		return io.ReadAll(f)
	}
	r, err := xz.NewReader(f, xz.DefaultDictMax)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// bent returns a copy of one of the lines with one to three changes.
func bent(r *rand.Rand, lines [][]byte) []byte {
	b := bytes.Clone(lines[r.IntN(len(lines))])
	for range 1 + r.IntN(3) {
		if len(b) == 0 {
			return b
		}
		i := r.IntN(len(b))
		switch r.IntN(9) {
		case 0: // the end is missing
			b = b[:i]
		case 1: // the beginning is missing
			b = b[i:]
		case 2: // a part is missing
			b = append(b[:i], b[i+r.IntN(len(b)-i):]...)
		case 3: // another byte, but no newline
			if c := byte(r.IntN(256)); c != '\n' {
				b[i] = c
			}
		case 4: // a number that no field holds
			b = splice(b, i, []byte("99999999999999999999"))
		case 5: // what many dialects stop at
			b = splice(b, i, []byte{` =:;,"'[](){}<>|/\->%`[r.IntN(21)]})
		case 6: // the end of another line
			o := lines[r.IntN(len(lines))]
			b = append(b[:i], o[r.IntN(len(o)):]...)
		case 7: // a word twice
			w := bytes.Fields(b)
			if len(w) > 0 {
				b = splice(b, i, w[r.IntN(len(w))])
			}
		default: // another line's message behind this one's header
			o := lines[r.IntN(len(lines))]
			at, from := bytes.Index(b, []byte(": ")), bytes.Index(o, []byte(": "))
			if at > 0 && from > 0 {
				b = append(b[:at], o[from:]...)
			}
		}
	}
	return b[:min(len(b), 1<<16)]
}

// splice inserts s into b at i.
func splice(b []byte, i int, s []byte) []byte {
	return append(b[:i:i], append(bytes.Clone(s), b[i:]...)...)
}
