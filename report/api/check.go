package api

import (
	"context"
	"net/http"
	"os"

	"uncloak/report"
)

// Checked is what GET /v1/check says: who answers, and what it knows of the data.
type Checked struct {
	PID    int  `json:"pid"`
	Daemon bool `json:"daemon"`
	report.Received
}

func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	got, err := report.Stored(r.Context(), h.Store, h.Now())
	if err != nil {
		return err
	}
	if h.Listens != nil {
		got.Listening = h.Listens()
	}
	if err := h.refusing(); err != nil {
		got.Refusing = err.Error()
	}
	writeJSON(w, Checked{os.Getpid(), h.Daemon, *got})
	return nil
}

// refusing is why nothing that is received is stored at the moment.
func (h *handler) refusing() error {
	if h.Refusing == nil {
		return nil
	}
	return h.Refusing()
}

// Check asks the process behind c.
func Check(ctx context.Context, c *http.Client) (v Checked, err error) {
	body, err := Get(ctx, c, "/v1/check", nil)
	if err != nil {
		return v, err
	}
	defer body.Close()
	return v, decodeJSON(body, &v)
}
