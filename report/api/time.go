package api

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeForms shows the forms of ParseTime in its error.
const timeForms = "write 2026-11-21, \"2026-11-21 20:30\", 2026-11-21T20:30:00Z, 21.11.2026, 20:30, yesterday, " +
	"\"monday 14:00\", -2h or +30d"

// ParseTime reads a time as people write it, in any case of letters:
//
//   - a day: 2026-11-21, 2026/11/21, 21.11.2026, 21 Nov 2026, Nov 21, today, yesterday, tomorrow, or a day of the week,
//     which is the last one before today;
//   - with a time of day, or such a time alone, which is today: 20:30, 20:30:05.25, behind a blank, a T or "at";
//   - behind that, a zone: Z, UTC, +09:00, +0900;
//   - so long before or after now: -2h, -90m, -1w, -1d12h, +30d, "3 days ago"; days are days of the calendar;
//   - now, and seconds since 1970 behind an @.
//
// A time without a zone is in loc, and so are the days. A day without a year is the last such day up to tomorrow.
func ParseTime(s string, loc *time.Location, now time.Time) (time.Time, error) {
	now = now.In(loc)
	text := strings.Join(strings.Fields(strings.ToLower(s)), " ")
	if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text)); err == nil {
		return t, nil
	}
	for _, read := range []func(string, time.Time) (time.Time, bool){parseUnix, parseOffset, parseDayAndClock} {
		if t, ok := read(text, now); ok && t.Year() >= 0 && t.Year() <= 9999 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q is not understood: %s", s, timeForms)
}

func parseUnix(text string, now time.Time) (time.Time, bool) {
	seconds, ok := strings.CutPrefix(text, "@")
	n, err := strconv.ParseUint(seconds, 10, 37)
	return time.Unix(int64(n), 0).In(now.Location()), ok && err == nil
}

// offsetPart is one number with its unit, such as 90m; days and longer are counted in the calendar.
var offsetPart = regexp.MustCompile(`^ ?(\d{1,9}(?:\.\d{1,6})?) ?(weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|` +
	`seconds?|secs?|s)(?:$| |[0-9]|\b)`)

// parseOffset reads a time before or after now: -2h, +30d, 3 days ago, and now itself.
func parseOffset(text string, now time.Time) (time.Time, bool) {
	if text == "now" {
		return now, true
	}
	sign, rest := 1, text
	switch {
	case strings.HasPrefix(text, "-"):
		sign, rest = -1, text[1:]
	case strings.HasPrefix(text, "+"):
		rest = text[1:]
	default:
		ago, ok := strings.CutSuffix(text, " ago")
		if !ok {
			return time.Time{}, false
		}
		sign, rest = -1, ago
	}
	d, days, err := parseSpan(rest)
	if err != nil {
		return time.Time{}, false
	}
	return now.AddDate(0, 0, sign*days).Add(time.Duration(sign) * d), true
}

// parseSpan reads a length of time, such as 90m, 1d12h or 2 weeks, into days of the calendar and the rest.
func parseSpan(text string) (d time.Duration, days int, err error) {
	bad := errors.New("no length of time")
	if text == "" {
		return 0, 0, bad
	}
	for text != "" {
		m := offsetPart.FindStringSubmatch(text)
		if m == nil {
			return 0, 0, bad
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, 0, bad
		}
		unit := map[byte]time.Duration{'h': time.Hour, 'm': time.Minute, 's': time.Second}[m[2][0]]
		switch whole := n == math.Trunc(n) && n <= 1e6; {
		case m[2][0] == 'w' && whole:
			days += 7 * int(n)
		case m[2][0] == 'd' && whole:
			days += int(n)
		case unit == 0 || n*float64(unit)+float64(d) > float64(math.MaxInt64/2):
			return 0, 0, bad
		default:
			d += time.Duration(n * float64(unit))
		}
		text = text[strings.Index(text, m[2])+len(m[2]):]
	}
	return d, days, nil
}

var (
	clockEnd = regexp.MustCompile(`(?:^|[ t]|, ?| at )(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$`)
	zoneEnd  = regexp.MustCompile(`(:\d\d(?:[.,]\d{1,9})?) ?(z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d\d)$`)
)

// parseDayAndClock reads a day, a time of day, or both, with a zone behind the time of day.
func parseDayAndClock(text string, now time.Time) (time.Time, bool) {
	loc := now.Location()
	if m := zoneEnd.FindStringSubmatchIndex(text); m != nil {
		loc = zoneOffset(text[m[4]:m[5]])
		text, now = text[:m[3]], now.In(loc)
	}
	hour, minute, second, nano := 0, 0, 0, 0
	m := clockEnd.FindStringSubmatch(text)
	if m != nil {
		hour, _ = strconv.Atoi(m[1]) // the pattern takes digits alone
		minute, _ = strconv.Atoi(m[2])
		second, _ = strconv.Atoi(m[3])
		nano, _ = strconv.Atoi((m[4] + "000000000")[:9])
		if hour > 24 || minute > 59 || second > 60 || hour == 24 && minute+second+nano > 0 {
			return time.Time{}, false
		}
		text = text[:len(text)-len(m[0])]
	}
	day, ok := midnight(now, 0), text == "" && m != nil
	if !ok {
		day, ok = parseDay(text, now)
	}
	y, mon, d := day.Date()
	return time.Date(y, mon, d, hour, minute, second, nano, loc), ok
}

// zoneOffset returns the zone of a suffix that zoneEnd has matched.
func zoneOffset(text string) *time.Location {
	if text[0] != '+' && text[0] != '-' {
		return time.UTC
	}
	digits := strings.ReplaceAll(text[1:], ":", "") + "00"
	hours, _ := strconv.Atoi(digits[:2])
	minutes, _ := strconv.Atoi(digits[2:4])
	seconds := hours*3600 + minutes*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds)
}

// parseDay reads a day without a time, as its midnight in the zone of now.
func parseDay(text string, now time.Time) (time.Time, bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "last "), ","))
	switch text {
	case "today":
		return midnight(now, 0), true
	case "yesterday":
		return midnight(now, -1), true
	case "tomorrow":
		return midnight(now, 1), true
	}
	for back := 1; back <= 7; back++ {
		day := midnight(now, -back)
		if name := strings.ToLower(day.Weekday().String()); len(text) >= 3 && strings.HasPrefix(name, text) {
			return day, true
		}
	}
	text = strings.ReplaceAll(text, ",", "")
	for _, layout := range []string{"2006-1-2", "2006/1/2", "20060102", "2.1.2006", "2 Jan 2006", "Jan 2 2006",
		"2 January 2006", "January 2 2006", "Mon Jan 2 2006", "Mon 2006-1-2"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"Jan 2", "2 Jan", "January 2", "2 January", "2.1."} {
		t, err := time.ParseInLocation(layout+" 2006", text+" 2004", now.Location()) // a leap year takes each day
		if err != nil {
			continue
		}
		for back := range 5 { // the year before, or the last leap year
			day := time.Date(now.Year()-back, t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
			if day.Day() == t.Day() && !day.After(midnight(now, 1)) {
				return day, true
			}
		}
	}
	return time.Time{}, false
}

// EndTime reads the end of a window like ParseTime, but a day alone means the end of that day.
func EndTime(s string, loc *time.Location, now time.Time) (time.Time, error) {
	text := strings.Join(strings.Fields(strings.ToLower(s)), " ")
	if t, ok := parseDay(text, now.In(loc)); ok {
		return midnight(t, 1), nil
	}
	return ParseTime(s, loc, now)
}
