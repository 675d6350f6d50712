// Package top shows on a terminal what a network does at the moment: the hosts by what they hold of the session tables,
// and one of them more closely. It asks again every few seconds, judges nothing, and shows no text of the network that
// could move the cursor.
package top

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"uncloak/report"
	"uncloak/report/api"
)

const (
	every    = 2 * time.Second // news are asked for; less often where an answer takes long
	atMost   = 20              // part of the time for which answers are made: one of that many
	timeout  = 30 * time.Second
	frames   = 10 // drawn in a second, at most
	wheel    = 3  // rows that a turn of the wheel moves
	maxTyped = 64 // letters of a filter
)

// Ask gets what is shown; host is the address of the machine that is looked at, or "".
type Ask func(ctx context.Context, host string) (*api.Live, error)

// Options says how the screen looks.
type Options struct {
	Color bool
	Now   func() time.Time
}

// Run shows the screen until the user leaves it, or ctx ends.
func Run(ctx context.Context, ask Ask, o Options, more ...tea.ProgramOption) error {
	p := tea.NewProgram(newModel(ctx, ask, o), append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(frames)},
		more...)...)
	if _, err := p.Run(); err != nil && !errors.Is(err, tea.ErrInterrupted) && ctx.Err() == nil {
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// screen names what is shown.
type screen int

const (
	hosts screen = iota
	machine
	findings
	help
)

// key is a column by which hosts are sorted.
type key int

const (
	byEntries key = iota
	byRate
	byToday
	byName
	byHost
	keys
)

// model holds the state of the screen.
type model struct {
	Options
	ctx context.Context
	ask Ask

	live *api.Live // nil: no answer has come yet
	err  error     // why the last question has no answer
	lost time.Time // since when there is none
	turn int       // of asking: an answer or a wait of an earlier one is late, and starts nothing

	width, height int
	screen, below screen // below: the one under the help
	host          string // that is looked at
	sort          key
	turned        bool // the smallest first
	filter        string
	typing        bool   // of the filter
	chosen        string // host of the row that is marked; "": the first one
	first         int    // row of the list, or line of the text, that is at the top
}

func newModel(ctx context.Context, ask Ask, o Options) model {
	return model{Options: o, ctx: ctx, ask: ask, width: 80, height: 24}
}

// news is an answer, or the error in its place.
type news struct {
	turn int
	live *api.Live
	err  error
	took time.Duration
}

// again is the end of the wait before the next question.
type again int

// question asks in the background.
func (m model) question() tea.Cmd {
	turn, host := m.turn, ""
	if m.screen == machine || m.screen == help && m.below == machine {
		host = m.host
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(m.ctx, timeout)
		defer cancel()
		began := m.Now()
		l, err := m.ask(ctx, host)
		return news{turn, l, err, m.Now().Sub(began)}
	}
}

// Init asks for the first time.
func (m model) Init() tea.Cmd { return m.question() }

// Update takes what happened into the model.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case news:
		m, cmd = m.told(msg)
	case again:
		if int(msg) == m.turn {
			cmd = m.question()
		}
	case tea.KeyPressMsg:
		m, cmd = m.pressed(msg)
	case tea.PasteMsg:
		if m.typing {
			m.filter = typed(m.filter, msg.Content)
		}
	case tea.MouseWheelMsg:
		switch msg.Button {
		case tea.MouseWheelUp:
			m = m.move(-wheel)
		case tea.MouseWheelDown:
			m = m.move(wheel)
		}
	case tea.MouseClickMsg:
		m, cmd = m.clicked(msg)
	}
	return m.settled(), cmd
}

// told takes an answer, and waits for the next question.
func (m model) told(n news) (model, tea.Cmd) {
	if n.turn != m.turn {
		return m, nil
	}
	if n.err == nil && n.live.Live == nil {
		n.err = errors.New("the answer is empty")
	}
	if m.err = n.err; n.err == nil {
		m.live, m.lost = n.live, time.Time{}
	} else if m.lost.IsZero() {
		m.lost = m.Now()
	}
	turn := m.turn
	return m, tea.Tick(max(every, atMost*n.took), func(time.Time) tea.Msg { return again(turn) })
}

// pressed does what a key stands for.
func (m model) pressed(k tea.KeyPressMsg) (model, tea.Cmd) {
	name := k.String()
	if name == "ctrl+c" {
		return m, tea.Quit
	}
	if m.typing {
		return m.type_(k), nil
	}
	switch name {
	case "q":
		return m, tea.Quit
	case "?", "h", "f1":
		if m.screen == help {
			return m.back(), nil
		}
		m.screen, m.below, m.first = help, m.screen, 0
	case "esc", "backspace", "left":
		return m.back(), nil
	case "up", "k":
		m = m.move(-1)
	case "down", "j":
		m = m.move(1)
	case "pgup":
		m = m.move(-m.page())
	case "pgdown", "space":
		m = m.move(m.page())
	case "home", "g":
		m = m.move(-1 << 30)
	case "end", "G":
		m = m.move(1 << 30)
	case "f":
		if m.screen != help {
			m.screen, m.first = findings, 0
		}
	default:
		if m.screen == hosts {
			return m.listed(name)
		}
	}
	return m, nil
}

// listed does what a key stands for in the list of hosts alone.
func (m model) listed(name string) (model, tea.Cmd) {
	switch name {
	case "enter", "right":
		return m.open()
	case "/":
		m.typing = true
	case "s":
		m.sort, m.first = (m.sort+1)%keys, 0
	case "S":
		m.turned, m.first = !m.turned, 0
	case "e", "r", "t", "n", "a":
		m.sort, m.turned, m.first = key(strings.Index("ertna", name)), false, 0
	}
	return m, nil
}

// type_ takes a key into the filter.
func (m model) type_(k tea.KeyPressMsg) model {
	switch k.String() {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, ""
	case "backspace":
		if rs := []rune(m.filter); len(rs) > 0 {
			m.filter = string(rs[:len(rs)-1])
		}
	case "ctrl+u":
		m.filter = ""
	default:
		m.filter = typed(m.filter, k.Text)
	}
	m.first = 0
	return m
}

// typed adds text to a filter, as far as there is room.
func typed(filter, text string) string {
	rs := []rune(filter + report.Clean(text))
	return string(rs[:min(len(rs), maxTyped)])
}

// back leaves the help for the screen under it, and other screens for the hosts. From the hosts, it drops the filter.
func (m model) back() model {
	switch m.screen {
	case help:
		m.screen = m.below
	case hosts:
		m.filter = ""
	default:
		m.screen = hosts
	}
	m.first = 0
	return m
}

// open looks at the host of the marked row.
func (m model) open() (model, tea.Cmd) {
	rows := m.rows()
	i := m.index(rows)
	if i < 0 || !isAddress(rows[i].Host) {
		return m, nil
	}
	m.screen, m.host, m.chosen, m.first = machine, rows[i].Host, rows[i].Host, 0
	l := *m.live // what it tells of a machine is of the one that was looked at before
	l.Machine, l.Recent = nil, nil
	m.live = &l
	m.turn++
	return m, m.question()
}

// isAddress says that the row is one of a machine, not of the router and others.
func isAddress(host string) bool { return strings.ContainsAny(host, ".:") }

// clicked marks the row under the mouse, or opens it where it is marked; a click at the head of a column sorts by it.
func (m model) clicked(c tea.MouseClickMsg) (model, tea.Cmd) {
	if c.Button != tea.MouseLeft {
		if c.Button == tea.MouseRight {
			m = m.back()
		}
		return m, nil
	}
	if m.screen != hosts {
		return m, nil
	}
	rows, top := m.rows(), len(m.head())
	switch i := m.first + c.Y - top; {
	case c.Y == top-1:
		if k, ok := m.columnAt(c.X); ok {
			m.turned = k == m.sort && !m.turned
			m.sort, m.first = k, 0
		}
	case c.Y < top || i >= len(rows) || c.Y >= top+m.page():
	case rows[i].Host == m.chosen:
		return m.open()
	default:
		m.chosen = rows[i].Host
	}
	return m, nil
}

// move moves the marked row, or the text, by n.
func (m model) move(n int) model {
	if m.screen != hosts {
		m.first += n
		return m
	}
	rows := m.rows()
	if len(rows) > 0 {
		m.chosen = rows[min(max(max(m.index(rows), 0)+n, 0), len(rows)-1)].Host
	}
	return m
}

// page returns the number of rows, or of lines of text, that the screen has room for.
func (m model) page() int {
	if m.screen == hosts {
		return max(m.height-len(m.head())-1, 0)
	}
	return max(m.height-2, 0)
}

// settled keeps the marked row, and the end of the text, on the screen.
func (m model) settled() model {
	n := 0
	if m.screen == hosts {
		rows := m.rows()
		n = len(rows)
		if i := m.index(rows); i >= 0 {
			m.first = min(m.first, i)
			m.first = max(m.first, i-m.page()+1)
		}
	} else {
		n = len(m.text())
	}
	m.first = max(min(m.first, n-m.page()), 0)
	return m
}

// index finds the marked row; the first one where none is marked or it has gone, -1 where there is no row.
func (m model) index(rows []report.LiveHost) int {
	if len(rows) == 0 {
		return -1
	}
	return max(slices.IndexFunc(rows, func(r report.LiveHost) bool { return r.Host == m.chosen }), 0)
}

// rows returns the hosts that the filter lets through, sorted.
func (m model) rows() []report.LiveHost {
	if m.live == nil {
		return nil
	}
	word := strings.ToLower(strings.TrimSpace(m.filter))
	var out []report.LiveHost
	for _, r := range m.live.Rows {
		if strings.Contains(strings.ToLower(r.Name), word) || strings.Contains(strings.ToLower(r.Host), word) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b report.LiveHost) int {
		c := 0
		switch m.sort {
		case byEntries:
			c = cmp.Or(cmp.Compare(b.Entries, a.Entries), cmp.Compare(b.Minute, a.Minute))
		case byRate:
			c = cmp.Compare(b.Minute, a.Minute)
		case byToday:
			c = cmp.Compare(b.Today, a.Today)
		case byName:
			c = cmp.Or(cmp.Compare(later(a.Name != ""), later(b.Name != "")),
				strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
		case byHost:
			c = compareHosts(a.Host, b.Host)
		}
		if m.turned {
			c = -c
		}
		return c
	})
	return out
}
