package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
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

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/report"
	"uncloak/report/web"
	"uncloak/store/bolt"
)

// config is what the owner can set: in a YAML file, in the environment as UNCLOAK_KEY (a dot becomes an underscore), or
// with a flag. Each of them goes before the one that stands before it; what nobody sets has the value of defaultConfig.
type config struct {
	Data     string         `koanf:"data"`
	Timezone string         `koanf:"timezone"` // IANA name; "local" = the machine's
	LAN      []netip.Prefix `koanf:"lan"`
	Table    int            `koanf:"table"`
	Link     float64        `koanf:"link"` // Mbit/s of the line to the provider; 0 = unknown
	Timeouts timeouts       `koanf:"timeouts"`
	Routers  []router       `koanf:"routers"`
	Listen   listen         `koanf:"listen"`
	TLS      secure         `koanf:"tls"`
	Allow    []string       `koanf:"allow"`   // networks that may send; "all": everybody
	Rate     rate           `koanf:"rate"`    // of each sender
	Follow   []string       `koanf:"follow"`  // files to read as they grow
	Kmsg     bool           `koanf:"kmsg"`    // read what the kernel of this machine says
	Journal  string         `koanf:"journal"` // read systemd's journal: "local", or a directory with its files
	Stdin    bool           `koanf:"stdin"`
	Limits   limits         `koanf:"limits"`
	Memory   int            `koanf:"memory"` // MB that serve may take, whatever is sent
	Names    names          `koanf:"names"`
	Log      logging        `koanf:"log"`
	Known    []known        `koanf:"known"`
	Retain   retain         `koanf:"retain"`
	KeepRaw  string         `koanf:"keep_raw"` // all, findings or none: which lines are stored as received

	location *time.Location
	allow    []netip.Prefix // nil: everybody
	keepRaw  bolt.KeepRaw
	set      func(key string) bool // whether the owner gave that key, in whatever way
}

// timeouts are how long the router keeps a session-table entry after the last packet, by state; 0 = the default of System.
type timeouts struct {
	System      string        `koanf:"system"` // whose defaults: one of detect.Systems; "" = today's Linux
	SynSent     time.Duration `koanf:"syn_sent"`
	SynRecv     time.Duration `koanf:"syn_recv"`
	Established time.Duration `koanf:"established"`
	FinWait     time.Duration `koanf:"fin_wait"`
	CloseWait   time.Duration `koanf:"close_wait"`
	LastAck     time.Duration `koanf:"last_ack"`
	TimeWait    time.Duration `koanf:"time_wait"`
	Close       time.Duration `koanf:"close"`
	UDP         time.Duration `koanf:"udp"`
	UDPStream   time.Duration `koanf:"udp_stream"`
	ICMP        time.Duration `koanf:"icmp"`
	Generic     time.Duration `koanf:"generic"`
	TypicalTCP  time.Duration `koanf:"typical_tcp"`
}

// rate bounds what one sender may send.
type rate struct {
	Lines float64 `koanf:"lines"` // a second; 0: no bound
	Burst int     `koanf:"burst"` // lines at once; 0: as many as Lines in two seconds
}

func (r rate) check() error {
	if !(r.Lines >= 0 && r.Lines <= 1e9) || r.Burst < 0 || r.Burst > 1e9 || r.Burst > 0 && r.Lines == 0 {
		return fmt.Errorf("rate is {lines: %v, burst: %d}: lines are those of a second, burst those at once; without lines there is no limit", r.Lines, r.Burst)
	}
	return nil
}

// limits are those of what is received; 0 = the default.
type limits struct {
	Line        int           `koanf:"line"`        // bytes kept of a line
	Connections int           `koanf:"connections"` // of streams, at once; memory may allow fewer
	PerSender   int           `koanf:"per_sender"`  // of these from one address
	Idle        time.Duration `koanf:"idle"`        // a silent stream is closed after so long
	Handshake   time.Duration `koanf:"handshake"`   // so long a TLS client may take to say who it is
}

// apply gives cfg the limits that are set, and bounds it by memory.
func (l limits) apply(cfg *ingest.Config, memory int) {
	for _, n := range []struct {
		set  int
		what *int
	}{{l.Line, &cfg.MaxLine}, {l.Connections, &cfg.MaxConns}, {l.PerSender, &cfg.MaxConnsPerSender}} {
		if n.set != 0 {
			*n.what = n.set
		}
	}
	if l.Idle != 0 {
		cfg.Idle = l.Idle
	}
	if l.Handshake != 0 {
		cfg.Handshake = l.Handshake
	}
	cfg.Bound(memory << 20)
}

// router is what the owner knows of one sender.
type router struct {
	Address  netip.Addr `koanf:"address"`
	Name     string     `koanf:"name"`
	Table    int        `koanf:"table"`
	Timezone string     `koanf:"timezone"`
	Timeouts timeouts   `koanf:"timeouts"` // where they differ from those of all
	Rate     rate       `koanf:"rate"`     // instead of that of all
	Dialect  string     `koanf:"dialect"`  // that it writes; "" = found by looking
}

// known is a finding that is no news: every key that is given must fit.
type known struct {
	ID    string `koanf:"id"`
	Host  string `koanf:"host"` // address, network or name
	Kind  string `koanf:"kind"`
	Port  int    `koanf:"port"`
	Note  string `koanf:"note"`
	Until string `koanf:"until"` // last day on which it holds, or a time

	end time.Time
}

type listen struct {
	UDP  []string `koanf:"udp"`
	TCP  []string `koanf:"tcp"`
	Unix []string `koanf:"unix"`

	UnixStream []string `koanf:"unix_stream"`
	TLS        []string `koanf:"tls"`
	HTTP       string   `koanf:"http"` // host:port for /metrics and /healthz; "" = nowhere
}

type names struct {
	Resolver string `koanf:"resolver"` // host:port whom to ask for names of addresses; "" = nobody
}

type logging struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// defaultConfig is what holds without a file, environment or flags.
func defaultConfig() config {
	return config{
		Timezone: "local", KeepRaw: "all",
		Listen: listen{UDP: []string{":514"}, TCP: []string{":514"}}, Allow: []string{"private"}, Memory: 512,
		Log: logging{Level: "info", Format: "text"},
	}
}

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

// complete checks what decoding cannot and fills in what depends on the machine.
func (c *config) complete() error {
	var err error
	if c.location, err = zone(c.Timezone); err != nil {
		return err
	}
	if c.keepRaw, err = bolt.ParseKeepRaw(c.KeepRaw); err != nil {
		return fmt.Errorf("keep_raw: %w", err)
	}
	if err := c.Retain.check(); err != nil {
		return err
	}
	if c.Table < 0 {
		return fmt.Errorf("table is %d: it is the number of entries that the router's session table takes", c.Table)
	}
	if !(c.Link >= 0 && c.Link < 1e9) {
		return fmt.Errorf("link is %v: it is the speed of the line in Mbit/s", c.Link)
	}
	if err := c.Timeouts.check(); err != nil {
		return err
	}
	if c.allow, err = networks(c.Allow, c.LAN); err != nil {
		return err
	}
	if err := c.Rate.check(); err != nil {
		return err
	}
	if c.Memory < ingest.MinMemory>>20 || c.Memory > 1<<16 {
		return fmt.Errorf("memory is %d: it is the MB that serve may take, from %d to %d", c.Memory, ingest.MinMemory>>20, 1<<16)
	}
	for i, r := range c.Routers {
		if err := r.Rate.check(); err != nil {
			return fmt.Errorf("router %v: %w", r.Address, err)
		}
		if !r.Address.IsValid() {
			return fmt.Errorf("routers: number %d has no address", i+1)
		}
		if slices.ContainsFunc(c.Routers[:i], func(o router) bool { return o.Address.Unmap() == r.Address.Unmap() }) {
			return fmt.Errorf("router %v is there twice in routers: join the two entries", r.Address)
		}
		if _, err := zone(r.Timezone); err != nil {
			return fmt.Errorf("router %v: %w", r.Address, err)
		}
		if err := r.Timeouts.check(); err != nil {
			return fmt.Errorf("router %v: %w", r.Address, err)
		}
		if _, err := dialect(r.Dialect); err != nil {
			return fmt.Errorf("router %v: %w", r.Address, err)
		}
	}
	for i := range c.Known {
		if err := c.Known[i].complete(c.location); err != nil {
			return fmt.Errorf("known: number %d: %w", i+1, err)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return fmt.Errorf("log level %q is none of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("log format %q is none of text, json", c.Log.Format)
	}
	if c.Data == "" {
		c.Data = defaultData()
	}
	return nil
}

// networks are those that the words of allow name: networks, addresses, "private" (with what is the LAN) and "all".
func networks(words []string, lan []netip.Prefix) (out []netip.Prefix, err error) {
	for _, w := range words {
		switch w = strings.TrimSpace(w); w {
		case "all":
			return nil, nil
		case "private":
			out = append(append(out, ingest.PrivateNetworks()...), lan...)
		default:
			p, err := netip.ParsePrefix(w)
			if err != nil {
				a, addrErr := netip.ParseAddr(w)
				if addrErr != nil {
					return nil, fmt.Errorf("allow: %q is no network like 192.168.1.0/24, no address, and neither private nor all", w)
				}
				p = netip.PrefixFrom(a, a.BitLen())
			}
			out = append(out, p.Masked())
		}
	}
	if len(out) == 0 {
		return nil, errors.New("allow is empty: nobody could send; write private, all, or networks")
	}
	return out, nil
}

func (k *known) complete(loc *time.Location) (err error) {
	rule := k.rule()
	if err := rule.Validate(); err != nil {
		return err
	}
	if k.Until == "" {
		return nil
	}
	if k.end, err = web.EndTime(k.Until, loc, time.Time{}); err != nil || k.end.Year() < 1970 {
		return fmt.Errorf("until %q is not understood: write a date like 2026-12-31 or a time like 2026-12-31T18:00:00Z", k.Until)
	}
	return nil
}

func (k *known) rule() detect.Rule {
	return detect.Rule{By: "config", ID: k.ID, Host: k.Host, Kind: k.Kind, Port: k.Port, Note: k.Note, Until: k.end}
}

// rules is what the config says is known.
func (c *config) rules() (out []detect.Rule) {
	for i := range c.Known {
		out = append(out, c.Known[i].rule())
	}
	return out
}

func (t *timeouts) check() error {
	if t.System != "" && !slices.Contains(detect.Systems(), t.System) {
		return fmt.Errorf("timeouts.system is %q: it is one of %s", t.System, strings.Join(detect.Systems(), ", "))
	}
	for i, v := 0, reflect.ValueOf(*t); i < v.NumField(); i++ {
		if d, ok := v.Field(i).Interface().(time.Duration); ok && (d < 0 || d > 0 && d < time.Second) { // no router forgets within a second
			return fmt.Errorf("timeouts.%s is %v: write it in seconds, or like 30s or 5m", v.Type().Field(i).Tag.Get("koanf"), d)
		}
	}
	return nil
}

// on lays what the owner gave over base.
func (t *timeouts) on(base detect.Timeouts) detect.Timeouts {
	if t.System != "" {
		base = detect.TimeoutsOf(t.System)
	}
	for _, p := range []struct {
		to   *time.Duration
		from time.Duration
	}{
		{&base.SynSent, t.SynSent}, {&base.SynRecv, t.SynRecv}, {&base.Established, t.Established}, {&base.FinWait, t.FinWait},
		{&base.CloseWait, t.CloseWait}, {&base.LastAck, t.LastAck}, {&base.TimeWait, t.TimeWait}, {&base.Close, t.Close}, {&base.UDP, t.UDP},
		{&base.UDPStream, t.UDPStream}, {&base.ICMP, t.ICMP}, {&base.Generic, t.Generic}, {&base.TypicalTCP, t.TypicalTCP},
	} {
		if p.from > 0 {
			*p.to = p.from
		}
	}
	return base
}

// zone finds a time zone; "" and "local" are the machine's.
func zone(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") {
		return time.Local, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known: write it like Europe/Berlin, Asia/Tokyo or UTC", name)
	}
	return loc, nil
}

// dialect finds a dialect; "" is none.
func dialect(name string) (*parse.Dialect, error) {
	if name == "" {
		return nil, nil
	}
	if d := parse.DialectNamed(name); d != nil {
		return d, nil
	}
	var names []string
	for _, f := range parse.Formats() {
		names = append(names, f.Name)
	}
	hint := "docs/formats.md names them all"
	if near := report.Near(name, names, 3); len(near) > 0 {
		hint = "is it " + strings.Join(near, ", ") + "? " + hint
	}
	return nil, fmt.Errorf("dialect %q is not known: %s", name, hint)
}

// defaultData is where the data is when nobody says: what systemd gives to the service, else ./uncloak-data if that is
// there, else the state directory of root or of the user. It does not depend on the working directory otherwise, so that
// a report from cron finds what serve stored.
func defaultData() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return strings.SplitN(dir, ":", 2)[0]
	}
	if info, err := os.Stat("uncloak-data"); err == nil && info.IsDir() {
		return "uncloak-data"
	}
	if os.Geteuid() == 0 {
		return "/var/lib/uncloak"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "uncloak")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "uncloak-data"
	}
	return filepath.Join(home, ".local", "state", "uncloak")
}

// detect is the part of the config that the detectors need.
func (c *config) detect() detect.Config {
	d := detect.DefaultConfig()
	d.Location, d.Table, d.Link = c.location, c.Table, c.Link*1e6
	if len(c.LAN) > 0 {
		d.LAN = c.LAN
	}
	d.Timeouts = c.Timeouts.on(d.Timeouts)
	d.Tables, d.Held = map[string]int{}, map[string]detect.Timeouts{}
	for _, r := range c.Routers {
		if r.Table > 0 {
			d.Tables[r.nameOr()] = r.Table
		}
		if r.Timeouts != (timeouts{}) {
			d.Held[r.nameOr()] = r.Timeouts.on(d.Timeouts)
		}
	}
	return d
}

// dialects are those of the routers that have one, by name.
func (c *config) dialects() map[string]string {
	out := map[string]string{}
	for _, r := range c.Routers {
		if r.Dialect != "" {
			out[r.nameOr()] = r.Dialect
		}
	}
	return out
}

// nameOr is the name that the router goes by.
func (r router) nameOr() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Address.String()
}

// yamlError puts FILE:LINE before what the YAML parser says; it says "yaml: line 3: …".
func yamlError(file string, err error) error {
	msg := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	if m := regexp.MustCompile(`^(?:unmarshal errors: )?line (\d+): (.*)$`).FindStringSubmatch(msg); m != nil {
		return fmt.Errorf("%s:%s: %s", file, m[1], m[2])
	}
	return fmt.Errorf("%s: %s", file, msg)
}

// decodeError says at which line the first value stands that is not what its key needs.
func decodeError(file string, text []byte, k *koanf.Koanf, err error) error {
	var e *mapstructure.DecodeError
	if !errors.As(err, &e) {
		return err
	}
	for inner := e; errors.As(inner.Unwrap(), &inner); { // the innermost names the key in full
		e = inner
	}
	key := withoutIndex(strings.ToLower(e.Name()))
	err = fmt.Errorf("%s: %w", key, wanted(e.Unwrap()))
	if v := k.Get(key); v != nil {
		err = fmt.Errorf("%w (it is %v)", err, v)
	}
	if at := place(file, text, key); at != file {
		err = fmt.Errorf("%s: %w", at, err)
	}
	return err
}

// wanted says in words what a value should be that is of another type.
func wanted(err error) error {
	var expected reflect.Value
	var parse *mapstructure.ParseError
	var convert *mapstructure.UnconvertibleTypeError
	switch {
	case errors.As(err, &parse):
		expected = parse.Expected
	case errors.As(err, &convert):
		expected = convert.Expected
	}
	switch kind := expected.Kind(); {
	case kind >= reflect.Int && kind <= reflect.Float64:
		return errors.New("it is a number")
	case kind == reflect.Bool:
		return errors.New("it is true or false")
	}
	return err
}

// place is FILE:LINE of a key like listen.udp; of the file alone where the key is not found in it.
func place(file string, text []byte, key string) string {
	var doc yamlnode.Node
	if yamlnode.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 {
		return file
	}
	if line := lineOf(doc.Content[0], strings.Split(withoutIndex(key), ".")); line > 0 {
		return fmt.Sprintf("%s:%d", file, line)
	}
	return file
}

// withoutIndex makes lan of lan[0].
func withoutIndex(key string) string { return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "") }

func lineOf(n *yamlnode.Node, path []string) (line int) {
	if n.Kind == yamlnode.SequenceNode {
		for _, item := range n.Content {
			if l := lineOf(item, path); l > 0 {
				return l
			}
		}
		return n.Line
	}
	for i := 0; n.Kind == yamlnode.MappingNode && i+1 < len(n.Content); i += 2 {
		if !strings.EqualFold(n.Content[i].Value, path[0]) {
			continue
		}
		if len(path) > 1 {
			if l := lineOf(n.Content[i+1], path[1:]); l > 0 {
				return l
			}
		}
		return n.Content[i].Line
	}
	return 0
}
