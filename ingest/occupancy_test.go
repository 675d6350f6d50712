package ingest

import (
	"compress/gzip"
	"encoding/csv"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/store"
	"uncloak/store/bolt"
	"uncloak/testdata"
)

// TestTableAgainstKernel rebuilds the session table of a real router from its syslog and compares it with what the
// kernel listed. The log has the beginnings of forwarded sessions and all ends; sessions to and from the router itself
// are in no log: they are the 3 to 6 % by which the total is too low. testdata/occupancy does the same for larger logs.
func TestTableAgainstKernel(t *testing.T) {
	const size = 600
	db, err := bolt.Open(t.TempDir(), bolt.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log, err := testdata.NatBurst()
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 11, 21, 20, 44, 0, 0, time.UTC)
	if _, err := ImportReader(t.Context(), db, Options{CapturedAt: end, Location: time.UTC}, "router.syslog", log,
		end); err != nil {
		t.Fatal(err)
	}
	truth := kernelTable(t)
	cfg := detect.DefaultConfig()
	cfg.Table = size
	tr := detect.NewTracker(cfg, nil, detect.DateOf(end))
	var total, vmhost []float64
	for e, err := range db.Events(t.Context(), store.Query{NoRaw: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for len(truth) > 0 && truth[0].at <= e.Time { // stamps have no fraction: what bears this one comes later
			have, sum := tr.EntriesAt(truth[0].at), 0
			for _, n := range have {
				sum += n
			}
			// by then all that began before the log are gone
			if begun := truth[0].at - time.Date(2026, 11, 21, 20, 29, 0, 0, time.UTC).UnixNano(); begun > 0 {
				h := netip.MustParseAddr("192.168.128.12")
				total, vmhost = append(total, off(sum, truth[0].total, size)),
					append(vmhost, off(have[h], truth[0].hosts[h], size))
			}
			truth = truth[1:]
		}
		tr.Observe(&e.Event)
	}
	if len(total) < 400 {
		t.Fatalf("only %d moments", len(total))
	}
	slices.Sort(total)
	slices.Sort(vmhost)
	if m, p := total[len(total)/2], total[len(total)*95/100]; m > 0.07 || p > 0.1 {
		t.Errorf("total: median off by %.3f of the table, 95 %% by %.3f", m, p)
	}
	if m, p := vmhost[len(vmhost)/2], vmhost[len(vmhost)*95/100]; m > 0.01 || p > 0.05 {
		t.Errorf("vmhost: median off by %.3f of the table, 95 %% by %.3f", m, p)
	}
}

func off(have, want, size int) float64 { return math.Abs(float64(have-want)) / float64(size) }

type listed struct {
	at    int64
	total int
	hosts map[netip.Addr]int
}

func kernelTable(t *testing.T) (out []listed) {
	f, err := os.Open("../testdata/nat-burst/table.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		at, err := strconv.ParseFloat(r[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(r[3])
		if err != nil {
			t.Fatal(err)
		}
		if ns := int64(at * 1e9); len(out) == 0 || out[len(out)-1].at != ns {
			out = append(out, listed{at: ns, hosts: map[netip.Addr]int{}})
		}
		m := &out[len(out)-1]
		m.total += n
		if h, err := netip.ParseAddr(r[1]); err == nil {
			m.hosts[h] += n
		}
	}
	return out
}
