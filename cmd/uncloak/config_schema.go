package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/report"
	"uncloak/report/api"
	"uncloak/store/bolt"
)

// config holds all settings: from a YAML file, from the environment as UNCLOAK_KEY (a dot becomes an underscore), or
// from a flag. The environment overrides the file and a flag overrides both; a key that none of them sets has the value
// of defaultConfig.
type config struct {
	Data     string         `koanf:"data"`
	Timezone string         `koanf:"timezone"` // IANA name; "local" = the machine's
	Lang     string         `koanf:"lang"`     // of reports, pages and mails: en or ja; "" = of the environment, or en
	LAN      []netip.Prefix `koanf:"lan"`
	Table    int            `koanf:"table"`
	Link     float64        `koanf:"link"` // Mbit/s of the line to the provider; 0 = unknown
	Timeouts timeouts       `koanf:"timeouts"`
	Routers  []router       `koanf:"routers"`
	Listen   listen         `koanf:"listen"`
	Web      webConfig      `koanf:"web"` // of the pages at listen.http
	TLS      tlsConfig      `koanf:"tls"`
	Allow    []string       `koanf:"allow"`   // networks that may send; "all": any address
	Rate     rate           `koanf:"rate"`    // of each sender
	Follow   []string       `koanf:"follow"`  // files to read as they grow
	Kmsg     bool           `koanf:"kmsg"`    // read the messages of this machine's kernel
	Journal  string         `koanf:"journal"` // read systemd's journal: "local", or a directory with its files
	Stdin    bool           `koanf:"stdin"`
	Probe    probing        `koanf:"probe"` // ways to measure
	Limits   limits         `koanf:"limits"`
	Memory   int            `koanf:"memory"` // MB that serve may take, however much is sent to it
	Names    names          `koanf:"names"`
	MMDB     []string       `koanf:"mmdb"` // files that tell the country and the network of outside addresses
	Log      logging        `koanf:"log"`
	Known    []known        `koanf:"known"`
	Retain   retain         `koanf:"retain"`
	Mail     mailing        `koanf:"mail"`
	Report   daily          `koanf:"report"`
	Alerts   []alerting     `koanf:"alerts"`
	KeepRaw  string         `koanf:"keep_raw"` // all, findings or none: which lines are stored as received

	location *time.Location
	language report.Language // "": Lang is not given
	allow    []netip.Prefix  // nil: any address may send
	keepRaw  bolt.KeepRaw
	from     map[string]string // by key, the place that sets it: see origins
}

// set reports whether file, environment or flags set that key.
func (c *config) set(key string) bool { return c.from[key] != "" }

// timeouts holds for how long the router keeps a session-table entry after the last packet, by state; 0 = the default
// of System.
type timeouts struct {
	System      string        `koanf:"system"` // system whose defaults hold: one of detect.Systems; "" = today's Linux
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

// rate limits the lines that one sender may send.
type rate struct {
	Lines float64 `koanf:"lines"` // a second; 0: no bound
	Burst int     `koanf:"burst"` // lines at once; 0: as many as Lines in two seconds
}

func (r rate) check() error {
	if !(r.Lines >= 0 && r.Lines <= 1e9) || r.Burst < 0 || r.Burst > 1e9 || r.Burst > 0 && r.Lines == 0 {
		return fmt.Errorf("rate is {lines: %v, burst: %d}: lines are those of a second, burst those at once; without "+
			"lines there is no limit", r.Lines, r.Burst)
	}
	return nil
}

// limits holds the limits of the receiver; 0 = the default.
type limits struct {
	Line        int           `koanf:"line"`        // bytes kept of a line
	Connections int           `koanf:"connections"` // open streams; memory may allow fewer
	PerSender   int           `koanf:"per_sender"`  // open streams from one address
	Idle        time.Duration `koanf:"idle"`        // after which a silent stream is closed
	Handshake   time.Duration `koanf:"handshake"`   // time in which a TLS client must complete its handshake
}

// router holds the settings of one sender.
type router struct {
	Address  netip.Addr `koanf:"address"`
	Name     string     `koanf:"name"`
	Table    int        `koanf:"table"`
	Timezone string     `koanf:"timezone"`
	Timeouts timeouts   `koanf:"timeouts"` // where they differ from the timeouts of all routers
	Rate     rate       `koanf:"rate"`     // instead of the rate of all senders
	Dialect  string     `koanf:"dialect"`  // of its lines; "" = recognised line by line
}

// known describes findings that the owner expects: one matches if it fits every key that is given.
type known struct {
	ID    string `koanf:"id"`
	Host  string `koanf:"host"` // address, network or name
	Kind  string `koanf:"kind"`
	Port  int    `koanf:"port"`
	Note  string `koanf:"note"`
	Until string `koanf:"until"` // last day on which it holds, or a time

	end time.Time
}

// listen holds the addresses at which serve receives.
type listen struct {
	UDP  []string `koanf:"udp"`
	TCP  []string `koanf:"tcp"`
	Unix []string `koanf:"unix"`

	UnixStream []string    `koanf:"unix_stream"`
	SocketMode permissions `koanf:"socket_mode"` // of the unix sockets; 0: as the umask has it
	TLS        []string    `koanf:"tls"`
	HTTP       string      `koanf:"http"` // host:port for the pages, /metrics and /healthz; "" = nowhere
}

// permissions are those of a file, like 0660.
type permissions uint32

func (p permissions) String() string { return fmt.Sprintf("%#o", uint32(p)) }

// names holds how names of addresses are found.
type names struct {
	Resolver string `koanf:"resolver"` // host:port of the DNS server to ask; "" = none is asked
}

// logging holds the level and the format of the program's own log.
type logging struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// defaultConfig returns the settings that hold without a file, environment or flags.
func defaultConfig() config {
	return config{
		Timezone: "local", KeepRaw: "all",
		Listen: listen{UDP: []string{":514"}, TCP: []string{":514"}}, Allow: []string{"private"}, Memory: 512,
		Log: logging{Level: "info", Format: "text"},
	}
}

// complete checks the values that decoding does not check, derives the fields without a key from them, and returns all
// that is wrong.
func (c *config) complete() (wrong settingErrors) {
	add := func(key string, err error) {
		if err != nil {
			wrong = append(wrong, settingError{key: key, err: err})
		}
	}
	var err error
	if c.location, err = zone(c.Timezone); err != nil {
		add("timezone", err)
		c.location = time.UTC
	}
	if c.Lang != "" {
		c.language, err = report.ParseLanguage(c.Lang)
		add("lang", err)
	}
	if c.keepRaw, err = bolt.ParseKeepRaw(strings.ToLower(c.KeepRaw)); err != nil {
		add("keep_raw", fmt.Errorf("keep_raw: %w", err))
	}
	add("retain", c.Retain.check())
	if c.Table < 0 {
		wrong = append(wrong, wrongf("table", "table is %d: it is the number of entries that the router's session "+
			"table takes, like 16384", c.Table))
	}
	if !(c.Link >= 0 && c.Link < 1e9) {
		wrong = append(wrong, wrongf("link", "link is %v: it is the speed of the line in Mbit/s, like 100", c.Link))
	}
	wrong = append(wrong, c.Timeouts.check()...)
	wrong = append(wrong, c.Listen.check()...)
	if c.allow, err = networks(c.Allow, c.LAN); err != nil {
		add("allow", err)
	}
	add("rate", c.Rate.check())
	add("probe", c.Probe.check())
	if _, ok := api.NameServer(c.Names.Resolver); c.Names.Resolver != "" && !ok {
		wrong = append(wrong, wrongf("names.resolver", "names.resolver is %q: it is a DNS server, like 192.168.1.1 or "+
			"192.168.1.1:5353", c.Names.Resolver))
	}
	if c.Memory < ingest.MinMemory>>20 || c.Memory > 1<<16 {
		wrong = append(wrong, wrongf("memory", "memory is %d: it is the MB that serve may take, from %d to %d",
			c.Memory, ingest.MinMemory>>20, 1<<16))
	}
	wrong = append(wrong, c.checkRouters()...)
	wrong = append(wrong, c.Web.check(c.Listen.HTTP)...)
	wrong = append(wrong, c.checkMail()...)
	_, bad := c.channels()
	wrong = append(wrong, bad...)
	for i := range c.Known {
		if err := c.Known[i].complete(c.location); err != nil {
			wrong = append(wrong, wrongf("known", "known: number %d: %w", i+1, err))
		}
	}
	c.Log.Level, c.Log.Format = strings.ToLower(c.Log.Level), strings.ToLower(c.Log.Format)
	for _, w := range []struct{ key, what, value, words string }{
		{"log.level", "log level", c.Log.Level, "debug, info, warn, error"},
		{"log.format", "log format", c.Log.Format, "text, json"},
	} {
		if words := strings.Split(w.words, ", "); !slices.Contains(words, w.value) {
			wrong = append(wrong, wrongf(w.key, "%s %q is none of %s%s", w.what, w.value, w.words,
				meant(w.value, words)))
		}
	}
	for _, l := range [][]string{c.Listen.UDP, c.Listen.TCP, c.Listen.TLS} {
		for i := range l {
			l[i] = withColon(l[i])
		}
	}
	if c.Data == "" {
		c.Data = defaultData()
	}
	return wrong
}

// withColon makes an address of a port alone: 514 is :514.
func withColon(address string) string {
	if n, err := strconv.ParseUint(strings.TrimSpace(address), 10, 16); err == nil {
		return fmt.Sprintf(":%d", n)
	}
	return address
}

// checkRouters checks the key routers: each entry has an address of its own and valid settings.
func (c *config) checkRouters() (wrong settingErrors) {
	for i, r := range c.Routers {
		add := func(err error) {
			if err != nil {
				wrong = append(wrong, wrongf("routers", "router %v: %w", r.Address, err))
			}
		}
		if !r.Address.IsValid() {
			wrong = append(wrong, wrongf("routers", "routers: number %d has no address", i+1))
			continue
		}
		if slices.ContainsFunc(c.Routers[:i], func(o router) bool { return o.Address.Unmap() == r.Address.Unmap() }) {
			wrong = append(wrong, wrongf("routers", "router %v is there twice in routers: join the two entries",
				r.Address))
		}
		add(r.Rate.check())
		_, err := zone(r.Timezone)
		add(err)
		for _, e := range r.Timeouts.check() {
			add(e.err)
		}
		_, err = dialect(r.Dialect)
		add(err)
	}
	return wrong
}

// complete checks the entry and parses its time until.
func (k *known) complete(loc *time.Location) (err error) {
	rule := k.rule()
	if err := rule.Validate(); err != nil {
		if hint := meant(k.Kind, detect.Kinds()); k.Kind != "" && !slices.Contains(detect.Kinds(), k.Kind) {
			return fmt.Errorf("%w%s", err, hint)
		}
		return err
	}
	if k.Until == "" {
		return nil
	}
	if k.end, err = api.EndTime(k.Until, loc, time.Time{}); err != nil || k.end.Year() < 1970 {
		return fmt.Errorf("until %q is not understood: write a date like 2026-12-31 or a time like "+
			"2026-12-31T18:00:00Z", k.Until)
	}
	return nil
}

func (l *listen) check() (wrong settingErrors) {
	if m := l.SocketMode; m != 0 && (m&^0o666 != 0 || m&0o600 != 0o600) {
		wrong = append(wrong, wrongf("listen.socket_mode", "listen.socket_mode is %v: write read and write "+
			"permissions in octal, with a leading 0, the owner's among them, like 0660", m))
	}
	return wrong
}

func (t *timeouts) check() (wrong settingErrors) {
	if t.System != "" && !slices.Contains(detect.Systems(), t.System) {
		wrong = append(wrong, wrongf("timeouts.system", "timeouts.system is %q: it is one of %s%s", t.System,
			strings.Join(detect.Systems(), ", "), meant(t.System, detect.Systems())))
	}
	for i, v := 0, reflect.ValueOf(*t); i < v.NumField(); i++ {
		if d, ok := v.Field(i).Interface().(time.Duration); ok && (d < 0 || d > 0 && d < time.Second) {
			// no router drops an entry within a second
			key := "timeouts." + v.Type().Field(i).Tag.Get("koanf")
			wrong = append(wrong, wrongf(key, "%s is %v: write it in seconds, or like 30s or 5m", key, d))
		}
	}
	return wrong
}

// defaultData returns the data directory for a config without the key data: the state directory that systemd gives to
// the service, else ./uncloak-data if it exists, else the state directory of root or of the user. Apart from
// ./uncloak-data it does not depend on the working directory, so that a report from cron finds the data that serve
// stored.
func defaultData() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return strings.SplitN(dir, ":", 2)[0]
	}
	if info, err := os.Stat("uncloak-data"); err == nil && info.IsDir() {
		return "uncloak-data"
	}
	if os.Geteuid() == 0 {
		return otherData
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
