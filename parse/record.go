package parse

// Record is everything that one line says, in the finer words of `uncloak parse`; the embedded Event is the part that
// is stored. Byte slices point into the line and are valid as long as it is. One Record is reused for all lines.
type Record struct {
	Event
	Dialect string // which dialect understood the line: "netfilter", "conntrack", "kernel", …; "" for none
	Word    string // the finer kind: "fw-packet", "conntrack", "oom-constraint", "conntrack-full" …; "" if not understood
	Action  string // allow, deny, nat-create, nat-delete, session-create, session-update, session-delete; or ""

	Stamp     Stamp
	Pri       int // syslog priority 0..191, or -1
	Host      []byte
	App       []byte
	PID       []byte // of the syslog tag (not of an OOM kill)
	Body      []byte // the message behind header, tag and uptime stamp
	InIf      []byte
	OutIf     []byte
	QName     []byte
	QType     []byte
	Rule      []byte // log prefix
	Assured   bool
	Unreplied bool   // the line says [UNREPLIED]
	Identity  uint64 // hash of what makes the line itself: uptime stamp (or wall stamp) and Body; the same kernel line has the same Identity in syslog, dmesg and kmsg

	Zone              []byte // zone of Src as the line gives it: the en0 of fe80::1%en0
	indent            int    // blanks in front of the line
	PortLow, PortHigh uint16 // the block of ports that a NAT gives to a subscriber
	ZeroPort          bool   // the line says that the destination port is 0
	Unordered         bool   // the line does not say who opened the session: Src and Dst are a guess

	swapped    bool   // the guess is the other way round than the line's order
	data       []byte // structured data of an RFC 5424 header
	msgID      []byte // of an RFC 5424 header
	tagged     []byte // Body with its tag in front
	Relay      []byte // host of the outermost header, where another header stood inside it
	RelayStamp Stamp  // the relay's stamp; where the sender's clock is not set (Cisco's *), the sender's
	times      uint32 // how often logwatch saw the line
	hostOnly   bool   // "host: last message repeated …"
	unsynced   bool   // the sender says that its clock is not set
	dmesg      bool   // the stamp is one that dmesg alone writes: the kernel speaks
}

// Stamp is the time as the line gives it, before anything is known of the sender's zone or year.
type Stamp struct {
	Year                 int16 // 0: the line has none
	Month, Day           uint8 // 0: the line has no date
	Hour, Minute, Second uint8
	HasClock             bool // Hour … Nanos are given
	HasZone              bool // Offset is given
	HasUptime            bool
	HasUnix              bool  // Unix is given, and is the whole truth
	Nanos                int32 // fraction of the second
	Offset               int32 // seconds east of UTC
	Uptime               int64 // ns since boot
	Unix                 int64 // ns since 1970 UTC
}
