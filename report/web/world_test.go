package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/report/api"
	"uncloak/store"
	"uncloak/store/bolt"
)

// replayed makes the summary of a day of the store anew each time.
type replayed struct{ store.Store }

func (s replayed) Load(ctx context.Context, w store.Window) (out []*detect.Day, err error) {
	infos, err := s.Days(ctx)
	for _, i := range infos {
		if !i.Date.End().After(w.From) || !i.Date.Start().Before(w.To) {
			continue
		}
		t := detect.NewTracker(detect.DefaultConfig(), nil, i.Date)
		for e, err := range s.Events(ctx, store.Query{Window: store.Window{From: i.Date.Start(), To: i.Date.End()}}) {
			if err != nil {
				return nil, err
			}
			t.Observe(&e.Event)
		}
		out = append(out, t.Day())
	}
	return out, err
}

func (replayed) Outdated(context.Context) ([]store.Outdated, error) { return nil, nil }

func (replayed) Renew(context.Context) error { return nil }

func (replayed) Rebuild(context.Context) ([]detect.Date, error) { return nil, nil }

// noon is the time at which the tests look.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const vmhost = "192.168.128.12"

// worldOf stores entries and returns the pages about them.
func worldOf(t *testing.T, entries []store.Entry, access Access) *Handler {
	t.Helper()
	st, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	health := []store.Health{}
	for i := range entries {
		e := &entries[i]
		health = append(health, store.Health{Date: detect.DateOf(time.Unix(0, e.Time)), Sender: "192.168.128.1",
			Router: e.Router.String(), Received: 1})
	}
	if _, err := st.Append(t.Context(), store.Batch{Entries: entries, Health: health}); err != nil {
		t.Fatal(err)
	}
	cfg := detect.DefaultConfig()
	cfg.Location, cfg.Table = time.UTC, 512
	h, err := New(Config{API: api.NewHandler(api.Config{Store: st, Days: replayed{st}, Version: "test",
		Now: func() time.Time { return noon }, Acks: api.NewAckFile(t.TempDir()), Log: slog.New(slog.DiscardHandler),
		Reports: 2, Streams: 2, Settings: func() api.Settings { return api.Settings{Detect: cfg} }}),
		Access: access, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// network makes the events of a network in which vmhost fills the table each half hour from 06:00 to noon of two days,
// with name in each word that the network chooses.
func network(name string) []store.Entry { return networkOf(name, 600) }

// networkOf is network with that many sessions in a burst.
func networkOf(name string, sessions int) (out []store.Entry) {
	add := func(at time.Time, e parse.Event, raw string) {
		e.Time, e.Recv, e.Router = at.UnixNano(), at.UnixNano(), parse.MakeName("gw"+name)
		out = append(out, store.Entry{Event: e, Raw: []byte("<4>Nov 28 12:00:00 gw kernel: " + name + " " + raw)})
	}
	session := func(at time.Time, src, dst string, sport int) {
		add(at, parse.Event{Kind: parse.SessionNew, Proto: parse.UDP, Src: netip.MustParseAddr(src),
			SPort: uint16(sport), Dst: netip.MustParseAddr(dst), DPort: 6881}, "[NEW] SRC="+src+" DST="+dst)
	}
	for _, day := range []time.Time{noon.AddDate(0, 0, -1), noon} {
		for at := day.Add(-6 * time.Hour); at.Before(day); at = at.Add(30 * time.Minute) {
			add(at.Add(-time.Minute), parse.Event{Kind: parse.DHCPLease, Src: netip.MustParseAddr(vmhost),
				Detail: parse.MakeName("vmhost" + name), Aside: parse.MakeName("02:00:5e:00:53:0c")}, "DHCPACK")
			for i := range sessions {
				session(at.Add(time.Duration(i)*6*time.Millisecond), vmhost,
					fmt.Sprintf("203.0.%d.%d", 113+i/250, i%250), 20000+i)
			}
			for i := range 9 {
				add(at.Add(4*time.Second+time.Duration(i)*time.Second/2), parse.Event{Kind: parse.TableFull},
					"nf_conntrack: table full, dropping packet")
			}
			session(at.Add(10*time.Minute), "192.168.128.21", "198.51.100.7", 40000)
			add(at.Add(11*time.Minute), parse.Event{Kind: parse.Unknown}, "odd thing "+name)
		}
	}
	return out
}

// get asks for a page as a browser on this machine does.
func get(t *testing.T, h http.Handler, path string, more ...string) (code int, body string, head http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8514"+path, nil)
	for i := 0; i+1 < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b), w.Result().Header
}

// has fails the test for each text that the page lacks.
func has(t *testing.T, name, body string, want ...string) {
	t.Helper()
	for _, x := range want {
		if !strings.Contains(body, x) {
			t.Errorf("%s lacks %q: %.600s", name, x, body)
		}
	}
}
