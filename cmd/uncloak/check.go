package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"uncloak/ingest"
	"uncloak/report"
	"uncloak/report/api"
)

func (a *app) checkCommand() *cobra.Command {
	var format string
	var shapes int
	cmd := &cobra.Command{Use: "check",
		Short: "Check the config, addresses, data directory, senders and lines not understood",
		Long: `Checks the config and shows each setting with its place; tries the addresses to receive at; looks at
the data directory and says which process has it open; and shows for each sender how many lines of the
last 24 hours (or of the last 24 hours that have events) were received, lost and not understood, the
latter grouped by shape. It stores nothing, and works while serve runs.

Exit codes: 0 fine, 1 something is wrong (each problem is one line that says what to do), 2 the config
is wrong.`,
		Example: `uncloak check
uncloak check --config /etc/uncloak.yaml --shapes 50
uncloak check --format json | jq -r '.problems[]'`}
	f := cmd.Flags()
	listenFlags(cmd)
	f.StringVar(&format, "format", "text", "text or json")
	f.IntVar(&shapes, "shapes", 20, "shapes of lines not understood, at most 200")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "json"); err != nil {
			return err
		}
		if shapes < 0 || shapes > 200 {
			return usagef("--shapes %d is not a number from 0 to 200", shapes)
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		c, err := a.check(cmd.Context())
		if err != nil {
			return err
		}
		return a.showCheck(c, format, shapes)
	}
	return cmd
}

// check makes all checks. It returns an error only for a wrong config and for the end of ctx.
func (a *app) check(ctx context.Context) (*report.Check, error) {
	receiver, err := a.receiver()
	if err != nil {
		return nil, err
	}
	if err := receiver.Validate(); err != nil {
		return nil, usageError{err}
	}
	c := &report.Check{Version: versionText(), Now: a.now(), Config: a.configFile, Settings: listSettings(&a.cfg),
		Problems: []string{}, Notes: []string{}}
	for _, name := range strayVariables(os.Environ()) {
		c.Notes = append(c.Notes, name+" in the environment is no setting: it is ignored")
	}
	if err := api.CheckPlaces(present(a.cfg.MMDB)); err != nil {
		for l := range strings.SplitSeq(err.Error(), "\n") {
			c.Notes = append(c.Notes, l+": put the file there, or take it out of mmdb in the config")
		}
	}
	a.checkData(c)
	if err := a.checkStore(ctx, c); err != nil {
		return nil, err
	}
	checkListen(c, receiver, a.cfg.set("listen.udp") || a.cfg.set("listen.tcp"))
	c.Judge()
	return c, nil
}

func (a *app) showCheck(c *report.Check, format string, shapes int) error {
	out := bufio.NewWriter(a.stdout)
	query := "uncloak query --kind unknown --format raw"
	if a.cfg.set("data") {
		query += " --data " + quote(a.cfg.Data)
	}
	var err error
	if format == "json" {
		err = report.CheckJSON(out, c)
	} else {
		err = report.CheckText(out, c, report.CheckOptions{TextOptions: report.TextOptions{Width: a.columns(120),
			Color: a.colors()}, Shapes: shapes, Location: a.cfg.location,
			Send: "uncloak does not know these yet: " + howToSend + ". All of them: " + query})
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if len(c.Problems) > 0 {
		return exitCode(1)
	}
	return nil
}

// checkData checks the data directory or, where it does not exist yet, the directory in which it would be made.
func (a *app) checkData(c *report.Check) {
	dir, err := filepath.Abs(a.cfg.Data)
	if err != nil {
		dir = a.cfg.Data
	}
	c.Data.Path = a.cfg.Data
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		c.Problems = append(c.Problems, fmt.Sprintf("%s is not a directory: say where the data is with --data",
			a.cfg.Data))
		return
	case err == nil:
		c.Data.Exists = true
		checkMailed(c, dir, a.cfg.location)
		checkAlerts(c, dir, a.cfg.location)
		if files, _ := filepath.Glob(filepath.Join(dir, ingest.GivenUpDir, "*.log")); len(files) > 0 {
			c.Problems = append(c.Problems,
				fmt.Sprintf("lines that the store refused are in %s: import the files there, "+
					"then delete them", filepath.Join(a.cfg.Data, ingest.GivenUpDir)))
		}
	case !errors.Is(err, os.ErrNotExist):
		c.Problems = append(c.Problems, fmt.Sprintf("%v: say where the data is with --data", err))
		return
	}
	for parent := filepath.Dir(dir); err != nil && dir != parent; parent = filepath.Dir(dir) {
		dir = parent
		_, err = os.Stat(dir)
	}
	c.Data.Writable = mayWrite(dir) == nil
	if !c.Data.Writable && !a.readOnly {
		c.Problems = append(c.Problems, fmt.Sprintf("%s is not writable for this user: run uncloak as its owner, or "+
			"say another directory with --data", dir))
	}
	c.Data.Free = freeIn(dir)
}

// checkStore asks the process that has the data directory open about its data, or opens the directory itself.
func (a *app) checkStore(ctx context.Context, c *report.Check) (err error) {
	if !c.Data.Exists {
		return nil
	}
	s, err := a.open(ctx, false)
	if err != nil {
		return a.wrong(ctx, c, err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var got api.Checked
	err = a.ask(ctx, &s, false, func(s *session) (err error) {
		got, err = api.Check(ctx, s.Client)
		return err
	})
	var refused *api.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		err = fmt.Errorf("the running uncloak (pid %d) is older than this one: restart it", s.pid)
	}
	if err != nil {
		return a.wrong(ctx, c, err)
	}
	c.Data.PID, c.Data.Daemon, c.Received = s.pid, got.Daemon, &got.Received
	return nil
}

// wrong adds err to the problems, unless ctx has ended.
func (a *app) wrong(ctx context.Context, c *report.Check, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.Problems = append(c.Problems, "the data cannot be read: "+err.Error())
	return nil
}
