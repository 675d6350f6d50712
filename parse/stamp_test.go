package parse

import (
	"testing"
	"time"
	_ "time/tzdata" // a build machine may have none
)

func TestResolve(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	howe, _ := time.LoadLocation("Australia/Lord_Howe")
	at := func(s string) time.Time {
		ts, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	wall := func(year int16, month, day, h, m, s uint8) Stamp {
		return Stamp{Year: year, Month: month, Day: day, Hour: h, Minute: m, Second: s, HasClock: true}
	}
	cases := []struct {
		name string
		s    Stamp
		ref  string
		loc  *time.Location
		want string // "" = not resolvable
	}{
		{"this year", wall(0, 11, 21, 20, 28, 1), "2026-11-21T21:00:00Z", nil, "2026-11-21T20:28:01Z"},
		{"last year's New Year's Eve, read after midnight", wall(0, 12, 31, 23, 59, 59), "2027-01-01T00:00:03Z", nil, "2026-12-31T23:59:59Z"},
		{"fast clock, already in the new year", wall(0, 1, 1, 0, 0, 2), "2026-12-31T23:59:58Z", nil, "2027-01-01T00:00:02Z"},
		{"a day ahead", wall(0, 11, 22, 20, 0, 0), "2026-11-21T21:00:00Z", nil, "2026-11-22T20:00:00Z"},
		{"more than a day ahead is last year", wall(0, 11, 23, 20, 0, 0), "2026-11-21T21:00:00Z", nil, "2025-11-23T20:00:00Z"},
		{"29 February is in a leap year", wall(0, 2, 29, 12, 0, 0), "2026-03-01T00:00:00Z", nil, "2024-02-29T12:00:00Z"},
		{"29 February over 1900", wall(0, 2, 29, 12, 0, 0), "1904-01-01T00:00:00Z", nil, "1896-02-29T12:00:00Z"},
		{"year given", wall(2024, 2, 29, 12, 0, 0), "2026-03-01T00:00:00Z", nil, "2024-02-29T12:00:00Z"},
		{"date that does not exist", wall(2023, 2, 29, 12, 0, 0), "2026-03-01T00:00:00Z", nil, ""},
		{"31 September without a year", wall(0, 9, 31, 12, 0, 0), "2026-03-01T00:00:00Z", nil, ""},
		{"leap second", wall(2016, 12, 31, 23, 59, 60), "2026-03-01T00:00:00Z", nil, "2017-01-01T00:00:00Z"},
		{"clock only", wall(0, 0, 0, 11, 31, 20), "2026-03-01T12:00:00Z", nil, "2026-03-01T11:31:20Z"},
		{"clock only is of the day in the sender's zone", wall(0, 0, 0, 0, 31, 0), "2026-03-01T23:45:00Z", berlin, "2026-03-01T23:31:00Z"},
		{"own zone wins", Stamp{Year: 2026, Month: 7, Day: 1, Hour: 12, HasClock: true, HasZone: true, Offset: -3600}, "2026-07-01T00:00:00Z", berlin, "2026-07-01T13:00:00Z"},
		{"summer in Berlin", wall(0, 7, 1, 12, 0, 0), "2026-07-01T10:00:05Z", berlin, "2026-07-01T10:00:00Z"},
		{"winter in Berlin", wall(0, 1, 5, 12, 0, 0), "2026-01-05T11:00:05Z", berlin, "2026-01-05T11:00:00Z"},
		{"fold, received in the first hour", wall(0, 10, 25, 2, 30, 0), "2026-10-25T00:30:01Z", berlin, "2026-10-25T00:30:00Z"},
		{"fold, received in the second hour", wall(0, 10, 25, 2, 30, 0), "2026-10-25T01:30:01Z", berlin, "2026-10-25T01:30:00Z"},
		{"gap reads like a clock not yet set", wall(0, 3, 29, 2, 30, 0), "2026-03-29T01:30:05Z", berlin, "2026-03-29T01:30:00Z"},
		{"just before the gap", wall(0, 3, 29, 1, 59, 59), "2026-03-29T01:30:05Z", berlin, "2026-03-29T00:59:59Z"},
		{"just behind the gap", wall(0, 3, 29, 3, 0, 0), "2026-03-29T01:30:05Z", berlin, "2026-03-29T01:00:00Z"},
		{"a fold of half an hour", wall(2026, 4, 5, 1, 45, 0), "2026-04-04T15:15:01Z", howe, "2026-04-04T15:15:00Z"},
		{"unix wins", Stamp{HasUnix: true, Unix: 1795292879516758000, HasClock: true, Hour: 3}, "2000-01-01T00:00:00Z", berlin, "2026-11-21T20:27:59.516758Z"},
		{"uptime alone", Stamp{HasUptime: true, Uptime: 5}, "2026-03-01T00:00:00Z", nil, ""},
		{"nothing", Stamp{}, "2026-03-01T00:00:00Z", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := c.s.Resolve(at(c.ref), c.loc)
			if ok != (c.want != "") {
				t.Fatalf("ok = %v, got %v", ok, got)
			}
			if ok && !got.Equal(at(c.want)) {
				t.Errorf("got %v, want %v", got.UTC(), c.want)
			}
		})
	}
}

func FuzzResolve(f *testing.F) {
	f.Add(int64(1795292879), int16(0), uint8(2), uint8(29), uint8(23), uint8(59), uint8(60),
		int32(0), int32(7200), uint8(1))
	f.Add(int64(0), int16(2026), uint8(3), uint8(29), uint8(2), uint8(30), uint8(0),
		int32(999999999), int32(0), uint8(3))
	f.Fuzz(func(t *testing.T, ref int64, year int16, month, day, h, m, s uint8, nanos, offset int32, bits uint8) {
		st := Stamp{Year: year, Month: month, Day: day, Hour: h, Minute: m, Second: s, Nanos: nanos, Offset: offset,
			Unix: ref, HasClock: bits&1 != 0, HasZone: bits&2 != 0, HasUnix: bits&4 != 0, HasUptime: bits&8 != 0}
		if ref < -1<<40 || ref > 1<<40 || nanos < 0 || nanos > 999_999_999 {
			return
		}
		now := time.Unix(ref, 0)
		got, ok := st.Resolve(now, time.FixedZone("", 3600))
		if ok && !st.HasUnix && st.Year == 0 && st.Month != 0 && got.Sub(now) > 24*time.Hour {
			t.Errorf("%v is more than a day after %v", got, now)
		}
		if ok && !st.HasUnix && !st.HasClock {
			t.Error("resolved without a clock")
		}
	})
}

func FuzzStamp(f *testing.F) {
	for _, s := range []string{"Nov 21 20:28:01 x", "Nov 02 2025 00:00:00 x", "Mar  5 07:08:09 2024", "Mar 05 07:08:09.123456 x", "2026-11-21T20:28:20,123456+00:00",
		"2015/04/24 12:01:34: x", "[Sat Nov 21 20:27:58 2026] x", "[1795292879.516758]\tx", "[    5.000001] x", "[Di Aug 12 03:54:03 2025] x", "2024-03-05T07:08:09-0930"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func(*Stamp, []byte) ([]byte, bool){
			(*Stamp).stamp3164, (*Stamp).stampISO, (*Stamp).stampCtime, (*Stamp).bracketed,
		} {
			var s Stamp
			rest, ok := read(&s, b)
			if !ok && s != (Stamp{}) {
				t.Errorf("%q is refused but leaves %+v", b, s)
			}
			date, clock := s.Month <= 12 && s.Day <= 31, s.Hour <= 23 && s.Minute <= 59 && s.Second <= 60
			if ok && (len(rest) >= len(b) || !date || !clock || s.Nanos > 999_999_999 || s.Nanos < 0 || s.Uptime < 0) {
				t.Errorf("%q gives %+v", b, s)
			}
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	s := Stamp{Month: 11, Day: 21, Hour: 20, Minute: 28, HasClock: true}
	ref := time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		s.Resolve(ref, loc)
	}
}

// Dates and clocks that cannot exist are not taken for a stamp.
func TestStampThatCannotBe(t *testing.T) {
	checkAll(t, []says{
		{"31 November", "Nov 31 10:00:00 gw kernel: x", `{"stamp":null}`},
		{"30 February", "<4>Feb 30 10:00:00 gw kernel: x", `{"stamp":null}`},
		{"31 June with a year", "Jun 31 2026 10:00:00 gw kernel: x", `{"stamp":null}`},
		{"29 February of no leap year", "Feb 29 2026 10:00:00 gw kernel: x", `{"stamp":null}`},
		{"in brackets", "[Sun Feb 30 20:27:58 2026] nf_conntrack: table full, dropping packet", `{"stamp":null}`},
		{"25 o'clock", "Nov 30 25:00:00 gw kernel: x", `{"stamp":null}`},
		{"minute 60", "Nov 30 10:60:00 gw kernel: x", `{"stamp":null}`},
		{"29 February", "Feb 29 10:00:00 gw kernel: x", `{"stamp":"02-29T10:00:00"}`},
		{"29 February of a leap year", "Feb 29 2024 10:00:00 gw kernel: x", `{"stamp":"2024-02-29T10:00:00"}`},
		{"31 December", "Dec 31 23:59:60 gw kernel: x", `{"stamp":"12-31T23:59:60"}`},
	})
}
