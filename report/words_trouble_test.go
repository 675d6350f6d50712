package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// Fast knocks at a port where people log in may be guessed passwords; slow ones, and those at other ports, are not said to be.
func TestResetMayBeGuessing(t *testing.T) {
	for _, c := range []struct {
		name string
		port int
		rate float64
		want bool
	}{
		{"SSH", 22, 3, true}, {"remote desktop", 3389, 5, true}, {"Windows files", 445, 2, true}, {"MySQL", 3306, 4, true}, {"VNC", 5900, 4, true}, {"Telnet", 23, 4, true},
		{"SSH, slow", 22, 0.6, false}, {"a web server", 80, 5, false},
	} {
		f := detect.Finding{Kind: detect.ResetKind, Class: detect.Dead, Host: "10.0.0.1", Peer: "10.0.0.2:1", Port: c.port, RateS: c.rate, Score: 0.9}
		Describe(&f, Options{})
		if strings.Contains(f.Detail, "guessing passwords") != c.want {
			t.Errorf("%s: %s", c.name, f.Detail)
		}
	}
}

// What the senders left out did not arrive, so that all that did can have been understood.
func TestHealthSaysWhatWasLeftOut(t *testing.T) {
	m := &Model{Totals: Totals{Lines: 10}, Health: []Sender{{Suppressed: 203000}, {Suppressed: 199}}}
	if got, want := healthSummary(m), "all lines received were kept and understood; 203,199 lines were left out by the senders themselves"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	m.Totals.Unparsed = 1
	if got := healthSummary(m); !strings.HasSuffix(got, "1 not understood (10 %); 203,199 lines were left out by the senders themselves") {
		t.Error(got)
	}
}

func TestAdviceFitsTheHost(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		f    detect.Finding
		want string
	}{
		{"IPv4", detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "192.168.1.2", Port: 23}, "forward ip saddr 192.168.1.2 tcp dport 23 "},
		{"IPv6", detect.Finding{Kind: detect.ScanKind, Class: detect.Horizontal, Host: "fd00::2", Port: 23}, "forward ip6 saddr fd00::2 tcp dport 23 "},
		{"the days to compare", detect.Finding{Kind: detect.GrowthKind, Host: "192.168.1.2", Start: day, End: day.AddDate(0, 0, 20)},
			"uncloak query --host 192.168.1.2 --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z, and uncloak query --host 192.168.1.2 --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z."},
	} {
		opt := Options{Location: time.FixedZone("", 9*3600)}
		c.f.Start, c.f.End = c.f.Start.In(opt.Location), c.f.End.In(opt.Location)
		Describe(&c.f, opt)
		if all := strings.Join(c.f.Advice, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s: %q not in\n%s", c.name, c.want, all)
		}
	}
}
