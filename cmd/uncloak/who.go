package main

import (
	"net/url"

	"github.com/spf13/cobra"
)

func (a *app) whoCommand() *cobra.Command {
	var at, slack, back, proto, format, output string
	var asCSV bool
	cmd := &cobra.Command{Use: "who ADDR:PORT --at TIME",
		Short: "Which machine inside had a public address and port at a time",
		Long: "Looks through the logged sessions, the forwarded ones and the blocks of ports that a NAT gave\n" +
			"away, and lists every machine that may have had the public address and port at that time: the most\n" +
			"likely first, with its confidence, from when to when it had it, and the lines that show it, as\n" +
			"they were received. How far off the sender's clock and the stamps are is added to --slack.\n\n" +
			"A session of which no line lies within --back of the time is not found; blocks of ports are,\n" +
			"however old they are.",
		Example: "uncloak who 203.0.113.7:40312 --at '2026-11-17 21:14:03'\n" +
			"uncloak who '[2001:db8::7]:40312' --at 2026-11-17T21:14:03+09:00 --slack 30s\n" +
			"uncloak who 203.0.113.7:40312 --at 2026-11-17T12:14:03Z --csv -o answer.csv",
		Args: cobra.ExactArgs(1)}
	f := cmd.Flags()
	f.StringVar(&at, "at", "", "the time: \"2026-11-21 20:30:05\", RFC 3339, -2h")
	f.StringVar(&slack, "slack", "5s", "how far off that time may be")
	f.StringVar(&back, "back", "", "how long before and after it the lines of a session are looked for (default 10m, "+
		"and where that leaves doubts, 2h and 24h)")
	f.StringVar(&proto, "proto", "", "tcp or udp (default any)")
	f.StringVar(&format, "format", "text", "text, json, ndjson or csv")
	f.BoolVar(&asCSV, "csv", false, "the same as --format csv: who, from, to, evidence …")
	f.StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if asCSV {
			format = "csv"
		}
		if err := oneOf("format", &format, "text", "json", "ndjson", "csv"); err != nil {
			return err
		}
		if at == "" {
			return usagef("who needs the time: --at '2026-11-21 20:30:05'; see: %s --help", cmd.CommandPath())
		}
		v := url.Values{"end": {args[0]}}
		set(v, "at", at)
		set(v, "slack", slack)
		set(v, "back", back)
		set(v, "proto", proto)
		set(v, "format", format)
		return a.show(cmd, "/v1/who", v, output, "")
	}
	return cmd
}
