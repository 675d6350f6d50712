package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// A report says of each incident when serve announced it, and as what where that was not the same; and what it
// withdraws, and why.
func TestToldWords(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	noon := day.Add(12*time.Hour + 3*time.Minute)
	told := detect.Told{ID: "burst-192.168.128.9", Kind: detect.BurstKind, Host: "192.168.128.9",
		Title: "a \x1b[31mburst", At: noon, Start: noon.Add(-time.Minute), End: noon.Add(-40 * time.Second),
		Sessions: 312, LinesSeen: 4000}
	rhythm := detect.Finding{ID: "periodic-burst-192.168.128.12-1800s", Group: "periodic-burst-192.168.128.12-1800s",
		Kind: detect.PeriodicBurst, Host: "192.168.128.12", Severity: detect.Warning, Start: day, End: noon,
		Announced: []detect.Announcement{
			{ID: "burst-192.168.128.12", At: noon, Title: "312 sessions"},
			{ID: "periodic-burst-192.168.128.12-1800s", At: noon.Add(time.Hour)},
		}}
	for _, c := range []struct {
		w    detect.Withdrawal
		want string
	}{
		{detect.Withdrawal{Reason: detect.ToldRemoved, LinesNow: 0},
			"of the 4,000 lines that this rested on none is stored any more"},
		{detect.Withdrawal{Reason: detect.ToldRemoved, LinesNow: 4000, SessionsNow: 12},
			"of the 312 sessions from 12:02:00 to 12:02:20 that this rested on only 12 are stored now"},
		{detect.Withdrawal{Reason: detect.ToldSettings}, "the settings have changed since"},
		{detect.Withdrawal{Reason: detect.ToldHabit}, "192.168.128.9 has many such bursts"},
		{detect.Withdrawal{Reason: detect.ToldBefore}, "lies before this report"},
		{detect.Withdrawal{Reason: detect.ToldOrdinary, SessionsNow: 312, SessionsRest: 4410},
			"192.168.128.9 opened 312 sessions from 12:02:00 to 12:02:20 and 4,410 in the rest of this report's time"},
		{detect.Withdrawal{Reason: detect.ToldLater}, "with the lines that came after it"},
	} {
		c.w.Told = told
		m, err := Build(t.Context(), nil, nil, []detect.Finding{rhythm}, Options{From: day, To: day.AddDate(0, 0, 1),
			Location: time.UTC, Now: noon, Withdrawn: []detect.Withdrawal{c.w}})
		if err != nil {
			t.Fatal(err)
		}
		for name, write := range map[string]func(b *bytes.Buffer) error{
			"text": func(b *bytes.Buffer) error { return Text(b, m, TextOptions{Width: 200}) },
			"md":   func(b *bytes.Buffer) error { return Markdown(b, m) },
			"html": func(b *bytes.Buffer) error { return HTML(b, m) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(strings.Fields(strings.NewReplacer("\\", "", "&#39;", "'").Replace(b.String())), " ")
			for _, want := range []string{c.want, "Announced at 12:03:00 and withdrawn: “a x1b[31mburst”",
				"Announced at 12:03:00 as “312 sessions” (burst-192.168.128.12), at 13:03:00."} {
				if !strings.Contains(got, want) {
					t.Errorf("%s without %q:\n%s", name, want, got)
				}
			}
		}
		var b bytes.Buffer
		if err := JSON(&b, m); err != nil || !strings.Contains(b.String(), `"reason": "`+c.w.Reason+`"`) {
			t.Errorf("%v in\n%s", err, b.String())
		}
	}
}
