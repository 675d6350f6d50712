package main

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	sd "github.com/coreos/go-systemd/v22/daemon"

	"uncloak/ingest"
)

// inherited returns the sockets that systemd passes to serve (systemd.socket(5)); one whose FileDescriptorName is tls
// is for TLS. It clears the variables that describe them, so that child processes do not see them.
func inherited() (sockets []ingest.Socket) {
	for _, f := range activation.Files(true) {
		sockets = append(sockets, ingest.Socket{File: f, TLS: f.Name() == "tls"})
	}
	return sockets
}

// notify reports the state of serve to systemd (sd_notify(3)); without systemd it does nothing.
func (a *app) notify(state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		a.log.Debug("cannot notify systemd", "state", state, "error", err)
	}
}

// watchdog notifies systemd that serve is alive, twice as often as the unit asks for, as long as the receiver makes
// progress or is idle. When the receiver hangs, the notifications stop.
func (a *app) watchdog(ctx context.Context, srv *ingest.Server) error {
	every, err := sd.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return nil // no watchdog is set for this process
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

// reloading returns the state for sd_notify that the config is being read anew, with the time that systemd requires.
func reloading() string {
	return sd.SdNotifyReloading + "\n" + sd.SdNotifyMonotonicUsec()
}
