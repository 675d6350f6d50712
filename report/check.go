package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"uncloak/detect"
	"uncloak/store"
)

// Check holds the result of `uncloak check`. Its JSON names are a contract: added to, never renamed.
type Check struct {
	Version  string     `json:"version"`
	Now      time.Time  `json:"now"`
	Config   string     `json:"config,omitempty"` // configuration file; "" = no file was read
	Settings []Setting  `json:"settings"`
	Listen   []Listener `json:"listen"`
	Buffer   *Buffer    `json:"buffer,omitempty"` // nil: nothing listens for datagrams
	Data     DataDir    `json:"data"`
	Received *Received  `json:"received,omitempty"` // nil: the data directory could not be read, or is not there
	Problems []string   `json:"problems"`           // each says what to do; exit code 0 if there are none
	Notes    []string   `json:"notes"`
}

// Setting is one value of the configuration and where it comes from: default, a file with its line, a variable or a
// flag.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// Listener is one address to receive at.
type Listener struct {
	Network string `json:"network"` // udp, tcp, unix
	Address string `json:"address"`
	State   string `json:"state"` // free; serve: the daemon listens there; taken; denied; bad
	PID     int    `json:"pid,omitempty"`
}

// Buffer is the receive buffer of a datagram socket, in bytes.
type Buffer struct {
	Asked   int `json:"asked"`
	Granted int `json:"granted"`
}

// DataDir is the data directory as this process sees it.
type DataDir struct {
	Path     string `json:"path"`
	Exists   bool   `json:"exists"`
	Writable bool   `json:"writable"`         // or can be made
	Free     uint64 `json:"free"`             // bytes that the file system has left for this user; 0: not known
	PID      int    `json:"pid,omitempty"`    // of the process that has the directory open; 0: no process
	Daemon   bool   `json:"daemon,omitempty"` // that process is serve
}

// Received describes the stored events (GET /v1/check): their number and span, and how many lines of the newest day
// were received, lost and understood.
type Received struct {
	Listening []string  `json:"listening,omitempty"` // of serve: "udp [::]:514"
	Refusing  string    `json:"refusing,omitempty"`  // the reason why serve stores nothing at the moment
	Days      int       `json:"days"`
	Events    uint64    `json:"events"`
	Bytes     int64     `json:"bytes"` // on disk
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	Damaged   uint64    `json:"damaged"` // blocks that could not be read since the directory was opened
	From      time.Time `json:"from,omitzero"`
	To        time.Time `json:"to,omitzero"`
	Senders   []Sender  `json:"senders"` // of the whole UTC days that From and To touch
	// senders of the last 24 hours that are not allowed, and of which nothing is taken
	NotTaken []Sender  `json:"not_taken,omitempty"`
	Unparsed *Unparsed `json:"unparsed,omitempty"`
	Shapes   []Shape   `json:"shapes"`
	// details that the bounds of the summaries left out, by what: all lines are stored and counted
	LeftOut map[string]uint64 `json:"left_out,omitempty"`
}

// Bounds above which check calls something a problem.
const (
	badSkew     = 60.0        // seconds
	longestZone = 26 * 3600.0 // seconds between the two time zones that lie farthest apart
	badUnparsed = 0.1         // share of the stored lines
	badFree     = 100 << 20   // bytes
	fewLines    = uint64(100) // fewer lines than these prove nothing

	maxStrangers = 5 // senders that are not allowed, by name
)

// Judge adds the problems and notes that the accounts give rise to.
func (c *Check) Judge() {
	if c.Data.Free > 0 && c.Data.Free < badFree {
		c.Problems = append(c.Problems, fmt.Sprintf("the disk of %s has only %s left: free some, or move the data",
			Clean(c.Data.Path), English.octets(c.Data.Free)))
	}
	r := c.Received
	if r == nil {
		return
	}
	if r.Refusing != "" {
		c.Problems = append(c.Problems, "nothing is stored at the moment ("+Clean(r.Refusing)+
			"): free some room; serve goes on by itself, streams wait, datagrams are dropped and counted")
	}
	if r.Damaged > 0 {
		c.Problems = append(c.Problems, count(English, r.Damaged, "block", "blocks")+
			" or files of the data could not be read: check the disk; what else is stored is not touched by it")
	}
	if words := English.leftOutWords(r.LeftOut); words != "" {
		c.Notes = append(c.Notes, strings.TrimPrefix(words, "; ")+"; look who sends so many names, or raise memory")
	}
	age := c.Now.Sub(r.Last)
	switch {
	case !c.Data.Daemon || r.Events > 0 && age <= 24*time.Hour:
	case len(r.NotTaken) > 0:
		c.Problems = append(c.Problems, r.notTaken())
	case r.Events == 0:
		c.Problems = append(c.Problems, "serve runs and has received nothing: let the router send its log to this "+
			"machine, and look whether a firewall stands between")
	default:
		c.Problems = append(c.Problems, fmt.Sprintf("serve runs and has received nothing for %s: look whether the "+
			"router still sends its log here", English.seconds(age.Seconds())))
	}
	problems, notes := len(c.Problems), len(c.Notes)
	for i := range r.Senders {
		s := &r.Senders[i]
		c.judgeSender(s, s.called())
	}
	c.Problems = firstWords(c.Problems, problems+maxSaid, "problems")
	c.Notes = firstWords(c.Notes, notes+maxSaid, "notes")
}

// maxSaid bounds the problems of senders that are told one by one, and the notes: senders can be made up.
const maxSaid = 50

// firstWords keeps the first n of the texts, and says how many more there are.
func firstWords(texts []string, n int, what string) []string {
	more := len(texts) - n
	if more <= 0 {
		return texts
	}
	return append(slices.Clip(texts[:n]),
		fmt.Sprintf("%s %s of other senders: see the accounts in uncloak report --format json", num(more), what))
}

// notTaken says whose lines come and are not taken, where no others come.
func (r *Received) notTaken() string {
	var n uint64
	var names []string
	for i := range r.NotTaken {
		n += r.NotTaken[i].NotAllowed
		if i < maxStrangers {
			names = append(names, r.NotTaken[i].called())
		}
	}
	if more := len(r.NotTaken) - maxStrangers; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("serve runs and takes nothing: %s of %s, which %s not allowed. Where that is your router, "+
		"put its address or network under allow in the config",
		count(English, n, "line or connection came", "lines or connections came"), English.list(names),
		map[bool]string{true: "is", false: "are"}[len(r.NotTaken) == 1])
}

// unread says how much of a sender's lines is not understood. It is a problem where most lines are the network's own,
// and where it goes on: a router that starts says things for a minute that it does not say again.
func (s *Sender) unread() (text string, bad bool) {
	read := s.Received - min(s.Received, s.Dropped+s.Limited+s.Blank) // lost lines count as neither
	if read < fewLines || float64(s.Unparsed) < badUnparsed*float64(read) {
		return count(English, s.Unparsed, "line is", "lines are") + " not understood: see the shapes above", false
	}
	part := percent(float64(s.Unparsed) / float64(read))
	if h := s.Hour; h != nil && h.Lines >= fewLines && float64(h.Unparsed) < badUnparsed*float64(h.Lines) {
		return fmt.Sprintf("%s of its lines are not understood, but only %s of those of its last hour: see "+
			"the shapes above", part, percent(float64(h.Unparsed)/float64(h.Lines))), false
	}
	// most kernel and journal lines of a boot are of no kind that uncloak reads
	return part + " of its lines are not understood: see the shapes above",
		s.Sender != "kmsg" && !strings.HasPrefix(s.Sender, "journal")
}

func (c *Check) judgeSender(s *Sender, name string) {
	problem := func(format string, args ...any) {
		c.Problems = append(c.Problems, name+": "+fmt.Sprintf(format, args...))
	}
	note := func(format string, args ...any) { c.Notes = append(c.Notes, name+": "+fmt.Sprintf(format, args...)) }
	if s.Kernel > 0 {
		problem("%s lost in the receive buffer, and the kernel does not say whose: raise it (sysctl -w "+
			"net.core.rmem_max=33554432) and restart serve", count(English, s.Kernel, "line was", "lines were"))
	}
	if s.Dropped > 0 {
		problem("%s dropped because uncloak was too slow: let the router log less (new sessions only), or give serve "+
			"a faster machine", count(English, s.Dropped, "line was", "lines were"))
	}
	if s.Limited > 0 {
		problem("%s dropped by its rate limit: raise rate for it in the config, or let it log less",
			count(English, s.Limited, "line was", "lines were"))
	}
	if s.NotAllowed > 0 {
		note("%s not taken: if it is one of yours, put its address or network under allow in the config",
			count(English, s.NotAllowed, "line or connection was", "lines or connections were"))
	}
	if s.Refused > 0 {
		note("%s refused: too many at once (limits: connections and per_sender, memory; the log of serve says which)",
			count(English, s.Refused, "connection was", "connections were"))
	}
	if s.Suppressed > 0 {
		note("it says that it left out %s itself: raise the limit of its "+
			"logger", count(English, s.Suppressed, "line", "lines"))
	}
	if s.Repeated > 0 {
		note("it says that %s like the one before, and did not send them: switch that off where lines are to be "+
			"counted (rsyslog: $RepeatedMsgReduction off)", count(English, s.Repeated, "line was", "lines were"))
	}
	if s.Missing > 0 {
		note("%s lost on the way, by its sequence numbers: send over TCP where it can",
			count(English, s.Missing, "line was", "lines were"))
	}
	if s.Estimated > 0 {
		note("about %s must be missing: sessions end that never began", count(English, s.Estimated, "line", "lines"))
	}
	if abs := max(s.SkewS, -s.SkewS); abs >= badSkew {
		do := "set up NTP on it"
		if abs <= longestZone {
			do += ", or say its zone (routers: timezone)"
		}
		if 2*s.Repaired > s.Received {
			do += "; until then its lines have the time of their receipt"
		}
		problem("its clock is %s: %s", English.aside(s.SkewS), do)
	}
	if s.Unparsed > 0 {
		say := note
		text, bad := s.unread()
		if bad {
			say = problem
		}
		say("%s", text)
	}
	if s.Oversize > 0 {
		note("%s cut at the limit", count(English, s.Oversize, "line was", "lines were"))
	}
	if s.Malformed > 0 {
		note("%s broken: empty, binary, or framed wrongly", count(English, s.Malformed, "line was", "lines were"))
	}
	if s.Repaired > 0 {
		note("%s had a time that cannot be true, and got that of their receipt (imported ones: of their neighbours)",
			count(English, s.Repaired, "line", "lines"))
	}
}

// CheckJSON writes the check as JSON.
func CheckJSON(w io.Writer, c *Check) error { return writeJSON(w, c) }

// Stored counts the days and events of a store, and the lines of 24 hours by sender: the 24 hours up to now or, where
// these have no event, up to the last event.
func Stored(ctx context.Context, st store.Store, now time.Time) (r *Received, err error) {
	r = &Received{Senders: []Sender{}, Shapes: []Shape{}}
	defer func() {
		if r != nil {
			// damage shows only once the days have been read
			r.Damaged = max(st.Damaged(), uint64(len(st.Lacking(store.Window{}))))
		}
	}()
	days, err := st.Days(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the days: %w", err)
	}
	r.Days = len(days)
	for i, d := range days {
		r.Events += d.Events
		r.Bytes += d.Bytes
		if i == 0 || d.First.Before(r.First) {
			r.First = d.First
		}
		if i == 0 || d.Last.After(r.Last) {
			r.Last = d.Last
		}
	}
	if r.NotTaken, err = strangers(ctx, st, now); err != nil {
		return nil, err
	}
	if r.Events == 0 {
		return r, nil
	}
	if r.To = now; now.Sub(r.Last) >= 24*time.Hour {
		r.To = r.Last.Add(time.Nanosecond)
	}
	r.From = r.To.Add(-24 * time.Hour)
	w := store.Window{From: r.From, To: r.To}
	hs, err := st.Health(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("read the accounting: %w", err)
	}
	m := Model{Health: r.Senders}
	m.addHealth(hs)
	r.Senders = m.Health
	summaries, err := daysOf(ctx, st, days, w)
	if err != nil {
		return nil, err
	}
	r.LeftOut = leftOut(summaries)
	estimate(r.Senders, summaries)
	lastHours(r.Senders, summaries)
	if r.Unparsed, err = fewShapes(ctx, st, w); err != nil {
		return nil, err
	}
	r.Shapes = r.Unparsed.Shapes
	return r, nil
}

// strangers lists the senders of the last 24 hours of which nothing is taken, as they are not allowed, most lines
// first.
func strangers(ctx context.Context, st store.Store, now time.Time) (out []Sender, err error) {
	hs, err := st.Health(ctx, store.Window{From: now.Add(-24 * time.Hour), To: now})
	if err != nil {
		return nil, fmt.Errorf("read the accounting: %w", err)
	}
	var m Model
	m.addHealth(hs)
	for _, s := range m.Health {
		if s.NotAllowed > 0 && s.Received == 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Sender) int { return cmp.Compare(b.NotAllowed, a.NotAllowed) })
	return out, nil
}

// lastHours gives the senders the last hour of their routers that is long enough for a judgement.
func lastHours(ss []Sender, days []*detect.Day) {
	for i := range ss {
		s := &ss[i]
		from, lines, unknown, ok := detect.LastHour(days, s.Router, uint32(fewLines))
		if ok && s.Router != "" {
			s.Hour = &Hour{From: from, Lines: uint64(lines), Unparsed: uint64(unknown)}
		}
	}
}

// daysOf are the stored summaries of the days that touch w.
func daysOf(ctx context.Context, st store.Store, days []store.DayInfo, w store.Window) (out []*detect.Day, err error) {
	for _, d := range days {
		if !d.Date.End().After(w.From) || !d.Date.Start().Before(w.To) {
			continue
		}
		day, err := st.Day(ctx, d.Date)
		if err != nil {
			return nil, fmt.Errorf("read the summary of %v: %w", d.Date, err)
		}
		if day != nil {
			out = append(out, day)
		}
	}
	return out, nil
}
