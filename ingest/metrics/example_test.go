package metrics_test

import (
	"fmt"
	"net/http/httptest"

	"uncloak/ingest"
	"uncloak/ingest/metrics"
)

func ExampleNewHandler() {
	receiver, err := ingest.New(ingest.DefaultConfig(), nil) // not serving yet: it needs no store
	if err != nil {
		panic(err)
	}
	h := metrics.NewHandler(receiver, nil, nil, "1.0")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/healthz", nil))
	fmt.Print(answer.Code, " ", answer.Body)
	// Output: 200 ok
}
