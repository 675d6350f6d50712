package main

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	sd "github.com/coreos/go-systemd/v22/daemon"

	"uncloak/ingest"
)

// inherited are the sockets that systemd opened for us (systemd.socket(5)); one whose FileDescriptorName is tls speaks TLS.
// They are told once: what we start ourselves is to know nothing of them.
func inherited() (sockets []ingest.Socket) {
	for _, f := range activation.Files(true) {
		sockets = append(sockets, ingest.Socket{File: f, TLS: f.Name() == "tls"})
	}
	return sockets
}

// notify tells systemd how we are (sd_notify(3)); where nobody listens it does nothing.
func (a *app) notify(state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		a.log.Debug("systemd is not told", "state", state, "error", err)
	}
}

// watchdog tells systemd that we are alive, twice as often as it asks for, as long as lines are taken and stored or there
// are none. It stops telling when the receiver hangs.
func (a *app) watchdog(ctx context.Context, srv *ingest.Server) error {
	every, err := sd.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return nil // not ours, or not asked for
	}
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for last := uint64(0); ; {
		if now := srv.Beats(); now != last {
			last = now
			a.notify(sd.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// reloading is the state that says that the config is being read anew; systemd wants to know when.
func reloading() string {
	return sd.SdNotifyReloading + "\n" + sd.SdNotifyMonotonicUsec()
}
