package detect

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"uncloak/parse"
)

// This file counts the entries of a table by their state, and those of the services that are open to the outside.

const (
	maxInlets = 256 // services counted per router
	topInlets = 4   // … that an Overflow keeps
	numStates = int(parse.Replied) + 1
	// further lines about one TCP session from which on they are its SYN again; one may be another logger's copy
	synRepeats = 2
)

// States counts entries by parse.State; NoState stands for sessions whose state the log does not show. It ends with the
// last count that is not zero.
type States []uint32

// Inlet is a service inside that is reached from outside, and the entries of its sessions in a table.
type Inlet struct {
	Host netip.Addr
	Port Port
	N    uint32 // entries
	Half uint32 // … of sessions that are not answered, or whose handshake was not finished (SYN_SENT, SYN_RECV)
	Wait uint32 // … of sessions that are over (TIME_WAIT)
}

// Named gives the entries by the name of their state; nil where there are none.
func (s States) Named() map[string]int {
	var out map[string]int
	for i, n := range s {
		if n == 0 {
			continue
		}
		if out == nil {
			out = map[string]int{}
		}
		out[cmp.Or(parse.State(i).String(), "not told")] = int(n)
	}
	return out
}

// merge adds the counts of o.
func (s States) merge(o States) States {
	out := make(States, max(len(s), len(o)))
	copy(out, s)
	for i, n := range o {
		out[i] += n
	}
	return out
}

// enter moves the entry to another state.
func (e *entry) enter(s parse.State) {
	if e.gone || s == e.state || int(s) >= numStates {
		return
	}
	e.count(-1)
	e.state = s
	e.count(1)
}

// count adds the entry to the counts of its state, or takes it from them.
func (e *entry) count(n int32) {
	e.in.states[e.state] += n
	x := e.inlet
	if x == nil {
		return
	}
	x.N += uint32(n)
	switch {
	case e.state == parse.SynSent || e.state == parse.SynRecv || e.state == parse.Unreplied && e.key.Proto == parse.TCP:
		x.Half += uint32(n)
	case e.state == parse.TimeWait:
		x.Wait += uint32(n)
	}
}

// inletOf gives the record of the service that the session goes to; nil when the session was opened from inside, or
// when there are too many services.
func (h *holding) inletOf(e *entry) *Inlet {
	if holder := e.own.host; !holder.IsValid() || e.key.Src == holder {
		return nil
	}
	d := Door{e.own.host, Port{e.key.Proto, e.key.DPort}}
	x := h.inlets[d]
	if x == nil {
		if len(h.inlets) >= maxInlets {
			maps.DeleteFunc(h.inlets, func(_ Door, x *Inlet) bool { return x.N == 0 })
			if len(h.inlets) >= maxInlets {
				return nil
			}
		}
		if h.inlets == nil {
			h.inlets = map[Door]*Inlet{}
		}
		x = &Inlet{Host: d.Peer, Port: d.Port}
		h.inlets[d] = x
	}
	return x
}

// byState gives the entries by state at this moment, in all.
func (h *holding) byState(all *[numStates]uint32) States {
	n := numStates
	for n > 0 && h.states[n-1] == 0 {
		n--
	}
	out := all[:n]
	for i := range out {
		out[i] = uint32(max(h.states[i], 0))
	}
	return out
}

// largest gives the services that hold most entries at this moment.
func (h *holding) largest() []Inlet {
	var out []Inlet
	for _, x := range h.inlets {
		if x.N > 0 {
			out = append(out, *x)
		}
	}
	slices.SortFunc(out, func(a, b Inlet) int {
		return cmp.Or(
			cmp.Compare(b.N, a.N),
			a.Host.Compare(b.Host),
			cmp.Compare(a.Port.Proto, b.Port.Proto),
			cmp.Compare(a.Port.Port, b.Port.Port),
		)
	})
	return slices.Clip(out[:min(len(out), topInlets)])
}
