package notify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
)

// The longest texts that the receivers take, in bytes or less: Discord 2,000 characters, Telegram 4,096, a summary of
// PagerDuty 1,024, a dedup_key of PagerDuty 255.
const (
	maxText    = 1800
	maxSummary = 1000
	maxKey     = 255
)

// request makes the HTTP request of a webhook.
func (c *Channel) request(a *Alert) (*http.Request, error) {
	target, body, header := c.URL, any(a), http.Header{}
	switch c.Type {
	case "json":
		if c.Token != "" {
			header.Set("Authorization", "Bearer "+c.Token)
		}
	case "slack": // https://docs.slack.dev/messaging/formatting-message-text: & < > are escaped
		body = map[string]any{"text": c.text(a, slackEscape, "*"), "unfurl_links": false, "unfurl_media": false}
	case "discord": // https://discord.com/developers/docs/resources/webhook: nobody is called by name
		body = map[string]any{"content": c.text(a, markdownEscape, "**"),
			"allowed_mentions": map[string]any{"parse": []string{}}}
	case "mattermost": // https://developers.mattermost.com/integrate/webhooks/incoming
		body = map[string]any{"text": c.text(a, markdownEscape, "**")}
	case "ntfy": // https://docs.ntfy.sh/publish/#publish-as-json: to the root, with the topic
		u, err := url.Parse(c.URL)
		if err != nil {
			return nil, err
		}
		topic := path.Base(u.Path)
		u.Path, u.RawQuery = path.Dir(u.Path), ""
		target = u.String()
		body = map[string]any{"topic": topic, "title": clip(a.head(), 200), "tags": []string{string(a.Severity)},
			"message": clip(strings.Join(a.rest(c.location()), "\n"), maxText), "priority": priority(a, 5, 4, 3, 2)}
		if c.Token != "" {
			header.Set("Authorization", "Bearer "+c.Token)
		}
	case "gotify": // https://gotify.net/api-docs: POST /message
		target = strings.TrimRight(c.URL, "/") + "/message"
		header.Set("X-Gotify-Key", c.Token)
		body = map[string]any{"title": clip(a.head(), 200), "priority": priority(a, 8, 5, 3, 2),
			"message": clip(strings.Join(a.rest(c.location()), "\n"), maxText)}
	case "telegram": // https://core.telegram.org/bots/api#sendmessage: without parse_mode the text is taken as it is
		target = cmp.Or(strings.TrimRight(c.URL, "/"), telegramURL) + "/bot" + url.PathEscape(c.Token) + "/sendMessage"
		body = map[string]any{"chat_id": c.Chat, "text": c.text(a, plain, ""),
			"disable_notification": a.State == Resolved,
			"link_preview_options": map[string]any{"is_disabled": true}}
	case "alertmanager":
		target = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/api/v2/alerts"), "/") +
			"/api/v2/alerts"
		body = c.alertmanager(a)
	case "pagerduty":
		target = cmp.Or(c.URL, pagerdutyURL)
		body = c.pagerduty(a)
	default:
		return nil, fmt.Errorf("type %q is no webhook", c.Type)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	r, err := http.NewRequest(http.MethodPost, target, &b)
	if err != nil {
		return nil, fmt.Errorf("url of %s is none", c.Name) // the error would show it, and its secrets
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "uncloak")
	return r, nil
}

// text writes the message for a chat: a bold first line, then the rest. What is escaped may be longer by far: it is cut
// until it fits.
func (c *Channel) text(a *Alert, escape func(string) string, bold string) string {
	for room := maxText / 2; ; room /= 2 {
		var b strings.Builder
		b.WriteString(bold + escape(clip(a.head(), room)) + bold)
		for _, l := range a.rest(c.location()) {
			b.WriteString("\n" + escape(clip(l, room/2)))
		}
		if b.Len() <= maxText || room < 40 {
			return b.String()
		}
	}
}

func plain(s string) string { return s }

// slackEscape writes a text so that Slack takes nothing of it for a link, a mention or markup: it escapes & < >, and
// breaks up what would be bold or code by an invisible joiner.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "\u2060*\u2060", "_", "\u2060_\u2060",
		"~", "\u2060~\u2060", "`", "'", "@", "@\u2060", "://", ":\u2060//").Replace(s)
}

// markdownEscape writes a text so that Markdown takes nothing of it for markup, and no chat takes it for a mention or a
// link. A backslash goes in front of the signs that both Discord and Mattermost let escape
// (https://spec.commonmark.org/0.31.2/#backslash-escapes); an invisible joiner breaks up the rest.
func markdownEscape(s string) string {
	var b strings.Builder
	joined := strings.NewReplacer("@", "@\u2060", "<", "<\u2060", "://", ":\u2060//", "www.", "www\u2060.")
	for _, r := range joined.Replace(s) {
		if strings.ContainsRune("\\`*_{}[]()>#|~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// priority chooses a number by severity; over is that of a closing message.
func priority(a *Alert, critical, warning, info, over int) int {
	switch {
	case a.State == Resolved:
		return over
	case a.Severity == detect.Critical:
		return critical
	case a.Severity == detect.Warning:
		return warning
	}
	return info
}

// alertmanager makes alerts of the Alertmanager's API v2 (https://prometheus.io/docs/alerting/latest/alerts_api/).
// Without an end one would be taken for over after five minutes: it ends after a day, or when it is over. The severity
// is a label, by which it is routed, and so a part of its identity: of one that has become worse the milder ones end.
func (c *Channel) alertmanager(a *Alert) (out []map[string]any) {
	for _, s := range []detect.Severity{detect.Info, detect.Warning, detect.Critical} {
		if s != a.Severity && !(a.Worse && s.Rank() < a.Severity.Rank()) {
			continue
		}
		labels := map[string]string{"alertname": "uncloak_" + strings.ReplaceAll(a.Kind, "-", "_"), "id": a.ID,
			"kind": a.Kind, "severity": string(s)}
		for name, value := range map[string]string{"host": a.Host, "router": a.Router} {
			if value != "" {
				labels[name] = value
			}
		}
		ends := a.At.Add(25 * time.Hour)
		if a.State == Resolved || s != a.Severity {
			ends = a.At
		}
		out = append(out, map[string]any{"labels": labels, "startsAt": a.Start.UTC().Format(time.RFC3339),
			"endsAt": ends.UTC().Format(time.RFC3339), "annotations": map[string]string{
				"summary": clip(a.Title, maxSummary), "description": strings.Join(a.rest(c.location()), "\n")}})
	}
	return out
}

// pagerduty makes an event of the Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview).
func (c *Channel) pagerduty(a *Alert) map[string]any {
	action := "trigger"
	if a.State == Resolved {
		action = "resolve"
	}
	return map[string]any{"routing_key": c.Token, "event_action": action, "dedup_key": clip("uncloak-"+a.ID, maxKey),
		"payload": map[string]any{"summary": clip(a.head(), maxSummary),
			"source":   clip(cmp.Or(a.Router, a.host(), "uncloak"), maxKey),
			"severity": string(a.Severity), "timestamp": a.At.UTC().Format(time.RFC3339),
			"component": clip(a.host(), maxKey), "class": a.Kind, "custom_details": a}}
}

// clip shortens a text to n bytes, at the border of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}

// syslog writes the message of RFC 5424: facility daemon (3), the alert's severity, its fields as structured data.
func (a *Alert) syslog(host string) []byte {
	level := map[detect.Severity]int{detect.Critical: 2, detect.Warning: 4}[a.Severity]
	if level == 0 || a.State == Resolved {
		level = 6 // informational
	}
	value := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`) // RFC 5424, 6.3.3
	var data strings.Builder
	for _, p := range [][2]string{{"id", a.ID}, {"kind", a.Kind}, {"state", a.State}, {"severity", string(a.Severity)},
		{"host", a.Host}, {"name", a.Name}, {"router", a.Router}} {
		if p[1] != "" {
			fmt.Fprintf(&data, ` %s="%s"`, p[0], value.Replace(clip(p[1], 200)))
		}
	}
	// 32473 is the enterprise number for examples (RFC 5612): uncloak has none of its own
	return fmt.Appendf(nil, "<%d>1 %s %s uncloak - finding [finding@32473%s] \ufeff%s", 3*8+level,
		a.At.UTC().Format("2006-01-02T15:04:05.000Z"), printascii(host), data.String(), clip(a.head(), maxSummary))
}

// printascii returns a word of the header of syslog: printable ASCII without blanks, "-" for none.
func printascii(s string) string {
	out := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if out == "" {
		return "-"
	}
	return out[:min(len(out), 255)]
}

// letterText returns the subject and the text of a mail.
func (c *Channel) letterText(a *Alert) (subject, text string) {
	head := strings.ToUpper(a.head()[:1]) + a.head()[1:]
	lines := slices.Concat([]string{head, ""}, a.rest(c.location()), []string{""})
	return clip("uncloak: "+a.head(), 150), strings.Join(lines, "\n")
}
