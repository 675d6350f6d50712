package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// documents returns the text of the Markdown files of the root and of each one below docs, by path from the root of
// the project.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	texts := map[string]string{}
	read := func(name string) error {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		texts[filepath.ToSlash(rel)] = string(text)
		return err
	}
	for _, name := range []string{"README.md", "CHANGELOG.md", "SECURITY.md"} {
		if err := read(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".md" {
			return err
		}
		return read(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 10 {
		t.Fatalf("only %d documents found: the test looks in the wrong place", len(texts))
	}
	return texts
}

var (
	linkPattern = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	spanPattern = regexp.MustCompile("`([^`\n]+)`")
)

// splitMarkdown separates the prose of a document from the lines of its code blocks, fenced or indented. Code spans
// stay in the prose.
func splitMarkdown(text string) (prose, code []string) {
	fence, blank := "", true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		bare := strings.TrimSpace(line)
		switch {
		case fence != "":
			if bare == fence {
				fence = ""
			} else {
				code = append(code, line)
			}
		case strings.HasPrefix(bare, "```"):
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
		case strings.HasPrefix(line, "    ") && blank:
			code = append(code, line)
			continue // without setting blank: the next indented line belongs to the block, too
		default:
			prose = append(prose, line)
		}
		blank = bare == ""
	}
	return prose, code
}

// anchors returns the names that GitHub gives to the headings of a document.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	prose, _ := splitMarkdown(text)
	for _, line := range prose {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))] = true
	}
	return names
}

func TestLinksOfTheDocuments(t *testing.T) {
	texts, links := documents(t), 0
	for name, text := range texts {
		prose, _ := splitMarkdown(text)
		for _, link := range linkPattern.FindAllStringSubmatch(strings.Join(prose, "\n"), -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			file := name
			if target != "" {
				file = filepath.ToSlash(filepath.Join(filepath.Dir(filepath.FromSlash(name)),
					filepath.FromSlash(target)))
				if _, err := os.Stat(filepath.Join("..", "..", file)); err != nil {
					t.Errorf("%s links to %s, which is not there", name, link[1])
					continue
				}
			}
			if anchor != "" && !anchors(texts[file])[anchor] {
				t.Errorf("%s links to %s: %s has no such heading", name, link[1], file)
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links found: the test does not see them", links)
	}
}

// commandPattern finds a call of uncloak at the beginning of a command: of a line, behind a pipe, ; or &&, behind sudo,
// or in a crontab.
var commandPattern = regexp.MustCompile(`(?:^|[|;&*(]\s*|sudo |\./bin/)uncloak +([^·…].*)`)

// shellWords splits a command line up to its end, a pipe, a redirection or a comment. Quotes are taken away.
func shellWords(line string) (words []string) {
	word, quote, open := "", rune(0), false
	end := func() {
		if open {
			words = append(words, word)
		}
		word, open = "", false
	}
	for _, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word += string(r)
			}
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ':
			end()
		case strings.ContainsRune("|;&<>)", r), r == '#' && !open:
			end()
			return words
		default:
			word, open = word+string(r), true
		}
	}
	end()
	return words
}

// shownCommands calls f with the words behind each `uncloak` that the documents show as a command.
func shownCommands(t *testing.T, f func(file string, words []string)) {
	t.Helper()
	n := 0
	for file, text := range documents(t) {
		prose, code := splitMarkdown(text)
		for _, span := range spanPattern.FindAllStringSubmatch(strings.Join(prose, "\n"), -1) {
			code = append(code, strings.ReplaceAll(span[1], `\|`, "|"))
		}
		for _, line := range code {
			for rest := strings.TrimSpace(line); ; {
				m := commandPattern.FindStringSubmatch(rest)
				if m == nil {
					break
				}
				n++
				f(file, shellWords(m[1]))
				rest = m[1]
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d commands found: the test does not see them", n)
	}
}

// TestCommandsOfTheDocuments holds each command that the documents show to the command tree: its name and its flags
// exist.
func TestCommandsOfTheDocuments(t *testing.T) {
	root := newApp(strings.NewReader(""), io.Discard, io.Discard).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("")
	root.InitDefaultVersionFlag()
	shownCommands(t, func(file string, words []string) {
		shown := "uncloak " + strings.Join(words, " ")
		cmd := root
		if len(words) > 0 && !strings.HasPrefix(words[0], "-") {
			var err error
			if cmd, _, err = root.Find(words); err != nil || cmd == root {
				t.Errorf("%s shows %q: there is no such command", file, shown)
				return
			}
		}
		for _, word := range words {
			if !hasFlag(cmd, word) {
				t.Errorf("%s shows %q: %s has no flag %s", file, shown, cmd.CommandPath(), word)
			}
		}
	})
}

// TestFlagsOfTheDocuments: a flag that stands alone in a code span is one of some command.
func TestFlagsOfTheDocuments(t *testing.T) {
	root := newApp(strings.NewReader(""), io.Discard, io.Discard).root()
	for file, text := range documents(t) {
		prose, _ := splitMarkdown(text)
		for _, span := range spanPattern.FindAllStringSubmatch(strings.Join(prose, "\n"), -1) {
			if !strings.HasPrefix(span[1], "--") {
				continue
			}
			for _, word := range shellWords(span[1]) {
				known := hasFlag(root, word)
				for _, cmd := range root.Commands() {
					known = known || hasFlag(cmd, word)
				}
				if !known {
					t.Errorf("%s shows %q: no command has %s", file, span[1], word)
				}
			}
		}
	}
}

var shortFlag = regexp.MustCompile(`^-[a-zA-Z]$`)

// hasFlag reports whether word is a flag of cmd, or no flag at all.
func hasFlag(cmd *cobra.Command, word string) bool {
	cmd.InitDefaultHelpFlag()
	find := func(of func(*pflag.FlagSet) *pflag.Flag) bool {
		return of(cmd.Flags()) != nil || of(cmd.InheritedFlags()) != nil || of(cmd.PersistentFlags()) != nil
	}
	switch {
	case strings.HasPrefix(word, "--"):
		name, _, _ := strings.Cut(word[2:], "=")
		return name == "" || find(func(set *pflag.FlagSet) *pflag.Flag { return set.Lookup(name) })
	case shortFlag.MatchString(word):
		return find(func(set *pflag.FlagSet) *pflag.Flag { return set.ShorthandLookup(word[1:]) })
	}
	return true
}

// TestConfigOfTheDocuments: the example of docs/config.md is a valid config.
func TestConfigOfTheDocuments(t *testing.T) {
	text := documents(t)["docs/config.md"]
	_, text, _ = strings.Cut(text, "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(file, nil, pflag.NewFlagSet("test", pflag.ContinueOnError))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Table != 16384 || len(cfg.Routers) != 3 || cfg.Routers[2].Dialect != "mikrotik" || len(cfg.Known) != 1 {
		t.Errorf("the example was read as %+v", cfg)
	}
}

// unseen matches names of files that only the authors of the program have: notes, plans, measuring tools, directories.
var unseen = regexp.MustCompile(
	`shared/(cases|seeds|scenarios|score|corpus|captures|field)|/work/|\bIssue [0-9]|[Ff]ield[- ]notes|design\.md`)

// TestNothingUnseenIsCited: documents and Go files name nothing that a reader of the repository cannot open.
func TestNothingUnseenIsCited(t *testing.T) {
	for name, text := range documents(t) {
		cites(t, name, text)
	}
	imports, _ := goFiles(t)
	for pkg, files := range imports {
		for file := range files {
			name := pkg + "/" + file
			if name == "cmd/uncloak/docs_test.go" {
				continue
			}
			text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			cites(t, name, string(text))
		}
	}
}

func cites(t *testing.T, name, text string) {
	t.Helper()
	n := 0
	for line := range strings.Lines(text) {
		n++
		if found := unseen.FindString(line); found != "" {
			t.Errorf("%s:%d cites %q, which a reader does not have", name, n, found)
		}
	}
}
