package parse

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"uncloak/parse/scan"
)

func TestEncodings(t *testing.T) {
	cases := map[string][]string{
		"euc-jp":    {"ログイン失敗 192.168.0.5", "接続 (PPPoE)", "接続"},
		"shift-jis": {"ログイン失敗 192.168.0.5", "接続", "PPPoE セッション切断"},
		"latin-1":   {"Größe überschritten", "création créée", "señor", "45°C", "Verbindung über Gerät"},
	}
	encodings := map[string]encoding.Encoding{"euc-jp": japanese.EUCJP, "shift-jis": japanese.ShiftJIS, "latin-1": charmap.ISO8859_1}
	for name, texts := range cases {
		for _, text := range texts {
			raw, err := encodings[name].NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			line := append([]byte("Nov 21 20:28:21 gw web: "), raw...)
			var rec Record
			NewParser().Line(line, &rec)
			if !bytes.Equal(rec.Body, raw) {
				t.Errorf("%s: the body is not the line's own bytes", text)
			}
			if out := AppendJSON(nil, &rec); !bytes.Contains(out, []byte(text)) {
				t.Errorf("%s, %s: %s", name, text, out)
			}
		}
	}
	for _, text := range []string{"\xff\xfe", "\x80", "a\xc3", "\xa4", "x \xf0\x9f y"} {
		if out := scan.Readable([]byte(text)); !bytes.Equal(out, []byte(text)) && !utf8.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
	}
}
