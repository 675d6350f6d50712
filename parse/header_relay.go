package parse

import (
	"bytes"

	"uncloak/parse/scan"
)

// maxRelays bounds how many headers inside headers are taken off: each relay that does not understand its sender adds
// one, and nobody has more than a few.
const maxRelays = 3

// relayed reads a header inside the message. One with a priority is a header for certain; one without is one where no
// program's name stands in front of it (programs begin their own messages with stamps too).
func relayed(rec *Record) bool {
	b := scan.TrimLeft(rec.Body)
	if len(b) < 15 {
		return false
	}
	if rec.App == nil && rec.Host == nil {
		b = archived(b, rec)
	}
	switch c := b[0]; {
	case c == '<' && scan.IsDigit(b[1]) || c == '1' && rec.App == nil && rfc5424Like(b):
		return relayedWhole(b, rec)
	case rec.App != nil && stampShaped(b) && tagNear(b[15:]) && stampAhead(b):
		return relayedFile(b, rec)
	case rec.App != nil || !scan.IsUpper(c) && !scan.IsDigit(c) && c != '*' && c != '.' && c != ':':
		return false
	case scan.IsDigit(c) && (b[1] == '.' || b[2] == '.' || b[3] == '.'):
		return false // an address
	}
	return relayedStamp(b, rec)
}

// archived takes off what Wazuh and OSSEC write between their own stamp and the line (archives.log, firewall.log):
// "host->address ", or "(agent) address->/path/of/file " where an agent read the line. The name is the line's host
// until that tells its own.
func archived(b []byte, rec *Record) []byte {
	name, at := []byte(nil), b
	if b[0] == '(' {
		i := bytes.IndexByte(b[:min(len(b), 128)], ')')
		if i < 2 || i+1 == len(b) || b[i+1] != ' ' {
			return b
		}
		name, at = b[1:i], b[i+2:]
	}
	w, rest := scan.Word(at)
	i := bytes.Index(w, []byte("->"))
	if i <= 0 || i+2 == len(w) || len(w) > 255 || w[0] == '[' || len(rest) < 16 {
		return b
	}
	if name == nil {
		if name = w[:i]; !isHost(name) {
			return b
		}
	}
	rec.Host, rec.Body = name, scan.TrimLeft(rest)
	return rec.Body
}

// relayedWhole reads an inner header that begins with a priority.
func relayedWhole(b []byte, rec *Record) bool {
	in := Record{Pri: -1, times: rec.times, mem: rec.mem}
	outer(b, &in)
	if in.Pri >= 0 && !isVersion(in.Body) { // a header for certain, and be it no more than the priority
		if len(scan.TrimLeft(in.Body)) == 0 {
			return false
		}
		if in.Word == "" || in.Word == "malformed" {
			in.Word = "syslog"
		}
	} else if in.Word != "syslog" && !in.Stamp.HasClock || in.Word == "malformed" {
		return false
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// relayedFile reads a line of a file that a relay has sent on under a tag of its own (rsyslog's imfile): stamp, host
// and tag of the file's line count. Programs begin messages with stamps, too, so that a tag must follow behind a host,
// or have a process number.
func relayedFile(b []byte, rec *Record) bool {
	in := Record{said: said{Word: "syslog"}, Pri: rec.Pri, times: rec.times, mem: rec.mem}
	rest, _, _, ok := in.Stamp.anyFront(b, false)
	if !ok {
		return false
	}
	if hostAndTag(rest, &in); in.App == nil || in.Host == nil && in.PID == nil {
		return false
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// tagNear reports whether one of the first words of b ends as a tag does.
func tagNear(b []byte) bool {
	for range 6 {
		n := scan.Blank(b)
		if n > 1 && b[n-1] == ':' {
			return true
		}
		if n == len(b) {
			return false
		}
		b = b[n+1:]
	}
	return false
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
	if in.Host == nil && in.App != nil {
		in.Host = host // IOS XR's "40: xrv RP/0/RP0/CPU0:Oct  4 22:52:47.441 : cfgmgr[67310]: …"
	}
	// behind Unix seconds stands a host (Meraki, short-unix)
	if in.App == nil && (in.Host == nil || !in.Stamp.HasUnix) {
		in.Host, in.PID, in.Body = host, nil, scan.TrimLeft(bytes.TrimPrefix(scan.TrimLeft(rest), []byte(": ")))
	}
	in.passedOn(rec)
	*rec = in
	return true
}

// device names the router by what the message says of itself. A header in front that names another one is a relay's.
func (rec *Record) device(name []byte) {
	if len(name) == 0 || bytes.Equal(name, rec.Host) {
		return
	}
	if rec.Relay == nil {
		rec.Relay = rec.Host
	}
	rec.Host = name
}

// ownDevice names the router by what the message says of itself, where the header names none, or a relay's names its
// own.
func (rec *Record) ownDevice(name []byte) {
	if len(rec.Host) == 0 || rec.lentHost {
		rec.device(name)
	}
}

// passedOn notes who passed in on: the outermost header. What the inner one lacks is taken from the outer one, and a
// clock that says of itself that it is not set gives way.
func (rec *Record) passedOn(by *Record) {
	rec.Relay, rec.RelayStamp = by.Host, by.Stamp
	if by.Relay != nil || by.RelayStamp != (Stamp{}) {
		rec.Relay, rec.RelayStamp = by.Relay, by.RelayStamp
	}
	certain := rec.Pri >= 0 // the sender's own header begins with a priority: the one in front is a relay's
	if rec.Host == nil {
		rec.Host, rec.lentHost = by.Host, certain && by.Host != nil
	}
	if !rec.Stamp.HasClock && !rec.Stamp.HasUnix || rec.unsynced && by.Stamp != (Stamp{}) && !by.unsynced {
		uptime := rec.Stamp
		rec.lent = certain && uptime == (Stamp{})
		rec.Stamp, rec.RelayStamp = by.Stamp, rec.Stamp
		if uptime.HasUptime && !uptime.HasClock && !uptime.HasUnix { // the kernel's own stamp goes with any clock
			rec.Stamp.HasUptime, rec.Stamp.Uptime, rec.RelayStamp = true, uptime.Uptime, Stamp{}
		}
	}
	if rec.Pri < 0 {
		rec.Pri = by.Pri
	}
	if rec.object == nil {
		rec.object = by.object
	}
}
