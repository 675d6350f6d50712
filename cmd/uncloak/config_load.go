package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// flagKeys maps each flag to the config key that it sets.
func flagKeys() map[string]string {
	return map[string]string{
		"data":          "data",
		"timezone":      "timezone",
		"lan":           "lan",
		"table":         "table",
		"resolver":      "names.resolver",
		"udp":           "listen.udp",
		"tcp":           "listen.tcp",
		"unix":          "listen.unix",
		"unix-stream":   "listen.unix_stream",
		"tls":           "listen.tls",
		"tls-cert":      "tls.cert",
		"tls-key":       "tls.key",
		"tls-client-ca": "tls.client_ca",
		"tls-allow":     "tls.allowed_names",
		"allow":         "allow",
		"http":          "listen.http",
		"follow":        "follow",
		"kmsg":          "kmsg",
		"journal":       "journal",
		"stdin":         "stdin",
		"log-level":     "log.level",
		"log-format":    "log.format",
	}
}

// loadConfig reads the file (none if empty), the environment and the flags, and returns the checked config. Each error
// is a usageError and names the place of the wrong setting.
func loadConfig(file string, environ []string, flags *pflag.FlagSet) (config, error) {
	k, cfg := koanf.New("."), defaultConfig()
	var text []byte
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return cfg, usageError{fmt.Errorf("read config: %w", err)}
		}
		if err := k.Load(rawbytes.Provider(text), yaml.Parser()); err != nil {
			return cfg, usageError{yamlError(file, err)}
		}
	}
	keys := configKeys(reflect.TypeOf(cfg), "")
	if err := unknownKey(k, keys, file, text); err != nil {
		return cfg, usageError{err}
	}
	if err := k.Load(env.Provider(".", env.Opt{Prefix: "UNCLOAK_", TransformFunc: envKey(keys),
		EnvironFunc: func() []string { return environ }}), nil); err != nil {
		return cfg, usageError{fmt.Errorf("read environment: %w", err)}
	}
	byFlag := flagKeys()
	err := k.Load(posflag.ProviderWithFlag(flags, ".", k, func(f *pflag.Flag) (string, any) {
		key := byFlag[f.Name]
		if key == "" || !f.Changed {
			return "", nil
		}
		return key, posflag.FlagVal(flags, f)
	}), nil)
	if err != nil {
		return cfg, usageError{fmt.Errorf("read flags: %w", err)}
	}
	if err := decode(k, &cfg); err != nil {
		return cfg, usageError{decodeError(file, text, k, err)}
	}
	cfg.set = k.Exists
	if err := cfg.complete(); err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

// unknownKey returns an error for the first key of the file that the config does not have.
func unknownKey(k *koanf.Koanf, keys []string, file string, text []byte) error {
	for _, key := range k.Keys() {
		if !slices.Contains(keys, key) {
			return fmt.Errorf("%s: unknown key %q; known are: %s", place(file, text, key), key,
				strings.Join(keys, ", "))
		}
	}
	for _, list := range []struct {
		key, of string
		item    any
	}{{"routers", "a router", router{}}, {"known", "what is known", known{}}} {
		may := configKeys(reflect.TypeOf(list.item), "")
		for _, r := range k.Slices(list.key) {
			for _, key := range r.Keys() {
				if !slices.Contains(may, key) {
					return fmt.Errorf("%s: unknown key %q of %s; known are: %s", place(file, text, list.key+"."+key),
						key, list.of, strings.Join(may, ", "))
				}
			}
		}
	}
	return nil
}

// decode fills cfg from k: texts become durations, prefixes and addresses, and a text with commas becomes a list.
func decode(k *koanf.Koanf, cfg *config) error {
	hook := mapstructure.ComposeDecodeHookFunc(seconds, dates, mapstructure.StringToTimeDurationHookFunc(),
		mapstructure.TextUnmarshallerHookFunc(),
		mapstructure.StringToWeakSliceHookFunc(","))
	return k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		DecodeHook: hook, ErrorUnused: true, WeaklyTypedInput: true, Result: cfg}})
}

// seconds reads a plain number as a duration in seconds, the unit that sysctl uses; Go's own decoding would make
// nanoseconds of it.
func seconds(from, to reflect.Type, v any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() || from == to {
		return v, nil
	}
	text := strings.TrimSpace(fmt.Sprint(v))
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return v, nil
	}
	return text + "s", nil
}

// dates turns a value that the YAML parser has decoded as a time back into text.
func dates(from, to reflect.Type, v any) (any, error) {
	t, ok := v.(time.Time)
	if !ok || to.Kind() != reflect.String {
		return v, nil
	}
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly), nil
	}
	return t.Format(time.RFC3339), nil
}

// configKeys lists the keys of t in full: listen.udp and the like. A list of structs is one key.
func configKeys(t reflect.Type, prefix string) (keys []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("koanf")
		if tag == "" {
			continue
		}
		var below []string
		if f.Type.Kind() == reflect.Struct {
			below = configKeys(f.Type, prefix+tag+".")
		}
		if len(below) == 0 { // also netip.Addr and the like
			below = []string{prefix + tag}
		}
		keys = append(keys, below...)
	}
	return keys
}

// envKey returns a function that maps variables to keys, such as UNCLOAK_LISTEN_UDP to listen.udp. Other variables map
// to "" and are ignored: Kubernetes, for one, sets UNCLOAK_PORT for a service named uncloak.
func envKey(keys []string) func(k, v string) (string, any) {
	byName := map[string]string{}
	for _, k := range keys {
		byName["UNCLOAK_"+strings.ToUpper(strings.ReplaceAll(k, ".", "_"))] = k
	}
	return func(k, v string) (string, any) { return byName[k], v }
}
