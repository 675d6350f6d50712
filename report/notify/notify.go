// Package notify tells people and other programs of findings while they happen: by webhook, mail, command or syslog.
// A message that is not taken waits on the disk and is tried again. It decides nothing about a finding: its caller says
// which are new, which are worse, and which are over.
package notify

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/report/mail"
)

// Alert is one message about a finding, in the form of the generic webhook. Its texts are clean: they act on no
// terminal, and hold no line ends. Its JSON names are a contract: added to, never renamed.
type Alert struct {
	Version  int             `json:"version"` // 1
	State    string          `json:"state"`   // firing or resolved
	ID       string          `json:"id"`      // of the incident, as in the report
	Kind     string          `json:"kind"`
	Severity detect.Severity `json:"severity"`
	Title    string          `json:"title"` // one sentence
	Host     string          `json:"host,omitempty"`
	Name     string          `json:"name,omitempty"` // of the host
	Router   string          `json:"router,omitempty"`
	Start    time.Time       `json:"start"`
	End      time.Time       `json:"end"`                // of what was seen so far
	At       time.Time       `json:"at"`                 // of the message
	Worse    bool            `json:"worse,omitempty"`    // told before, with a lower severity
	LeftOut  int             `json:"left_out,omitempty"` // messages that were lost before this one, for want of room
}

// The states of an Alert.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Channel is one way to tell of findings.
type Channel struct {
	Name     string // of its own among the channels; for the log, check and the spool
	Type     string // one of Types
	URL      string // of the webhook or server; of syslog udp://host:514, tcp://host:601 or unix:///dev/log
	Token    string // key of Gotify, ntfy, Telegram (of the bot) and PagerDuty (routing key); Bearer of json
	Chat     string // of Telegram
	To       []string
	Command  []string        // of type command: program and arguments
	Severity detect.Severity // least severity that is told; "" = warning
	Quiet    string          // "22:00-07:00": what is not critical waits until it is over; "" = never
	PerHour  int             // messages an hour, after the first ten; 0 = 30
	Mail     mail.Config     // of type mail
	Location *time.Location  // of Quiet and of times in texts; nil = UTC
}

// Types lists the types of channels.
func Types() []string {
	return []string{"mail", "json", "slack", "discord", "mattermost", "ntfy", "gotify", "telegram", "alertmanager",
		"pagerduty", "command", "syslog"}
}

// Defaults of a Channel.
const (
	defaultPerHour = 30
	pagerdutyURL   = "https://events.pagerduty.com/v2/enqueue"
	telegramURL    = "https://api.telegram.org"
)

// Validate checks the channel, and says what is missing.
func (c *Channel) Validate() error {
	if c.Name == "" {
		return errors.New("it has no name")
	}
	if !slices.Contains(Types(), c.Type) {
		return fmt.Errorf("type %q is not known: it is one of %s", c.Type, strings.Join(Types(), ", "))
	}
	if !slices.Contains([]detect.Severity{"", detect.Info, detect.Warning, detect.Critical}, c.Severity) {
		return fmt.Errorf("severity %q is none of info, warning, critical", c.Severity)
	}
	if _, _, err := c.quiet(); err != nil {
		return err
	}
	if c.PerHour < 0 || c.PerHour > 10_000 {
		return fmt.Errorf("per_hour is %d: it is a number of messages, up to 10000", c.PerHour)
	}
	return c.checkTarget()
}

// checkTarget checks what the type of the channel needs.
func (c *Channel) checkTarget() error {
	switch c.Type {
	case "mail":
		if len(c.To) == 0 {
			return errors.New("a mail needs somebody to send it to: to, or mail.to")
		}
		for _, to := range c.To {
			if _, err := mail.Address(to); err != nil {
				return err
			}
		}
		return c.Mail.Validate()
	case "command":
		if len(c.Command) == 0 || c.Command[0] == "" {
			return errors.New("it needs command, like [/usr/local/bin/page, --quick]")
		}
		return nil
	case "telegram":
		if c.Token == "" || c.Chat == "" {
			return errors.New("telegram needs token, that of the bot, and chat, the number of the chat")
		}
	case "pagerduty":
		if c.Token == "" {
			return errors.New("pagerduty needs token, the routing key of an Events API v2 integration")
		}
	case "gotify":
		if c.Token == "" {
			return errors.New("gotify needs token, that of an application")
		}
	}
	if c.URL == "" && (c.Type == "telegram" || c.Type == "pagerduty") {
		return nil
	}
	u, err := url.Parse(c.URL)
	schemes := []string{"http", "https"}
	if c.Type == "syslog" {
		schemes = []string{"udp", "tcp", "unix"}
	}
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" && u.Scheme != "unix" {
		return fmt.Errorf("url is none: %s needs one that begins with %s://", c.Type, strings.Join(schemes, ":// or "))
	}
	if c.Type == "ntfy" && strings.Trim(u.Path, "/") == "" {
		return errors.New("url has no topic: write it like https://ntfy.sh/TOPIC")
	}
	return nil
}

// quiet returns the minutes of the day at which the quiet time begins and ends; equal ones are none.
func (c *Channel) quiet() (from, to int, err error) {
	if c.Quiet == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(c.Quiet, "-")
	from, err1 := mail.ParseClock(strings.TrimSpace(a))
	to, err2 := mail.ParseClock(strings.TrimSpace(b))
	if !ok || err1 != nil || err2 != nil {
		return 0, 0, fmt.Errorf("quiet is %q: write it like \"22:00-07:00\"", c.Quiet)
	}
	return from, to, nil
}

// quietUntil returns the end of the quiet time in which now lies; the zero time if it lies in none.
func (c *Channel) quietUntil(now time.Time) time.Time {
	from, to, err := c.quiet()
	if err != nil || from == to {
		return time.Time{}
	}
	now = now.In(c.location())
	minute := now.Hour()*60 + now.Minute()
	y, m, d := now.Date()
	switch {
	case from < to && (minute < from || minute >= to), from > to && minute < from && minute >= to:
		return time.Time{}
	case from > to && minute >= from:
		d++
	}
	return time.Date(y, m, d, 0, to, 0, 0, c.location())
}

func (c *Channel) location() *time.Location {
	return cmp.Or(c.Location, time.UTC)
}

// wants reports whether the channel tells of that severity.
func (c *Channel) wants(s detect.Severity) bool {
	return s.Rank() >= cmp.Or(c.Severity, detect.Warning).Rank()
}

// host names the machine of the alert; "" if none is meant.
func (a *Alert) host() string {
	switch {
	case a.Name != "" && a.Host != "":
		return a.Name + " (" + a.Host + ")"
	case a.Host != "":
		return a.Host
	}
	return a.Name
}

// head is the first line of a text: what it is about.
func (a *Alert) head() string {
	word := string(a.Severity)
	switch {
	case a.State == Resolved:
		word = "over"
	case a.Worse:
		word = "now " + word
	}
	return word + ": " + a.Title
}

// rest returns the further lines of a text: when, where, and what to type.
func (a *Alert) rest(loc *time.Location) []string {
	start, end := a.Start.In(loc), a.End.In(loc)
	when := start.Format("Mon 2006-01-02 15:04:05")
	if end.After(start) {
		layout := "15:04:05 MST"
		if start.Format(time.DateOnly) != end.Format(time.DateOnly) {
			layout = "Mon 2006-01-02 15:04:05 MST"
		}
		when += " to " + end.Format(layout)
	}
	lines := []string{when}
	if h := a.host(); h != "" {
		lines[0] += ", " + h
	}
	if a.Router != "" {
		lines[0] += ", at " + a.Router
	}
	lines = append(lines, "uncloak report --day "+start.Format(time.DateOnly)+"   ("+a.ID+")")
	if a.LeftOut > 0 {
		lines = append(lines, strconv.Itoa(a.LeftOut)+" messages before this one were lost: uncloak findings has all")
	}
	return lines
}

// Test returns an alert that says that it is a test.
func Test(now time.Time) Alert {
	return Alert{Version: 1, State: Firing, ID: "test", Kind: "test", Severity: detect.Warning,
		Title: "this is a test of uncloak: nothing has happened", Start: now, End: now, At: now}
}
