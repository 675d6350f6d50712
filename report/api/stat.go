package api

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// statRowsMax bounds the rows of a table; events of further rows are counted, and told.
const statRowsMax = 1 << 20

// Stat holds a table of what is stored (GET /v1/stat). A nil value is one that the store does not know.
type Stat struct {
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// stat answers with a table as those that `uncloak stat` makes of captures, from the stored events.
func (h *handler) stat(w http.ResponseWriter, r *http.Request) error {
	q, loc, err := h.query(r)
	if err != nil {
		return err
	}
	s, err := h.window(r)
	if err != nil {
		return err
	}
	t, err := newTally(r, s.Window, loc)
	if err != nil {
		return err
	}
	q.Window, q.Kinds, q.NoRaw, q.Limit = s.Window, t.kinds, true, 0
	for e, err := range h.Store.Events(r.Context(), q) {
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if t.wanted(&e.Event) {
			t.add(&e.Event)
		}
	}
	h.tellDamage(w.Header(), s.Window)
	if note := t.note(s.note); note != "" {
		w.Header().Set(HeaderNote, note)
	}
	writeJSON(w, t.table())
	return nil
}

// tallyRow counts the events of one row.
type tallyRow struct {
	tallyKey
	begun, ended   uint64
	packets, bytes uint64
	count          uint64 // of requests, resets; of endpoints: sessions that others opened to it
	first, last    int64
	sender         netip.Addr
}

type tallyKey struct {
	a, b       netip.AddrPort
	what, name string
}

// tally makes one table of events.
type tally struct {
	kinds  []parse.Kind
	wanted func(*parse.Event) bool
	add    func(*parse.Event)
	table  func() Stat

	loc    *time.Location
	from   time.Time
	step   time.Duration
	steps  []tallyStep
	rows   map[tallyKey]*tallyRow
	order  []*tallyRow
	beyond uint64 // events of rows beyond the bound
	// sessions by what their lines tell: those that began, those whose end tells packets or bytes
	begun, ended, told uint64
	sums               bool // the table is of packets and bytes
}

// tallyStep holds what an interval has; the sums of sessions that go on through it are rates, added up in table.
type tallyStep struct {
	begun, ended   uint64
	packets, bytes float64 // of this interval alone
	dPackets       float64 // by how much the rate an interval changes from here on
	dBytes         float64
}

// newTally reads which table is asked for.
func newTally(r *http.Request, w store.Window, loc *time.Location) (*tally, error) {
	t := &tally{loc: loc, from: w.From, rows: map[tallyKey]*tallyRow{}}
	amounts := []parse.Kind{parse.SessionNew, parse.SessionEnd, parse.Traffic, parse.Reset, parse.DNSQuery}
	anything := func(*parse.Event) bool { return true }
	proto, err := protoFilter(r.FormValue("proto"))
	if err != nil {
		return nil, err
	}
	ports := r.FormValue("proto") == "tcp" || r.FormValue("proto") == "udp"
	switch name := r.FormValue("table"); name {
	case "io":
		if t.step, err = time.ParseDuration(cmp.Or(r.FormValue("interval"), "10s")); err != nil || t.step <= 0 {
			return nil, badf("--interval %q is not a duration such as 10s", r.FormValue("interval"))
		}
		n := int64(w.To.Sub(w.From)/t.step) + 1
		if n > statRowsMax {
			return nil, badf("--interval %v makes %d rows of this window: at most %d", t.step, n, statRowsMax)
		}
		t.steps = make([]tallyStep, n+1)
		t.kinds, t.wanted, t.add, t.table, t.sums = amounts, anything, t.addStep, t.stepTable, true
	case "conv":
		t.kinds, t.wanted, t.table, t.sums = amounts, proto, t.conversationTable, true
		t.add = func(e *parse.Event) { t.addConversation(e, ports) }
	case "endpoints":
		t.kinds, t.wanted, t.add, t.table, t.sums = amounts, proto, t.addEndpoints, t.endpointTable, true
	case "http":
		t.kinds, t.wanted = []parse.Kind{parse.Traffic, parse.SessionEnd}, anything
		t.add, t.table = t.addRequest, func() Stat { return t.askedTable("method", "request") }
	case "dns":
		t.kinds, t.wanted = []parse.Kind{parse.DNSQuery}, anything
		t.add, t.table = t.addQuestion, func() Stat { return t.askedTable("type", "name") }
	case "rst":
		t.kinds, t.wanted = []parse.Kind{parse.Reset, parse.SessionEnd}, anything
		t.add, t.table = t.addReset, t.resetTable
	default:
		return nil, badf("there is no table %q of what is stored: want io, conv, endpoints, http, dns or rst", name)
	}
	return t, nil
}

// protoFilter selects the events of tcp, udp, ip or ipv6.
func protoFilter(name string) (func(*parse.Event) bool, error) {
	switch name {
	case "tcp":
		return func(e *parse.Event) bool { return e.Proto == parse.TCP }, nil
	case "udp":
		return func(e *parse.Event) bool { return e.Proto == parse.UDP }, nil
	case "", "ip":
		return func(e *parse.Event) bool { return e.Src.Is4() }, nil
	case "ipv6":
		return func(e *parse.Event) bool { return e.Src.Is6() }, nil
	}
	return nil, badf("--proto %q: want tcp, udp, ip or ipv6", name)
}

// row finds or begins the row of a key; nil where there are too many.
func (t *tally) row(k tallyKey, at int64) *tallyRow {
	r := t.rows[k]
	if r == nil {
		if len(t.order) >= statRowsMax {
			t.beyond++
			return nil
		}
		r = &tallyRow{tallyKey: k, first: at, last: at}
		t.rows[k] = r
		t.order = append(t.order, r)
	}
	r.first, r.last = min(r.first, at), max(r.last, at)
	return r
}

// amount returns the packets and bytes that an event stands for, and since when they passed. What is told of a packet
// whose session tells its sum at its end, such as a request in it, does not count.
func amount(e *parse.Event) (packets, bytes uint64, since int64) {
	if !e.Src.IsValid() || !e.Dst.IsValid() || e.Kind == parse.Traffic && e.Detail != (parse.Name{}) && e.Bytes == 0 {
		return 0, 0, e.Time
	}
	d, _ := e.Lasted()
	if d <= time.Millisecond { // what lasted no time at all is told as one
		d = 0
	}
	return uint64(e.Packets), e.Bytes, e.Time - int64(d)
}

// session counts an event among the sessions.
func (t *tally) session(e *parse.Event, packets, bytes uint64) {
	switch {
	case e.Kind == parse.SessionNew:
		t.begun++
	case e.Kind == parse.SessionEnd:
		t.ended++
		if packets+bytes > 0 {
			t.told++
		}
	}
}

func (t *tally) addConversation(e *parse.Event, ports bool) {
	if !e.Src.IsValid() || !e.Dst.IsValid() {
		return
	}
	k := tallyKey{a: netip.AddrPortFrom(e.Src, 0), b: netip.AddrPortFrom(e.Dst, 0)}
	if ports {
		k = tallyKey{a: e.SrcPort(), b: e.DstPort()}
	}
	if back := (tallyKey{a: k.b, b: k.a}); t.rows[back] != nil {
		k = back
	}
	packets, bytes, since := amount(e)
	t.session(e, packets, bytes)
	t.count(t.row(k, e.Time), e, packets, bytes, since)
}

// count adds an event to a row, which may be nil.
func (t *tally) count(r *tallyRow, e *parse.Event, packets, bytes uint64, since int64) {
	if r == nil {
		return
	}
	r.first = min(r.first, since)
	r.packets += packets
	r.bytes += bytes
	switch e.Kind {
	case parse.SessionNew:
		r.begun++
	case parse.SessionEnd:
		r.ended++
	}
}

func (t *tally) addEndpoints(e *parse.Event) {
	if !e.Src.IsValid() || !e.Dst.IsValid() {
		return
	}
	packets, bytes, since := amount(e)
	t.session(e, packets, bytes)
	for i, a := range []netip.Addr{e.Src, e.Dst} {
		r := t.row(tallyKey{a: netip.AddrPortFrom(a, 0)}, e.Time)
		t.count(r, e, packets, bytes, since)
		if r != nil && i == 1 && e.Kind == parse.SessionNew {
			r.count++
		}
	}
}

// addStep spreads what a session moved evenly over the time that it lasted.
func (t *tally) addStep(e *parse.Event) {
	packets, bytes, since := amount(e)
	t.session(e, packets, bytes)
	at := t.place(e.Time)
	switch e.Kind {
	case parse.SessionNew:
		t.steps[at].begun++
	case parse.SessionEnd:
		t.steps[at].ended++
	}
	// What lies before the window is left out: it was another time's.
	lasted := float64(e.Time - since)
	share := func(from, to int64) float64 { return float64(max(to-from, 0)) / lasted }
	begin := func(i int) int64 { return t.from.UnixNano() + int64(i)*int64(t.step) }
	first := t.place(since)
	if first == at {
		part := 1.0
		if since < begin(at) {
			part = share(begin(at), e.Time)
		}
		t.steps[at].packets += float64(packets) * part
		t.steps[at].bytes += float64(bytes) * part
		return
	}
	head := share(max(since, begin(first)), begin(first+1))
	tail := share(begin(at), e.Time)
	whole := share(0, int64(t.step))
	s := t.steps
	s[first].packets += float64(packets) * head
	s[first].bytes += float64(bytes) * head
	s[at].packets += float64(packets) * tail
	s[at].bytes += float64(bytes) * tail
	s[first+1].dPackets += float64(packets) * whole
	s[first+1].dBytes += float64(bytes) * whole
	s[at].dPackets -= float64(packets) * whole
	s[at].dBytes -= float64(bytes) * whole
}

// place returns the interval of a time.
func (t *tally) place(ns int64) int {
	i := (ns - t.from.UnixNano()) / int64(t.step)
	return int(min(max(i, 0), int64(len(t.steps)-2)))
}

// addRequest counts what a client asked a web server for: GET example.net/list.
func (t *tally) addRequest(e *parse.Event) {
	method, name, ok := strings.Cut(e.Detail.String(), " ")
	if !ok || len(method) < 3 || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return
	}
	t.ask(e, method, name)
}

func (t *tally) addQuestion(e *parse.Event) {
	what := ""
	if e.NATDst.IsValid() {
		what = "PTR"
	}
	t.ask(e, what, e.Detail.String())
}

func (t *tally) ask(e *parse.Event, what, name string) {
	k := tallyKey{a: netip.AddrPortFrom(e.Src, 0), b: e.DstPort(), what: what, name: name}
	if r := t.row(k, e.Time); r != nil {
		r.count++
	}
}

// addReset counts packets with RST that belong to no session, and sessions that ended by one.
func (t *tally) addReset(e *parse.Event) {
	if e.Kind == parse.SessionEnd && (e.Flags&parse.RST == 0 || e.Proto != parse.TCP) {
		return
	}
	k := tallyKey{a: netip.AddrPortFrom(e.Src, 0), b: e.DstPort(), what: "session"}
	sender := e.Dst // who refuses is the one that was called
	switch {
	case e.Kind == parse.Reset:
		k.a, k.b, k.what = netip.AddrPortFrom(e.Dst, 0), e.SrcPort(), "packet"
		sender = e.Src
	case e.Bytes == 0 && e.Packets <= 2:
		k.what = "refusal"
	}
	if r := t.row(k, e.Time); r != nil {
		r.count++
		if r.sender = sender; k.what == "session" {
			r.sender = netip.Addr{}
		}
	}
}

// unless returns nil where nothing was told.
func unless(n uint64) any {
	if n == 0 {
		return nil
	}
	return n
}

func (t *tally) time(ns int64) string {
	return time.Unix(0, ns).In(t.loc).Format("2006-01-02T15:04:05.000Z07:00")
}

func (t *tally) conversationTable() Stat {
	s := Stat{Columns: []string{"a", "b", "begun", "ended", "frames", "bytes", "start", "duration_s"}, Rows: [][]any{}}
	slices.SortStableFunc(t.order, func(a, b *tallyRow) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(b.begun, a.begun))
	})
	for _, r := range t.order {
		a, b := r.a.String(), r.b.String()
		if r.a.Port()|r.b.Port() == 0 {
			a, b = r.a.Addr().String(), r.b.Addr().String()
		}
		s.Rows = append(s.Rows, []any{a, b, r.begun, r.ended, unless(r.packets), unless(r.bytes), t.time(r.first),
			float64(r.last-r.first) / 1e9})
	}
	return s
}

func (t *tally) endpointTable() Stat {
	s := Stat{Columns: []string{"address", "frames", "bytes", "opened", "answered", "ended"}, Rows: [][]any{}}
	slices.SortStableFunc(t.order, func(a, b *tallyRow) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(b.begun, a.begun))
	})
	for _, r := range t.order {
		s.Rows = append(s.Rows, []any{r.a.Addr().String(), unless(r.packets), unless(r.bytes), r.begun - r.count,
			r.count, r.ended})
	}
	return s
}

func (t *tally) stepTable() Stat {
	s := Stat{Columns: []string{"from", "begun", "ended", "frames", "bytes"}, Rows: [][]any{}}
	// Rounding the running sums, and not each row, keeps the sum of the rows right.
	var ratePackets, rateBytes, packets, bytes float64
	var saidPackets, saidBytes uint64
	for i := range t.steps[:len(t.steps)-1] {
		x := &t.steps[i]
		ratePackets += x.dPackets
		rateBytes += x.dBytes
		packets += x.packets + ratePackets
		bytes += x.bytes + rateBytes
		p, b := uint64(math.Round(max(packets, 0))), uint64(math.Round(max(bytes, 0)))
		p, b = max(p, saidPackets), max(b, saidBytes)
		if x.begun+x.ended > 0 || p > saidPackets || b > saidBytes {
			s.Rows = append(s.Rows, []any{t.time(t.from.UnixNano() + int64(i)*int64(t.step)), x.begun, x.ended,
				unless(p - saidPackets), unless(b - saidBytes)})
		}
		saidPackets, saidBytes = p, b
	}
	return s
}

func (t *tally) askedTable(what, name string) Stat {
	s := Stat{Columns: []string{"count", "client", "server", "port", what, name, "first", "last"}, Rows: [][]any{}}
	slices.SortStableFunc(t.order, func(a, b *tallyRow) int { return cmp.Compare(b.count, a.count) })
	for _, r := range t.order {
		s.Rows = append(s.Rows, []any{r.count, known(r.a.Addr()), known(r.b.Addr()), unless(uint64(r.b.Port())),
			word(r.what), printable(r.name), t.time(r.first), t.time(r.last)})
	}
	return s
}

func (t *tally) resetTable() Stat {
	s := Stat{Columns: []string{"count", "of", "client", "server", "port", "sender", "first", "last", "per_s"},
		Rows: [][]any{}}
	slices.SortStableFunc(t.order, func(a, b *tallyRow) int { return cmp.Compare(b.count, a.count) })
	for _, r := range t.order {
		var rate any
		if r.last > r.first {
			rate = float64(r.count-1) / (float64(r.last-r.first) / 1e9)
		}
		s.Rows = append(s.Rows, []any{r.count, r.what, known(r.a.Addr()), known(r.b.Addr()), r.b.Port(),
			known(r.sender), t.time(r.first), t.time(r.last), rate})
	}
	return s
}

func known(a netip.Addr) any {
	if !a.IsValid() {
		return nil
	}
	return a.String()
}

func word(s string) any {
	if s == "" {
		return nil
	}
	return printable(s)
}

// note says what the numbers lack, behind the remark about the window.
func (t *tally) note(said string) string {
	var notes []string
	if said != "" {
		notes = append(notes, said)
	}
	sessions := max(t.begun, t.ended)
	switch lack := sessions - min(sessions, t.told); {
	case !t.sums || lack == 0:
	case t.told == 0:
		notes = append(notes, fmt.Sprintf("of %d sessions no line tells packets or bytes: what they moved is not known",
			sessions))
	default:
		notes = append(notes, fmt.Sprintf("of %d sessions %d tell no packets or bytes: frames and bytes are those of "+
			"the others", sessions, lack))
	}
	if t.beyond > 0 {
		notes = append(notes, fmt.Sprintf("%d events of rows beyond %d are left out", t.beyond, statRowsMax))
	}
	return strings.Join(notes, "; ")
}
