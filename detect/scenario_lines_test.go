package detect_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/store"
	"uncloak/store/bolt"
)

// lines writes the log as the router's dialect has it, in the router's local time, the lines up to three seconds out of
// order.
func (s *scene) lines(l logged) []byte {
	type line struct {
		at   int64
		text string
	}
	var out []line
	for i := range l.events {
		e := &l.events[i]
		if text := s.line(e, i); text != "" {
			out = append(out, line{e.Time + int64(seconds(s.between(-3, 3))), text})
		}
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var b bytes.Buffer
	for _, x := range out {
		b.WriteString(x.text + "\n")
	}
	return b.Bytes()
}

func (s *scene) line(e *parse.Event, id int) string {
	at := time.Unix(0, e.Time).In(s.loc)
	bsd := at.Format("Jan _2 15:04:05") + " gw "
	switch e.Kind {
	case parse.TableFull:
		return bsd + "kernel: nf_conntrack: nf_conntrack: table full, dropping packet"
	case parse.Suppressed:
		return fmt.Sprintf("%skernel: net_ratelimit: %d callbacks suppressed", bsd, e.Count)
	case parse.Repeated:
		return fmt.Sprintf("%slast message repeated %d times", bsd, e.Count)
	case parse.DNSQuery:
		a := e.NATDst.As4()
		return fmt.Sprintf("%sdnsmasq[311]: query[PTR] %d.%d.%d.%d.in-addr.arpa from %v", bsd, a[3], a[2], a[1], a[0],
			e.Src)
	}
	switch s.log.form {
	case asa:
		return s.asaLine(e, at, id)
	case conntrack:
		return conntrackLine(e)
	}
	if e.Proto == parse.TCP {
		return fmt.Sprintf("%skernel: NEW: IN=br-lan OUT=eth0 SRC=%v DST=%v LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=%d "+
			"DF PROTO=TCP SPT=%d DPT=%d WINDOW=64240 RES=0x00 SYN URGP=0", bsd, e.Src, e.Dst, id%65536, e.SPort,
			e.DPort)
	}
	return fmt.Sprintf("%skernel: NEW: IN=br-lan OUT=eth0 SRC=%v DST=%v LEN=68 TOS=0x00 PREC=0x00 TTL=63 ID=%d "+
		"PROTO=UDP SPT=%d DPT=%d LEN=48", bsd, e.Src, e.Dst, id%65536, e.SPort, e.DPort)
}

func (s *scene) asaLine(e *parse.Event, at time.Time, id int) string {
	proto, built, gone := "TCP", 302013, 302014
	if e.Proto == parse.UDP {
		proto, built, gone = "UDP", 302015, 302016
	}
	head := at.Format("Jan 02 2006 15:04:05") + " asa : %ASA-6-"
	if e.Src.IsPrivate() {
		if e.Kind == parse.SessionNew {
			return fmt.Sprintf("%s%d: Built outbound %s connection %d for outside:%v/%d (%v/%d) to inside:%v/%d "+
				"(203.0.113.7/%d)", head, built, proto, id, e.Dst, e.DPort, e.Dst, e.DPort, e.Src, e.SPort, e.SPort)
		}
		why := "TCP FINs"
		switch {
		case e.Flags&parse.RST != 0:
			why = "TCP Reset-O"
		case e.State == parse.Unreplied:
			why = "SYN Timeout"
		case e.Proto == parse.UDP:
			why = ""
		}
		return fmt.Sprintf("%s%d: Teardown %s connection %d for outside:%v/%d to inside:%v/%d duration 0:00:30 bytes "+
			"%d %s", head, gone, proto, id, e.Dst, e.DPort, e.Src, e.SPort, e.Bytes, why)
	}
	if e.Kind == parse.SessionNew {
		return fmt.Sprintf("%s%d: Built inbound %s connection %d for outside:%v/%d (%v/%d) to inside:%v/%d "+
			"(203.0.113.7/%d)", head, built, proto, id, e.Src, e.SPort, e.Src, e.SPort, e.Dst, e.DPort, e.DPort)
	}
	return fmt.Sprintf("%s%d: Teardown %s connection %d for outside:%v/%d to inside:%v/%d duration 0:00:30 bytes %d "+
		"TCP FINs", head, gone, proto, id, e.Src, e.SPort, e.Dst, e.DPort, e.Bytes)
}

func conntrackLine(e *parse.Event) string {
	stamp := fmt.Sprintf("[%d.%06d]\t", e.Time/1e9, e.Time/1e3%1e6)
	tuple := func(src, dst netip.Addr, sport, dport uint16) string {
		return fmt.Sprintf("src=%v dst=%v sport=%d dport=%d", src, dst, sport, dport)
	}
	there := tuple(e.Src, e.Dst, e.SPort, e.DPort)
	back := tuple(e.Dst, netip.AddrFrom4([4]byte{203, 0, 113, 7}), e.DPort, e.SPort)
	proto := "tcp      6"
	if e.Proto == parse.UDP {
		proto = "udp      17"
	}
	if e.Kind == parse.SessionNew {
		state := "120 SYN_SENT "
		if e.Proto == parse.UDP {
			state = "30 "
		}
		return fmt.Sprintf("%s    [NEW] %s %s%s [UNREPLIED] %s", stamp, proto, state, there, back)
	}
	unreplied := ""
	if e.State == parse.Unreplied {
		unreplied = "[UNREPLIED] "
	}
	half := max(e.Packets/2, 1)
	return fmt.Sprintf("%s[DESTROY] %s %s packets=%d bytes=%d %s%s packets=%d bytes=%d", stamp, proto, there,
		e.Packets-e.Packets/2, half*60, unreplied, back, e.Packets/2, e.Packets/2*60)
}

// TestScenariosAsLines goes the whole way: text, parser, clocks and zones, store, days, findings.
func TestScenariosAsLines(t *testing.T) {
	want := map[form]int{begins: 3, asa: 2, conntrack: 2}
	if testing.Short() || raceEnabled {
		want = map[form]int{begins: 1, asa: 1, conntrack: 1}
	}
	var sum tally
	for seed := uint64(94000); len(want) > 0; seed++ {
		if theme := themes[seed%uint64(len(themes))]; theme != "wall" && theme != "two" && theme != "table" &&
			theme != "null" && theme != "free" {
			continue
		}
		s := makeScene(seed)
		// conntrack -E does not tell of a full table
		if want[s.log.form] == 0 || s.log.form == conntrack && s.log.table > 0 {
			continue
		}
		if want[s.log.form]--; want[s.log.form] == 0 {
			delete(want, s.log.form)
		}
		l := s.run()
		sum.score(s, l, imported(t, s, s.lines(l)))
	}
	t.Logf("%v%v", &sum, sum.notes)
	sum.check(t)
}

func imported(t *testing.T, s *scene, text []byte) []detect.Finding {
	ctx := context.Background()
	db, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	days := ingest.NewDays(db, s.config(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	got, err := ingest.ImportReader(ctx, days, ingest.Options{Location: s.loc, CapturedAt: s.to, Router: "gw"},
		"router.log", bytes.NewReader(text), s.to)
	if err != nil || got.Unparsed > 0 {
		t.Fatalf("%v: %+v, %v", s, got, err)
	}
	w := store.Window{From: s.from.Add(-time.Hour), To: s.to.Add(time.Hour)}
	list, err := days.Load(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	return detect.Findings(list, s.config(), detect.Window{From: w.From, To: w.To})
}
