package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"uncloak/report"
	"uncloak/report/mail"
)

// sendTimeout bounds one attempt, however slow the receiver is.
const sendTimeout = 15 * time.Second

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 10

// retryLater is an error of a receiver that says when it wants to be asked again.
type retryLater struct {
	error
	after time.Duration
}

func (e retryLater) Unwrap() error { return e.error }

// Send tells of the alert in the channel's way, and waits until the receiver has taken it, at most for a while.
func Send(ctx context.Context, c *Channel, a Alert) error {
	return c.send(ctx, &a, sendTimeout)
}

func (c *Channel) send(ctx context.Context, a *Alert, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch c.Type {
	case "mail":
		subject, text := c.letterText(a)
		return mail.Send(ctx, c.Mail, c.To, "", a.At, &report.Letter{Subject: subject, Text: text})
	case "command":
		return c.run(ctx, a)
	case "syslog":
		return c.log(ctx, a)
	}
	return c.post(ctx, a)
}

// post sends a webhook. Its errors never show the URL, which often is the secret.
func (c *Channel) post(ctx context.Context, a *Alert) error {
	r, err := c.request(a)
	if err != nil {
		return err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r.WithContext(ctx))
	if err != nil {
		var shown *url.Error
		if errors.As(err, &shown) {
			err = shown.Err
		}
		return fmt.Errorf("%s at %s: %w", c.Type, r.URL.Host, err)
	}
	defer client.CloseIdleConnections()
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what it says of an error, if it does
	if resp.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("%s at %s answers %s: %s", c.Type, r.URL.Host, resp.Status, oneLine(string(text)))
	if after := retryAfter(resp.Header.Get("Retry-After"), text, a.At); after > 0 {
		return retryLater{err, after}
	}
	return err
}

// oneLine returns the beginning of what a receiver says, for an error.
func oneLine(said string) string {
	return clip(strings.Join(strings.Fields(report.Clean(said)), " "), 200)
}

// maxRetryAfter bounds what a receiver can ask for.
const maxRetryAfter = time.Hour

// retryAfter reads how long the receiver wants to be left alone: from the header, in seconds or as a date (RFC 9110,
// 10.2.3), or from the answers of Telegram (parameters.retry_after) and Discord (retry_after), in seconds. 0: it does
// not say.
func retryAfter(header string, body []byte, now time.Time) time.Duration {
	var said struct {
		RetryAfter float64 `json:"retry_after"`
		Parameters struct {
			RetryAfter float64 `json:"retry_after"`
		} `json:"parameters"`
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(header), 64)
	if err != nil {
		seconds = 0
		if at, err := http.ParseTime(header); err == nil {
			seconds = at.Sub(now).Seconds()
		} else if json.Unmarshal(body, &said) == nil {
			seconds = max(said.RetryAfter, said.Parameters.RetryAfter)
		}
	}
	if !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}

// run starts the command with the alert as JSON on its standard input. No shell sees it.
func (c *Channel) run(ctx context.Context, a *Alert) error {
	in, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(append(in, '\n')), &limited{&said}, time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", c.Command[0], err, oneLine(said.String()))
	}
	return nil
}

// limited keeps the beginning of what is written to it.
type limited struct{ b *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.b.Write(p[:min(len(p), maxAnswer-l.b.Len())])
	return len(p), nil
}

// log sends the alert as syslog: a datagram, or octet-counted over a stream (RFC 6587).
func (c *Channel) log(ctx context.Context, a *Alert) error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return errors.New("url of syslog is none")
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	line, network, address := a.syslog(host), u.Scheme, u.Host
	switch {
	case network == "unix":
		network, address = "unixgram", u.Path
	case u.Port() == "":
		address = net.JoinHostPort(u.Hostname(), map[string]string{"udp": "514", "tcp": "601"}[network])
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(at); err != nil {
			return fmt.Errorf("syslog: %w", err)
		}
	}
	if network == "tcp" {
		line = fmt.Appendf(nil, "%d %s", len(line), line)
	}
	if _, err := conn.Write(line); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	return nil
}
