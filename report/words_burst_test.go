package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestBurstWords(t *testing.T) {
	at := time.Unix(1e9, 0).UTC()
	echo := detect.Finding{Kind: detect.PTRStorm, Host: "10.0.0.2", Echo: detect.Echo{Causes: "10.0.0.1", Lookups: 30}, Seen: 1, Start: at, End: at}
	torrent := detect.Finding{Kind: detect.BurstKind, Host: "10.0.0.1", Sessions: 300, Seen: 1, Start: at, End: at, Ports: []string{"udp/6881"},
		Application: &detect.Application{Guess: detect.AppBitTorrent, Reasons: []string{"ports that BitTorrent clients have as defaults (udp/6881)"}, Confidence: 0.9}}
	grows := detect.Finding{Kind: detect.GrowthKind, Host: "10.0.0.3", Class: "sessions", Growth: detect.Growth{GrowthDay: 0.03, PerDay: 169}, Start: time.Date(2025, 11, 2, 0, 0, 0, 0, time.UTC), End: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)}
	for name, c := range map[string]struct {
		f         detect.Finding
		want, not string
	}{
		"one echo":              {echo, "It did so after the one burst that there was.", "each of"},
		"ports are said once":   {torrent, "(a guess, 90 %): ports that BitTorrent clients have as defaults (udp/6881).", "Ports used most"},
		"growth is of UTC days": {grows, "from Sun 2025-11-02 to Sat 2025-11-29;", "20:00"},
	} {
		t.Run(name, func(t *testing.T) {
			zone := time.FixedZone("EDT", -4*3600)
			f := c.f
			if Describe(&f, Options{Location: zone, From: time.Date(2025, 11, 29, 0, 0, 0, 0, zone), To: time.Date(2025, 11, 30, 0, 0, 0, 0, zone)}); !strings.Contains(f.Detail, c.want) || strings.Contains(f.Detail, c.not) {
				t.Errorf("%s\nwant %s, not %s", f.Detail, c.want, c.not)
			}
		})
	}
}

func TestFurtherSpellsAreALine(t *testing.T) {
	spell := func(n int64, router string) detect.Finding {
		return detect.Finding{ID: "spell", Kind: detect.TableFullKind, Router: router, Severity: detect.Critical, Start: time.Unix(n, 0), End: time.Unix(n+9, 0), Title: "full", Detail: "Detail.", Drops: 7, Lines: 2, Host: "10.0.0.1", TableFull: detect.TableFull{TableShare: 0.5}}
	}
	var b bytes.Buffer
	if err := FindingsText(&b, []detect.Finding{spell(1e9, "gw"), spell(1e9+60, "gw"), spell(1e9+60, "ap")}, time.UTC); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "Detail.") != 2 || strings.Count(got, "7 packets refused · 10.0.0.1 50 % · id spell") != 1 {
		t.Error(got)
	}
}

func TestStepProof(t *testing.T) {
	for want, s := range map[string]detect.Step{
		"":                           {Seen: 1, Of: 1},
		" (2 s after)":               {Seen: 1, Of: 1, LagS: 2},
		" (all 7 times)":             {Seen: 7, Of: 7},
		" (5 of 7 times, 2 s after)": {Seen: 5, Of: 7, LagS: 2},
		" (5 of 7 times, p < 1e-4)":  {Seen: 5, Of: 7, PValue: 3e-5},
	} {
		if got := stepProof(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
