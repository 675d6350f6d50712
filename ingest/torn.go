package ingest

import (
	"uncloak/parse"
	"uncloak/store"
)

const (
	maxTornHeads = 1024 // first pieces that wait for a second one, over all routers
	tornReach    = 64   // entries between the pieces: other lines of the sender, or of other senders
)

// tornLines puts lines together that their sender cut in two: the second piece follows from the same router, a few
// lines behind the first. It remembers where in a batch the first pieces are, so pieces in two batches stay apart.
type tornLines struct {
	heads map[parse.Name]int // index of the router's latest first piece among the entries
	rec   parse.Record
}

// take notes a first piece, the next of entries, or joins rec, a second piece, with its first among them, which then
// holds the whole line. It reports whether it did: then rec needs no entry of its own.
func (t *tornLines) take(p *parse.Parser, d *parse.Dialect, rec *parse.Record, r routerName,
	entries []store.Entry) bool {
	if rec.Piece == parse.Head {
		if t.heads == nil || len(t.heads) >= maxTornHeads {
			t.heads = make(map[parse.Name]int)
		}
		t.heads[r.name] = len(entries)
		return false
	}
	i, ok := t.heads[r.name]
	if !ok || i >= len(entries) || len(entries)-i > tornReach {
		return false
	}
	delete(t.heads, r.name)
	e := &entries[i]
	for _, whole := range [...][]byte{parse.Join(e.Raw, rec, false), parse.Join(e.Raw, rec, true)} {
		p.LineOf(d, whole, &t.rec)
		if t.rec.Piece != 0 || t.rec.Proto == 0 || !t.rec.Src.IsValid() || !t.rec.Dst.IsValid() {
			continue
		}
		joined := store.Entry{Event: t.rec.Event, Identity: r.identity(&t.rec), Raw: whole}
		joined.Time, joined.Spread, joined.Recv, joined.Router = e.Time, e.Spread, e.Recv, e.Router
		*e = joined
		return true
	}
	return false
}

// forget drops the first pieces of a batch that is taken away.
func (t *tornLines) forget() { clear(t.heads) }
