package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// echo answers the version, copies a body back, and streams forever at /flood.
func echo() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/version", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, Version{"test", API, os.Getpid(), true})
	})
	mux.HandleFunc("POST /copy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", HeaderError)
		_, _ = io.Copy(w, r.Body)
		w.Header().Set(HeaderError, "only a test")
	})
	mux.HandleFunc("GET /flood", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 1024)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /refused", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such thing", http.StatusBadRequest)
	})
	return mux
}

func serve(t *testing.T, dir string) *http.Client {
	t.Helper()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: echo()}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close(); <-done })
	c, v, err := Dial(t.Context(), dir)
	if err != nil || v.PID != os.Getpid() {
		t.Fatalf("Dial: %+v, %v", v, err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// TestBothWays holds the socket and the handler in process to the same behaviour.
func TestBothWays(t *testing.T) {
	inProcess, wait := InProcess(echo())
	defer wait()
	for name, client := range map[string]*http.Client{"socket": serve(t, t.TempDir()), "in process": inProcess} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			t.Run("body and trailer", func(t *testing.T) {
				text := strings.Repeat("line\n", 100_000)
				r, err := Request(ctx, http.MethodPost, "/copy", nil, strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := Do(client, r)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				if err != nil || string(got) != text {
					t.Errorf("got %d bytes of %d, %v", len(got), len(text), err)
				}
				if resp.Trailer.Get(HeaderError) != "only a test" {
					t.Errorf("trailer %v", resp.Trailer)
				}
			})
			t.Run("closing early ends the handler", func(t *testing.T) {
				body, err := Get(ctx, client, "/flood", nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.CopyN(io.Discard, body, 5000); err != nil {
					t.Error(err)
				}
				body.Close()
			})
			t.Run("cancelling ends the read", func(t *testing.T) {
				ctx, cancel := context.WithCancel(ctx)
				body, err := Get(ctx, client, "/flood", nil)
				if err != nil {
					t.Fatal(err)
				}
				cancel()
				if _, err := io.Copy(io.Discard, body); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want context.Canceled", err)
				}
			})
			t.Run("empty", func(t *testing.T) {
				body, err := Get(ctx, client, "/empty", nil)
				if err != nil {
					t.Fatal(err)
				}
				if b, err := io.ReadAll(body); len(b) > 0 || err != nil {
					t.Errorf("%q, %v", b, err)
				}
			})
			t.Run("refused", func(t *testing.T) {
				_, err := Get(ctx, client, "/refused", nil)
				var refused *StatusError
				if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest ||
					refused.Message != "no such thing" {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

func TestSocket(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"short path": t.TempDir(), "long path": long} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNobody) {
				t.Errorf("no socket: %v, want ErrNobody", err)
			}
			l, err := Listen(dir)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(dir, SocketName))
			if err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != fs.ModeSocket {
				t.Errorf("socket: %v, %v; want a socket of mode 0600", info, err)
			}
			l.(*socket).Listener.Close() // as after kill -9: the file stays
			if _, _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNobody) {
				t.Errorf("stale socket: %v, want ErrNobody", err)
			}
			if l, err = Listen(dir); err != nil {
				t.Fatalf("stale socket is not replaced: %v", err)
			}
			l.Close()
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
