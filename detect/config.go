// Package detect turns events into days and days into findings: which host caused what, when, and with which
// confidence. It does no I/O and reads no clock, so that a live day and a replayed one give the same findings.
package detect

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Config holds what the detectors need to know of the network. The zero value is not useful: start from DefaultConfig.
type Config struct {
	Location *time.Location // of the wall clock that people and cron jobs live by
	LAN      []netip.Prefix // internal addresses
	Table    int            // entries of the session table; 0 = unknown
	Tables   map[string]int // … per router
	Link     float64        // bit/s of the line to the provider; 0 = unknown
	Timeouts Timeouts
	Held     map[string]Timeouts // … of single routers, whole
	Named    map[string]bool     // routers that the owner names: they get a record of their own whatever the limits say
	Limits   Limits
}

// Limits bound a Day and the tracker behind it.
type Limits struct {
	Hosts    int // internal hosts with a record of their own in a day
	Routers  int // … routers, beside those that the config names; 0 = no bound
	Sessions int // entries of the rebuilt session table
	Spells   int // overflows, kills and shrinks kept per router and day
	Bytes    int // that a day and its tracker may take, as estimated; 0 = no bound
}

// DefaultConfig describes a Linux router with private addresses inside, in UTC.
func DefaultConfig() Config {
	return Config{
		Location: time.UTC,
		LAN:      privateNetworks(),
		Timeouts: TimeoutsOf(""),
		Limits:   Limits{Hosts: 16384, Routers: 4096, Sessions: 1 << 18, Spells: 4096, Bytes: 64 << 20},
	}
}

// privateNetworks lists the networks of RFC 1918, RFC 6598 (shared), RFC 4193 (ULA), and link-local ones.
func privateNetworks() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
		"fe80::/10", "169.254.0.0/16"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Internal reports whether the address belongs to the network inside.
func (c *Config) Internal(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range c.LAN {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (c *Config) table(router string) int {
	if n := c.Tables[router]; n > 0 {
		return n
	}
	return c.Table
}

// timeouts gives the timeouts of the router's session table.
func (c *Config) timeouts(router string) *Timeouts {
	if t, ok := c.Held[router]; ok {
		return &t
	}
	return &c.Timeouts
}

// Fingerprint changes with the networks, timeouts and table sizes: days that were made with another one must be made
// anew from the events. It does not change with the limits: what they left out is in Day.Dropped.
func (c *Config) Fingerprint() uint64 {
	return xxhash.Sum64String(fmt.Sprint(dayVersion, c.LAN, c.Timeouts, c.Held, c.Table, c.Tables))
}

// dayVersion goes up whenever the same events would make another Day.
const dayVersion = 12
