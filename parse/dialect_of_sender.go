package parse

// A Dialect is one of Formats, as what a sender is known to write. Where looking at a line says that another dialect wrote it, or
// none, the sender's is asked, too, whatever tag the line has or lacks and whatever its first bytes look like; what it understands
// is its own. So a line that two dialects could claim is the sender's, and a line without the mark that a dialect is known by
// is still read. All other lines are read as if nothing was known of the sender.
//
// A dialect that would know who speaks, and nothing of what the line says, does not claim it: a router's ssh daemon writes
// lines, too. Nor does one that finds nothing of note in what another reads as a session, a lease, a query or a loss.
type Dialect struct{ d dialect }

// DialectNamed is the dialect of that name, or nil.
func DialectNamed(name string) *Dialect {
	for _, d := range dialects() {
		if d.Name == name {
			return &Dialect{d}
		}
	}
	return nil
}

// Name is the name of the dialect, as in Record.Dialect; "" for nil.
func (d *Dialect) Name() string {
	if d == nil {
		return ""
	}
	return d.d.Name
}

// LineOf is Line for a sender that writes d; nil is no dialect.
func (p *Parser) LineOf(d *Dialect, line []byte, rec *Record) {
	p.own = d
	p.Line(line, rec)
	p.own = nil
}

// asked reads b by its looks, and in the dialect of its sender where that is another one.
func (p *Parser) asked(b []byte, rec *Record) bool {
	before, own := *rec, p.own
	p.own = nil
	known := p.dialect(b, rec)
	p.own = own
	if known && rec.Dialect == own.d.Name || len(b) < 8 {
		return known
	}
	looked := *rec
	*rec = before
	if own.d.readOwn(b, rec) && rec.Dialect == own.d.Name && !vague(rec) && (rec.Kind != System || !known || looked.Kind == System) {
		return true
	}
	*rec = looked
	return known
}

// vague says whether the dialect has understood no more than who speaks.
func vague(rec *Record) bool {
	return rec.Kind == System && (rec.Word == "other" || rec.Word == "syslog" || rec.Word == "malformed")
}
