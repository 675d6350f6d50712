package report

import (
	"math"
	"reflect"
	"time"

	"uncloak/detect"
)

// tame puts the times of a finding into the zone of the report, and makes numbers that JSON cannot hold zero. It walks
// over everything that the JSON shows, so that no field of a new kind can be forgotten. Slices and pointers are copied
// first: the caller's findings stay as they are.
func tame(f *detect.Finding, loc *time.Location) { tameValue(reflect.ValueOf(f).Elem(), loc) }

func tameValue(v reflect.Value, loc *time.Location) {
	if t, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(t.In(loc)))
		return
	}
	switch v.Kind() {
	case reflect.Float64:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			v.SetFloat(0)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c := reflect.New(v.Type().Elem())
			c.Elem().Set(v.Elem())
			v.Set(c)
			tameValue(v.Elem(), loc)
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Float64, reflect.Pointer, reflect.Slice:
			for i := range v.Len() {
				tameValue(v.Index(i), loc)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				tameValue(v.Field(i), loc)
			}
		}
	}
}
