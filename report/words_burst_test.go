package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestBurstWords(t *testing.T) {
	at := time.Unix(1e9, 0).UTC()
	echo := detect.Finding{Kind: detect.PTRStorm, Host: "10.0.0.2", Echo: detect.Echo{Causes: "10.0.0.1", Lookups: 30},
		Seen: 1, Start: at, End: at}
	torrent := detect.Finding{Kind: detect.BurstKind, Host: "10.0.0.1", Sessions: 300, Seen: 1, Start: at, End: at,
		Ports: []string{"udp/6881"},
		Application: &detect.Application{Guess: detect.AppBitTorrent,
			Reasons: []string{"ports that BitTorrent clients have as defaults (udp/6881)"}, Confidence: 0.9}}
	grows := detect.Finding{Kind: detect.GrowthKind, Host: "10.0.0.3", Class: "sessions",
		Growth: detect.Growth{GrowthDay: 0.03, PerDay: 169}, Start: time.Date(2025, 11, 2, 0, 0, 0, 0, time.UTC),
		End: time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)}
	for name, c := range map[string]struct {
		f         detect.Finding
		want, not string
	}{
		"one echo": {echo, "It did so after the one burst that there was.", "each of"},
		"ports are said once": {torrent,
			"(a guess, 90 %): ports that BitTorrent clients have as defaults (udp/6881).", "Ports used most"},
		"growth is of UTC days": {grows, "from Sun 2025-11-02 to Sat 2025-11-29;", "20:00"},
	} {
		t.Run(name, func(t *testing.T) {
			zone := time.FixedZone("EDT", -4*3600)
			f := c.f
			if Describe(&f, Options{Location: zone, From: time.Date(2025, 11, 29, 0, 0, 0, 0, zone),
				To: time.Date(2025, 11, 30, 0, 0, 0, 0, zone)}); !strings.Contains(f.Detail, c.want) ||
				strings.Contains(f.Detail, c.not) {
				t.Errorf("%s\nwant %s, not %s", f.Detail, c.want, c.not)
			}
		})
	}
}
