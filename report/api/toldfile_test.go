package api

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

func told(id string, at time.Time) detect.Told {
	return detect.Told{ID: id, Kind: detect.BurstKind, Title: "a burst", At: at, Start: at, End: at}
}

func TestToldFile(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f := NewToldFile(dir)
	if list, damaged, err := f.List(now); err != nil || len(list) != 0 || damaged != 0 {
		t.Errorf("no file: %v %d %v", list, damaged, err)
	}
	for _, x := range []detect.Told{told("old", now.AddDate(0, 0, -29)), told("a", now), told("b", now),
		told(strings.Repeat("ü", maxToldText), now)} {
		if err := f.Add([]detect.Told{x}, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Add(nil, now); err != nil {
		t.Error(err)
	}
	list, damaged, err := NewToldFile(dir).List(now) // as after a restart
	if err != nil || damaged != 0 || len(list) != 3 || list[0] != told("a", now) || list[1] != told("b", now) ||
		list[2].ID != strings.Repeat("ü", maxToldText/2) {
		t.Errorf("%+v %d %v", list, damaged, err)
	}
	if info, err := os.Stat(filepath.Join(dir, ToldName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", info, err)
	}
}

// A file with lines that were cut short, or written over, keeps all others, and what is added is whole.
func TestToldFileThatIsDamaged(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	good := `{"id":"a","kind":"burst","at":"2026-11-21T10:00:00Z"}`
	for name, c := range map[string]struct {
		text    string
		kept, n int
	}{
		"empty":         {"", 0, 0},
		"cut":           {good + "\n" + good[:30], 1, 1},
		"no line end":   {good, 1, 0},
		"bytes":         {"\xff\x00\xfe\n" + good + "\n", 1, 1},
		"a long line":   {strings.Repeat("x", 3*maxToldLine) + "\n" + good + "\n", 1, 1},
		"a long end":    {good + "\n" + strings.Repeat(" ", 3*maxToldLine), 1, 1},
		"no id":         {`{"at":"2026-11-21T10:00:00Z"}` + "\n" + good + "\n", 1, 1},
		"no time":       {`{"id":"a"}` + "\n" + good + "\n", 1, 1},
		"another shape": {"[]\n7\n\"\"\n" + good + "\n", 1, 3},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ToldName), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := NewToldFile(dir)
		if list, n, err := f.List(now); err != nil || len(list) != c.kept || n != c.n {
			t.Errorf("%s: %d and %d damaged, %v", name, len(list), n, err)
		}
		if err := f.Add([]detect.Told{told("new", now)}, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if list, n, err := f.List(now); err != nil || len(list) != c.kept+1 || n != c.n ||
			list[c.kept] != told("new", now) {
			t.Errorf("%s: then %d and %d damaged, %v", name, len(list), n, err)
		}
	}
}

// The file never holds many more than the latest maxTold announcements.
func TestToldFileIsBounded(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f := NewToldFile(dir)
	var many []detect.Told
	for i := range maxTold + 5 {
		many = append(many, told(fmt.Sprint(i), now))
	}
	lines := func() int {
		b, err := os.ReadFile(filepath.Join(dir, ToldName))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "\n")
	}
	if err := f.Add(many, now); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := f.Add(many[:toldSlack-1+i], now); err != nil {
			t.Fatal(err)
		}
		if list, _, err := f.List(now); err != nil || len(list) != maxTold || lines() > maxTold+toldSlack {
			t.Errorf("%d announcements in %d lines, %v", len(list), lines(), err)
		}
	}
	later := now.Add(toldAge + time.Hour)
	if err := f.Add(many[:1], later); err != nil {
		t.Fatal(err)
	}
	if list, _, err := f.List(later); err != nil || len(list) != 0 || lines() != 1 {
		t.Errorf("after four weeks %d announcements in %d lines, %v", len(list), lines(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("temporary files are left: %v %v", files, err)
	}
}
