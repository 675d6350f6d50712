package parse

// A Dialect is the one of Formats in which a sender is known to write. Its lines are still read by their looks. Where
// these find another dialect, or none, the sender's dialect is asked as well, whatever tag and first bytes the line
// has, and what it understands counts. So a line that two dialects could claim is read in the sender's, and a line
// without the mark of its dialect is read at all.
//
// There are two exceptions. The sender's dialect does not count where it would only recognise the program, because a
// router has an SSH daemon as well. Nor does it where it finds nothing of note in a line that another dialect reads as
// a session, a lease, a query or a loss.
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

// LineOf reads one line of a sender that writes d, like Line. A nil d is no dialect: then it is Line.
func (p *Parser) LineOf(d *Dialect, line []byte, rec *Record) {
	p.own = d
	p.Line(line, rec)
	p.own = nil
}

// asked reads b by its looks, and in the dialect of its sender where the looks do not lead to that.
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
	if own.d.readOwn(b, rec) && rec.Dialect == own.d.Name && !vague(rec) &&
		(rec.Kind != System || !known || looked.Kind == System) {
		return true
	}
	*rec = looked
	return known
}

// vague reports whether nothing of the line was understood but which program wrote it.
func vague(rec *Record) bool {
	return rec.Kind == System && (rec.Word == "other" || rec.Word == "syslog" || rec.Word == "malformed")
}
