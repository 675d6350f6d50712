package report

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

// TestTameReachesEveryField fills a finding with numbers that JSON cannot hold and with times of another zone, and
// looks at each place of it afterwards.
func TestTameReachesEveryField(t *testing.T) {
	var f detect.Finding
	spoil(t, reflect.ValueOf(&f).Elem(), "Finding")
	before := fmt.Sprintf("%+v", deref(reflect.ValueOf(f)))
	g := f
	loc := time.FixedZone("JST", 9*3600)
	tame(&g, loc)
	if after := fmt.Sprintf("%+v", deref(reflect.ValueOf(f))); after != before {
		t.Errorf("the caller's finding has changed:\n%s\n%s", before, after)
	}
	checkTamed(t, reflect.ValueOf(g), "Finding", loc)
	if b, err := json.Marshal(&g); err != nil || strings.Contains(string(b), "Z\"") {
		t.Errorf("%v %s", err, b)
	}
}

// spoil sets every time, number, pointer, slice and map; it fails for a type that neither it nor tame knows.
func spoil(t *testing.T, v reflect.Value, path string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Float64:
		v.SetFloat(math.Inf(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		spoil(t, v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		spoil(t, v.Index(0), path+"[0]")
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				spoil(t, v.Field(i), path+"."+f.Name)
			}
		}
	case reflect.Map:
		if k := v.Type().Elem().Kind(); k != reflect.Int {
			t.Errorf("%s: tame does not look into a map of %s", path, k)
		}
	case reflect.String, reflect.Bool, reflect.Int, reflect.Uint32, reflect.Uint64:
	default:
		t.Errorf("%s: tame does not know a %s", path, v.Type())
	}
}

func checkTamed(t *testing.T, v reflect.Value, path string, loc *time.Location) {
	if at, ok := v.Interface().(time.Time); ok {
		if at.Location() != loc {
			t.Errorf("%s is in the zone %v", path, at.Location())
		}
		return
	}
	switch v.Kind() {
	case reflect.Float64:
		if v.Float() != 0 {
			t.Errorf("%s is %v", path, v.Float())
		}
	case reflect.Pointer:
		checkTamed(t, v.Elem(), path, loc)
	case reflect.Slice:
		for i := range v.Len() {
			checkTamed(t, v.Index(i), path+"[]", loc)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				checkTamed(t, v.Field(i), path+"."+f.Name, loc)
			}
		}
	}
}

// deref lists all values that hang on v, whatever points to them.
func deref(v reflect.Value) (out []any) {
	if at, ok := v.Interface().(time.Time); ok {
		return []any{at.String()}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return deref(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, deref(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				out = append(out, deref(v.Field(i))...)
			}
		}
	default:
		return []any{v.Interface()}
	}
	return out
}
