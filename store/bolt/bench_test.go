package bolt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

const benchBatch = 16384

// benchEntries are n events parsed from netfilter lines: from the syslog file that UNCLOAK_LINES names, over and over,
// each time an hour later, or from made ones of a router with 20 hosts.
func benchEntries(b testing.TB, n int) []store.Entry {
	lines := madeLines(n)
	if name := os.Getenv("UNCLOAK_LINES"); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		lines = bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	}
	p, rec := parse.NewParser(), parse.Record{}
	out := make([]store.Entry, 0, n)
	for i := range n {
		line := lines[i%len(lines)]
		p.Line(line, &rec)
		s := &rec.Stamp
		e := store.Entry{Event: rec.Event, Identity: rec.Identity + uint64(i/len(lines)), Raw: line}
		at := time.Date(2026, time.Month(s.Month), int(s.Day), int(s.Hour), int(s.Minute), int(s.Second), 0, time.UTC)
		e.Time = at.Add(time.Duration(i/len(lines)) * time.Hour / 4).UnixNano()
		e.Recv = e.Time + int64(i)*1_000_003%1e9
		e.Router = parse.MakeName("gw")
		out = append(out, e)
	}
	return out
}

// madeLines imitate an nft LOG rule as a router sends it over syslog.
func madeLines(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 11, 21, 0, 0, 1, 0, time.UTC)
	var out [][]byte
	for i := range n {
		at = at.Add(time.Duration(r.IntN(2e7)))
		host := r.IntN(20)
		peer := r.IntN(4000)
		out = append(out, fmt.Appendf(nil, "<4>%s router kernel: [%5d.%06d] [NEW] IN=br-lan OUT=wan0 "+
			"MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:%02x:08:00 SRC=192.168.128.%d DST=198.18.%d.%d LEN=60 TOS=0x00 "+
			"PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=%d WINDOW=64240 RES=0x00 SYN URGP=0 ",
			at.Format(time.Stamp), 5000+i/1000, i%1000*1000+r.IntN(1000), host, host+10, peer/250, peer%250,
			r.IntN(65536), 32768+r.IntN(28000), []int{443, 80, 53, 6881, 51413}[r.IntN(5)]))
	}
	return out
}

func appendAll(b testing.TB, db *DB, entries []store.Entry, batch store.Batch) (added int) {
	for len(entries) > 0 {
		n := min(len(entries), benchBatch)
		batch.Entries = entries[:n]
		got, err := db.Append(b.Context(), batch)
		if err != nil {
			b.Fatal(err)
		}
		added += got.Added
		entries = entries[n:]
	}
	return added
}

func onDisk(b testing.TB, db *DB) (bytes int64) {
	days, err := db.Days(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range days {
		bytes += d.Bytes
	}
	return bytes
}

func BenchmarkAppend(b *testing.B) {
	entries := benchEntries(b, 20*benchBatch)
	for _, noSync := range []bool{true, false} {
		b.Run(fmt.Sprintf("sync=%t", !noSync), func(b *testing.B) {
			b.ReportAllocs()
			n, size := 0, int64(0)
			for b.Loop() {
				b.StopTimer()
				db := mustOpen(b, b.TempDir(), Options{NoSync: noSync})
				b.StartTimer()
				n += appendAll(b, db, entries, store.Batch{})
				b.StopTimer()
				size = onDisk(b, db)
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(size)/float64(len(entries)), "B/event")
		})
	}
}

// BenchmarkAppendSmall is the live receiver of a quiet network: ten events a second.
func BenchmarkAppendSmall(b *testing.B) {
	entries := benchEntries(b, 20000)
	b.ReportAllocs()
	size := int64(0)
	for b.Loop() {
		db := mustOpen(b, b.TempDir(), Options{NoSync: true})
		for i := 0; i < len(entries); i += 10 {
			if _, err := db.Append(b.Context(), store.Batch{Entries: entries[i : i+10]}); err != nil {
				b.Fatal(err)
			}
		}
		size = onDisk(b, db)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/float64(len(entries)), "B/event")
}

func BenchmarkEvents(b *testing.B) {
	const n = 40 * benchBatch
	db := mustOpen(b, b.TempDir(), Options{NoSync: true})
	appendAll(b, db, benchEntries(b, n), store.Batch{})
	for name, q := range map[string]store.Query{
		"raw":   {},
		"noraw": {NoRaw: true},
		"kind":  {NoRaw: true, Kinds: []parse.Kind{parse.OOMKill}},
		"text":  {Text: "DPT=51413"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range db.Events(b.Context(), q) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDedupe imports once more what is stored.
func BenchmarkDedupe(b *testing.B) {
	entries := benchEntries(b, 40*benchBatch)
	db := mustOpen(b, b.TempDir(), Options{NoSync: true})
	first := store.Batch{Dedupe: true, Source: "first"}
	if n := appendAll(b, db, entries, first); n != len(entries) {
		b.Fatalf("%d of %d added", n, len(entries))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if added := appendAll(b, db, entries, store.Batch{Dedupe: true, Source: fmt.Sprint(n)}); added != 0 {
			b.Fatalf("%d added again", added)
		}
	}
	b.ReportMetric(float64(n)*float64(len(entries))/b.Elapsed().Seconds(), "events/s")
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
