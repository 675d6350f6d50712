package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"uncloak/report"
	"uncloak/report/api"
	"uncloak/store/bolt"
)

// version and commit are set by the linker: git describe and git rev-parse.
var version, commit string

// app holds the state of one run of the program: its streams, clock, flags, config and log.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	judgeEvery     time.Duration // interval at which serve looks for findings and saves the running day
	mailEvery      time.Duration // interval at which serve looks whether a report is to be mailed
	followEvery    time.Duration // interval at which query --follow asks for new events

	args       []string // of the command line
	configFile string
	readOnly   bool           // --read-only
	flags      *pflag.FlagSet // of the command that runs
	cfg        config
	level      *slog.LevelVar
	log        *slog.Logger
}

// usageError marks an error that the user can mend in the command line or in the config: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode ends the program with that code and no message.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run executes one command line and returns the exit code: 0 fine, 1 failed, 2 usage or config, 3 a finding that
// --fail-on asks for.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(stdin, stdout, stderr).run(ctx, args)
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now, judgeEvery: time.Minute,
		followEvery: time.Second, mailEvery: 20 * time.Second,
		level: new(slog.LevelVar), log: slog.New(slog.DiscardHandler)}
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	a.args = args
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.report(root.ExecuteContext(ctx))
}

// report writes the error as one line and returns its exit code.
func (a *app) report(err error) int {
	var (
		code  exitCode
		usage usageError
		api   *api.StatusError
	)
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		// the reader of the output has closed it
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "uncloak: interrupted")
		return 1
	}
	var settings settingErrors
	if errors.As(err, &settings) {
		for _, e := range settings {
			a.errorLine(e)
		}
	} else {
		a.errorLine(err)
	}
	if errors.As(err, &usage) || errors.As(err, &api) && api.Status == http.StatusBadRequest {
		return 2
	}
	return 1
}

func (a *app) errorLine(err error) {
	fmt.Fprintf(a.stderr, "uncloak: %s\n", strings.Join(strings.Fields(err.Error()), " "))
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "uncloak",
		Short: "Says which host fills your router's session table, and when",
		Long: `uncloak reads what your router logs and says which host fills its session table, at which minutes it does
so, and what else goes with it.

    See it work on a real capture:      uncloak demo
    Receive syslog from your router:    uncloak serve
    Read logs that you have:            uncloak import /var/log/router.log
    Read the report of yesterday:       uncloak report
    What does a message mean:           uncloak explain 'neighbour table overflow'
    Is all well:                        uncloak check

Exit codes: 0 fine, 1 failed, 2 usage or config, 3 findings that --fail-on asks for.`,
		SilenceErrors: true, SilenceUsage: true, SuggestionsMinimumDistance: 2,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.configFile, "config", "", "YAML file with the settings; also UNCLOAK_CONFIG")
	f.String("data", "", "data directory (default ./uncloak-data if it is there, else the state directory)")
	f.String("timezone", "", "zone of wall clocks, like Europe/Berlin (default the machine's)")
	f.String("lang", "", "language of reports and mails: en or ja (default that of LANG)")
	f.StringSlice("lan", nil, "internal networks (default the private ranges)")
	f.Int("table", 0, "entries that the router's session table takes (default unknown)")
	f.String("resolver", "", "DNS server to ask for names of internal hosts, like 192.168.1.1 (default none)")
	f.String("log-level", "", "debug, info, warn or error (default info)")
	f.String("log-format", "", "text or json (default text); the log goes to stderr")
	f.BoolVar(&a.readOnly, "read-only", false, "create no file in the data directory (by itself where none can be)")
	f.Bool("no-color", false, "no colours in the output")
	f.Bool("no-pager", false, "print to a terminal without $PAGER (default less)")
	root.SetFlagErrorFunc(flagError)
	root.Version = versionLine()
	root.SetVersionTemplate("uncloak {{.Version}}\n")
	root.AddCommand(a.initCommand(), a.serveCommand(), a.importCommand(), a.captureCommand(), a.pathCommand(),
		a.topCommand(), a.reportCommand(), a.findingsCommand(),
		a.queryCommand(), a.whoCommand(), a.pruneCommand(), a.compactCommand(), a.upgradeCommand(),
		a.backupCommand(), a.verifyCommand(),
		a.tableCommand(), a.parseCommand(), a.ackCommand(), a.explainCommand(), a.capacityCommand(), a.checkCommand(),
		a.configCommand(), a.notifyCommand(), a.schemaCommand(),
		a.sendCommand(), a.statCommand(), a.demoCommand(), a.versionCommand(), a.manCommand(root))
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
		c.ValidArgsFunction = fileArgs(c)
	}
	a.complete(root)
	return root
}

// setup reads the config and makes the logger; commands that need them call it first.
func (a *app) setup(cmd *cobra.Command) (err error) {
	a.flags = cmd.Flags()
	if a.cfg, err = a.loadConfig(a.flags); err != nil {
		return err
	}
	if err := a.level.UnmarshalText([]byte(a.cfg.Log.Level)); err != nil {
		return usagef("log level: %w", err)
	}
	a.log = a.logTo(a.stderr)
	return nil
}

// loadConfig reads the settings of this run, and notes the config file that they are from.
func (a *app) loadConfig(flags *pflag.FlagSet) (config, error) {
	if a.configFile == "" {
		a.configFile = os.Getenv("UNCLOAK_CONFIG")
	}
	return loadConfig(a.configFile, os.Environ(), flags)
}

// logTo returns a logger that writes to w in the configured form.
func (a *app) logTo(w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: a.level}
	if a.cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func unknownCommand(root *cobra.Command, name string) error {
	if s := root.SuggestionsFor(name); len(s) > 0 {
		return usagef("unknown command %q; did you mean %s?", name, strings.Join(s, " or "))
	}
	return usagef("unknown command %q; see: uncloak --help", name)
}

// usageArgs turns the errors of check into usage errors; a command without a check takes no arguments.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil && len(args) > 0 {
			return usagef("%s takes no argument %q; see: %s --help", cmd.Name(), args[0], cmd.CommandPath())
		}
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return usagef("%s: %w; write it like: %s; see: %s --help", cmd.Name(), err,
				strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.CommandPath())
		}
		return nil
	}
}

// fileArgs returns how the shell completes the arguments of c: with file names where it reads files, else with nothing.
func fileArgs(c *cobra.Command) cobra.CompletionFunc {
	if slices.Contains([]string{"import", "send", "stat", "backup"}, c.Name()) {
		return nil
	}
	return cobra.NoFileCompletions
}

// oneOf checks the value of a flag, and writes it in lower case.
func oneOf(flag string, value *string, allowed ...string) error {
	word := strings.ToLower(strings.TrimSpace(*value))
	if slices.Contains(allowed, word) {
		*value = word
		return nil
	}
	return usagef("--%s %q is not known%s: %s", flag, *value, meant(word, allowed), strings.Join(allowed, ", "))
}

// meant returns " (did you mean …?)" with the words that look like the given one; "" where none does.
func meant(word string, words []string) string {
	near := report.Near(word, words, 2)
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}

// flagError makes a usage error of one of pflag's, with the flags that may be meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		if near := report.Near(unknown.GetSpecifiedName(), names, 2); len(near) > 0 {
			return usagef("%w; did you mean --%s? see: %s --help", err, strings.Join(near, " or --"), cmd.CommandPath())
		}
	}
	return usagef("%w; see: %s --help", err, cmd.CommandPath())
}

// versionText returns the version that the linker set, else the one that the build recorded.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", RunE: func(*cobra.Command, []string) error {
		_, err := fmt.Fprintf(a.stdout, "uncloak %s\n", versionLine())
		return err
	}}
}

// versionLine names the version, the commit that it was built from, and the numbers by which programs and data fit
// together.
func versionLine() string {
	line := versionText()
	if c := commitText(); c != "" {
		line += ", commit " + c
	}
	return fmt.Sprintf("%s (store format %d, API %d, %s %s/%s)", line, bolt.Format, api.API, runtime.Version(),
		runtime.GOOS, runtime.GOARCH)
}

// commitText returns the commit that the linker set, else the one that the build recorded; "" where none did.
func commitText() string {
	if commit != "" {
		return commit
	}
	at, changed := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				at = s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " with changes"
			}
		}
	}
	if at == "" {
		return ""
	}
	return at + changed
}
