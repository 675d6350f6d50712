// Command uncloak says which host in your network fills the router's session table, and when. It is the only package
// that knows flags, files and all other packages; it holds no logic that could be tested elsewhere.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones on machines without zoneinfo
)

func main() {
	// A closed pipe is then an error of Write, and the socket in the data directory is still removed.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
