package api

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// kept is a fake with a day in it.
type kept struct {
	fake
	last time.Time
}

func (k *kept) Damaged() uint64 { return 3 }

func (k *kept) Days(context.Context) ([]store.DayInfo, error) {
	return []store.DayInfo{{Events: 2, First: k.last.Add(-time.Hour), Last: k.last, Bytes: 77}}, k.err
}

func (k *kept) Health(context.Context, store.Window) ([]store.Health, error) {
	return []store.Health{{Sender: "10.0.0.1", Router: "gw", Received: 2, Unparsed: 1},
		{Sender: "10.0.0.1", Router: "gw", Received: 3}}, nil
}

func TestCheck(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) // of client
	for name, c := range map[string]struct {
		last, to time.Time
	}{"today": {now.Add(-time.Hour), now}, "long ago": {now.AddDate(0, 0, -9), now.AddDate(0, 0, -9).Add(1)}} {
		t.Run(name, func(t *testing.T) {
			k := &kept{last: c.last}
			k.entries = []store.Entry{{Raw: []byte("<28>Nov 17 12:00:00 gw frobd[7]: frob 1"),
				Event: parse.Event{Router: parse.MakeName("gw")}}}
			got, err := Check(t.Context(), clientOf(t, k, k, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got.PID != os.Getpid() || got.Daemon || got.Days != 1 || got.Events != 2 || got.Bytes != 77 ||
				got.Damaged != 3 || len(got.Listening) != 1 {
				t.Errorf("%+v", got)
			}
			if !got.To.Equal(c.to) || got.To.Sub(got.From) != 24*time.Hour || !k.asked.From.Equal(got.From) ||
				k.asked.Kinds[0] != parse.Unknown {
				t.Errorf("asked for %v to %v: %+v", got.From, got.To, k.asked)
			}
			if len(got.Senders) != 1 || got.Senders[0].Received != 5 || len(got.Shapes) != 1 ||
				got.Shapes[0].Template != "frob <n>" {
				t.Errorf("senders %+v, shapes %+v", got.Senders, got.Shapes)
			}
		})
	}
	k := &kept{last: now}
	k.err = errors.New("disk on fire")
	var refused *StatusError
	if _, err := Check(t.Context(), clientOf(t, k, k, nil)); !errors.As(err, &refused) ||
		refused.Status != http.StatusInternalServerError {
		t.Errorf("got %v", err)
	}
}
