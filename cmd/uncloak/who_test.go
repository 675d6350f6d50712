package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// translations holds a log of a carrier's NAT: a session, a later one of another machine on the same port, a block of
// ports, and a hostile line with a spreadsheet formula and a terminal escape.
const translations = `2026-11-17T21:00:00.500Z cgn NAT-TCP-N: 100.64.0.5:5000<-->203.0.113.7:40312 to 198.51.100.1:443
2026-11-17T21:10:00.500Z cgn NAT-TCP-F: 100.64.0.5:5000<-->203.0.113.7:40312 to 198.51.100.1:443
2026-11-17T21:12:00.500Z cgn NAT-TCP-N: 100.64.0.6:6000<-->203.0.113.7:40312 to 198.51.100.2:443
2026-11-17T21:20:00.500Z cgn NAT-TCP-F: 100.64.0.6:6000<-->203.0.113.7:40312 to 198.51.100.2:443
2026-11-10T00:00:00.500Z cgn NAT-TCP-B: 100.64.0.9 -> 203.0.113.8:1024-2047
`

func TestWho(t *testing.T) {
	data := t.TempDir()
	ok(t, translations, "import", "-", "--data", data, "--timezone", "UTC")
	for name, tt := range map[string]struct {
		args []string
		want []string // in this order
	}{
		"text": {[]string{"203.0.113.7:40312", "--at", "2026-11-17 21:14:03"},
			[]string{"203.0.113.7:40312 at 2026-11-17 21:14:03 UTC ± 5s: 2 candidates",
				"99 %  100.64.0.6:6000  2026-11-17 21:12:00.500 to 2026-11-17 21:20:00.500",
				"its source was translated to that, tcp, with 198.51.100.2:443, router cgn",
				"| 2026-11-17T21:12:00.500Z cgn NAT-TCP-N: 100.64.0.6:6000", "0 %  100.64.0.5:5000",
				"ended before"}},
		"days after the block was given": {[]string{"203.0.113.8:1500", "--at", "2026-11-17T21:14:03+09:00"},
			[]string{"97 %  100.64.0.9  since 2026-11-10 00:00:00.500, no end is logged",
				"had the block of ports 1024-2047"}},
		"json": {[]string{"203.0.113.7:40312", "--at", "2026-11-17 21:14:03", "--format", "json"},
			[]string{`"end": "203.0.113.7:40312"`, `"who": "100.64.0.6"`, `"standing": "held"`}},
		"ndjson": {[]string{"203.0.113.7:40312", "--at", "2026-11-17 21:14:03", "--format", "ndjson", "--slack", "0s"},
			[]string{`{"who":"100.64.0.6","port":6000,`, "\n{\"who\":\"100.64.0.5\""}},
		"other protocol": {[]string{"203.0.113.7:40312", "--at", "2026-11-17 21:14:03", "--proto", "udp"},
			[]string{"nobody is known"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ok(t, "", append([]string{"who", "--data", data, "--timezone", "UTC"}, tt.args...)...)
			rest := got
			for _, w := range tt.want {
				i := strings.Index(rest, w)
				if i < 0 {
					t.Fatalf("%q is missing in:\n%s", w, got)
				}
				rest = rest[i:]
			}
			if strings.HasSuffix(name, "json") && !json.Valid([]byte(strings.SplitN(got, "\n{\"who\"", 2)[0])) {
				t.Errorf("no JSON:\n%s", got)
			}
		})
	}
	t.Run("csv", func(t *testing.T) {
		rows, err := csv.NewReader(strings.NewReader(ok(t, "", "who", "203.0.113.7:40312", "--at",
			"2026-11-17T21:14:03Z", "--csv", "--data", data, "--timezone", "UTC"))).ReadAll()
		if err != nil || len(rows) != 3 || strings.Join(rows[0][:4], " ") != "who from to evidence" {
			t.Fatalf("%v, %v", rows, err)
		}
		want := []string{"100.64.0.6", "2026-11-17T21:12:00.5Z", "2026-11-17T21:20:00.5Z",
			strings.Split(translations, "\n")[2], strings.Split(translations, "\n")[3]}
		for i, w := range want {
			if rows[1][i] != w {
				t.Errorf("column %s: %q, want %q", rows[0][i], rows[1][i], w)
			}
		}
	})
	t.Run("nothing of that time", func(t *testing.T) {
		r := uncloak(t, "", "who", "203.0.113.7:40312", "--at", "2025-01-01", "--data", data)
		if r.code != 0 || !strings.Contains(r.errOut, "nothing is stored of that time") {
			t.Errorf("%+v", r)
		}
	})
	for _, args := range [][]string{{"203.0.113.7"}, {"203.0.113.7:0", "--at", "now"}, {"x:1", "--at", "now"},
		{"203.0.113.7:1", "--at", "soon"},
		{"203.0.113.7:1", "--at", "now", "--slack", "-1s"}, {"203.0.113.7:1", "--at", "now", "--proto", "icmp"},
		{"203.0.113.7:1", "--at", "now", "--format", "html"}, {}} {
		if r := uncloak(t, "", append([]string{"who", "--data", data}, args...)...); r.code != 2 || r.out != "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// TestWhoKeepsBlocks asks for a block of ports with keep_raw: none: the line is stored all the same, as only it has the
// ports.
func TestWhoKeepsBlocks(t *testing.T) {
	data, config := t.TempDir(), filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(config, []byte("keep_raw: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ok(t, translations, "import", "-", "--data", data, "--timezone", "UTC", "--config", config)
	got := ok(t, "", "who", "203.0.113.8:1500", "--at", "2026-11-17 21:14:03", "--data", data, "--timezone", "UTC")
	if !strings.Contains(got, "had the block of ports 1024-2047") {
		t.Error(got)
	}
	got = ok(t, "", "who", "203.0.113.7:40312", "--at", "2026-11-17 21:14:03", "--data", data, "--timezone", "UTC")
	if !strings.Contains(got, "100.64.0.6:6000") || !strings.Contains(got, "the line is not kept") {
		t.Error(got)
	}
}
