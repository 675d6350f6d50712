// Command dense makes a data directory with one dense day, to measure what reading it costs:
//
//	go run ./testdata/dense -data D -events 1200000 -strays 160
//
// The day has 40 hosts behind two routers, of which the second logs little; a burst of one host every half hour, and
// the spells of a full session table behind it. A stray is a line whose stamp lies hours before those around it, as a
// device with a wrong clock sends it. With -days, each day has that many events.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"uncloak/parse"
	"uncloak/store"
	"uncloak/store/bolt"
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "", "data directory")
	events := flag.Int("events", 1_200_000, "events a day")
	strays := flag.Int("strays", 160, "of them, those with a stamp of hours ago")
	days := flag.Int("days", 1, "days")
	first := flag.String("first", "2026-11-21", "date of the first day")
	flag.Parse()
	begin, err := time.Parse(time.DateOnly, *first)
	if err == nil {
		err = fill(*data, begin, *days, *events, *strays)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// fill appends the days second by second, as a receiver does.
func fill(data string, begin time.Time, days, events, strays int) error {
	db, err := bolt.Open(data, bolt.Options{Logger: slog.Default(), NoSync: true})
	if err != nil {
		return err
	}
	g := generator{r: rand.New(rand.NewPCG(1, 2)), parser: parse.NewParser()}
	for day := range days {
		at := begin.AddDate(0, 0, day)
		step := max(24*time.Hour/time.Duration(events), 1)
		for i := 0; i < events; {
			n := min(max(int(time.Second/step), 1), events-i)
			for range n {
				stray := strays > 0 && i%max(events/strays, 1) == events/strays/2
				g.event(at.Add(time.Duration(i)*step), i, stray)
				i++
			}
			if err := g.flush(db); err != nil {
				return err
			}
		}
	}
	return db.Close()
}

type generator struct {
	r      *rand.Rand
	parser *parse.Parser
	rec    parse.Record
	rows   []store.Entry
}

// event adds a line; in bursts it is of one host, with a full table after some seconds.
func (g *generator) event(at time.Time, i int, stray bool) {
	router, host, peer := "gw", g.r.IntN(40), g.r.IntN(4000)
	burst := at.Unix() % 1800
	if burst < 20 {
		host, peer = 7, i%65000
	}
	if i%50_000 == 49_999 {
		router = "attic"
	}
	if stray {
		at = at.Add(-time.Duration(1+g.r.IntN(5)) * time.Hour)
	}
	text := fmt.Sprintf("[NEW] IN=br-lan OUT=wan0 MAC=16:a8:1b:53:dd:8f:3c:52:82:4a:10:%02x:08:00 SRC=192.168.128.%d "+
		"DST=198.18.%d.%d LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=%d WINDOW=64240 RES=0x00 "+
		"SYN URGP=0 ",
		host, host+10, peer/250, peer%250, g.r.IntN(65536), 32768+g.r.IntN(28000),
		[]int{443, 80, 53, 6881}[g.r.IntN(4)])
	if burst >= 10 && burst < 20 && i%4 == 0 {
		text = "nf_conntrack: table full, dropping packet"
	}
	raw := fmt.Appendf(nil, "<4>%s %s kernel: [%5d.%06d] %s", at.Format(time.Stamp), router, 5000+i/1000, i%1000*1000,
		text)
	g.parser.Line(raw, &g.rec)
	e := store.Entry{Event: g.rec.Event, Identity: g.rec.Identity, Raw: raw}
	e.Time, e.Recv, e.Router = at.Truncate(time.Second).UnixNano(), at.UnixNano(), parse.MakeName(router)
	g.rows = append(g.rows, e)
}

func (g *generator) flush(db *bolt.DB) error {
	slices.SortStableFunc(g.rows, func(a, b store.Entry) int { return cmp.Compare(a.Time, b.Time) })
	_, err := db.Append(context.Background(), store.Batch{Entries: g.rows})
	g.rows = g.rows[:0]
	return err
}
