package detect

import "uncloak/parse"

const (
	maxBindings  = 4096 // hardware addresses kept per day
	maxFormer    = 16   // machines that had one address before, per day
	maxForwarded = 16   // name servers that a host passed questions on to
)

// Binding says that a hardware address had an address for some time.
type Binding struct {
	MAC         string
	First, Last int64 // ns
}

func (t *Tracker) bind(e *parse.Event) {}

func (t *Tracker) snapshotMachines(d *Day) {}

func (d *Day) mergeMachines(o *Day) {}
