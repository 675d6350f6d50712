package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"uncloak/store"
)

// syslogLines are lines from..to-1, one a second; each fifth is the very line before it once more.
func syslogLines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		n := i
		if i%5 == 4 {
			n--
		}
		fmt.Fprintf(&b, "2026-11-20T10:%02d:%02dZ gw kernel: [NEW] IN=br0 SRC=192.168.1.9 DST=198.51.100.1 PROTO=TCP "+
			"SPT=%d DPT=443\n", n/60, n%60, 1024+n)
	}
	return b.String()
}

// dumpLines are lines of a dmesg dump.
func dumpLines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "[%5d.%06d] TCP: request_sock_TCP: Possible SYN flooding on port %d. Sending cookies.\n", 100+i,
			i, 1000+i%7)
	}
	return b.String()
}

// TestOverlappingFiles: of files that share lines only what is new is added, in whatever order they come, and the lines
// are there as often as the longest account has them.
func TestOverlappingFiles(t *testing.T) {
	tests := map[string]struct {
		files []string
		added []uint64
	}{
		"the same again": {[]string{syslogLines(0, 100), syslogLines(0, 100)}, []uint64{100, 0}},
		"grown":          {[]string{syslogLines(0, 60), syslogLines(0, 100)}, []uint64{60, 40}},
		"rotated, the old one first": {[]string{syslogLines(0, 60), syslogLines(40, 100), syslogLines(0, 100)},
			[]uint64{60, 40, 0}},
		"rotated, the new one first": {[]string{syslogLines(40, 100), syslogLines(0, 60), syslogLines(90, 120)},
			[]uint64{60, 40, 20}},
		"one within another": {[]string{syslogLines(0, 100), syslogLines(30, 50)}, []uint64{100, 0}},
		"dumps that overlap": {[]string{dumpLines(0, 60), dumpLines(0, 60), dumpLines(40, 100),
			dumpLines(20, 120)}, []uint64{60, 0, 40, 20}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			db := openStore(t)
			var total uint64
			opt := Options{BootTime: importNow.Add(-time.Hour), Router: "gw"}
			for i, text := range tt.files {
				sum := importText(t, db, opt, text)
				if sum.Events != tt.added[i] || sum.Duplicates != sum.Lines-tt.added[i] {
					t.Errorf("file %d: %d of %d lines added, %d duplicates; want %d added", i, sum.Events, sum.Lines,
						sum.Duplicates, tt.added[i])
				}
				total += tt.added[i]
			}
			var lines []string
			for _, e := range all(t, db, store.Query{}) {
				lines = append(lines, string(e.Raw))
			}
			want := map[string]int{}
			for _, text := range tt.files {
				have := map[string]int{}
				for l := range strings.Lines(text) {
					have[l]++
					want[l] = max(want[l], have[l])
				}
			}
			for l, n := range want {
				got := 0
				for _, x := range lines {
					if x == strings.TrimSuffix(l, "\n") {
						got++
					}
				}
				if got != n {
					t.Errorf("%d times, want %d: %s", got, n, l)
				}
			}
			if uint64(len(lines)) != total || !slices.IsSortedFunc(all(t, db, store.Query{}),
				func(a, b store.Entry) int { return int(a.Time - b.Time) }) {
				t.Errorf("%d lines, want %d in order", len(lines), total)
			}
		})
	}
}
