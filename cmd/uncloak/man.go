package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes the manual pages, one for each command, into a directory, or the page of uncloak itself to stdout.
func (a *app) manCommand(root *cobra.Command) *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "man", Short: "Write the manual pages", Example: "uncloak man | man -l -\n" +
		"uncloak man --dir /usr/local/share/man/man1"}
	cmd.Flags().StringVar(&dir, "dir", "", "directory for all pages (default: uncloak.1 to stdout)")
	cmd.RunE = func(*cobra.Command, []string) error {
		root.DisableAutoGenTag = true
		plain(root)
		header := &doc.GenManHeader{Title: "UNCLOAK", Section: "1", Source: "uncloak " + versionText()}
		if dir != "" {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("write manual: %w", err)
			}
			return doc.GenManTree(root, header, dir)
		}
		var page bytes.Buffer
		if err := doc.GenMan(root, header, &page); err != nil {
			return fmt.Errorf("write manual: %w", err)
		}
		_, err := page.WriteTo(a.stdout)
		return err
	}
	return cmd
}

// plain escapes < in the help texts: the generator reads Markdown and would take <13> for a tag.
func plain(cmd *cobra.Command) {
	cmd.Long = strings.ReplaceAll(cmd.Long, "<", `\<`)
	for _, c := range cmd.Commands() {
		plain(c)
	}
}
