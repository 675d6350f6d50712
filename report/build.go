package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"uncloak/detect"
	"uncloak/parse"
	"uncloak/store"
)

// maxLine bounds an evidence line in the model, in bytes. The whole line is in the store.
const maxLine = 1024

// Build makes the model of a report. Days holds the summaries that touch the window, fs the findings of the detectors;
// neither is changed. Build asks the store for the accounting of the senders and for the lines behind each finding.
func Build(ctx context.Context, st store.Store, days []*detect.Day, fs []detect.Finding, opt Options) (*Model, error) {
	names := hostNames(days, opt.Names)
	opt.Names = func(a netip.Addr) string { return names(a) }
	if opt.Evidence == 0 {
		opt.Evidence = 3
	}
	m := &Model{Version: opt.Version, From: opt.From, To: opt.To, Now: opt.Now, Generated: opt.Generated,
		Note: opt.Note, Language: opt.Language, clock: newClock(&opt)}
	m.Zone = m.clock.zone(opt.From)
	m.From, m.To = opt.From.In(m.clock.loc), opt.To.In(m.clock.loc)
	m.Routers = detect.RoutersOf(days)
	m.Findings = slices.Clone(fs)
	ports := map[string][]string{} // by host: one that fills the table has hundreds of findings, and thousands of ports
	for i := range m.Findings {
		f := &m.Findings[i]
		tame(f, m.clock.loc)
		if len(f.Ports) == 0 && f.Kind != detect.PTRStorm && f.Host != "" {
			if _, ok := ports[f.Host]; !ok {
				ports[f.Host] = hostPorts(days, f.Host)
			}
			f.Ports = ports[f.Host]
		}
		f.Evidence.Query = command(&f.Evidence.Ask, &opt, m)
		f.PeerPlace = opt.place(f.Peer)
		for k := range f.ShrinkPeers {
			f.ShrinkPeers[k].Place = opt.place(f.ShrinkPeers[k].Peer)
		}
	}
	if err := m.evidence(ctx, st, &opt); err != nil {
		return nil, err
	}
	for i := range m.Findings {
		Describe(&m.Findings[i], opt)
	}
	m.Gone = slices.Clone(opt.Gone)
	for i := range m.Gone {
		tame(&m.Gone[i], m.clock.loc)
		Describe(&m.Gone[i], opt)
	}
	for _, w := range opt.Withdrawn {
		w.At, w.Start, w.End = w.At.In(m.clock.loc), w.Start.In(m.clock.loc), w.End.In(m.clock.loc)
		m.Withdrawn = append(m.Withdrawn, Withdrawn{w, m.clock.withdrawn(&w)})
	}
	m.group(&opt)
	m.proofs(&opt)
	m.Tables = tables(days, &opt)
	m.Hosts = hostRows(days, m.Incidents, names, &opt)
	if err := m.account(ctx, st, days, &opt); err != nil {
		return nil, err
	}
	m.Verdict = verdict(m, m.look(days))
	m.occupancy = makeOccupancy(days, &opt, names)
	m.phases = makePhaseMap(days, m.Findings, &opt, names)
	return m, nil
}

// place words where an address, or the address of a service, is; "" where nothing tells.
func (o *Options) place(peer string) string {
	if o.Place == nil {
		return ""
	}
	a, err := netip.ParseAddr(peer)
	if err != nil {
		ap, err := netip.ParseAddrPort(peer)
		if err != nil {
			return "" // masked, or several
		}
		a = ap.Addr()
	}
	return o.Place(a)
}

// hostNames returns a function that gives the name of a host: from the DHCP leases, the last day first, else from more,
// which it asks once an address.
func hostNames(days []*detect.Day, more func(netip.Addr) string) func(netip.Addr) string {
	known := map[netip.Addr]string{}
	sorted := slices.SortedFunc(slices.Values(days), func(a, b *detect.Day) int { return cmp.Compare(a.Date, b.Date) })
	for _, d := range sorted {
		for a, h := range d.Hosts {
			if h.Name != "" {
				known[a] = h.Name
			}
		}
	}
	return func(a netip.Addr) string {
		n, ok := known[a]
		if !ok && more != nil {
			n = more(a)
			known[a] = n
		}
		return n
	}
}

// command writes the `uncloak query` command that selects the events of an Ask, its ends rounded outwards to
// milliseconds.
func command(a *detect.Ask, opt *Options, m *Model) string {
	q := "uncloak query"
	add := func(flag, v string) { q += " --" + flag + " " + shellQuote(Clean(v)) }
	if !a.From.IsZero() {
		add("from", a.From.In(m.clock.loc).Truncate(time.Millisecond).Format(time.RFC3339Nano))
	}
	if !a.To.IsZero() {
		add("to", a.To.In(m.clock.loc).Add(time.Millisecond-1).Truncate(time.Millisecond).Format(time.RFC3339Nano))
	}
	if a.Router != "" && len(m.Routers) > 1 {
		add("router", a.Router)
	}
	if a.Host.IsValid() {
		add("host", a.Host.String())
	}
	if a.Port != 0 {
		add("port", strconv.Itoa(int(a.Port)))
	}
	if a.Kind != "" {
		add("kind", a.Kind)
	}
	if opt.Data != "" {
		add("data", opt.Data)
	}
	return q
}

// maxAsked bounds the findings of a report that get their lines from the store, and the full tables whose worst spell
// does; further ones have only the command. A table that overflows all day makes hundreds of findings, and their lines
// are alike.
const maxAsked = 64

// evidence reads the first lines behind the findings, all in one pass; where one has several bursts, those of the
// largest.
func (m *Model) evidence(ctx context.Context, st store.Store, opt *Options) error {
	for i := range m.Findings {
		m.Findings[i].Evidence.Lines = nil
	}
	if st == nil || opt.Evidence < 0 {
		return nil
	}
	var fs []*detect.Finding
	var qs []store.Query
	for _, f := range m.proven() {
		q, ok := question(f)
		if !ok {
			continue
		}
		q.Limit = opt.Evidence
		fs, qs = append(fs, f), append(qs, q)
	}
	answers, err := st.First(ctx, qs)
	if err != nil {
		return fmt.Errorf("read the lines behind the findings: %w", err)
	}
	for i, f := range fs {
		var spread time.Duration
		for _, e := range answers[i] {
			spread = max(spread, time.Duration(e.Spread)*time.Millisecond)
			line := bytes.TrimRight(e.Raw, "\r\n\x00")
			f.Evidence.Lines = append(f.Evidence.Lines, string(line[:min(len(line), maxLine)]))
		}
		if f.Kind == detect.TableFullKind && f.SpreadS == 0 { // its detector tells no bounds
			f.SpreadS = spread.Seconds()
		}
		f.Explain = explainCommand(f)
	}
	return nil
}

// proven lists the findings that get lines: the first ones, and of further spells of a full table the worst of each
// incident and router.
func (m *Model) proven() (out []*detect.Finding) {
	for i := range m.Findings[:min(maxAsked, len(m.Findings))] {
		out = append(out, &m.Findings[i])
	}
	worst := map[string]bool{} // by ID
	if len(m.Findings) > maxAsked {
		for _, in := range Incidents(m.Findings) {
			for _, spells := range in.spellsByRouter() {
				worst[worstOf(spells).ID] = true
			}
		}
	}
	for i := len(out); i < len(m.Findings) && len(out) < 2*maxAsked; i++ {
		if worst[m.Findings[i].ID] {
			out = append(out, &m.Findings[i])
		}
	}
	return out
}

// proofs gives each incident's parts the lines of the findings that they sum up.
func (m *Model) proofs(opt *Options) {
	for i := range m.Incidents {
		for _, p := range m.Incidents[i].parts {
			if p.worst != nil {
				p.Evidence.Query = command(&p.Evidence.Ask, opt, m)
				p.Evidence.Lines, p.Explain = p.worst.Evidence.Lines, p.worst.Explain
			}
		}
	}
}

// question turns what a finding asks for into a query of the store, of its largest burst where it has several; ok is
// false for an empty Ask and for an unknown kind.
func question(f *detect.Finding) (q store.Query, ok bool) {
	a := &f.Evidence.Ask
	if *a == (detect.Ask{}) {
		return q, false
	}
	q = store.Query{Window: store.Window{From: a.From, To: a.To}, Router: a.Router, Port: a.Port}
	if a.Host.IsValid() {
		q.Host = netip.PrefixFrom(a.Host, a.Host.BitLen())
	}
	if a.Kind != "" {
		k, known := parse.KindOf(a.Kind)
		if !known {
			return q, false
		}
		q.Kinds = []parse.Kind{k}
		if k == parse.Alarm {
			q.Aside = f.Message
		}
	}
	if b := largest(f.Bursts); b != nil {
		if !b.Start.Before(q.From) && (q.To.IsZero() || b.Start.Before(q.To)) {
			q.From = b.Start
		}
	}
	return q, true
}

func largest(bs []detect.Burst) *detect.Burst {
	var best *detect.Burst
	for i := range bs {
		if best == nil || bs[i].Sessions > best.Sessions {
			best = &bs[i]
		}
	}
	return best
}

// within counts the part of a day's series that lies in the window.
func within(d *detect.Day, s *detect.Series, opt *Options) (n uint64) {
	start := d.Date.Start()
	lo, hi := int64(0), int64(1)<<32
	if !opt.From.IsZero() {
		lo = int64(opt.From.Sub(start) / detect.SlotLen)
	}
	if !opt.To.IsZero() {
		hi = int64((opt.To.Sub(start) + detect.SlotLen - 1) / detect.SlotLen)
	}
	for _, b := range s.Slots {
		if int64(b.I) >= lo && int64(b.I) < hi {
			n += uint64(b.N)
		}
	}
	return n
}

// touches says whether a spell of overflow is in the window.
func touches(o *detect.Overflow, opt *Options) bool {
	return (opt.To.IsZero() || o.Start < opt.To.UnixNano()) && (opt.From.IsZero() || o.End >= opt.From.UnixNano())
}

func tables(days []*detect.Day, opt *Options) []Table {
	out := []Table{}
	for _, name := range detect.RoutersOf(days) {
		if t := tableOf(days, name, opt); t.used() {
			out = append(out, t)
		}
	}
	return out
}

// tableOf sums up the rebuilt table of one router.
func tableOf(days []*detect.Day, router string, opt *Options) Table {
	t := Table{Router: router, Capacity: tableSize(&opt.Config, router)}
	for _, d := range days {
		if r := d.Routers[router]; r != nil {
			t.add(d, r, opt)
		}
	}
	if c := detect.CappedBy(days, router); c.N > 0 {
		t.Limited = &LogLimit{Lines: int(c.N), PerS: int(c.UnitS), FlatS: int(c.Flat * c.UnitS), Runs: int(c.Runs),
			AboveS: int(c.Above * c.UnitS)}
	}
	return t
}

// used reports whether the log shows a session in the table.
func (t *Table) used() bool { return t.Peak > 0 || t.Spells > 0 }

func (t *Table) add(d *detect.Day, r *detect.Router, opt *Options) {
	for _, l := range r.Occupancy {
		at := d.Date.Start().Add(time.Duration(l.I) * detect.SlotLen)
		if int(l.Total) > t.Peak && !at.Before(opt.From.Truncate(detect.SlotLen)) &&
			(opt.To.IsZero() || at.Before(opt.To)) {
			at = at.In(newClock(opt).loc)
			t.Peak, t.PeakAt = int(l.Total), &at
		}
	}
	for i := range r.Overflows {
		if o := &r.Overflows[i]; touches(o, opt) {
			t.Spells++
			t.FullS += float64(o.End-o.Start) / 1e9
			t.Refused += o.Drops()
		}
	}
}

// account adds up the lines received and lost.
func (m *Model) account(ctx context.Context, st store.Store, days []*detect.Day, opt *Options) error {
	m.Health, m.Shapes = []Sender{}, []Shape{}
	for _, h := range m.Hosts {
		m.Totals.Sessions += h.Sessions
		if h.Sessions > 0 {
			m.Totals.Hosts++
		}
	}
	for _, t := range m.Tables {
		m.Totals.Refused += t.Refused
	}
	day := func(t time.Time) bool { return t.Truncate(24 * time.Hour).Equal(t) }
	m.Totals.WholeDays = day(opt.From) && day(opt.To)
	m.Totals.LeftOut = leftOut(days)
	for _, d := range days {
		for _, r := range d.Routers {
			m.Totals.Lines += r.Lines
			m.Totals.Unparsed += r.Unparsed
			m.Totals.Torn += r.Torn()
			m.Totals.Named += r.Named()
			m.Totals.NamedPeers += r.NamedPeers()
			m.Totals.Chatter += r.Chatter()
		}
	}
	m.empty = m.Totals.Lines == 0
	if st == nil {
		return nil
	}
	if m.empty || !m.Totals.WholeDays { // else the summaries have said it
		if err := m.lookForAny(ctx, st, opt); err != nil {
			return err
		}
	}
	hs, err := st.Health(ctx, store.Window{From: opt.From, To: opt.To})
	if err != nil {
		return fmt.Errorf("read the accounting: %w", err)
	}
	m.addHealth(hs)
	estimate(m.Health, days)
	if m.Totals.Unparsed > 0 {
		if m.Unparsed, err = Shapes(ctx, st, store.Window{From: opt.From, To: opt.To}); err != nil {
			return err
		}
		m.Shapes = m.Unparsed.Shapes
	}
	return nil
}

// lookForAny looks whether the window has any event.
func (m *Model) lookForAny(ctx context.Context, st store.Store, opt *Options) error {
	q := store.Query{Window: store.Window{From: opt.From, To: opt.To}, Limit: 1, NoRaw: true}
	m.empty = true
	for _, err := range st.Events(ctx, q) {
		if err != nil {
			return fmt.Errorf("look for events of the window: %w", err)
		}
		m.empty = false
	}
	return nil
}

// addHealth sums the accounting by sender over all days.
func (m *Model) addHealth(hs []store.Health) {
	bySender := map[[2]string]*Sender{}
	var received, kernel uint64
	for _, h := range hs {
		k := [2]string{h.Sender, h.Router}
		s := bySender[k]
		if s == nil {
			s = &Sender{Sender: h.Sender, Router: h.Router}
			bySender[k] = s
		}
		s.add(&h)
		if h.SkewMS != 0 {
			s.SkewS = float64(h.SkewMS) / 1000
		}
		received += h.Received
		kernel += h.Kernel
		m.Totals.Lost += h.Dropped + h.Kernel + h.Limited
	}
	for _, s := range bySender {
		m.Health = append(m.Health, *s)
		if worst := m.Totals.ClockErrorS; s.SkewS != 0 && (worst == nil ||
			max(s.SkewS, -s.SkewS) > max(*worst, -*worst)) {
			skew := s.SkewS
			m.Totals.ClockErrorS = &skew
		}
	}
	slices.SortFunc(m.Health, func(a, b Sender) int {
		return cmp.Or(
			cmp.Compare(b.Received, a.Received),
			cmp.Compare(a.Sender, b.Sender),
			cmp.Compare(a.Router, b.Router),
		)
	})
	if m.Totals.Lost > 0 {
		// lines that the kernel dropped are not among those received
		m.Totals.LostShare = float64(m.Totals.Lost) / float64(received+kernel)
	}
}
