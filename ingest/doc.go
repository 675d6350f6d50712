// Package ingest takes log lines from sockets and files to the store: it owns the receive sockets (UDP, TCP, unix
// datagram and stream), cuts what they carry into lines, has each line parsed, gives every event its time (sender's
// zone, missing year, reset clocks, uptime stamps) and its router's name, and appends ordered batches to the store,
// with the accounting of what was lost beside them. Import does the same for files, repairs dumps that were pasted from
// a web page, and finds the lines of dumps without any stamps among those of the store.
//
// It never decides what is suspicious: it summarizes (Days) and leaves the judgement to detect.
package ingest
