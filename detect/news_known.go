package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// knownWorse is the growth of a finding at which a rule that calls it known no longer holds.
const knownWorse = 2.0

// Known marks a finding that its owner knows: reports leave it out, and the JSON keeps it.
type Known struct {
	By    string     `json:"by"` // ack or config
	Note  string     `json:"note,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	Ended string     `json:"ended,omitempty"` // why it does not hold any more: worse, over; the finding is shown then
}

// Rule names findings that the owner knows. Every field that is set must fit; at least one of ID, Host, Kind and Port
// is set.
type Rule struct {
	By    string             // ack or config
	ID    string             // of a finding, or of the root of an incident: then all of it; a Key does as well
	Host  string             // address, network or name
	Kind  string             //
	Port  int                // of the finding, or one of the most used
	Note  string             //
	Until time.Time          // zero: for good
	Sizes map[string]float64 // key → size a day when it was said; what has no size here was not there. Nil: not known
}

// Validate gives the error of a rule, or nil.
func (r *Rule) Validate() error {
	switch {
	case r.ID == "" && r.Host == "" && r.Kind == "" && r.Port == 0:
		return fmt.Errorf("it says of nothing that it is known: give an id, a host, a kind or a port")
	case r.Kind != "" && !slices.Contains(Kinds(), r.Kind):
		return fmt.Errorf("kind %q is not known; known are: %s", r.Kind, strings.Join(Kinds(), ", "))
	case r.Port < 0 || r.Port > 65535:
		return fmt.Errorf("port %d is none: it is 1 to 65535", r.Port)
	}
	return nil
}

// MarkKnown marks each finding with the rule that makes it known at the time: the first rule that holds, else the first
// one that did. days is the length of the window in days: sizes are compared by the day.
func MarkKnown(fs []Finding, rules []Rule, at time.Time, days float64) {
	sizes := Sizes(fs, days)
	for i := range fs {
		f := &fs[i]
		f.Known = nil
		for k := range rules {
			r := &rules[k]
			if !r.fits(f) {
				continue
			}
			known := &Known{By: r.By, Note: r.Note}
			if !r.Until.IsZero() {
				until := r.Until
				known.Until = &until
			}
			switch was, there := r.Sizes[f.Key]; {
			case !r.Until.IsZero() && !at.Before(r.Until):
				known.Ended = "over"
			case r.Sizes != nil && !there,
				was > 0 && sizes[f.Key] > knownWorse*was,
				r.Sizes == nil && f.Status == Worse && f.Change > knownWorse:
				known.Ended = "worse"
			}
			if f.Known == nil || known.Ended == "" {
				f.Known = known
			}
			if known.Ended == "" {
				break
			}
		}
	}
}

// Silent reports whether the finding is known, and still is.
func (f *Finding) Silent() bool { return f.Known != nil && f.Known.Ended == "" }

func (r *Rule) fits(f *Finding) bool {
	return (r.ID == "" || r.ID == f.ID || r.ID == f.Key || r.ID == f.Group) && (r.Kind == "" || r.Kind == f.Kind) &&
		(r.Host == "" || r.fitsHost(f)) && (r.Port == 0 || r.Port == f.Port ||
		slices.ContainsFunc(f.Ports, func(p string) bool {
			return strings.HasSuffix(p, fmt.Sprintf("/%d", r.Port))
		}))
}

func (r *Rule) fitsHost(f *Finding) bool {
	if strings.EqualFold(r.Host, f.Host) || f.Name != "" && strings.EqualFold(r.Host, f.Name) {
		return true
	}
	if slices.Contains(f.Addresses, r.Host) || f.MAC != "" && strings.EqualFold(r.Host, f.MAC) {
		return true
	}
	a, err := netip.ParseAddr(f.Host)
	if err != nil {
		return f.Host == "" && r.Host == f.Router
	}
	p, err := netip.ParsePrefix(r.Host)
	return err == nil && p.Contains(a)
}

// Sizes sums up the size of each key a day, by which findings are called worse. The spells of a full table are one key.
func Sizes(fs []Finding, days float64) map[string]float64 {
	kinds, out := kindsByName(), map[string]float64{}
	for i := range fs {
		f := &fs[i]
		size := float64(max(f.Evidence.Events, 1))
		if of := kinds[f.Kind].size; of != nil {
			size = of(f)
		}
		out[f.Key] += size / max(days, 1.0/24)
	}
	return out
}
