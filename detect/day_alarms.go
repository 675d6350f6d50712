package detect

import "uncloak/parse"

const maxAlarms = 64 // kinds of trouble kept per router and day

// Alarm is one kind of trouble that a router told of in a day.
type Alarm struct {
	ID          string // of its entry in the encyclopaedia of messages; "" = an error line that uncloak does not know
	What        string // what tells it from others of the same ID: a table, an interface, the shape of an unknown line
	Level       uint8  // syslog severity 0..3 of an unknown line
	First, Last int64  // ns
	Spread      uint32 // ± ms
	Lines       uint64 // that are logged
	Hidden      uint64 // that the kernel says it left out
}

// alarms collects the trouble of one router.
type alarms struct{}

func (a *alarms) snapshot() []Alarm { return nil }

func (t *Tracker) alarm(e *parse.Event, rs *routerState) {}

func (t *Tracker) severe(e *parse.Event, rs *routerState) {}

func (r *Router) mergeAlarms(o *Router) {}
