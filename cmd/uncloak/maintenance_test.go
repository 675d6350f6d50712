package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// week returns a data directory with one line an hour for seven days, until now, which is noon of the last day.
func week(t *testing.T) (data string, now func() time.Time) {
	t.Helper()
	data = t.TempDir()
	last := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	for h := 6*24 + 12; h >= 0; h-- {
		fmt.Fprintf(&b, "%s gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.1.9 DST=198.18.0.9 LEN=60 PROTO=TCP SPT=%d "+
			"DPT=443\n",
			last.Add(-time.Duration(h)*time.Hour).Format(time.RFC3339Nano), 1024+h)
	}
	ok(t, b.String(), "import", "-", "--data", data, "--timezone", "UTC")
	return data, func() time.Time { return last }
}

// at runs the program at a time.
func at(t *testing.T, now func() time.Time, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &errOut)
	a.now = now
	code := a.run(t.Context(), args)
	return result{code, out.String(), errOut.String()}
}

func TestPrune(t *testing.T) {
	for _, how := range []string{"alone", "beside serve"} {
		t.Run(how, func(t *testing.T) {
			data, now := week(t)
			if how == "beside serve" {
				serveAt(t, now, data)
			}
			all := count(t, data)
			r := at(t, now, "prune", "--data", data, "--days", "3", "--dry-run")
			if r.code != 0 || strings.Count(r.out, "would be deleted: too old") != 4 || count(t, data) != all {
				t.Fatalf("%+v", r)
			}
			if r := at(t, now, "prune", "--data", data, "--days", "3", "--raw-days", "1"); r.code != 0 ||
				strings.Count(r.out, " deleted: too old") != 4 || strings.Count(r.out, "lines dropped") != 2 {
				t.Fatalf("%+v", r)
			}
			if n := count(t, data); n != 2*24+13 {
				t.Errorf("%d events are left", n)
			}
			if n := count(t, data, "--text", "PROTO=TCP"); n != 13 {
				t.Errorf("%d lines are left", n)
			}
			if r := at(t, now, "query", "--data", data, "--format", "raw"); strings.Count(r.out, "\n") != 13 ||
				!strings.Contains(r.errOut, "48 events are left out: their lines are not kept") {
				t.Errorf("%+v", r)
			}
			if r := at(t, now, "prune", "--data", data, "--bytes", "1k"); r.code != 0 ||
				strings.Count(r.out, "too much") != 2 {
				t.Fatalf("%+v", r)
			}
			if r := at(t, now, "prune", "--data", data, "--days", "1"); r.code != 0 || r.out != "nothing to delete\n" {
				t.Fatalf("%+v", r)
			}
			if r := at(t, now, "verify", "--data", data); r.code != 0 ||
				!strings.Contains(r.out, "1 files, 13 events: all is well") {
				t.Errorf("%+v", r)
			}
			ok(t, "", "report", "--data", data, "--day", "2026-11-21")
		})
	}
	data, now := week(t)
	for _, args := range [][]string{{}, {"--days", "-1"}, {"--bytes", "much"}, {"--bytes", "-3"}} {
		if r := at(t, now, append([]string{"prune", "--data", data}, args...)...); r.code != 2 {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// TestServeRetains: the config alone is enough, and a day that is gone does not come back with the next summary.
func TestServeRetains(t *testing.T) {
	data, now := week(t)
	config := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(config, []byte("retain: {days: 2, bytes: 20GB, raw_days: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := func() time.Time { return now().AddDate(0, 0, 30) }
	d := serveAt(t, later, data, "--config", config)
	for range 7 {
		d.log.wait(t, "day is deleted, as retain: says")
	}
	d.log.wait(t, `"day":"2026-11-21"`)
	if code := d.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if files, err := os.ReadDir(filepath.Join(data, "days")); err != nil || len(files) != 0 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestBackupAndVerify(t *testing.T) {
	for _, how := range []string{"alone", "beside serve"} {
		t.Run(how, func(t *testing.T) {
			data, now := week(t)
			if how == "beside serve" {
				serveAt(t, now, data)
			}
			file := filepath.Join(t.TempDir(), "backup.tar")
			if r := at(t, now, "backup", file, "--data", data); r.code != 0 || r.out != "" {
				t.Fatalf("%+v", r)
			}
			if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", fi, err)
			}
			back := untar(t, content(t, file))
			if r := at(t, now, "verify", "--data", back); r.code != 0 ||
				!strings.Contains(r.out, "7 files, 157 events: all is well") {
				t.Errorf("%+v", r)
			}
			query := []string{"query", "--format", "raw", "--data"}
			if a, b := ok(t, "", append(query, data)...), ok(t, "", append(query, back)...); a != b || a == "" {
				t.Errorf("the backup has other lines: %d and %d bytes", len(a), len(b))
			}
			report := []string{"report", "--day", "2026-11-20", "--timezone", "UTC", "--format", "json", "--data"}
			if a, b := at(t, now, append(report, data)...).out, at(t, now,
				append(report, back)...).out; strings.ReplaceAll(a, data, "") != strings.ReplaceAll(b, back, "") {
				t.Errorf("the report of the backup is another one:\n%s\n%s", a, b)
			}
			if r := at(t, now, "backup", "-", "--data", data); r.code != 0 || len(r.out) < 7*4096 {
				t.Errorf("to stdout: %d, %d bytes", r.code, len(r.out))
			}
		})
	}
}

// untar unpacks an archive, like tar -x.
func untar(t *testing.T, archive []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	in := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.Mkdir(name, os.FileMode(h.Mode))
		} else {
			var b []byte
			if b, err = io.ReadAll(in); err == nil {
				err = os.WriteFile(name, b, os.FileMode(h.Mode))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	data, now := week(t)
	name := filepath.Join(data, "days", "2026-11-18.db")
	if err := os.Truncate(name, 5000); err != nil {
		t.Fatal(err)
	}
	r := at(t, now, "verify", "--data", data)
	if r.code != 1 || !strings.Contains(r.out, "BAD  days/2026-11-18.db ") ||
		!strings.Contains(r.out, "file has 5000 bytes of") || !strings.Contains(r.out, "something is wrong with 2") {
		t.Errorf("%+v", r)
	}
	if r := at(t, now, "verify", "--data", data, "--format", "ndjson"); r.code != 1 ||
		strings.Count(r.out, `"problems":[]`) != 7 {
		t.Errorf("afterwards: %+v", r)
	}
	for _, args := range [][]string{{"query", "--format", "ndjson"}, {"query", "--day", "2026-11-18"},
		{"report", "--day", "2026-11-18"}, {"findings", "--from", "2026-11-17"},
		{"who", "203.0.113.7:4000", "--at", "2026-11-18T12:00:00Z"}} {
		r := at(t, now, append(args, "--data", data)...)
		if r.code != 1 ||
			!strings.Contains(r.errOut, "stored data of 2026-11-18 is damaged: the answer may lack events") {
			t.Errorf("%v does not say that the answer may lack events: %+v", args, r)
		}
	}
	if r := at(t, now, "query", "--format", "ndjson", "--data", data); strings.Count(r.out, "\n") != 6*24+13-24 {
		t.Errorf("%d events", strings.Count(r.out, "\n"))
	}
	if r := at(t, now, "query", "--day", "2026-11-20", "--data", data); r.code != 0 {
		t.Errorf("another day: %+v", r)
	}
}

func TestCompact(t *testing.T) {
	data, now := week(t)
	if r := at(t, now, "compact", "--data", data); r.code != 0 || r.out == "" {
		t.Errorf("%+v", r)
	}
	if n := count(t, data); n != 157 {
		t.Errorf("%d events", n)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]size{"0": 0, "500": 500, "1k": 1000, "500M": 500e6, "20GB": 20e9, "20 GB": 20e9,
		"1.5TiB": 3 << 39, "2Ki": 2048} {
		var s size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q: %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1X", "1e30", "NaN", "1GiGi"} {
		var s size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %d", text, s)
		}
	}
}
