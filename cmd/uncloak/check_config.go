package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"uncloak/report"
)

// listSettings returns the value of each key and the place that set it: file and line, variable, flag or default.
// Secret values are not shown.
func listSettings(cfg *config) []report.Setting {
	keys := configKeys(reflect.TypeOf(*cfg), "")
	out := make([]report.Setting, 0, len(keys))
	for _, key := range keys {
		s := report.Setting{Key: key, Value: settingText(valueOf(reflect.ValueOf(*cfg), key)), From: cfg.from[key]}
		if s.From == "" {
			s.From = "default"
		}
		if s.Value != "" && docOf(key).secret {
			s.Value = "(set, not shown)"
		}
		out = append(out, s)
	}
	return out
}

// valueOf returns the field of v that has the given key.
func valueOf(v reflect.Value, key string) reflect.Value {
	head, rest, deeper := strings.Cut(key, ".")
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("koanf") != head {
			continue
		}
		if deeper {
			return valueOf(v.Field(i), rest)
		}
		return v.Field(i)
	}
	return reflect.Value{}
}

// settingText formats a value as the config file writes it; "" if it is not set.
func settingText(v reflect.Value) string {
	if !v.IsValid() || v.IsZero() {
		return ""
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String()
	case permissions:
		return x.String()
	case []router:
		var names []string
		for _, r := range x {
			names = append(names, r.nameOr())
		}
		return strings.Join(names, ", ")
	case []alerting:
		var names []string
		for i := range x {
			names = append(names, x[i].called())
		}
		return strings.Join(names, ", ")
	case []known:
		var words []string
		for _, k := range x {
			words = append(words, k.words())
		}
		return strings.Join(words, ", ")
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = fmt.Sprint(v.Index(i).Interface())
	}
	return strings.Join(words, ", ")
}

// words names what an entry of the key known fits, such as "burst of 192.168.1.20".
func (k *known) words() string {
	words := k.ID
	if k.Kind != "" {
		words = strings.TrimSpace(words + " " + k.Kind)
	}
	if k.Host != "" {
		words = strings.TrimSpace(words + " of " + k.Host)
	}
	if k.Port != 0 {
		words = strings.TrimSpace(fmt.Sprintf("%s at port %d", words, k.Port))
	}
	return words
}

// strayVariables lists the environment variables that begin with UNCLOAK_ but set no key of the config.
func strayVariables(environ []string) (out []string) {
	name := envKey(configKeys(reflect.TypeFor[config](), ""))
	for _, v := range environ {
		variable, _, _ := strings.Cut(v, "=")
		if key, _ := name(variable, ""); strings.HasPrefix(variable, "UNCLOAK_") && key == "" &&
			variable != "UNCLOAK_CONFIG" && variable != "UNCLOAK_TEST_MAIN" {
			out = append(out, variable)
		}
	}
	slices.Sort(out)
	return out
}
