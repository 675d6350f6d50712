package report

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
)

// Two incidents with different holders: the shares of the column stay parts of one table.
func TestSharesOfAllIncidentsSumUp(t *testing.T) {
	full := func(host string, share float64, drops int) Incident {
		return Incident{parts: []part{{Finding: &detect.Finding{Kind: detect.TableFullKind, Host: host,
			TableFull: detect.TableFull{TableShare: share}, Drops: drops}}}}
	}
	ins := []Incident{full("10.0.0.1", 0.8, 300), full("10.0.0.2", 0.9, 100)}
	a, b := Host{Host: "10.0.0.1"}, Host{Host: "10.0.0.2"}
	marks(&a, ins)
	marks(&b, ins)
	if math.Abs(a.TableShare-0.6) > 1e-9 || math.Abs(b.TableShare-0.225) > 1e-9 {
		t.Errorf("%v and %v", a.TableShare, b.TableShare)
	}
}

// Peers are counted by the UTC day, sessions by the window: no row has more hosts than sessions.
func TestPeersOfAPartOfADay(t *testing.T) {
	day := &detect.Day{Date: 20000, Hosts: map[netip.Addr]*detect.Host{netip.MustParseAddr("10.0.0.1"): {Peers: 500,
		Sessions: detect.Series{Slots: []detect.Slot{{I: 10, N: 300}, {I: 5000, N: 200}}}}}}
	start := day.Date.Start()
	for name, c := range map[string]struct {
		opt  Options
		want uint64
	}{
		"whole day": {Options{From: start, To: start.Add(24 * time.Hour)}, 500},
		"an hour":   {Options{From: start, To: start.Add(time.Hour)}, 300},
	} {
		t.Run(name, func(t *testing.T) {
			rows := hostRows([]*detect.Day{day}, nil, func(netip.Addr) string { return "" }, &c.opt)
			if len(rows) != 1 || rows[0].Peers != c.want {
				t.Errorf("%+v", rows)
			}
		})
	}
}
