package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// SocketName is the name of the socket in the data directory.
const SocketName = "uncloak.sock"

// maxSocketPath is the longest path that fits into sockaddr_un on Linux (108 bytes with the closing NUL).
const maxSocketPath = 107

// Listen opens the socket in dir, for the owner alone, and replaces a stale one. Only the process that has the store
// open may call it: the lock of the store ensures that it is the only one. The socket appears under its name once it is
// ready and has its mode: it is made in a directory of mode 0700 and renamed.
func Listen(dir string) (net.Listener, error) {
	tmp, err := os.MkdirTemp(dir, ".sock-")
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	defer os.RemoveAll(tmp)
	var l *net.UnixListener
	err = withShortPath(tmp, func(short string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(short, SocketName), Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // the socket was renamed since
	final := filepath.Join(dir, SocketName)
	if err = os.Chmod(filepath.Join(tmp, SocketName), 0o600); err == nil {
		err = os.Rename(filepath.Join(tmp, SocketName), final)
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("open socket: %w", err)
	}
	own, err := os.Lstat(final)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("open socket: %w", err)
	}
	return &socket{Listener: l, path: final, own: own}, nil
}

// socket is a listener that removes its file before it closes, so that no client finds a dead socket. A file of that
// name that another process has put into a directory of that name stays.
type socket struct {
	net.Listener
	path string
	own  os.FileInfo
	once sync.Once
}

func (s *socket) Close() error {
	s.once.Do(func() {
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.own) {
			os.Remove(s.path)
		}
	})
	return s.Listener.Close()
}

// withShortPath calls f with a path to dir that fits into a socket address, however long dir is.
func withShortPath(dir string, f func(short string) error) error {
	if len(filepath.Join(dir, SocketName)) <= maxSocketPath {
		return f(dir)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return f(fmt.Sprintf("/proc/self/fd/%d", d.Fd()))
}

// ErrNobody is returned by Dial where no process answers at the socket.
var ErrNobody = errors.New("nobody serves the data directory")

// Dial returns a client of the process that serves dir, once that process has answered; ErrNobody if there is none.
func Dial(ctx context.Context, dir string) (*http.Client, Version, error) {
	dial := func(ctx context.Context, _, _ string) (c net.Conn, err error) {
		err = withShortPath(dir, func(short string) error {
			c, err = (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(short, SocketName))
			return err
		})
		return c, err
	}
	// Without keep-alive the end of the process shows at once, and always as an error of dialling.
	transport := &http.Transport{DisableKeepAlives: true, DialContext: dial}
	client := &http.Client{Transport: transport}
	v, err := ask(ctx, client)
	if err != nil {
		transport.CloseIdleConnections()
		return nil, v, err
	}
	if v.API != API {
		return nil, v, fmt.Errorf("the running uncloak (version %s, pid %d) speaks API %d and this one speaks %d: "+
			"restart it", v.Version, v.PID, v.API, API)
	}
	return client, v, nil
}

// ask asks for the version. It waits only for a process that accepts the connection and is slow to answer.
func ask(ctx context.Context, c *http.Client) (v Version, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := Get(ctx, c, "/v1/version", nil)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, fs.ErrNotExist) {
			return v, ErrNobody
		}
		return v, err
	}
	defer body.Close()
	return v, decodeJSON(body, &v)
}

// InProcess returns a client that calls h in this process; bodies stream both ways. A handler may outlive a cancelled
// request: wait returns once all handlers have ended.
func InProcess(h http.Handler) (c *http.Client, wait func()) {
	t := &inProcess{h: h}
	return &http.Client{Transport: t}, t.running.Wait
}

type inProcess struct {
	h       http.Handler
	running sync.WaitGroup
}

// RoundTrip runs the handler in a goroutine that ends when the handler does; closing the body of the response makes
// the handler's writes fail.
func (t *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: pw, started: make(chan struct{})}
	resp := &http.Response{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: pr, ContentLength: -1, Request: r,
		Trailer: http.Header{}}
	// a cancelled answer must not look complete
	stop := context.AfterFunc(r.Context(), func() { pw.CloseWithError(r.Context().Err()) })
	t.running.Go(func() {
		defer stop()
		served := r.Clone(r.Context())
		if served.Body == nil {
			served.Body = http.NoBody
		}
		t.h.ServeHTTP(w, served)
		w.WriteHeader(http.StatusOK)
		for k := range w.announced {
			resp.Trailer[k] = w.header[k]
		}
		served.Body.Close()
		pw.Close() // the reader sees the trailer after this
	})
	select {
	case <-w.started:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	resp.StatusCode, resp.Status, resp.Header = w.status, http.StatusText(w.status), w.sent
	return resp, nil
}

// pipeWriter is a ResponseWriter that writes into a pipe.
type pipeWriter struct {
	header    http.Header
	sent      http.Header // the header as it was at WriteHeader
	announced map[string]bool
	body      *io.PipeWriter
	status    int
	started   chan struct{}
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status, w.sent, w.announced = status, w.header.Clone(), map[string]bool{}
	for _, k := range w.header.Values("Trailer") {
		w.announced[http.CanonicalHeaderKey(k)] = true
	}
	close(w.started)
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// StatusError is an answer with a status of 400 or above, as an error.
type StatusError struct {
	Status  int
	Message string
}

func (e *StatusError) Error() string { return e.Message }

// Do sends r and returns the answer, or a *StatusError where the server refused or failed.
func Do(c *http.Client, r *http.Request) (*http.Response, error) {
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return nil, &StatusError{resp.StatusCode, strings.TrimSpace(string(text))}
}
