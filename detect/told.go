package detect

import (
	"net/netip"
	"slices"
	"time"
)

// Told is one announcement of a running daemon: an incident that was new, or worse than before, when it looked.
type Told struct {
	ID        string    `json:"id"`            // of the incident
	Key       string    `json:"key,omitempty"` // of its first finding, like the rest
	Kind      string    `json:"kind"`
	Severity  Severity  `json:"severity"` // of the incident
	Router    string    `json:"router,omitempty"`
	Host      string    `json:"host,omitempty"`
	Title     string    `json:"title"` // clean
	At        time.Time `json:"at"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Sessions  uint64    `json:"sessions,omitempty"` // that the host opened from Start to End, as known at that time
	JudgedBy  uint64    `json:"judged_by"`          // fingerprint of the settings
	LinesSeen uint64    `json:"lines_seen"`         // of the router, or of all, on the days of Start to End
}

// Announcement says on a finding what a daemon announced of it while it ran.
type Announcement struct {
	ID    string    `json:"id"` // under which it was announced
	At    time.Time `json:"at"`
	Title string    `json:"title,omitempty"`
}

// Withdrawal is an announcement that the report does not bear out, with the reason.
type Withdrawal struct {
	Told
	Reason       string `json:"reason"`                  // one of the constants
	SessionsNow  uint64 `json:"sessions_now,omitempty"`  // of the host from Start to End, as known now
	SessionsRest uint64 `json:"sessions_rest,omitempty"` // of the host in the rest of the window
	LinesNow     uint64 `json:"lines_now,omitempty"`     // as LinesSeen, as known now
}

// The reasons for which an announcement is withdrawn.
const (
	ToldRemoved  = "removed"  // lines of that time are not stored any more
	ToldSettings = "settings" // the settings, or the program, judge otherwise now
	ToldHabit    = "habit"    // in four weeks the host has many such bursts
	ToldBefore   = "before"   // most of what it rested on lies before the window
	ToldOrdinary = "ordinary" // beside what the host did in the rest of the window it does not stand apart
	ToldLater    = "later"    // lines that came later explain it
)

// maxAnnouncements bounds the announcements that a finding lists, the first ones.
const maxAnnouncements = 50

// Tell makes the announcement of an incident with that id and severity, of which f is the first finding.
func (c *Config) Tell(id string, severity Severity, f *Finding, at time.Time, days []*Day) Told {
	t := Told{ID: id, Key: f.Key, Kind: f.Kind, Severity: severity, Router: f.Router, Host: f.Host, Title: f.Title,
		At: at, Start: f.Start, End: f.End, JudgedBy: c.Fingerprint()}
	t.Sessions, t.LinesSeen = openedBy(days, t.Host, t.span()), t.lines(days)
	return t
}

// Judged holds the facts that settle announcements, besides the findings of the window.
type Judged struct {
	Days   []*Day // that the window touches
	Config *Config
	Window Window
	Usual  []Finding // what Judge left out as a habit
}

// Settle says for each announcement about the window what has become of it: fs[i].Announced holds those that are the
// finding itself or a part of it, and fs[i].Includes their IDs where they differ from its own. The others are returned
// with the reason. An announcement whose last moment is not in the window is another report's to withdraw. fs is
// changed, told is not.
func Settle(told []Told, fs []Finding, j Judged) (withdrawn []Withdrawal) {
	told = slices.Clone(told)
	slices.SortStableFunc(told, func(a, b Told) int { return a.At.Compare(b.At) })
	seen := map[string]bool{}
	for i := range told {
		t := &told[i]
		if seen[t.ID] || !j.Window.overlaps(t.Start.UnixNano(), t.End.UnixNano()) {
			continue // told again when it had become worse, or not of this window
		}
		f := t.find(fs)
		switch {
		case f != nil:
			seen[t.ID] = true
			if len(f.Announced) < maxAnnouncements {
				f.Announced = append(f.Announced, Announcement{t.ID, t.At, t.Title})
			}
			if f.ID != t.ID && len(f.Includes) < maxAnnouncements {
				f.Includes = append(f.Includes, t.ID)
			}
		case j.Window.has(t.End.UnixNano()):
			seen[t.ID] = true
			withdrawn = append(withdrawn, j.reason(t))
		}
	}
	return withdrawn
}

// find gives the finding that the announcement is, or else the one that it is a part of: under the same key, or of the
// same machine at the same time and of a kind that takes up such a one. nil: none.
func (t *Told) find(fs []Finding) (f *Finding) {
	best := toldOther
	for i := range fs {
		if rank := t.fits(&fs[i]); rank < best {
			f, best = &fs[i], rank
		}
	}
	return f
}

// How well a finding fits an announcement, the best first.
const (
	toldSame  = iota // the same id
	toldGroup        // the first finding of its kind in the incident with that id, or with that key
	toldStep         // a finding of another kind in that incident, or a step of its chain
	toldKey          // the same key
	toldAlike        // the same kind, of the same machine at the same time
	toldTaken        // a kind that takes it up, of the same machine at the same time
	toldOther        // not at all
)

func (t *Told) fits(f *Finding) int {
	meets := !f.Start.After(t.End) && !t.Start.After(f.End)
	switch {
	case f.ID == t.ID:
		return toldSame
	case (f.Group == t.ID || f.Key == t.ID) && f.Kind == t.Kind:
		return toldGroup
	case f.Group == t.ID || slices.ContainsFunc(f.Chain, func(s Step) bool { return s.ID == t.ID }):
		return toldStep
	case f.Key == t.ID || t.Key != "" && f.Key == t.Key:
		return toldKey
	case !meets || !t.ofSame(f):
	case f.Kind == t.Kind:
		return toldAlike
	case slices.Contains(takenUp()[t.Kind], f.Kind):
		return toldTaken
	}
	return toldOther
}

// ofSame reports whether the finding is of the same machine, whatever its address, or of the same router where no host
// is meant.
func (t *Told) ofSame(f *Finding) bool {
	if t.Host == "" || t.Kind == TableFullKind { // its host is the holder, who may become another
		return t.Router == f.Router
	}
	return t.Host == f.Host || slices.Contains(f.Addresses, t.Host) || f.Kind == PTRStorm && t.Host == f.Causes
}

// takenUp gives for each kind those as which the same may show in a longer time.
func takenUp() map[string][]string {
	return map[string][]string{
		BurstKind:     {PeriodicBurst, PTRStorm, DNSStorm, LoadKind, ScanKind, ResetKind, SYNFloodKind},
		LoadKind:      {PeriodicBurst, PTRStorm, DNSStorm, ScanKind, ResetKind, SYNFloodKind, BurstKind, GrowthKind},
		PeriodicBurst: {BurstKind, PTRStorm, DNSStorm, LoadKind, ResetKind},
		DNSStorm:      {PTRStorm, LoadKind, BurstKind, PeriodicBurst},
		PTRStorm:      {DNSStorm, BurstKind, PeriodicBurst, LoadKind},
		ScanKind:      {PeriodicBurst, ResetKind, LoadKind, BurstKind},
		ResetKind:     {ScanKind, LoadKind},
		AlarmKind:     {OOM, TableFullKind, SYNFloodKind},
	}
}

func (t *Told) span() Window { return Window{t.Start, t.End.Add(1)} }

// openedBy counts the sessions that a host opened in slots that lie wholly or partly in w, by any of the days.
func openedBy(days []*Day, host string, w Window) (n uint64) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return 0
	}
	for _, d := range w.Touched(days) {
		h := d.Hosts[a]
		if h == nil {
			continue
		}
		for _, b := range h.Sessions.Slots {
			at := d.Date.Start().Add(time.Duration(b.I) * SlotLen).UnixNano()
			if w.overlaps(at, at+int64(SlotLen)-1) {
				n += uint64(b.N)
			}
		}
	}
	return n
}

// lines counts the lines of the announcement's router, or of all routers, on its days.
func (t *Told) lines(days []*Day) (n uint64) {
	for _, d := range t.span().Touched(days) {
		for name, r := range d.Routers {
			if t.Router == "" || t.Router == name {
				n += r.Lines
			}
		}
	}
	return n
}

// reason computes why nothing in the window is what was announced.
func (j *Judged) reason(t *Told) Withdrawal {
	w := Withdrawal{Told: *t, SessionsNow: openedBy(j.Days, t.Host, t.span()), LinesNow: t.lines(j.Days)}
	inside := Window{later(t.Start, j.Window.From), t.End.Add(1)}
	w.SessionsRest = openedBy(j.Days, t.Host, j.Window) - openedBy(j.Days, t.Host, inside)
	before := t.Start.Before(j.Window.From)
	switch {
	case slices.ContainsFunc(j.Usual, func(f Finding) bool { return t.fits(&f) != toldOther }):
		w.Reason = ToldHabit
	case !before && (w.LinesNow < t.LinesSeen || w.SessionsNow < t.Sessions):
		w.Reason = ToldRemoved
	case t.JudgedBy != j.Config.Fingerprint():
		w.Reason = ToldSettings
	case before:
		w.Reason = ToldBefore
	case w.SessionsRest > 0:
		w.Reason = ToldOrdinary
	default:
		w.Reason = ToldLater
	}
	return w
}
