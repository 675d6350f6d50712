package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// addrOf parses an address.
func addrOf(s string) netip.Addr { return netip.MustParseAddr(s) }

func hashed(t *testing.T, password string) string {
	t.Helper()
	b, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParseUsers(t *testing.T) {
	hash := hashed(t, "x")
	got, err := ParseUsers([]string{"anna:" + hash, " bert:" + hash})
	if err != nil || len(got) != 2 || got["bert"] != hash {
		t.Errorf("%v, %v", got, err)
	}
	for name, tc := range map[string]struct {
		lines []string
		want  string
	}{
		"no hash":       {[]string{"anna"}, "number 1"},
		"plain":         {[]string{"anna:secret"}, `user "anna" has no bcrypt hash`},
		"other hash":    {[]string{"anna:$apr1$abc$def"}, "no bcrypt hash"},
		"no name":       {[]string{":" + hash}, "number 1"},
		"twice":         {[]string{"anna:" + hash, "anna:" + hash}, "twice"},
		"too expensive": {[]string{"anna:" + strings.Replace(hash, "$04$", "$20$", 1)}, "cost 20"},
	} {
		if _, err := ParseUsers(tc.lines); err == nil || !strings.Contains(err.Error(), tc.want) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if CheckToken("short") == nil || CheckToken("") != nil || CheckToken("0123456789abcdef") != nil {
		t.Error("tokens")
	}
}

// TestNames: a page of another site that lets its name lead here cannot read along.
func TestNames(t *testing.T) {
	h := worldOf(t, nil, Access{Hosts: []string{"logs.example.net"}})
	for host, want := range map[string]int{
		"127.0.0.1:8514": 200, "localhost:8514": 200, "LOCALHOST.": 200, "[::1]:8514": 200, "127.0.0.2": 200,
		"logs.example.net": 200, "Logs.Example.Net:443": 200, "evil.example": 421, "evil.example:8514": 421,
		"localhost.evil.example": 421, "192.0.2.1:8514": 421, "": 421, "x[::1]": 421,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/day/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}

func TestLogin(t *testing.T) {
	h := worldOf(t, nil, Access{Users: map[string]string{"anna": hashed(t, "right")}, Token: "0123456789abcdef"})
	ask := func(from string, set func(*http.Request)) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/day/", nil)
		r.RemoteAddr = from
		set(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == 401 && !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
			t.Error("401 without a way to log in")
		}
		return w.Code
	}
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	for i, tc := range []struct {
		name string
		set  func(*http.Request)
		want int
	}{
		{"nobody", func(*http.Request) {}, 401},
		{"right", basic("anna", "right"), 200},
		{"right again, which is remembered", basic("anna", "right"), 200},
		{"wrong", basic("anna", "wrong"), 401},
		{"empty", basic("anna", ""), 401},
		{"unknown", basic("bert", "right"), 401},
		{"token", bearer("0123456789abcdef"), 200},
		{"token as password", basic("who", "0123456789abcdef"), 200},
		{"wrong token", bearer("0123456789abcdee"), 401},
		{"no token", bearer(""), 401},
		{"strange", func(r *http.Request) { r.Header.Set("Authorization", "Digest x") }, 401},
	} {
		if got := ask(fmt.Sprintf("192.0.2.%d:1", i), tc.set); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	for i := range failBurst {
		if got := ask("198.51.100.1:1", basic("anna", fmt.Sprint(i))); got != 401 {
			t.Errorf("wrong password number %d: %d", i+1, got)
		}
	}
	for name, tc := range map[string]struct {
		from string
		set  func(*http.Request)
		want int
	}{
		"one more":                               {"198.51.100.1:2", basic("anna", "x"), 429},
		"one who is known already":               {"198.51.100.1:3", basic("anna", "right"), 200},
		"another address":                        {"198.51.100.2:3", basic("anna", "x"), 401},
		"one who has not sent a password at all": {"198.51.100.1:3", func(*http.Request) {}, 401},
	} {
		if got := ask(tc.from, tc.set); got != tc.want {
			t.Errorf("after too many: %s: %d, want %d", name, got, tc.want)
		}
	}
}

// TestFailingAddressesAreBounded fills the table of addresses that sent wrong passwords, and that of right ones.
func TestFailingAddressesAreBounded(t *testing.T) {
	g := newGuard(Access{Token: "0123456789abcdef"})
	ask := func(from, token string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", "Bearer "+token)
		_, status := g.login(r)
		return status
	}
	for i := range maxFailing + 50 {
		ask(fmt.Sprintf("[2001:db8:%x::1]:1", i), "wrong")
	}
	if n := len(g.failing); n > maxFailing {
		t.Errorf("%d addresses are kept", n)
	}
	if got := ask("[2001:db8:ffff::1]:1", "wrong"); got != 429 {
		t.Errorf("who shares the count: %d, want 429", got)
	}
	if got := ask("[2001:db8:1::2]:1", "wrong"); got != 401 ||
		g.failing[addrOf("2001:db8:1::")].Tokens() > failBurst-1.9 {
		t.Errorf("addresses of one /64 do not share their count: %d", got)
	}
	g = newGuard(g.Access)
	for i := range 2 * maxLogins {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.SetBasicAuth(fmt.Sprint(i), "0123456789abcdef")
		if _, status := g.login(r); status != 200 || len(g.known) > maxLogins {
			t.Fatalf("login %d: %d, %d are remembered", i, status, len(g.known))
		}
	}
}

// TestForms: a form is taken with the token of its page alone.
func TestForms(t *testing.T) {
	h := worldOf(t, nil, Access{})
	h.mux.Handle("POST /test", h.show(func(*http.Request) (*page, error) {
		return &page{name: "error", Title: "done"}, nil
	}))
	h.mux.Handle("GET /form", h.show(func(*http.Request) (*page, error) {
		return &page{name: "error", Title: "form"}, nil
	}))
	_, _, head := get(t, h, "/form")
	cookie := head.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Errorf("cookie %q", cookie)
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(cookie, formCookie+"="), ";")
	for name, tc := range map[string]struct {
		cookie, token, site, origin string
		want                        int
	}{
		"own":            {value, h.guard.sign(value), "same-origin", "", 200},
		"without site":   {value, h.guard.sign(value), "", "", 200},
		"no token":       {value, "", "same-origin", "", 403},
		"other token":    {value, h.guard.sign("x"), "same-origin", "", 403},
		"no cookie":      {"", h.guard.sign(value), "same-origin", "", 403},
		"another site":   {value, h.guard.sign(value), "cross-site", "", 403},
		"another origin": {value, h.guard.sign(value), "", "http://evil.example", 403},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/test",
			strings.NewReader("form="+tc.token))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if tc.cookie != "" {
			r.AddCookie(&http.Cookie{Name: formCookie, Value: tc.cookie})
		}
		if tc.site != "" {
			r.Header.Set("Sec-Fetch-Site", tc.site)
		}
		if tc.origin != "" {
			r.Header.Set("Origin", tc.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
}

func TestHeadersAndPanics(t *testing.T) {
	var log strings.Builder
	h := worldOf(t, nil, Access{})
	h.Log = slog.New(slog.NewTextHandler(&log, nil))
	h.mux.Handle("GET /broken", h.show(func(*http.Request) (*page, error) { panic("by intent") }))
	for path, want := range map[string]int{"/": 200, "/day/": 200, "/nothing": 404, "/broken": 500, "/day/x": 400,
		"/assets/style.css": 200, "/v1/report": 404} {
		code, body, head := get(t, h, path)
		if code != want {
			t.Errorf("%s: %d, want %d: %.200s", path, code, want, body)
		}
		for k, v := range map[string]string{"Content-Security-Policy": "script-src 'self'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if !strings.Contains(head.Get(k), v) {
				t.Errorf("%s: %s is %q", path, k, head.Get(k))
			}
		}
		if strings.Contains(head.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy allows what is unsafe", path)
		}
		if !strings.HasPrefix(path, "/assets/") && head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", path)
		}
	}
	if n := strings.Count(log.String(), "a page failed"); n != 1 || !strings.Contains(log.String(), "by intent") {
		t.Errorf("%d lines of log: %s", n, log.String())
	}
}
