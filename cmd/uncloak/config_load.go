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

// flagKeys says which key a flag sets.
func flagKeys() map[string]string {
	return map[string]string{"data": "data", "timezone": "timezone", "lan": "lan", "table": "table", "resolver": "names.resolver",
		"udp": "listen.udp", "tcp": "listen.tcp", "unix": "listen.unix", "unix-stream": "listen.unix_stream",
		"tls": "listen.tls", "tls-cert": "tls.cert", "tls-key": "tls.key", "tls-client-ca": "tls.client_ca", "tls-allow": "tls.allowed_names",
		"allow": "allow", "http": "listen.http",
		"follow": "follow", "kmsg": "kmsg", "journal": "journal", "stdin": "stdin",
		"log-level": "log.level", "log-format": "log.format"}
}

// loadConfig reads file (none if empty), environ and flags. What it returns is checked; every error is the owner's to mend
// and names the place.
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
	if err := k.Load(env.Provider(".", env.Opt{Prefix: "UNCLOAK_", TransformFunc: envKey(keys), EnvironFunc: func() []string { return environ }}), nil); err != nil {
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

// unknownKey is the error for the first key of the file that does not exist.
func unknownKey(k *koanf.Koanf, keys []string, file string, text []byte) error {
	for _, key := range k.Keys() {
		if !slices.Contains(keys, key) {
			return fmt.Errorf("%s: unknown key %q; known are: %s", place(file, text, key), key, strings.Join(keys, ", "))
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
					return fmt.Errorf("%s: unknown key %q of %s; known are: %s", place(file, text, list.key+"."+key), key, list.of, strings.Join(may, ", "))
				}
			}
		}
	}
	return nil
}

// decode fills cfg; words become durations, prefixes and addresses, a text with commas becomes a list.
func decode(k *koanf.Koanf, cfg *config) error {
	hook := mapstructure.ComposeDecodeHookFunc(seconds, dates, mapstructure.StringToTimeDurationHookFunc(), mapstructure.TextUnmarshallerHookFunc(),
		mapstructure.StringToWeakSliceHookFunc(","))
	return k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		DecodeHook: hook, ErrorUnused: true, WeaklyTypedInput: true, Result: cfg}})
}

// seconds takes a plain number for a duration: 30 is what sysctl says, too. (As a number of Go's it would be nanoseconds.)
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

// dates gives back the text of what YAML takes for a time by itself.
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

// envKey maps UNCLOAK_LISTEN_UDP to listen.udp. Variables that are no keys are left alone: Kubernetes, for one, sets
// UNCLOAK_PORT for a service of our name.
func envKey(keys []string) func(k, v string) (string, any) {
	byName := map[string]string{}
	for _, k := range keys {
		byName["UNCLOAK_"+strings.ToUpper(strings.ReplaceAll(k, ".", "_"))] = k
	}
	return func(k, v string) (string, any) { return byName[k], v }
}
