package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"uncloak/report"
)

// listSettings returns the value of each key and the place that set it: file and line, variable, flag or default. The
// config was loaded from the same places before.
func listSettings(cfg *config, file string, environ []string, flags *pflag.FlagSet) ([]report.Setting, error) {
	from := map[string]string{}
	keys := configKeys(reflect.TypeOf(*cfg), "")
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("read config: %w", err)}
		}
		k := koanf.New(".")
		if err := k.Load(rawbytes.Provider(text), yaml.Parser()); err != nil {
			return nil, usageError{yamlError(file, err)}
		}
		for _, key := range keys {
			if k.Exists(key) {
				from[key] = place(file, text, key)
			}
		}
	}
	name := envKey(keys)
	for _, v := range environ {
		variable, _, _ := strings.Cut(v, "=")
		if key, _ := name(variable, ""); key != "" {
			from[key] = variable
		}
	}
	byFlag := flagKeys()
	flags.Visit(func(f *pflag.Flag) {
		if key := byFlag[f.Name]; key != "" {
			from[key] = "--" + f.Name
		}
	})
	out := make([]report.Setting, 0, len(keys))
	for _, key := range keys {
		s := report.Setting{Key: key, Value: settingText(valueOf(reflect.ValueOf(*cfg), key)), From: from[key]}
		if s.From == "" {
			s.From = "default"
		}
		out = append(out, s)
	}
	return out, nil
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
	case []router:
		var names []string
		for _, r := range x {
			names = append(names, r.nameOr())
		}
		return strings.Join(names, ", ")
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
