package parse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every dialect that is described must read its own sample.
func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		if rec := parseLine(f.Sample); rec.Dialect != f.Name || rec.Kind == Unknown {
			t.Errorf("%s: the sample is read as %q, %v: %s", f.Name, rec.Dialect, rec.Kind, f.Sample)
		}
		for part, text := range map[string]string{"devices": f.Devices, "reads": f.Reads, "enable": f.Enable, "source": f.Source} {
			if text == "" || strings.ContainsAny(text, "\n\r") {
				t.Errorf("%s: %s is %q", f.Name, part, text)
			}
		}
	}
}

// The file in which a dialect tells of itself has a test file of its name, and its marks find its reader.
func TestDialectTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(string(text), "Dialect() dialect {")
		if n == 0 || strings.HasSuffix(name, "_test.go") {
			continue
		}
		told += n
		if _, err := os.Stat(strings.TrimSuffix(name, ".go") + "_test.go"); err != nil {
			t.Errorf("%s has no test of its name", name)
		}
	}
	all := dialects()
	if told != len(all) {
		t.Errorf("%d dialects tell of themselves, and the table has %d", told, len(all))
	}
	names := map[string]bool{}
	for _, d := range all {
		if names[d.Name] {
			t.Errorf("%s is there twice", d.Name)
		}
		names[d.Name] = true
		if d.read == nil && d.own == nil {
			t.Errorf("%s has no reader", d.Name)
		}
		if DialectNamed(d.Name) == nil {
			t.Errorf("%s cannot be named by its sender's owner", d.Name)
		}
	}
}

func TestHeaderForms(t *testing.T) {
	for _, f := range headerForms() {
		rec := parseLine(f.Sample)
		s := &rec.Stamp
		if f.Name != "logwatch" && !s.HasClock && !s.HasUptime && !s.HasUnix {
			t.Errorf("%s: no stamp: %s", f.Name, f.Sample)
		}
		if strings.Contains(f.Sample, "table full") && rec.Kind != TableFull {
			t.Errorf("%s: %v: %s", f.Name, rec.Kind, f.Sample)
		}
		if strings.Contains(f.Sample, "router ") && string(rec.Host) != "router" {
			t.Errorf("%s: host %q: %s", f.Name, rec.Host, f.Sample)
		}
	}
}

// docs/formats.md is written from the tables, with -update.
func TestFormatsDocument(t *testing.T) {
	const file = "../docs/formats.md"
	got := formatsDocument()
	if *update {
		if err := os.MkdirAll("../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the tables say; run go test ./parse -update:\n%s", file, firstDifference([]byte(got), want))
	}
}

func formatsDocument() string {
	var b strings.Builder
	b.WriteString("# What uncloak reads\n\nThis page is written from the tables in `parse` (`go test ./parse -update`), and a test reads every sample with the\n" +
		"dialect that it stands under. `uncloak parse --explain < router.log` says which dialect understood a line, and why.\n\n" +
		"The dialect of each line is found by looking at it. Some lines could be of two: `LAN2 link down` is a Yamaha's, or a MikroTik's\n" +
		"whose owner has called a port so; and some lack the mark that their dialect is known by: dnsmasq in a container has another tag,\n" +
		"a Meraki behind a relay has lost its own header. Who knows what a device writes says it: `routers: [{address: …, dialect: mikrotik}]`\n" +
		"for what `serve` receives, `--dialect` for `import` (it also takes that of the router that `--router` names) and `parse`. It changes this\n" +
		"alone: a line that its looks give to another dialect, or to none, is the sender's if that understands it, unless it would make\n" +
		"nothing of note of what the other takes for a session, a query, a lease or a loss. All other lines, and all other senders', are read as before.\n\n")
	b.WriteString("## Dialects\n\n| dialect | devices |\n|---|---|\n")
	formats := Formats()
	for _, f := range formats {
		b.WriteString("| [" + f.Name + "](#" + f.Name + ") | " + strings.ReplaceAll(f.Devices, "|", "\\|") + " |\n")
	}
	for _, f := range formats {
		b.WriteString("\n### " + f.Name + "\n\n" + f.Devices + "\n\n" + fenced(f.Sample) + "\n- Read: " + f.Reads + "\n- Switch it on: " + f.Enable + "\n- Source: " + f.Source + "\n")
	}
	b.WriteString("\n## Headers\n\nWhatever the dialect, these may stand in front of a message. Trailing newlines and NULs are no part of it. Bytes are kept\n" +
		"as they came; where they are text in EUC-JP, Shift_JIS or Latin-1 beyond doubt, JSON shows it as UTF-8.\n")
	for _, f := range headerForms() {
		b.WriteString("\n### " + f.Name + "\n\n" + fenced(f.Sample) + "\n" + f.Reads + "\n")
	}
	return b.String()
}

// fenced puts a line into a code block whose fence is longer than any run of backticks in it.
func fenced(line string) string {
	fence := "```"
	for strings.Contains(line, fence) {
		fence += "`"
	}
	return fence + "\n" + line + "\n" + fence + "\n"
}
