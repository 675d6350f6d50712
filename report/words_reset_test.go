package report

import (
	"strings"
	"testing"

	"uncloak/detect"
)

// Fast knocks at a port where people log in may be guessed passwords; slow ones, and those at other ports, are not said
// to be.
func TestResetMayBeGuessing(t *testing.T) {
	for _, c := range []struct {
		name string
		port int
		rate float64
		want bool
	}{
		{"SSH", 22, 3, true}, {"remote desktop", 3389, 5, true}, {"Windows files", 445, 2, true},
		{"MySQL", 3306, 4, true}, {"VNC", 5900, 4, true}, {"Telnet", 23, 4, true},
		{"SSH, slow", 22, 0.6, false}, {"a web server", 80, 5, false},
	} {
		f := detect.Finding{Kind: detect.ResetKind, Class: detect.Dead, Host: "10.0.0.1", Peer: "10.0.0.2:1",
			Port: c.port, RateS: c.rate, Score: 0.9}
		Describe(&f, Options{})
		if strings.Contains(f.Detail, "guessing passwords") != c.want {
			t.Errorf("%s: %s", c.name, f.Detail)
		}
	}
}
