package report

import (
	"slices"

	"uncloak/detect"
	"uncloak/store"
)

// add adds the counters of h to the sender's.
func (s *Sender) add(h *store.Health) {
	s.Received += h.Received
	s.Bytes += h.Bytes
	s.Unparsed += h.Unparsed
	s.Dropped += h.Dropped
	s.Kernel += h.Kernel
	s.Oversize += h.Oversize
	s.Malformed += h.Malformed
	s.Duplicates += h.Duplicates
	s.Repaired += h.Repaired
	s.NotAllowed += h.NotAllowed
	s.Limited += h.Limited
	s.Refused += h.Refused
	s.Suppressed += h.Suppressed
	s.Missing += h.Missing
	s.Repeated += h.Repeated
	s.Blank += h.Blank
	s.Parsed += h.Parsed()
}

// estimate puts the estimated number of missing lines of each router's log (detect.MissingLines) into its first row.
func estimate(ss []Sender, days []*detect.Day) {
	for router, n := range detect.MissingLines(days) {
		if i := slices.IndexFunc(ss, func(s Sender) bool { return s.Router == router }); i >= 0 {
			ss[i].Estimated = n
		}
	}
}

// called names a sender in a sentence: by its router, where that has a name of its own.
func (s *Sender) called() string {
	name := label(s.Sender)
	if r := label(s.Router); r != "" && r != name {
		return r + " (" + name + ")"
	}
	return name
}

// remarks lists the lines of a sender that were lost or refused, one remark a reason, without the sender's name. Lines
// lost on this machine come first.
func (s *Sender) remarks(l Language) (out []string) {
	for _, r := range []struct {
		n         uint64
		one, many string
	}{
		{s.Kernel, "line was lost in the receive buffer; the kernel does not say whose",
			"lines were lost in the receive buffer; the kernel does not say whose"},
		{s.Dropped, "line was dropped because uncloak was too slow",
			"lines were dropped because uncloak was too slow"},
		{s.Limited, "line was dropped by its rate limit",
			"lines were dropped by its rate limit"},
		{s.NotAllowed, "line or connection was not taken: its address is not among those allowed",
			"lines or connections were not taken: its address is not among those allowed"},
		{s.Refused, "connection was refused: too many at once",
			"connections were refused: too many at once"},
		{s.Suppressed, "line was left out by the sender itself, as it says",
			"lines were left out by the sender itself, as it says"},
		{s.Repeated, "line was like the one before, it says, and not sent",
			"lines were like the one before, it says, and not sent"},
		{s.Missing, "line was lost on the way, by its sequence numbers",
			"lines were lost on the way, by its sequence numbers"},
		{s.Estimated, "line must be missing: sessions end that never began",
			"lines must be missing: sessions end that never began"},
	} {
		if r.n > 0 {
			out = append(out, count(l, r.n, r.one, r.many))
		}
	}
	return out
}
