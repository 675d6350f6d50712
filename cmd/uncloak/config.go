package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"uncloak/report"
)

func (a *app) configCommand() *cobra.Command {
	var format string
	var defaults bool
	cmd := &cobra.Command{Use: "config", Short: "Show every setting, its value and where it comes from",
		Long: "Shows each key of the config with its value and the place that set it: a line of the file, a\n" +
			"variable, a flag, or the default. Secrets are not shown. What is wrong with any of it is said, all\n" +
			"at once, and the exit code is then 2. --defaults prints a config file to begin with: every key\n" +
			"with what it does and its default or an example, commented out.",
		Example: "uncloak config\nuncloak config --config /etc/uncloak.yaml --format json\n" +
			"uncloak config --defaults > uncloak.yaml"}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&defaults, "defaults", false, "print a commented config file")
	listenFlags(cmd)
	feedFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "json"); err != nil {
			return err
		}
		if defaults {
			return writeDefaults(a.stdout)
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		return a.printSettings(listSettings(&a.cfg), format)
	}
	return cmd
}

func (a *app) printSettings(settings []report.Setting, format string) error {
	out := bufio.NewWriter(a.stdout)
	if format == "json" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(settings); err != nil {
			return err
		}
		return out.Flush()
	}
	for _, s := range settings {
		value := report.Clean(s.Value)
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(out, "%-20s  %-32s  %s\n", s.Key, value, report.Clean(s.From))
	}
	return out.Flush()
}

// writeDefaults writes a config file in which every key stands commented out.
func writeDefaults(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "# Settings of uncloak. Each key stands here with its default, or with an example "+
		"where it has none;\n# take the # away to set it. docs/config.md says more.\n")
	base, section := reflect.ValueOf(defaultConfig()), ""
	for _, d := range keyDocs() {
		head, rest, below := strings.Cut(d.key, ".")
		value, what := d.example, "Example"
		if text := yamlText(valueOf(base, d.key)); text != "" {
			value, what = text, "Default"
		}
		switch {
		case !below:
			section = ""
			fmt.Fprintf(out, "\n# %s. %s:\n#%s: %s\n", sentence(d.says), what, d.key, value)
		case head != section:
			section = head
			fmt.Fprintf(out, "\n#%s:\n", head)
			fallthrough
		default:
			fmt.Fprintf(out, "#  %s: %s  # %s\n", rest, value, d.says)
		}
	}
	return out.Flush()
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// yamlText formats a default as YAML writes it; "" if there is none.
func yamlText(v reflect.Value) string {
	if words, ok := v.Interface().([]string); ok && len(words) > 0 {
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = fmt.Sprintf("%q", w)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return settingText(v)
}
