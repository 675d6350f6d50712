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

// headerForms describes what may stand in front of a message, in every dialect.
func headerForms() []Format {
	const full = "nf_conntrack: table full, dropping packet"
	return []Format{
		{Name: "RFC 3164", Sample: "<4>Nov 21 20:28:21 router kernel: " + full, Reads: "Priority, stamp, host, tag; each may be missing. Fractions, a year before or behind the clock, names of zones."},
		{Name: "RFC 5424", Sample: "<4>1 2026-11-21T20:28:49.003853+00:00 router kernel - - [x@1 a=\"b\"] " + full, Reads: "The whole header; structured data is skipped. A line that breaks the grammar is malformed and kept whole."},
		{Name: "ISO", Sample: "2026-11-21T20:28:21.195+09:00 router kernel: " + full, Reads: "T or blank, dashes or slashes, point or comma, zone as Z, +09:00, +0900, +09, a name or none."},
		{Name: "dmesg", Sample: "[ 5632.359712][T14021] " + full, Reads: "Seconds since boot; the caller is skipped."},
		{Name: "dmesg -T", Sample: "[土 11月 21 20:27:58 2026] " + full, Reads: "The wall clock, with the month in the languages of glibc that routers' owners use."},
		{Name: "dmesg -x, -e, -d", Sample: "kern  :warn  : [ 5632.359712 <    0.000012>] " + full, Reads: "Facility and level in words, relative and delta stamps."},
		{Name: "dmesg --time-format iso", Sample: "2026-11-21T20:28:20,123456+00:00 " + full, Reads: "Stamp and zone."},
		{Name: "/dev/kmsg", Sample: "4,37812,5632359712,-;" + full, Reads: "Priority and microseconds since boot."},
		{Name: "journalctl -o json", Sample: `{"__REALTIME_TIMESTAMP":"1795292901195360","_TRANSPORT":"kernel","PRIORITY":"4","_HOSTNAME":"router","MESSAGE":"` + full + `"}`, Reads: "Message, time, host, identifier, PID, and the kernel's own uptime."},
		{Name: "journalctl -o short-full", Sample: "Sat 2026-11-21 20:28:21 UTC router kernel: " + full, Reads: "Stamp and zone. A zone's name means what --timezone says where that zone goes by it. short, short-iso, short-precise, short-monotonic, short-delta, short-unix and with-unit too, and short in other languages."},
		{Name: "logread (OpenWrt)", Sample: "Tue Mar  5 07:08:09 2024 kern.warn kernel: [ 12345.678901] " + full, Reads: "Stamp with year, uptime."},
		{Name: "logwatch", Sample: " 3 Time(s): " + full, Reads: "How often the line was there."},
		{Name: "Cisco", Sample: "<189>117: gw-03: *May  9 12:49:27.098 UTC: %SYS-5-RESTART: System restarted", Reads: "Sequence numbers, origin-id, the node of IOS XR, zone, and the mark * of a clock that is not set."},
		{Name: "NX-OS, Huawei, RouterOS", Sample: "<190>2018 Apr 20 13:15:07 nexus %ETHPORT-5-IF_UP: Interface Ethernet1/33 is up", Reads: "The year in front; months of one digit; mar/05/2024."},
		{Name: "relayed", Sample: "<134>Nov 21 20:28:22 relay1 <4>Nov 21 20:28:21 router kernel: " + full, Reads: "The inner host and stamp are the event's; the relay is noted. Up to three headers inside each other."},
		{Name: "JSON of collectors", Sample: `{"@timestamp":"2026-11-21T20:28:21.195Z","host":{"name":"router"},"process":{"name":"kernel"},"message":"` + full + `"}`, Reads: "Message, time, host, program, PID and level of syslog-ng's format-json, rsyslog, Docker's json-file, Fluent Bit, Fluentd, Vector, GELF, Loki, VictoriaLogs, Elasticsearch, Splunk and Wazuh; a header in the message comes first."},
		{Name: "CRI, docker logs -t", Sample: "2026-11-21T20:28:21.195360123Z stdout F Nov 21 20:28:21 router kernel: " + full, Reads: "The line of the container; its own stamp comes first."},
		{Name: "docker compose logs", Sample: "syslog-1  | Nov 21 20:28:21 router kernel: " + full, Reads: "The line behind the container's name; kubectl logs --prefix too."},
		{Name: "Fluent Bit", Sample: `[0] syslog: [1795292901.195360000, {"host"=>"router", "ident"=>"kernel", "message"=>"` + full + `"}]`, Reads: "The records of its standard output."},
		{Name: "Loki", Sample: `2026-11-21T20:28:21.195Z {host="router", app="kernel"} ` + full, Reads: "Lines of logcli, with the host and the program of the labels."},
		{Name: "Kiwi", Sample: "2026-11-21 20:28:21\tKernel.Warning\trouter\t" + full, Reads: "Files parted by tabs or commas."},
		{Name: "multilog, svlogd", Sample: "@400000006b00ffaf0ba40a80 Nov 21 20:28:21 router kernel: " + full, Reads: "TAI64N stamps; the line's own comes first."},
		{Name: "socklog", Sample: "192.0.2.1: kern.warn: Nov 21 20:28:21 router kernel: " + full, Reads: "Sender and level; the line's own host comes first."},
		{Name: "grep -H -n", Sample: "/var/log/messages:17:Nov 21 20:28:21 router kernel: " + full, Reads: "The line behind the file and its number."},
		{Name: "chain of syslog-ng", Sample: "<4>Nov 21 20:28:21 s_net@router/relay1 kernel: " + full, Reads: "The first host is the line's."},
		{Name: "colours", Sample: "\x1b[32m[ 5632.359712] \x1b[0m\x1b[33mnf_conntrack: \x1b[0m" + full, Reads: "Colours of dmesg, journalctl, grep and Docker are left out."},
		{Name: "octet counting", Sample: "59 <4>Nov 21 20:28:21 router kernel: " + full, Reads: "A length left in front by RFC 6587 is skipped."},
	}
}
