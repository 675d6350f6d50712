package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/parse"
	"uncloak/report"
)

// apply copies the limits that are set into cfg and bounds the memory of the receiver to memory MB.
func (l limits) apply(cfg *ingest.Config, memory int) {
	for _, n := range []struct {
		set  int
		what *int
	}{{l.Line, &cfg.MaxLine}, {l.Connections, &cfg.MaxConns}, {l.PerSender, &cfg.MaxConnsPerSender}} {
		if n.set != 0 {
			*n.what = n.set
		}
	}
	if l.Idle != 0 {
		cfg.Idle = l.Idle
	}
	if l.Handshake != 0 {
		cfg.Handshake = l.Handshake
	}
	cfg.Bound(memory << 20)
}

// networks parses the words of the key allow: networks, addresses, "private" (which includes lan) and "all", which
// gives nil.
func networks(words []string, lan []netip.Prefix) (out []netip.Prefix, err error) {
	for _, w := range words {
		switch w = strings.TrimSpace(w); w {
		case "all":
			return nil, nil
		case "private":
			out = append(append(out, ingest.PrivateNetworks()...), lan...)
		default:
			p, err := netip.ParsePrefix(w)
			if err != nil {
				a, addrErr := netip.ParseAddr(w)
				if addrErr != nil {
					return nil, fmt.Errorf("allow: %q is no network like 192.168.1.0/24, no address, and neither "+
						"private nor all", w)
				}
				p = netip.PrefixFrom(a, a.BitLen())
			}
			out = append(out, plainNetwork(p).Masked())
		}
	}
	if len(out) == 0 {
		return nil, errors.New("allow is empty: no sender would be let in; write private, all, or networks")
	}
	return out, nil
}

// plainNetwork turns ::ffff:192.0.2.0/120 into 192.0.2.0/24: senders are known by their plain IPv4 address.
func plainNetwork(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// rule converts an entry of the key known for the detectors.
func (k *known) rule() detect.Rule {
	return detect.Rule{By: "config", ID: k.ID, Host: k.Host, Kind: k.Kind, Port: k.Port, Note: k.Note, Until: k.end}
}

// rules converts the whole key known for the detectors.
func (c *config) rules() (out []detect.Rule) {
	for i := range c.Known {
		out = append(out, c.Known[i].rule())
	}
	return out
}

// applyTo returns base with the timeouts that the config sets.
func (t *timeouts) applyTo(base detect.Timeouts) detect.Timeouts {
	if t.System != "" {
		base = detect.TimeoutsOf(t.System)
	}
	for _, p := range []struct {
		to   *time.Duration
		from time.Duration
	}{
		{&base.SynSent, t.SynSent}, {&base.SynRecv, t.SynRecv}, {&base.Established, t.Established},
		{&base.FinWait, t.FinWait}, {&base.CloseWait, t.CloseWait}, {&base.LastAck, t.LastAck},
		{&base.TimeWait, t.TimeWait}, {&base.Close, t.Close}, {&base.UDP, t.UDP}, {&base.UDPStream, t.UDPStream},
		{&base.ICMP, t.ICMP}, {&base.Generic, t.Generic}, {&base.TypicalTCP, t.TypicalTCP},
	} {
		if p.from > 0 {
			*p.to = p.from
		}
	}
	return base
}

// zone loads a time zone by its name; "" and "local" mean the zone of this machine.
func zone(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") {
		return time.Local, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known: write it like Europe/Berlin, Asia/Tokyo or UTC", name)
	}
	return loc, nil
}

// dialect looks a dialect up by its name; "" gives nil, with which parse recognises the dialect of each line.
func dialect(name string) (*parse.Dialect, error) {
	if name == "" {
		return nil, nil
	}
	if d := parse.DialectNamed(name); d != nil {
		return d, nil
	}
	var names []string
	for _, f := range parse.Formats() {
		names = append(names, f.Name)
	}
	hint := "docs/formats.md names them all"
	if near := report.Near(name, names, 3); len(near) > 0 {
		hint = "is it " + strings.Join(near, ", ") + "? " + hint
	}
	return nil, fmt.Errorf("dialect %q is not known: %s", name, hint)
}

// detect returns the part of the config that the detectors need.
func (c *config) detect() detect.Config {
	d := detect.DefaultConfig()
	d.Location, d.Table, d.Link = c.location, c.Table, c.Link*1e6
	if len(c.LAN) > 0 {
		d.LAN = c.LAN
	}
	d.Timeouts = c.Timeouts.applyTo(d.Timeouts)
	d.Tables, d.Held, d.Named = map[string]int{}, map[string]detect.Timeouts{}, map[string]bool{}
	d.Limits = detect.LimitsWithin(c.Memory << 20)
	for _, r := range c.Routers {
		d.Named[r.nameOr()] = true
		if r.Table > 0 {
			d.Tables[r.nameOr()] = r.Table
		}
		if r.Timeouts != (timeouts{}) {
			d.Held[r.nameOr()] = r.Timeouts.applyTo(d.Timeouts)
		}
	}
	return d
}

// dialects maps the name of each router with a configured dialect to that dialect's name.
func (c *config) dialects() map[string]string {
	out := map[string]string{}
	for _, r := range c.Routers {
		if r.Dialect != "" {
			out[r.nameOr()] = r.Dialect
		}
	}
	return out
}

// nameOr returns the router's name, or its address if the config gives no name.
func (r router) nameOr() string {
	if r.Name != "" {
		return r.Name
	}
	return r.Address.String()
}
