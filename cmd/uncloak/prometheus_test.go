package main

import (
	"encoding/json"

	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	yamlnode "go.yaml.in/yaml/v3"

	"uncloak/report/api"
)

// TestPrometheusFiles: each metric that the rules, the dashboard and operating.md name is one that serve has.
func TestPrometheusFiles(t *testing.T) {
	data, file := t.TempDir(), writeConfig(t, "alerts: [{type: json, url: 'http://127.0.0.1:1'}]\ntable: 4096\n")
	d := serveWith(t, func(a *app) { a.judgeEvery = 20 * time.Millisecond }, data, "--config", file)
	send(t, d.udp, 0, 50)
	stored(t, data, 50)
	socket, _, err := api.Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	end := time.Now().Add(10 * time.Minute)
	for !strings.Contains(text, "uncloak_table_size{") && time.Now().Before(end) {
		_, text = get(t, socket, "http://uncloak/metrics")
		time.Sleep(10 * time.Millisecond)
	}
	socket.CloseIdleConnections()
	for _, want := range []string{`uncloak_table_entries{router="gw"} 50`, `uncloak_sessions_total{router="gw"} 50`,
		`uncloak_findings{kind="burst",severity="info"} `} {
		if !strings.Contains(text, want) {
			t.Errorf("serve does not show %s in\n%s", want, text)
		}
	}
	named := regexp.MustCompile(`\buncloak_[a-z_]+[a-z]`)
	n := 0
	for _, name := range []string{"prometheus/rules.yml", "prometheus/dashboard.json", "operating.md"} {
		text := strings.ReplaceAll(text, "\n", " \n ")
		doc, err := os.ReadFile(filepath.Join("..", "..", "docs", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllString(string(doc), -1) {
			n++
			if !regexp.MustCompile(`\b`+m+`[{ ]`).MatchString(text) && m != "uncloak_lines_estimated_missing" {
				t.Errorf("%s names %s, which serve does not have", name, m)
			}
		}
		var any map[string]any
		switch filepath.Ext(name) {
		case ".yml":
			err = yamlnode.Unmarshal(doc, &any)
		case ".json":
			err = json.Unmarshal(doc, &any)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n < 40 {
		t.Errorf("only %d names found: the test does not see them", n)
	}
}
