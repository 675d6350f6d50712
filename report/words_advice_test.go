package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestAdviceFitsTheHost(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		f    detect.Finding
		want string
	}{
		{"IPv4", detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "192.168.1.2", Port: 23},
			"forward ip saddr 192.168.1.2 tcp dport 23 "},
		{"IPv6", detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "fd00::2", Port: 23},
			"forward ip6 saddr fd00::2 tcp dport 23 "},
		{"the days to compare", detect.Finding{Kind: detect.GrowthKind, Host: "192.168.1.2", Start: day,
			End: day.AddDate(0, 0, 20)},
			"uncloak query --host 192.168.1.2 --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z, and uncloak " +
				"query --host 192.168.1.2 --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z."},
	} {
		opt := Options{Location: time.FixedZone("", 9*3600)}
		c.f.Start, c.f.End = c.f.Start.In(opt.Location), c.f.End.In(opt.Location)
		Describe(&c.f, opt)
		if all := strings.Join(c.f.Advice, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s: %q not in\n%s", c.name, c.want, all)
		}
	}
}
