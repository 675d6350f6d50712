package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"uncloak/detect"
)

// demo runs the demo and returns what it prints and where its files are.
func demo(t *testing.T, args ...string) (text, dir string) {
	t.Helper()
	dir = t.TempDir()
	return ok(t, "", append([]string{"demo", "--dir", dir}, args...)...), dir
}

// accused returns the hosts of the findings.
func accused(fs []detect.Finding) map[string][]detect.Finding {
	m := map[string][]detect.Finding{}
	for _, f := range fs {
		m[f.Host] = append(m[f.Host], f)
	}
	return m
}

func findings(t *testing.T, data, zone string, more ...string) (fs []detect.Finding) {
	t.Helper()
	text := ok(t, "", append([]string{"findings", "--data", data, "--config", filepath.Join(data, "demo.yaml"),
		"--timezone", zone, "--format", "json"}, more...)...)
	if err := json.Unmarshal([]byte(text), &fs); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return fs
}

func of(fs []detect.Finding, kind string) *detect.Finding {
	for i := range fs {
		if fs[i].Kind == kind {
			return &fs[i]
		}
	}
	return &detect.Finding{}
}

// TestDemo runs the whole way from datagram to report: the real capture over real UDP into a real store, and the story
// through import. The causes of both are known, and so the findings that must come out.
func TestDemo(t *testing.T) {
	text, dir := demo(t, "--keep")
	datas, err := filepath.Glob(filepath.Join(dir, "*-data-*"))
	if err != nil || len(datas) != 2 {
		t.Fatalf("data directories: %v, %v", datas, err)
	}
	t.Run("real", func(t *testing.T) { checkReal(t, datas[0]) })
	t.Run("story", func(t *testing.T) { checkStory(t, datas[1]) })
	t.Run("schema", func(t *testing.T) {
		for _, data := range datas {
			checkSchemas(t, data)
		}
	})
	t.Run("text", func(t *testing.T) {
		for _, want := range []string{"VERDICT  vmhost (192.168.128.12)", "2 min 30 s", "oldsrv", "memhog",
			"at :00 and :30", "GENERATED", "made by uncloak's story generator"} {
			if !strings.Contains(text, want) {
				t.Errorf("the demo does not say %q", want)
			}
		}
		real, _, _ := strings.Cut(text, "\n2. A story")
		golden(t, filepath.Join("testdata", "demo.golden.txt"), steady(real, dir))
	})
	for _, name := range []string{"real.html", "story.html"} {
		page, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Count(string(page), "<svg") < 2 {
			t.Errorf("%s: %v; want a page with two pictures", name, err)
		}
	}
}

// checkReal checks the findings of the captured router: one host bursts, one echoes it, one process runs out of memory.
func checkReal(t *testing.T, data string) {
	if n := count(t, data, "--router", "router"); n < 28022 {
		t.Errorf("%d events, want all 28022 datagrams", n)
	}
	hosts := accused(findings(t, data, "UTC", "--day", "2026-11-21"))
	burst := of(hosts["192.168.128.12"], detect.PeriodicBurst)
	if burst.PeriodS < 148.5 || burst.PeriodS > 151.5 || burst.Seen != 6 || len(burst.Minutes) > 0 {
		t.Errorf("vmhost: period %.1f s, %d bursts, minutes %v; want 150, 6 and none", burst.PeriodS, burst.Seen,
			burst.Minutes)
	}
	if echo := of(hosts["192.168.128.11"], detect.PTRStorm); echo.Causes != "192.168.128.12" ||
		echo.Lookups < 320 || echo.Lookups > 345 {
		t.Errorf("oldsrv: %d lookups caused by %q; want 340 by vmhost", echo.Lookups, echo.Causes)
	}
	if oom := of(hosts[""], detect.OOM); oom.Proc != "memhog" || oom.Kills != 1 {
		t.Errorf("out of memory: %s killed %d times; want memhog once", oom.Proc, oom.Kills)
	}
	for _, decoy := range []string{"192.168.128.10", "192.168.128.13", "192.168.128.14", "192.168.128.15"} {
		if fs := hosts[decoy]; len(fs) > 0 {
			t.Errorf("%s is accused: %s", decoy, fs[0].Title)
		}
	}
}

// checkStory checks the findings of the generated story: one host bursts and one echoes it.
func checkStory(t *testing.T, data string) {
	hosts := accused(findings(t, data, "Asia/Tokyo", "--from", "2026-11-18", "--to", "2026-11-20"))
	burst := of(hosts["192.168.128.12"], detect.PeriodicBurst)
	if burst.PeriodS != 1800 || len(burst.Minutes) != 2 || burst.Minutes[0] != 0 || burst.Minutes[1] != 30 ||
		burst.Missed == 0 {
		t.Errorf("vmhost: period %.1f s, minutes %v, %d missed; want 1800, [0 30] and some", burst.PeriodS,
			burst.Minutes, burst.Missed)
	}
	if echo := of(hosts["192.168.128.11"], detect.PTRStorm); echo.Causes != "192.168.128.12" {
		t.Errorf("oldsrv is the echo of %q, want vmhost", echo.Causes)
	}
	for host, fs := range hosts {
		if strings.HasPrefix(host, "192.") && host != "192.168.128.12" && host != "192.168.128.11" {
			t.Errorf("%s is accused: %s", host, fs[0].Title)
		}
	}
}

func TestDemoCleansUp(t *testing.T) {
	dir := t.TempDir()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	played := false
	err := a.demoPart(t.Context(), dir, "part", storyConfig, false, func(_ context.Context, s *stage) error {
		played = true
		_, err := os.Stat(s.data)
		return err
	})
	if left, readErr := os.ReadDir(dir); err != nil || readErr != nil || !played || len(left) > 0 {
		t.Errorf("played %v, %v; left in the directory: %v, %v", played, err, left, readErr)
	}
}

// steady replaces the parts that differ from run to run.
func steady(text, dir string) string {
	text = strings.ReplaceAll(text, dir, "DIR")
	for _, r := range [][2]string{{`-data-\d+`, "-data"}, {`udp 127\.0\.0\.1:\d+ in [\d.]+ s`, "udp 127.0.0.1:PORT"},
		{`lines in [\d.]+ s`, "lines"},
		{` +clock [+-][\d.]+ s`, ""}, {`  [+-][\d.]+ s\n`, "\n"}} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

// golden compares text with a file, which -update rewrites.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s: line %d differs (run with -update if it is right):\n got %s\nwant %s", name, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d (run with -update if it is right)", name, len(g), len(w))
}
