package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"uncloak/report/api"
	"uncloak/store/bolt"
)

// fuzzInstance opens a store in dir and what the API needs on it.
func fuzzInstance(t testing.TB, dir string) (*instance, *bolt.DB) {
	t.Helper()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	a.cfg = defaultConfig()
	a.cfg.Data, a.now = dir, func() time.Time { return time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC) }
	if wrong := a.cfg.complete(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	st, err := bolt.Open(dir, bolt.Options{NoSync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.newInstance(st, false)
	if err != nil {
		t.Fatal(err)
	}
	return h, st
}

// ask sends a request to the API, and returns the status, the body, and why a stream ended early.
func (h *instance) ask(method, path, query string, body io.Reader) (status int, text []byte, broken string) {
	r := httptest.NewRequestWithContext(context.Background(), method, "/", body)
	r.URL.Path, r.URL.RawQuery = path, query
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	b, _ := io.ReadAll(res.Body) // of memory: never fails
	return res.StatusCode, b, res.Trailer.Get(api.HeaderError)
}

// FuzzAPI asks every question with any parameters: the answer is one to it, or says that the question is wrong. It is
// no error of the server, and no stream that ends early.
func FuzzAPI(f *testing.F) {
	paths := []string{"report", "findings", "events", "who", "table", "check", "known", "settings", "acks", "version"}
	for i, q := range []string{"day=2026-11-21&format=json", "format=html&from=2026-11-21&to=-1h",
		"format=csv&host=192.168.1.9",
		"end=203.0.113.7:4000&at=2026-11-21T12:00:00Z", "at=12:00&what-if=table=65536&step=1m", "", "", "", "id=x",
		"host=::ffff:192.0.2.0/120&port=0&kind=new&limit=-1", "timezone=Local&day=yesterday&width=-1",
		"from=1e9&to=99999999999999", "limit=99999999999999999999", "host=/33&peer=%00", "timezone=../../etc/passwd"} {
		f.Add(uint8(i), q)
	}
	h, st := fuzzInstance(f, f.TempDir())
	f.Cleanup(func() { st.Close() })
	const text = "2026-11-21T12:00:00+00:00 gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.1.9 DST=198.18.0.1 LEN=60 " +
		"PROTO=TCP SPT=1025 DPT=443\n2026-11-21T12:00:01+00:00 gw kernel: nf_conntrack: table full, dropping packet\n"
	if status, b, _ := h.ask("POST", "/v1/import", "name=x", strings.NewReader(text)); status != http.StatusOK {
		f.Fatalf("%d %s", status, b)
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		path := "/v1/" + paths[int(which)%len(paths)]
		status, b, broken := h.ask(http.MethodGet, path, query, nil)
		if status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("GET %s?%s: %d %s", path, query, status, b)
		}
		if status == http.StatusOK && broken != "" {
			t.Errorf("GET %s?%s: ends early: %s", path, query, broken)
		}
		if v, err := url.ParseQuery(query); err == nil && status == http.StatusOK && v.Get("format") == "json" &&
			!json.Valid(b) {
			t.Errorf("GET %s?%s: no JSON: %s", path, query, b)
		}
	})
}

// FuzzImport puts any bytes as a file through the whole program: every line of it is stored or counted as a duplicate,
// and the reports of it are text without control characters.
func FuzzImport(f *testing.F) {
	for _, s := range []string{"%PDF-1.4\nno log\n",
		"Nov 21 12:00:00 gw kernel: nf_conntrack: table full, dropping packet\n",
		"2026-11-21T12:00:00+00:00 gw kernel: [NEW] IN=br0 SRC=192.168.1.9 DST=198.18.0.1 PROTO=TCP SPT=1 DPT=443\n",
		"[    1.000000] Out of memory: Killed process 1 (\x1b[31mx)\r\n\x00\n\n",
		`{"MESSAGE":"\u001b[2J","_HOSTNAME":"gw"}`,
		"<4>1 2026-11-21T12:00:00Z \u202egw app - - - \xff\xfe said \u0085\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		h, st := fuzzInstance(t, filepath.Join(t.TempDir(), "data"))
		defer st.Close()
		status, b, _ := h.ask(http.MethodPost, "/v1/import", "name=x&captured-at=2026-11-21T13:00:00Z",
			bytes.NewReader(file))
		if status == http.StatusUnprocessableEntity {
			return // no log at all, a broken archive
		}
		var got struct{ Lines, Events, Duplicates, Skipped uint64 }
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, b)
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		days, err := st.Days(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stored := uint64(0)
		for _, d := range days {
			stored += d.Events
		}
		if stored != got.Events || got.Events+got.Duplicates+got.Skipped > got.Lines {
			t.Errorf("%d events are stored, of %s", stored, b)
		}
		for _, q := range []string{"format=text", "format=json", "format=html", "format=md"} {
			status, b, _ := h.ask(http.MethodGet, "/v1/report", q+"&from=1970-01-02&to=2262-01-01", nil)
			if status != http.StatusOK || !utf8.Valid(b) || bytes.ContainsFunc(b, func(r rune) bool {
				return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0x85 || r == '\u202e'
			}) {
				t.Errorf("%s: %d %q", q, status, b)
			}
		}
		if damaged := st.Damaged(); damaged != 0 {
			t.Errorf("%d damaged", damaged)
		}
	})
}

// FuzzConfig reads any bytes as a config file: it is taken, or each thing that is wrong is one line.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "timezone: Europe/Berlin\nlan: [192.168.0.0/16]\n",
		"routers: [{address: 192.168.1.1, name: gw}]", "retain: {days: -1, bytes: 20XB}", "a: &a [*a]",
		"known: [{host: x, kind: burst, until: 2026-99-99}]", "\x00", "- 1",
		"listen: {udp: [\":514\"]}\ntls: {cert: 1}", "memory: 1e99\nlink: .nan\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(file, nil, pflag.NewFlagSet("x", pflag.ContinueOnError))
		var out bytes.Buffer
		if code := newApp(nil, &out, &out).report(err); err != nil && code != 2 || err == nil && code != 0 {
			t.Errorf("code %d: %v", code, err)
		}
		for l := range strings.Lines(out.String()) {
			if !strings.HasPrefix(l, "uncloak: ") || strings.ContainsRune(l, 0x1b) {
				t.Errorf("line %q", l)
			}
		}
	})
}
