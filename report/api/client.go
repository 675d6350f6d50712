package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// base is the URL in front of each path; the transport ignores its host.
const base = "http://uncloak"

// Request makes a request to the API; body may be nil.
func Request(ctx context.Context, method, path string, q url.Values, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, base+path+"?"+q.Encode(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	return r, nil
}

// Get asks for path and returns the body, which the caller closes.
func Get(ctx context.Context, c *http.Client, path string, q url.Values) (io.ReadCloser, error) {
	r, err := Request(ctx, http.MethodGet, path, q, nil)
	if err != nil {
		return nil, err
	}
	resp, err := Do(c, r)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func decodeJSON(r io.Reader, v any) error {
	if err := json.NewDecoder(r).Decode(v); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}
