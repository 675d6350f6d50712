package story

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"
)

func tell(t *testing.T, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSameSeedSameStory(t *testing.T) {
	o := Default(time.UTC)
	o.Days = 1
	first := sha256.Sum256(tell(t, o))
	if sha256.Sum256(tell(t, o)) != first {
		t.Error("two runs with one seed differ")
	}
	o.Seed++
	if sha256.Sum256(tell(t, o)) == first {
		t.Error("another seed tells the same")
	}
}

func TestStory(t *testing.T) {
	o := Default(time.UTC)
	o.Days = 1
	last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	full, suppressed, lines := 0, 0, 0
	atTheTurn, elsewhere := 0, 0 // vmhost's sessions near :00 and :30, and at other times
	for in := bufio.NewScanner(bytes.NewReader(tell(t, o))); in.Scan(); lines++ {
		line := in.Text()
		at, err := time.Parse(time.Stamp, line[:15])
		if err != nil {
			t.Fatalf("line %d: %v", lines, err)
		}
		if at.Before(last) {
			t.Fatalf("line %d is of %v, after one of %v", lines, at, last)
		}
		last = at
		switch {
		case strings.Contains(line, "table full"):
			full++
		case strings.Contains(line, "callbacks suppressed"):
			suppressed++
		case strings.Contains(line, "SRC="+VMHost+" "):
			if s := (at.Minute()%30*60 + at.Second() + 60) % 1800; s < 120 {
				atTheTurn++
			} else {
				elsewhere++
			}
		}
	}
	if full < 100 || suppressed < 10 {
		t.Errorf("%d table-full lines and %d of suppressed ones: the table does not overflow", full, suppressed)
	}
	if atTheTurn < 20*elsewhere/2 {
		t.Errorf("vmhost: %d sessions at the turn of the half hour, %d elsewhere", atTheTurn, elsewhere)
	}
	if lines > 200_000 {
		t.Errorf("%d lines a day: the demo would be slow", lines)
	}
	t.Logf("%d lines, %d full, %d suppressed, vmhost %d at the turn, %d elsewhere", lines, full, suppressed, atTheTurn,
		elsewhere)
}

func TestRatelimit(t *testing.T) {
	var r ratelimit
	at, printed := time.Unix(1e9, 0), 0
	for i := range 100 {
		if _, ok := r.allow(at.Add(time.Duration(i) * 10 * time.Millisecond)); ok {
			printed++
		}
	}
	if printed != 10 {
		t.Errorf("printed %d of 100 in a second, want 10", printed)
	}
	if n, ok := r.allow(at.Add(time.Minute)); !ok || n != 90 {
		t.Errorf("a minute later: suppressed %d, %v; want 90, true", n, ok)
	}
}
