// Package store is the contract between the code that takes events in and the code that asks for them: events in time
// order, the Day summaries beside them, and the accounting of what was lost. Backends live below it (store/bolt); one
// suite (store/storetest) holds them all to the contract. It never knows a detector's thresholds.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"time"

	"uncloak/detect"
	"uncloak/parse"
)

// Errors that callers branch on.
var (
	// ErrLocked means that another process has the data directory open; the message names its pid.
	ErrLocked = errors.New("data directory is in use")
	// ErrNewer means that a file was written by a newer version of uncloak.
	ErrNewer = errors.New("written by a newer version of uncloak")
	// ErrOlder means that a file was written before the first release: its logs must be imported again.
	ErrOlder = errors.New("written in a form of before the first release: move it away, and import its logs again")
	// ErrFull means that the disk is full; nothing of the batch was stored.
	ErrFull = errors.New("no space left on the disk")
)

// ErrReadOnly means that the store is open for reading alone, and was asked to change something.
var ErrReadOnly = fmt.Errorf("the data is open for reading only: %w", fs.ErrPermission)

// ErrGone means that the data directory was removed, moved or replaced while it was open; nothing of the batch was
// stored.
var ErrGone = errors.New("the data directory was removed, moved or replaced while it was open")

// ErrLost means that the file of a day was removed or replaced while it was open: what was in it alone is lost, and new
// events of the day go into the file that is there now.
var ErrLost = errors.New("the file of a day was removed or replaced while it was open")

// Entry is one event with the line that it came from.
type Entry struct {
	parse.Event
	// Identity is parse.Record.Identity, for lines without an uptime with the router's hash added: the same line has
	// the same one, whatever carried it. Events fills it in only where Query.Identity asks for that; where the raw line
	// is not kept, only a part of the number is left.
	Identity uint64
	Raw      []byte // the line as received; nil where it is not kept
}

// Batch is stored as a whole or not at all.
type Batch struct {
	ID      string // a batch whose ID was stored before is not stored again; "" = never compared
	Entries []Entry
	// Dedupe leaves out lines that the store already has: of n lines with one Identity at (nearly) one time, m of which
	// are stored, n-m are added. Imports set it; the live receiver does not.
	Dedupe bool
	// Source joins the batches of one import in the counting of Dedupe: a line that an earlier batch of the same Source
	// brought (stored or found stored) does not stand for a line of this one. Without it, the second of two equal lines
	// on both sides of a cut between batches is taken for a duplicate. A second import of the same file is another
	// Source. All batches of one Source are appended before the first of the next.
	Source string
	Health []Health // added to what is stored, in the same transaction
}

// Appended counts what became of a batch.
type Appended struct {
	Added, Duplicates int
	Unknown           int           // events of Added whose Kind is Unknown
	Days              []AppendedDay // days that got events, in order
}

// AppendedDay counts what a day got of a batch.
type AppendedDay struct {
	Date           detect.Date
	Added, Unknown int
}

// Health is the accounting of one sender and of one router behind it (a relay has several) on one day. Counters are
// sums of increments. Of the lines received, those that are not Dropped, Limited or Blank are stored: see Parsed.
type Health struct {
	Date       detect.Date
	Sender     string // address, or file name of an import
	Router     string // the router's name; "" where it is not known (a socket, a sender that is not allowed)
	Received   uint64 // lines
	Bytes      uint64
	Unparsed   uint64
	Dropped    uint64 // lines lost in the receiver's queue
	Kernel     uint64 // datagrams lost in the socket buffer, where the kernel reports that
	Oversize   uint64 // lines cut at the limit
	Malformed  uint64 // framing errors, binary junk
	Duplicates uint64
	SkewMS     int64  // sender's clock minus this machine's, last estimate; 0 for imports
	Repaired   uint64 // lines whose time was replaced (1970, far off)

	NotAllowed uint64 `json:",omitempty"` // lines, or connections, of a sender that is not allowed: not among Received
	Limited    uint64 `json:",omitempty"` // lines lost to the sender's rate limit
	Refused    uint64 `json:",omitempty"` // connections beyond the limits
	Suppressed uint64 `json:",omitempty"` // lines that the sender says it left out itself
	Missing    uint64 `json:",omitempty"` // lines that its sequence numbers show to be lost on the way
	// lines that the sender did not send, as it says, because they were like the one before ("repeated 7 times")
	Repeated uint64 `json:",omitempty"`
	Blank    uint64 `json:",omitempty"` // lines of Malformed that were empty, and are not stored
}

// Parsed returns the number of lines that are stored and understood: Received less Unparsed, Dropped, Limited and
// Blank. Kernel and NotAllowed count what was never received; Oversize, Malformed and Repaired count lines that are
// stored.
func (h *Health) Parsed() uint64 {
	return h.Received - min(h.Received, h.Unparsed+h.Dropped+h.Limited+h.Blank)
}

// Add adds the counters of o.
func (h *Health) Add(o *Health) {
	h.Received += o.Received
	h.Bytes += o.Bytes
	h.Unparsed += o.Unparsed
	h.Dropped += o.Dropped
	h.Kernel += o.Kernel
	h.Oversize += o.Oversize
	h.Malformed += o.Malformed
	h.Duplicates += o.Duplicates
	h.Repaired += o.Repaired
	h.NotAllowed += o.NotAllowed
	h.Limited += o.Limited
	h.Refused += o.Refused
	h.Suppressed += o.Suppressed
	h.Missing += o.Missing
	h.Repeated += o.Repeated
	h.Blank += o.Blank
}

// Empty reports whether nothing was counted.
func (h *Health) Empty() bool {
	return h.Received|h.Dropped|h.Kernel|h.Malformed|h.NotAllowed|
		h.Limited|h.Refused|h.Suppressed|h.Missing|h.Repeated == 0
}

// Window is a half-open span of time; a zero end is unbounded.
type Window struct{ From, To time.Time }

// Query asks for events. A zero field sets no condition.
type Query struct {
	Window
	Router string
	Host   netip.Prefix // source, destination or translated address within it
	Peer   netip.Prefix // the same, for the other side
	Port   uint16       // source or destination port, translated ones too
	Kinds  []parse.Kind
	Aside  string // the second word of the event, such as the ID of an alarm: see parse.Event.Aside
	Text   string // contained in the raw line
	Limit  int    // 0 = all
	NoRaw  bool   // the caller does not need Raw: it may be nil
	// Identity asks for the identities of the entries too, which costs more than their lines. Not together with NoRaw.
	Identity bool
}

// DayInfo describes what the store holds of a day.
type DayInfo struct {
	Date        detect.Date
	Events      uint64
	First, Last time.Time
	Bytes       int64 // on disk
}

// Store keeps events. All methods may be called by several goroutines; one Append runs at a time.
type Store interface {
	// Append stores the whole batch durably, or nothing of it and an error. Entries may be in any order and of any day.
	Append(ctx context.Context, b Batch) (Appended, error)

	// Expect tells the store that events of these days are appended next: many new days cost less then. Nothing is
	// stored, and not to say it is no mistake.
	Expect(dates []detect.Date) error

	// Events yields in order of time (ties: in order of arrival). Raw is valid until the next step. It sees a
	// consistent state of each day. An error ends the sequence, save damaged blocks, which are skipped and counted.
	Events(ctx context.Context, q Query) iter.Seq2[Entry, error]

	// First answers many questions in one pass: for each the events that Events would yield first, as many as its
	// Limit, which must be set. The lines are copies; NoRaw and Identity mean nothing here.
	First(ctx context.Context, qs []Query) ([][]Entry, error)

	// Days lists the days that have events, in order.
	Days(ctx context.Context) ([]DayInfo, error)

	// Day returns the summary stored for d; nil without an error if d has no summary.
	Day(ctx context.Context, d detect.Date) (*detect.Day, error)
	// PutDays stores summaries, each in place of the one before. With an error some of them may be stored.
	PutDays(ctx context.Context, ds ...*detect.Day) error

	// Health sums the accounting by sender and router over the days that touch w, in that order.
	Health(ctx context.Context, w Window) ([]Health, error)

	// Who returns the machines that may have had a public address and port, the most likely first; see Holders, which
	// backends share.
	Who(ctx context.Context, q Who) ([]Holder, error)

	// Damaged returns the number of blocks that could not be read since Open.
	Damaged() uint64

	// Lacking lists, in order, the days that touch w of which something that was stored cannot be read, as far as that
	// is known: answers about them may lack events. Damage is often known only when the day was read.
	Lacking(w Window) []detect.Date

	// Close waits for readers and releases the directory.
	Close() error
}

// Nearest asks for the events of one public address and port that lie nearest to a time.
type Nearest struct {
	Window
	End   netip.AddrPort // translated source, or destination of what is forwarded inwards
	At    time.Time
	Limit int               // on each side of At; 0 = 1
	Match func(*Entry) bool // a further condition, with Raw; nil = none
	// Blocks asks for nothing but allocations of a NAT: blocks of ports, and whole addresses. Days without any are not
	// read.
	Blocks bool
}
