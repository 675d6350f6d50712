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
	yamlnode "go.yaml.in/yaml/v3"

	"uncloak/report"
)

// flagKeys maps each flag to the config key that it sets.
func flagKeys() map[string]string {
	return map[string]string{
		"data":          "data",
		"timezone":      "timezone",
		"lang":          "lang",
		"lan":           "lan",
		"table":         "table",
		"resolver":      "names.resolver",
		"udp":           "listen.udp",
		"tcp":           "listen.tcp",
		"unix":          "listen.unix",
		"unix-stream":   "listen.unix_stream",
		"socket-mode":   "listen.socket_mode",
		"tls":           "listen.tls",
		"tls-cert":      "tls.cert",
		"tls-key":       "tls.key",
		"tls-client-ca": "tls.client_ca",
		"tls-allow":     "tls.allowed_names",
		"allow":         "allow",
		"http":          "listen.http",
		"http-cert":     "web.cert",
		"http-key":      "web.key",
		"http-insecure": "web.insecure",
		"follow":        "follow",
		"kmsg":          "kmsg",
		"journal":       "journal",
		"stdin":         "stdin",
		"log-level":     "log.level",
		"log-format":    "log.format",
	}
}

// loadConfig reads the file (none if empty), the environment and the flags, and returns the checked config. The error
// is a usageError; it holds all that is wrong, each with the place of the wrong setting: see settingErrors.
func loadConfig(file string, environ []string, flags *pflag.FlagSet) (config, error) {
	cfg := defaultConfig()
	k, src, err := readOrigins(file, environ, flags)
	if err != nil {
		return cfg, usageError{err}
	}
	keys := configKeys(reflect.TypeOf(cfg), "")
	var wrong settingErrors
	wrong = append(wrong, unknownKeys(k, keys, src)...)
	if err := k.Load(env.Provider(".", env.Opt{Prefix: "UNCLOAK_", TransformFunc: envKey(keys),
		EnvironFunc: func() []string { return environ }}), nil); err != nil {
		return cfg, usageError{fmt.Errorf("read environment: %w", err)}
	}
	byFlag := flagKeys()
	err = k.Load(posflag.ProviderWithFlag(flags, ".", k, func(f *pflag.Flag) (string, any) {
		key := byFlag[f.Name]
		if key == "" || !f.Changed {
			return "", nil
		}
		return key, posflag.FlagVal(flags, f)
	}), nil)
	if err != nil {
		return cfg, usageError{fmt.Errorf("read flags: %w", err)}
	}
	wrong = append(wrong, decodeErrors(src, k, decode(k, &cfg))...)
	cfg.from = src.from
	for _, e := range cfg.complete() {
		if !slices.ContainsFunc(wrong, func(o settingError) bool {
			return o.key == e.key || strings.HasPrefix(o.key, e.key+".")
		}) {
			e.at = src.from[e.key]
			wrong = append(wrong, e)
		}
	}
	if len(wrong) > 0 {
		return cfg, usageError{wrong}
	}
	return cfg, nil
}

// origins holds where the settings come from.
type origins struct {
	file string
	tree yamlnode.Node     // of the file, with lines
	from map[string]string // by key: file and line, variable or flag; keys that nothing sets are missing
}

// readOrigins reads the file, and notes for each key the place that sets it. k holds the settings of the file alone.
func readOrigins(file string, environ []string, flags *pflag.FlagSet) (k *koanf.Koanf, s origins, err error) {
	k, s = koanf.New("."), origins{file: file, from: map[string]string{}}
	keys := configKeys(reflect.TypeFor[config](), "")
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return k, s, fmt.Errorf("read config: %w", err)
		}
		if err = k.Load(rawbytes.Provider(text), yaml.Parser()); err == nil {
			err = yamlnode.Unmarshal(text, &s.tree)
		}
		if err != nil {
			return k, s, yamlError(file, err)
		}
		for _, key := range keys {
			if k.Exists(key) {
				s.from[key] = s.place(key)
			}
		}
	}
	name := envKey(keys)
	for _, v := range environ {
		variable, _, _ := strings.Cut(v, "=")
		if key, _ := name(variable, ""); key != "" {
			s.from[key] = variable
		}
	}
	byFlag := flagKeys()
	flags.Visit(func(f *pflag.Flag) {
		if key := byFlag[f.Name]; key != "" {
			s.from[key] = "--" + f.Name
		}
	})
	return k, s, nil
}

// unknownKeys returns an error for each key of the file that the config does not have.
func unknownKeys(k *koanf.Koanf, keys []string, src origins) (wrong settingErrors) {
	add := func(key, name, of string, known []string) {
		err := fmt.Errorf("unknown key %q%s; known are: %s", name, of, strings.Join(known, ", "))
		if near := report.Near(name, known, 2); len(near) > 0 {
			err = fmt.Errorf("unknown key %q%s; did you mean %s? uncloak config --defaults shows all", name, of,
				strings.Join(near, " or "))
		}
		wrong = append(wrong, settingError{key: key, at: src.place(key), err: err})
	}
	for _, key := range k.Keys() {
		if !slices.Contains(keys, key) {
			add(key, key, "", keys)
		}
	}
	for _, list := range configLists() {
		may := configKeys(reflect.TypeOf(list.item), "")
		for _, r := range k.Slices(list.key) {
			for _, key := range r.Keys() {
				if !slices.Contains(may, key) {
					add(list.key+"."+key, key, " of "+list.of, may)
				}
			}
		}
	}
	return wrong
}

// configLists names the keys that hold lists of entries with keys of their own.
func configLists() []struct {
	key, of string
	item    any
} {
	return []struct {
		key, of string
		item    any
	}{{"routers", "a router", router{}}, {"known", "what is known", known{}}, {"alerts", "an alert", alerting{}}}
}

// decode fills cfg from k: texts become durations, prefixes and addresses, and a text with commas becomes a list.
func decode(k *koanf.Koanf, cfg *config) error {
	hook := mapstructure.ComposeDecodeHookFunc(seconds, dates, mapstructure.StringToTimeDurationHookFunc(),
		mapstructure.TextUnmarshallerHookFunc(),
		mapstructure.StringToWeakSliceHookFunc(","))
	return k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		DecodeHook: hook, WeaklyTypedInput: true, Result: cfg}})
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
