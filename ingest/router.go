package ingest

import (
	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
)

// routerName is the name that events go by, with its hash.
type routerName struct {
	name parse.Name
	hash uint64
}

func newRouterName(s string) routerName { return routerName{parse.MakeName(s), xxhash.Sum64String(s)} }

// identity is what makes a line itself within the store. An uptime stamp, to the microsecond, does so alone: the dump
// that names no router is the same as the syslog that does. Where there is none the router is part of it, as two routers
// may well say the same in one second.
func (r routerName) identity(rec *parse.Record) uint64 {
	if rec.Stamp.HasUptime {
		return rec.Identity
	}
	return rec.Identity + r.hash
}

// routerNames are the names by host, as the lines give it: bounded, as lines may be made up.
type routerNames map[string]routerName

func (m routerNames) of(host []byte) routerName {
	n, ok := m[string(host)]
	if !ok {
		if len(m) >= maxHosts {
			clear(m)
		}
		n = newRouterName(string(host))
		m[string(host)] = n
	}
	return n
}
