package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"uncloak/report"
	"uncloak/report/api"
)

func (a *app) ackCommand() *cobra.Command {
	var t windowFlags
	var until, note, format string
	var list, remove bool
	cmd := &cobra.Command{Use: "ack ID", Short: "Say that a finding is known: it is not shown any more",
		Long: "Acknowledges a finding, or a whole incident by the id of its root (uncloak findings shows the\n" +
			"ids). It is then left out of the text, the verdict and --fail-on of report and findings; --all\n" +
			"shows it, and the JSON always has it. The ack ends by itself when the finding becomes more than\n" +
			"twice as large as it was, or when something new goes with it. It is kept in the data directory.\n" +
			"What is always known can stand in the config, too: known.\n\n" +
			"The finding is looked for where report would look: yesterday, or what --day, --from and --to say.",
		Example: "uncloak ack periodic-burst-192.168.128.12-1800s --note 'nightly backup' --until 2026-12-31\n" +
			"uncloak ack --list\nuncloak ack --remove burst-192.168.128.12",
		Args: cobra.MaximumNArgs(1)}
	t.add(cmd)
	f := cmd.Flags()
	f.StringVar(&until, "until", "", "last day on which it holds, or a time (default for good)")
	f.StringVar(&note, "note", "", "why it is known; shown with it")
	f.BoolVar(&list, "list", false, "what is acknowledged")
	f.BoolVar(&remove, "remove", false, "take the ack of ID back")
	f.StringVar(&format, "format", "text", "text or json, of --list")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch err := oneOf("format", &format, "text", "json"); {
		case err != nil:
			return err
		case list && (remove || len(args) > 0):
			return usagef("--list takes no ID and no --remove; see: %s --help", cmd.CommandPath())
		case !list && len(args) == 0:
			return usagef("ack needs the id of a finding (uncloak findings shows them), or --list; see: %s --help",
				cmd.CommandPath())
		case remove && (until != "" || note != ""):
			return usagef("--remove takes no --until and no --note")
		}
		if list {
			return a.withSession(cmd, func(ctx context.Context, s *session) error { return a.listAcks(ctx, s, format) })
		}
		if remove {
			return a.withSession(cmd, func(ctx context.Context, s *session) error {
				if err := api.RemoveAck(ctx, s.Client, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "not acknowledged any more: %s\n", report.Clean(args[0]))
				return err
			})
		}
		v := t.values()
		v.Set("id", args[0])
		set(v, "until", until)
		set(v, "note", note)
		return a.withSession(cmd, func(ctx context.Context, s *session) error {
			a.setZone(v)
			got, err := api.PutAck(ctx, s.Client, v)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "acknowledged%s: %s\n"+
				"it ends when this becomes more than twice as large; take it back: uncloak ack --remove %s\n",
				a.untilWords(got.Until), report.Clean(got.Title), quote(report.Clean(got.ID)))
			return err
		})
	}
	return cmd
}

// withSession reads the config, opens a session to the data directory and calls f with it.
func (a *app) withSession(cmd *cobra.Command, f func(context.Context, *session) error) (err error) {
	if err := a.setup(cmd); err != nil {
		return err
	}
	s, err := a.open(cmd.Context(), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return a.ask(cmd.Context(), &s, false, func(s *session) error { return f(cmd.Context(), s) })
}

func (a *app) listAcks(ctx context.Context, s *session, format string) error {
	acks, err := api.Acks(ctx, s.Client)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if format == "json" {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(acks); err != nil {
			return err
		}
		return out.Flush()
	}
	if len(acks) == 0 {
		fmt.Fprintln(out, "nothing is acknowledged")
	}
	for _, x := range acks {
		over := ""
		if x.Until != nil && !a.now().Before(*x.Until) {
			over = " (over)"
		}
		fmt.Fprintf(out, "%s%s%s\n", report.Clean(x.ID), a.untilWords(x.Until), over)
		for _, s := range []string{x.Title, x.Note} {
			if s != "" {
				fmt.Fprintf(out, "    %s\n", report.Clean(s))
			}
		}
		fmt.Fprintf(out, "    since %s\n", x.At.In(a.cfg.location).Format("Mon 2006-01-02 15:04"))
	}
	return out.Flush()
}

func (a *app) untilWords(t *time.Time) string {
	if t == nil {
		return ""
	}
	return " until " + t.In(a.cfg.location).Format("Mon 2006-01-02 15:04")
}
