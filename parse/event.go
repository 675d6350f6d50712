package parse

import (
	"fmt"
	"net/netip"
	"time"
	"unique"
)

// Kind says what happened. The numbers are stored and the words shown, so new kinds are only added at the end.
type Kind uint8

// The kinds of event, in the order in which they are stored.
const (
	Unknown Kind = iota // not understood: kept whole and counted
	SessionNew
	SessionUpdate // a state change of a session that is known (conntrack [UPDATE])
	SessionEnd
	SessionDenied
	TableFull
	Suppressed // the kernel says how many messages it swallowed: Count, Detail = function
	Repeated   // "last message repeated N times" without that message: Count
	OOMInvoked
	OOMKill // Detail = process, Count = pid
	WindowShrink
	SYNFlood
	Orphans
	NeighbourOverflow
	Martian
	DNSQuery
	DHCPLease
	Reset
	Latency
	Traffic
	Link
	System // understood, and of no consequence to any detector (daemon start, NTP, hostapd …)
	// trouble that a kernel or daemon tells of; Aside = ID of its entry in the encyclopaedia, Detail = the device or
	// process, where one is named
	Alarm
	Entry // one row of a listing of the session table
	Torn  // a piece of a line that its sender cut in two
	// DNSForward is a question that a name server passes on: Detail = the name, Dst = the server that it asks.
	DNSForward
	// Neighbour says which MAC address (Aside, as aa:bb:cc:dd:ee:ff) an address (Src) has.
	Neighbour
	// Setting tells of a router's session table: a timeout, its size, its entries; Detail = the text, which
	// Event.Settings reads.
	Setting
	numKinds
)

var kindNames = [numKinds]string{"unknown", "session-new", "session-update", "session-end", "session-denied",
	"table-full", "suppressed", "repeated", "oom-invoked", "oom-kill", "window-shrink", "syn-flood", "orphans",
	"neighbour-overflow", "martian", "dns-query", "dhcp-lease", "reset", "latency", "traffic", "link", "system",
	"alarm", "entry", "torn", "dns-forward", "neighbour", "setting"}

// String is the word that is stored, shown and taken by `query --kind`.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind-%d", uint8(k))
}

// KindOf is the kind with that name; ok is false for any other word.
func KindOf(name string) (k Kind, ok bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return Unknown, false
}

// KindNames lists the names of all kinds.
func KindNames() []string { return kindNames[:] }

// State is the conntrack state that a line names (net/netfilter/nf_conntrack_proto_tcp.c), Unreplied/Replied
// for protocols without states, which way a link went, or how severe a line is that no detector knows. The zero value
// says nothing.
type State uint8

// The states of a session-table entry, of a link, and the severity of a line that tells of trouble.
const (
	NoState State = iota
	SynSent
	SynRecv
	Established
	FinWait
	CloseWait
	LastAck
	TimeWait
	Close
	Unreplied
	Replied
	LinkUp // of a Link event, as LinkDown
	LinkDown
	Emergency // of Unknown and System events: the severity that the header gives (RFC 5424, 6.2.1), as those below
	Alert
	CriticalLevel
	ErrorLevel
	numStates
)

var stateNames = [numStates]string{"", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
	"TIME_WAIT", "CLOSE", "UNREPLIED", "REPLIED", "UP", "DOWN", "EMERG", "ALERT", "CRIT", "ERR"}

// String is the kernel's spelling.
func (s State) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return fmt.Sprintf("state-%d", uint8(s))
}

// TCP flag bits as they stand in the header (RFC 9293, 3.1).
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// IANA protocol numbers that the detectors branch on.
const (
	ICMP   uint8 = 1
	TCP    uint8 = 6
	UDP    uint8 = 17
	ICMPv6 uint8 = 58
)

// Name is an interned string: one word in an Event, comparable with ==. Its zero value is "".
type Name struct{ h unique.Handle[string] }

// MakeName interns s. Parsers keep a bounded cache in front of it, because unique.Make of bytes allocates.
func MakeName(s string) Name {
	if s == "" {
		return Name{}
	}
	return Name{unique.Make(s)}
}

// String is the interned string.
func (n Name) String() string {
	if n == (Name{}) {
		return ""
	}
	return n.h.Value()
}

// Event holds what one line or packet says: a flat value without pointers into the line (168 bytes; the four addresses
// are 96 of them). Fields that the line does not give are zero.
type Event struct {
	Time  int64  // ns since 1970 UTC; ingest sets it from the line's Stamp, the sender's clock and zone
	Recv  int64  // ns since 1970 UTC at which the collector got it; 0 for imports
	Bytes uint64 // both directions

	Router Name // the router that wrote the line; ingest sets it
	Detail Name // process, query name, host name of a lease, rule or function
	// Aside is a second word: the MAC address of Src, as aa:bb:cc:dd:ee:ff; of an alarm the ID of its entry in the
	// encyclopaedia; of an oom-kill the control group whose limit was hit; of unknown and system lines of severity err
	// and above their shape.
	Aside Name

	Src    netip.Addr // opener of the session; the peer of a window shrink; the client of a DNS query or lease
	Dst    netip.Addr
	NATSrc netip.Addr // translated source (outside address)
	NATDst netip.Addr // translated destination; of a PTR query: the address that is looked up

	Packets uint32 // both directions
	// suppressed or repeated lines; of an oom-kill: the pid; of a session-end: ms that it lasted, or 0; of other lines
	// about a session: s until its entry goes if no packet comes, or 0
	Count  uint32
	Spread uint32 // ± ms of Time; 0 = as exact as the stamp is (one second for RFC 3164)

	SPort, DPort, NATSPort, NATDPort uint16

	Kind  Kind
	Proto uint8 // IANA number
	State State
	Flags uint8 // TCP flags
}

// Lasted returns how long a session had lasted when it ended; ok is false where the line does not tell.
func (e *Event) Lasted() (d time.Duration, ok bool) {
	if e.Kind != SessionEnd || e.Count == 0 {
		return 0, false
	}
	return time.Duration(e.Count) * time.Millisecond, true
}

// Timeout returns for how long the router keeps the session's entry from this line on if no packet comes, in whole
// seconds; ok is false where the line does not tell.
func (e *Event) Timeout() (d time.Duration, ok bool) {
	if e.Kind != SessionNew && e.Kind != SessionUpdate && e.Kind != Entry || e.Count == 0 {
		return 0, false
	}
	return time.Duration(e.Count) * time.Second, true
}

// SrcPort is the source as one value.
func (e *Event) SrcPort() netip.AddrPort { return netip.AddrPortFrom(e.Src, e.SPort) }

// DstPort is the destination as one value.
func (e *Event) DstPort() netip.AddrPort { return netip.AddrPortFrom(e.Dst, e.DPort) }
