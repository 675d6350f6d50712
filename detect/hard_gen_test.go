//go:build hard

package detect_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// value is one key of a finding's JSON; nil where it has none. Keys that a later version adds can be asked for.
func value(f *detect.Finding, key string) any {
	b, err := json.Marshal(f)
	if err != nil {
		return nil
	}
	m := map[string]any{}
	if json.Unmarshal(b, &m) != nil {
		return nil
	}
	return m[key]
}

// textOf is a list of words under one key of a finding's JSON, sorted.
func textOf(f *detect.Finding, key string) (out []string) {
	list, _ := value(f, key).([]any)
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	slices.Sort(out)
	return out
}

// setMAC gives an event the hardware address of its source, where events have a place for one.
func setMAC(e *parse.Event, mac string) {
	if f := reflect.ValueOf(e).Elem().FieldByName("Aside"); f.IsValid() {
		f.Set(reflect.ValueOf(parse.MakeName(mac)))
	}
}

// lease is a DHCP server's word that a machine has an address.
func lease(at time.Time, a netip.Addr, mac, name string) parse.Event {
	e := parse.Event{Time: at.UnixNano(), Kind: parse.DHCPLease, Src: a, Detail: parse.MakeName(name)}
	setMAC(&e, mac)
	return e
}

// neighbour is a line that ties an address to a hardware address; where there is no such kind of event, it is a
// lease.
func neighbour(at time.Time, a netip.Addr, mac string) parse.Event {
	e := parse.Event{Time: at.UnixNano(), Kind: parse.DHCPLease, Src: a}
	if k, ok := parse.KindOf("neighbour"); ok {
		e.Kind = k
	}
	setMAC(&e, mac)
	return e
}

// begun is the beginning of a session.
func begun(at time.Time, src, dst netip.Addr, sport, dport uint16, proto uint8) parse.Event {
	e := parse.Event{Time: at.UnixNano(), Kind: parse.SessionNew, Src: src, Dst: dst, Proto: proto}
	e.SPort, e.DPort = sport, dport
	return e
}

// collected makes ends of the beginnings: each session lasts hold, and the kernel's collector, which comes every
// few seconds to a minute, reports all that are over. Where told is set, each end says how long its session lasted,
// in ms.
func (s *scene) collected(l logged, hold time.Duration, told bool) logged {
	out := logged{bursts: l.bursts}
	var over []parse.Event
	for _, e := range l.events {
		if e.Kind == parse.SessionNew {
			e.Kind, e.Packets, e.Bytes = parse.SessionEnd, 2, 200
			over = append(over, e)
		}
	}
	slices.SortStableFunc(over, func(a, b parse.Event) int { return cmp.Compare(a.Time, b.Time) })
	look := s.from.UnixNano()
	for i := 0; i < len(over); {
		look += int64(s.between(4, 60) * 1e9)
		for n := int64(0); i < len(over) && over[i].Time+int64(hold) <= look; i++ {
			e := over[i]
			begin := e.Time
			n += 20_000 // the lines of one batch are microseconds apart
			e.Time = look + n
			if told {
				e.Count = uint32((e.Time - begin) / 1e6)
			}
			out.events = append(out.events, e)
		}
	}
	return out
}
