package detect

import (
	"net/netip"
	"time"
)

// Finding is one statement about the network with all that its words need. What every kind has, and what several kinds
// share, stands here; what only one kind has is embedded, declared in the file of its detector, and flat in the JSON.
//
// The JSON names and their order are a contract: names are added, never renamed. encoding/json writes them in the order
// of declaration, so that a few fields of one kind stand between shared ones. Numbers are SI units; shares are 0..1.
// Package report fills Title, Detail, Advice and Explain.
type Finding struct {
	ID       string   `json:"id"`              // of this finding; spells of a full table are numbered in each report
	Key      string   `json:"key,omitempty"`   // the same on each day: new, worse and gone are told by it
	Group    string   `json:"group,omitempty"` // findings of one incident have the same group: the id of its root
	Kind     string   `json:"kind"`            // one of Kinds
	Severity Severity `json:"severity"`
	Router   string   `json:"router,omitempty"`
	Host     string   `json:"host,omitempty"` // address
	Name     string   `json:"name,omitempty"` // of the host
	Identity
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Score float64   `json:"score"` // 0..1, like a probability

	Rhythm
	Seen     int        `json:"seen,omitempty"`     // how often it happened: bursts, storms, spells, new hosts
	Missed   int        `json:"missed,omitempty"`   // how often it should have happened and did not
	PValue   float64    `json:"p_value,omitempty"`  // chance of such a pattern without a cause
	Next     *time.Time `json:"next,omitempty"`     // periodic-burst: when the pattern would fire next
	Sessions int        `json:"sessions,omitempty"` // of bursts, of the median one
	Peers    int        `json:"peers,omitempty"`    // different hosts spoken to; of bursts, in the median one
	LengthS  float64    `json:"length_s,omitempty"` // of the median burst
	Ports    []string   `json:"ports,omitempty"`    // most used, as udp/6881
	Bursts   []Burst    `json:"bursts,omitempty"`   // or storms of lookups

	Echo

	TableFull
	// log lines that say so; clock: lines with a stamp that was believed; loss: lines that are there
	Lines int `json:"lines,omitempty"`
	Drops int `json:"drops,omitempty"` // packets refused, by lines and by suppressed ones; loss: lines that are missing
	Collateral

	Memory
	Shrinks   int      `json:"shrinks,omitempty"` // window-shrink
	Port      int      `json:"port,omitempty"`
	PeerPorts []string `json:"peer_ports,omitempty"` // window-shrink: peer:port, the address may be masked
	SpreadS   float64  `json:"spread_s,omitempty"`   // ± of Start and End
	// id of a finding that is interleaved with this one; lag: of the first hop's
	With string `json:"with,omitempty"`
	Shrinking

	SYNFlood
	Storm
	Clock
	Flap
	Lag
	Spells []Spell `json:"spells,omitempty"` // lag, link-flap, loss
	Arrival

	// share of the log behind this finding that is known to be missing; left out when nothing is
	Loss float64 `json:"loss,omitempty"`

	// which sort of its kind: the constants beside its detector; growth: sessions or bytes
	Class string `json:"class,omitempty"`
	Peer  string `json:"peer,omitempty"` // the other end: address:port of a service, or an address
	// country and network of Peer, where tables of them are configured; filled by report
	PeerPlace string  `json:"peer_place,omitempty"`
	RateS     float64 `json:"rate_s,omitempty"` // sessions or lookups a second
	// reset: sessions that are known to have failed; 0 = the log does not tell
	Failed int `json:"failed,omitempty"`
	AlarmFacts
	Snapshot
	Load
	Growth
	GrowthLimit

	Chain []Step `json:"chain,omitempty"` // on the root of an incident: what happened, in order; the root itself first
	News
	Announced   []Announcement `json:"announced,omitempty"`   // what serve announced of it, the first time of each id
	Includes    []string       `json:"includes,omitempty"`    // other ids under which it, or a part of it, was told
	Application *Application   `json:"application,omitempty"` // what the host's traffic looks like: a guess

	Title    string   `json:"title"`
	Detail   string   `json:"detail"`
	Advice   []string `json:"advice,omitempty"`
	Explain  string   `json:"explain,omitempty"` // command that explains the message behind it
	Evidence Evidence `json:"evidence"`
}

// Spell is a span of time in which something was out of order.
type Spell struct {
	Start   time.Time `json:"start"`
	LengthS float64   `json:"length_s"`
	RTTS    float64   `json:"rtt_s,omitempty"` // worst mean of ten seconds
	Sent    int       `json:"sent"`
	Lost    int       `json:"lost"`
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

// Ask selects events of the store.
type Ask struct {
	From, To time.Time
	Router   string
	Host     netip.Addr
	Port     uint16
	Kind     string // of event, as parse names it
}
