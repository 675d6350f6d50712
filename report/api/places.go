package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// maxPlaces bounds the bytes of one file: a table of all countries or networks has some 10 MB, one of cities 70.
const maxPlaces = 256 << 20

// places tells of outside addresses in which country and network they are, from files in MaxMind's format (MaxMind DB
// File Format Specification 2.0). The files are read again when they change.
type places struct {
	mu    sync.Mutex
	files []placesFile
}

// placesFile is a file as it was when it was read: into memory, since one that is written over while it is mapped would
// end the process.
type placesFile struct {
	path string
	time time.Time
	size int64
	db   *maxminddb.Reader // nil: it cannot be read
	err  error
}

// place holds what is read of an entry. Other keys are left alone.
type place struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	AS           uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

// of returns the function that tells of addresses by the files, nil where there is none, and what is wrong with files.
func (p *places) of(paths []string) (tell func(netip.Addr) string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var files []placesFile
	var wrong []error
	var dbs []*maxminddb.Reader
	for _, path := range paths {
		f := p.open(path)
		if files = append(files, f); f.err != nil {
			wrong = append(wrong, fmt.Errorf("mmdb %s: %w", path, f.err))
			continue
		}
		dbs = append(dbs, f.db)
	}
	p.files = files
	if len(dbs) == 0 {
		return nil, errors.Join(wrong...)
	}
	return func(a netip.Addr) string { return placeIn(dbs, a) }, errors.Join(wrong...)
}

// CheckPlaces says what is wrong with files that tell the places of addresses: one line a file.
func CheckPlaces(paths []string) error {
	_, err := new(places).of(paths)
	return err
}

// open reads a file, or returns what is known of it.
func (p *places) open(path string) placesFile {
	f := placesFile{path: path}
	info, err := os.Stat(path)
	if err != nil {
		f.err = errors.Unwrap(err)
		return f
	}
	f.time, f.size = info.ModTime(), info.Size()
	for _, old := range p.files {
		if old.path == path && old.time.Equal(f.time) && old.size == f.size {
			return old
		}
	}
	if f.size > maxPlaces {
		f.err = fmt.Errorf("it has more than %d MB", maxPlaces>>20)
		return f
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.err = errors.Unwrap(err)
		return f
	}
	f.db, f.err = maxminddb.OpenBytes(b)
	return f
}

// placeIn words what the tables have of an address: "DE, AS64496 Example Net"; "" where they have nothing.
func placeIn(dbs []*maxminddb.Reader, a netip.Addr) string {
	var all place
	for _, db := range dbs {
		var x place
		if db.Lookup(a).Decode(&x) != nil { // a damaged entry is as good as none
			continue
		}
		all.Country.Code = cmp.Or(all.Country.Code, x.Country.Code)
		if all.AS == 0 {
			all.AS, all.Organization = x.AS, x.Organization
		}
	}
	words := []string{all.Country.Code, ""}
	if all.AS != 0 {
		words[1] = strings.TrimSpace(fmt.Sprintf("AS%d %s", all.AS, all.Organization))
	}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
}
