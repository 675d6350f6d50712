package bolt

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// childDir, when set, makes the test binary a writer that is going to be killed.
const childDir = "UNCLOAK_BOLT_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := writeForEver(dir, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const killBatch = 500

// writeForEver appends batches over two days and says the number of each one that is committed.
func writeForEver(dir string, out io.Writer) error {
	db, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	days, err := db.Days(context.Background())
	if err != nil {
		return err
	}
	var have uint64
	for _, d := range days {
		have = max(have, uint64(d.Last.Sub(noon())%(24*time.Hour)/time.Second)) // see killEntries
	}
	for n := have; ; n++ { // the last one may be half there: it is sent again, as a receiver would
		if _, err := db.Append(context.Background(), store.Batch{ID: fmt.Sprint(n), Entries: killEntries(n)}); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
}

// killEntries is batch n, whose events are n seconds after noon, on both days. Sizes vary, so that some merge.
func killEntries(n uint64) []store.Entry {
	at := noon().Add(time.Duration(n) * time.Second)
	size := killBatch
	if n%4 != 0 {
		size = 5
	}
	return append(entries(at, n*2*killBatch, size), entries(at.AddDate(0, 0, 1), n*2*killBatch+killBatch, size)...)
}

func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	committed := map[uint64]bool{}
	for round := range 12 {
		for n := range killed(t, dir, 1+round*round) {
			committed[n] = true
		}
		db := mustOpen(t, dir, Options{})
		seen := map[uint64]bool{}
		for e, err := range db.Events(t.Context(), store.Query{Identity: true}) {
			if err != nil || seen[e.Identity] {
				t.Fatalf("round %d: event %d twice, or %v", round, e.Identity, err)
			}
			seen[e.Identity] = true
		}
		for n := range committed {
			for _, e := range killEntries(n) {
				if !seen[e.Identity] {
					t.Fatalf("round %d: event %d of batch %d is lost", round, e.Identity, n)
				}
			}
		}
		if db.Damaged() != 0 {
			t.Fatalf("round %d: %d damaged blocks", round, db.Damaged())
		}
		mustClose(t, db)
	}
}

// killed runs a writer, kills it after some batches, or in the middle of the next one, and says what it had committed.
func killed(t *testing.T, dir string, batches int) map[uint64]bool {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := map[uint64]bool{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("child says %q", lines.Text())
		}
		done[n] = true
		if len(done) == batches {
			if err := cmd.Process.Kill(); err != nil { // what is still in the pipe counts as well
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(done) < batches {
		t.Fatalf("child ended with %v after %d batches: %s", err, len(done), complaints.String())
	}
	return done
}
