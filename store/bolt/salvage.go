package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"uncloak/detect"
	"uncloak/store"
)

// A day file whose pages make no sense is never opened. What can be read of it becomes a new file in its place, and
// the old one stays beside it as *.damaged-N. Blocks are taken as they are: they have checksums of their own.
const salvageSuffix = ".salvage"

// salvage is a day file that is being made of a damaged one.
type salvage struct {
	anew
	stat    stat
	version uint32
	rest    []salvaged
	size    int    // of rest
	lost    uint64 // blocks that have no header any more
}

type salvaged struct {
	bucket     string
	key, value []byte
}

// maxSalvage bounds what is held of buckets other than the blocks: a year of batches of one second.
const maxSalvage = 1 << 30

// checked walks the pages of a day file before bbolt opens it. A damaged file is rewritten from what can be read. It
// reports whether there is a file to open.
func (db *DB) checked(date detect.Date) (bool, error) {
	name := db.dayPath(date)
	damage := checkPages(name)
	if damage == nil {
		return true, nil
	}
	if !errors.Is(damage, errDamaged) {
		return false, fmt.Errorf("open day file of %v: %w", date, damage)
	}
	db.report("day file", date, 0, damage)
	if db.opt.ReadOnly {
		return errors.Is(damage, errOneMeta), nil // bbolt reads the other one
	}
	s, aside, err := db.rescue(name)
	if errors.Is(err, store.ErrNewer) || errors.Is(err, store.ErrOlder) {
		return false, fmt.Errorf("open day file of %v: %w", date, err)
	}
	if errors.Is(err, store.ErrFull) {
		return false, fmt.Errorf("write damaged day file of %v anew: %w", date, err)
	}
	if err != nil {
		db.opt.Logger.Error("damaged day file cannot be written anew", "day", date.String(), "err", err)
		return false, nil
	}
	db.opt.Logger.Warn("damaged day file is written anew from what can be read of it", "day", date.String(),
		"events", s.stat.events,
		"blocks lost", s.lost, "the old one", filepath.Base(aside))
	return true, nil
}

// rescue writes what can be read of a file into a new one, which takes its place.
func (db *DB) rescue(name string) (s *salvage, aside string, err error) {
	to := name + salvageSuffix
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	defer func() { _ = os.Remove(to) }() // gone where it was renamed
	b, err := createFile(to)
	if err != nil {
		return nil, "", err
	}
	s = &salvage{anew: anew{db: db, b: b}}
	var size int64
	err = update(b, func(tx *bbolt.Tx) error {
		for _, name := range bucketNames() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = withPages(name, s.read)
	}
	if errors.Is(err, errDamaged) {
		err = nil // nothing can be read: an empty file
	}
	if err == nil {
		err = s.finish(&size)
	}
	if err == nil {
		err = sealMetas(b)
	}
	if err = errors.Join(err, b.Close()); err != nil {
		return s, "", diskError(err)
	}
	if err = seal(to, size); err != nil {
		return s, "", err
	}
	if aside, err = keepAside(name); err != nil {
		return s, "", err
	}
	if err = os.Rename(to, name); err != nil {
		return s, "", err
	}
	return s, aside, syncDir(filepath.Dir(name))
}

// keepAside gives a file a second name, so that there is at no time none of its day; where the file system has no
// links, it is renamed.
func keepAside(name string) (string, error) {
	for i := 1; ; i++ {
		to := fmt.Sprintf("%s.damaged-%d", name, i)
		err := os.Link(name, to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			err = os.Rename(name, to)
		}
		return to, err
	}
}

// read collects every block and key of p that makes sense.
func (s *salvage) read(p *pages) error {
	w := walk{pages: p, bad: func(error) {}, pair: s.pair, seq: func(bucket string, n uint64) {
		if bucket == "blocks" && n < 1<<48 { // else there would be none left
			s.seq = max(s.seq, n)
		}
	}}
	return w.all()
}

func (s *salvage) pair(bucket string, key, value []byte) error {
	if bucket != "blocks" {
		return s.other(bucket, key, value)
	}
	seq, h, _, err := readHead(key, value)
	if err != nil {
		s.lost++
		return nil
	}
	if s.stat.events == 0 {
		s.stat.first, s.stat.last = h.min, h.max
	}
	s.stat = stat{events: s.stat.events + uint64(h.count), first: min(s.stat.first, h.min),
		last: max(s.stat.last, h.max)}
	return s.add(newBlock{ref: blockRef{min: h.min, max: h.max, seq: seq, count: h.count},
		data: append([]byte(nil), value...), gives: true})
}

func (s *salvage) other(bucket string, key, value []byte) error {
	switch string(key) {
	case "version":
		if bucket == "meta" && len(value) == 4 {
			if s.version = binary.BigEndian.Uint32(value); s.version > dayVersion {
				return store.ErrNewer
			} else if s.version < oldestVersion {
				return store.ErrOlder
			}
		}
	case "stat", "span", "gives":
		if bucket == "meta" {
			return nil // made anew
		}
	}
	if s.size += len(key) + len(value); s.size > maxSalvage || len(key) == 0 || len(key) > bbolt.MaxKeySize {
		return nil
	}
	s.rest = append(s.rest, salvaged{bucket, append([]byte(nil), key...), append([]byte(nil), value...)})
	return nil
}

// finish stores the keys of the small buckets; size becomes the length of the file.
func (s *salvage) finish(size *int64) error {
	err := s.flush()
	if err != nil {
		return err
	}
	err = update(s.b, func(tx *bbolt.Tx) error {
		for _, o := range s.rest {
			b := tx.Bucket([]byte(o.bucket))
			if b == nil {
				continue // its bucket is unknown
			}
			if err := b.Put(o.key, o.value); err != nil {
				return err
			}
		}
		if err := putStat(tx, stat{}, s.stat); err != nil {
			return err
		}
		return putVersion(tx)
	})
	if err != nil {
		return err
	}
	return view(s.b, func(tx *bbolt.Tx) error { *size = tx.Size(); return nil })
}
