package report

import (
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// alarmsOf gives the IDs of the alarms that the tracker makes of a line.
func alarmsOf(line string) (ids []string, kind parse.Kind) {
	at := time.Date(2026, 11, 21, 20, 28, 21, 0, time.UTC)
	var rec parse.Record
	parse.NewParser().Line([]byte(line), &rec)
	t := detect.NewTracker(detect.DefaultConfig(), nil, detect.DateOf(at))
	rec.Time, rec.Router = at.UnixNano(), parse.MakeName("gw")
	t.Observe(&rec.Event)
	for _, a := range t.Day().Routers["gw"].Alarms {
		if a.ID != "" {
			ids = append(ids, a.ID)
		}
	}
	return ids, rec.Kind
}

// What the encyclopaedia knows as trouble is an alarm of that name, and nothing else is.
func TestEntriesAreAlarms(t *testing.T) {
	for _, e := range Entries() {
		lines := []string{e.Sample, "<4>Nov 21 20:28:21 gw " + e.Sample, "<4>Nov 21 20:28:21 gw kernel: " + e.Sample}
		if strings.Contains(e.Sample, "IN=") || strings.HasPrefix(e.Sample, "%") {
			lines = lines[:2]
		}
		found := ""
		for _, line := range lines {
			ids, kind := alarmsOf(line)
			if len(ids) > 1 || kind == parse.Alarm && len(ids) == 0 {
				t.Errorf("%s: alarms %q of %s", e.ID, ids, line)
			}
			if len(ids) > 0 && found == "" {
				found = ids[0]
			}
		}
		want := e.ID
		if detect.AlarmSeverity(e.ID) == "" {
			want = ""
		}
		if e.ID == "martian-destination" { // the same event says both
			want = "martian-source"
		}
		if found != want {
			t.Errorf("%s: the alarm of its sample is %q, want %q", e.ID, found, want)
		}
	}
}

// Each alarm has an entry, whose words the report uses.
func TestAlarmsHaveEntries(t *testing.T) {
	for _, id := range detect.Alarms() {
		if _, err := Lookup(id); err != nil {
			t.Error(err)
		}
	}
}
