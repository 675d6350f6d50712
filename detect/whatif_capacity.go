package detect

import (
	"fmt"
	"math"
	"time"
)

// Demand describes the clients of a server behind the router, and the router's session table: how many clients does the
// table take (incident 3 in docs/incidents.md)?
type Demand struct {
	Table    int           // entries that the session table takes
	Sessions int           // that each client opens at once
	Hold     time.Duration // from the opening of a session to its close
	Linger   time.Duration // that the entry stays after the close, in TIME_WAIT when the server closes first

	KeepAlive time.Duration // that the server keeps an idle session open; 0 = not asked
	// sessions of one client that the server accepts at once; it closes the others at once; 0 = all
	Accepted       int
	PagesPerMinute float64 // that a client visits; 0 = one page
}

// Capacity holds how many clients a table takes.
type Capacity struct {
	AtOnce  int           // clients whose sessions fit at one moment
	Cycle   time.Duration // after which their entries are free again
	PerHour float64       // clients

	// SessionMinutes is the cost of one client: entries times the minutes that they stay.
	SessionMinutes float64
	Kept           *Kept // with keep-alive; nil when that was not asked
}

// Kept is the cost of a client when the server keeps its sessions open for further pages.
type Kept struct {
	Sets             int           // times that the client opens its sessions, in a minute of visiting
	Reused           bool          // the next page comes before the server closes
	Stay             time.Duration // that the entry of an accepted session stays: keep-alive and linger
	All              float64       // session-minutes of one client, all sessions accepted
	AllPerHour       float64       // clients
	Accepted         float64       // session-minutes when only so many are accepted; as All when that was not asked
	AcceptedPerHour  float64
	RefusedAtOnce    int // sessions of a client that are closed at once and only linger
	AcceptedSessions int
}

// The largest numbers that are accepted; they keep the arithmetic within a float64's exact integers.
const (
	maxDemand     = 1 << 30
	maxDemandTime = 365 * 24 * time.Hour
)

// Validate gives the error of the question, or nil.
func (d Demand) Validate() error {
	switch {
	case d.Table < 1 || d.Table > maxDemand:
		return fmt.Errorf("a table of %d entries: 1 to %d", d.Table, maxDemand)
	case d.Sessions < 1 || d.Sessions > maxDemand:
		return fmt.Errorf("%d sessions a client: 1 to %d", d.Sessions, maxDemand)
	case d.Accepted < 0 || d.Accepted > d.Sessions:
		return fmt.Errorf("%d sessions accepted: 0 (all) to %d, as many as a client opens", d.Accepted, d.Sessions)
	case d.PagesPerMinute < 0 || d.PagesPerMinute > maxDemand || math.IsNaN(d.PagesPerMinute):
		return fmt.Errorf("%v pages a minute: not a number of pages", d.PagesPerMinute)
	case d.Accepted > 0 && d.KeepAlive == 0 || d.PagesPerMinute > 0 && d.KeepAlive == 0:
		return fmt.Errorf("accepted sessions and pages a minute make a difference only with a keep-alive time")
	}
	for _, t := range []time.Duration{d.Hold, d.Linger, d.KeepAlive} {
		if t < 0 || t > maxDemandTime {
			return fmt.Errorf("a time of %v: 0 to a year", t)
		}
	}
	if d.Hold+d.Linger <= 0 {
		return fmt.Errorf("hold and linger are both 0: then nothing is ever held")
	}
	return nil
}

// Capacity does the arithmetic: ⌊table/sessions⌋ clients at once, as many again each hold + linger; with keep-alive, a
// client costs sets × (accepted × (keep-alive + linger) + the others × linger). The time of talk is left out there: it
// is short beside the keep-alive. The Demand must be valid.
func (d Demand) Capacity() Capacity {
	c := Capacity{AtOnce: d.Table / d.Sessions, Cycle: d.Hold + d.Linger}
	c.PerHour = float64(c.AtOnce) * time.Hour.Seconds() / c.Cycle.Seconds()
	c.SessionMinutes = float64(d.Sessions) * c.Cycle.Minutes()
	if d.KeepAlive > 0 {
		c.Kept = d.kept()
	}
	return c
}

func (d Demand) kept() *Kept {
	k := &Kept{Sets: 1, Stay: d.KeepAlive + d.Linger, AcceptedSessions: d.Sessions}
	if d.PagesPerMinute > 1 {
		gap := time.Duration(float64(time.Minute) / d.PagesPerMinute)
		if k.Reused = d.KeepAlive >= gap; !k.Reused {
			k.Sets = int(math.Ceil(d.PagesPerMinute))
		}
	}
	if d.Accepted > 0 {
		k.AcceptedSessions, k.RefusedAtOnce = d.Accepted, d.Sessions-d.Accepted
	}
	sets, stay := float64(k.Sets), k.Stay.Minutes()
	k.All = sets * float64(d.Sessions) * stay
	k.Accepted = sets * (float64(k.AcceptedSessions)*stay + float64(k.RefusedAtOnce)*d.Linger.Minutes())
	k.AllPerHour = float64(d.Table) * 60 / k.All
	k.AcceptedPerHour = float64(d.Table) * 60 / k.Accepted
	return k
}

// TableFor gives the entries that so many clients an hour need, when they come evenly.
func (d Demand) TableFor(perHour float64) int {
	atOnce := math.Ceil(perHour*(d.Hold+d.Linger).Seconds()/time.Hour.Seconds() - 1e-9)
	return int(min(atOnce, maxDemand)) * d.Sessions
}

// TableForKept gives the same where the server keeps sessions open; 0 when the Demand has no keep-alive.
func (d Demand) TableForKept(perHour float64) int {
	if d.KeepAlive <= 0 {
		return 0
	}
	return int(min(math.Ceil(perHour*d.kept().Accepted/60-1e-9), maxDemand))
}
