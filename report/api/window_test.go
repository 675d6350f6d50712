package api

import (
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

func TestParseTime(t *testing.T) {
	loc := time.FixedZone("X", 2*3600)
	now := time.Date(2026, 11, 21, 20, 30, 0, 0, loc)
	for _, c := range []struct{ in, want string }{
		{"2026-11-21", "2026-11-21T00:00:00+02:00"},
		{"2026-11-21 20:15", "2026-11-21T20:15:00+02:00"},
		{"2026-11-21T20:15", "2026-11-21T20:15:00+02:00"},
		{"2026-11-21 20:15:30", "2026-11-21T20:15:30+02:00"},
		{"2026-11-21T20:15:30Z", "2026-11-21T20:15:30Z"},
		{"2026-11-21T20:15:30.25+09:00", "2026-11-21T20:15:30.25+09:00"},
		{"yesterday", "2026-11-20T00:00:00+02:00"},
		{"today", "2026-11-21T00:00:00+02:00"},
		{"now", "2026-11-21T20:30:00+02:00"},
		{"-2h", "2026-11-21T18:30:00+02:00"},
		{"-90m", "2026-11-21T19:00:00+02:00"},
		{"-3d", "2026-11-18T20:30:00+02:00"},
		{"-1d2h", "2026-11-20T18:30:00+02:00"},
		{"-1w", "2026-11-14T20:30:00+02:00"},
		{"3 days ago", "2026-11-18T20:30:00+02:00"},
		{"2h ago", "2026-11-21T18:30:00+02:00"},
		{"1 hour 30 minutes ago", "2026-11-21T19:00:00+02:00"},
		{"+30d", "2026-12-21T20:30:00+02:00"},
		{"+90s", "2026-11-21T20:31:30+02:00"},
		{"-0.5h", "2026-11-21T20:00:00+02:00"},
		{"@1795293000", "2026-11-21T22:30:00+02:00"},
		{"tomorrow", "2026-11-22T00:00:00+02:00"},
		{"YESTERDAY 14:00", "2026-11-20T14:00:00+02:00"},
		{"yesterday at 14:00", "2026-11-20T14:00:00+02:00"},
		{"14:05", "2026-11-21T14:05:00+02:00"},
		{"9:05:06.25", "2026-11-21T09:05:06.25+02:00"},
		{"friday", "2026-11-20T00:00:00+02:00"},
		{"last Monday 8:00", "2026-11-16T08:00:00+02:00"},
		{"sat", "2026-11-14T00:00:00+02:00"}, // it is Saturday
		{"21.11.2026", "2026-11-21T00:00:00+02:00"},
		{"1.2.2026 3:04", "2026-02-01T03:04:00+02:00"},
		{"2026/11/21 20:15", "2026-11-21T20:15:00+02:00"},
		{"21 Nov 2026", "2026-11-21T00:00:00+02:00"},
		{"November 3, 2026 20:15", "2026-11-03T20:15:00+02:00"},
		{"Nov 22", "2026-11-22T00:00:00+02:00"},
		{"Nov 23 20:15:30", "2025-11-23T20:15:30+02:00"}, // not yet in this year
		{"29 feb", "2024-02-29T00:00:00+02:00"},
		{"3.11.", "2026-11-03T00:00:00+02:00"},
		{"2026-11-21 20:15 +0900", "2026-11-21T20:15:00+09:00"},
		{"2026-11-21T20:15Z", "2026-11-21T20:15:00Z"},
		{"2026-11-21t20:15:30z", "2026-11-21T20:15:30Z"},
		{"2026-11-21 20:15 UTC", "2026-11-21T20:15:00Z"},
		{"today 24:00", "2026-11-22T00:00:00+02:00"},
	} {
		got, err := ParseTime(c.in, loc, now)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("ParseTime(%q) = %v, %v; want %s", c.in, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
	for _, in := range []string{"", "-", "-d", "--2h", "2026-13-01", "2026-11-21 25:00", "31.2.2026",
		"-3dx", "-2", "+", "ago", "-99999999999d", "@", "@-1", "mo", "noon", "2026-11-21 20:61", "11/21/2026",
		"2026-11-21+09:00", "24:01", "-1.5d", "+999999999h999999999h"} {
		if got, err := ParseTime(in, loc, now); err == nil {
			t.Errorf("ParseTime(%q) = %v, want an error", in, got)
		}
	}
}

func TestMidnightAcrossDST(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 25, 12, 0, 0, 0, berlin) // the day that has 25 hours
	if d := midnight(at, 1).Sub(midnight(at, 0)); d != 25*time.Hour {
		t.Errorf("the day lasts %v, want 25h", d)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-11-21", "-2h", "yesterday", "2026-11-21T20:15:30.25+09:00", "-3d", "--2h",
		"-9223372036854775808d", "monday 14:00", "Nov 21 3:04 +0900", "1 hour 30 minutes ago", "29 feb", "3.11."} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 21, 20, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := ParseTime(s, time.UTC, now); err != nil && !got.IsZero() {
			t.Errorf("ParseTime(%q) gives a time and an error", s)
		}
	})
}

// TestStoredDays lists the days by local date, joined where they follow each other.
func TestStoredDays(t *testing.T) {
	loc := time.FixedZone("X", 2*3600)
	day := func(first, last string) store.DayInfo {
		a, _ := time.Parse(time.RFC3339, first)
		b, _ := time.Parse(time.RFC3339, last)
		return store.DayInfo{Date: detect.DateOf(a), First: a, Last: b}
	}
	var many []store.DayInfo
	for i := range 12 {
		at := time.Date(2026, 11, 1+2*i, 12, 0, 0, 0, time.UTC)
		many = append(many, store.DayInfo{First: at, Last: at})
	}
	for _, c := range []struct {
		days []store.DayInfo
		want string
	}{
		{nil, "there is no day at all: import a log, or start serve and point a router at it"},
		{[]store.DayInfo{day("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z")}, "there is one day: 2026-11-20"},
		{[]store.DayInfo{day("2026-11-20T10:00:00Z", "2026-11-20T23:00:00Z"),
			day("2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z")},
			"there are 3 days: 2026-11-20 to 2026-11-21, 2026-11-23"},
		{many, "there are 12 days: …, 2026-11-17, 2026-11-19, 2026-11-21, 2026-11-23"},
	} {
		if got := stored(c.days, loc); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
