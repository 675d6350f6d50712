package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/report/api"
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

func (k *known) complete(loc *time.Location) (err error) {
	rule := k.rule()
	if err := rule.Validate(); err != nil {
		return err
	}
	if k.Until == "" {
		return nil
	}
	if k.end, err = api.EndTime(k.Until, loc, time.Time{}); err != nil || k.end.Year() < 1970 {
		return fmt.Errorf("until %q is not understood: write a date like 2026-12-31 or a time like 2026-12-31T18:00:00Z", k.Until)
	}
	return nil
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
