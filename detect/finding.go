package detect

import (
	"net/netip"
	"time"
)

// Classes tell findings of one kind apart.
const (
	Dead       = "dead service" // reset: the door answers with RST
	Blocked    = "blocked"      // reset: it does not answer
	Horizontal = "horizontal"   // scan: one port of many hosts
	Vertical   = "vertical"     // scan: many ports of one host

	KernelSays  = "kernel"        // syn-flood: the kernel or the firewall says so
	HalfOpen    = "half-open"     // syn-flood: handshakes that were answered and never finished
	Unanswered  = "unanswered"    // syn-flood, dns-storm: nothing ever answers
	Sudden      = "sudden"        // dns-storm: spells of many lookups
	OneName     = "one name"      // dns-storm: the same name again and again
	Steady      = "steady"        // dns-storm: many lookups for long, from some time on
	ClockZone   = "zone"          // clock: off by whole quarters of an hour
	ClockOff    = "off"           // clock: off by something else
	ClockJumps  = "jumps"         // clock: it jumps
	ClockDrifts = "drift"         // clock: it runs too fast or too slow
	ClockUnset  = "unset"         // clock: stamps that could not be believed
	LossSaid    = "suppressed"    // loss: a logger says that it left lines out
	LossEnds    = "missing lines" // loss: sessions end that never began
	LossOurs    = "ours"          // loss: uncloak itself was too slow
	LossRate    = "rate limit"    // loss: the sender was beyond the rate that the config allows it
	LossNumbers = "sequence gaps" // loss: the sender's numbers have gaps
	FirstHop    = "first hop"     // lag: inside already
	Further     = "further"       // lag: beyond the own router
)

// Finding is one statement about the network with all that its words need. The JSON names are a contract: they are
// added to, never renamed. Numbers are SI; shares are 0..1. Title, Detail, Advice and Explain are filled by report.
type Finding struct {
	ID       string    `json:"id"`              // of this one; those of a full table hold the time of the spell
	Key      string    `json:"key,omitempty"`   // the same each time that this happens: new, worse and gone are told by it
	Group    string    `json:"group,omitempty"` // findings of one incident have the same group: the id of its root
	Kind     string    `json:"kind"`
	Severity Severity  `json:"severity"`
	Router   string    `json:"router,omitempty"`
	Host     string    `json:"host,omitempty"` // address
	Name     string    `json:"name,omitempty"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Score    float64   `json:"score"` // 0..1, like a probability

	// periodic-burst, burst, ptr-storm
	PeriodS  float64    `json:"period_s,omitempty"`
	Minutes  []int      `json:"minutes,omitempty"` // of the local hour; wall-clock patterns only
	Hours    []int      `json:"hours,omitempty"`   // local hours, when the pattern does not fire in each
	JitterS  float64    `json:"jitter_s,omitempty"`
	Seen     int        `json:"seen,omitempty"`
	Missed   int        `json:"missed,omitempty"`
	PValue   float64    `json:"p_value,omitempty"`
	Next     *time.Time `json:"next,omitempty"`     // when the pattern would fire next
	Sessions int        `json:"sessions,omitempty"` // of the median burst
	Peers    int        `json:"peers,omitempty"`    // different hosts spoken to in the median burst
	LengthS  float64    `json:"length_s,omitempty"` // of the median burst
	Ports    []string   `json:"ports,omitempty"`    // most used, as udp/6881
	Bursts   []Burst    `json:"bursts,omitempty"`

	// ptr-storm: Causes is the host that causes it; elsewhere the host that this one causes
	Causes   string  `json:"causes,omitempty"`
	LagS     float64 `json:"lag_s,omitempty"`
	Lookups  int     `json:"lookups,omitempty"` // of the median burst
	Shared   float64 `json:"shared,omitempty"`  // of the looked-up addresses, those that are the cause's peers; 0 = names not visible
	Resolver string  `json:"resolver,omitempty"`

	// table-full
	TableShare float64 `json:"table_share,omitempty"`
	Holders    []Share `json:"holders,omitempty"`
	Entries    int     `json:"entries,omitempty"`  // in the table at the worst moment, as rebuilt
	Capacity   int     `json:"capacity,omitempty"` // entries that the table takes: configured, else 0
	Lines      int     `json:"lines,omitempty"`    // log lines that say so; of a clock, those whose stamps were believed
	Drops      int     `json:"drops,omitempty"`    // packets refused: lines and suppressed ones
	Episodes   int     `json:"episodes,omitempty"` // how many spells of this holder the window has

	Trigger         string         `json:"trigger,omitempty"`          // who opened most sessions in the minute before; often the holder, but not always
	TriggerSessions int            `json:"trigger_sessions,omitempty"` // … and how many
	Victims         []Victim       `json:"victims,omitempty"`          // whose sessions are missing meanwhile, estimated
	Without         int            `json:"without,omitempty"`          // entries at the worst moment if Host had not been there, estimated; rather too many
	FitsWithout     *bool          `json:"fits_without,omitempty"`     // whether that is below the size of the table; absent when nobody can tell
	States          map[string]int `json:"states,omitempty"`           // entries by state at the worst moment; "not told" where the log does not tell
	Inlets          []Service      `json:"inlets,omitempty"`           // services inside whose unfinished or finished sessions held entries

	// oom, window-shrink
	Proc      string   `json:"proc,omitempty"`
	Kills     int      `json:"kills,omitempty"`
	PIDs      []uint32 `json:"pids,omitempty"`
	Shrinks   int      `json:"shrinks,omitempty"`
	Port      int      `json:"port,omitempty"`
	PeerPorts []string `json:"peer_ports,omitempty"` // peer:port, the address may be masked
	SpreadS   float64  `json:"spread_s,omitempty"`   // ± of Start and End
	With      string   `json:"with,omitempty"`       // id of a finding that is interleaved with this one; lag: of the first hop's

	// window-shrink: what may be behind it, the likeliest first
	Suspects    []Suspect    `json:"suspects,omitempty"`
	ShrinkPeers []ShrinkPeer `json:"shrink_peers,omitempty"` // by address, most shrinks first

	// syn-flood
	Sources  int      `json:"sources,omitempty"`   // different addresses that it came from
	Networks []string `json:"networks,omitempty"`  // those with most, as prefixes
	HalfOpen float64  `json:"half_open,omitempty"` // share of the sessions that never came about

	// dns-storm
	Names []Count `json:"names,omitempty"` // asked for most; empty where names are not logged

	// clock
	SkewS    float64  `json:"skew_s,omitempty"`   // sender's clock minus ours
	Jumps    int      `json:"jumps,omitempty"`    // how often it jumped
	JumpS    float64  `json:"jump_s,omitempty"`   // the largest jump, signed
	DriftS   float64  `json:"drift_s,omitempty"`  // what it gains in an hour; negative: loses
	Repaired int      `json:"repaired,omitempty"` // lines whose stamp was not believed
	Touches  []string `json:"touches,omitempty"`  // ids of findings that rest on that clock, the first few

	// link-flap
	Interface string `json:"interface,omitempty"`
	Downs     int    `json:"downs,omitempty"` // how often it went down

	// lag
	RTTS      float64 `json:"rtt_s,omitempty"`       // the worst ten seconds' mean round trip
	UsualRTTS float64 `json:"usual_rtt_s,omitempty"` // median
	Unanswer  float64 `json:"unanswered,omitempty"`  // share of the probes in the spells that nothing answered
	Spells    []Spell `json:"spells,omitempty"`

	// new-host: where many came at once, they share one finding
	Hosts      []Share `json:"hosts,omitempty"`       // the first few; their shares are of the new hosts' sessions
	DaysBefore int     `json:"days_before,omitempty"` // days of log before it, in which it did not appear

	// Loss is the share of the log behind this finding that is known to be missing, 0..1; left out when nothing is.
	Loss float64 `json:"loss,omitempty"`

	// reset, scan, growth
	Class       string  `json:"class,omitempty"`        // which sort: see the constants; of growth: sessions or bytes
	Peer        string  `json:"peer,omitempty"`         // the door that is knocked at, address:port, or the scanned address
	RateS       float64 `json:"rate_s,omitempty"`       // sessions a second
	Failed      int     `json:"failed,omitempty"`       // sessions that are known to have failed; 0 = the log does not tell
	GrowthDay   float64 `json:"growth_day,omitempty"`   // 0.03 = 3 % a day
	PerDay      float64 `json:"per_day,omitempty"`      // sessions or bytes of the median day
	DoublesDays float64 `json:"doubles_days,omitempty"` // in which it doubles
	GrowthLow   float64 `json:"growth_low,omitempty"`   // GrowthDay lies between these two with 95 %
	GrowthHigh  float64 `json:"growth_high,omitempty"`
	PeerShare   float64 `json:"peer_share,omitempty"` // growth: of what has been added, the part that goes to Peer

	// growth: when it meets a limit, if it goes on to grow by the same part each day and all others stay as they are
	Limit     float64    `json:"limit,omitempty"`      // entries of the table, or bit/s of the link
	LimitOf   string     `json:"limit_of,omitempty"`   // table or link
	LimitHow  string     `json:"limit_how,omitempty"`  // how it is known: config, or overflow: it was full with so many
	LimitDate *time.Time `json:"limit_date,omitempty"` // with GrowthDay
	LimitFrom *time.Time `json:"limit_from,omitempty"` // with GrowthHigh
	LimitTo   *time.Time `json:"limit_to,omitempty"`   // with GrowthLow; missing where that does not grow

	// set on the root of an incident: what happened, in order; the root itself first
	Chain []Step `json:"chain,omitempty"`

	// set where earlier days are known
	Status string     `json:"status,omitempty"` // new, worse, same, better, gone
	Since  *time.Time `json:"since,omitempty"`  // when it was first seen within the last four weeks
	Change float64    `json:"change,omitempty"` // its size over what is usual for it: 1.12 = 12 % more
	Known  *Known     `json:"known,omitempty"`  // somebody has said that it is known

	Application *Application `json:"application,omitempty"` // what the host's traffic looks like: a guess

	Title    string   `json:"title"`
	Detail   string   `json:"detail"`
	Advice   []string `json:"advice,omitempty"`
	Explain  string   `json:"explain,omitempty"` // command that explains the message behind it; filled by report
	Evidence Evidence `json:"evidence"`
}

// Burst is one burst of sessions.
type Burst struct {
	Start    time.Time `json:"start"` // the first second at a tenth of its peak rate
	LengthS  float64   `json:"length_s"`
	Sessions int       `json:"sessions"`
	Peers    int       `json:"peers"`
}

// Suspect is a possible cause with its reason.
type Suspect struct {
	What       string  `json:"what"`
	Why        string  `json:"why"`
	Confidence float64 `json:"confidence"` // 0..1, against the others
}

// Count is how often something was seen.
type Count struct {
	What string `json:"what"`
	N    uint64 `json:"n"`
}

// Spell is a span of time in which something was out of order.
type Spell struct {
	Start   time.Time `json:"start"`
	LengthS float64   `json:"length_s"`
	RTTS    float64   `json:"rtt_s,omitempty"` // worst mean of ten seconds
	Sent    int       `json:"sent"`
	Lost    int       `json:"lost"`
}

// Service is a service inside that is reached from outside, and what its sessions held of a full table.
type Service struct {
	Host     string `json:"host"`
	Name     string `json:"name,omitempty"`
	Port     string `json:"port"` // as tcp/80
	Entries  int    `json:"entries"`
	HalfOpen int    `json:"half_open,omitempty"` // … that nobody answered, or that were not finished opening: SYN_SENT, SYN_RECV
	TimeWait int    `json:"time_wait,omitempty"` // … of closed sessions
}

// Share is one host's part of something.
type Share struct {
	Host  string  `json:"host"`
	Name  string  `json:"name,omitempty"`
	Share float64 `json:"share"`
}

// Evidence leads from a finding to the lines behind it.
type Evidence struct {
	Events uint64   `json:"events"`
	Lines  []string `json:"lines,omitempty"` // filled by report
	Query  string   `json:"query"`           // filled by report from Ask
	Ask    Ask      `json:"-"`
}

// Ask is a question to the store.
type Ask struct {
	From, To time.Time
	Router   string
	Host     netip.Addr
	Port     uint16
	Kind     string
}
