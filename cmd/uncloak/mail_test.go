package main

import (
	"io"
	"mime"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// mailbox is an SMTP server of the test's own, which keeps the mails that it does not refuse.
type mailbox struct {
	addr   string
	refuse atomic.Bool
	mu     sync.Mutex
	mails  []string
}

type visitor struct{ box *mailbox }

// NewSession implements smtp.Backend.
func (b *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return visitor{b}, nil }

func (v visitor) Mail(string, *smtp.MailOptions) error { return nil }

func (v visitor) Rcpt(string, *smtp.RcptOptions) error {
	if v.box.refuse.Load() {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come back later"}
	}
	return nil
}

func (v visitor) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	v.box.mu.Lock()
	defer v.box.mu.Unlock()
	v.box.mails = append(v.box.mails, string(text))
	return err
}

func (v visitor) Reset() {}

func (v visitor) Logout() error { return nil }

// subjects returns the subjects of the mails, in the order in which they came.
func (b *mailbox) subjects() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.mails {
		subject := "no mail"
		if m, err := mail.ReadMessage(strings.NewReader(text)); err == nil {
			subject, _ = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		}
		out = append(out, subject)
	}
	return out
}

func openMailbox(t *testing.T) *mailbox {
	t.Helper()
	b := &mailbox{}
	s := smtp.NewServer(b)
	s.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	t.Cleanup(func() { s.Close(); <-done })
	return b
}

func TestReportByMail(t *testing.T) {
	data, box := imported(t), openMailbox(t)
	t.Setenv("UNCLOAK_MAIL_SERVER", box.addr)
	t.Setenv("UNCLOAK_MAIL_FROM", "uncloak@example.net")
	args := []string{"report", "--data", data, "--timezone", "UTC", "--day", "2026-11-20", "--mail-to"}
	out := ok(t, "", append(args, "me@example.net,you@example.net")...)
	if !strings.HasPrefix(out, "mailed to me@example.net, you@example.net: uncloak ") || len(box.mails) != 1 {
		t.Fatalf("%s, %d mails", out, len(box.mails))
	}
	for _, want := range []string{"multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
		"Content-ID: <table.png>", "me@example.net"} {
		if !strings.Contains(strings.ReplaceAll(box.mails[0], "Content-Id", "Content-ID"), want) {
			t.Errorf("the mail has no %s", want)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{append(args, "me"), 2, `--mail-to: "me" is no mail address`},
		{append(args, "me@example.net", "--format", "html"), 2, "it takes no --format"},
		{append(args, "me@example.net", "--fail-on", "warning"), 3, ""},
	} {
		if r := uncloak(t, "", c.args...); r.code != c.code || !strings.Contains(r.errOut, c.want) {
			t.Errorf("%v: code %d, %s", c.args[8:], r.code, r.errOut)
		}
	}
	box.refuse.Store(true)
	r := uncloak(t, "", append(args, "me@example.net")...)
	if r.code != 1 || !strings.Contains(r.errOut, "come back later") || r.out != "" {
		t.Errorf("refused: code %d, %s%s", r.code, r.out, r.errOut)
	}
}

// TestDailyMail: serve mails the report of each day, catches up those that it missed, tries a refused one again, and
// check tells of it.
func TestDailyMail(t *testing.T) {
	data, box := imported(t), openMailbox(t)
	file := writeConfig(t, "mail: {server: '"+box.addr+"', from: u@example.net, to: [me@example.net]}\n"+
		"report: {at: '06:30'}\n")
	var now atomic.Int64
	set := func(s string) {
		at, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		now.Store(at.UnixNano())
	}
	begin := func() *daemon {
		return serveWith(t, func(a *app) {
			a.now = func() time.Time { return time.Unix(0, now.Load()).UTC() }
			a.mailEvery = 5 * time.Millisecond
		}, data, "--config", file)
	}
	wait := func(want ...string) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Minute)
		for {
			got := box.subjects()
			fits := len(got) == len(want)
			for i := range want {
				fits = fits && strings.Contains(got[i], want[i])
			}
			if fits {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("mailed: %q, want %q\n%.3000s", got, want, box.mails)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	set("2026-11-20 18:00")
	d := begin()
	stateIs := func(want string) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Minute)
		for {
			text, err := os.ReadFile(filepath.Join(data, "mailed.json"))
			if err == nil && strings.Contains(string(text), want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("mailed.json: %s, %v, want %s", text, err, want)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	stateIs(`"last":"2026-11-19"`) // what was due before it began is not mailed
	box.refuse.Store(true)
	set("2026-11-21 06:31")
	d.log.wait(t, "the report is not mailed")
	r := uncloak(t, "", "check", "--data", data, "--config", file, "--udp", "127.0.0.1:0", "--tcp", "")
	said := strings.Join(strings.Fields(r.out), " ")
	if want := "the report after that of 2026-11-19 is not mailed, tried once since"; r.code != 1 ||
		!strings.Contains(said, want) || !strings.Contains(said, "come back later") {
		t.Errorf("check: code %d\n%s%s", r.code, r.out, r.errOut)
	}
	box.refuse.Store(false)
	set("2026-11-21 06:33") // the pause of a minute is over
	wait("2026-11-20")
	d.stop()
	set("2026-11-23 12:00") // two days were missed
	begin()
	wait("2026-11-20", "2026-11-21", "2026-11-22")
	stateIs(`"last":"2026-11-22"`)
	r = uncloak(t, "", "check", "--data", data, "--config", writeConfig(t, "report: {at: '6:61'}\n"))
	if r.code != 2 || !strings.Contains(r.errOut, `report.at: "6:61" is no time of day`) {
		t.Errorf("a wrong time: %d %s", r.code, r.errOut)
	}
	r = uncloak(t, "", "config", "--config", writeConfig(t, "report: {at: '06:30'}\n"))
	if r.code != 2 || !strings.Contains(r.errOut, `mail.to names nobody`) {
		t.Errorf("nobody: %d %s", r.code, r.errOut)
	}
	if out := ok(t, "", "config", "--config", writeConfig(t, "mail: {password: topsecret}\n")); strings.Contains(out,
		"topsecret") || !strings.Contains(out, "(set, not shown)") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}
