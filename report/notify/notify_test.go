package notify

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func alertOf(name string) Alert {
	return Alert{Version: 1, State: Firing, ID: "burst-192.168.1.9", Kind: "periodic-burst", Severity: detect.Critical,
		Title: name + " opens 300 sessions", Host: "192.168.1.9", Name: name, Router: "gw", Start: noon.Add(-time.Hour),
		End: noon, At: noon}
}

// hooks are channels of each type of webhook.
func hooks(base string) []Channel {
	return []Channel{
		{Name: "json", Type: "json", URL: base + "/hook", Token: "sesame"},
		{Name: "slack", Type: "slack", URL: base + "/services/T/B/x"},
		{Name: "discord", Type: "discord", URL: base + "/api/webhooks/1/x"},
		{Name: "mattermost", Type: "mattermost", URL: base + "/hooks/x"},
		{Name: "ntfy", Type: "ntfy", URL: base + "/topic", Token: "tk_x"},
		{Name: "gotify", Type: "gotify", URL: base, Token: "app"},
		{Name: "telegram", Type: "telegram", URL: base, Token: "12:ab", Chat: "-100"},
		{Name: "alertmanager", Type: "alertmanager", URL: base},
		{Name: "pagerduty", Type: "pagerduty", URL: base + "/v2/enqueue", Token: "routing"},
	}
}

// sent returns the request of the channel with its body decoded.
func sent(t *testing.T, c *Channel, a *Alert) (*http.Request, any, string) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatalf("%s: %v", c.Type, err)
	}
	r, err := c.request(a)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%s: %v in %s", c.Type, err, text)
	}
	return r, body, string(text)
}

// at returns the value below keys.
func in(body any, keys ...string) any {
	for _, k := range keys {
		if list, ok := body.([]any); ok {
			body = list[0]
		}
		m, _ := body.(map[string]any)
		body = m[k]
	}
	return body
}

// TestShapes holds what each receiver needs, as its documentation says.
func TestShapes(t *testing.T) {
	a := alertOf("vmhost")
	over := a
	over.State = Resolved
	chs := map[string]Channel{}
	for _, c := range hooks("https://x.example/base") {
		chs[c.Name] = c
	}
	for _, c := range []struct {
		kind, path, header, value string
		keys                      []string
		firing, resolved          any
	}{
		{"json", "/base/hook", "Authorization", "Bearer sesame", []string{"state"}, "firing", "resolved"},
		{"slack", "/base/services/T/B/x", "", "", []string{"unfurl_links"}, false, false},
		{"discord", "/base/api/webhooks/1/x", "", "", []string{"allowed_mentions", "parse"}, []any{}, []any{}},
		{"mattermost", "/base/hooks/x", "", "", []string{"channel"}, nil, nil},
		{"ntfy", "/base", "Authorization", "Bearer tk_x", []string{"topic"}, "topic", "topic"},
		{"ntfy", "/base", "", "", []string{"priority"}, 5.0, 2.0},
		{"gotify", "/base/message", "X-Gotify-Key", "app", []string{"priority"}, 8.0, 2.0},
		{"telegram", "/base/bot12:ab/sendMessage", "", "", []string{"chat_id"}, "-100", "-100"},
		{"telegram", "/base/bot12:ab/sendMessage", "", "", []string{"parse_mode"}, nil, nil},
		{"alertmanager", "/base/api/v2/alerts", "", "", []string{"labels", "alertname"}, "uncloak_periodic_burst",
			"uncloak_periodic_burst"},
		{"alertmanager", "/base/api/v2/alerts", "", "", []string{"endsAt"}, "2026-11-22T13:00:00Z",
			"2026-11-21T12:00:00Z"},
		{"alertmanager", "/base/api/v2/alerts", "", "", []string{"labels", "severity"}, "critical", "critical"},
		{"pagerduty", "/base/v2/enqueue", "", "", []string{"event_action"}, "trigger", "resolve"},
		{"pagerduty", "/base/v2/enqueue", "", "", []string{"dedup_key"}, "uncloak-burst-192.168.1.9",
			"uncloak-burst-192.168.1.9"},
		{"pagerduty", "/base/v2/enqueue", "", "", []string{"payload", "severity"}, "critical", "critical"},
		{"pagerduty", "/base/v2/enqueue", "", "", []string{"routing_key"}, "routing", "routing"},
	} {
		for x, want := range map[*Alert]any{&a: c.firing, &over: c.resolved} {
			ch := chs[c.kind]
			r, body, text := sent(t, &ch, x)
			got, _ := json.Marshal(in(body, c.keys...))
			wanted, _ := json.Marshal(want)
			if string(got) != string(wanted) || r.URL.Path != c.path || r.Method != http.MethodPost ||
				r.Header.Get(c.header) != c.value || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %v is %s, want %s: %s", c.kind, r.URL, c.keys, got, wanted, text)
			}
			if c.kind != "json" && !strings.Contains(text, "opens 300 sessions") {
				t.Errorf("%s does not say what has happened: %s", c.kind, text)
			}
		}
	}
}

// hostile are names of hosts as an attacker would choose them; report.Clean has taken line ends and control characters.
var hostile = []string{"<!channel>", "<@U123>", "@everyone", "@here", "@all", "<@&1>", "[x](https://evil.example)",
	"<https://evil.example|click>", "https://evil.example", "www.evil.example", "**bold**", "*bold*", "_x_", "~x~",
	"`code`", "```", "||spoiler||",
	"# head", "> quote", "<b>x</b>", "</b><a href=\"https://evil.example\">", `"}],"x":[{"`, `\`, "{{.}}", "%s%n",
	"日本語", strings.Repeat("long", 2000), strings.Repeat("*", 3000), ""}

// TestHostileNamesInAllShapes: no name calls somebody, becomes a link or markup, breaks the JSON, or makes a message
// too long to be taken.
func TestHostileNamesInAllShapes(t *testing.T) {
	for _, name := range hostile {
		a := alertOf(name)
		a.ID, a.Router = name, name
		for _, c := range hooks("https://x.example") {
			_, body, text := sent(t, &c, &a)
			s := ""
			switch c.Type {
			case "slack":
				s = in(body, "text").(string)
				for _, bad := range []string{"<", ">", "@everyone", "@here", "@channel", "://", "`", "_x_", "~x~"} {
					if strings.Contains(s, bad) {
						t.Errorf("slack: %q comes through in %q", bad, s)
					}
				}
				if bold := strings.Count(strings.ReplaceAll(s, "\u2060*\u2060", ""), "*"); bold != 2 {
					t.Errorf("slack: %d marks of bold in %q", bold, s)
				}
			case "discord", "mattermost":
				key := map[string]string{"discord": "content", "mattermost": "text"}[c.Type]
				s = in(body, key).(string)
				first, _, _ := strings.Cut(s, "\n")
				inner := strings.TrimSuffix(strings.TrimPrefix(first, "**"), "**")
				for i := 0; i < len(inner); i++ {
					if inner[i] == '\\' {
						i++ // the next one is escaped
						continue
					}
					if strings.IndexByte("*_`~|>[]()#", inner[i]) >= 0 ||
						inner[i] == '<' && !strings.HasPrefix(inner[i+1:], "\u2060") {
						t.Errorf("%s: a bare %q in %q", c.Type, inner[i], first)
					}
				}
				for _, bad := range []string{"@everyone", "@here", "@all", "://", "www."} {
					if strings.Contains(s, bad) {
						t.Errorf("%s: %q comes through in %q", c.Type, bad, s)
					}
				}
			case "telegram":
				s = in(body, "text").(string)
			case "ntfy", "gotify":
				s = in(body, "message").(string) + in(body, "title").(string)
			case "pagerduty":
				if k := in(body, "dedup_key").(string); len(k) > 255 {
					t.Errorf("dedup_key has %d bytes", len(k))
				}
				if s := in(body, "payload", "summary").(string); len(s) > 1024 {
					t.Errorf("summary has %d bytes", len(s))
				}
			}
			if n := len([]rune(s)); n > 4000 || c.Type == "discord" && n > 2000 {
				t.Errorf("%s: a text of %d characters", c.Type, n)
			}
			if strings.Contains(text[:len(text)-1], "\n") {
				t.Errorf("%s: a line end in %q", c.Type, text)
			}
		}
		line := string(a.syslog("host name"))
		data := line[strings.Index(line, "[finding@32473"):]
		end := 0
		for end = 1; end < len(data) && data[end] != ']'; end++ {
			if data[end] == '\\' {
				end++
			}
		}
		if !strings.HasPrefix(data[end:], "] \ufeffcritical: ") || len(line) > 2048 && len(name) < 100 {
			t.Errorf("syslog: the data of %q ends at %d", line, end)
		}
	}
}

func TestSyslogLine(t *testing.T) {
	a := alertOf(`x"]\`)
	want := `<26>1 2026-11-21T12:00:00.000Z gw1 uncloak - finding [finding@32473 id="burst-192.168.1.9" ` +
		`kind="periodic-burst" state="firing" severity="critical" host="192.168.1.9" name="x\"\]\\" router="gw"] ` +
		"\ufeff" + `critical: x"]\ opens 300 sessions`
	if got := string(a.syslog("gw 1")); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestChannelValidate(t *testing.T) {
	for want, c := range map[string]Channel{
		"no name":          {Type: "json", URL: "https://x"},
		"type \"slak\"":    {Name: "a", Type: "slak"},
		"severity \"bad\"": {Name: "a", Type: "json", URL: "https://x", Severity: "bad"},
		"quiet is":         {Name: "a", Type: "json", URL: "https://x", Quiet: "22-7"},
		"per_hour":         {Name: "a", Type: "json", URL: "https://x", PerHour: -1},
		"begins with http": {Name: "a", Type: "slack", URL: "hooks.slack.com/x"},
		"begins with udp":  {Name: "a", Type: "syslog", URL: "https://x"},
		"no topic":         {Name: "a", Type: "ntfy", URL: "https://ntfy.sh/"},
		"needs command":    {Name: "a", Type: "command"},
		"routing key":      {Name: "a", Type: "pagerduty"},
		"needs token":      {Name: "a", Type: "gotify", URL: "https://x"},
		"and chat":         {Name: "a", Type: "telegram", Token: "x"},
		"somebody":         {Name: "a", Type: "mail"},
		"no mail address":  {Name: "a", Type: "mail", To: []string{"me"}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
	for _, c := range append(hooks("http://127.0.0.1:1"), Channel{Name: "a", Type: "syslog", URL: "unix:///dev/log"},
		Channel{Name: "a", Type: "syslog", URL: "udp://logs"},
		Channel{Name: "a", Type: "command", Command: []string{"x"}},
		Channel{Name: "a", Type: "mail", To: []string{"me@example.net"}},
		Channel{Name: "a", Type: "pagerduty", Token: "x"}) {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", c.Type, err)
		}
	}
}

func TestQuietHours(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ quiet, now, want string }{
		{"22:00-07:00", "21 21:59", ""}, {"22:00-07:00", "21 22:00", "22 07:00"},
		{"22:00-07:00", "22 06:59", "22 07:00"},
		{"22:00-07:00", "22 07:00", ""}, {"12:00-13:00", "21 12:30", "21 13:00"}, {"12:00-13:00", "21 13:00", ""},
		{"", "21 03:00", ""}, {"08:00-08:00", "21 08:00", ""},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-"+c.now, berlin)
		if err != nil {
			t.Fatal(err)
		}
		ch := Channel{Quiet: c.quiet, Location: berlin}
		got := ""
		if until := ch.quietUntil(now.UTC()); !until.IsZero() {
			got = until.Format("02 15:04")
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.quiet, c.now, got, c.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		header, body string
		want         time.Duration
	}{
		{"", "", 0}, {"30", "", 30 * time.Second}, {"0", "", 0}, {"-5", "", 0}, {"1e99", "", time.Hour},
		{"nonsense", "", 0}, {"NaN", "", 0}, {"Sat, 21 Nov 2026 12:02:00 GMT", "", 2 * time.Minute},
		{"", `{"message":"rate limited","retry_after":1.5,"global":false}`, 1500 * time.Millisecond},
		{"", `{"ok":false,"error_code":429,"parameters":{"retry_after":35}}`, 35 * time.Second},
		{"", `{"retry_after":"soon"}`, 0}, {"", "<html>", 0},
	} {
		if got := retryAfter(c.header, []byte(c.body), noon); got != c.want {
			t.Errorf("%q %s: %v, want %v", c.header, c.body, got, c.want)
		}
	}
}

// TestAlertmanagerWorse: the severity is a label, so that the milder alerts of one that became worse are ended.
func TestAlertmanagerWorse(t *testing.T) {
	a := alertOf("vmhost")
	a.Worse = true
	c := Channel{Type: "alertmanager", Name: "am", URL: "http://127.0.0.1:9093"}
	_, body, _ := sent(t, &c, &a)
	var got []string
	for _, x := range body.([]any) {
		got = append(got, in(x, "labels", "severity").(string)+" "+in(x, "endsAt").(string))
	}
	want := "info 2026-11-21T12:00:00Z, warning 2026-11-21T12:00:00Z, critical 2026-11-22T13:00:00Z"
	if strings.Join(got, ", ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}
