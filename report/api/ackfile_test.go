package api

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestAckFile(t *testing.T) {
	dir := t.TempDir()
	f := NewAckFile(dir)
	if acks, err := f.List(); err != nil || acks == nil || len(acks) != 0 {
		t.Errorf("no file: %v %v", acks, err)
	}
	for _, a := range []Ack{{ID: "a"}, {ID: "b"}, {ID: "a", Note: "again"}} {
		if err := f.Put(a); err != nil {
			t.Fatal(err)
		}
	}
	acks, err := NewAckFile(dir).List() // as after a restart
	if err != nil || len(acks) != 2 || acks[1].Note != "again" {
		t.Errorf("%+v %v", acks, err)
	}
	if ok, err := f.Remove("c"); ok || err != nil {
		t.Errorf("remove what is not there: %v %v", ok, err)
	}
	if ok, err := f.Remove("a"); !ok || err != nil {
		t.Errorf("remove: %v %v", ok, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("temporary files are left: %v %v", files, err)
	}
}

func TestAckFileIsBounded(t *testing.T) {
	f := NewAckFile(t.TempDir())
	many := map[string]float64{}
	for i := range maxAckKeys + 1 {
		many[fmt.Sprint(i)] = 1
	}
	for name, a := range map[string]Ack{
		"no id": {ID: " "}, "long id": {ID: strings.Repeat("x", maxNote+1)}, "id of bytes": {ID: "\xff"},
		"long note": {ID: "x", Note: strings.Repeat("x", maxNote+1)}, "many keys": {ID: "x", Sizes: many},
	} {
		if err := f.Put(a); !errors.As(err, &BadRequest{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := make([]Ack, maxAcks)
	for i := range full {
		full[i].ID = fmt.Sprint(i)
	}
	if err := f.write(full); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(Ack{ID: "one more"}); !errors.As(err, &BadRequest{}) {
		t.Errorf("one more than fit: %v", err)
	}
	if err := f.Put(Ack{ID: "7", Note: "in its place"}); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}

func TestAckFileThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "cut": `[{"id":"a"`, "no list": `{"id":"a"}`,
		"huge": strings.Repeat(" ", maxAckFile+1)} {
		if err := os.WriteFile(filepath.Join(dir, AckName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := NewAckFile(dir)
		if _, err := f.List(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := f.Put(Ack{ID: "a"}); err == nil {
			t.Errorf("%s: written over", name)
		}
	}
}

func TestAckFileManyAtOnce(t *testing.T) {
	f := NewAckFile(t.TempDir())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := f.Put(Ack{ID: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if acks, err := f.List(); err != nil || len(acks) != 20 {
		t.Errorf("%d acks, %v", len(acks), err)
	}
}
