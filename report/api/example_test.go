package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"uncloak/report/api"
)

func ExampleParseTime() {
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	for _, s := range []string{"yesterday", "-2h", "2026-11-20 20:30"} {
		t, _ := api.ParseTime(s, time.UTC, now)
		fmt.Println(t.Format(time.RFC3339))
	}
	// Output:
	// 2026-11-20T00:00:00Z
	// 2026-11-21T05:00:00Z
	// 2026-11-20T20:30:00Z
}

// A command that finds no running process calls the handler itself, as if it were one.
func ExampleInProcess() {
	client, wait := api.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "asked for ", r.URL.Path)
	}))
	defer wait()
	body, err := api.Get(context.Background(), client, "/v1/report", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer body.Close()
	text, _ := io.ReadAll(body)
	fmt.Println(string(text))
	// Output: asked for /v1/report
}
