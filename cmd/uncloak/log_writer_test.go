package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestLogWriterIsNotRead logs into a pipe that is not read: Write does not wait, and each lost line is counted.
func TestLogWriterIsNotRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := newLogWriter(w, func(lost uint64) { fmt.Fprintf(w, "lost %d\n", lost) })
	const n = 50_000 // a pipe holds 64 KiB
	for i := range n {
		fmt.Fprintf(o, "line %d\n", i)
	}
	go func() { o.close(); w.Close() }()
	read, lost, last := 0, 0, -1
	for sc := bufio.NewScanner(r); sc.Scan(); {
		word, number, _ := strings.Cut(sc.Text(), " ")
		k, err := strconv.Atoi(number)
		switch {
		case err != nil:
			t.Fatal(sc.Text())
		case word == "lost":
			lost += k
		case k <= last:
			t.Fatalf("line %d after %d", k, last)
		default:
			read, last = read+1, k
		}
	}
	if read+lost != n || lost == 0 {
		t.Errorf("%d lines read, %d said to be lost, of %d", read, lost, n)
	}
}
