package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestFurtherSpellsAreALine(t *testing.T) {
	spell := func(n int64, router string) detect.Finding {
		return detect.Finding{ID: "spell", Kind: detect.TableFullKind, Router: router, Severity: detect.Critical,
			Start: time.Unix(n, 0), End: time.Unix(n+9, 0), Title: "full", Detail: "Detail.", Drops: 7, Lines: 2,
			Host: "10.0.0.1", TableFull: detect.TableFull{TableShare: 0.5}}
	}
	var b bytes.Buffer
	spells := []detect.Finding{spell(1e9, "gw"), spell(1e9+60, "gw"), spell(1e9+60, "ap")}
	if err := FindingsOf(&b, findingsOnly(clock{loc: time.UTC}, spells)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "Detail.") != 2 || strings.Count(got,
		"7 packets refused · 10.0.0.1 50 % · id spell") != 1 {
		t.Error(got)
	}
}
