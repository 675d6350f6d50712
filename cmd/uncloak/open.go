package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"uncloak/report/api"
	"uncloak/store"
	"uncloak/store/bolt"
)

// lockPatience limits how long a command waits for a process that has locked the data directory but does not answer:
// that process has not begun to listen yet, or is about to end.
const lockPatience = 10 * time.Second

// session is a way to the API of the data directory: through the process that has it open, or as that process.
type session struct {
	*http.Client
	pid   int // the process that answers; 0 = this one
	close func() error
}

// call sends a request for path; the caller closes the body of the answer.
func (s *session) call(ctx context.Context, method, path string, v url.Values) (*http.Response, error) {
	r, err := api.Request(ctx, method, path, v, nil)
	if err != nil {
		return nil, err
	}
	return api.Do(s.Client, r)
}

// open finds the process that serves the data directory, or opens the directory and serves it for as long as the
// session lasts, so that another command never finds it locked. Unless create is set, a directory without data is an
// error.
func (a *app) open(ctx context.Context, create bool) (*session, error) {
	for start := time.Now(); ; {
		client, v, err := api.Dial(ctx, a.cfg.Data)
		if err == nil {
			a.log.Debug("asking the running process", "pid", v.PID, "version", v.Version)
			return &session{client, v.PID, func() error { client.CloseIdleConnections(); return nil }}, nil
		}
		if !errors.Is(err, api.ErrNobody) {
			return nil, a.denied(err)
		}
		if _, err := os.Stat(a.cfg.Data); !create && errors.Is(err, fs.ErrNotExist) {
			return nil, a.noData()
		}
		if a.readOnly && create {
			return nil, usagef("this command writes into the data directory: leave out --read-only")
		}
		st, err := bolt.Open(a.cfg.Data, bolt.Options{Logger: a.log, KeepRaw: a.cfg.keepRaw, ReadOnly: a.readOnly})
		if unwritable(err) && !create && !a.readOnly {
			a.log.Debug("the data directory cannot be written: it is read as it is", "error", err)
			st, err = bolt.Open(a.cfg.Data, bolt.Options{Logger: a.log, ReadOnly: true})
		}
		if err == nil {
			s, err := a.serveStore(st)
			if err == nil && create {
				s.close = a.tidyThenClose(ctx, st, s.close)
			}
			return s, err
		}
		if !errors.Is(err, store.ErrLocked) {
			return nil, a.denied(err)
		}
		if time.Since(start) > lockPatience {
			return nil, fmt.Errorf("%w, and it does not answer: try again when it has ended", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// unwritable reports whether err says that files may not be written: a snapshot, a read-only mount, another's copy.
func unwritable(err error) bool {
	return errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)
}

// tidyThenClose returns a close function that first frees the pages of finished days that an import left unused.
func (a *app) tidyThenClose(ctx context.Context, st *bolt.DB, end func() error) func() error {
	return func() error {
		err := st.Tidy(ctx, api.Finished(a.now()), true)
		if ctx.Err() != nil {
			err = nil // the next command that writes does it
		}
		return errors.Join(err, end())
	}
}

// ask calls f with the session. If the answering process ends during the call, ask opens a new session and calls f
// again: repeating a request changes nothing.
func (a *app) ask(ctx context.Context, s **session, create bool, f func(*session) error) error {
	for {
		err := f(*s)
		if (*s).pid == 0 || !gone(err) || ctx.Err() != nil {
			return err
		}
		a.log.Debug("the process that answered has ended", "pid", (*s).pid, "error", err)
		next, err := a.open(ctx, create)
		if err != nil {
			return err
		}
		(*s).close()
		*s = next
	}
}

// gone reports whether err comes from a connection to a process that has ended.
func gone(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// serveStore serves st on the socket and within this process until the session is closed.
func (a *app) serveStore(st maintainedStore) (*session, error) {
	h, err := a.newInstance(st, false)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	stop := func() error { return nil }
	if st.Writable() {
		l, err := api.Listen(a.cfg.Data)
		if err == nil {
			stop = serveAPI(l, h.handler, a.log)
		} else {
			// such as a full disk, or a file system without sockets
			a.log.Debug("other commands have to wait", "error", err)
		}
	}
	client, wait := api.InProcess(h.handler)
	return &session{client, 0, func() error { wait(); return errors.Join(stop(), st.Close()) }}, nil
}

// serveAPI answers at l until stop is called; stop waits up to three seconds for the requests that are being answered.
func serveAPI(l net.Listener, h http.Handler, log *slog.Logger) (stop func() error) {
	return serveHTTP(l, &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)})
}

func serveHTTP(l net.Listener, srv *http.Server) (stop func() error) {
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			srv.Close() // a client that still reads gets an error, not a part that looks whole
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve socket: %w", err)
		}
		return nil
	}
}
