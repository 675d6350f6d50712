package detect

import (
	"cmp"
	"encoding/binary"
	"maps"
	"net/netip"

	"uncloak/parse"
)

// outward counts the destinations of a host while its day runs: Host.Targets, Ports, Fans and Walls are made of it.
// Each session looks into it two or three times, so its keys are plain memory, which hashes and compares in a third of
// the time that a netip.Addr with its zone takes (pprof).
type outward struct {
	doors []doorway
	index []uint16 // open addressing over doors: 1 + position, 0 = free; at least twice as long
	ports map[uint32]*portway
	fans  map[Port]*Fan
	walls map[netip.Addr]*Fan
	fresh map[netip.Addr]uint64 // doors of a peer that were new to the record, at most maxPorts

	often  [128]uint8 // new doors by hash of the peer, halved now and then: whose cell is low has no wall
	newest int        // new doors since
	full   bool       // there is room for a few doors and ports only

	last     *portway // the port gone to last: most sessions go to the same one
	lastPort uint32
}

// plainDoor is a Door as plain memory. The zone of an address is left out.
type plainDoor struct {
	hi, lo uint64
	port   uint64
}

type doorway struct {
	Target
	key  plainDoor
	door Door
	hash uint64
	gone bool
}

type portway struct {
	n   uint64
	fan *Fan
}

func plainPort(p Port) uint32 { return uint32(p.Proto)<<16 | uint32(p.Port) }

func plain(a netip.Addr) (hi, lo uint64) {
	if a.Is4() { // nearly all: half of the time
		b := a.As4()
		return 0, 0xffff<<32 | uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

func (d Door) plain() plainDoor {
	hi, lo := plain(d.Peer)
	return plainDoor{hi, lo, uint64(plainPort(d.Port))}
}

// open counts a session to a door at ns, in the ten-minute span of that number. hash is that of the peer.
func (o *outward) open(d Door, hash uint64, ns int64, span int) {
	x := o.target(d, hash)
	x.N++
	if x.First == 0 || ns < x.First {
		x.First = ns
	}
	x.Last = max(x.Last, ns)
	x.Active[span/64] |= 1 << (span % 64)
	o.port(d.Port, hash)
}

// at gives the record of the door, or nil.
func (o *outward) at(d Door) *Target {
	if x := o.find(d.plain(), hashAddr(d.Peer)); x != nil {
		return &x.Target
	}
	return nil
}

func (o *outward) find(k plainDoor, hash uint64) *doorway {
	if len(o.index) == 0 {
		return nil
	}
	mask := uint64(len(o.index) - 1)
	for i := mix(hash^k.port) & mask; o.index[i] != 0; i = (i + 1) & mask {
		if x := &o.doors[o.index[i]-1]; x.key == k {
			return x
		}
	}
	return nil
}

// target gives the record of the door, and makes it if there is none; of too many doors, the rarest half goes.
func (o *outward) target(d Door, hash uint64) *Target {
	k := d.plain()
	if x := o.find(k, hash); x != nil {
		return &x.Target
	}
	if most := o.most(maxTargets); len(o.doors) >= most {
		o.trim(most / 2)
	}
	o.doors = append(o.doors, doorway{key: k, door: d, hash: mix(hash ^ k.port)})
	if 2*len(o.doors) > len(o.index) {
		o.rebuild(max(16, 2*len(o.index)))
	} else {
		o.enter(len(o.doors) - 1)
	}
	o.wall(d, hash)
	return &o.doors[len(o.doors)-1].Target
}

// most gives the bound of a table: n, or what there is room for.
func (o *outward) most(n int) int {
	if o.full {
		return min(n, fewDoors)
	}
	return n
}

func (o *outward) rebuild(size int) {
	if size == len(o.index) {
		clear(o.index)
	} else {
		o.index = make([]uint16, size)
	}
	for i := range o.doors {
		o.enter(i)
	}
}

func (o *outward) enter(at int) {
	mask := uint64(len(o.index) - 1)
	i := o.doors[at].hash & mask
	for o.index[i] != 0 {
		i = (i + 1) & mask
	}
	o.index[i] = uint16(at + 1)
}

// trim keeps the doors with most sessions, of equal ones those with the latest.
func (o *outward) trim(keep int) {
	var order [maxTargets]*doorway
	for i := range o.doors {
		order[i] = &o.doors[i]
	}
	selectFirst(order[:len(o.doors)], keep)
	for _, x := range order[keep:len(o.doors)] {
		x.gone = true
	}
	n := 0
	for i := range o.doors {
		if !o.doors[i].gone {
			o.doors[n] = o.doors[i]
			n++
		}
	}
	o.doors = o.doors[:n]
	o.rebuild(len(o.index))
}

// before is a total order, so that the same doors stay whatever the order of the map is.
func (x *doorway) before(y *doorway) bool {
	if x.N != y.N {
		return x.N > y.N
	}
	if x.Last != y.Last {
		return x.Last > y.Last
	}
	return cmp.Or(x.door.Peer.Compare(y.door.Peer), cmp.Compare(x.key.port, y.key.port)) < 0
}

// selectFirst moves the n first doors to the front.
func selectFirst(all []*doorway, n int) { quickselect(all, n, (*doorway).before) }

// port counts a session to a port and, once the port has some sessions, the hosts that it reaches there.
func (o *outward) port(p Port, peer uint64) {
	k := plainPort(p)
	x := o.last
	if x == nil || o.lastPort != k {
		if x = o.ports[k]; x == nil {
			x = o.newPort(k, p)
		}
		o.last, o.lastPort = x, k
	}
	x.n++
	if x.fan == nil {
		if x.n < fanFloor || len(o.fans) >= maxFans || o.full {
			return
		}
		if o.fans == nil {
			o.fans = map[Port]*Fan{}
		}
		x.fan = &Fan{N: x.n - 1}
		o.fans[p] = x.fan
	}
	x.fan.addHash(peer)
}

// newPort makes room by lossy counting, like bump.
func (o *outward) newPort(k uint32, p Port) *portway {
	if o.ports == nil {
		o.ports = map[uint32]*portway{}
	}
	if len(o.ports) >= o.most(maxPorts) {
		for k, x := range o.ports {
			if x.n--; x.n == 0 {
				delete(o.ports, k)
			}
		}
	}
	x := &portway{fan: o.fans[p]} // it may have been let go of
	o.ports[k] = x
	return x
}

// wall counts the ports of a peer to which new doors come again and again: the peer has many, or the record dropped one
// in between; the count of distinct ports tells which. Of too many such peers, the one with the fewest ports makes
// room.
func (o *outward) wall(d Door, hash uint64) {
	cell := &o.often[hash%uint64(len(o.often))]
	*cell = min(*cell+1, 128)
	if o.newest++; o.newest >= 4*len(o.often) {
		o.newest = 0
		for i := range o.often {
			o.often[i] /= 2
		}
	}
	if *cell < wallCell || o.full {
		return
	}
	if o.fresh == nil {
		o.fresh, o.walls = map[netip.Addr]uint64{}, map[netip.Addr]*Fan{}
	}
	bump(o.fresh, d.Peer)
	f := o.walls[d.Peer]
	if f == nil {
		if o.fresh[d.Peer] < wallFloor {
			return
		}
		if len(o.walls) >= maxWalls {
			var least netip.Addr
			for p, f := range o.walls {
				if !least.IsValid() || f.Peers() < o.walls[least].Peers() ||
					f.Peers() == o.walls[least].Peers() && p.Less(least) {
					least = p
				}
			}
			delete(o.walls, least)
			delete(o.fresh, least) // it may come again, in its turn
		}
		f = &Fan{}
		o.walls[d.Peer] = f
	}
	f.addHash(mix(uint64(plainPort(d.Port))))
}

// fill copies the record into the host's summary.
func (o *outward) fill(h *Host) {
	h.Targets = make(map[Door]*Target, len(o.doors))
	for i := range o.doors {
		h.Targets[o.doors[i].door] = new(o.doors[i].Target)
	}
	h.Ports = make(map[Port]uint64, len(o.ports))
	for k, x := range o.ports {
		h.Ports[Port{uint8(k >> 16), uint16(k)}] = x.n
	}
	h.Fans = make(map[Port]*Fan, len(o.fans))
	for p, f := range o.fans {
		h.Fans[p] = new(*f)
	}
	h.Walls = maps.Clone(o.walls)
	for p, f := range h.Walls {
		h.Walls[p] = new(*f)
	}
}

// judged counts the outcome of a session that a host opened; each session has one.
func (t *Tracker) judged(e *parse.Event, host, peer netip.Addr, o outcome) {
	if o == unknown || e.Src != host {
		return
	}
	if hs := t.known(host); hs != nil {
		hs.out.judge(Door{peer, Port{e.Proto, e.DPort}}, o)
	}
}

// judge counts the outcome of a session to the door.
func (o *outward) judge(d Door, how outcome) {
	x := o.at(d)
	if x == nil {
		return
	}
	switch how {
	case done:
		x.Done++
	case refused:
		x.Refused++
	case silent:
		x.Silent++
	}
}
