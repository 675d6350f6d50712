package parse

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// BenchmarkFormat measures one line of each dialect: the sample of its table.
func BenchmarkFormat(b *testing.B) {
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			p, line := NewParser(), []byte(f.Sample)
			var rec Record
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				p.Line(line, &rec)
			}
		})
	}
}

// timedLine holds a line, the time that reading it took, and its dialect.
type timedLine struct {
	cost    time.Duration
	dialect string
	line    []byte
}

// BenchmarkSlowest measures every line of the tables and of the test files alone, and shows the slowest of each
// dialect (with -v). A line's cost is the least of 200 rounds of some microseconds, so that what else the machine does
// counts little. A line that is longer than a datagram of 1,500 bytes is left out.
func BenchmarkSlowest(b *testing.B) {
	worst := slowest(everyLine(b))
	for b.Loop() { // the measuring above is the benchmark
	}
	for _, w := range worst {
		b.Logf("%6d ns %4d bytes %-16s %.150s", w.cost.Nanoseconds(), len(w.line), w.dialect, w.line)
	}
	b.ReportMetric(float64(worst[0].cost.Nanoseconds()), "ns/slowest-line")
}

// everyLine returns each line of the test files and each sample of the tables.
func everyLine(tb testing.TB) [][]byte {
	var lines [][]byte
	for _, name := range seedFiles {
		lines = append(lines, readLines(tb, name)...)
	}
	for _, f := range Formats() {
		lines = append(lines, []byte(f.Sample))
	}
	for _, f := range headerForms() {
		lines = append(lines, []byte(f.Sample))
	}
	return lines
}

// slowest returns the slowest line of each dialect, the slowest dialect first.
func slowest(lines [][]byte) []timedLine {
	const rounds, reads = 200, 10
	p := NewParser()
	var rec Record
	best := map[string]timedLine{}
	for _, line := range lines {
		if len(line) > 1500 {
			continue
		}
		cost := time.Duration(1 << 62)
		for range rounds {
			start := time.Now()
			for range reads {
				p.Line(line, &rec)
			}
			cost = min(cost, time.Since(start)/reads)
		}
		name := cmp.Or(rec.Dialect, "(unknown)")
		if cost > best[name].cost {
			best[name] = timedLine{cost, name, line}
		}
	}
	worst := make([]timedLine, 0, len(best))
	for _, w := range best {
		worst = append(worst, w)
	}
	slices.SortFunc(worst, func(a, b timedLine) int {
		return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(a.dialect, b.dialect))
	})
	return worst
}
