package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"uncloak/docs/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "schema [NAME]", Short: "Print the JSON Schema of what a command writes",
		Long: "Prints the JSON Schema (draft 2020-12) of a command's --format json; of query, that of each line of\n" +
			"--format ndjson. Without NAME it lists them.",
		Example: "uncloak schema findings > findings.schema.json", Args: cobra.MaximumNArgs(1)}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			_, err := fmt.Fprintln(a.stdout, strings.Join(schema.Names(), "\n"))
			return err
		}
		b := schema.Get(args[0])
		if b == nil {
			return usagef("there is no schema %q%s: %s", args[0], meant(args[0], schema.Names()),
				strings.Join(schema.Names(), ", "))
		}
		_, err := a.stdout.Write(b)
		return err
	}
	return cmd
}
