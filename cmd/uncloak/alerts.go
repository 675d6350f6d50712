package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/report/notify"
)

// alerting holds one way in which serve tells of findings as they happen: see notify.Channel.
type alerting struct {
	Name     string   `koanf:"name"` // "" = the type
	Type     string   `koanf:"type"`
	URL      string   `koanf:"url"`   // $NAME: the variable of that name
	Token    string   `koanf:"token"` // $NAME: the variable of that name
	Chat     string   `koanf:"chat"`
	To       []string `koanf:"to"` // of type mail; default mail.to
	Command  []string `koanf:"command"`
	Severity string   `koanf:"severity"`
	Quiet    string   `koanf:"quiet"`
	PerHour  int      `koanf:"per_hour"`
}

// called returns the name of the channel.
func (s *alerting) called() string { return cmp.Or(s.Name, strings.ToLower(s.Type)) }

// channel converts an entry of the key alerts.
func (c *config) channel(s *alerting) (notify.Channel, error) {
	out := notify.Channel{Name: s.called(), Type: strings.ToLower(s.Type), Chat: s.Chat, To: present(s.To),
		Command: s.Command, Severity: detect.Severity(strings.ToLower(s.Severity)), Quiet: s.Quiet, PerHour: s.PerHour,
		Mail: c.Mail.config(), Location: c.location}
	if len(out.To) == 0 {
		out.To = present(c.Mail.To)
	}
	for _, v := range []struct {
		from string
		to   *string
	}{{s.URL, &out.URL}, {s.Token, &out.Token}} {
		*v.to = v.from
		if name, ok := strings.CutPrefix(v.from, "$"); ok {
			if *v.to = os.Getenv(name); *v.to == "" {
				return out, fmt.Errorf("the variable %s is not set", name)
			}
		}
	}
	return out, out.Validate()
}

// channels converts the whole key alerts; wrong holds what is wrong with it.
func (c *config) channels() (out []notify.Channel, wrong settingErrors) {
	for i := range c.Alerts {
		s := &c.Alerts[i]
		ch, err := c.channel(s)
		if err == nil && slices.ContainsFunc(out, func(o notify.Channel) bool { return o.Name == ch.Name }) {
			err = errors.New("the name is there twice: give each a name of its own")
		}
		if err != nil {
			wrong = append(wrong, wrongf("alerts", "alerts: number %d (%s): %w%s", i+1, s.called(), err,
				meantType(s.Type)))
			continue
		}
		out = append(out, ch)
	}
	return out, wrong
}

// meantType returns the types that may be meant by one that is none.
func meantType(word string) string {
	if slices.Contains(notify.Types(), strings.ToLower(word)) {
		return ""
	}
	return meant(word, notify.Types())
}

// calm is the time for which an incident must not go on to be called over. One with a period must have missed three.
const calm = time.Hour

// alert passes the incidents that were announced now to the channels, and closes those that are over.
func (h *instance) alert(told []detect.Told, fs []detect.Finding) {
	if h.notifier == nil {
		return
	}
	byID := map[string]*detect.Finding{}
	for i := range fs {
		byID[fs[i].ID] = &fs[i]
	}
	active := map[string]notify.Active{}
	for _, in := range report.Incidents(fs) {
		a := notify.Active{}
		for _, id := range in.Findings {
			f := byID[id]
			if f == nil {
				continue
			}
			if f.End.After(a.End) {
				a.End = f.End
			}
			until := f.End.Add(max(calm, time.Duration(3*f.PeriodS*float64(time.Second))))
			if until.After(a.Until) {
				a.Until = until
			}
		}
		active[in.ID] = a
	}
	alerts := make([]notify.Alert, len(told))
	for i, t := range told {
		alerts[i] = notify.Alert{ID: report.Clean(t.ID), Kind: t.Kind, Severity: t.Severity, Title: t.Title,
			Host: report.Clean(t.Host), Router: report.Clean(t.Router), Start: t.Start, End: t.End}
	}
	h.notifier.Update(alerts, active)
}

func (a *app) notifyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Alerts: show how they fare, or send one as a test",
		Long: "Shows the channels of alerts in the config: how many messages wait for each, how many were lost, and\n" +
			"why the last was not taken. serve sends them: docs/alerts.md.",
		Example: "uncloak notify\nuncloak notify test\nuncloak notify test ops"}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.setup(cmd); err != nil {
			return err
		}
		return a.showChannels()
	}
	test := &cobra.Command{Use: "test [NAME…]", Short: "Send a test through all channels, or the named ones",
		Long: "Sends one message that says that it is a test, at once and from this process: quiet hours and rates\n" +
			"do not hold. Exits with 1 if a channel does not take it.",
		Example: "uncloak notify test\nuncloak notify test ops", Args: usageArgs(cobra.ArbitraryArgs)}
	test.RunE = func(cmd *cobra.Command, names []string) error {
		if err := a.setup(cmd); err != nil {
			return err
		}
		return a.testChannels(cmd.Context(), names)
	}
	cmd.AddCommand(test)
	return cmd
}

// showChannels prints the channels of the config with what the spool says of them.
func (a *app) showChannels() error {
	status, err := notify.ReadStatus(a.cfg.Data)
	if err != nil {
		return err
	}
	channels, _ := a.cfg.channels() // checked by complete
	if len(channels) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no alerts are configured: alerts in the config")
		return err
	}
	for _, c := range channels {
		s := notify.Status{}
		if i := slices.IndexFunc(status, func(s notify.Status) bool { return s.Name == c.Name }); i >= 0 {
			s = status[i]
		}
		fmt.Fprintf(a.stdout, "%-16s  %-12s  from %-8s  %d waiting, %d lost\n", report.Clean(c.Name), c.Type,
			cmp.Or(c.Severity, detect.Warning), s.Waiting, s.Lost)
		if s.Failures > 0 {
			fmt.Fprintf(a.stdout, "    failed %s since %s: %s\n", timesWords(s.Failures),
				s.Since.In(a.cfg.location).Format(time.DateTime), report.Clean(s.Error))
		}
	}
	return nil
}

// testChannels sends a test through the channels of those names, or all.
func (a *app) testChannels(ctx context.Context, names []string) error {
	channels, _ := a.cfg.channels() // checked by complete
	var have []string
	for _, c := range channels {
		have = append(have, c.Name)
	}
	for _, n := range names {
		if !slices.Contains(have, n) {
			return usagef("alerts in the config has no %q%s: %s", n, meant(n, have), strings.Join(have, ", "))
		}
	}
	if len(channels) == 0 {
		return usagef("no alerts are configured: alerts in the config, like alerts: [{type: ntfy, url: " +
			"\"https://ntfy.sh/TOPIC\"}]")
	}
	failed := false
	for i := range channels {
		c := &channels[i]
		if len(names) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		err := notify.Send(ctx, c, notify.Test(a.now()))
		if err != nil {
			failed = true
			fmt.Fprintf(a.stdout, "%s: %s\n", report.Clean(c.Name), report.Clean(err.Error()))
			continue
		}
		fmt.Fprintf(a.stdout, "%s: sent\n", report.Clean(c.Name))
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

// checkAlerts adds to the problems the channels that do not take their messages, and to the notes what was lost.
func checkAlerts(c *report.Check, dir string, loc *time.Location) {
	status, err := notify.ReadStatus(dir)
	if err != nil {
		c.Problems = append(c.Problems, err.Error()+": serve begins it anew")
	}
	for _, s := range status {
		if s.Failures > 0 {
			c.Problems = append(c.Problems, fmt.Sprintf("alerts through %s are not taken, tried %s since %s, %d wait: "+
				"%s; uncloak notify test tries it now", s.Name, timesWords(s.Failures),
				s.Since.In(loc).Format(time.DateTime), s.Waiting, s.Error))
		}
		if s.Lost > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("%d alerts through %s were lost: too many waited, or for too long",
				s.Lost, s.Name))
		}
	}
}
