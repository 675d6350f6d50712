package ingest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"uncloak/store"
)

// A file that was cut in a transfer gives the lines that are whole; the whole file then adds the others, and nothing
// twice.
func TestCutFiles(t *testing.T) {
	const n = 6000
	var log strings.Builder
	for i := range n {
		fmt.Fprintf(&log, "Nov  1 %02d:%02d:%02d gw app: message %d\n", i/3600, i/60%60, i%60, i)
	}
	zst := packed(t, log.String(), func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })
	for _, tc := range []struct {
		name  string
		whole []byte
	}{
		{"gzip", packed(t, log.String(), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })},
		{"zstd", zst},
		{"xz", sample(t, "testdata/app.log.xz")}, // the same text
		{"bzip2", sample(t, "testdata/app.log.bz2")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, whole := openStore(t), tc.whole
			read := func(b []byte) Summary { return importText(t, db, Options{Year: 2026}, string(b)) }
			cut := read(whole[:len(whole)*3/4])
			if cut.Cut != 1 || cut.Events == 0 || cut.Events >= n || len(cut.Notes) != 1 ||
				!strings.Contains(cut.Notes[0], fmt.Sprintf("its first %d lines", cut.Lines)) {
				t.Errorf("cut: %+v", cut)
			}
			if full := read(whole); full.Cut != 0 || full.Duplicates != cut.Events || full.Events != n-cut.Events {
				t.Errorf("full after cut (%d events): %+v", cut.Events, full)
			}
			if got := len(all(t, db, store.Query{})); got != n {
				t.Errorf("%d events are stored", got)
			}
		})
	}
}

func sample(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func packed(t *testing.T, text string, pack func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pack(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWholeLines(t *testing.T) {
	long := strings.Repeat("x", heldMax+100<<10)
	for _, tc := range []struct {
		name, text string
		cut        bool
		want       int // bytes of text
	}{
		{"whole", "a\nb\n", false, 4},
		{"no line end", "a\nb", false, 3},
		{"cut", "a\nb", true, 2},
		{"cut in the first", "ab", true, 0},
		{"nothing", "", true, 0},
		{"too long to hold", long, false, len(long)},
		{"many", strings.Repeat("abc\n", 100000) + "d", true, 400000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cut := false
			var r io.Reader = strings.NewReader(tc.text)
			if tc.cut {
				r = &cutReader{io.MultiReader(r, iotest.ErrReader(io.ErrUnexpectedEOF)), &cut}
			}
			got, err := io.ReadAll(&wholeLines{r: r, cut: &cut})
			if err != nil || string(got) != tc.text[:tc.want] || cut != tc.cut {
				t.Errorf("%d bytes, %v, cut %v", len(got), err, cut)
			}
		})
	}
}
