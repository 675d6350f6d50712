package store

import (
	"context"
	"io"
	"time"

	"uncloak/detect"
)

// Maintainer looks after the files of a store. All methods may run while the store is read and written.
type Maintainer interface {
	// Retain deletes the oldest days until the rest fits, and drops the lines of days that are to lose them; with
	// dryRun it only says what it would do. Today, and what lies after it, always stays.
	Retain(ctx context.Context, r Retain, today detect.Date, dryRun bool) ([]Pruned, error)

	// CompactAll writes each day before that one anew which would become smaller, and says how much that was.
	CompactAll(ctx context.Context, before detect.Date) ([]Compacted, error)

	// Backup writes all of the data directory as a tar. Each day in it is as it was at one moment.
	Backup(ctx context.Context, w io.Writer) error

	// Verify reads everything, and calls f for each file; an error of f ends it.
	Verify(ctx context.Context, f func(Verified) error) error
}

// Retain says how long events are kept. Zero fields are no limit.
type Retain struct {
	Days    int   // number of days kept, today included
	Bytes   int64 // of all day files
	RawDays int   // number of days whose lines are kept, today included; of older days the events stay
}

// Pruned is a day that was deleted, or one whose lines were dropped.
type Pruned struct {
	Date   detect.Date `json:"date"` // as a number: days since 1970
	Events uint64      `json:"events"`
	Bytes  int64       `json:"bytes"` // freed; 0 in a dry run where only lines are dropped
	Why    string      `json:"why"`   // "days", "bytes" or "raw"
}

// Compacted is a day that was written anew.
type Compacted struct {
	Date   detect.Date `json:"date"`
	Before int64       `json:"before"` // bytes
	After  int64       `json:"after"`
}

// Outdated is a day whose summary has to be made anew from its events before anything can be said about it.
type Outdated struct {
	Date   detect.Date `json:"date"`
	Events uint64      `json:"events"` // that are stored of the day
	Why    string      `json:"why"`    // one of the constants below
}

// Reasons for which a summary is outdated.
const (
	WhyMissing = "missing" // none is stored, or it cannot be read
	WhyMaker   = "maker"   // another version made it, or this one with other settings
	WhyEvents  = "events"  // events came or went since
)

// Verified is the result of reading one file.
type Verified struct {
	File        string // below the data directory
	Events      uint64 // number that can be read
	Bytes       int64
	First, Last time.Time
	Problems    []string // what is wrong; the first of each sort, with numbers
}
