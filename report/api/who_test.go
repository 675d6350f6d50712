package api

import (
	"context"
	"encoding/csv"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// whoFake answers with one holder, whose line is hostile.
type whoFake struct{ *fake }

func (whoFake) Who(_ context.Context, q store.Who) ([]store.Holder, error) {
	h := store.Holder{Host: netip.MustParseAddrPort("192.168.1.2:5000"), How: store.Translated, Standing: store.Open,
		From: q.At, Confidence: 0.89, Router: "=gw\x1b[2J"}
	h.First.Time, h.First.Raw = q.At.UnixNano(), []byte("=HYPERLINK(\"x\")\x1b[2J\n")
	return []store.Holder{h}, nil
}

func TestWhoEscapes(t *testing.T) {
	f := &fake{}
	c := clientOf(t, whoFake{f}, f, nil)
	q := url.Values{"end": {"203.0.113.7:40312"}, "at": {time.Unix(1e9, 0).UTC().Format(time.RFC3339)}}
	get := func(format string) string {
		q.Set("format", format)
		body, err := Get(t.Context(), c, "/v1/who", q)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if text := get("text"); strings.ContainsRune(text, 0x1b) || !strings.Contains(text, "192.168.1.2:5000") {
		t.Errorf("%q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(get("csv"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][3] != "'=HYPERLINK(\"x\")\x1b[2J\n" || rows[1][11] != "'=gw\x1b[2J" {
		t.Errorf("%q, %v", rows, err)
	}
}

// TestWhoSaysWhy: each confidence has its reasons, and where the log cannot tell, the log that would.
func TestWhoSaysWhy(t *testing.T) {
	at := time.Unix(1e9, 0)
	holder := func(host string, how store.How, s store.Standing) store.Holder {
		return store.Holder{Host: netip.MustParseAddrPort(host), How: how, Standing: s, From: at.Add(-time.Minute),
			To: at.Add(time.Minute)}
	}
	sure := holder("192.168.1.2:5000", store.Translated, store.Held)
	kept := holder("192.168.1.3:5000", store.KeptPort, store.Unsure)
	block := holder("192.168.1.2:5000", store.PortBlock, store.Open)
	for _, x := range []struct {
		hs   []store.Holder
		want []string
	}{
		{[]store.Holder{sure}, []string{"logged the translation", "begin and end are logged", "no other machine"}},
		{[]store.Holder{kept, sure}, []string{"conntrack -E", "begin is not logged", "one other machine"}},
		{[]store.Holder{block}, []string{"block of ports", "log of the ends would tell"}},
	} {
		a := whoAnswer{q: store.Who{At: at}, hs: x.hs, loc: time.UTC}
		got := a.holder(&a.hs[0]).Why
		for _, w := range x.want {
			if !strings.Contains(got, w) {
				t.Errorf("%q lacks %q", got, w)
			}
		}
	}
}
