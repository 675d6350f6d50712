package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestGrowthOverPlainHTTP(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for port, told := range map[int]bool{80: true, 443: false} {
		f := detect.Finding{Kind: detect.GrowthKind, Host: "192.168.1.20", Class: "bytes", Peer: "203.0.113.80:80",
			Port: port, Growth: detect.Growth{GrowthDay: 0.06, PerDay: 3 << 20, PeerShare: 1}, Start: at,
			End: at.Add(21 * 24 * time.Hour)}
		Describe(&f, Options{Location: time.UTC, From: f.Start, To: f.End})
		has := slices.ContainsFunc(f.Advice, func(s string) bool { return strings.Contains(s, "without encryption") })
		if has != told || strings.Contains(f.Advice[0], "encryption") {
			t.Errorf("port %d: %q", port, f.Advice)
		}
	}
}
