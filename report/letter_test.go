package report

import (
	"bytes"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// beyondLetter finds what would make a mail program load or run something: a picture may come from the mail alone.
var beyondLetter = regexp.MustCompile(
	`(?i)<script|<iframe|<object|<embed|<link|<style|<svg|<base|<form|<use|url\(|@import|javascript:|https?://|` +
		`<[^>]*\b(href|xlink|on[a-z]+)\s*=|src="(?:[^c]|c[^i]|ci[^d]|cid[^:])`)

func TestLetter(t *testing.T) {
	m := homeModel(t, 1, 30)
	l, err := NewLetter(m)
	if err != nil {
		t.Fatal(err)
	}
	if x := beyondLetter.FindString(l.HTML); x != "" {
		t.Errorf("the letter reaches outside by %q", x)
	}
	wellFormed(t, l.HTML)
	if !strings.HasPrefix(l.Subject, "uncloak ") || !strings.Contains(l.Subject, "filled the session table") ||
		strings.ContainsAny(l.Subject, "\r\n") || len([]rune(l.Subject)) > maxSubject {
		t.Errorf("subject %q", l.Subject)
	}
	for _, want := range []string{"vmhost (192.168.128.12) filled the session table", `src="cid:table.png"`,
		`src="cid:minutes.png"`, "What to do", "Proof: lines as received", "#0072b2", "… and 1"} {
		if !strings.Contains(l.HTML, want) {
			t.Errorf("the letter lacks %q", want)
		}
	}
	if !strings.Contains(l.Text, "VERDICT") || len(l.HTML) > 100_000 { // Gmail cuts a mail at 102 kB
		t.Errorf("%d bytes of HTML; text:\n%s", len(l.HTML), l.Text)
	}
	if len(l.Pictures) != 2 {
		t.Fatalf("%d pictures", len(l.Pictures))
	}
	for _, p := range l.Pictures {
		img, kind, err := image.Decode(bytes.NewReader(p.PNG))
		if err != nil || kind != "png" || img.Bounds().Dx() != 1840 || len(p.PNG) > 300_000 {
			t.Fatalf("%s: %v, %v, %d bytes", p.Name, err, kind, len(p.PNG))
		}
		colors := map[[3]uint32]bool{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				r, g, b, _ := img.At(x, y).RGBA()
				colors[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
			}
		}
		want := [3]uint32{0x00, 0x72, 0xb2}
		if p.Name == "minutes.png" {
			want = [3]uint32{0x06, 0x26, 0x4d}
		}
		if !colors[want] || colors[[3]uint32{1, 2, 0}] {
			t.Errorf("%s lacks the colour %x, or has one that stands for another", p.Name, want)
		}
	}
	if dir := os.Getenv("LETTER_DIR"); dir != "" { // to look at it
		page := l.HTML
		for _, p := range l.Pictures {
			page = strings.ReplaceAll(page, "cid:"+p.Name, p.Name)
			if err := os.WriteFile(filepath.Join(dir, p.Name), p.PNG, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "letter.html"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
