package bolt

import (
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// benchSession is event i of a NAT with 57 sessions a second, each of which ends after half a minute.
func benchSession(i int) store.Entry {
	k, kind := i/2, parse.SessionNew
	if i%2 == 1 {
		k, kind = max(k-1700, 0), parse.SessionEnd
	}
	r := rand.New(rand.NewPCG(4, uint64(k)))
	var e store.Entry
	e.Time, e.Identity, e.Kind, e.Proto = noon().Add(time.Duration(i)*8700*time.Microsecond).UnixNano(), uint64(i),
		kind, parse.TCP
	e.Src, e.SPort = netip.AddrFrom4([4]byte{192, 168, byte(r.IntN(4)), byte(r.IntN(250))}), uint16(1024+r.IntN(60000))
	e.Dst, e.DPort = netip.AddrFrom4([4]byte{198, byte(r.IntN(200)), byte(r.IntN(200)), 9}), 443
	// a port is taken again after 17 minutes
	e.NATSrc, e.NATSPort = netip.MustParseAddr("203.0.113.7"), uint16(1024+k%60000)
	return e
}

// benchSessions stores the first n events, from noon() on: a million take 2.4 hours.
func benchSessions(b *testing.B, db *DB, n int) {
	for done := 0; done < n; done += blockEvents {
		es := make([]store.Entry, blockEvents)
		for i := range es {
			es[i] = benchSession(done + i)
		}
		if _, err := db.Append(b.Context(), store.Batch{Entries: es}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWho asks for the ends of random sessions in four million events of 9.7 hours.
func BenchmarkWho(b *testing.B) {
	db := mustOpen(b, b.TempDir(), Options{NoSync: true})
	benchSessions(b, db, 4_000_000)
	r := rand.New(rand.NewPCG(5, 5))
	for b.Loop() {
		e := benchSession(2 * r.IntN(1_990_000))
		q := store.Who{End: netip.AddrPortFrom(e.NATSrc, e.NATSPort), At: time.Unix(0, e.Time).Add(10 * time.Second),
			Slack: time.Second}
		hs, err := db.Who(b.Context(), q)
		if err != nil || len(hs) == 0 || hs[0].Host.Addr() != e.Src || hs[0].Confidence < 0.9 {
			b.Fatalf("%+v, %v", hs, err)
		}
	}
	mustClose(b, db)
}

// BenchmarkCheckPages walks the pages of a day of four million events.
func BenchmarkCheckPages(b *testing.B) {
	db := mustOpen(b, b.TempDir(), Options{NoSync: true})
	benchSessions(b, db, 4_000_000)
	mustClose(b, db)
	files, err := filepath.Glob(filepath.Join(db.dir, "days", "*.db"))
	if err != nil || len(files) == 0 {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, f := range files {
			if err := checkPages(f); err != nil {
				b.Fatal(err)
			}
		}
	}
}
