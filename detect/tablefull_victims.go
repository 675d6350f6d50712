package detect

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"
)

// This file finds the hosts whose new sessions set an overflow off, and those whose sessions are missing meanwhile.

const (
	triggerSpan = time.Minute // before an overflow: the host that opens most sessions in it sets it off
	victimLeast = 1.0         // sessions that must be missing of a host to call it a victim
	// … and by how many standard deviations of a Poisson count; people open sessions in heaps
	victimSure = 3.0
	// sessions a second: a host that opens fewer cannot miss one in the seconds of an overflow
	victimRate   = 1.0 / 60
	actorFactor  = 4.0 // a host that opens so many times as much as usual in triggerSpan is no victim
	victimsShown = 8
)

// Collateral holds what happened around an overflow: its trigger, its victims, and the table without its holder.
type Collateral struct {
	Episodes int `json:"episodes,omitempty"` // how many spells of this holder the window has

	// host that opened most sessions in the minute before; often the holder
	Trigger         string `json:"trigger,omitempty"`
	TriggerSessions int    `json:"trigger_sessions,omitempty"` // … and how many
	// hosts whose sessions are missing meanwhile, estimated
	Victims []Victim `json:"victims,omitempty"`
	// entries at the worst moment if Host had not been there, estimated; rather too many
	Without int `json:"without,omitempty"`
	// whether that is below the size of the table; absent when that is not known
	FitsWithout *bool `json:"fits_without,omitempty"`
	// entries by state at the worst moment; "not told" where the log does not tell
	States map[string]int `json:"states,omitempty"`
	// services inside whose unfinished or finished sessions held entries
	Inlets []Service `json:"inlets,omitempty"`
}

// Service is a service inside that is reached from outside, and what its sessions held of a full table.
type Service struct {
	Host     string `json:"host"`
	Name     string `json:"name,omitempty"`
	Port     string `json:"port"` // as tcp/80
	Entries  int    `json:"entries"`
	HalfOpen int    `json:"half_open,omitempty"` // … without an answer, or not finished opening: SYN_SENT, SYN_RECV
	TimeWait int    `json:"time_wait,omitempty"` // … of closed sessions
}

// Victim is a host whose sessions are missing while the table was full.
type Victim struct {
	Host  string `json:"host"`
	Name  string `json:"name,omitempty"`
	Count int    `json:"count"` // estimated
}

// crowd counts the sessions that the hosts of a day opened, and those opened to them, around its overflows.
type crowd struct {
	slots map[uint16][]opened        // of the slots around the overflows
	usual [24]map[netip.Addr]float64 // sessions a second in the rest of the hour, of hosts above victimRate
	full  [slotsPerDay/64 + 1]uint64 // slots in which a table was full
	calm  [24]int                    // slots of the hour in which none was
}

type opened struct {
	host netip.Addr
	n    uint32
}

// newCrowd counts the sessions of the day around its overflows.
func newCrowd(d *Day) *crowd {
	c := &crowd{slots: map[uint16][]opened{}}
	near := [slotsPerDay/64 + 1]uint64{}
	mark := func(set *[slotsPerDay/64 + 1]uint64, from, to int64) {
		for i := slotIn(d, from); i <= slotIn(d, to); i++ {
			set[i/64] |= 1 << (i % 64)
		}
	}
	for _, r := range d.Routers {
		for i := range r.Overflows {
			o := &r.Overflows[i]
			mark(&c.full, o.Start, o.End)
			mark(&near, o.Start-int64(triggerSpan), o.End)
		}
	}
	first, last := slotIn(d, d.First), slotIn(d, d.Last)
	for i := first; i <= last; i++ {
		if c.full[i/64]>>(i%64)&1 == 0 {
			c.calm[i/360]++
		}
	}
	for host, h := range d.Hosts {
		var hours [24]float64
		for _, s := range [2]*Series{&h.Sessions, &h.Inbound} {
			for _, b := range s.Slots {
				if near[b.I/64]>>(b.I%64)&1 != 0 {
					c.slots[b.I] = append(c.slots[b.I], opened{host, b.N})
				}
				if c.full[b.I/64]>>(b.I%64)&1 == 0 {
					hours[b.I/360] += float64(b.N)
				}
			}
		}
		for hour, n := range hours {
			if rate := n / (float64(max(c.calm[hour], 1)) * SlotLen.Seconds()); rate >= victimRate && host.IsValid() {
				if c.usual[hour] == nil {
					c.usual[hour] = map[netip.Addr]float64{}
				}
				c.usual[hour][host] = rate
			}
		}
	}
	return c
}

// slotIn gives the slot of the day in which ns lies; of a time on another day, the first or last slot.
func slotIn(d *Day, ns int64) int {
	return int(min(max(floorDiv(ns-d.Date.Start().UnixNano(), int64(SlotLen)), 0), int64(slotsPerDay)-1))
}

// between gives the number of sessions of each host in those slots, and of all together.
func (c *crowd) between(first, last int) (by map[netip.Addr]uint64, all uint64) {
	by = map[netip.Addr]uint64{}
	for i := first; i <= last; i++ {
		for _, o := range c.slots[uint16(i)] {
			by[o.host] += uint64(o.n)
			all += uint64(o.n)
		}
	}
	return by, all
}

// trigger gives the host that opened most sessions in the minute before the first refusal, and how many; where that
// host only answers another one's bursts, the other one.
func (c *crowd) trigger(d *Day, o *Overflow, causes map[netip.Addr]netip.Addr) (host netip.Addr, n uint64) {
	by, _ := c.between(slotIn(d, o.Start-int64(triggerSpan)), slotIn(d, o.Start))
	for h, k := range by {
		if h.IsValid() && (k > n || k == n && h.Less(host)) {
			host, n = h, k
		}
	}
	if cause, ok := causes[host]; ok && by[cause] > 0 {
		return cause, by[cause]
	}
	return host, n
}

// loss is the number of sessions that are missing of a host.
type loss struct{ missing, expected float64 }

// losses estimates, for each host that is busy at that hour, how many of its sessions did not come about in the
// overflow: the usual number for so long a time, less the number seen; it is negative when more were seen. The slots at
// both ends are partly outside the overflow, and sessions in them are counted for that part first, so that the estimate
// is rather low.
func (c *crowd) losses(d *Day, o *Overflow) map[netip.Addr]loss {
	first, last := slotIn(d, o.Start), slotIn(d, o.End)
	by, _ := c.between(first, last)
	whole := float64(last-first+1) * SlotLen.Seconds()
	long := min(float64(o.End-o.Start)/1e9+1, whole)
	out := map[netip.Addr]loss{}
	before, _ := c.between(slotIn(d, o.Start-int64(triggerSpan)), first)
	for host, rate := range c.usual[first/360] {
		if float64(before[host]) > actorFactor*rate*triggerSpan.Seconds() {
			continue // it helped to fill the table: what it usually opens is such bursts
		}
		seen := float64(by[host])
		if free := rate * (whole - long); seen < rate*whole {
			seen = max(seen-free, 0)
		} else {
			seen *= long / whole
		}
		out[host] = loss{rate*long - seen, rate * long}
	}
	return out
}

// collateral sums up the losses of all overflows, by host.
type collateral map[netip.Addr]*struct{ sum, positive, expected float64 }

func (v collateral) add(l map[netip.Addr]loss) {
	for host, x := range l {
		if v[host] == nil {
			v[host] = &struct{ sum, positive, expected float64 }{}
		}
		y := v[host]
		y.sum, y.positive, y.expected = y.sum+x.missing, y.positive+max(x.missing, 0), y.expected+x.expected
	}
}

// victims lists the hosts that lost in this overflow and lost in all overflows together: one short overflow says little
// of a host that opens a session now and then. The single losses are scaled so that they add up to the whole one. Those
// who filled the table are no victims of it.
func (v collateral) victims(l map[netip.Addr]loss, culprits ...string) []Victim {
	var out []Victim
	for host, x := range l {
		y := v[host]
		if y.sum < max(victimLeast, victimSure*math.Sqrt(y.expected)) || x.missing <= 0 ||
			slices.Contains(culprits, host.String()) {
			continue
		}
		if n := int(x.missing*y.sum/y.positive + 0.5); n > 0 {
			out = append(out, Victim{Host: host.String(), Count: n})
		}
	}
	slices.SortFunc(out, func(a, b Victim) int {
		return cmp.Or(
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Host, b.Host),
		)
	})
	return out[:min(len(out), victimsShown)]
}

// without estimates the fullest moment of the overflow if the host had not been there: the entries of the others and,
// of the refused packets, the part that the others have of the new sessions. A refused session sends more than one
// packet, so that the estimate is rather high.
func (c *crowd) without(d *Day, o *Overflow, entries int, share float64, host netip.Addr) int {
	by, all := c.between(slotIn(d, o.Start-int64(triggerSpan)), slotIn(d, o.End))
	others := 1.0
	if all > 0 {
		others = 1 - float64(by[host])/float64(all)
	}
	return int(float64(entries)*(1-share) + others*float64(o.Drops()))
}
