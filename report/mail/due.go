package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// StateName is the file in the data directory that says which reports have been mailed.
const StateName = "mailed.json"

// MaxMissed bounds the days that are caught up after a pause; older ones are not mailed any more.
const MaxMissed = 7

// Bounds of the pause after an attempt that failed, and of the text that is kept of its error, in bytes.
const (
	firstPause = time.Minute
	maxPause   = time.Hour
	maxError   = 500
)

// State says how far the reports have been mailed.
type State struct {
	Last     string    `json:"last"`               // local date of the last report that was mailed or given up
	Failures int       `json:"failures,omitempty"` // of the next report
	Error    string    `json:"error,omitempty"`    // of the last failure
	Since    time.Time `json:"since,omitzero"`     // of the first of these failures
	Next     time.Time `json:"next,omitzero"`      // not before this it is tried again
}

// ReadState reads the state from the data directory; without the file it is the zero value. A damaged file is an error.
func ReadState(dir string) (s State, err error) {
	text, err := os.ReadFile(filepath.Join(dir, StateName))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return State{}, fmt.Errorf("read %s: %w", StateName, err)
	}
	return s, nil
}

// Write writes the state.
func (s State) Write(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write %s: %w", StateName, err)
	}
	return Replace(dir, StateName, append(text, '\n'))
}

// Replace writes a file for this user alone: whenever the machine stops, it is the old one or the new one.
func Replace(dir, name string, text []byte) error {
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// ParseClock reads a time of day such as 06:30, in minutes of the day.
func ParseClock(s string) (minutes int, err error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day: write it like \"06:30\"", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Due returns the local dates whose reports are to be mailed at now, the oldest first, where each is due at that minute
// of the following day. Without a last date none is: Begin gives one. Of more than MaxMissed dates the newest are
// returned.
func Due(last string, now time.Time, minute int, loc *time.Location) (days []string) {
	day, err := time.ParseInLocation(time.DateOnly, last, loc)
	if err != nil {
		return nil
	}
	newest := latest(now, minute, loc)
	if oldest := newest.AddDate(0, 0, -MaxMissed); day.Before(oldest) {
		day = oldest
	}
	for {
		y, m, d := day.Date()
		day = time.Date(y, m, d+1, 0, 0, 0, 0, loc)
		if day.After(newest) {
			return days
		}
		days = append(days, day.Format(time.DateOnly))
	}
}

// Begin returns the last date for a daemon that has mailed nothing yet: what was due before it began is not mailed.
func Begin(now time.Time, minute int, loc *time.Location) string {
	return latest(now, minute, loc).Format(time.DateOnly)
}

// latest returns the newest local day whose report is due at now.
func latest(now time.Time, minute int, loc *time.Location) time.Time {
	y, m, d := now.In(loc).Date()
	if now.Before(time.Date(y, m, d, 0, minute, 0, 0, loc)) {
		d--
	}
	return time.Date(y, m, d-1, 0, 0, 0, 0, loc)
}

// Failed returns the state after a failure: the next attempt waits twice as long as the one before, up to an hour.
func (s State) Failed(err error, now time.Time) State {
	if s.Failures == 0 {
		s.Since = now
	}
	pause := maxPause
	if s.Failures < 6 {
		pause = firstPause << s.Failures
	}
	s.Failures++
	s.Error, s.Next = err.Error(), now.Add(pause)
	if len(s.Error) > maxError {
		s.Error = strings.ToValidUTF8(s.Error[:maxError], "")
	}
	return s
}

// Sent returns the state after the report of that date.
func (s State) Sent(day string) State { return State{Last: day} }
