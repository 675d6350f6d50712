package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"uncloak/report/api"
	"uncloak/report/top"
)

func (a *app) topCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "top", Short: "What happens now, on the terminal",
		Long: "Shows on the terminal, renewed every two seconds, what the running serve or capture sees: how\n" +
			"full each router's session table is, the hosts by what they hold of it, what is found today, and\n" +
			"one host more closely. ? lists the keys. Without a terminal: uncloak report, or query --follow.",
		Example: "uncloak top\nuncloak top --data /var/lib/uncloak"}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.top(cmd) }
	return cmd
}

func (a *app) top(cmd *cobra.Command) error {
	if err := a.setup(cmd); err != nil {
		return err
	}
	in, ok := a.stdin.(*os.File)
	if _, out := a.onTerminal(); !out || !ok || !term.IsTerminal(int(in.Fd())) || os.Getenv("TERM") == "dumb" {
		return usagef("top needs a terminal: use uncloak report, or uncloak query --follow")
	}
	ctx := cmd.Context()
	if _, err := a.live(ctx, ""); err != nil {
		return err
	}
	return top.Run(ctx, a.live, top.Options{Color: a.colors(), Now: a.now})
}

// live asks the process that receives what happens now.
func (a *app) live(ctx context.Context, host string) (*api.Live, error) {
	client, v, err := api.Dial(ctx, a.cfg.Data)
	if errors.Is(err, api.ErrNobody) {
		return nil, fmt.Errorf("nothing receives into %s: top needs a running serve or capture, or --data", a.cfg.Data)
	}
	if err != nil {
		return nil, a.denied(err)
	}
	defer client.CloseIdleConnections()
	q := url.Values{}
	if host != "" {
		q.Set("host", host)
	}
	body, err := api.Get(ctx, client, "/v1/live", q)
	if status := (*api.StatusError)(nil); errors.As(err, &status) && status.Status == http.StatusNotFound {
		return nil, fmt.Errorf("the running uncloak (version %s, pid %d) is older than top: restart it", v.Version,
			v.PID)
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var l api.Live
	if err := json.NewDecoder(body).Decode(&l); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return &l, nil
}
