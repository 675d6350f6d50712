package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

func TestExport(t *testing.T) {
	db := openStore(t)
	sum, err := Import(t.Context(), db, Options{}, "testdata/journal.export")
	if err != nil || sum.Events != 5 || strings.Join(sum.Routers, " ") != "vm" {
		t.Fatalf("%+v, %v", sum, err)
	}
	at := time.Date(2026, 11, 21, 20, 28, 21, 195360000, time.UTC)
	p, rec := parse.NewParser(), parse.Record{}
	es := all(t, db, store.Query{})
	for i, tc := range []struct {
		time time.Time
		kind parse.Kind
		body string
	}{
		{at, parse.SessionNew, "[NEW] IN=br-lan OUT=wan0 MAC="},
		{at.Add(133 * time.Microsecond), parse.SessionNew, "[NEW] IN=br-lan"},
		{at.Add(3812 * time.Microsecond), parse.SessionNew, "[NEW] IN=br-lan"},
		{at.Add(time.Second), parse.TableFull,
			"nf_conntrack: table full, dropping packet\nsecond \"line\"\twith a tab"},
		{at.Add(2 * time.Second), parse.Unknown, "M\xfcller: caf\xe9"},
	} {
		e := &es[i]
		p.Line(e.Raw, &rec)
		if got := time.Unix(0, e.Time).UTC(); got.Sub(tc.time).Abs() > time.Millisecond || e.Kind != tc.kind ||
			!strings.HasPrefix(string(rec.Body), tc.body) {
			t.Errorf("%v %v %q, want %v %v %q", got, e.Kind, rec.Body, tc.time, tc.kind, tc.body)
		}
	}
}

// What the journal says in both formats is the same line.
func TestExportIsJSON(t *testing.T) {
	db := openStore(t)
	f, err := os.Open("testdata/journal.export")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := io.ReadAll(&exportReader{r: bufio.NewReader(f)})
	if err != nil {
		t.Fatal(err)
	}
	importText(t, db, Options{}, string(lines))
	if sum, err := Import(t.Context(), db, Options{}, "testdata/journal.export"); err != nil || sum.Duplicates != 5 ||
		sum.Events != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestExportReader(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"one record", "__CURSOR=x\nMESSAGE=a=b\n_UID=0\n\n", `{"MESSAGE":"a=b"}`},
		{"no empty line at the end", "MESSAGE=a\n\nMESSAGE=b", `{"MESSAGE":"a"} {"MESSAGE":"b"}`},
		{"several empty lines", "MESSAGE=a\n\n\n\nMESSAGE=b\n", `{"MESSAGE":"a"} {"MESSAGE":"b"}`},
		{"twice", "MESSAGE=a\nMESSAGE=b\n", `{"MESSAGE":"a"}`},
		{"binary", "MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\nPRIORITY=4\n\n",
			`{"MESSAGE":"a\nb","PRIORITY":"4"}`},
		{"binary, of no use", "OTHER\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\nPRIORITY=4\n\n", `{"PRIORITY":"4"}`},
		{"binary, cut short", "MESSAGE\n\x09\x00\x00\x00\x00\x00\x00\x00ab", `{"MESSAGE":"ab"}`},
		{"binary, no length", "MESSAGE\n\x09\x00", ``},
		{"binary, length of a fool", "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff\nPRIORITY=4\n", `{"PRIORITY":"4"}`},
		{"no UTF-8", "MESSAGE=M\xfc\n", `{"MESSAGE":[77,252]}`},
		{"escapes", "MESSAGE=\"\\\x01\n", `{"MESSAGE":"\"\\\u0001"}`},
		{"junk", "what is this\nMESSAGE=a\n", `{"MESSAGE":"a"}`},
		{"nothing of use", "_UID=0\n\n", ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := io.ReadAll(&exportReader{r: bufio.NewReader(strings.NewReader(tc.text))})
			if s := strings.ReplaceAll(strings.TrimSpace(string(got)), "\n", " "); s != tc.want || err != nil {
				t.Errorf("%s, %v, want %s", s, err, tc.want)
			}
		})
	}
}

// A value is kept up to its bound, in memory of that order; the record goes on behind it.
func TestExportLongValue(t *testing.T) {
	const n = 5 << 20
	for name, text := range map[string]string{
		"text":   "MESSAGE=" + strings.Repeat("x", n) + "\nPRIORITY=4\n\n",
		"binary": "MESSAGE\n\x00\x00\x50\x00\x00\x00\x00\x00" + strings.Repeat("x", n) + "\nPRIORITY=4\n\n",
	} {
		got, err := io.ReadAll(&exportReader{r: bufio.NewReader(strings.NewReader(text))})
		if err != nil || len(got) > exportValue+100 || !bytes.HasSuffix(got, []byte("x\",\"PRIORITY\":\"4\"}\n")) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func FuzzExport(f *testing.F) {
	sample, err := os.ReadFile("testdata/journal.export")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte("MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := io.ReadAll(&exportReader{r: bufio.NewReader(bytes.NewReader(text))})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 6*len(text)+100 {
			t.Fatalf("%d bytes of %d", len(got), len(text))
		}
		for l := range bytes.Lines(got) {
			if !json.Valid(l) {
				t.Fatalf("no JSON: %q", l)
			}
		}
	})
}
