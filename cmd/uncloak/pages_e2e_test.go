//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pagesNoon is the time of the serve whose pages are looked at.
var pagesNoon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// pagesLines returns what a router says of two hours in which one machine fills its table every ten minutes, and in
// which another one asks for the names of its peers.
func pagesLines() (out []string) {
	say := func(at time.Time, format string, args ...any) {
		out = append(out, "<4>"+at.Format(time.RFC3339Nano)+" gw "+fmt.Sprintf(format, args...))
	}
	session := func(at time.Time, src, dst, proto string, sport, dport int) {
		say(at, "kernel: [NEW] IN=br0 OUT=eth0 SRC=%s DST=%s LEN=60 TTL=63 ID=%d PROTO=%s SPT=%d DPT=%d", src, dst,
			sport, proto, sport, dport)
	}
	for at := pagesNoon.Add(-2 * time.Hour); at.Before(pagesNoon); at = at.Add(10 * time.Minute) {
		say(at.Add(-time.Minute), "dnsmasq-dhcp[88]: DHCPACK(br0) 192.168.128.12 02:00:5e:00:53:0c vmhost")
		for i := range 400 {
			t := at.Add(time.Duration(i) * 8 * time.Millisecond)
			session(t, "192.168.128.12", fmt.Sprintf("203.0.113.%d", i%250), "UDP", 20000+i, 6881+i/250)
			session(t.Add(400*time.Millisecond), "192.168.128.11", "192.0.2.53", "UDP", 30000+i, 53)
		}
		for i := range 5 {
			say(at.Add(4*time.Second+time.Duration(i)*time.Second), "kernel: nf_conntrack: table full, dropping packet")
		}
		session(at.Add(5*time.Minute), "192.168.128.21", "198.51.100.7", "TCP", 40000, 443)
		say(at.Add(6*time.Minute), "fw: deny src=10.0.0.999 dst=<b>unheard of</b> number %d", at.Minute())
	}
	return out
}

// badPage asks for what no page can answer.
const badPage = "/query?port=x"

// browser holds a Chromium with what went wrong in it.
type browser struct {
	ctx context.Context

	mu    sync.Mutex
	wrong []string
	bytes float64
}

// startBrowser starts Chromium without a window until the test ends.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	opts := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program(t, "chromium")), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute)})
	ctx, end := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	b := &browser{ctx: ctx}
	note := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			note("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			note("console: %s", e.Type)
		case *cdplog.EventEntryAdded:
			if strings.HasSuffix(e.Entry.URL, badPage) && strings.Contains(e.Entry.Text, "400 (Bad Request)") {
				return
			}
			note("log: %s (%s)", e.Entry.Text, e.Entry.URL)
		case *network.EventLoadingFinished:
			b.mu.Lock()
			b.bytes += e.EncodedDataLength
			b.mu.Unlock()
		}
	})
	b.do(t, "start", network.Enable(), cdplog.Enable())
	return b
}

// do runs the actions of one step.
func (b *browser) do(t *testing.T, step string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		var at, text string
		_ = chromedp.Run(b.ctx, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
		t.Fatalf("%s: %v, at %s:\n%.1500s", step, err, at, text)
	}
}

// shows waits until the page says all of the texts.
func (b *browser) shows(t *testing.T, step string, texts ...string) {
	t.Helper()
	for _, x := range texts {
		js, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		says := chromedp.Poll("document.body.innerText.includes("+string(js)+")", nil,
			chromedp.WithPollingTimeout(time.Minute))
		b.do(t, step+": "+x, chromedp.ActionFunc(func(ctx context.Context) error {
			err := says.Do(ctx)
			for range 20 { // while a page takes the place of another, there is nothing to ask
				if err == nil || !strings.Contains(err.Error(), "Cannot find context") {
					break
				}
				time.Sleep(100 * time.Millisecond)
				err = says.Do(ctx)
			}
			return err
		}))
	}
}

// follow clicks the first link or button of that selector, and waits for the next page.
func (b *browser) follow(t *testing.T, selector string) {
	t.Helper()
	b.do(t, "click "+selector, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery))
		return err
	}))
}

// TestRealPages looks at the pages with a real browser, from what came over UDP to what is shown.
func TestRealPages(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	d := serveAt(t, func() time.Time { return pagesNoon }, data, "--http", "127.0.0.1:0", "--table", "512")
	conn, err := net.Dial("udp", d.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := pagesLines()
	for i, l := range lines {
		if _, err := conn.Write([]byte(l)); err != nil {
			t.Fatal(err)
		}
		if (i+1)%500 == 0 || i == len(lines)-1 {
			stored(t, data, i+1)
		}
	}
	at := strings.TrimSuffix(d.at(t, "pages"), "/")
	b := startBrowser(t)

	b.do(t, "now", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(at+"/"))
	b.shows(t, "now", "of 512 entries in the table of gw", "session table full 12 times on gw", "9,612 sessions today",
		"Live: renewed every few seconds.")
	if _, err := conn.Write([]byte("<4>2026-11-28T11:59:30Z gw kernel: [NEW] IN=br0 OUT=eth0 SRC=192.168.128.30 " +
		"DST=198.51.100.9 LEN=60 PROTO=TCP SPT=5 DPT=443")); err != nil {
		t.Fatal(err)
	}
	b.shows(t, "news", "9,613 sessions today", "192.168.128.30")
	var focus string
	b.do(t, "keyboard", chromedp.KeyEvent(kb.Tab), chromedp.Evaluate("document.activeElement.className", &focus))
	if focus != "skip" {
		t.Errorf("the first key leads to %q, not to the link to the content", focus)
	}

	b.follow(t, `nav a[href="/day/"]`)
	b.mu.Lock()
	b.bytes = 0
	b.mu.Unlock()
	b.follow(t, `a[href="/day/2026-11-28"]`)
	b.shows(t, "report", "vmhost (192.168.128.12) filled the session table", "Phase map", "no later day")
	b.mu.Lock()
	if b.bytes > 300_000 || b.bytes < 5_000 {
		t.Errorf("the report took %.0f bytes", b.bytes)
	}
	b.mu.Unlock()
	b.follow(t, `.machines a`)
	b.shows(t, "machine", "vmhost (192.168.128.12)", "02:00:5e:00:53:0c", "Sessions over time", "udp/6881")
	b.follow(t, `ul.heads a`)
	b.shows(t, "incident", "In this order", "192.168.128.11 looks up names",
		"session table full", "Proof: lines as received")
	b.do(t, "note", chromedp.SendKeys(`input[name="note"]`, "a test of mine", chromedp.ByQuery))
	b.follow(t, `#ack button`)
	b.shows(t, "acknowledged", "Acknowledged: reports leave it out", "a test of mine")
	b.follow(t, `#ack button`)
	b.shows(t, "taken back", "The acknowledgement is taken back.")

	b.follow(t, `nav a[href="/query"]`)
	b.do(t, "query", chromedp.SendKeys(`input[name="host"]`, "192.168.128.21", chromedp.ByQuery))
	b.follow(t, `form.ask button`)
	b.shows(t, "query", "198.51.100.7:443", "uncloak query --host 192.168.128.21")
	b.follow(t, `nav a[href="/who"]`)
	b.do(t, "who", chromedp.SendKeys(`input[name="end"]`, "192.168.128.21:40000", chromedp.ByQuery),
		chromedp.SendKeys(`input[name="at"]`, "2026-11-28 11:55:00", chromedp.ByQuery))
	b.follow(t, `form.ask button`)
	b.shows(t, "who", "its own address", "[NEW] IN=br0")
	b.follow(t, `nav a[href="/table"]`)
	b.shows(t, "table", "Who holds the table of gw, of 512 entries")
	b.do(t, "what if", chromedp.SendKeys(`input[name="limit"]`, "100", chromedp.ByQuery))
	b.follow(t, `form.ask button`)
	b.shows(t, "what if", "--what-if limit=100")
	b.follow(t, `nav a[href="/unknown"]`)
	b.shows(t, "unknown", "<b>unheard of</b>", "fw")
	b.follow(t, `nav a[href="/health"]`)
	b.shows(t, "health", "127.0.0.1", "understood")
	b.looks(t, at)
	b.do(t, "without script", emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(at+"/"),
		chromedp.WaitVisible(".gauge", chromedp.ByQuery))
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		t.Errorf("the browser says: %s", w)
	}
}

// looks takes pictures of the pages on a desktop and on a phone, light and dark. Nothing may stick out to the side.
// With UNCLOAK_SHOTS they are kept in that directory.
func (b *browser) looks(t *testing.T, at string) {
	t.Helper()
	dir := os.Getenv("UNCLOAK_SHOTS")
	for name, path := range map[string]string{"now": "/", "days": "/day/", "day": "/day/2026-11-28",
		"machine": "/host/192.168.128.12", "incident": "/incident/periodic-burst-192.168.128.12-600s",
		"query": "/query?host=192.168.128.21", "who": "/who?end=192.168.128.21:40000&at=2026-11-28T11:55:00Z",
		"table": "/table", "moment": "/table?at=peak", "unknown": "/unknown", "health": "/health",
		"bad": badPage} {
		for _, width := range []int64{1280, 390} {
			for _, scheme := range []string{"light", "dark"} {
				var shot []byte
				var wide, window int64
				b.do(t, "look at "+path, chromedp.EmulateViewport(width, 900),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
						{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.Navigate(at+path), chromedp.WaitVisible("#content", chromedp.ByQuery),
					chromedp.Evaluate("document.documentElement.scrollWidth", &wide),
					chromedp.Evaluate("window.innerWidth", &window), chromedp.FullScreenshot(&shot, 100))
				if wide > window {
					t.Errorf("%s is %d wide in a window of %d", path, wide, window)
				}
				if len(shot) < 5000 {
					t.Errorf("%s: the picture has %d bytes", path, len(shot))
				}
				if dir == "" {
					continue
				}
				file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
				if err := os.WriteFile(file, shot, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
