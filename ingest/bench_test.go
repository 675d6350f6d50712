package ingest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/store"
	"uncloak/store/bolt"
)

// BenchmarkImport imports netfilter lines into a durable store; each round begins with an empty one.
func BenchmarkImport(b *testing.B) {
	const n = 300_000
	var text bytes.Buffer
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&text, "%s router kernel: [%12.6f] [NEW] IN=br-lan OUT=wan0 "+
			"MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:01:08:00 SRC=192.168.128.%d DST=198.18.%d.%d LEN=60 TOS=0x00 "+
			"PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0\n",
			at.Add(time.Duration(i)*100*time.Millisecond).Format(time.Stamp), 5600+float64(i)/10, 10+i%6, i*7919%251,
			i*104729%253, i*31%65536, 1024+i*17%64000)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		db, err := bolt.Open(b.TempDir(), bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		sum, err := ImportReader(b.Context(), db, Options{Year: 2026}, "bench", bytes.NewReader(text.Bytes()),
			importNow)
		if err != nil || sum.Events != n {
			b.Fatal(sum, err)
		}
		b.StopTimer()
		db.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

type nowhere struct{}

func (nowhere) Append(_ context.Context, b store.Batch) (store.Appended, error) {
	return store.Appended{Added: len(b.Entries)}, nil
}

// BenchmarkReceive sends datagrams over the loopback as fast as one goroutine can, in bursts of 20,000, and waits for
// each burst to be stored; into nothing, into the durable store, and into that with the detectors.
func BenchmarkReceive(b *testing.B) {
	const burst = 20_000
	for _, to := range []string{"nothing", "bolt", "days"} {
		b.Run(to, func(b *testing.B) {
			var st Appender = nowhere{}
			if to != "nothing" {
				db, err := bolt.Open(b.TempDir(), bolt.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				if st = db; to == "days" {
					st = NewDays(db, detect.DefaultConfig(), quiet())
				}
			}
			cfg := testConfig()
			cfg.UDP = []string{"127.0.0.1:0"}
			s, err := New(cfg, st)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Listen(); err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- s.Serve(ctx) }()
			c, err := net.Dial("udp", s.Addrs()[0].String())
			if err != nil {
				b.Fatal(err)
			}
			line := []byte("<4>" + time.Now().UTC().Format(time.Stamp) +
				" router kernel: [ 5632.359712] [NEW] IN=br-lan OUT=wan0 " +
				"MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:01:08:00 SRC=192.168.128.10 DST=198.18.62.16 LEN=60 " +
				"TOS=0x00 PREC=0x00 TTL=63 ID=48109 DF PROTO=TCP SPT=56256 DPT=443 WINDOW=64240 RES=0x00 SYN " +
				"URGP=0")
			b.ReportAllocs()
			sent := uint64(0)
			for b.Loop() {
				for range burst {
					c.Write(line)
				}
				sent += burst
				if err := s.Wait(ctx, func(st Stats) bool { return st.Received+st.Kernel >= sent }); err != nil {
					b.Fatal(err)
				}
			}
			got := s.Stats()
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(float64(got.Kernel+got.Dropped)/float64(sent)*100, "%lost")
			c.Close()
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
