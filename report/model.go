package report

import (
	"net/netip"
	"time"

	"uncloak/detect"
)

// Options holds what a report needs besides findings and days.
type Options struct {
	From, To  time.Time      // the window, half-open
	Location  *time.Location // of the times that are shown; nil: Config.Location, then UTC
	Now       time.Time
	Config    detect.Config
	Version   string
	Generated string                  // "made by a generator: not real data": shown in the head when not empty
	Note      string                  // "nothing of yesterday: the last day that has events"
	Data      string                  // data directory, for the commands that are shown; "" leaves it out
	Evidence  int                     // lines per finding; 0: 3, negative: none
	Names     func(netip.Addr) string // names of hosts without a lease; may be nil
	Place     func(netip.Addr) string // country and network of an outside address; may be nil
	Gone      []detect.Finding        // findings of the window before that this one does not have
	Withdrawn []detect.Withdrawal     // what serve announced and the findings do not bear out
	All       bool                    // show acknowledged findings, too
	Language  Language                // of all words
}

// Model is a report before it is rendered. Its JSON names are a contract: added to, never renamed. Times are RFC 3339,
// spans in seconds, shares 0..1. Text is as it came from the network unless a field's comment calls it clean; the
// writers escape it.
type Model struct {
	Version   string           `json:"version,omitempty"`
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Zone      string           `json:"time_zone"`
	Now       time.Time        `json:"now"`
	Generated string           `json:"generated,omitempty"`
	Note      string           `json:"note,omitempty"`
	Routers   []string         `json:"routers"`
	Verdict   Verdict          `json:"verdict"`
	Totals    Totals           `json:"totals"`
	Incidents []Incident       `json:"incidents"`
	Findings  []detect.Finding `json:"findings"`       // in the order in which they are shown
	Gone      []detect.Finding `json:"gone,omitempty"` // what the window before had and this one has not
	// what serve announced of the window and the report does not bear out, with the reasons
	Withdrawn []Withdrawn `json:"withdrawn,omitempty"`
	// findings that are known: they are in Findings, and are not shown
	Silent   int       `json:"known,omitempty"`
	Tables   []Table   `json:"tables"`
	Hosts    []Host    `json:"hosts"`              // most sessions first
	Health   []Sender  `json:"health"`             // by sender
	Unparsed *Unparsed `json:"unparsed,omitempty"` // lines not understood in the window; nil without a store
	Shapes   []Shape   `json:"shapes"`             // those of Unparsed

	Language  `json:"-"`
	shown     []Incident // those that are not known
	empty     bool       // no event is of the window, whatever the days have that it touches
	clock     clock
	occupancy occupancy
	phases    phaseMap
}

// Withdrawn is an announcement of serve that the report does not bear out, with the reason in one clean sentence.
type Withdrawn struct {
	detect.Withdrawal
	Text string `json:"text"`
}

// Verdict sums up the report in one or two clean sentences.
type Verdict struct {
	Severity detect.Severity `json:"severity,omitempty"` // of the worst finding; "" on a quiet day
	Quiet    bool            `json:"quiet"`              // nothing was found, and everything could be looked at
	Text     string          `json:"text"`
	Do       string          `json:"do,omitempty"` // what to do first
	// gaps that keep a window without findings from being called quiet
	Unknown []string `json:"unknown,omitempty"`
}

// Totals counts the lines, sessions and hosts that the report rests on.
type Totals struct {
	Lines     uint64 `json:"lines"` // of the whole UTC days that the window touches
	WholeDays bool   `json:"whole_days"`
	Unparsed  uint64 `json:"unparsed"`
	Torn      uint64 `json:"torn,omitempty"`  // pieces of lines that the sender cut in two
	Named     uint64 `json:"named,omitempty"` // sessions with a name, or nothing, in the place of the inside address
	// sessions of hosts with a name, or nothing, in the place of the outside address
	NamedPeers uint64 `json:"named_peers,omitempty"`
	Chatter    uint64 `json:"chatter,omitempty"` // of the lines: what a kernel says that is of no consequence
	Sessions   uint64 `json:"sessions"`          // opened in the window
	Hosts      int    `json:"hosts"`             // that opened one
	// details that the bounds of the summaries left out, by what: all lines are stored and counted
	LeftOut map[string]uint64 `json:"left_out,omitempty"`
	// lines known to be lost on this machine: by its kernel, a full queue or a rate limit
	Lost      uint64  `json:"lost"`
	LostShare float64 `json:"lost_share"` // share of the lines that were sent, as far as known
	// sender's clock minus this machine's, the largest; nil: not known
	ClockErrorS *float64 `json:"clock_error_s,omitempty"`
	Refused     uint64   `json:"refused"` // packets refused by full tables in the window
}

// Incident is a group of findings with one cause, its root first.
type Incident struct {
	ID       string          `json:"id"`
	Severity detect.Severity `json:"severity"`
	Title    string          `json:"title"`
	Findings []string        `json:"findings"`         // their ids
	Advice   []string        `json:"advice,omitempty"` // of its findings, each topic once
	Known    bool            `json:"known,omitempty"`  // all of its findings are known
	Status   string          `json:"status,omitempty"` // new, worse, same or better, of its root

	findings []*detect.Finding
	parts    []part
	victims  string // sentence about the hosts whose sessions were refused meanwhile
}

// Table sums up one router's session table in the window.
type Table struct {
	Router   string     `json:"router"`
	Capacity int        `json:"capacity,omitempty"` // configured; 0: not known
	Peak     int        `json:"peak"`               // entries at the fullest second, as rebuilt
	PeakAt   *time.Time `json:"peak_at,omitempty"`
	Spells   int        `json:"spells"` // spells in which the table was full
	FullS    float64    `json:"full_s"` // from the first to the last refusal of each spell, summed
	Refused  uint64     `json:"refused"`
	Limited  *LogLimit  `json:"log_limited,omitempty"` // the rule that logs leaves sessions out
}

// LogLimit describes a log of beginnings that is cut off at a rate.
type LogLimit struct {
	Lines  int `json:"lines"` // that the rule lets through …
	PerS   int `json:"per_s"` // … in so many seconds
	FlatS  int `json:"flat_s"`
	Runs   int `json:"runs"`
	AboveS int `json:"above_s"` // seconds in which more came through
}

// text says it in one clean sentence.
func (x *LogLimit) text(l Language, router string) string {
	unit := l.Say("second")
	if x.PerS == 60 {
		unit = l.Say("minute")
	}
	return l.Say("The log of %s is cut off at %d new sessions a %s: it was flat at that for %s in all. What "+
		"came beyond is not in it, so numbers of sessions and entries are too low then, and shares are those of the "+
		"part that was logged. Take the limit out of the rule that logs.", Clean(router), x.Lines, unit,
		l.seconds(float64(x.FlatS)))
}

// Host holds one row of the table of hosts.
type Host struct {
	Host       string   `json:"host"`
	Name       string   `json:"name,omitempty"`
	Sessions   uint64   `json:"sessions"` // in the window
	Lookups    uint64   `json:"lookups"`  // in the window
	Peers      uint64   `json:"peers"`    // different hosts, on the UTC day that has most
	Denied     uint64   `json:"denied"`   // over the UTC days that the window touches, like the next two
	Bytes      uint64   `json:"bytes"`
	Ports      []string `json:"ports,omitempty"`
	TableShare float64  `json:"table_share,omitempty"` // of a full table
	Severity   string   `json:"severity,omitempty"`    // of its worst finding
}

// Hour counts the lines of one hour.
type Hour struct {
	From     time.Time `json:"from"`
	Lines    uint64    `json:"lines"`
	Unparsed uint64    `json:"unparsed"`
}

// Sender holds the accounting of one sender over the days of the window.
type Sender struct {
	Sender     string  `json:"sender"`
	Router     string  `json:"router,omitempty"`
	Received   uint64  `json:"received"`
	Bytes      uint64  `json:"bytes"`
	Unparsed   uint64  `json:"unparsed"`
	Dropped    uint64  `json:"dropped"`
	Kernel     uint64  `json:"kernel"`
	Oversize   uint64  `json:"oversize"`
	Malformed  uint64  `json:"malformed"`
	Duplicates uint64  `json:"duplicates"`
	Repaired   uint64  `json:"repaired"`
	SkewS      float64 `json:"skew_s"`

	NotAllowed uint64 `json:"not_allowed"` // lines, or connections, that were not taken: the sender is not allowed
	Limited    uint64 `json:"limited"`     // lines lost to the sender's rate limit
	Refused    uint64 `json:"refused"`     // connections beyond the limits
	Suppressed uint64 `json:"suppressed"`  // lines that the sender says it left out itself
	Missing    uint64 `json:"missing"`     // lines that its sequence numbers show to be lost on the way
	Repeated   uint64 `json:"repeated"`    // lines that the sender says were like the one before, and did not send
	Blank      uint64 `json:"blank"`       // empty lines, which are not stored
	// lines that are stored and understood: received, but for unparsed, dropped, limited and blank
	Parsed    uint64 `json:"parsed"`
	Estimated uint64 `json:"estimated"`      // lines of its router that are missing: sessions end that never began
	Hour      *Hour  `json:"hour,omitempty"` // its router's last hour of any length, of check
}
