package detect

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"uncloak/parse"
)

// A flood of made-up routers, hosts, names, services, interfaces and spells fills each bound; the rest is counted.
func TestMadeUpNamesAreBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Limits = LimitsWithin(64 << 20)
	cfg.Named = map[string]bool{"known": true}
	tr := NewTracker(cfg, nil, DateOf(t0))
	inside := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	outside := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}) }
	const n = 200_000
	for i := range n {
		name := parse.MakeName(fmt.Sprintf("made-up-%d", i/9))
		e := parse.Event{Time: t0.Add(time.Duration(i) * time.Millisecond).UnixNano(), Router: name, Detail: name}
		e.Src, e.Dst, e.SPort, e.DPort, e.Proto = inside(i), outside(i), uint16(i), uint16(i*7), parse.TCP
		switch i % 9 {
		case 0, 1:
			e.Kind = parse.SessionNew
		case 2:
			e.Kind = parse.SessionNew
			e.Src, e.Dst = e.Dst, e.Src
		case 3:
			e.Kind = parse.DNSQuery
		case 4:
			e.Kind, e.Aside = parse.DHCPLease, parse.MakeName(fmt.Sprintf("02:00:00:%02x:%02x:%02x", i>>16, i>>8&255,
				i&255))
			e.Src = inside(i % 500)
		case 5:
			e.Kind, e.State = parse.Link, parse.LinkDown
		case 6:
			e.Kind, e.Detail = parse.TableFull, parse.Name{}
		case 7:
			e.Kind, e.Count = parse.OOMKill, uint32(i)
		case 8:
			e.Kind = parse.WindowShrink
		}
		tr.Observe(&e)
	}
	d := tr.Day()
	if !tr.room.full || tr.room.used > 2*cfg.Limits.Bytes {
		t.Errorf("%d bytes are used of %d, full %v", tr.room.used, cfg.Limits.Bytes, tr.room.full)
	}
	if len(d.Hosts) > cfg.Limits.Hosts+1 || len(d.Routers) > cfg.Limits.Routers+2 ||
		tr.table.entries.n > cfg.Limits.Sessions {
		t.Errorf("%d hosts, %d routers, %d sessions", len(d.Hosts), len(d.Routers), tr.table.entries.n)
	}
	lines := uint64(0)
	for _, r := range d.Routers {
		lines += r.Lines
	}
	if lines != n || d.Routers[Others].Lines == 0 {
		t.Errorf("%d lines of %d are counted, %d of others", lines, n, d.Routers[Others].Lines)
	}
	for _, what := range []string{"hosts", "routers", "sessions", "times of sessions", "kills", "shrinks"} {
		if d.Dropped[what] == 0 {
			t.Errorf("%s were left out and not counted: %v", what, d.Dropped)
		}
	}
	e := parse.Event{Time: t0.Add(time.Hour).UnixNano(), Router: parse.MakeName("known"), Kind: parse.Unknown}
	tr.Observe(&e)
	if r := tr.Day().Routers["known"]; r == nil || r.Lines != 1 {
		t.Errorf("a router that the config names has no record of its own: %+v", r)
	}
}

// What a host goes to stays within few places once there is no room, and the largest stay.
func TestNoRoomKeepsTheLargest(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Limits.Bytes = 50_000
	tr := NewTracker(cfg, nil, DateOf(t0))
	s := newStream()
	for i := range measureEvery + 2000 {
		to := wan(9)
		if i%2 == 0 {
			to = wan(i)
		}
		s.session(t0.Add(time.Duration(i/2)*time.Microsecond), lan(1), to, parse.TCP, uint16(i))
	}
	for i := range s.events {
		s.events[i].Time = t0.UnixNano()
		tr.Observe(&s.events[i])
	}
	h := tr.Day().Hosts[lan(1)]
	if len(h.Targets) > fewDoors || len(h.Ports) > maxPorts {
		t.Errorf("%d destinations, %d ports", len(h.Targets), len(h.Ports))
	}
	if got := h.Sessions.Total(); got == 0 {
		t.Error("the sessions of the running slot are not counted")
	}
}

func TestLimitsWithin(t *testing.T) {
	if got, want := LimitsWithin(512<<20), DefaultConfig().Limits; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, mb := range []int{8, 64, 128, 4096} {
		l := LimitsWithin(mb << 20)
		if l.Hosts < 512 || l.Hosts > 16384 || l.Sessions > 1<<18 || l.Routers < 64 || l.Bytes < 2<<20 {
			t.Errorf("%d MB: %+v", mb, l)
		}
	}
}

// The counts of beginnings, which each router has that logs them, are in the estimate.
func TestPacesAreCharged(t *testing.T) {
	if n := unsafe.Sizeof([2]capUnit{}) + unsafe.Sizeof(bounds{}); n > pacesBytes {
		t.Errorf("%d bytes, charged as %d", n, pacesBytes)
	}
	cfg := DefaultConfig()
	tr := NewTracker(cfg, nil, DateOf(t0))
	for i := range 100 {
		tr.Observe(&parse.Event{Kind: parse.SessionNew, Time: t0.UnixNano() + int64(i), Src: lan(1), Dst: wan(i),
			SPort: uint16(i), DPort: 443, Proto: parse.TCP, Router: parse.MakeName(fmt.Sprintf("gw%d", i))})
	}
	charged, least := tr.room.used, 100*(routerBytes+pacesBytes)
	if tr.room.next = 0; charged < least {
		t.Errorf("%d bytes are charged, at least %d", charged, least)
	}
	if tr.measure(); tr.room.used < least {
		t.Errorf("%d bytes are measured, at least %d", tr.room.used, least)
	}
}
