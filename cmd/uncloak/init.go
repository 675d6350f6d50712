package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"uncloak/docs"
	"uncloak/parse"
	"uncloak/report"
	"uncloak/report/api"
)

const (
	initFile   = "uncloak.yaml" // written where --config names no other one
	initShown  = 3              // lines that init shows
	initMakes  = 4              // dialects of one make that are shown
	initMore   = 3 * time.Second
	initLook   = 300 * time.Millisecond
	docsServer = "192.168.1.5" // stands in the documents for the machine with uncloak
)

// initOptions holds what uncloak init is told.
type initOptions struct {
	make_, router string
	yes, force    bool
	wait          time.Duration
}

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{Use: "init", Short: "Set up: what to type at the router, a config, the first line",
		Long: "Asks for the router's make and address, says what to type there, writes a config with comments\n" +
			"(--config, or " + initFile + " here; an existing file only with --force), and waits for the first\n" +
			"line of the router: it says whether it is understood. What comes is kept in the data directory.",
		Example: "uncloak init\nuncloak init --make mikrotik --router 192.168.88.1 --yes --wait 1m\n" +
			"uncloak init --make 'cisco asa' --router 192.0.2.1 --config /etc/uncloak.yaml --wait 0"}
	f := cmd.Flags()
	f.StringVar(&o.make_, "make", "", "make of the router: linux, openwrt, mikrotik, cisco asa, fortigate, yamaha …")
	f.StringVar(&o.router, "router", "", "address from which the router sends its log")
	f.BoolVar(&o.yes, "yes", false, "ask nothing: --make and --router say all")
	f.BoolVar(&o.force, "force", false, "write the config over an existing file")
	f.DurationVar(&o.wait, "wait", 5*time.Minute, "how long the first line is waited for; 0: not at all")
	listenFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.init(cmd, o) }
	return cmd
}

func (a *app) init(cmd *cobra.Command, o initOptions) error {
	file := a.configFile
	if file == "" {
		if file = os.Getenv("UNCLOAK_CONFIG"); file == "" {
			file = initFile
		}
	}
	if _, err := os.Lstat(file); err == nil && !o.force {
		return alreadyThere(file)
	}
	if o.yes && (o.make_ == "" || o.router == "") {
		return usagef("--yes needs --make and --router")
	}
	if o.wait < 0 {
		return usagef("--wait is %v: write how long, like 1m; 0: not at all", o.wait)
	}
	told, err := loadConfig("", os.Environ(), cmd.Flags()) // what is wrong is said before anything is asked
	if err != nil {
		return err
	}
	in := bufio.NewReader(a.stdin)
	setups, err := ask(a, in, o.make_, "make", "The make of your router (linux, openwrt, mikrotik, cisco asa, "+
		"fortigate, yamaha …): ", setupsOf)
	if err != nil {
		return err
	}
	router, err := ask(a, in, o.router, "router", "The address from which it sends its log: ", routerAddress)
	if err != nil {
		return err
	}
	var udp []string
	if told.set("listen.udp") {
		udp = told.Listen.UDP
	}
	a.sayWhatToType(setups, router, portOf(udp))
	if err := putConfig(file, initConfig(router, setups, &told, cmd.Flags()), o.force); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "The config is in %s: every setting, with what it does.\n", report.Clean(file))
	a.configFile = file
	if err := a.setup(cmd); err != nil {
		return err
	}
	next := "uncloak serve --config " + quote(file)
	if a.cfg.from["data"] == "--data" {
		next += " --data " + quote(a.cfg.Data)
	}
	if o.wait > 0 {
		err = a.firstLine(cmd.Context(), file, router, o.wait)
	}
	fmt.Fprintf(a.stdout, "\nGo on with: %s\n", next)
	return err
}

// ask reads a value: what the flag says, or else what is typed, until it is one. What the flag says wrongly is an
// error.
func ask[T any](a *app, in *bufio.Reader, given, flag, question string, read func(string) (T, error)) (v T, err error) {
	if given != "" {
		if v, err = read(given); err != nil {
			err = usagef("--%s: %w", flag, err)
		}
		return v, err
	}
	for {
		fmt.Fprint(a.stdout, question)
		typed, eof := in.ReadString('\n')
		if typed = strings.TrimSpace(typed); typed == "" && eof != nil {
			fmt.Fprintln(a.stdout)
			return v, usagef("nothing was typed: answer, or give --make, --router and --yes")
		}
		if v, err = read(typed); err == nil {
			return v, nil
		}
		fmt.Fprintln(a.stdout, "  "+sentence(report.Clean(err.Error()))+".")
	}
}

// setup holds what to do at a router of one sort.
type setup struct{ what, text string }

// setupsOf finds what to type at routers of a make.
func setupsOf(word string) (out []setup, err error) {
	sections := map[string]string{"netfilter": "Linux", "mikrotik": "MikroTik", "cisco": "Cisco ASA"}
	for _, s := range []string{"Linux", "OpenWrt", "MikroTik", "Cisco ASA"} {
		if strings.EqualFold(s, strings.TrimSpace(word)) {
			return []setup{{s, docs.Setup(s)}}, nil
		}
	}
	words := strings.Fields(strings.ToLower(word))
	if len(words) == 0 {
		return nil, errors.New("write a make, such as mikrotik, or linux")
	}
	var known []string
	for _, f := range parse.Formats() {
		all := strings.ToLower(f.Name + " " + f.Devices)
		known = append(known, strings.FieldsFunc(all, func(r rune) bool {
			return strings.ContainsRune(" ,;()/", r)
		})...)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) }) {
			continue
		}
		s := setup{f.Devices, f.Enable + "\n"}
		if text := docs.Setup(sections[f.Name]); text != "" {
			s = setup{sections[f.Name], text}
		}
		if out = append(out, s); len(out) == initMakes {
			break
		}
	}
	if len(out) == 0 {
		slices.Sort(known)
		return nil, fmt.Errorf("no device is known by %q%s; docs/formats.md lists them; linux, openwrt and mikrotik "+
			"are some", report.Clean(word), meant(strings.ToLower(word), slices.Compact(known)))
	}
	return out, nil
}

func routerAddress(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || a.IsUnspecified() || a.IsMulticast() {
		return a, fmt.Errorf("%q is not the address of a router: write it like 192.168.1.1", report.Clean(s))
	}
	return a.Unmap(), nil
}

// portOf returns the port of the first address for datagrams; without one, that which serve takes.
func portOf(udp []string) string {
	for _, at := range udp {
		if _, port, err := net.SplitHostPort(at); err == nil {
			return port
		}
	}
	if tryAddress("udp", ":514") == "denied" {
		return "5514"
	}
	return "514"
}

// sayWhatToType shows how each of the devices is told to send its log here.
func (a *app) sayWhatToType(setups []setup, router netip.Addr, port string) {
	here := "ADDRESS-OF-THIS-MACHINE"
	// a datagram socket tells which address leads there, without a packet
	if c, err := net.Dial("udp", netip.AddrPortFrom(router, 9).String()); err == nil {
		here = c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().String()
		c.Close()
	}
	fill := strings.NewReplacer(docsServer+":514", net.JoinHostPort(here, port), "remote-port=514", "remote-port="+port,
		docsServer, here, "192.0.2.5", here, "ADDRESS", here)
	for _, s := range setups {
		fmt.Fprintf(a.stdout, "\nAt the router (%s), type or set:\n\n", s.what)
		for _, l := range strings.Split(strings.TrimRight(fill.Replace(s.text), "\n"), "\n") {
			fmt.Fprintln(a.stdout, strings.TrimRight("    "+l, " "))
		}
	}
	fmt.Fprintf(a.stdout, "\nThis machine is %s, the port %s. The router must log new sessions, too: without them "+
		"nobody can say who fills\nits table. uncloak man and docs/formats.md say more.\n\n", here, port)
}

// initConfig returns the config for a router: what was told, also by flags, and every other setting in a comment. The
// data directory is left to --data.
func initConfig(router netip.Addr, setups []setup, told *config, flags *pflag.FlagSet) []byte {
	what := setups[0].what
	if len(setups) > 1 { // which of them is not known
		what = "a router"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Written by uncloak init, for %s at %v.\n\nrouters:\n"+
		"  - address: %v\n    # name: gw\n    # table: 16384  # entries that its session table takes\n", what, router,
		router)
	byFlag, set := flagKeys(), koanf.New(".")
	flags.Visit(func(f *pflag.Flag) {
		if key := byFlag[f.Name]; key != "" && key != "data" {
			_ = set.Set(key, posflag.FlagVal(flags, f)) // fails for keys without words alone
		}
	})
	if !router.IsPrivate() && !router.IsLoopback() && !router.IsLinkLocalUnicast() {
		_ = set.Set("allow", append(slices.Clone(told.Allow), router.String()))
	}
	sections := set.Raw()
	for _, key := range slices.Sorted(maps.Keys(sections)) {
		text, _ := json.Marshal(sections[key]) // which YAML reads, too
		fmt.Fprintf(&b, "\n%s: %s\n", key, text)
	}
	b.WriteString("\n")
	_ = writeDefaults(&b) // a buffer takes all
	return b.Bytes()
}

func alreadyThere(file string) error {
	return usagef("%s is there already: --force writes over it, --config names another file", file)
}

// putConfig writes the config beside its place, and moves it there once it is whole: where that fails, what was there
// before is as it was. A file that is replaced keeps its mode.
func putConfig(file string, text []byte, force bool) error {
	mode := fs.FileMode(0o644) // serve may run as another user
	if to, err := filepath.EvalSymlinks(file); err == nil && force {
		file = to // the link stays
	}
	if old, err := os.Stat(file); err == nil {
		switch {
		case !force:
			return alreadyThere(file)
		case !old.Mode().IsRegular(): // a pipe or a device has nothing to lose
			return wroteConfig(os.WriteFile(file, text, mode))
		}
		mode = old.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".uncloak-*")
	if err != nil {
		return wroteConfig(err)
	}
	defer os.Remove(f.Name()) // fails where it is in its place
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return wroteConfig(err)
	}
	if force {
		return wroteConfig(os.Rename(f.Name(), file))
	}
	if err := os.Link(f.Name(), file); errors.Is(err, fs.ErrExist) { // which never replaces a file
		return alreadyThere(file)
	} else if err == nil {
		return nil
	}
	return wroteConfig(os.Rename(f.Name(), file)) // a file system without links
}

func wroteConfig(err error) error {
	if err != nil {
		return fmt.Errorf("write the config: %w", err)
	}
	return nil
}

// firstLine receives until the first lines have come, and says what is seen in them. Where serve runs already, that one
// receives.
func (a *app) firstLine(ctx context.Context, file string, router netip.Addr, wait time.Duration) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan string, 1)
	if client, _, err := api.Dial(ctx, a.cfg.Data); err == nil {
		client.CloseIdleConnections()
	} else if errors.Is(err, api.ErrNobody) {
		var said bytes.Buffer
		server := newApp(strings.NewReader(""), io.Discard, &said)
		server.now = a.now
		done := make(chan struct{})
		go func() {
			defer close(done)
			server.run(serving, []string{"serve", "--config", file, "--data", a.cfg.Data, "--log-level", "warn"})
			ended <- said.String()
		}()
		defer func() { stop(); <-done }()
	} else {
		return a.denied(err)
	}
	from := a.now()
	before, listening, err := a.counted(ctx, ended)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return a.interrupted()
	}
	fmt.Fprintf(a.stdout, "Waiting up to %v for the first line, at %s. Ctrl-C ends that; the config stays.\n", wait,
		strings.Join(listening, ", "))
	waiting, enough := context.WithTimeout(ctx, wait)
	defer enough()
	for {
		if pause(waiting, initLook); waiting.Err() != nil && ctx.Err() == nil {
			fmt.Fprintf(a.stdout, "Nothing came in %v. Does the router send to this machine and port, and does no "+
				"firewall stand between?\ndocs/troubleshooting.md says how to look.\n", wait)
			return exitCode(1)
		}
		now, _, err := a.counted(ctx, ended)
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, a.interrupted())
		}
		if len(came(before, now)) == 0 {
			continue
		}
		pause(ctx, initMore) // for what comes with it
		if now, _, err = a.counted(ctx, ended); err != nil || ctx.Err() != nil {
			return errors.Join(err, a.interrupted())
		}
		return a.sayWhatCame(ctx, before, now, router, from)
	}
}

// interrupted says that the wait is over.
func (a *app) interrupted() error {
	fmt.Fprintln(a.stdout, "No longer waiting.")
	return nil
}

// counted asks the receiving process for its accounts, once it answers. A receiver of this program that ended has said
// why.
func (a *app) counted(ctx context.Context, ended <-chan string) (c *api.Checked, listening []string, err error) {
	for ctx.Err() == nil {
		select {
		case said := <-ended:
			return nil, nil, fmt.Errorf("serve does not run: %s",
				strings.TrimPrefix(strings.TrimSpace(said), "uncloak: "))
		default:
		}
		if client, _, err := api.Dial(ctx, a.cfg.Data); err == nil {
			got, err := api.Check(ctx, client)
			client.CloseIdleConnections()
			if err == nil && len(got.Listening) > 0 {
				return &got, got.Listening, nil
			}
		}
		pause(ctx, initLook)
	}
	return nil, nil, nil
}

// pause waits for that time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// came returns the accounts of senders of which lines came between two counts; not those that are not allowed.
func came(before, after *api.Checked) (out []report.Sender) {
	old := map[string]uint64{}
	for _, s := range before.Senders {
		old[s.Sender] += s.Received
	}
	for _, s := range after.Senders {
		if s.Received > old[s.Sender] {
			out = append(out, s)
		}
	}
	return out
}

// sayWhatCame shows the first lines, how they are understood, and what check thinks of their senders.
func (a *app) sayWhatCame(ctx context.Context, before, after *api.Checked, router netip.Addr, from time.Time) error {
	senders := came(before, after)
	ours := false
	for _, s := range senders {
		ours = ours || s.Sender == router.String()
		fmt.Fprintf(a.stdout, "%s: %s\n", report.Clean(s.Sender), linesCame(s.Received, s.Unparsed))
	}
	if !ours {
		fmt.Fprintf(a.stdout, "That is not %v: if it is your router, write its address under routers in the config.\n",
			router)
	}
	client, _, err := api.Dial(ctx, a.cfg.Data)
	if err != nil {
		return a.denied(err)
	}
	defer client.CloseIdleConnections()
	var got firstEvents
	for _, back := range []time.Duration{time.Minute, 26 * time.Hour} { // a clock in another zone
		if got, err = a.firstEvents(ctx, client, from, back); err != nil {
			return err
		}
		if got.all > 0 {
			break
		}
	}
	switch {
	case got.understood == 0:
		fmt.Fprintln(a.stdout, "None of it is understood: uncloak parse --explain says why; "+howToSend+".")
	case got.sessions == 0:
		fmt.Fprintln(a.stdout, "It is understood, but no new session is among it yet: let the router log these, too.")
	default:
		fmt.Fprintln(a.stdout, "It is understood, and new sessions are among it.")
	}
	c := report.Check{Now: a.now(), Received: &after.Received}
	c.Judge()
	for _, p := range append(c.Problems, c.Notes...) {
		fmt.Fprintln(a.stdout, "  - "+report.Clean(p))
	}
	return nil
}

// firstEvents counts the events of the first lines.
type firstEvents struct{ all, understood, sessions int }

// maxFirst bounds the events that are looked at.
const maxFirst = 1000

// firstEvents shows some of the lines that were received since from, whose own times are no more than back before that,
// and counts them.
func (a *app) firstEvents(ctx context.Context, c *http.Client, from time.Time, back time.Duration) (n firstEvents,
	err error) {
	body, err := api.Get(ctx, c, "/v1/events", url.Values{"format": {"ndjson"},
		"from": {from.Add(-back).Format(time.RFC3339Nano)}})
	if err != nil {
		return n, err
	}
	defer body.Close()
	for dec := json.NewDecoder(body); n.all < maxFirst; {
		var e api.Event
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return n, fmt.Errorf("read answer: %w", err)
		}
		if e.Received == nil || e.Received.Before(from) {
			continue
		}
		if e.Kind == parse.SessionNew.String() {
			n.sessions++
		}
		if e.Kind != parse.Unknown.String() {
			n.understood++
		}
		if n.all++; n.all <= initShown {
			var rec parse.Record
			parse.NewParser().Line([]byte(e.Raw), &rec)
			fmt.Fprintf(a.stdout, "  %s\n    %s\n", strings.TrimSpace(report.Fit(report.Clean(e.Raw), 110)),
				report.Clean(string(explainLine(nil, n.all, []byte(e.Raw), &rec))))
		}
	}
	return n, nil
}

// linesCame words how many lines came, and how many of them are understood.
func linesCame(lines, unparsed uint64) string {
	return fmt.Sprintf("lines that came today: %s, understood: %s", report.Number(lines),
		report.Number(lines-min(lines, unparsed)))
}
