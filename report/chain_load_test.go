package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// An incident whose root is a load names the load, the alarms by what they say, and the table that it filled.
func TestChainOfALoadWords(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	at := func(h, m int) time.Time { return day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute) }
	load := detect.Finding{ID: "load-192.168.1.9", Group: "load-192.168.1.9", Kind: detect.LoadKind,
		Host: "192.168.1.9", Severity: detect.Critical, Start: at(10, 0), End: at(13, 0), Sessions: 54000, RateS: 5,
		LengthS: 10800, Score: 1, Seen: 1}
	load.Chain = []detect.Step{{ID: load.ID, Kind: detect.LoadKind, Host: load.Host, At: load.Start, Seen: 1, Of: 1,
		Why: detect.WhyRoot},
		{ID: "alarm-neighbour-overflow-gw", Kind: detect.AlarmKind, Router: "gw", At: at(10, 1), LagS: 50, Seen: 1,
			Of: 3, Why: detect.WhyCoincides},
		{ID: "table-full-gw-1", Kind: detect.TableFullKind, Router: "gw", At: at(10, 20), LagS: 1200, Seen: 4, Of: 4,
			Why: detect.WhyHolds}}
	full := detect.Finding{ID: "table-full-gw-1", Group: load.ID, Key: "table-full-gw", Kind: detect.TableFullKind,
		Router: "gw", Host: load.Host, TableFull: detect.TableFull{TableShare: 0.7,
			Holders: []detect.Share{{Host: load.Host, Share: 0.7}}}, Severity: detect.Critical, Drops: 9,
		Start: at(10, 20),
		End:   at(10, 21), Score: 0.9}
	alarm := detect.Finding{ID: "alarm-neighbour-overflow-gw", Group: "alarm-neighbour-overflow-gw",
		Kind: detect.AlarmKind, Router: "gw", Severity: detect.Warning, Start: at(10, 1), End: at(12, 0), Lines: 3,
		Drops: 3, Score: 1, AlarmFacts: detect.AlarmFacts{Message: "neighbour-overflow"}}
	for before, want := range map[bool][]string{
		false: {"10:00:00 192.168.1.9 opens many sessions without a pause → 10:20:00 session table full on gw (all " +
			"4 times, 20 min after).",
			"At 10:01:00 there was also “the neighbour (ARP) table is full on gw”: that happened", "cause",
			"192.168.1.9 filled the session table on gw once, from 10:00:00 to 13:00:00."},
		true: {"from the beginning of the log on 192.168.1.9 opens"},
	} {
		f := load
		f.Before = before
		m, err := Build(t.Context(), nil, nil, []detect.Finding{f, full, alarm},
			Options{From: day, To: day.AddDate(0, 0, 1), Location: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := Text(&b, m, TextOptions{Width: 200}); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(b.String()), " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("no %q in\n%s", w, b.String())
			}
		}
	}
}
