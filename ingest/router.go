package ingest

import (
	"github.com/cespare/xxhash/v2"

	"uncloak/parse"
)

// routerName is the name of a router as events have it, with its hash.
type routerName struct {
	name parse.Name
	hash uint64
}

func newRouterName(s string) routerName { return routerName{parse.MakeName(s), xxhash.Sum64String(s)} }

// identity returns the number by which the store recognizes a line. An uptime stamp, to the microsecond, is enough for
// it: a dump that names no router then equals the syslog that does. Without an uptime the router is part of the number,
// as two routers may well write the same text in one second.
func (r routerName) identity(rec *parse.Record) uint64 {
	if rec.Stamp.HasUptime {
		return rec.Identity
	}
	return rec.Identity + r.hash
}

// routerNames caches router names by the host that lines give. It is bounded, as lines may be made up.
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
