package detect

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestFindingJSON pins the JSON of a finding of which every field is set, and of one of which none is, byte for byte
// with the order of keys: it is a contract with those who read it, whatever the struct looks like inside.
func TestFindingJSON(t *testing.T) {
	var full Finding
	fill(reflect.ValueOf(&full).Elem(), "")
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	for _, f := range []Finding{full, {}} {
		if err := enc.Encode(&f); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/finding.json", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/finding.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the JSON of a finding has changed:\n%s", got.Bytes())
	}
}

// fill sets every field to a value made from its JSON name.
func fill(v reflect.Value, name string) {
	seed := 0
	for _, c := range name {
		seed = (seed*31 + int(c)) % 9973
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(seed), 0).UTC()))
		return
	case netip.Addr:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("<" + name + ">")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(seed) + 1)
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(seed) + 1)
	case reflect.Float64:
		v.SetFloat(float64(seed) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), fmt.Sprintf("%s%d", name, i))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]int{name: seed}))
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() {
				fill(v.Field(i), f.Tag.Get("json"))
			}
		}
	default:
		panic("no value for " + v.Type().String())
	}
}
