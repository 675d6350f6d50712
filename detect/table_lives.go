package detect

import (
	"math"
	"slices"
	"time"

	"uncloak/parse"
)

// This file says when an entry is over although no end of it came: lines get lost, and what waits for a lost end would
// stay for ten minutes (UDP) or five days (TCP), pile up, and be taken for the holder of a full table.
//
// Let S(a) be the share of sessions of a kind that live longer than a, and p the share of lines that are lost. Of the
// entries without an end at the age a, S live on and p(1 − S) have had theirs lost: from S(a) < p/(1 + p) on the latter
// are more, and the entry is given up. p is the share of ends whose beginning is not in the log, for beginnings and
// ends are lost alike. S is that of the ends that are logged. Where more entries are given up than p can tell of, the
// rest, G − pN, are sessions that last: they belong to the tail of S, which else would be cut shorter and shorter by
// its own rule. Where nothing is lost nothing is given up.

const (
	maxLives    = 64               // kinds of sessions per router
	lifeSteps   = 80               // of lives, four an octave from a second on: up to eleven days
	lifeEnds    = 64               // ends of a kind before anything is said of it
	lifeTurn    = 1 << 14          // … at which they are halved, so that the network of last week counts less
	lifeLoss    = 0.02             // share of lost lines below which nothing is given up
	lifeMost    = 0.5              // … that is believed at most
	lifeSettled = 6 * time.Hour    // from the first line of a log: sessions end that began before it; as for lossBegin
	lifeLook    = 10 * time.Minute // how often an entry is looked at that nothing is known of
)

// Life holds what is known of the sessions of one kind on one router: how many of their beginnings are lost, and how
// long they last.
type Life struct {
	Proto         uint8
	Port          uint16 // that they go to, when it is below 1024 (RFC 6335's system ports); else 0
	Ends, Orphans uint32 // sessions that ended; … whose beginning is not in the log
	Spans         [2]Spread
}

// Spread counts sessions by the time from their last line to the line that ended them: those that have just begun, and
// those that a line has shown to be established.
type Spread struct {
	N       uint32   // that ended
	GivenUp uint32   // that were given up, and of which nothing has been heard since
	By      []uint32 // … ended, by quarter octaves of the time, from a second on; at most lifeSteps
	over    time.Duration
	next    uint32 // N + GivenUp from which on over is reckoned anew
}

// lives holds the records of one router.
type lives struct {
	all  []*Life
	last [2]*Life // of TCP and UDP: most sessions are of the kind of the one before
}

func livesOf(all []Life) lives {
	var ls lives
	for _, l := range clonedLives(all) {
		ls.all = append(ls.all, &l)
	}
	return ls
}

// of gives the record of the kind; when there are too many kinds, the further ones share that of their protocol.
func (ls *lives) of(proto uint8, port uint16) *Life {
	if port >= 1024 {
		port = 0
	}
	last := &ls.last[proto>>4&1] // 6 and 17
	if l := *last; l != nil && l.Port == port && l.Proto == proto {
		return l
	}
	for {
		i, ok := slices.BinarySearchFunc(ls.all, uint32(proto)<<16|uint32(port), func(l *Life, kind uint32) int {
			return int(uint32(l.Proto)<<16|uint32(l.Port)) - int(kind)
		})
		switch {
		case ok:
			*last = ls.all[i]
			return *last
		case port != 0 && len(ls.all) >= maxLives:
			port = 0
		default: // protocols are few
			ls.all = slices.Insert(ls.all, i, &Life{Proto: proto, Port: port})
		}
	}
}

// list copies the records, in order of kind.
func (ls *lives) list() []Life {
	var out []Life
	for _, l := range ls.all {
		out = append(out, *l)
	}
	return clonedLives(out)
}

func clonedLives(all []Life) []Life {
	out := slices.Clone(all)
	for i := range out {
		for j := range out[i].Spans {
			x := &out[i].Spans[j]
			*x = Spread{N: x.N, GivenUp: x.GivenUp, By: slices.Clone(x.By)}
		}
	}
	return out
}

// mergeLives joins two shards of one router.
func mergeLives(a, b []Life) []Life {
	if len(b) == 0 {
		return a
	}
	out := livesOf(a)
	for i := range b {
		x, o := out.of(b[i].Proto, b[i].Port), &b[i]
		x.Ends, x.Orphans = x.Ends+o.Ends, x.Orphans+o.Orphans
		for j := range x.Spans {
			s, o := &x.Spans[j], &o.Spans[j]
			s.N, s.GivenUp = s.N+o.N, s.GivenUp+o.GivenUp
			s.reach(len(o.By))
			for k, n := range o.By {
				s.By[k] += n
			}
		}
	}
	return out.list()
}

// ended counts an end, an orphan one when its beginning is not in the log.
func (l *Life) ended(orphan bool) {
	if l.Ends >= lifeTurn {
		l.Ends, l.Orphans = l.Ends/2, l.Orphans/2
	}
	l.Ends++
	if orphan {
		l.Orphans++
	}
}

// lost gives the share of lines that are lost, by the orphans among the ends; 0 when too few ends are known, or too few
// are lost to matter.
func (l *Life) lost() float64 {
	if l.Ends < lifeEnds {
		return 0
	}
	p := float64(l.Orphans) / float64(l.Ends)
	if p < lifeLoss {
		return 0
	}
	return min(p, lifeMost)
}

func (s *Spread) reach(n int) {
	for len(s.By) < n {
		s.By = append(s.By, 0)
	}
}

// add counts a session that took so long.
func (s *Spread) add(d time.Duration) {
	if s.N+s.GivenUp >= lifeTurn {
		s.N, s.GivenUp, s.next = 0, s.GivenUp/2, 0
		for i := range s.By {
			s.By[i] /= 2
			s.N += s.By[i]
		}
	}
	i := 0
	if sec := d.Seconds(); sec > 1 {
		i = min(int(4*math.Log2(sec)), lifeSteps-1)
	}
	s.reach(i + 1)
	s.By[i]++
	s.N++
}

// patience gives the time after its last line from which on an entry of the kind is more likely over than not; 0 when
// that cannot be told. told means that a line has shown it to be established. Two lines or more show that it no longer
// is, so that it takes two losses.
func (l *Life) patience(told int) time.Duration {
	s := &l.Spans[told]
	if s.N < lifeEnds {
		return 0
	}
	if n := s.N + s.GivenUp; n >= s.next || n < s.next/2 {
		s.next = n + n/16 + 1
		p := l.lost()
		if told == 1 {
			p *= p
		}
		s.over = s.quantile(p)
	}
	return s.over
}

// quantile gives the upper bound of the life at which S falls below p/(1+p).
func (s *Spread) quantile(p float64) time.Duration {
	if p == 0 {
		return 0
	}
	n := float64(s.N)
	tail := max(float64(s.GivenUp)-p*(n+float64(s.GivenUp)), 0)
	most := p / (1 + p) * (n + tail)
	for i := len(s.By) - 1; i >= 0; i-- {
		if tail > most {
			if i == len(s.By)-1 { // all that last longer than any that ended
				return 0
			}
			return time.Duration(math.Exp2(float64(i+2)/4) * float64(time.Second))
		}
		tail += float64(s.By[i])
	}
	return time.Second
}

// stage gives the Spread that the entry is in; ok is false where its own timeout is short, or its end is a guess.
func (e *entry) stage() (told int, ok bool) {
	switch {
	case e.guessed || e.heard == 0:
		return 0, false
	case e.state == parse.NoState || e.key.Proto != parse.TCP:
		return 0, true
	case e.state == parse.Established:
		return 1, true
	}
	return 0, false
}

// lasted notes that the entry's stage is over at ns.
func (e *entry) lasted(ns int64) {
	if told, ok := e.stage(); ok && ns >= e.heard {
		e.in.lives.of(e.key.Proto, e.key.DPort).Spans[told].add(time.Duration(ns - e.heard))
	}
}

// over reports whether the entry is to be given up at ns, and if not, when to look again.
func (e *entry) over(ns int64) (yes bool, look int64) {
	told, ok := e.stage()
	if !ok {
		return false, math.MaxInt64
	}
	look = ns + int64(lifeLook)
	if d := e.in.lives.of(e.key.Proto, e.key.DPort).patience(told); d > 0 {
		look = min(look, e.heard+int64(d))
	}
	return look <= ns, look
}

// givenUp is an entry that went without a line: by its timeout, or because it was most likely over.
type givenUp struct {
	heard int64
	life  int8 // 1 + the Spread that it was counted in; 0 = in none
}

// giveUp notes that the entry goes without a line.
func (e *entry) giveUp() givenUp {
	told, ok := e.stage()
	if !ok {
		return givenUp{}
	}
	e.in.lives.of(e.key.Proto, e.key.DPort).Spans[told].GivenUp++
	return givenUp{e.heard, int8(1 + told)}
}

// back corrects the records when a session that was given up ends after all, at ns.
func (ls *lives) back(x givenUp, k Key, ns int64) {
	if x.life == 0 {
		return
	}
	s := &ls.of(k.Proto, k.DPort).Spans[x.life-1]
	s.GivenUp -= min(s.GivenUp, 1)
	s.add(time.Duration(max(ns-x.heard, 0)))
}
