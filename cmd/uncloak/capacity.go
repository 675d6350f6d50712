package main

import (
	"bytes"
	"time"

	"github.com/spf13/cobra"

	"uncloak/detect"
	"uncloak/report"
)

func (a *app) capacityCommand() *cobra.Command {
	d := detect.Demand{}
	var clients float64
	var format, output string
	cmd := &cobra.Command{Use: "capacity", Short: "How many clients a session table takes: the arithmetic",
		Long: "How many clients a server behind the router can have, with the formula: each client opens some\n" +
			"sessions at once, they are held while they talk and linger in TIME_WAIT when the server closes\n" +
			"first. It reads no data. --clients asks the other way round: which table so many clients an hour\n" +
			"need.",
		Example: "uncloak capacity --table 1024 --sessions 8 --hold 5s --linger 120s\n" +
			"uncloak capacity --table 1024 --sessions 8 --linger 120s --keepalive 60s --pages-per-minute 5 " +
			"--accepted 2\n" +
			"uncloak capacity --sessions 8 --hold 5s --linger 30s --clients 20000"}
	f := cmd.Flags()
	f.IntVar(&d.Sessions, "sessions", 8, "sessions that one client opens at once")
	f.DurationVar(&d.Hold, "hold", 5*time.Second, "how long a session talks")
	f.DurationVar(&d.Linger, "linger", 120*time.Second, "how long its entry stays after that (TIME_WAIT)")
	f.DurationVar(&d.KeepAlive, "keepalive", 0, "how long the server keeps an idle session open")
	f.IntVar(&d.Accepted, "accepted", 0,
		"sessions of one client that the server accepts; it closes the others at once (default all)")
	f.Float64Var(&d.PagesPerMinute, "pages-per-minute", 0, "pages that a client visits in a minute (default one page)")
	f.Float64Var(&clients, "clients", 0, "clients an hour: which table do they need?")
	f.StringVar(&format, "format", "text", "text or json")
	f.StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "json"); err != nil {
			return err
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		if d.Table = a.cfg.Table; d.Table == 0 {
			d.Table = 1024
		}
		if err := d.Validate(); err != nil {
			return usageError{err}
		}
		if clients < 0 || clients > 1e9 {
			return usagef("--clients %v: 0 to a thousand million an hour", clients)
		}
		m := report.Capacity(d, clients)
		if a.cfg.Table == 0 && clients > 0 {
			m = report.TableFor(d, clients)
		}
		var b bytes.Buffer
		if format == "json" {
			if err := report.CapacityJSON(&b, m); err != nil {
				return err
			}
		} else if err := report.CapacityText(&b, m, report.TextOptions{Color: output == "" && a.colors()}); err != nil {
			return err
		}
		return a.copyTo(output, &b)
	}
	return cmd
}
