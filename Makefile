# demo    build, and see it work in under a minute
# test    everything that CI runs: vet, staticcheck, tests with the race detector, real senders, a little fuzzing
# e2e     rsyslog, syslog-ng, logger, BusyBox and the journal send to us, relays pass on a line of every dialect, and
#         packets are captured in network namespaces, Chromium looks at the pages, and tmux at top; installs what
#         is missing
# lint    vet, staticcheck, deadcode, style, goimports
# style   lines of at most 120 columns, and comments that say what a thing does
# fuzz    each fuzz test for FUZZTIME (default 1m)
# damage  changes every byte of a day file, and spoils pages of files at random (not with the race detector, whose own checks end it)
# crash   kills a writer at 200 random points, one whose disk fails at 200 more, and the same while many days are imported;
#         cuts the power at some 3,500 points of what strace has recorded
# soak    ten minutes (UNCLOAK_SOAK=2h for longer) of a router that logs 50,000 lines a second, with kills, full disks, floods
#         and readers; needs root, and a quiet machine for that rate (UNCLOAK_SOAK_RATE)
# bench   the benchmarks; docs/benchmarks.md says what they gave
# bench-store  the store beside compressed text and SQLite, on the same lines
# dist    packages for all systems into dist/, the same bytes each time
# bench-peers  the same lines through uncloak and through others
GO       ?= go
FUZZTIME ?= 1m
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT   := $(shell git rev-parse --short=12 HEAD 2>/dev/null)

.PHONY: build demo test ports e2e damage crash lint style fuzz fuzz-short soak bench bench-store bench-peers dist clean

build:
	$(GO) build -trimpath -ldflags '-X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/uncloak ./cmd/uncloak

demo: build
	./bin/uncloak demo

test: lint
	$(GO) test -race -timeout 40m ./...
	$(MAKE) --no-print-directory e2e
	$(MAKE) --no-print-directory fuzz-short

e2e:
	@set -e; dir=$$(.ci/peers); UNCLOAK_PEERS=$$dir $(GO) test -tags e2e -run 'TestReal|TestUnits' -parallel 16 -count 1 ./cmd/uncloak

lint:
	$(GO) vet ./... ./testdata ./testdata/bentlines ./testdata/dense ./testdata/occupancy
	$(GO) vet -tags e2e,soak ./cmd/uncloak
	$(GO) tool staticcheck ./... ./testdata ./testdata/bentlines ./testdata/dense ./testdata/occupancy
	@dead=$$($(GO) tool deadcode -test ./...); if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi
	@.ci/style
	@bad=$$($(GO) tool goimports -l -local uncloak $$(git ls-files --cached --others --exclude-standard '*.go')); \
	  if [ -n "$$bad" ]; then echo "goimports has something to say about:"; echo "$$bad"; exit 1; fi
	@$(MAKE) --no-print-directory ports

# What reads (import, report, query) works on other systems, too. deadcode checks the types of the whole program from its
# source, for a tenth of what three builds cost.
ports:
	@set -e; check=$$($(GO) tool -n deadcode); for os in darwin freebsd windows; do \
	  GOOS=$$os CGO_ENABLED=0 $$check ./cmd/uncloak >/dev/null || { echo "does not build for $$os"; exit 1; }; done

style:
	@.ci/style

# Each fuzz target runs so many inputs, however slow it is: a target that hardly runs takes its time, and is seen. An input
# that reaches new code is made smaller in ten runs: without that bound the go command spends nearly all of the time on it.
fuzz-short:
	@set -e; .ci/fuzz-targets | while read -r pkg name; do \
	  $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime 300x -fuzzminimizetime 10x -parallel 2 $$pkg; done

damage:
	$(GO) test -tags damage -run "DamagedPages|Flipped" -timeout 60m -v ./store/bolt

crash:
	$(GO) test -tags crash -run 'CrashOften|FullDisk|PowerLoss' -timeout 60m -v ./store/bolt

fuzz:
	@set -e; .ci/fuzz-targets | while read -r pkg name; do $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg; done

soak:
	$(GO) test -tags soak -run '^TestSoak$$' -timeout 24h -v ./cmd/uncloak

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-store: # COUNT lines a day, of LOG
	.ci/bench-store

bench-peers: # beside rsyslog and syslog-ng, then beside fwlogwatch, awk and zstd, each in one run
	.ci/bench-receive
	.ci/bench-peers

dist:
	.ci/dist

clean:
	rm -rf bin dist uncloak-demo
