package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/report/api"
)

// windowFlags holds the flags that select the time that a reading command is about.
type windowFlags struct{ from, to, day string }

func (t *windowFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.from, "from", "", "begin: 2026-11-21, \"2026-11-21 20:30\", RFC 3339, \"monday 14:00\", -2h, -3d")
	f.StringVar(&t.to, "to", "", "end, itself not included (a date is its midnight)")
	f.StringVar(&t.day, "day", "", "one local day: 2026-11-21, 21.11.2026, yesterday, monday")
}

func (t *windowFlags) values() url.Values {
	v := url.Values{}
	set(v, "from", t.from)
	set(v, "to", t.to)
	set(v, "day", t.day)
	return v
}

func set(v url.Values, key, value string) {
	if value != "" {
		v.Set(key, value)
	}
}

// setZone asks the API for the zone that this command was given; without one that of the answering process holds.
func (a *app) setZone(v url.Values) {
	if a.cfg.set("timezone") && a.cfg.location.String() != "Local" {
		v.Set("timezone", a.cfg.location.String())
	}
}

// setLanguage asks the API for the language of this command: of flag, config or locale. Without one, or with another
// locale, that of the answering process holds. JSON and CSV stay English.
func (a *app) setLanguage(v url.Values) {
	l := a.cfg.language
	if l == "" {
		l, _ = report.ParseLanguage(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")))
	}
	set(v, "lang", string(l))
}

func (a *app) reportCommand() *cobra.Command {
	var t windowFlags
	var format, output, failOn string
	var mailTo []string
	var all bool
	cmd := &cobra.Command{Use: "report", Short: "The report of a day: verdict, findings, hosts, health",
		Long: "Prints the report of one local day: the verdict first, then the findings with their evidence, the\n" +
			"hosts, and how much of the log is missing. Without --day, --from and --to it is about yesterday,\n" +
			"or, where nothing is stored of yesterday, about the last day that has events. It works while serve\n" +
			"runs on the same data directory.",
		Example: "uncloak report\nuncloak report --day 2026-11-21 --format html -o report.html\n" +
			"uncloak report --mail-to me@example.net"}
	t.add(cmd)
	cmd.Flags().StringVar(&format, "format", "", "text, json, html or md (default text, or what the name of -o says)")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	cmd.Flags().BoolVar(&all, "all", false, "show what is known (uncloak ack, known: in the config), too")
	cmd.Flags().StringSliceVar(&mailTo, "mail-to", nil,
		"mail it to these addresses, with pictures, as mail in the config says (default through sendmail)")
	failOnFlag(cmd, &failOn)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if len(mailTo) > 0 && (format != "" || output != "") {
			return usagef("--mail-to makes a mail: it takes no --format and no -o")
		}
		if format == "" {
			format = formatOf(output)
		}
		err := errors.Join(oneOf("format", &format, "text", "json", "html", "md"), checkFailOn(&failOn))
		if err != nil {
			return err
		}
		v := t.values()
		v.Set("format", format)
		if all {
			v.Set("all", "1")
		}
		if len(mailTo) > 0 {
			return a.mailTo(cmd, v, mailTo, failOn)
		}
		return a.show(cmd, "/v1/report", v, output, failOn)
	}
	return cmd
}

// formatOf returns the format that goes with the ending of a file name.
func formatOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".html", ".htm":
		return "html"
	case ".json":
		return "json"
	case ".md":
		return "md"
	}
	return "text"
}

func (a *app) findingsCommand() *cobra.Command {
	var t windowFlags
	var format, output, failOn string
	var all bool
	cmd := &cobra.Command{Use: "findings", Short: "The findings alone",
		Long: "Prints the findings of a window, as text or as a JSON array. Without --day, --from and --to it is\n" +
			"about yesterday, or, where nothing is stored of yesterday, about the last day that has events.",
		Example: "uncloak findings --format json | jq -r '.[] | .host + \" \" + .kind'\n" +
			"uncloak findings --day yesterday --fail-on critical"}
	t.add(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "text, json or csv")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	cmd.Flags().BoolVar(&all, "all", false, "show what is known (uncloak ack, known: in the config), too")
	failOnFlag(cmd, &failOn)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := errors.Join(oneOf("format", &format, "text", "json", "csv"), checkFailOn(&failOn)); err != nil {
			return err
		}
		v := t.values()
		v.Set("format", format)
		if all {
			v.Set("all", "1")
		}
		return a.show(cmd, "/v1/findings", v, output, failOn)
	}
	return cmd
}

func (a *app) queryCommand() *cobra.Command {
	var t windowFlags
	var format, output, host, peer, port, router, text string
	var kinds []string
	var limit int
	var follow bool
	cmd := &cobra.Command{Use: "query", Short: "The events behind the findings",
		Long: "Prints events in order of time. raw is the lines as they were received; ndjson and csv have every\n" +
			"field. Without --from and --to it is everything that is stored; with --follow only what comes from now\n" +
			"on, or from --from on.",
		Example: "uncloak query --day yesterday --kind table-full --limit 5\n" +
			"uncloak query --host 192.168.128.12 --from -2h --format raw | less\n" +
			"uncloak query --format ndjson --kind session-new | jq -r .dst | sort | uniq -c"}
	t.add(cmd)
	f := cmd.Flags()
	f.StringVar(&format, "format", "text", "text, ndjson, csv or raw")
	f.StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	f.StringVar(&host, "host", "", "address, network or name of a host on either side, translated ones too")
	f.StringVar(&peer, "peer", "", "address, network or name of a host on the other side")
	f.StringVar(&port, "port", "", "port on either side")
	f.StringVar(&router, "router", "", "name of the router")
	f.StringVar(&text, "text", "", "text that the line contains")
	f.StringSliceVar(&kinds, "kind", nil, "kinds of event, such as session-new or table-full")
	f.IntVar(&limit, "limit", 0, "at most so many events (default all)")
	f.BoolVarP(&follow, "follow", "f", false, "go on with new events as they are stored, until stopped")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "ndjson", "csv", "raw"); err != nil {
			return err
		}
		v := t.values()
		for key, value := range map[string]string{"format": format, "host": host, "peer": peer, "port": port,
			"router": router, "text": text} {
			set(v, key, value)
		}
		for _, k := range kinds {
			v.Add("kind", k)
		}
		if cmd.Flags().Changed("limit") {
			v.Set("limit", fmt.Sprint(limit))
		}
		if follow {
			if output != "" || cmd.Flags().Changed("limit") || v.Get("day")+v.Get("to") != "" {
				return usagef("--follow goes on until it is stopped: it takes no --day, --to, --limit and -o")
			}
			return a.follow(cmd, v)
		}
		return a.show(cmd, "/v1/events", v, output, "")
	}
	return cmd
}

func failOnFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "fail-on", "",
		"exit with 3 if there is a finding at least so severe that is not known: info, warning or critical")
}

func checkFailOn(v *string) error {
	if *v == "" {
		return nil
	}
	return oneOf("fail-on", v, "info", "warning", "critical")
}

// show sends a request to the API and copies the answer to stdout or a file.
func (a *app) show(cmd *cobra.Command, path string, v url.Values, output, failOn string) error {
	a.flags = cmd.Flags()
	a.terminal(v, output)
	return a.get(cmd, path, v, failOn, func(r io.Reader) error { return a.copyTo(output, r) })
}

// get sends a request to the API and calls use with the answer.
func (a *app) get(cmd *cobra.Command, path string, v url.Values, failOn string,
	use func(io.Reader) error) (err error) {
	if err := a.setup(cmd); err != nil {
		return err
	}
	a.setZone(v)
	a.setLanguage(v)
	if a.cfg.set("data") {
		v.Set("data", a.cfg.Data) // for the commands that a report shows
	}
	for _, name := range []string{"day", "from", "to"} { // a wrong time is an error even if there is no data
		if t := v.Get(name); t != "" {
			if _, err := api.ParseTime(t, a.cfg.location, a.now()); err != nil {
				return usagef("--%s: %w", name, err)
			}
		}
	}
	s, err := a.open(cmd.Context(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	a.tellOverridden(cmd.Context(), s)
	var resp *http.Response
	err = a.ask(cmd.Context(), &s, false, func(s *session) error {
		resp, err = s.call(cmd.Context(), http.MethodGet, path, v)
		return err
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := use(resp.Body); err != nil {
		return s.explain(err)
	}
	if msg := resp.Trailer.Get(api.HeaderError); msg != "" {
		return fmt.Errorf("the output is not complete: %s", msg)
	}
	if note := cmp.Or(resp.Header.Get(api.HeaderNote), resp.Trailer.Get(api.HeaderNote)); note != "" {
		fmt.Fprintf(a.stderr, "uncloak: %s\n", note)
	}
	if s := cmp.Or(resp.Header.Get(api.HeaderDamage), resp.Trailer.Get(api.HeaderDamage)); s != "" {
		return errors.New(s)
	}
	worst := detect.Severity(resp.Header.Get(api.HeaderWorst))
	if failOn != "" && worst != "" && worst.Rank() >= detect.Severity(failOn).Rank() {
		return exitCode(3)
	}
	return nil
}

// onTerminal reports whether stdout is a terminal, and returns its file descriptor.
func (a *app) onTerminal() (fd int, ok bool) {
	f, ok := a.stdout.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// terminal asks the API for the width of the terminal and for colours, if the output goes to a terminal.
func (a *app) terminal(v url.Values, output string) {
	fd, ok := a.onTerminal()
	if output != "" || !ok {
		return
	}
	if w, _, err := term.GetSize(fd); err == nil && w >= 60 {
		v.Set("width", fmt.Sprint(min(w, 120)))
	}
	if a.colors() {
		v.Set("color", "1")
	}
}

// colors reports whether stdout may have colours: it is a terminal, and neither flag nor environment forbids them.
func (a *app) colors() bool {
	if _, ok := a.onTerminal(); !ok {
		return false
	}
	plain, _ := a.flags.GetBool("no-color")
	return !plain && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// explain replaces the error of a broken connection by one that names the process that ended.
func (s *session) explain(err error) error {
	if s.pid != 0 && gone(err) {
		return fmt.Errorf("process %d, which has the data open, ended before it had answered in full: run this again",
			s.pid)
	}
	return err
}

// copyTo writes r to stdout, or to a file that gets its name when it is complete.
func (a *app) copyTo(name string, r io.Reader) error {
	if name == "" || name == "-" {
		return a.page(func(w io.Writer) error {
			_, err := io.Copy(w, r)
			return err
		})
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a device or a pipe
		if info.IsDir() {
			return usagef("-o %s is a directory: give the name of a file", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".uncloak-*")
	if err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return os.Rename(f.Name(), name)
}

// quote returns s quoted as a word of a shell command.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// withContext returns a reader of r whose Read ends with ctx: a Read of stdin itself cannot be interrupted.
func withContext(ctx context.Context, r io.Reader) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { pw.CloseWithError(ctx.Err()) })
	return pr
}
