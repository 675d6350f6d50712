package parse

import (
	"net/netip"

	"uncloak/parse/scan"
)

// Record holds everything that one line says, in the finer words of `uncloak parse`; the embedded Event is the part
// that is stored. Byte slices point into the line, or into the Parser, and are valid until the Parser's next line. One
// Record is reused for all lines.
type Record struct {
	said

	Stamp Stamp
	Pri   int // syslog priority 0..191, or -1
	Host  []byte
	App   []byte
	PID   []byte // of the syslog tag (not of an OOM kill)
	Body  []byte // the message behind header, tag and uptime stamp

	// Identity is a hash of what makes the line itself: uptime stamp (or wall stamp) and Body. The same kernel line has
	// the same Identity in syslog, dmesg and kmsg.
	Identity uint64

	Piece Piece // of a line that its sender cut in two; 0 for a whole line

	Relay      []byte // host of the outermost header, where another header stood inside it
	RelayStamp Stamp  // the relay's stamp; where the sender's clock is not set (Cisco's *), the sender's

	Copy Copy // what a packet of tcpdump -i any is known again by on another interface

	mem       *memory // of the Parser that reads the line
	data      []byte  // structured data of an RFC 5424 header
	msgID     []byte  // message name of an RFC 5424 header
	tagged    []byte  // Body with its tag in front
	indent    int     // blanks in front of the line
	object    []byte  // the object of JSON that Body is a field of
	container []byte  // the container that wrote the line
	layers    uint8   // how many things that stood in front were taken off
	times     uint32  // how often logwatch saw the line
	hostOnly  bool    // "host: last message repeated …"
	unsynced  bool    // the sender says that its clock is not set
	lent      bool    // a relay's header, which is known as one, gave the stamp: the sender's has none
	lentHost  bool    // and the host
	cutUp     bool    // fields of the header are pieces of the message: a relay has cut it up
	dmesg     bool    // the stamp is one that only dmesg writes, so the line is the kernel's
}

// said holds the fields that dialects write. One assignment takes back everything that a dialect wrote before it
// failed.
type said struct {
	Event
	Dialect string // which dialect understood the line: "netfilter", "conntrack", "kernel", …; "" for none
	Word    string // the finer kind: "fw-packet", "conntrack", "oom-constraint" …; "" if the line is not understood
	Action  string // allow, deny, nat-create, nat-delete, session-create, session-update, session-delete; or ""

	InIf  []byte
	OutIf []byte
	QName []byte
	QType []byte
	Rule  []byte // log prefix
	Zone  []byte // zone of Src as the line gives it: the en0 of fe80::1%en0

	PortLow, PortHigh uint16 // the block of ports that a NAT gives to a subscriber
	Assured           bool
	Unreplied         bool // the line says [UNREPLIED]
	ZeroPort          bool // the line says that the destination port is 0
	Unordered         bool // the line does not say who opened the session: Src and Dst are a guess

	swapped bool   // the guess is the other way round than the line's order
	detail  []byte // becomes Detail when the line is understood
	aside   []byte // becomes Aside
	lasted  uint32 // becomes the Count of a session end: how long it lasted, in ms
}

// Copy tells the copies of one packet from other packets: a router's tcpdump -i any shows it on each interface that it
// passes, and translated on one side of NAT. Copies have the same To, or the same From where the answer's address is
// translated, and different Links. Zero where the line names no interface.
type Copy struct {
	To   uint64 // hash of destination and content
	From uint64 // hash of source and content
	Link uint64 // hash of the interface's name
}

// Stamp is the time as the line gives it, before anything is known of the sender's zone or year.
type Stamp struct {
	Year                 int16 // 0: the line has none
	Month, Day           uint8 // 0: the line has no date
	Hour, Minute, Second uint8
	HasClock             bool // Hour … Nanos are given
	HasZone              bool // Offset is given
	HasUptime            bool
	HasUnix              bool    // Unix is given, and is the whole truth
	HasDelta             bool    // Uptime is the time since the line before, and not since boot
	Coarse               bool    // the clock is cut to the minute
	Nanos                int32   // fraction of the second
	Offset               int32   // seconds east of UTC
	Uptime               int64   // ns since boot
	Unix                 int64   // ns since 1970 UTC
	zoneWord             [5]byte // the name of the zone as the line gives it, where it is in letters
}

// exhausted reports whether a text about an address pool tells that nothing is left.
func exhausted(b []byte) bool {
	for _, w := range [...]string{"exhaust", "out of port", "outof", "out of address", "used up", "usedup", "runout",
		"run out", "allocation fail", "exceeded", "depleted", "no free port"} {
		if scan.ContainsLower512(b, w) {
			return true
		}
	}
	return false
}

// translation fills in a session that a NAT logs, which is all that such a device says of it.
func (rec *Record) translation(created bool) {
	rec.Word = "nat"
	if created {
		rec.Kind, rec.Action = SessionNew, "nat-create"
	} else {
		rec.Kind, rec.Action = SessionEnd, "nat-delete"
	}
}

// block fills in that a block of ports was given to a subscriber or taken back.
func (rec *Record) block(given bool) {
	rec.Kind, rec.Word, rec.Action = System, "nat-block", "nat-create"
	if !given {
		rec.Action = "nat-delete"
	}
}

// verdict fills in what a filter did with a packet.
func (rec *Record) verdict(allowed bool) {
	rec.Kind, rec.Word, rec.Action = SessionDenied, "fw-packet", "deny"
	if allowed {
		rec.Kind, rec.Action = SessionNew, "allow"
	}
}

// link fills in that an interface came up or went down.
func (rec *Record) link(up bool) {
	rec.Kind, rec.Word = Link, "link-down"
	if up {
		rec.Word = "link-up"
	}
}

// full fills in that a pool or a table has no room left; detail is which.
func (rec *Record) full(w string, detail []byte) {
	rec.Kind, rec.Word, rec.Action, rec.detail = TableFull, w, "", detail
}

// plain fills in a message that is understood and has no consequence. The header's own word stays.
func (rec *Record) plain(detail []byte) {
	rec.Kind, rec.detail, rec.Action = System, detail, ""
	if rec.Word == "" || rec.Word == "malformed" {
		rec.Word = "syslog"
	}
}

// verdict returns the meaning of a firewall's word for its deed, as kind and action. Words that say nothing about a
// session are System.
func verdict(w []byte) (Kind, string) {
	var buf [24]byte
	if len(w) == 0 || len(w) > len(buf) {
		return System, ""
	}
	for i, c := range w {
		if scan.IsUpper(c) {
			c |= 0x20
		}
		buf[i] = c
	}
	switch string(buf[:len(w)]) {
	case "accept", "accepted", "allow", "allowed", "permit", "permitted", "pass", "passed", "passthrough", "forward",
		"forwarded", "mgmt":
		return SessionNew, "allow"
	case "deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected", "reset", "prevent", "prevented",
		"discard", "discarded", "reset-client", "reset-server", "reset-both", "reset_client", "reset_server",
		"reset_both",
		"drop-all", "drop-packet", "block-ip", "block-url", "sinkhole", "refuse", "clear_session", "drop_session":
		return SessionDenied, "deny"
	case "start", "open", "opened", "new", "create", "created", "built", "established":
		return SessionNew, "session-create"
	case "close", "closed", "end", "ended", "stop", "delete", "deleted", "teardown", "timeout", "client-rst",
		"server-rst",
		"ip-conn", "terminated", "expired", "remove", "finish":
		return SessionEnd, "session-delete"
	case "update", "interim":
		return SessionUpdate, "session-update"
	}
	return System, ""
}

// tidyNAT takes out translations that change nothing: the unspecified address, and an endpoint that stayed what it was.
// ICMP between IPv6 hosts becomes ICMPv6.
func tidyNAT(e *Event) {
	if !e.NATSrc.IsValid() || e.NATSrc.IsUnspecified() ||
		e.NATSrc == e.Src && (e.NATSPort == e.SPort || e.NATSPort == 0) {
		e.NATSrc, e.NATSPort = netip.Addr{}, 0
	}
	if !e.NATDst.IsValid() || e.NATDst.IsUnspecified() ||
		e.NATDst == e.Dst && (e.NATDPort == e.DPort || e.NATDPort == 0) {
		e.NATDst, e.NATDPort = netip.Addr{}, 0
	}
	if e.Proto == ICMP && e.Src.Is6() {
		e.Proto = ICMPv6
	}
}

// unanswered reports whether a closed session saw packets of its opener only.
func unanswered(sent, received uint64) State {
	if sent > 0 && received == 0 {
		return Unreplied
	}
	return NoState
}

// packetCounts are the packets of a session each way, which a line may tell of one way only.
type packetCounts struct {
	sent, received uint64 // of the client, and of the server
	both           bool   // the server's are told
}

// client takes the number of packets that the session's opener sent.
func (c *packetCounts) client(n uint64, rec *Record) {
	c.sent = n
	rec.Packets = scan.Saturate(c.sent + c.received)
}

// server takes the number of packets that the other side sent; told: it is a number.
func (c *packetCounts) server(n uint64, told bool, rec *Record) {
	c.received, c.both = n, told
	rec.Packets = scan.Saturate(c.sent + c.received)
}

// state gives the state of a session that is closed.
func (c *packetCounts) state() State {
	if !c.both {
		return NoState
	}
	return unanswered(c.sent, c.received)
}

// mark sets what a message means, and returns true, so that a reader can end with it.
func mark(rec *Record, k Kind, word string) bool {
	rec.Kind, rec.Word = k, word
	return true
}

// noLeases names the table that is full when a DHCP server has no address left.
var noLeases = []byte("dhcp leases")

// clear takes back what a dialect wrote that did not understand the line after all. Word stays what the header said.
func (rec *Record) clear(word string) {
	rec.said = said{} // in one assignment with Word it would be made elsewhere and copied
	rec.Word = word
}

// undo takes back what a reader wrote before it tries the line in another form.
func undo(rec *Record) { rec.clear(rec.Word) }
