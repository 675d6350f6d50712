package api

import (
	"context"
	"net/http"
	"os"

	"uncloak/report"
)

// Checked holds the answer of GET /v1/check: the process that answers, and the state of its data.
type Checked struct {
	PID    int  `json:"pid"`
	Daemon bool `json:"daemon"`
	report.Received
}

func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	got, err := h.received(r)
	if err != nil {
		return err
	}
	writeJSON(w, Checked{os.Getpid(), h.Daemon, *got})
	return nil
}

// received describes the data, and what serve receives.
func (h *handler) received(r *http.Request) (*report.Received, error) {
	got, err := report.Stored(r.Context(), h.Store, h.Now())
	if err != nil {
		return nil, err
	}
	if h.Listens != nil {
		got.Listening = h.Listens()
	}
	if err := h.refusing(); err != nil {
		got.Refusing = err.Error()
	}
	return got, nil
}

// refusing returns the reason why received lines are not stored at the moment; nil if they are.
func (h *handler) refusing() error {
	if h.Refusing == nil {
		return nil
	}
	return h.Refusing()
}

// Check asks the process behind c for the state of its data.
func Check(ctx context.Context, c *http.Client) (v Checked, err error) {
	body, err := Get(ctx, c, "/v1/check", nil)
	if err != nil {
		return v, err
	}
	defer body.Close()
	return v, decodeJSON(body, &v)
}
