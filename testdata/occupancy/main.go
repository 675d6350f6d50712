// Command occupancy compares the session table that uncloak rebuilds from stored events with the true one, and prints
// the error as a share of the table's size:
//
//	uncloak import --data D router.log
//	go run ./testdata/occupancy -data D -size 1024 occupancy.csv.gz
//
// The truth is CSV: minute,src,entries (RFC 3339), or time,src,state,count,proto,dir (Unix seconds) as the lab writes
// it.
package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/store"
	"uncloak/store/bolt"
)

// moment is the session table at one time.
type moment struct {
	at    int64 // ns
	total int
	hosts map[netip.Addr]int
}

func main() {
	log.SetFlags(0)
	data := flag.String("data", "", "data directory that the log was imported into")
	size := flag.Int("size", 0, "entries that the table takes")
	tell := flag.Bool("tell", true, "tell the size to the detectors, too")
	held := flag.String("timeouts", "", "of the router, as udp=10s,udp_stream=20s; the rest is Linux's")
	skip := flag.Duration("skip", 10*time.Minute,
		"leave out the beginning, when sessions that are older than the log are unknown")
	busy := flag.Float64("busy", 0, "only moments in which so large a part of the table was in use")
	verbose := flag.Bool("v", false, "print each moment")
	flag.Parse()
	cfg := detect.DefaultConfig()
	if *tell {
		cfg.Table = *size
	}
	truth, err := readTruth(flag.Arg(0))
	if err == nil {
		err = setTimeouts(&cfg.Timeouts, *held)
	}
	if err == nil {
		err = compare(*data, cfg, truth, *size, *skip, *busy, *verbose)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func setTimeouts(t *detect.Timeouts, s string) error {
	keys := map[string]*time.Duration{
		"syn_sent": &t.SynSent, "syn_recv": &t.SynRecv, "established": &t.Established, "fin_wait": &t.FinWait,
		"close_wait": &t.CloseWait,
		"last_ack":   &t.LastAck, "time_wait": &t.TimeWait, "close": &t.Close, "udp": &t.UDP,
		"udp_stream": &t.UDPStream,
		"icmp":       &t.ICMP,
		"generic":    &t.Generic, "typical_tcp": &t.TypicalTCP,
	}
	for kv := range strings.SplitSeq(s, ",") {
		if kv == "" {
			continue
		}
		k, v, _ := strings.Cut(kv, "=")
		d, err := time.ParseDuration(v)
		if err != nil || keys[k] == nil {
			return fmt.Errorf("timeout %q: want key=duration", kv)
		}
		*keys[k] = d
	}
	return nil
}

func compare(data string, cfg detect.Config, truth []moment, size int, skip time.Duration, busy float64,
	verbose bool) error {
	db, err := bolt.Open(data, bolt.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer db.Close()
	var tr *detect.Tracker
	var total, worst []float64
	begin := truth[0].at
	sample := func(until int64) {
		for len(truth) > 0 && truth[0].at <= until { // a stamp without a fraction is of any moment in its second
			m := truth[0]
			truth = truth[1:]
			if float64(m.total) < busy*float64(size) || tr == nil || m.at-begin < int64(skip) ||
				detect.DateOf(time.Unix(0, m.at)) != tr.Date() {
				continue
			}
			got := tr.EntriesAt(m.at)
			sum, most := 0, 0
			for _, n := range got {
				sum += n
			}
			for h, n := range m.hosts {
				most = max(most, abs(got[h]-n))
			}
			if verbose {
				fmt.Println(time.Unix(0, m.at).UTC().Format(time.DateTime), sum, m.total, most, got)
			}
			total, worst = append(total, float64(abs(sum-m.total))/float64(size)),
				append(worst, float64(most)/float64(size))
		}
	}
	for e, err := range db.Events(context.Background(), store.Query{NoRaw: true}) {
		if err != nil {
			return err
		}
		sample(e.Time)
		if d := detect.DateOf(time.Unix(0, e.Time)); tr == nil || tr.Date() != d {
			var prev *detect.Day
			if tr != nil {
				prev = tr.Day()
			}
			tr = detect.NewTracker(cfg, prev, d)
		}
		tr.Observe(&e.Event)
	}
	if len(total) == 0 {
		return errors.New("the truth and the stored events have no time in common")
	}
	a, b := quantiles(total)
	c, d := quantiles(worst)
	fmt.Printf("%d moments; error of the total: median %.1f %%, 95 %% below %.1f %%; "+
		"of the host that is most off: median %.1f %%, 95 %% below %.1f %%\n",
		len(total), 100*a, 100*b, 100*c, 100*d)
	return nil
}

func abs(n int) int { return int(math.Abs(float64(n))) }

func quantiles(x []float64) (median, high float64) {
	slices.Sort(x)
	return x[len(x)/2], x[len(x)*95/100]
}

func readTruth(path string) ([]moment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open truth: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("unpack truth: %w", err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read truth: %w", err)
	}
	var out []moment
	for _, row := range rows[1:] {
		at, src, n, err := parseRow(row)
		if err != nil {
			return nil, fmt.Errorf("truth %q: %w", row, err)
		}
		if len(out) == 0 || out[len(out)-1].at != at {
			out = append(out, moment{at: at, hosts: map[netip.Addr]int{}})
		}
		m := &out[len(out)-1]
		if src == "TOTAL" { // the kernel's own count, which takes in what is not listed
			continue
		}
		m.total += n
		if h, err := netip.ParseAddr(src); err == nil {
			m.hosts[h] += n
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the truth is empty")
	}
	return out, nil
}

func parseRow(row []string) (at int64, src string, n int, err error) {
	if len(row) == 3 {
		t, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			return 0, "", 0, err
		}
		n, err = strconv.Atoi(row[2])
		return t.UnixNano(), row[1], n, err
	}
	if len(row) < 4 {
		return 0, "", 0, errors.New("too few columns")
	}
	s, err := strconv.ParseFloat(row[0], 64)
	if err != nil {
		return 0, "", 0, err
	}
	n, err = strconv.Atoi(row[3])
	return int64(s * 1e9), row[1], n, err
}
