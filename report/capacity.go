package report

import (
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"uncloak/detect"
)

// CapacityModel is the answer of `uncloak capacity`. Its JSON names are a contract: added to, never renamed. Times are
// seconds.
type CapacityModel struct {
	Table          int            `json:"table"`
	Assumed        bool           `json:"table_assumed,omitempty"` // the table is a default: the user gave none
	Sessions       int            `json:"sessions"`                // of one client
	HoldS          float64        `json:"hold_s"`
	LingerS        float64        `json:"linger_s"`
	AtOnce         int            `json:"clients_at_once"`
	CycleS         float64        `json:"cycle_s"`
	PerHour        float64        `json:"clients_per_hour"`
	SessionMinutes float64        `json:"session_minutes"` // that one client costs
	Kept           *CapacityKept  `json:"kept,omitempty"`  // with keep-alive
	For            *CapacityTable `json:"for,omitempty"`   // the reverse question
	Formulas       []string       `json:"formulas"`
}

// CapacityKept is a client whose sessions the server keeps open.
type CapacityKept struct {
	KeepAliveS      float64 `json:"keepalive_s"`
	PagesPerMinute  float64 `json:"pages_per_minute,omitempty"`
	Sets            int     `json:"sets"` // times that it opens its sessions
	SessionMinutes  float64 `json:"session_minutes"`
	PerHour         float64 `json:"clients_per_hour"`
	Accepted        int     `json:"accepted,omitempty"` // sessions of a client; the others are closed at once
	AcceptedMinutes float64 `json:"accepted_session_minutes,omitempty"`
	AcceptedPerHour float64 `json:"accepted_clients_per_hour,omitempty"`
}

// CapacityTable is the table that a number of clients needs.
type CapacityTable struct {
	ClientsPerHour float64 `json:"clients_per_hour"`
	Table          int     `json:"table"`
	KeptTable      int     `json:"kept_table,omitempty"` // with keep-alive
}

// Capacity computes how many clients a table serves under the demand d and, where clients (an hour) is not 0, the table
// that they need. d must be valid.
func Capacity(d detect.Demand, clients float64) *CapacityModel { return demand(d, clients, false) }

// TableFor computes the table that so many clients an hour need. It is Capacity without the sentences about the table
// of d.
func TableFor(d detect.Demand, clients float64) *CapacityModel { return demand(d, clients, true) }

func demand(d detect.Demand, clients float64, assumed bool) *CapacityModel {
	c := d.Capacity()
	m := &CapacityModel{Table: d.Table, Assumed: assumed, Sessions: d.Sessions, HoldS: d.Hold.Seconds(),
		LingerS: d.Linger.Seconds(), AtOnce: c.AtOnce,
		CycleS: c.Cycle.Seconds(), PerHour: c.PerHour, SessionMinutes: c.SessionMinutes}
	if !assumed {
		m.say("%s entries / %s sessions = %s at once", num(d.Table), num(d.Sessions),
			count(English, c.AtOnce, "client", "clients"))
	}
	m.say("their entries stay %s + %s = %s", inSeconds(d.Hold), inSeconds(d.Linger), inSeconds(c.Cycle))
	if !assumed {
		m.say("3600 s · %s / %s = %s clients an hour", num(c.AtOnce), inSeconds(c.Cycle), decimal(c.PerHour))
	}
	if k := c.Kept; k != nil {
		m.kept(d, k)
	}
	if clients > 0 {
		f := &CapacityTable{ClientsPerHour: clients, Table: d.TableFor(clients), KeptTable: d.TableForKept(clients)}
		m.For = f
		m.say("%s clients an hour · %s / 3600 s = %s at once; · %s sessions = %s entries", decimal(clients),
			inSeconds(c.Cycle), num(f.Table/d.Sessions), num(d.Sessions), num(f.Table))
		if f.KeptTable > 0 {
			m.say("with keep-alive: %s · %s session-minutes / 60 min = %s entries", decimal(clients),
				decimal(c.Kept.Accepted), num(f.KeptTable))
		}
	}
	return m
}

func (m *CapacityModel) say(format string, args ...any) {
	m.Formulas = append(m.Formulas, fmt.Sprintf(format, args...))
}

func (m *CapacityModel) kept(d detect.Demand, k *detect.Kept) {
	m.Kept = &CapacityKept{KeepAliveS: d.KeepAlive.Seconds(), PagesPerMinute: d.PagesPerMinute, Sets: k.Sets,
		SessionMinutes: k.All, PerHour: k.AllPerHour}
	sets := ""
	if k.Sets > 1 {
		sets = fmt.Sprintf("%d · ", k.Sets)
		m.say("a page each %s, keep-alive %s: each page opens its own sessions, %d times a minute",
			inSeconds(time.Duration(60/d.PagesPerMinute*1e9)), inSeconds(d.KeepAlive), k.Sets)
	} else if k.Reused {
		m.say("a page each %s, keep-alive %s: the sessions of the first page serve them all",
			inSeconds(time.Duration(60/d.PagesPerMinute*1e9)), inSeconds(d.KeepAlive))
	}
	stay, linger := decimal(k.Stay.Minutes()), decimal(d.Linger.Minutes())
	m.say("one client: %s%d sessions · (%s keep-alive + %s) = %s%d · %s min = %s session-minutes%s",
		sets, d.Sessions, inSeconds(d.KeepAlive), inSeconds(d.Linger), sets, d.Sessions, stay, decimal(k.All),
		m.anHour(k.AllPerHour))
	if k.RefusedAtOnce == 0 {
		return
	}
	m.Kept.Accepted, m.Kept.AcceptedMinutes, m.Kept.AcceptedPerHour = k.AcceptedSessions, k.Accepted, k.AcceptedPerHour
	inner := fmt.Sprintf("%d · %s min + %d · %s min", k.AcceptedSessions, stay, k.RefusedAtOnce, linger)
	if sets != "" {
		inner = "(" + inner + ")"
	}
	m.say("with at most %d accepted: %s%s = %s session-minutes%s", k.AcceptedSessions, sets, inner, decimal(k.Accepted),
		m.anHour(k.AcceptedPerHour))
}

// anHour words how many clients an hour the table takes; "" where no table was given.
func (m *CapacityModel) anHour(clients float64) string {
	if m.Assumed {
		return ""
	}
	return "; " + decimal(clients) + " clients an hour"
}

// inSeconds writes a time in seconds: 125 s.
func inSeconds(d time.Duration) string { return decimal(d.Seconds()) + " s" }

// decimal writes x with at most two digits behind the point, and commas: 3,686.4.
func decimal(x float64) string {
	s := strconv.FormatFloat(x, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	whole, rest, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s
	}
	if ok {
		return num(n) + "." + rest
	}
	return num(n)
}

// CapacityJSON writes the model as JSON.
func CapacityJSON(w io.Writer, m *CapacityModel) error { return writeJSON(w, m) }

// CapacityText writes the model as text: the answer, then each step of the arithmetic.
func CapacityText(w io.Writer, m *CapacityModel, opt TextOptions) error {
	p := newPage(w, English, opt)
	head := p.paint("CAPACITY", "bold") + "  "
	say := func(s string) {
		p.put(head, s, 10)
		head = "          "
	}
	switch {
	case m.Assumed:
	case m.AtOnce == 0:
		say(fmt.Sprintf("A table of %s is too small for one client, who opens %s at once.",
			count(English, m.Table, "entry", "entries"), count(English, m.Sessions, "session", "sessions")))
	default:
		say(fmt.Sprintf("A table of %s takes %s of %s each at once, and about %s an hour.",
			count(English, m.Table, "entry", "entries"),
			count(English, m.AtOnce, "client", "clients"), count(English, m.Sessions, "session", "sessions"),
			num(int64(m.PerHour))))
	}
	if k := m.Kept; k != nil {
		s := fmt.Sprintf("With a keep-alive of %s one client costs %s session-minutes", English.seconds(k.KeepAliveS),
			decimal(k.SessionMinutes))
		if k.Accepted > 0 {
			s += fmt.Sprintf("; with at most %d of its sessions accepted, %s", k.Accepted, decimal(k.AcceptedMinutes))
		}
		say(s + ".")
	}
	if f := m.For; f != nil {
		need := f.Table
		s := fmt.Sprintf(
			"%s clients an hour need %s", decimal(f.ClientsPerHour), count(English, f.Table, "entry", "entries"))
		if f.KeptTable > 0 {
			s += fmt.Sprintf("; with that keep-alive %s", num(f.KeptTable))
			need = max(need, f.KeptTable)
		}
		say(s + fmt.Sprintf(". The next power of two is %s.", num(int64(1)<<bits.Len(uint(max(need-1, 0))))))
	}
	p.line("")
	for _, f := range m.Formulas {
		p.put("   ", f, 3)
	}
	p.line("")
	p.put("", "That is the evenly loaded table: clients that come in a rush fill it sooner. The linger time is "+
		"TIME_WAIT, which stays on the router when the "+
		"server closes first; when the client closes first, or a closed port answers with RST, it is about 0.", 0)
	return p.out.Flush()
}
