package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"uncloak/report"
)

// postOffice is an SMTP server of the test's own.
type postOffice struct {
	addr   string
	refuse error // of RCPT

	mu    sync.Mutex
	mails []delivered
	users []string
}

type delivered struct {
	from string
	to   []string
	text []byte
	tls  bool
}

// NewSession implements smtp.Backend.
func (o *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &visit{o: o, mail: delivered{tls: secure}}, nil
}

type visit struct {
	o    *postOffice
	mail delivered
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "secret" {
			return smtp.ErrAuthFailed
		}
		v.o.mu.Lock()
		defer v.o.mu.Unlock()
		v.o.users = append(v.o.users, user)
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error { v.mail.from = from; return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.mail.to = append(v.mail.to, to)
	return v.o.refuse
}

func (v *visit) Data(r io.Reader) (err error) {
	if v.mail.text, err = io.ReadAll(r); err != nil {
		return err
	}
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	v.o.mails = append(v.o.mails, v.mail)
	return nil
}

func (v *visit) Reset() {}

func (v *visit) Logout() error { return nil }

// open starts the server; with conf it speaks STARTTLS, or TLS at once.
func open(t *testing.T, conf *tls.Config, atOnce bool) *postOffice {
	t.Helper()
	o := &postOffice{}
	s := smtp.NewServer(o)
	s.Domain, s.AllowInsecureAuth, s.TLSConfig = "localhost", true, conf
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.addr = l.Addr().String()
	if atOnce {
		l = tls.NewListener(l, conf)
	}
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	t.Cleanup(func() { s.Close(); <-done })
	return o
}

// certificate makes one for 127.0.0.1 that signs itself, and the file of its authority.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

var letter = report.Letter{Subject: "uncloak: vmhost\r\nBcc: everybody@example.net",
	Text:     "The table was füll.\n.\nend\n",
	HTML:     `<p>The table was <b>füll</b>.</p><img src="cid:table.png">`,
	Pictures: []report.LetterPicture{{Name: "table.png", PNG: []byte("\x89PNG\r\n\x1a\nnot really")}}}

var at = time.Date(2026, 11, 21, 6, 30, 0, 0, time.UTC)

// parts returns the decoded leaves of a mail by their type.
func parts(t *testing.T, header interface{ Get(string) string }, body io.Reader, to map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		to[kind] = string(b)
		to[kind+" id"] = header.Get("Content-ID")
		return
	}
	to[kind] += "x"
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		parts(t, p.Header, p, to)
	}
}

// TestLetterArrives: the mail that arrives is whole, and its subject begins no header.
func TestLetterArrives(t *testing.T) {
	o := open(t, nil, false)
	c := Config{Server: o.addr, From: "uncloak <uncloak@example.net>"}
	to := []string{"me@example.net", `"You, too" <you@example.org>`}
	if err := Send(t.Context(), c, to, "report.2026-11-20.1", at, &letter); err != nil {
		t.Fatal(err)
	}
	got := o.mails[0]
	if len(o.mails) != 1 || got.from != "uncloak@example.net" || strings.Join(got.to, " ") !=
		"me@example.net you@example.org" {
		t.Fatalf("%d mails, from %s to %v", len(o.mails), got.from, got.to)
	}
	m, err := mail.ReadMessage(bytes.NewReader(got.text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "uncloak: vmhost Bcc: everybody@example.net" || m.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, Bcc %q, %v", subject, m.Header.Get("Bcc"), err)
	}
	for name, want := range map[string]string{"Message-Id": "<report.2026-11-20.1@example.net>",
		"Auto-Submitted": "auto-generated", "Date": "Sat, 21 Nov 2026 06:30:00 +0000"} {
		if h := m.Header.Get(name); h != want {
			t.Errorf("%s is %q, want %q", name, h, want)
		}
	}
	leaves := map[string]string{}
	parts(t, m.Header, m.Body, leaves)
	crlf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if got := crlf(leaves["text/plain"]); got != letter.Text {
		t.Errorf("text %q", got)
	}
	if got := crlf(leaves["text/html"]); got != letter.HTML {
		t.Errorf("HTML %q", got)
	}
	if leaves["image/png"] != string(letter.Pictures[0].PNG) || leaves["image/png id"] != "<table.png>" {
		t.Errorf("picture %q with id %s", leaves["image/png"], leaves["image/png id"])
	}
	if leaves["multipart/alternative"] == "" || leaves["multipart/related"] == "" {
		t.Errorf("the parts are %v", leaves)
	}
}

func TestSendSecurely(t *testing.T) {
	conf, ca := certificate(t)
	start, tls, plain := open(t, conf, false), open(t, conf, true), open(t, nil, false)
	for _, c := range []struct {
		name   string
		o      *postOffice
		conf   Config
		wrong  string
		secure bool
	}{
		{"starttls", start, Config{TLS: TLSStart, CA: ca, Username: "me", Password: "secret"}, "", true},
		{"tls at once", tls, Config{TLS: TLSImplicit, CA: ca, Username: "me", Password: "secret"}, "", true},
		{"to this machine, if offered", start, Config{CA: ca}, "", true},
		{"to this machine, in the clear", plain, Config{TLS: TLSNone, Username: "me", Password: "secret"}, "", false},
		{"wrong password", start, Config{TLS: TLSStart, CA: ca, Username: "me", Password: "x"}, "535", false},
		{"unknown authority", start, Config{TLS: TLSStart}, "certificate", false},
		{"no TLS there", plain, Config{TLS: TLSStart}, "STARTTLS", false},
		{"login in the clear, unasked", plain, Config{Username: "me", Password: "secret"}, "mechanism", false},
		{"no such authority", plain, Config{CA: "/nowhere"}, "no such file", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.conf.Server, c.conf.From = c.o.addr, "uncloak@example.net"
			had, users := len(c.o.mails), len(c.o.users)
			err := Send(t.Context(), c.conf, []string{"me@example.net"}, "", at, &letter)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) || len(c.o.mails) != had {
					t.Errorf("%v, want %s", err, c.wrong)
				}
				return
			}
			if err != nil || len(c.o.mails) != had+1 || c.o.mails[had].tls != c.secure {
				t.Fatalf("%v, %d mails", err, len(c.o.mails)-had)
			}
			if c.conf.Username != "" && len(c.o.users) != users+1 {
				t.Error("nobody has logged in")
			}
		})
	}
}

func TestRefusedAndUnanswered(t *testing.T) {
	o := open(t, nil, false)
	o.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user here"}
	c := Config{Server: o.addr, From: "uncloak@example.net"}
	to := []string{"me@example.net"}
	if err := Send(t.Context(), c, to, "", at, &letter); err == nil || !strings.Contains(err.Error(), "no such user") {
		t.Errorf("refused: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c.Server, c.Timeout = silent.Addr().String(), 100*time.Millisecond
	if err := Send(t.Context(), c, to, "", at, &letter); err == nil {
		t.Error("a server that never answers: no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Send(ctx, c, to, "", at, &letter); err == nil {
		t.Error("cancelled: no error")
	}
}

// TestSendmail: the local program gets the mail on its standard input; what it says of an error is told.
func TestSendmail(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "sendmail")
	write := func(text string) {
		if err := os.WriteFile(script, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("echo \"$@\" > " + dir + "/args; cat > " + dir + "/mail\n")
	c := Config{Sendmail: script}
	if err := Send(t.Context(), c, []string{"me@example.net"}, "", at, &letter); err != nil {
		t.Fatal(err)
	}
	args, _ := os.ReadFile(filepath.Join(dir, "args"))
	text, _ := os.ReadFile(filepath.Join(dir, "mail"))
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil || strings.TrimSpace(string(args)) != "-oi -t" || m.Header.Get("To") != "<me@example.net>" ||
		!strings.Contains(m.Header.Get("From"), "uncloak@") {
		t.Errorf("%v, %q, %v", err, args, m)
	}
	write("cat > /dev/null; echo 'mailbox full' >&2; exit 75\n")
	if err := Send(t.Context(), c, []string{"me@example.net"}, "", at, &letter); err == nil ||
		!strings.Contains(err.Error(), "mailbox full") {
		t.Errorf("it fails: %v", err)
	}
	c.Sendmail = filepath.Join(dir, "none")
	if err := Send(t.Context(), c, []string{"me@example.net"}, "", at, &letter); err == nil {
		t.Error("there is none: no error")
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]Config{
		"address": {From: "me"}, "header": {From: "me@example.net\r\nBcc: x@example.net"},
		"way":  {Server: "a", TLS: "ssl"},
		"port": {Server: "mail.example.net:smtp"}, "host": {Server: ":25"}, "path": {Server: "smtp://mail:25"},
	} {
		if c.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, c := range []Config{{}, {Server: "mail.example.net"}, {Server: "[2001:db8::1]:25"}, {Server: "10.0.0.1:25"},
		{Server: "mail:465", TLS: TLSImplicit, From: "Me <me@example.net>", Username: "me"}} {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, s := range []string{"", "me", "a@b, c@d", "a@b\nBcc: c@d", "<a@b> x"} {
		if _, err := Address(s); err == nil {
			t.Errorf("%q is an address", s)
		}
	}
}

func TestDue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	local := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct{ last, now, want string }{
		{"2026-11-19", "2026-11-21 06:29", ""},
		{"2026-11-19", "2026-11-21 06:30", "2026-11-20"},
		{"2026-11-20", "2026-11-21 23:59", ""},
		{"2026-11-17", "2026-11-21 12:00", "2026-11-18 2026-11-19 2026-11-20"},
		{"2026-10-23", "2026-10-26 06:30", "2026-10-24 2026-10-25"}, // the clock goes back in between
		{"2026-01-01", "2026-11-21 07:00", "2026-11-14 2026-11-15 2026-11-16 2026-11-17 2026-11-18 " +
			"2026-11-19 2026-11-20"},
		{"2027-01-01", "2026-11-21 07:00", ""}, // the clock was wrong
		{"nonsense", "2026-11-21 07:00", ""},
	} {
		if got := strings.Join(Due(c.last, local(c.now), 390, berlin), " "); got != c.want {
			t.Errorf("after %s at %s: %q, want %q", c.last, c.now, got, c.want)
		}
	}
	if got := Begin(local("2026-11-21 06:00"), 390, berlin); got != "2026-11-19" {
		t.Errorf("begun at 6:00: %s", got)
	}
	for _, s := range []string{"", "25:00", "6", "06:30:00", "half past"} {
		if _, err := ParseClock(s); err == nil {
			t.Errorf("%q is a time of day", s)
		}
	}
}

func TestStateAndBackOff(t *testing.T) {
	dir := t.TempDir()
	s := State{Last: "2026-11-19"}
	for i, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		s = s.Failed(errors.New(strings.Repeat("x", 1000)), at)
		if got := s.Next.Sub(at); got != pause*time.Minute || s.Failures != i+1 || len(s.Error) > 500 {
			t.Errorf("failure %d: a pause of %v", i+1, got)
		}
	}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadState(dir); err != nil || got.Failures != 8 || !got.Since.Equal(at) {
		t.Errorf("read back: %+v, %v", got, err)
	}
	if s = s.Sent("2026-11-20"); s != (State{Last: "2026-11-20"}) {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(filepath.Join(dir, StateName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadState(dir); err == nil {
		t.Error("a damaged file: no error")
	}
	if got, err := ReadState(t.TempDir()); err != nil || got != (State{}) {
		t.Errorf("no file: %+v, %v", got, err)
	}
}

// TestSubject: no line of a subject is empty or too long, and it is read as it was written.
func TestSubject(t *testing.T) {
	for _, want := range []string{"uncloak: vmhost", "uncloak 11月28日: vmhostが6回にわたりセッションテーブルを満杯にしました。ほか3件",
		"ß " + strings.Repeat("ascii ", 40) + "ü", strings.Repeat("日本", 200), strings.Repeat("a", 70) + " ü"} {
		m, err := message(&Config{From: "u@example.net"}, []string{"me@example.net"}, "", at,
			&report.Letter{Subject: want})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(b.String(), "\r\nSubject:")
		for i, l := range strings.Split(text, "\r\n") {
			if i > 0 && !strings.HasPrefix(l, " ") {
				break
			}
			if i == 0 {
				l = "Subject:" + l
			}
			if l == "Subject:" || l == "Subject: " || len(l) > 76 {
				t.Errorf("%q: line %q", want, l)
			}
		}
		got, err := mail.ReadMessage(&b)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject")); err != nil || s != want {
			t.Errorf("%q is read as %q, %v", want, s, err)
		}
	}
}
