package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"uncloak/ingest/certtest"
)

// TestPages: serve shows what it has received to a browser on this machine.
func TestPages(t *testing.T) {
	data := t.TempDir()
	d := serve(t, data, "--http", "127.0.0.1:0")
	send(t, d.udp, 0, 50)
	stored(t, data, 50)
	at := d.at(t, "pages")
	for path, want := range map[string]string{"": "<h1>Now</h1>", "day/today": "Report of ", "day/": "<h1>Days</h1>"} {
		if code, text := get(t, http.DefaultClient, at+path); code != 200 || !strings.Contains(text, want) {
			t.Errorf("/%s: %d, %.300s", path, code, text)
		}
	}
	if code, _ := get(t, http.DefaultClient, at+"x"); code != 404 {
		t.Errorf("/x: %d", code)
	}
	live, err := http.Get(at + "live")
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	if code := d.stop(); code != 0 { // the live page does not hold it up
		t.Errorf("exit code %d", code)
	}
}

// TestPagesAccess: a config that would show the pages to strangers, or that is wrong, ends serve with one line.
func TestPagesAccess(t *testing.T) {
	b, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users := `web: {users: ["anna:` + string(b) + `"]}`
	for name, tc := range map[string]struct {
		config string
		args   []string
		want   string
	}{
		"insecure without users": {"", []string{"--http", ":0", "--http-insecure"}, "open to anybody"},
		"users without TLS":      {users, []string{"--http", "0.0.0.0:0"}, "in the clear"},
		"token without TLS":      {"web: {token: 0123456789abcdefg}", []string{"--http", ":0"}, "in the clear"},
		"short token":            {"web: {token: abc}", nil, "web.token: the token has 3 characters"},
		"no hash":                {`web: {users: ["anna:secret"]}`, nil, "has no bcrypt hash"},
		"cert without key": {"", []string{"--http", "127.0.0.1:0", "--http-cert", "x.pem"},
			"both a certificate and its key"},
		"no such cert": {"", []string{"--http", "127.0.0.1:0", "--http-cert", "x.pem", "--http-key", "y.pem"},
			"x.pem"},
		"unknown key": {"web: {passwords: x}", nil, `unknown key "web.passwords"`},
	} {
		file := filepath.Join(t.TempDir(), "uncloak.yaml")
		if err := os.WriteFile(file, []byte(tc.config), 0o600); err != nil {
			t.Fatal(err)
		}
		r := uncloak(t, "", append([]string{"serve", "--config", file, "--data", t.TempDir(), "--udp", "127.0.0.1:0",
			"--tcp", "", "--log-level", "error"}, tc.args...)...)
		if r.code != 2 || !strings.Contains(r.errOut, tc.want) ||
			strings.Count(strings.TrimSpace(r.errOut), "\n") > 0 ||
			strings.Contains(r.errOut, string(b)) {
			t.Errorf("%s: %d %q", name, r.code, r.errOut)
		}
	}
}

// TestNoPagesForStrangers: an address that others reach has the metrics, as ever, and no pages unless somebody is asked
// for a password.
func TestNoPagesForStrangers(t *testing.T) {
	d := serve(t, t.TempDir(), "--http", ":0")
	at := strings.Replace(strings.TrimSuffix(d.at(t, "metrics"), "metrics"), "[::]", "127.0.0.1", 1)
	if code, text := get(t, http.DefaultClient, at); code != 403 || !strings.Contains(text, "web.users") {
		t.Errorf("pages: %d %s", code, text)
	}
	if code, _ := get(t, http.DefaultClient, at+"metrics"); code != 200 {
		t.Errorf("metrics: %d", code)
	}
}

// TestSecretsAreNotShown: check lists the settings without the token and the hashes.
func TestSecretsAreNotShown(t *testing.T) {
	b, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	text := "web: {token: 0123456789abcdefg, users: [\"anna:" + string(b) + "\"]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := uncloak(t, "", "check", "--config", file, "--data", t.TempDir(), "--format", "json")
	if strings.Contains(r.out, "0123456789abcdefg") || strings.Contains(r.out, string(b)) ||
		!strings.Contains(r.out, "web.users") {
		t.Error(r.out)
	}
}

// TestPagesOverTLS: on an address that others reach, the pages are there for who has the password, over TLS alone.
func TestPagesOverTLS(t *testing.T) {
	b, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ca := certtest.New(t, "pages")
	cert, key := ca.Files(t, "logs")
	file := filepath.Join(t.TempDir(), "uncloak.yaml")
	text := fmt.Sprintf("listen: {http: ':0'}\nweb: {cert: %s, key: %s, users: [\"anna:%s\"]}\n", cert, key, b)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := serve(t, t.TempDir(), "--config", file)
	at := strings.Replace(d.at(t, "pages"), "[::]", "127.0.0.1", 1)
	if !strings.HasPrefix(at, "https://") {
		t.Fatalf("the pages are at %s", at)
	}
	transport := &http.Transport{TLSClientConfig: ca.Client(t, ca, "browser")}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for name, tc := range map[string]struct {
		password string
		want     int
	}{"nobody": {"", 401}, "wrong": {"guess", 401}, "right": {"secret", 200}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"day/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tc.password != "" {
			r.SetBasicAuth("anna", tc.password)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tc.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, tc.want)
		}
	}
	resp, err := http.Get(strings.Replace(at, "https:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %d", resp.StatusCode)
	}
}
