// Package bolt keeps events in bbolt files below one directory: a file a UTC day, so that retention is the deletion
// of a file (a bbolt file never shrinks). It takes no decision about what an event means.
//
//	DIR/lock                  flock of the process that has the directory open, its pid inside
//	DIR/days/2026-11-21.db    one day, mode 0600; with .compact behind it, one that is being written anew
//
// A day file has these buckets:
//
//	meta     "version": format of the file; "stat": number of events, first and last time;
//	         "span": the longest time of a block, with a checksum;
//	         "gives": whether it has allocations of ports, see who.go;
//	         "compacted": number of events when the day was written anew;
//	         "sealed": it was written anew, and both pages of the file that lead to its contents show all of them
//	blocks   be64(first time) be64(sequence) → block of at most 16384 events, see block.go
//	batches  ID of a batch → nothing: what is in here is not stored again
//	health   sender → counters, summed up
//	day      "day" → the detect.Day of that date, compressed
//
// A batch that touches several days is one transaction in each of their files. Its ID is noted in each, so appending
// it again after a crash between two of them completes it.
//
// Small batches are merged into larger blocks as they come, see merge.go. Damaged blocks are left out and counted. A
// day file whose pages make no sense is written anew from what can be read, see salvage.go, and stays as *.damaged-N.
//
// A day that is over is written anew, see compact.go. What a block looks like is in block.go, rows.go and lines.go,
// and why in docs/adr/0004-block-format.md.
//
// Readers copy blocks out in short transactions, because a bbolt writer that must enlarge its memory map waits for
// every open reader. Events of one day are merged over the blocks that overlap in time; what that may hold in memory
// is bounded, see sequenceBytes and Options.ReadMemory.
package bolt
