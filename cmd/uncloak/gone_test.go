package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/report/api"
)

// The file of a day that is removed or replaced under serve is noticed while nothing comes: the log and /healthz say
// so, new lines are stored, and serve ends with 1.
func TestDayFileTakenAway(t *testing.T) {
	for name, replace := range map[string]func(file string) error{
		"removed": os.Remove,
		"replaced": func(file string) error {
			return errors.Join(os.Rename(file, file+".old"), copyFile(file+".old", file))
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			quick := func(a *app) { a.judgeEvery = 20 * time.Millisecond }
			d := serveWith(t, quick, data, "--http", "127.0.0.1:0")
			at := d.at(t, "metrics")
			send(t, d.udp, 0, 1)
			stored(t, data, 1)
			days, err := filepath.Glob(filepath.Join(data, "days", "*.db"))
			if err != nil || len(days) == 0 {
				t.Fatal(days, err)
			}
			if err := replace(days[len(days)-1]); err != nil {
				t.Fatal(err)
			}
			d.log.wait(t, "stored lines were taken away while serve runs")
			r, err := http.Get(strings.Replace(at, "/metrics", "/healthz", 1))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if b, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusServiceUnavailable ||
				!strings.Contains(string(b), "the file of a day was removed or replaced") {
				t.Errorf("%d %s", r.StatusCode, b)
			}
			if code := d.stop(); code != 1 {
				t.Errorf("ended with %d, want 1", code)
			}
		})
	}
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// A data directory that is taken away is noticed also while nothing is received: the log and /healthz say so, and serve
// ends with 1. A second serve in a directory of that name is left alone, its socket too.
func TestDataDirectoryTakenAway(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	quick := func(a *app) { a.judgeEvery = 20 * time.Millisecond }
	d := serveWith(t, quick, data, "--http", "127.0.0.1:0")
	at := d.at(t, "metrics")
	health := func() (int, string) {
		r, err := http.Get(strings.Replace(at, "/metrics", "/healthz", 1))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	if code, text := health(); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	if err := os.Rename(data, data+".old"); err != nil {
		t.Fatal(err)
	}
	d.log.wait(t, "nothing is stored until the data directory is back")
	if code, text := health(); code != http.StatusServiceUnavailable || !strings.Contains(text, "data directory") {
		t.Errorf("%d %s", code, text)
	}
	second := serveWith(t, quick, data)
	if code := d.stop(); code != 1 {
		t.Errorf("ended with %d, want 1", code)
	}
	if _, err := os.Stat(filepath.Join(data, api.SocketName)); err != nil {
		t.Errorf("the socket of the second: %v", err)
	}
	if code := second.stop(); code != 0 {
		t.Errorf("the second ended with %d", code)
	}
}
