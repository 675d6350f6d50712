package main

import (
	"encoding/json"
	"strings"
	"testing"

	"uncloak/report"
)

func TestExplain(t *testing.T) {
	const full = "Nov 17 12:00:00 gw kernel: nf_conntrack: table full, dropping packet"
	for name, c := range map[string]struct {
		stdin string
		args  []string
		code  int
		want  []string // in stdout, or in the one line on stderr
		not   string
	}{
		"a message": {args: []string{full}, want: []string{"The session table is full  (conntrack-full)\n",
			"\nCauses    - likely:"}},
		"words":    {args: strings.Fields(full), want: []string{"(conntrack-full)"}},
		"an id":    {args: []string{"conntrack-full"}, want: []string{"(conntrack-full)"}},
		"on stdin": {stdin: full + "\n", args: []string{"-"}, want: []string{"(conntrack-full)"}},
		"a log on stdin": {stdin: "nothing\n\n" + full + "\n" + full + "\nNeighbour table overflow.\n",
			args: []string{"-"}, want: []string{"(conntrack-full)", "(neighbour-overflow)"}},
		"all": {args: []string{"--all", full}, want: []string{"(conntrack-full)"}, not: "--all"},
		"list": {args: []string{"--list"},
			want: []string{"\nconntrack-full                  The session table is full\n"}},
		"nothing known": {args: []string{"frobs", "have", "nicated\x1b[2J"}, code: 1,
			want: []string{`uncloak: nothing is known about "frobs have nicated\\x1b[2J": ` +
				`please send us such a line and the name of the device`}},
		"nearly an id": {args: []string{"contrack-full"}, code: 1,
			want: []string{"did you mean conntrack-full or "}},
		"a kind": {args: []string{"window-shrink"}, code: 1,
			want: []string{"did you mean treason-uncloaked?"}},
		"no such id": {args: []string{"frobs"}, code: 1,
			want: []string{"no entry has that id: see uncloak explain --list"}},
		"nothing on stdin": {args: []string{"-"}, code: 1, want: []string{"stdin has no message"}},
		"a strange log": {stdin: "one frob\ntwo frobs\n", args: []string{"-"}, code: 1,
			want: []string{`nothing is known about any of 2 lines, such as "one frob": please send us`}},
		"a strange line": {stdin: "one frob", args: []string{"-"}, code: 1,
			want: []string{`nothing is known about "one frob": please send us`}},
		"no message":       {code: 2, want: []string{"explain needs a message, an id, or - for stdin"}},
		"list and message": {args: []string{"--list", "x"}, code: 2, want: []string{"--list takes no message"}},
		"unknown format": {args: []string{"--format", "html", "x"}, code: 2,
			want: []string{`--format "html" is not known: text, json`}},
	} {
		t.Run(name, func(t *testing.T) {
			r := uncloak(t, c.stdin, append([]string{"explain"}, c.args...)...)
			got := r.out
			if c.code != 0 {
				got = r.errOut
				if strings.Count(got, "\n") != 1 || r.out != "" {
					t.Errorf("want one line of error, got %q and %q", got, r.out)
				}
			}
			if r.code != c.code {
				t.Errorf("exit code %d, want %d", r.code, c.code)
			}
			for _, want := range c.want {
				if strings.Count(got, want) != 1 {
					t.Errorf("want %q once in\n%s", want, got)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%q in\n%s", c.not, got)
			}
		})
	}
}

func TestExplainJSON(t *testing.T) {
	for name, args := range map[string][]string{"one": {"oom-kill"}, "list": {"--list"}} {
		var es []report.Entry
		if err := json.Unmarshal([]byte(ok(t, "", append([]string{"explain", "--format", "json"}, args...)...)),
			&es); err != nil {
			t.Fatal(err)
		}
		if name == "one" && (len(es) != 1 || es[0].ID != "oom-kill" || len(es[0].Causes) == 0 ||
			es[0].Causes[0].Rank == "") {
			t.Errorf("%+v", es)
		}
		if name == "list" && len(es) != len(report.Entries()) {
			t.Errorf("%d entries", len(es))
		}
	}
}

// TestFindingsExplain follows the link from a finding to its entry.
func TestFindingsExplain(t *testing.T) {
	data := imported(t)
	text := ok(t, "", "findings", "--data", data, "--timezone", "UTC", "--day", "2026-11-20")
	command := "uncloak explain conntrack-full"
	if !strings.Contains(text, "explain: "+command+"\n") {
		t.Errorf("no link in\n%s", text)
	}
	if text := ok(t, "", "report", "--data", data, "--timezone", "UTC", "--day", "2026-11-20"); !strings.Contains(text,
		"   explain  "+command+"\n") {
		t.Errorf("no link in\n%s", text)
	}
	ok(t, "", strings.Fields(command)[1:]...)
}
