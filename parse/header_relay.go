package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// maxRelays is how many headers inside headers are taken off: each relay that does not understand its sender adds one,
// and nobody has more than a few.
const maxRelays = 3

// relayed reads a header inside the message. One with a priority is a header for certain; one without is one where no
// program's name stands in front of it (programs begin their own messages with stamps too).
func relayed(rec *Record) bool {
	b := scan.TrimLeft(rec.Body)
	if len(b) < 15 {
		return false
	}
	switch c := b[0]; {
	case c == '<' && scan.IsDigit(b[1]) || c == '1' && rec.App == nil && rfc5424Like(b):
		return relayedWhole(b, rec)
	case rec.App != nil || !scan.IsUpper(c) && !scan.IsDigit(c) && c != '*' && c != '.' && c != ':':
		return false
	case scan.IsDigit(c) && (b[1] == '.' || b[2] == '.' || b[3] == '.'):
		return false // an address
	}
	return relayedStamp(b, rec)
}

// relayedWhole reads an inner header that begins with a priority.
func relayedWhole(b []byte, rec *Record) bool {
	in := Record{Pri: -1, times: rec.times, mem: rec.mem}
	outer(b, &in)
	if in.Word != "syslog" && !in.Stamp.HasClock || in.Word == "malformed" {
		return false
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// relayedStamp reads an inner stamp, and a host and a tag if both follow.
func relayedStamp(b []byte, rec *Record) bool {
	in := Record{said: said{Word: "syslog"}, Pri: rec.Pri, times: rec.times, mem: rec.mem}
	rest, host, mark, ok := in.Stamp.anyFront(b, false)
	if !ok {
		return false
	}
	in.unsynced = mark
	hostAndTag(rest, &in)
	if in.App == nil {
		in.Host, in.PID, in.Body = host, nil, scan.TrimLeft(bytes.TrimPrefix(scan.TrimLeft(rest), []byte(": ")))
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// passedOn notes who passed in on: the outermost header. What the inner one lacks is taken from the outer one, and a
// clock that says of itself that it is not set gives way.
func (rec *Record) passedOn(by *Record) {
	rec.Relay, rec.RelayStamp = by.Host, by.Stamp
	if by.Relay != nil || by.RelayStamp != (Stamp{}) {
		rec.Relay, rec.RelayStamp = by.Relay, by.RelayStamp
	}
	if rec.Host == nil {
		rec.Host = by.Host
	}
	if !rec.Stamp.HasClock && !rec.Stamp.HasUnix || rec.unsynced && by.Stamp != (Stamp{}) && !by.unsynced {
		rec.Stamp, rec.RelayStamp = by.Stamp, rec.Stamp
	}
	if rec.Pri < 0 {
		rec.Pri = by.Pri
	}
}
