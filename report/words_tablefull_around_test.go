package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func TestWordsAroundAnOverflow(t *testing.T) {
	full := func(change func(f *detect.Finding)) *detect.Finding {
		f := &detect.Finding{
			Kind: detect.TableFullKind, Router: "gw", Host: "10.0.0.5",
			TableFull: detect.TableFull{TableShare: 0.6, Entries: 1000, Capacity: 1000,
				Holders: []detect.Share{{Host: "10.0.0.5", Share: 0.6}}}, Start: time.Unix(1e9, 0),
			End: time.Unix(1e9+9, 0), Score: 0.9,
			Lines: 10, Drops: 100,
		}
		change(f)
		return f
	}
	for _, c := range []struct {
		name   string
		f      *detect.Finding
		detail string // in it
		advice string // in it
	}{
		{"trigger is the holder", full(func(f *detect.Finding) { f.Trigger, f.TriggerSessions = f.Host, 700 }),
			"10.0.0.5 opened 700 sessions in the minute before.", ""},
		{"trigger is another", full(func(f *detect.Finding) { f.Trigger, f.TriggerSessions = "10.0.0.6", 300 }),
			"It was not the largest holder that set it off, but 10.0.0.6, which opened 300 sessions in the minute " +
				"before.", ""},
		{"nothing is left", full(func(f *detect.Finding) { f.FitsWithout = new(true) }),
			"Without 10.0.0.5 nothing would have overflowed.", ""},
		{"hardly anything rebuilt", full(func(f *detect.Finding) { f.Capacity, f.Entries = 0, 80 }),
			"10.0.0.5 probably held 60 % of it (rebuilt from the log). Its size is not known; about 80 entries were " +
				"in it by then, as rebuilt. So few fill no router's table", ""},
		{"fits", full(func(f *detect.Finding) { f.Without, f.FitsWithout = 420, new(true) }),
			"Without 10.0.0.5 everything would have fitted: at most about 420 entries.", ""},
		{"does not fit", full(func(f *detect.Finding) { f.Without, f.FitsWithout = 1420, new(false) }),
			"Even without 10.0.0.5 not everything may have fitted: up to about 1,420 entries", ""},
		{"victims", full(func(f *detect.Finding) {
			f.Victims = []detect.Victim{{Host: "10.0.0.1", Count: 9}, {Host: "10.0.0.2", Name: "tv", Count: 5},
				{Host: "10.0.0.3", Count: 2}, {Host: "10.0.0.4", Count: 1}}
		}), "about 17 sessions of others did not come about: 10.0.0.1 9, tv 5, 10.0.0.3 2 and 1 other (estimated", ""},
		{"stealth port", full(func(f *detect.Finding) {
			f.Inlets = []detect.Service{{Host: "10.0.0.7", Port: "tcp/51413", Entries: 90, HalfOpen: 80}}
		}), "Of the entries, 80 sessions of 10.0.0.7 tcp/51413 from outside were not answered.",
			"Each unanswered session holds an entry for 120 s (SYN_SENT) or 60 s (SYN_RECV); a refused one holds " +
				"none. That frees 80 entries."},
		{"server closes first", full(func(f *detect.Finding) {
			f.Inlets = []detect.Service{{Host: "10.0.0.7", Name: "nas", Port: "tcp/80", Entries: 300, TimeWait: 290}}
		}), "290 sessions of nas tcp/80 were over and waited in TIME_WAIT.",
			"Let the clients of nas tcp/80 close first"},
		{"a few are not worth a word", full(func(f *detect.Finding) {
			f.Inlets = []detect.Service{{Host: "10.0.0.7", Port: "tcp/80", Entries: 30, TimeWait: 20, HalfOpen: 10}}
		}), "The table takes 1,000 entries.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			Describe(c.f, Options{Location: time.UTC, Config: detect.DefaultConfig()})
			if !strings.Contains(c.f.Detail, c.detail) {
				t.Errorf("%s\ndoes not say\n%s", c.f.Detail, c.detail)
			}
			advice := strings.Join(c.f.Advice, "\n")
			if !strings.Contains(advice, c.advice) || c.advice == "" && strings.Contains(advice, "forwarded port") {
				t.Errorf("advice\n%s", advice)
			}
		})
	}
}
