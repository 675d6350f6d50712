package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"uncloak/detect"
)

// storeFormats lists the data directories of testdata/stores, each a backup by the commit of that name, with the format
// of its day files. All hold lines.log.gz, imported with --timezone UTC --year 2026 --router 192.168.1.1, and 120 lines
// that serve received in three batches on 2026-11-29. When the format changes, add one that the new program has made.
var storeFormats = map[string]uint32{"88c4610": 2, "179d487": 2, "fae208c": 2, "format-3": 3}

// TestEarlierStores: directories of earlier versions are read as they are and say what they say of lines that this
// version has stored; the first line that is added to a day makes its file one of this version, and leaves the others
// alone.
func TestEarlierStores(t *testing.T) {
	lines := string(unzip(t, "testdata/stores/lines.log.gz"))
	for batch := range 3 {
		for k := range 40 {
			lines += fmt.Sprintf("<4>kernel: NEW IN=br0 OUT=eth0 SRC=192.168.1.23 DST=198.51.100.%d LEN=60 TOS=0x00"+
				" PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 \n",
				1+k, k, 30000+batch*40+k)
		}
	}
	for name, format := range storeFormats {
		t.Run(name, func(t *testing.T) {
			data := untar(t, unzip(t, "testdata/stores/"+name+".tar.gz"))
			all := func(args ...string) string {
				t.Helper()
				return ok(t, "", append(args, "--data", data, "--timezone", "UTC")...)
			}
			window := []string{"--from", "2026-11-16", "--to", "2026-11-30"}
			raw := append([]string{"query", "--format", "raw"}, window...)
			if !strings.Contains(all("verify"), "4 files, 2891 events: all is well") {
				t.Errorf("verify: %s", all("verify"))
			}
			if got := all(raw...); got != lines {
				t.Errorf("%d bytes of lines, want %d", len(got), len(lines))
			}
			if got := all("upgrade", "--dry-run"); format < 3 && strings.Count(got, "by another version") != 4 {
				t.Errorf("upgrade --dry-run: %s", got)
			}
			if got := all("upgrade"); format < 3 && !strings.HasSuffix(got, "\nmade anew\n") {
				t.Errorf("upgrade: %s", got)
			}
			if got := all("upgrade"); got != "all summaries are up to date\n" {
				t.Errorf("upgraded, and upgrade says %s", got)
			}
			checkEarlier(t, all(append([]string{"findings", "--format", "json"}, window...)...))

			more := strings.Replace(strings.SplitAfterN(lines, "\n", 2)[0], "SPT=", "SPT=6", 1)
			ok(t, more, "import", "--data", data, "--timezone", "UTC", "--year", "2026", "--router", "192.168.1.1", "-")
			if got := all(raw...); len(got) != len(lines)+len(more) {
				t.Errorf("with a line more: %d bytes, want %d", len(got), len(lines)+len(more))
			}
			for day, want := range map[string]uint32{"2026-11-16": 3, "2026-11-17": format} {
				if got := dayFormat(t, data, day); got != want {
					t.Errorf("%s has format %d, want %d", day, got, want)
				}
			}
			all("compact")
			if got := all(raw...); len(got) != len(lines)+len(more) {
				t.Errorf("compacted: %d bytes, want %d", len(got), len(lines)+len(more))
			}
		})
	}
}

// checkEarlier checks the findings of lines.log.gz.
func checkEarlier(t *testing.T, text string) {
	t.Helper()
	var fs []detect.Finding
	if err := json.Unmarshal([]byte(text), &fs); err != nil {
		t.Fatal(err)
	}
	f := of(fs, detect.PeriodicBurst)
	if f.Name != "workshop-pc" || f.PeriodS != 1800 || len(f.Bursts) != 72 {
		t.Errorf("the rhythm is %+v", f)
	}
	for _, kind := range []string{detect.OOM, detect.TableFullKind, detect.AlarmKind} {
		if of(fs, kind).Kind == "" {
			t.Errorf("no %s", kind)
		}
	}
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(content(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// dayFormat reads the format that a day file says it has.
func dayFormat(t *testing.T, data, day string) (format uint32) {
	t.Helper()
	b, err := bbolt.Open(filepath.Join(data, "days", day+".db"), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_ = b.View(func(tx *bbolt.Tx) error {
		format = binary.BigEndian.Uint32(tx.Bucket([]byte("meta")).Get([]byte("version")))
		return nil
	})
	return format
}
