// Package mail sends letters, over SMTP or through the sendmail of this machine, and reckons at which times the report
// of a day is due. It never reads a log, and it makes no letter up: report.NewLetter does.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"uncloak/report"
)

// Config holds how letters are sent. The zero value sends through sendmail.
type Config struct {
	From     string // address, with or without a name; "" = uncloak@HOSTNAME
	Server   string // host:port of the SMTP server; without a port 587; "" = the sendmail of this machine
	TLS      string // one of TLSWays
	Username string // "" = no authentication
	Password string
	CA       string // PEM file of the authority of the server's certificate; "" = those of the system
	Sendmail string // path of sendmail; "" = the one in PATH or /usr/sbin
	Timeout  time.Duration
}

// The ways of TLS: at once (tls), after STARTTLS or not at all (starttls), if the server offers it (try), never (none).
// "" is tls at port 465, try for a server on this machine, else starttls.
const (
	TLSNone     = "none"
	TLSTry      = "try"
	TLSStart    = "starttls"
	TLSImplicit = "tls"
)

// TLSWays lists the words for the ways of TLS.
func TLSWays() []string { return []string{TLSStart, TLSImplicit, TLSTry, TLSNone} }

// defaultTimeout bounds one attempt to send.
const defaultTimeout = time.Minute

// Validate checks the addresses and words.
func (c *Config) Validate() error {
	if c.From != "" {
		if _, err := Address(c.From); err != nil {
			return err
		}
	}
	switch c.TLS {
	case "", TLSNone, TLSTry, TLSStart, TLSImplicit:
	default:
		return fmt.Errorf("tls is %q: it is one of %s", c.TLS, strings.Join(TLSWays(), ", "))
	}
	if c.Server == "" {
		return nil
	}
	_, _, err := c.hostPort()
	return err
}

// Address reads one address, such as me@example.net or "Me <me@example.net>". It is one line.
func Address(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || strings.ContainsAny(s, "\r\n") || !strings.Contains(a.Address, "@") {
		return nil, fmt.Errorf("%q is no mail address: write it like me@example.net", s)
	}
	return a, nil
}

func (c *Config) hostPort() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(c.Server)
	if err != nil {
		host, text = c.Server, "587"
		if c.TLS == TLSImplicit {
			text = "465"
		}
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, " :/[]") && net.ParseIP(host) == nil {
		return "", 0, fmt.Errorf("server is %q: write it like mail.example.net:587", c.Server)
	}
	return host, int(n), nil
}

// Send sends the letter to all addresses, as one mail. ID makes the Message-ID, so that a mail that is sent twice,
// since nobody knows whether it arrived, is known to be the same; "" gives it a random one. An error says what the
// server answered.
func Send(ctx context.Context, c Config, to []string, id string, at time.Time, l *report.Letter) error {
	m, err := message(&c, to, id, at, l)
	if err != nil {
		return err
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if c.Server == "" {
		path, err := sendmail(c.Sendmail)
		if err != nil {
			return err
		}
		if err := m.WriteToSendmailWithContext(ctx, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	client, err := client(&c)
	if err != nil {
		return err
	}
	if err := client.DialAndSendWithContext(ctx, m); err != nil {
		return fmt.Errorf("mail server %s: %w", c.Server, err)
	}
	return nil
}

// message makes the mail. All that comes from the letter is encoded, so that nothing in it begins a header of its own.
func message(c *Config, to []string, id string, at time.Time, l *report.Letter) (*gomail.Msg, error) {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	from := c.From
	if from == "" {
		from = "uncloak@" + host
	}
	sender, err := Address(from)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(sender)
	if len(to) == 0 {
		return nil, errors.New("nobody to send the mail to")
	}
	for _, s := range to {
		a, err := Address(s)
		if err != nil {
			return nil, err
		}
		if err := m.AddTo(a.String()); err != nil {
			return nil, fmt.Errorf("to %s: %w", s, err)
		}
	}
	m.Subject(subject(strings.Join(strings.Fields(l.Subject), " ")))
	m.SetDateWithValue(at)
	m.SetMessageID()
	if _, domain, ok := strings.Cut(sender.Address, "@"); ok && id != "" {
		m.SetMessageIDWithValue(id + "@" + domain)
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answer of a machine to it
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	}
	for _, p := range l.Pictures {
		err := m.EmbedReader(p.Name, bytes.NewReader(p.PNG), gomail.WithFileContentID("<"+p.Name+">"),
			gomail.WithFileContentType("image/png"))
		if err != nil {
			return nil, fmt.Errorf("picture %s: %w", p.Name, err)
		}
	}
	return m, nil
}

// subject encodes a subject that is not ASCII (RFC 2047) in words of which the first has room behind "Subject: ", in a
// line of 76 characters: go-mail (0.7.2) leaves that line empty before a longer one.
func subject(s string) string {
	if mime.BEncoding.Encode("utf-8", s) == s {
		return s
	}
	var words []string
	s = strings.ToValidUTF8(s, "\uFFFD")
	for room := 36; s != ""; room = 45 { // bytes of a word: 4 characters for 3
		n := min(room, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		words, s = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?="), s[n:]
	}
	return strings.Join(words, " ")
}

func client(c *Config) (*gomail.Client, error) {
	host, port, err := c.hostPort()
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("read the mail server's authority: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate", c.CA)
		}
	}
	opts := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(c.Timeout), gomail.WithTLSConfig(conf)}
	login := gomail.SMTPAuthAutoDiscover
	way := c.TLS
	switch {
	case way != "":
	case port == 465:
		way = TLSImplicit
	case local:
		way = TLSTry
	default:
		way = TLSStart
	}
	switch way {
	case TLSImplicit:
		opts = append(opts, gomail.WithSSL(), gomail.WithDialContextFunc(bounded(&tls.Dialer{Config: conf},
			c.Timeout)))
		login = gomail.SMTPAuthPlain // to find a way out go-mail would have to dial itself
	case TLSStart:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSTry:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case TLSNone:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		login = gomail.SMTPAuthPlainNoEnc
	}
	if way != TLSImplicit {
		opts = append(opts, gomail.WithDialContextFunc(bounded(&net.Dialer{}, c.Timeout)))
	}
	if c.Username != "" {
		opts = append(opts, gomail.WithSMTPAuth(login), gomail.WithUsername(c.Username),
			gomail.WithPassword(c.Password))
	}
	client, err := gomail.NewClient(host, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", c.Server, err)
	}
	return client, nil
}

// bounded returns a function that opens connections which end after that time, whatever the server does: go-mail
// (0.7.2) alone waits for ever for a server that takes the connection and says nothing.
func bounded(d interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}, timeout time.Duration) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return conn, conn.SetDeadline(time.Now().Add(timeout))
	}
}

// sendmail returns the path of the program that takes mail on this machine.
func sendmail(path string) (string, error) {
	for _, p := range []string{path, "sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail"} {
		if p == "" {
			continue
		}
		found, err := exec.LookPath(p)
		if err == nil {
			return found, nil
		}
		if p == path {
			return "", fmt.Errorf("sendmail: %w", err)
		}
	}
	return "", errors.New("this machine has no sendmail: say with mail: {server: …} which SMTP server takes the mail")
}
