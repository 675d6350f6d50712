package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"uncloak/report"
	"uncloak/report/api"
	"uncloak/report/mail"
)

// mailing holds how reports and alerts are mailed, and to whom.
type mailing struct {
	From     string   `koanf:"from"`
	To       []string `koanf:"to"`
	Server   string   `koanf:"server"` // host:port; "" = sendmail of this machine
	TLS      string   `koanf:"tls"`
	Username string   `koanf:"username"`
	Password string   `koanf:"password"`
	CA       string   `koanf:"ca"`
	Sendmail string   `koanf:"sendmail"`
}

// daily holds when serve mails the report of the day before.
type daily struct {
	At string `koanf:"at"` // time of day in the configured zone; "" = never
}

func (m *mailing) config() mail.Config {
	return mail.Config{From: m.From, Server: m.Server, TLS: strings.ToLower(m.TLS), Username: m.Username,
		Password: m.Password, CA: m.CA, Sendmail: m.Sendmail}
}

// checkMail checks the keys mail and report.
func (c *config) checkMail() (wrong settingErrors) {
	conf := c.Mail.config()
	if err := conf.Validate(); err != nil {
		wrong = append(wrong, wrongf("mail", "mail: %w", err))
	}
	for _, to := range c.Mail.To {
		if _, err := mail.Address(to); err != nil {
			wrong = append(wrong, wrongf("mail.to", "mail.to: %w", err))
		}
	}
	if c.Report.At == "" {
		return wrong
	}
	if _, err := mail.ParseClock(c.Report.At); err != nil {
		wrong = append(wrong, wrongf("report.at", "report.at: %w", err))
	} else if len(present(c.Mail.To)) == 0 {
		wrong = append(wrong, wrongf("report.at", "report.at is %s, and mail.to names nobody: give it an address, "+
			"like mail: {to: [me@example.net]}", c.Report.At))
	}
	return wrong
}

// letterOf asks for the report of the window in v, as a letter.
func letterOf(ctx context.Context, c *http.Client, v url.Values) (*report.Letter, error) {
	v.Set("format", "mail")
	body, err := api.Get(ctx, c, "/v1/report", v)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return decodeLetter(body)
}

func decodeLetter(r io.Reader) (*report.Letter, error) {
	l := &report.Letter{}
	if err := json.NewDecoder(r).Decode(l); err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	return l, nil
}

// mailTo asks for the report and mails it.
func (a *app) mailTo(cmd *cobra.Command, v url.Values, to []string, failOn string) error {
	for _, s := range to {
		if _, err := mail.Address(s); err != nil {
			return usagef("--mail-to: %w", err)
		}
	}
	v.Set("format", "mail")
	return a.get(cmd, "/v1/report", v, failOn, func(r io.Reader) error {
		l, err := decodeLetter(r)
		if err != nil {
			return err
		}
		if err := mail.Send(cmd.Context(), a.cfg.Mail.config(), to, "", a.now(), l); err != nil {
			return fmt.Errorf("the report is not mailed: %w", err)
		}
		_, err = fmt.Fprintf(a.stdout, "mailed to %s: %s\n", strings.Join(to, ", "), report.Clean(l.Subject))
		return err
	})
}

// mailSettings holds what serve needs for mailing reports; HUP replaces it.
type mailSettings struct {
	conf   mail.Config
	dir    string // of the data
	to     []string
	minute int // of the day; -1: no report is mailed
	loc    *time.Location
}

func (c *config) mailSettings() *mailSettings {
	s := &mailSettings{conf: c.Mail.config(), dir: c.Data, to: present(c.Mail.To), minute: -1, loc: c.location}
	if c.Report.At != "" {
		s.minute, _ = mail.ParseClock(c.Report.At) // checked by complete
	}
	return s
}

// mailReports mails the report of each day at the configured time, and those that were missed, until ctx ends.
func (a *app) mailReports(ctx context.Context, h *instance) error {
	tick := time.NewTicker(a.mailEvery)
	defer tick.Stop()
	client, wait := api.InProcess(h.handler)
	defer wait()
	for {
		if err := a.mailDue(ctx, h.mail.Load(), client); err != nil && ctx.Err() == nil {
			a.log.Warn("mail", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// mailDue mails the reports that are due. A mail that is refused is tried again later, and those of the following days
// wait behind it. An error is one of the state on the disk.
func (a *app) mailDue(ctx context.Context, set *mailSettings, client *http.Client) error {
	if set.minute < 0 {
		return nil
	}
	now, dir := a.now(), set.dir
	state, err := mail.ReadState(dir)
	if err != nil {
		a.log.Error("it is not known which reports were mailed: begun anew", "error", err)
	}
	if state.Last == "" {
		state = mail.State{Last: mail.Begin(now, set.minute, set.loc)}
		return state.Write(dir)
	}
	if now.Before(state.Next) {
		return nil
	}
	for _, day := range mail.Due(state.Last, now, set.minute, set.loc) {
		letter, err := letterOf(ctx, client, url.Values{"day": {day}, "timezone": {set.loc.String()}})
		if err == nil {
			err = mail.Send(ctx, set.conf, set.to, "report."+day+"."+hashOf(set.to), now, letter)
		}
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			state = state.Failed(err, now)
			written := state.Write(dir)
			a.log.Warn("the report is not mailed", "day", day, "error", err, "next", state.Next.In(set.loc).Format(
				time.DateTime))
			return written
		}
		state = state.Sent(day)
		a.log.Info("report mailed", "day", day, "to", strings.Join(set.to, ", "))
		if err := state.Write(dir); err != nil {
			return err
		}
	}
	return nil
}

// hashOf returns some letters that are the same for the same words.
func hashOf(words []string) string {
	h := fnv.New32a()
	for _, w := range words {
		fmt.Fprintf(h, "%q", w)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

// checkMailed adds to the problems that a report could not be mailed.
func checkMailed(c *report.Check, dir string, loc *time.Location) {
	state, err := mail.ReadState(dir)
	switch {
	case err != nil:
		c.Problems = append(c.Problems, err.Error()+": delete the file; serve then begins anew")
	case state.Failures > 0:
		c.Problems = append(c.Problems, fmt.Sprintf("the report after that of %s is not mailed, tried %s since %s: "+
			"%s; see mail in the config", state.Last, timesWords(state.Failures),
			state.Since.In(loc).Format(time.DateTime), state.Error))
	}
}

func timesWords(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
