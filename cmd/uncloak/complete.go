package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/report/api"
)

// completionPatience limits how long a shell waits for the running process to offer words.
const completionPatience = 80 * time.Millisecond

// formatsOf lists the formats of each command's output; of import, of the input.
func formatsOf() map[string][]string {
	two := []string{"text", "json"}
	return map[string][]string{
		"report": {"text", "json", "html", "md"}, "findings": {"text", "json", "csv"},
		"query": {"text", "ndjson", "csv", "raw"}, "who": {"text", "json", "ndjson", "csv"},
		"table": {"text", "json", "csv", "ndjson"}, "stat": {"text", "csv", "json"}, "verify": {"text", "ndjson"},
		"check": two, "config": two, "explain": two, "ack": two, "capacity": two, "import": ingest.Formats(),
	}
}

// complete gives the flags and arguments of all commands below root the words that a shell may complete them with.
func (a *app) complete(root *cobra.Command) {
	known := func(choose func(*api.Offered) []string) cobra.CompletionFunc {
		return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return choose(a.offered(cmd)), cobra.ShellCompDirectiveNoFileComp
		}
	}
	hosts := known(func(o *api.Offered) (words []string) {
		for _, h := range o.Hosts {
			words = append(words, strings.TrimSuffix(h.Address+"\t"+h.Name, "\t"))
			if h.Name != "" {
				words = append(words, h.Name+"\t"+h.Address)
			}
		}
		return words
	})
	days := known(func(o *api.Offered) []string {
		return append([]string{"yesterday", "today"}, o.Days...)
	})
	words := func(ws ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(ws, cobra.ShellCompDirectiveNoFileComp)
	}
	for _, c := range root.Commands() {
		functions := map[string]cobra.CompletionFunc{
			"format": words(formatsOf()[c.Name()]...), "kind": words(parse.KindNames()...),
			"fail-on": words("info", "warning", "critical"), "dialect": words(dialectNames()...),
			"host": hosts, "peer": hosts, "router": known(func(o *api.Offered) []string { return o.Routers }),
			"day": days, "from": days, "to": days, "at": days, "captured-at": days, "proto": words("tcp", "udp"),
			"net":  words("udp", "tcp", "tls", "unix", "unix-stream"),
			"pace": words("rate", "recorded"), "framing": words("newline", "octet"),
		}
		for name, f := range functions {
			if c.LocalFlags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, f) // the flag is there
			}
		}
	}
	for name, f := range map[string]cobra.CompletionFunc{
		"ack":     known(func(o *api.Offered) []string { return o.IDs }),
		"explain": words(entryIDs()...),
	} {
		if c, _, err := root.Find([]string{name}); err == nil {
			c.ValidArgsFunction = f
		}
	}
	_ = root.RegisterFlagCompletionFunc("log-level", words("debug", "info", "warn", "error"))
	_ = root.RegisterFlagCompletionFunc("lang", words("en", "ja"))
	_ = root.RegisterFlagCompletionFunc("log-format", words("text", "json"))
}

func dialectNames() (names []string) {
	for _, f := range parse.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// offered asks the process that has the data open for words. Whatever goes wrong there are fewer words: without such a
// process the days alone, by the names of their files.
func (a *app) offered(cmd *cobra.Command) *api.Offered {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	o := &api.Offered{}
	cfg, err := a.loadConfig(cmd.Flags())
	if err != nil {
		return o
	}
	if client, _, err := api.Dial(ctx, cfg.Data); err == nil {
		if body, err := api.Get(ctx, client, "/v1/known", nil); err == nil {
			defer body.Close()
			if json.NewDecoder(body).Decode(o) == nil {
				return o
			}
		}
	}
	files, _ := filepath.Glob(filepath.Join(cfg.Data, "days", "*.db")) // the pattern is right
	for _, name := range slices.Backward(files) {
		day := strings.TrimSuffix(filepath.Base(name), ".db")
		if _, err := time.Parse(time.DateOnly, day); err == nil && len(o.Days) < 200 {
			o.Days = append(o.Days, day)
		}
	}
	return o
}
