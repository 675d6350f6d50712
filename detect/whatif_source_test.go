package detect

import (
	"testing"
	"time"
)

func TestNewReplay(t *testing.T) {
	day := func(routers map[string]*Router) []*Day {
		d := NewDay(DateOf(t0))
		d.Routers = routers
		return []*Day{d}
	}
	full := func(total, all uint32) []Overflow { return []Overflow{{Lines: 3, Total: total, All: all}} }
	for _, c := range []struct {
		name    string
		days    []*Day
		asked   string
		router  string
		all     bool
		quickly bool
	}{
		{"no log", nil, "", "", false, false},
		{"the one that refused", day(map[string]*Router{"a": {Sessions: 900},
			"b": {Sessions: 9, Overflows: full(5, 5)}}), "", "b", false, true},
		{"the one with most sessions", day(map[string]*Router{"a": {Sessions: 9}, "b": {Sessions: 900}}), "", "b",
			false, false},
		{"the one that was asked for", day(map[string]*Router{"a": {Sessions: 9}, "b": {Overflows: full(5, 5)}}), "a",
			"a", false, false},
		{"its sessions are in another log",
			day(map[string]*Router{"a": {Sessions: 900}, "b": {Overflows: full(5, 900)}}), "b", "b", true, true},
		{"too many sessions to search unasked", day(map[string]*Router{"a": {Sessions: 90_000, Overflows: full(5, 5)}}),
			"", "a", false, false},
	} {
		r := NewReplay(c.days, nil, DefaultConfig(), Window{t0, t0.Add(time.Hour)}, c.asked)
		if r.Router != c.router || r.All != c.all || WorthSearching(c.days, c.asked) != c.quickly {
			t.Errorf("%s: router %q, all %v, quickly %v", c.name, r.Router, r.All, WorthSearching(c.days, c.asked))
		}
	}
}

func TestReplayKnowsEchoes(t *testing.T) {
	at := func(n int) Burst { return Burst{Start: t0.Add(time.Duration(n) * time.Minute)} }
	fs := []Finding{
		{Kind: PTRStorm, Host: lan(10).String(), Echo: Echo{Causes: lan(11).String()}, Bursts: []Burst{at(3)}},
		{Kind: BurstKind, Host: lan(11).String(), Bursts: []Burst{at(2), at(5)}},
		{Kind: BurstKind, Host: lan(12).String(), Bursts: []Burst{at(1)}},
		{Kind: PTRStorm, Host: "router and others", Echo: Echo{Causes: lan(11).String()}},
	}
	got := NewReplay(nil, fs, DefaultConfig(), Window{}, "").Echoes
	if len(got) != 1 || got[0].Cause != lan(11) || got[0].Effect != lan(10) || len(got[0].Bursts) != 3 ||
		got[0].Bursts[1] != at(3) {
		t.Errorf("%+v", got)
	}
}
