package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// fake is a store of some events, which may fail after them.
type fake struct {
	store.Store
	entries []store.Entry
	err     error
	asked   store.Query
	lacking []detect.Date
	renewed int
	stuck   bool // what is renewed cannot be stored
}

func (f *fake) Events(_ context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	f.asked = q
	return func(yield func(store.Entry, error) bool) {
		for _, e := range f.entries {
			if !yield(e, nil) {
				return
			}
		}
		if f.err != nil {
			yield(store.Entry{}, f.err)
		}
	}
}

func (f *fake) First(_ context.Context, qs []store.Query) ([][]store.Entry, error) {
	out := make([][]store.Entry, len(qs))
	for i, q := range qs {
		f.asked = q
		out[i] = f.entries[:min(q.Limit, len(f.entries))]
	}
	return out, f.err
}

func (f *fake) Lacking(store.Window) []detect.Date { return f.lacking }

func (f *fake) Days(context.Context) ([]store.DayInfo, error) { return nil, nil }

func (f *fake) Health(context.Context, store.Window) ([]store.Health, error) { return nil, nil }

func (f *fake) Load(context.Context, store.Window) ([]*detect.Day, error) { return nil, nil }

func (f *fake) Rebuild(context.Context) ([]detect.Date, error) {
	return []detect.Date{20000, 20001}, f.err
}

func (f *fake) Outdated(context.Context) ([]store.Outdated, error) {
	if f.renewed > 0 && !f.stuck {
		return nil, f.err
	}
	return []store.Outdated{{Date: 20000, Events: 7, Why: store.WhyMaker}}, f.err
}

func (f *fake) Renew(context.Context) error { f.renewed++; return f.err }

func client(t *testing.T, f *fake, imp ImportFunc) *http.Client {
	t.Helper()
	return clientOf(t, f, f, imp)
}

func clientOf(t *testing.T, st store.Store, days DaySource, imp ImportFunc) *http.Client {
	t.Helper()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	c, wait := InProcess(NewHandler(Config{Store: st, Days: days, Import: imp,
		Listens: func() []string { return []string{"udp 127.0.0.1:514"} }, Settings: func() Settings {
			return Settings{Detect: detect.DefaultConfig()}
		},
		Now: func() time.Time { return now }, Version: "test", Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(wait)
	return c
}

func get(t *testing.T, c *http.Client, path string, q url.Values) (string, *http.Response) {
	t.Helper()
	r, err := Request(t.Context(), http.MethodGet, path, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Do(c, r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), resp
}

// odd is an event with everything that an output has to cope with.
func odd() store.Entry {
	return store.Entry{Raw: []byte("<4>say \"x\",\n\x1b[31m\xff"), Event: parse.Event{
		Time: time.Date(2026, 11, 20, 23, 0, 0, 5e8, time.UTC).UnixNano(),
		Recv: time.Date(2026, 11, 20, 23, 0, 1, 0, time.UTC).UnixNano(), Spread: 90_000,
		Router: parse.MakeName("gw\x1b]"), Detail: parse.MakeName("a\tb"),
		Kind: parse.SessionEnd, Proto: parse.TCP, State: parse.TimeWait,
		Src: netip.MustParseAddr("fd00::1"), SPort: 5, Dst: netip.MustParseAddr("198.18.0.1"), DPort: 443,
		NATSrc: netip.MustParseAddr("203.0.113.1"), NATSPort: 9, Bytes: 1 << 40, Packets: 3, Count: 2}}
}

func TestEventFormats(t *testing.T) {
	c := client(t, &fake{entries: []store.Entry{odd()}}, nil)
	for format, want := range map[string]string{
		"text": "2026-11-20 23:00:00.500 ±1m30s gw·] session-end   tcp [fd00::1]:5 > 198.18.0.1:443 nat " +
			"203.0.113.1:9 TIME_WAIT a·b (after 2ms)\n",
		"raw": string(odd().Raw) + "\n",
		"ndjson": `{"time":"2026-11-20T23:00:00.5Z","spread_ms":90000,"received":"2026-11-20T23:00:01Z",` +
			`"router":"gw\u001b]","kind":"session-end","proto":"tcp",` +
			`"src":"fd00::1","sport":5,"dst":"198.18.0.1","dport":443,"nat_src":"203.0.113.1","nat_sport":9,` +
			`"state":"TIME_WAIT","bytes":1099511627776,` +
			`"packets":3,"lasted_ms":2,"detail":"a\tb","raw":"<4>say \"x\",\n\u001b[31m\ufffd"}` + "\n",
		"csv": "time,router,kind,proto,src,sport,dst,dport,nat_src,nat_sport,nat_dst,nat_dport,state,bytes,packets," +
			"count,detail,raw\n" +
			"2026-11-20T23:00:00.5Z,gw\x1b],session-end,tcp,fd00::1,5,198.18.0.1,443,203.0.113.1,9,,,TIME_WAIT," +
			"1099511627776,3,2,a\tb,\"<4>say \"\"x\"\",\n\x1b[31m\xff\"\n",
	} {
		if got, _ := get(t, c, "/v1/events", url.Values{"format": {format}}); got != want {
			t.Errorf("%s:\n got %q\nwant %q", format, got, want)
		}
	}
}

// TestEventOfOneAddress: nothing stands for a second one, as in a line of ARP.
func TestEventOfOneAddress(t *testing.T) {
	e := odd()
	e.Dst, e.DPort, e.SPort, e.NATSrc = netip.Addr{}, 0, 0, netip.Addr{}
	got, _ := get(t, client(t, &fake{entries: []store.Entry{e}}, nil), "/v1/events", url.Values{"format": {"text"}})
	if !strings.Contains(got, " fd00::1 TIME_WAIT") || strings.Contains(got, "?") {
		t.Error(got)
	}
}

// TestStreamThatFails: what came is passed on, and the trailer says that it is not all.
func TestStreamThatFails(t *testing.T) {
	c := client(t, &fake{entries: []store.Entry{odd()}, err: errors.New("disk on fire")}, nil)
	got, resp := get(t, c, "/v1/events", url.Values{"format": {"raw"}})
	if got != string(odd().Raw)+"\n" || resp.Trailer.Get(HeaderError) != "disk on fire" {
		t.Errorf("%q, trailer %v", got, resp.Trailer)
	}
}

func TestQueryParameters(t *testing.T) {
	f := &fake{}
	get(t, client(t, f, nil), "/v1/events", url.Values{"day": {"yesterday"}, "timezone": {"Asia/Tokyo"},
		"host": {"192.168.1.7/24"}, "peer": {"::ffff:1.2.3.4"},
		"port": {"53"}, "kind": {"session-new,table-full", "oom-kill"}, "router": {"gw"}, "text": {"x y"},
		"limit": {"7"}})
	q := f.asked
	if q.From.UTC().Format(time.RFC3339) != "2026-11-19T15:00:00Z" || q.To.Sub(q.From) != 24*time.Hour {
		t.Errorf("window %v to %v", q.From, q.To)
	}
	if q.Host.String() != "192.168.1.0/24" || q.Peer.String() != "1.2.3.4/32" || q.Port != 53 || q.Router != "gw" ||
		q.Text != "x y" || q.Limit != 7 || len(q.Kinds) != 3 {
		t.Errorf("%+v", q)
	}
}

func TestEmptyStore(t *testing.T) {
	c := client(t, &fake{}, nil)
	got, resp := get(t, c, "/v1/findings", url.Values{"format": {"json"}})
	if strings.TrimSpace(got) != "[]" || resp.Header.Get(HeaderWorst) != "" ||
		!strings.Contains(resp.Header.Get(HeaderNote), "nothing is stored yet") {
		t.Errorf("%q, %v", got, resp.Header)
	}
	got, _ = get(t, c, "/v1/report", nil)
	if !strings.Contains(got, "nothing is stored yet") {
		t.Errorf("report: %s", got)
	}
}

func TestImportParameters(t *testing.T) {
	var got ImportOptions
	var body string
	c := client(t, &fake{}, func(_ context.Context, r io.Reader, o ImportOptions) (ImportResult, error) {
		b, err := io.ReadAll(r)
		got, body = o, string(b)
		return ImportResult{Lines: 3, Notes: []string{"n"}}, err
	})
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 1, 2, 3, 4, time.UTC)
	sent := ImportOptions{Name: "/var/log/a b.log", Format: "page", Router: "gw", Year: 2025, Location: tokyo,
		CapturedAt: at, Boot: at.Add(-time.Hour), Modified: at.Add(time.Hour)}
	res, err := Upload(t.Context(), c, strings.NewReader("lines"), sent.Values())
	if err != nil || res.Lines != 3 || len(res.Notes) != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	if body != "lines" || got.Name != sent.Name || got.Format != "page" || got.Router != "gw" || got.Year != 2025 ||
		got.Location.String() != "Asia/Tokyo" ||
		!got.CapturedAt.Equal(at) || !got.Boot.Equal(sent.Boot) || !got.Modified.Equal(sent.Modified) {
		t.Errorf("%q %+v", body, got)
	}
	if err := Rebuild(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	f := &fake{}
	c := client(t, f, func(context.Context, io.Reader, ImportOptions) (ImportResult, error) {
		return ImportResult{}, store.ErrFull
	})
	for _, u := range []struct {
		path   string
		q      url.Values
		status int
	}{
		{"/v1/events", url.Values{"format": {"xml"}}, 400},
		{"/v1/events", url.Values{"limit": {"-1"}}, 400},
		{"/v1/report", url.Values{"format": {"pdf"}}, 400},
		{"/v1/report", url.Values{"timezone": {"../../etc/passwd"}}, 400},
		{"/v1/findings", url.Values{"format": {"html"}}, 400},
		{"/v1/nothing", nil, 404},
		{"/v1/import", nil, 405},
	} {
		_, err := Get(t.Context(), c, u.path, u.q)
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != u.status || refused.Message == "" {
			t.Errorf("%s?%s: %v, want status %d", u.path, u.q.Encode(), err, u.status)
		}
	}
	var refused *StatusError
	if _, err := Upload(t.Context(), c, strings.NewReader("x"), nil); !errors.As(err, &refused) ||
		refused.Status != http.StatusInsufficientStorage {
		t.Errorf("full disk: %v", err)
	}
	f.err = errors.New("broken")
	if err := Rebuild(t.Context(), c); !errors.As(err, &refused) || refused.Status != 500 {
		t.Errorf("rebuild: %v", err)
	}
}

func TestVersion(t *testing.T) {
	text, _ := get(t, client(t, &fake{}, nil), "/v1/version", nil)
	var v Version
	if err := json.Unmarshal([]byte(text), &v); err != nil || v.API != API || v.Version != "test" || v.PID == 0 {
		t.Errorf("%s, %v", text, err)
	}
}

// TestUpgrade: a dry run only lists the days whose summaries are outdated.
func TestUpgrade(t *testing.T) {
	f := &fake{}
	c := client(t, f, nil)
	for i, q := range []url.Values{{"dry-run": {"1"}}, {}} {
		r, err := Request(t.Context(), http.MethodPost, "/v1/upgrade", q, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Do(c, r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		want := `[{"date":20000,"events":7,"why":"maker"}]`
		if err != nil || strings.TrimSpace(string(text)) != want || f.renewed != i {
			t.Errorf("%v: %s, %v, renewed %d times", q, text, err, f.renewed)
		}
	}
}

// TestUpgradeThatCannotBeStored is an error, not a success.
func TestUpgradeThatCannotBeStored(t *testing.T) {
	c := client(t, &fake{stuck: true}, nil)
	r, err := Request(t.Context(), http.MethodPost, "/v1/upgrade", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused *StatusError
	_, err = Do(c, r)
	if !errors.As(err, &refused) || !strings.Contains(refused.Error(), "no summary could be stored") {
		t.Errorf("upgrade: %v", err)
	}
}
