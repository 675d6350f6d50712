package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// TestJudgedOnce: who looks within the same minute shares the findings.
func TestJudgedOnce(t *testing.T) {
	j := judged{mu: make(chan struct{}, 1)}
	noon := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	n := 0
	f := func(context.Context) (*Report, error) { n++; return &Report{}, nil }
	for _, d := range []time.Duration{0, time.Second, 59 * time.Second, time.Minute, 61 * time.Second, 24 * time.Hour} {
		if _, _, err := j.get(t.Context(), noon.Add(d), f); err != nil {
			t.Fatal(err)
		}
	}
	if n != 3 {
		t.Errorf("judged %d times, want 3", n)
	}
}

// oneDay has a single day.
type oneDay struct {
	DaySource
	*detect.Day
}

func (d oneDay) Load(context.Context, store.Window) ([]*detect.Day, error) {
	return []*detect.Day{d.Day}, nil
}

// TestLiveOfHost asks for one machine besides: of its sessions the latest come, and no more of the store is read than
// they need.
func TestLiveOfHost(t *testing.T) {
	d := detect.NewDay(20785)
	now := d.Date.Start().Add(5 * time.Hour)
	host := netip.MustParseAddr("192.168.1.9")
	d.First, d.Last = d.Date.Start().UnixNano(), now.UnixNano()
	d.Hosts[host] = &detect.Host{Name: "tv", Sessions: detect.Series{Slots: []detect.Slot{{I: 100, N: 40},
		{I: 1700, N: 40}, {I: 1799, N: 30}}}}
	st := &fake{}
	for i := range 3 * liveRecent {
		e := store.Entry{Raw: []byte("secret"), Event: parse.Event{Time: now.UnixNano(), Kind: parse.SessionNew,
			Proto: 6, Src: host, Dst: netip.MustParseAddr("203.0.113.1"), DPort: uint16(i)}}
		st.entries = append(st.entries, e)
	}
	cfg := detect.DefaultConfig()
	cfg.Location = time.UTC
	h := NewHandler(Config{Store: st, Days: oneDay{Day: d}, Now: func() time.Time { return now },
		Log: slog.New(slog.DiscardHandler), Settings: func() Settings { return Settings{Detect: cfg} }})
	ask := func(q string) (code int, l Live) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/live"+q, nil))
		if w.Code == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
				t.Fatal(err)
			}
		}
		return w.Code, l
	}
	code, l := ask("")
	if code != http.StatusOK || l.Machine != nil || len(l.Rows) != 1 || l.Rows[0].Name != "tv" ||
		l.Rows[0].Today != 110 || l.Rows[0].Minute != 30 || l.Rate != "0.5" || l.Day != "2026-11-28" {
		t.Fatalf("%d %+v", code, l)
	}
	if len(l.Hour) != 60 || l.Hour[59] != 30 || l.Hour[43] != 40 {
		t.Errorf("the hour: %v", l.Hour)
	}
	code, l = ask("?host=192.168.1.9")
	if code != http.StatusOK || l.Machine == nil || l.Machine.Title != "tv (192.168.1.9)" || l.Machine.Hour[59] != 30 {
		t.Fatalf("%d %+v", code, l.Machine)
	}
	if n := len(l.Recent); n != liveRecent || l.Recent[n-1].DPort != 3*liveRecent-1 || l.Recent[0].Raw != "" {
		t.Errorf("%d sessions, the last of them %+v", n, l.Recent[n-1])
	}
	if from := now.Add(-100 * detect.SlotLen); !st.asked.From.Equal(from) || st.asked.Host.Addr() != host {
		t.Errorf("read from %v, want %v (of %v)", st.asked.From, from, fmt.Sprint(st.asked.Host))
	}
	if code, l = ask("?host=192.0.2.1"); code != http.StatusOK || l.Machine.Known || len(l.Recent) != 0 {
		t.Errorf("a host that is not there: %d %+v", code, l.Machine)
	}
	if code, _ = ask("?host=tv"); code != http.StatusBadRequest {
		t.Errorf("no address: %d", code)
	}
}
