package detect

// HourFan counts the distinct peers of a host in one hour.
type HourFan struct {
	Hour uint8     // 0..23, UTC
	N    uint32    // sessions
	Bits [8]uint64 // linear counting over the hashes of the peers (Whang, Vander-Zanden and Taylor, 1990)
}

// hourFans counts the peers of the running hour and keeps those of the busy ones before it.
type hourFans struct{}

func (f *hourFans) add(hour int, peer uint64) {}

func (f *hourFans) snapshot() []HourFan { return nil }

func (h *Host) mergeHours(o *Host) {}
