package detect

import (
	"slices"
	"testing"
	"time"
)

func TestMarkKnown(t *testing.T) {
	now := t0.Add(24 * time.Hour)
	findings := func() []Finding {
		return []Finding{
			{ID: "periodic-burst-10.0.0.5-1800s", Key: "burst-10.0.0.5", Group: "periodic-burst-10.0.0.5-1800s",
				Kind: PeriodicBurst, Host: "10.0.0.5", Name: "NAS", Ports: []string{"tcp/873"},
				Evidence: Evidence{Events: 1000}, News: News{Status: Same, Change: 1}},
			{ID: "table-full-gw-1", Key: "table-full-gw", Group: "periodic-burst-10.0.0.5-1800s", Kind: TableFullKind,
				Router: "gw", Drops: 50},
			{ID: "table-full-gw-2", Key: "table-full-gw", Group: "periodic-burst-10.0.0.5-1800s", Kind: TableFullKind,
				Router: "gw", Drops: 70},
			{ID: "reset-10.0.0.6-192.0.2.1:80", Key: "reset-10.0.0.6-192.0.2.1:80", Kind: ResetKind, Host: "10.0.0.6",
				Port: 80, Evidence: Evidence{Events: 500}, News: News{Status: Worse, Change: 2.5}},
		}
	}
	const root = "periodic-burst-10.0.0.5-1800s"
	for _, c := range []struct {
		name  string
		rule  Rule
		known []int // which are silent
		ended map[int]string
	}{
		{"by id", Rule{ID: root, By: "config"}, []int{0, 1, 2}, nil},
		{"by key", Rule{ID: "table-full-gw"}, []int{1, 2}, nil},
		{"by id of one spell", Rule{ID: "table-full-gw-2"}, []int{2}, nil},
		{"by host", Rule{Host: "10.0.0.5"}, []int{0}, nil},
		{"by name", Rule{Host: "nas"}, []int{0}, nil},
		{"by network", Rule{Host: "10.0.0.0/29", Kind: PeriodicBurst}, []int{0}, nil},
		{"by router", Rule{Host: "gw"}, []int{1, 2}, nil},
		{"by kind", Rule{Kind: TableFullKind}, []int{1, 2}, nil},
		{"by port of a burst", Rule{Port: 873}, []int{0}, nil},
		{"kind and host must both fit", Rule{Kind: BurstKind, Host: "10.0.0.5"}, nil, nil},
		{"until then", Rule{Host: "10.0.0.5", Until: now.Add(1)}, []int{0}, nil},
		{"until now", Rule{Host: "10.0.0.5", Until: now}, nil, map[int]string{0: "over"}},
		{"config, and it is worse", Rule{Kind: ResetKind}, nil, map[int]string{3: "worse"}},
		{"ack of as much", Rule{ID: root, Sizes: map[string]float64{"burst-10.0.0.5": 900, "table-full-gw": 60}},
			[]int{0, 1, 2}, nil},
		{"ack of half as much", Rule{ID: root, Sizes: map[string]float64{"burst-10.0.0.5": 499, "table-full-gw": 60}},
			[]int{1, 2}, map[int]string{0: "worse"}},
		{"ack before the table overflowed", Rule{ID: root, Sizes: map[string]float64{"burst-10.0.0.5": 900}}, []int{0},
			map[int]string{1: "worse", 2: "worse"}},
		{"nothing fits", Rule{Host: "10.0.0.7"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := findings()
			MarkKnown(fs, []Rule{c.rule}, now, 1)
			for i := range fs {
				ended := ""
				if fs[i].Known != nil {
					ended = fs[i].Known.Ended
				}
				if fs[i].Silent() != slices.Contains(c.known, i) || ended != c.ended[i] {
					t.Errorf("%s: silent %v, ended %q", fs[i].ID, fs[i].Silent(), ended)
				}
			}
		})
	}
	t.Run("a rule that holds goes before one that does not", func(t *testing.T) {
		fs := findings()
		MarkKnown(fs, []Rule{{Host: "nas", Until: t0, Note: "old"}, {Host: "nas", Note: "new"}}, now, 1)
		if !fs[0].Silent() || fs[0].Known.Note != "new" {
			t.Errorf("%+v", fs[0].Known)
		}
	})
}

func TestRuleValidate(t *testing.T) {
	for name, c := range map[string]struct {
		rule Rule
		ok   bool
	}{
		"nothing":       {Rule{Note: "x"}, false},
		"a kind":        {Rule{Kind: OOM}, true},
		"no such kind":  {Rule{Kind: "brust"}, false},
		"a port":        {Rule{Port: 443}, true},
		"no such port":  {Rule{Port: 65536}, false},
		"negative port": {Rule{Host: "x", Port: -1}, false},
	} {
		if err := c.rule.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
