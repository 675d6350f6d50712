package ingest

import (
	"io"

	"uncloak/parse"
	"uncloak/store"
)

// A chunk becomes one batch: about 4 MB of netfilter lines. At most chunksAlive of them exist, so an import
// takes about 40 MB whatever the file.
const (
	chunkBytes  = 4 << 20
	chunkLines  = 16384
	chunksAlive = 5
)

// chunk is a piece of a file with its lines and what the parser has read in them. The lines are parts of buf: nothing
// is copied until the store writes it.
type chunk struct {
	buf      []byte
	lines    [][]byte
	entries  []store.Entry
	facts    []fact
	oversize uint64
	ready    chan struct{} // closed when parsed
}

// fact holds what a line says beyond its event.
type fact struct {
	stamp    parse.Stamp
	header   bool       // it has a header: it is a log line, understood or not
	copy     parse.Copy // of a packet that may come again on another interface
	junk     bool       // it has control characters
	joined   bool       // it is the second piece of a line, whose first piece holds the whole now
	wallDump bool       // dmesg -T: the kernel's wall clock, which drifts
	stored   storedLine // the line of the store that it is, for lines without a stamp and of dmesg -T
}

// chunker cuts a stream into chunks at line ends.
type chunker struct {
	r     io.Reader
	cut   *splitter
	left  []byte // bytes read and not yet cut into lines
	atEOF bool
}

// fill reads the next chunk into c. After the last one it returns io.EOF.
func (r *chunker) fill(c *chunk) error {
	c.lines, c.entries, c.facts, c.oversize = c.lines[:0], c.entries[:0], c.facts[:0], 0
	n := copy(c.buf, r.left)
	r.left = nil
	before := r.cut.oversize
	data := c.buf[:n]
	for len(c.lines) == 0 && (len(data) > 0 || !r.atEOF) {
		if !r.atEOF {
			n = copy(c.buf, data)
			more, err := io.ReadFull(r.r, c.buf[n:])
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return err
			}
			r.atEOF = err != nil
			data = c.buf[:n+more]
		}
		for len(c.lines) < chunkLines {
			adv, tok, _ := r.cut.split(data, r.atEOF)
			data = data[adv:]
			if tok == nil {
				break
			}
			c.lines = append(c.lines, tok)
		}
	}
	r.left = data
	c.oversize = r.cut.oversize - before
	if len(c.lines) == 0 {
		return io.EOF
	}
	return nil
}

// reader parses the lines of a chunk. Each has its own Parser and names.
type reader struct {
	parser  *parse.Parser
	dialect *parse.Dialect
	rec     parse.Record
	torn    tornLines
	names   routerNames
	router  routerName // of all lines if forced, else of lines without a host
	forced  bool
}

func newReader(router string, forced bool, d *parse.Dialect) *reader {
	return &reader{parser: parse.NewParser(), dialect: d, names: make(routerNames), router: newRouterName(router),
		forced: forced}
}

func (r *reader) read(c *chunk) {
	for _, l := range c.lines {
		rec := &r.rec
		r.parser.LineOf(r.dialect, l, rec)
		router := r.router
		if !r.forced && len(rec.Host) > 0 {
			router = r.names.of(rec.Host)
		}
		joined := rec.Piece != 0 && r.torn.take(r.parser, r.dialect, rec, router, c.entries)
		c.entries = append(c.entries, store.Entry{Event: rec.Event, Identity: router.identity(rec), Raw: l})
		c.entries[len(c.entries)-1].Router = router.name
		c.facts = append(c.facts, factOf(l, rec))
		c.facts[len(c.facts)-1].joined = joined
	}
	r.torn.forget()
}

func factOf(l []byte, rec *parse.Record) fact {
	st := &rec.Stamp
	return fact{
		stamp:  *st,
		copy:   rec.Copy,
		junk:   junk(l),
		header: rec.Pri >= 0 || st.HasClock || st.HasDelta || st.HasUnix || st.HasUptime || len(rec.Host) > 0,
		wallDump: st.HasClock && !st.HasUnix && len(rec.Host) == 0 && (l[0] == '[' || len(l) > 19 && l[10] == 'T' &&
			l[19] == ','),
	}
}
